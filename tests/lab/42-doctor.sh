#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gatewayctl doctor, where the gateway is: all well, then one fault after the
# other. Each is named with its cure, and gone when it is mended; what doctor
# tries in the kernel leaves nothing there.
set -u
. "$(dirname "$0")/scenario.sh"

gatewayd_share
policy() {
	cat <<-'END'
		devices = ( { name = "laptop"; mac = "3c:22:fb:00:00:03"; policy = "person"; } );
		policies = ( { name = "person"; default = "allow"; } );
	END
}
policy | gatewayd_policy
plain=$(<"$LAB/etc/gatewayd.conf")

doctor() { # [option...]: as root, where the daemon is
	# shellcheck disable=SC2154 # lib.sh
	GATEWAYD_STATEDIR="$LAB/state" in_gateway "$GATEWAYCTL" -c "$LAB/etc" \
		-s /run/gatewayd/control.sock doctor "$@"
}
look() { # the exit status in $code, the findings in $LAB/doctor
	doctor --json >"$LAB/doctor" 2>"$LAB/doctor.err"
	code=$?
}
of() { # check field
	jq -r "select(.check == \"$1\") | .$2 // \"\"" "$LAB/doctor"
}
# Looks once; that check must have this result, these words and that cure.
expect_finding() { # check result words cure
	look
	tap_equal "$1: $2" "$(of "$1" result)" "$2"
	expect_ok "$1 says: $3" grep -qF -- "$3" <<<"$(of "$1" finding)"
	expect_ok "$1 is cured by: $4" grep -qF -- "$4" <<<"$(of "$1" cure)"
	if [ "$2" = bad ]; then
		tap_equal "$1: exit 1" "$code" 1
	else
		tap_equal "$1: exit 0" "$code" 0
	fi
}
expect_well() { # check
	look
	tap_equal "$1 is well again" "$(of "$1" result)" ok
	tap_equal "nothing else is bad" "$code" 0
}
# What is there of rules, but for what packets bring; a rule that was replaced has
# another handle.
ruleset() {
	in_space gateway nft --handle --terse --stateless list ruleset 2>/dev/null
}
refused='{ 3c:22:fb:00:00:03 . 192.0.2.99 . tcp . 9 timeout 1h }'

# ---- before gatewayd runs ----

look
tap_equal "no daemon is bad" "$(of daemon result)" bad
tap_equal "and told by the exit status" $code 1
expect_ok "with what starts it" grep -q 'service gatewayd start.*systemctl start gatewayd' <<<"$(of daemon cure)"
tap_equal "the kernel takes the rules all the same" "$(of rules result)" ok
tap_equal "the queue is free" "$(of queue finding)" "number 61400 is free"
expect_blocked "and no rule is there" rules_present

# shellcheck disable=SC2119 # it starts with no more arguments
scenario_start

# ---- all is well ----

in_space gateway nft add element inet gatewayd refused4 "$refused" 2>/dev/null
before=$(ruleset)
look
tap_equal "all is well: exit 0" $code 0
tap_nothing "nothing is bad, nothing unknown" \
	"$(jq -r 'select(.result == "bad" or .result == "cannot tell")' "$LAB/doctor")"
tap_nothing "every check says something, and what is not ok how to mend it" \
	"$(jq -c 'select((.finding | length) == 0 or (.result != "ok" and (.cure // "" | length) == 0))' "$LAB/doctor")"
tap_nothing "no word on standard error" "$(cat "$LAB/doctor.err")"
tap_equal "the queue is gatewayd's" "$(of queue finding)" "number 61400 is gatewayd's"
tap_equal "the daemon enforces" "$(of daemon finding | cut -d';' -f1)" "it enforces"
tap_equal "the rules are what they were" "$(ruleset)" "$before"
expect_ok "and what is refused" in_space gateway nft get element inet gatewayd refused4 "${refused/ timeout 1h/}"
doctor >"$LAB/table"
tap_nothing "no line is wider than 80 columns" "$(awk 'length > 80' "$LAB/table")"
tap_nothing "no colour without a terminal" "$(grep -a "$(printf '\033')" "$LAB/table")"
tap_equal "as many checks in words" "$(grep -cE '^(ok|warn|bad|cannot tell) ' "$LAB/table")" "$(jq -r .check "$LAB/doctor" | wc -l)"

# Traffic goes on while the rules are tried over and over.
(for _ in 1 2 3 4 5 6 7 8; do doctor; done) >/dev/null 2>&1 &
trying=$!
for _ in 1 2 3 4; do
	fetch laptop http://198.51.100.10/ >/dev/null || tap_not_ok "a page while doctor looks" ""
done
wait $trying
tap_equal "gatewayd did not see a change of its rules" "$(status_of .rules.restored)" 0

# ---- who may not look ----

