#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Others change the machine below us: the ruleset is flushed, the bridge goes
# and comes back, a second daemon wants the same queue.
set -u
. "$(dirname "$0")/scenario.sh"

gatewayd_policy <<-'END'
	devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "home-only"; } );
	policies = ( { name = "home-only"; default = "allow";
		rules = ( { action = "block"; country = "CN"; }, { action = "block"; domain = "tracker.example"; } ); } );
END
scenario_start
tap_equal "blocked" "$(fetch_code coffee http://203.0.113.10/)" 7

# fw4 flushes everything and loads its own again.
firewall=$(in_space gateway nft list table inet fw)
in_space gateway nft flush ruleset
in_space gateway nft -f - <<<"$firewall"
expect_ok "flush ruleset is noticed and repaired" wait_for 10 rules_present
expect_ok "status counts it" sh -c "[ \"$(status_of .rules.restored)\" -ge 1 ]"
tap_equal "blocked again" "$(fetch_code coffee http://203.0.113.10/)" 7
expect_ok "allowed still" fetch coffee http://198.51.100.10/

in_space gateway nft delete table inet gatewayd
expect_ok "so is our own table's end" wait_for 10 rules_present
before=$(in_space gateway nft list table inet fw | sha256sum)
gatewayctl reload >/dev/null
tap_equal "nobody else's table is touched" "$(in_space gateway nft list table inet fw | sha256sum)" "$before"

# Interfaces come and go. The addresses go with the bridge, as on a router.
ip -n "$LAB_TAG-gateway" link del br-lan
tap_ok "the bridge is removed"
ip -n "$LAB_TAG-gateway" link add br-lan address 02:00:00:00:00:01 type bridge forward_delay 0
ip -n "$LAB_TAG-gateway" link set br-lan up
lab_address gateway br-lan 192.0.2.1/24 2001:db8:1::1/64
for device in coffee camera laptop; do
	ip -n "$LAB_TAG-gateway" link set "p-$device" master br-lan up
done
passes() { fetch coffee http://198.51.100.10/; }
expect_ok "traffic passes through the new one" wait_for 15 passes
refused() { [ "$(fetch_code coffee http://203.0.113.10/)" = 7 ]; }
expect_ok "and what is blocked is blocked" wait_for 15 refused
tap_equal "names are refused" "$(ask_short coffee 198.51.100.53 node7.tracker.example A)" ""

# A second daemon has nothing to gain.
in_gateway timeout 20 "$GATEWAYD" -c "$LAB/etc" -s /run/second/control.sock -u nobody >"$LAB/second" 2>&1
tap_equal "a second daemon on the same queue ends" $? 1
expect_ok "and says why" grep -qiE 'queue.*(61400|in use|already|another)|(already|another).*queue' "$LAB/second"
expect_ok "the first one's rules stay" rules_present
tap_equal "the first one works on" "$(fetch_code coffee http://203.0.113.10/)" 7
in_gateway timeout 20 "$GATEWAYD" -c "$LAB/etc" -s /run/gatewayd/control.sock -u nobody >"$LAB/third" 2>&1
tap_equal "a second daemon on the same socket ends, too" $? 1
expect_ok "the first one answers still" gatewayctl status

# Without the capability there is a sentence, not a riddle.
if command -v capsh >/dev/null; then
	in_gateway capsh --drop=cap_net_admin -- -c "exec '$GATEWAYD' -c '$LAB/etc' -s /run/x/control.sock" \
		>"$LAB/incapable" 2>&1
	tap_equal "without CAP_NET_ADMIN it ends" $? 1
	expect_ok "and names it" grep -q CAP_NET_ADMIN "$LAB/incapable"
else
	tap_skip "without CAP_NET_ADMIN it ends" "capsh is not installed"
fi
scenario_done
