#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Flow offloading takes flows past every hook. Somebody else's is told of, loudly,
# as long as it is there; our own takes decided flows only, and gives all of them
# back when the policy changes.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
unshare -n nft 'add table inet try; add flowtable inet try f { hook ingress priority 0; devices = { lo }; }' 2>/dev/null ||
	tap_skip_all "this kernel has no flowtables (or nobody may make one); make check-vm has"
# shellcheck source=tests/lab/scenario.sh
. tests/lab/scenario.sh

policy() { # rules of the laptop
	cat <<-END
		devices = ( { name = "laptop"; mac = "3c:22:fb:00:00:03"; policy = "person"; } );
		policies = ( { name = "person"; default = "allow"; rules = ( $1 ); } );
	END
}
with_offload() { # warn|manage [rule]
	policy "${2-}" | gatewayd_policy
	# One of the LAN's interfaces is absent, as at a router's start.
	sed -i "s/lan = .*;/lan = [ \"br-lan\", \"br-later\" ]; offload = \"$1\"; };/" "$LAB/etc/gatewayd.conf"
}
reload_with() { # warn|manage [rule]
	with_offload "$@"
	gatewayctl reload >"$LAB/reload.out" 2>&1 || tap_not_ok "reload" "$(cat "$LAB/reload.out")"
}
with_offload warn
lab_start echo home "$LAB_TOOLS/kernel_peer" serve 5000
# shellcheck disable=SC2119 # it starts with no more arguments
scenario_start

# ---- somebody else's ----
bypassed() { [ "$(status_of .offload.bypassed)" = "$1" ]; }
expect_ok "nothing is bypassed" bypassed false
in_space gateway nft -f - <<-'END' || exit 2
	table inet fast {
		flowtable quick { hook ingress priority filter; devices = { "br-lan", "wan" }; }
		chain forward { type filter hook forward priority filter; policy accept; meta l4proto { tcp, udp } flow add @quick; }
	}
END
expect_ok "the log says it loudly" wait_for 5 grep -q 'flowtable quick in table inet fast .*inspection is bypassed' "$LAB/gatewayd.log"
expect_ok "status, too" bypassed true
expect_ok "in capitals" grep -q 'INSPECTION IS BYPASSED' <<<"$(gatewayctl status)"
tap_equal "and whose it is" "$(status_of '.offload.foreign[0].table')" fast
expect_ok "metrics for whoever watches" grep -qE '^gatewayd_inspection_bypassed 1' <<<"$(gatewayctl metrics)"
in_space gateway nft delete table inet fast
expect_ok "gone: the log says that it is" wait_for 5 grep -q 'inspection is whole again' "$LAB/gatewayd.log"
expect_ok "so does status" bypassed false
expect_ok "in words" test -z "$(gatewayctl status | grep BYPASSED)"

# ---- our own ----
reload_with manage
tap_equal "manage: our own is there" "$(status_of .offload.managed)" true
expect_ok "and is no bypass" bypassed false
flows() { # conntrack options...
	in_space gateway conntrack -L "$@" 2>/dev/null
}
offloaded() { flows "$@" | grep -q '\[OFFLOAD\]'; }
not_offloaded() { ! offloaded "$@"; }
download() { # host: for minutes, with packets many a second; its process in $download
	downloaded=$(mktemp "$LAB/download.XXXXXX")
	# Not by a function: the process is to be ended by its id.
	ip netns exec "$LAB_TAG-laptop" curl -sSN -m 300 -o "$downloaded" "http://$1/slow" 2>"$LAB/download.err" &
	download=$!
}
larger() { [ "$(stat -c %s "$downloaded")" -gt "$1" ]; }
readonly BULK=4194304 # bytes, of what lab/lib.sh's servers have
# It is still at it, and bytes arrive.
goes_on() {
	wait_for 10 larger "$(stat -c %s "$downloaded")" && kill -0 "$download"
}
echoes() { # address count
	in_space laptop "$LAB_TOOLS/kernel_peer" ask udp "$1" 5000 hello "$2"
}
ended() { ! kill -0 "$download" 2>/dev/null; }