as_stranger() {
	GATEWAYD_STATEDIR="$LAB/state" in_gateway setpriv --reuid=65533 --regid=65533 --clear-groups \
		"$GATEWAYCTL" -c "$LAB/etc" -s /run/gatewayd/control.sock doctor --json
}
as_stranger >"$LAB/doctor"
tap_equal "who is not root is told that it cannot be told" "$(of rules result)$(of queue result)" "cannot tellcannot tell"
tap_equal "and what helps" "$(of rights cure)" "run it as root, or with sudo"
GATEWAYD_STATEDIR="$LAB/state" in_gateway setpriv --bounding-set=-net_admin --inh-caps=-net_admin \
	"$GATEWAYCTL" -c "$LAB/etc" -s /run/gatewayd/control.sock doctor --json >"$LAB/doctor"
tap_equal "root without the capability is bad" "$(of rights result)" bad

# ---- the machine ----

in_space gateway sysctl -qw net.ipv4.ip_forward=0
expect_finding forwarding bad "net.ipv4.ip_forward is 0" "sysctl -w net.ipv4.ip_forward=1"
in_space gateway sysctl -qw net.ipv4.ip_forward=1
expect_well forwarding

in_space gateway nft -f - <<-'END'
		table inet shaper {
			chain forward {
				type filter hook forward priority 0
				ct mark set 0x1
				ct mark set ct mark and 0xff00ffff or 0x2
			}
		}
END
expect_finding marks warn "table inet shaper" "network.mark"
expect_ok "one rule alone, not the one that keeps our bits" grep -q '^1 rule of others' <<<"$(of marks finding)"
in_space gateway nft delete table inet shaper
marking() { # rule: alone in that chain
	in_space gateway nft flush chain inet shaper forward
	in_space gateway nft add rule inet shaper forward "$1"
	look
}
in_space gateway nft 'add table inet shaper; add chain inet shaper forward { type filter hook forward priority 0; }'
marking 'ct mark set ct mark and 0xf0ffffff or 0x20'
tap_equal "a mask that takes our bits away" "$(of marks result)" warn
marking 'ct mark set ct mark or 0x01000000'
tap_equal "one that sets one of them" "$(of marks result)" warn
marking 'ct mark set meta mark'
tap_equal "the packet's mark in place of ours" "$(of marks result)" warn
marking 'ct mark set ct mark and 0xffff00ff or 0x2000'
tap_equal "other bits are nobody's business" "$(of marks result)" ok
marking 'meta mark set ct mark'
tap_equal "nor is who reads ours" "$(of marks result)" ok
in_space gateway nft delete table inet shaper
if in_space gateway iptables-nft -t mangle -A FORWARD -j CONNMARK --set-xmark 0x100/0xff00 2>/dev/null; then
	look
	tap_equal "iptables-nft: other bits" "$(of marks result)" ok
	in_space gateway iptables-nft -t mangle -A FORWARD -j CONNMARK --save-mark
	expect_finding marks warn "table ip mangle" "network.mark"
	in_space gateway nft delete table ip mangle
else
	tap_skip "iptables-nft" "this kernel does not take its CONNMARK"
fi
expect_well marks

if unshare -n nft 'add table inet try; add flowtable inet try f { hook ingress priority 0; devices = { lo }; }' 2>/dev/null; then
	in_space gateway nft 'add table inet fast; add flowtable inet fast quick { hook ingress priority filter; devices = { "br-lan", "wan" }; }'
	expect_finding offloading bad "quick in table inet fast" "flow_offloading=0"
	expect_ok "and for Debian" grep -q 'nft delete table inet fast' <<<"$(of offloading cure)"
	in_space gateway nft delete table inet fast
	expect_well offloading
else
	tap_skip "flow offloading of others" "this kernel has no flowtables; make check-vm has"
fi

# ---- who else hears the LAN ----

# Whether the rules of bridges are asked is the namespace's own; before Linux 6.16
# who hears all interfaces does so before the IP stack, and is in nobody's way.
filtered=/proc/sys/net/bridge/bridge-nf-call-iptables
# shellcheck disable=SC2016 # expanded by the others
hear() { # interface (none: all) protocol: a packet socket, its process in $hearer
	lab_start hearer gateway python3 -c 'import socket, sys, time
sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(int(sys.argv[2], 16)))
if sys.argv[1]:
    sock.bind((sys.argv[1], int(sys.argv[2], 16)))
