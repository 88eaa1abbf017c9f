#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fragments, options, extension headers, odd protocols: nothing of what is
# blocked passes by them, and what is allowed still passes.
set -u
. "$(dirname "$0")/scenario.sh"

gatewayd_policy <<-'END'
	devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "home-only"; },
		{ name = "laptop"; mac = "3c:22:fb:00:00:03"; policy = "free"; } );
	policies = (
		{ name = "home-only"; default = "allow";
		  rules = ( { action = "block"; with = "drop"; country = "CN"; } ); },
		{ name = "free"; default = "allow"; } );
END
scenario_start

dump=$LAB/abroad.dump
lab_start tcpdump abroad tcpdump -i eth0 -n -A -l -U 'ip or ip6'
dump=$LAB/tcpdump.out
wait_for 5 grep -q 'listening on' "$dump"

# A packet of the free device behind it tells that all before it has arrived.
arrived() { # kind device v4|v6
	local -A from=([coffee4]=192.0.2.10 [coffee6]=2001:db8:1::10 [laptop4]=192.0.2.30 [laptop6]=2001:db8:1::30)
	local to=203.0.113.10 marker=$((RANDOM + 10000))
	[ "$3" = 4 ] || to=2001:db8:3::10
	: >"$dump"
	in_space "$2" "$LAB_TOOLS/send_packet" "$1" "${from[$2$3]}" "$to" 7777
	in_space laptop bash -c "printf 'MARK%d' $marker >/dev/udp/203.0.113.10/9"
	wait_for 5 grep -aq "MARK$marker" "$dump" || return 2
	grep -aq SMUGGLED "$dump"
}
for kind in udp tcp other-protocol udp-fragments udp-tiny-fragment tcp-tiny-fragment \
	overlapping-fragments late-fragment hop-by-hop destination-options many-headers tcp-behind-options; do
	for family in 4 6; do
		arrived $kind coffee $family
		case $? in
		0) tap_not_ok "IPv$family $kind of the blocked device does not pass" ;;
		1) tap_ok "IPv$family $kind of the blocked device does not pass" ;;
		*) tap_not_ok "IPv$family $kind: the marker arrives" ;;
		esac
	done
done
for kind in udp tcp udp-fragments udp-tiny-fragment destination-options; do
	for family in 4 6; do
		expect_ok "IPv$family $kind of the free device passes" arrived $kind laptop $family
	done
done
scenario_done