for family in 4 6; do
	if [ $family = 4 ]; then
		address=198.51.100.10 host=$address to=(-f ipv4 -d "$address")
	else
		address=2001:db8:2::10 host="[$address]" to=(-f ipv6 -d "$address")
	fi
	wait_for 10 not_offloaded "${to[@]}" -p tcp
	before=$(status_of .queue.packets)
	download "$host"
	expect_ok "IPv$family: a passed flow is offloaded" wait_for 15 offloaded "${to[@]}" -p tcp
	queued=$(($(status_of .queue.packets) - before))
	expect_ok "IPv$family: its first packets alone were queued ($queued)" test $queued -le 4
	reload_with manage
	looked_at() { [ "$(status_of .queue.packets)" -gt $((before + queued)) ]; }
	expect_ok "IPv$family: a new policy has it back and looks at it" wait_for 5 looked_at
	expect_ok "IPv$family: and offloads it again" wait_for 10 offloaded "${to[@]}" -p tcp
	expect_ok "IPv$family: and it goes on" goes_on
	reload_with manage "{ action = \"block\"; address = [ \"198.51.100.0/24\", \"2001:db8:2::/48\" ]; }"
	expect_ok "IPv$family: one that is not allowed any more is cut" wait_for 15 ended
	expect_blocked "IPv$family: before its end" larger $((BULK - 1))
	reload_with manage

	before=$(status_of .queue.packets)
	tap_equal "IPv$family: datagrams are answered" "$(echoes $address 50)" "50 answers"
	queued=$(($(status_of .queue.packets) - before))
	expect_ok "IPv$family: the first alone was queued ($queued)" test $queued -le 2
	expect_ok "IPv$family: and they are offloaded" offloaded "${to[@]}" -p udp --dport 5000
	reload_with manage '{ action = "block"; port = 5000; }'
	expect_ok "IPv$family: what is blocked then is gone from the table" not_offloaded "${to[@]}" -p udp --dport 5000
	tap_equal "IPv$family: and not answered" "$(echoes $address 1 | grep -c hello)" 0
	reload_with manage
done

# ---- never offloaded ----
for _ in 1 2 3; do ask_short laptop 198.51.100.53 www.example.com A >/dev/null; done
expect_ok "DNS is never offloaded" not_offloaded -p udp --dport 53
reload_with manage '{ action = "strip"; data = [ "location" ]; opaque = "allow"; country = "CN"; },
	{ action = "limit"; download = "900 MB/day"; address = "198.51.100.20"; }'
download 203.0.113.10
seen() { gatewayctl flows laptop --json | grep -q "$1"; }
wait_for 10 seen 203.0.113.10
expect_ok "what is stripped goes on" goes_on
expect_ok "and is not offloaded" not_offloaded -d 203.0.113.10 -p tcp
lab_end_process $download
download 198.51.100.20
wait_for 10 seen 198.51.100.20
expect_ok "what is limited goes on" goes_on
expect_ok "nor is that offloaded" not_offloaded -d 198.51.100.20 -p tcp
lab_end_process $download

# ---- and without it again ----
download 198.51.100.10
wait_for 15 offloaded -d 198.51.100.10 -p tcp
# At once: without address translation in between, the gateway itself would
# reset what the server sends.
in_space gateway nft -f - <<-'END' || exit 2
	flush ruleset
	table inet fw {
		chain wan_nat { type nat hook postrouting priority srcnat; meta nfproto ipv4 oifname "wan" masquerade; }
	}
END
expect_ok "a flushed ruleset comes back" wait_for 10 rules_present
has_flowtable() { in_space gateway nft list flowtables | grep -q 'flowtable passed'; }
expect_ok "with its flowtable" wait_for 5 has_flowtable
expect_ok "and the flow is offloaded again" wait_for 15 offloaded -d 198.51.100.10 -p tcp
expect_ok "and goes on" goes_on
reload_with warn
expect_blocked "warn: ours is gone" has_flowtable
expect_ok "the flow is back with the rules" wait_for 5 not_offloaded -d 198.51.100.10 -p tcp
expect_ok "and goes on" goes_on
reload_with warn '{ action = "block"; address = "198.51.100.0/24"; }'
expect_ok "and is cut when it is not allowed any more" wait_for 15 ended
expect_blocked "before its end" larger $((BULK - 1))
scenario_done