print("hears", flush=True)
time.sleep(600)' "$1" "$2"
	hearer=${LAB_PIDS[-1]}
	wait_for 10 grep -q hears "$LAB/hearer.out" || tap_not_ok "somebody hears" "$(cat "$LAB/hearer.out")"
	: >"$LAB/hearer.out"
}
page() { fetch laptop http://198.51.100.10/; }
if in_space gateway sh -c "echo 1 >$filtered" 2>/dev/null; then
	expect_well listeners
	expect_listener() { # where it is said to listen
		expect_finding listeners bad "has a packet socket for IP on $1" "bridge-nf-call-iptables=0"
		expect_ok "by its name" grep -q "process $hearer (python3)" <<<"$(of listeners finding)"
		expect_blocked "and it is true: no page comes" page
	}
	hear br-lan 0800
	expect_listener br-lan
	in_space gateway sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
	expect_ok "the cure is one" page
	expect_well listeners
	in_space gateway sh -c "echo 1 >$filtered"
	lab_end_process "$hearer"
	hear '' 0800
	if [ "$(printf '%s\n' 6.16 "$(uname -r)" | sort -V | head -n 1)" = 6.16 ]; then
		expect_listener "every interface"
	else
		expect_well listeners
		expect_ok "and it is true: a page comes" page
	fi
	lab_end_process "$hearer"
	hear br-lan 0003
	expect_well listeners
	expect_ok "who hears everything is in nobody's way" page
	lab_end_process "$hearer"
	hear wan 0800
	expect_well listeners
	expect_ok "nor is who hears no LAN" page
	lab_end_process "$hearer"
else
	tap_skip "listeners" "this kernel has no br_netfilter, or it is not loaded"
fi

# ---- files ----

damage() { printf '%s\n' "$1" >"$LAB/etc/gatewayd.conf"; }
damage "${plain/br-lan/br-nowhere}"
expect_finding interfaces bad "br-nowhere is not there" "network.lan"
damage "${plain/\"br-lan\"/\"br-lan\", \"br-guest\"}"
expect_finding interfaces warn "br-guest is not there" "joins when it comes up"
damage "${plain/enforce/enfroce}"
expect_finding files bad "enforce" "gatewayctl check"
tap_equal "what the files would name cannot be told" "$(of interfaces result)" "cannot tell"
damage "${plain/country.mmdb/elsewhere.mmdb}"
expect_finding countries warn "elsewhere.mmdb is not there" "country_url"
size=$(stat -c %s "$LAB/etc/country.mmdb")
head -c $((size / 2)) "$LAB/etc/country.mmdb" >"$LAB/etc/damaged.mmdb"
damage "${plain/country.mmdb/damaged.mmdb}"
expect_finding countries bad "damaged.mmdb" "gatewayctl lists update"
# One that opens, but whose tree leads nowhere.
{
	head -c 60 /dev/zero | tr '\0' '\377'
	tail -c +61 "$LAB/etc/country.mmdb"
} >"$LAB/etc/damaged.mmdb"
expect_finding countries bad "damaged.mmdb is damaged" "delete it"
damage "$plain
lists = ( { name = \"trackers\"; url = \"https://lists.example/t\"; } );"
expect_finding lists warn "trackers was never fetched" "gatewayctl lists update"
damage "$plain"
mv "$LAB/share/oui.tsv" "$LAB/share/oui.kept"
expect_finding makers warn "oui.tsv" "OpenWrt: gatewayd-oui"
mv "$LAB/share/oui.kept" "$LAB/share/oui.tsv"
expect_well makers

# ---- the resolver ----

elsewhere() { # where nothing of the gateway is
	GATEWAYD_STATEDIR="$LAB/state" in_gateway unshare -n "$GATEWAYCTL" -c "$LAB/etc" \
		-s /run/gatewayd/control.sock doctor --json >"$LAB/doctor"
}
policy | sed 's/default = "allow";/& dns = { resolver = "gateway"; };/' >"$LAB/etc/policy.d/50-lab.conf"
look
tap_equal "dnsmasq answers for dns.resolver" "$(of resolver finding)" "port 53 of this machine is answered"
elsewhere
tap_equal "where nobody does" "$(of resolver result)" bad
expect_ok "the cure" grep -q 'service dnsmasq start' <<<"$(of resolver cure)"
tap_equal "and the queue is not there" "$(of queue finding)" "gatewayd has number 61400, but not here"
# A profile that nobody has needs no resolver.
policy | sed 's/policies = (/& { name = "idle"; default = "block"; dns = { resolver = "gateway"; }; },/' \
	>"$LAB/etc/policy.d/50-lab.conf"
elsewhere
tap_equal "nor is it asked for" "$(of resolver finding)" "no device's policy has dns.resolver = \"gateway\""
policy >"$LAB/etc/policy.d/50-lab.conf"
look

# ---- the daemon ----

damage "${plain/enforce/observe}"
gatewayctl reload >/dev/null
expect_finding daemon warn "it observes" "mode=enforce"
damage "$plain"
gatewayctl reload >/dev/null
expect_well daemon

gatewayd_stop
lab_start accept_all gateway "$(dirname "$LAB_TOOLS")/bench/accept_all" 61400
accept_all=${LAB_PIDS[-1]}
wait_for 5 grep -q ready "$LAB/accept_all.out"
expect_finding queue bad "number 61400 is taken by process" "network.queue"
expect_ok "by its name" grep -q '(accept_all)' <<<"$(of queue finding)"
tap_equal "and the daemon is down" "$(of daemon result)" bad
lab_end_process "$accept_all" KILL
# shellcheck disable=SC2119
scenario_start
expect_well queue
scenario_done
