#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Others on the same router, each imitated by a table with its own hooks,
# priorities and marks: several uplinks, policy routing, forced DNS, a list of
# banned addresses, a firewall that reloads itself.
set -u
. "$(dirname "$0")/scenario.sh"

gatewayd_policy <<-'END'
	devices = (
		{ name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "home-only"; },
		{ name = "camera"; mac = "b0:f1:ec:00:00:02"; policy = "own-resolver"; }
	);
	policies = (
		{ name = "home-only"; default = "allow"; rules = (
			{ action = "block"; country = "CN"; }, { action = "block"; domain = "tracker.example"; } ); },
		{ name = "own-resolver"; extends = "home-only"; default = "allow"; dns = { resolver = "gateway"; }; }
	);
END
nft_in_gateway() {
	in_space gateway nft "$@"
}

# ---- marks: an uplink is chosen in mark and ct mark, and counted on its way out ----
nft_in_gateway -f - <<-'END' || exit 2
	table inet uplinks {
		counter right { }
		counter wrong { }
		counter ours { }
		chain choose {
			type filter hook prerouting priority mangle; policy accept;
			iifname "br-lan" meta mark set ct mark and 0x00ff3f00
			iifname "br-lan" meta mark and 0x3f00 == 0 meta mark set meta mark or 0x100
			iifname "br-lan" meta mark and 0xff0000 == 0 meta mark set meta mark or 0x20000
			iifname "br-lan" ct mark and 0x3f00 == 0 ct mark set ct mark or 0x100
			iifname "br-lan" ct mark and 0xff0000 == 0 ct mark set ct mark or 0x20000
		}
		chain leave {
			type filter hook postrouting priority mangle; policy accept;
			iifname "br-lan" oifname "wan" meta mark and 0xff3f00 == 0x20100 counter name right
			iifname "br-lan" oifname "wan" meta mark and 0xff3f00 != 0x20100 counter name wrong
			oifname { "wan", "br-lan" } meta mark and 0x0f000000 != 0 counter name ours
		}
	}
END
scenario_start
counted() { # counter
	nft_in_gateway -j list counter inet uplinks "$1" | jq '.nftables[] | .counter? // empty | .packets'
}
marks_of() { # address: of the coffee maker's connections there, all different ones
	in_space gateway conntrack -L -s 192.0.2.10 -d "$1" 2>/dev/null | sed -n 's/.*mark=\([0-9]*\).*/\1/p' |
		while read -r mark; do printf '0x%08x\n' "$mark"; done | sort -u | tr '\n' ' '
}
expect_ok "a passed flow, beside who marks" fetch coffee http://198.51.100.10/
expect_ok "over IPv6" fetch coffee 'http://[2001:db8:2::10]/'
expect_ok "ping" in_space coffee ping -c 2 -W 2 198.51.100.20
tap_equal "what is blocked is blocked" "$(fetch_code coffee http://203.0.113.10/)" 7
tap_equal "the connection has their bits and ours" \
	"$(marks_of 198.51.100.10 | sed 's/0x0[1-9a-f]/0xO/')" "0xO020100 "
expect_ok "each packet that leaves has their marks" test "$(counted right)" -ge 10
tap_equal "not one has lost them" "$(counted wrong)" 0
tap_equal "not one shows ours" "$(counted ours)" 0
fetch coffee --limit-rate 200k -m 60 -o /dev/null http://198.51.100.10/bulk 2>/dev/null &
download=$!
seen() { gatewayctl flows coffee --json | grep -q '198.51.100.10'; }
wait_for 10 seen
gatewayctl reload >/dev/null
tap_nothing "a reload takes only our bits off" \
	"$(marks_of 198.51.100.10 | tr ' ' '\n' | grep -vE '^(0x0[0-9a-f]020100)?$')"
tap_equal "and packets keep theirs" "$(counted wrong)" 0
lab_end_process $download
nft_in_gateway delete table inet uplinks

# ---- forced DNS: questions to anybody go to the router ----
nft_in_gateway -f - <<-'END' || exit 2
	table inet forced {
		chain questions {
			type nat hook prerouting priority dstnat; policy accept;
			iifname "br-lan" meta l4proto { tcp, udp } th dport 53 redirect to :53
		}
	}
