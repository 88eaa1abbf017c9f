#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gatewayd is killed: devices whose policy says open go on, the others wait,
# and a restart takes over without anybody's help.
set -u
. "$(dirname "$0")/scenario.sh"

policy() { # on_failure of the rest
	cat <<-END
		devices = (
			{ name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "patient"; },
			{ name = "laptop"; mac = "3c:22:fb:00:00:03"; policy = "person"; }
		);
		policies = (
			{ name = "patient"; default = "allow"; on_failure = "closed";
			  rules = ( { action = "block"; country = "CN"; } ); },
			{ name = "person"; default = "allow"; on_failure = "open"; }
		);
	END
}

for whole in closed open; do
	policy | gatewayd_policy "on_failure = \"$whole\";"
	scenario_start
	expect_ok "$whole: coffee goes to home" fetch coffee http://198.51.100.10/
	expect_ok "$whole: laptop goes to home" fetch laptop http://198.51.100.10/
	gatewayd_kill
	expect_ok "$whole, killed: the rules stay" rules_present
	expect_ok "$whole, killed: the open device goes on" fetch laptop http://198.51.100.20/
	expect_ok "$whole, killed: over IPv6, too" fetch laptop 'http://[2001:db8:2::20]/'
	expect_ok "$whole, killed: and its questions" test -n "$(ask_short laptop 198.51.100.53 www.example.com A)"
	expect_blocked "$whole, killed: the closed device waits" fetch coffee http://198.51.100.20/
	expect_blocked "$whole, killed: over IPv6, too" fetch coffee 'http://[2001:db8:2::20]/'
	expect_blocked "$whole, killed: what is blocked stays blocked" fetch coffee http://203.0.113.10/
	expect_blocked "$whole, killed: a closed device's question waits" \
		test -n "$(in_space coffee kdig +short +timeout=1 +retry=0 @198.51.100.53 www.example.com A 2>/dev/null | grep 198)"
	case $whole in
	open) expect_ok "open, killed: a device without a name goes on" fetch camera http://198.51.100.20/ ;;
	closed) expect_blocked "closed, killed: a device without a name waits" fetch camera http://198.51.100.20/ ;;
	esac
	scenario_start
	expect_ok "$whole: the restart takes over: coffee passes" fetch coffee http://198.51.100.20/
	tap_equal "$whole: and is blocked where it was" "$(fetch_code coffee http://203.0.113.10/)" 7
	scenario_stop
	expect_ok "$whole: after a clean stop all pass" fetch coffee http://203.0.113.10/
done

# Killed in the middle of traffic: the open device's download does not notice.
policy | gatewayd_policy
scenario_start
fetch laptop --limit-rate 1500k -m 30 -o /dev/null http://198.51.100.10/bulk &
download=$!
seen() { gatewayctl flows laptop --json | grep -q 198.51.100.10; }
wait_for 5 seen
gatewayd_kill
scenario_start
wait $download
tap_equal "a download goes on across kill -9 and restart" $? 0
scenario_done