END
questions=$(questions_at abroad www.example.com)
tap_equal "a question that is redirected is answered" "$(ask_short coffee 203.0.113.53 www.example.com A)" 198.51.100.10
tap_equal "by the router" "$(questions_at abroad www.example.com)" "$questions"
tap_equal "over TCP" "$(ask_short coffee 203.0.113.53 www.example.com A +tcp)" 198.51.100.10
tap_equal "a refused name has no address" "$(ask_short coffee 203.0.113.53 node7.tracker.example A | grep -cE '^198')" 0
tap_equal "and no resolver hears of it" "$(questions_at resolver node7.tracker.example)" 0
tap_equal "with dns.resolver = \"gateway\" it is said at once" \
	"$(ask_status camera 203.0.113.53 node7.tracker.example A)" NOERROR
tap_equal "and what is allowed is answered" "$(ask_short camera 203.0.113.53 www.example.com A)" 198.51.100.10
nft_in_gateway delete table inet forced

# ---- DNS sent to a resolver of the owner's choice ----
nft_in_gateway -f - <<-'END' || exit 2
	table ip chosen {
		chain questions {
			type nat hook prerouting priority dstnat; policy accept;
			iifname "br-lan" udp dport 53 ip daddr != 192.0.2.1 dnat to 198.51.100.53
		}
	}
END
tap_equal "a question that is sent elsewhere is answered" "$(ask_short coffee 203.0.113.53 www.example.com A)" 198.51.100.10
tap_equal "a refused name has no address" \
	"$(ask_short coffee 203.0.113.53 node7.tracker.example A | grep -cE '^198')" 0
nft_in_gateway delete table ip chosen

# ---- banned addresses ----
nft_in_gateway -f - <<-'END' || exit 2
	table inet banned {
		set four { type ipv4_addr; elements = { 198.51.100.20 } }
		counter dropped { }
		chain in { type filter hook prerouting priority -175; policy accept; ip saddr @four counter name dropped drop; }
		chain through { type filter hook forward priority -100; policy accept; ip daddr @four counter name dropped drop; }
	}
END
tap_equal "what another table drops stays dropped" "$(fetch_code coffee -m 3 http://198.51.100.20/)" 28
expect_ok "the rest passes" fetch coffee http://198.51.100.10/
tap_equal "and ours is refused by us" "$(fetch_code coffee http://203.0.113.20/)" 7
nft_in_gateway delete table inet banned

# ---- the firewall reloads: one transaction that empties and fills its table ----
restored=$(status_of .rules.restored)
{
	echo 'table inet fw'
	echo 'flush table inet fw'
	nft_in_gateway list table inet fw
} >"$LAB/fw.nft"
for _ in 1 2 3; do
	nft_in_gateway -f - <"$LAB/fw.nft" || tap_not_ok "the firewall's reload" "nft refused it"
done
tap_equal "a firewall that reloads is none of our business" "$(status_of .rules.restored)" "$restored"
expect_ok "allowed as before" fetch coffee http://198.51.100.10/
tap_equal "blocked as before" "$(fetch_code coffee http://203.0.113.10/)" 7

# ---- another prefix from the provider ----
lab_address gateway br-lan 2001:db8:9::1/64
lab_address coffee eth0 2001:db8:9::10/64
ip -n "$LAB_TAG-gateway" address del 2001:db8:1::1/64 dev br-lan
ip -n "$LAB_TAG-coffee" -6 address del 2001:db8:1::10/64 dev eth0
ip -n "$LAB_TAG-coffee" -6 route replace default via 2001:db8:9::1
expect_ok "a device with a new prefix passes" wait_for 10 fetch coffee 'http://[2001:db8:2::10]/'
tap_equal "and is the same device: blocked" "$(fetch_code coffee 'http://[2001:db8:3::10]/')" 7
tap_equal "in the list of devices, too" "$(gatewayctl devices --json | jq -r .mac | sort | uniq -d)" ""
scenario_done
