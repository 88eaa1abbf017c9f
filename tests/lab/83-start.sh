#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From boot to enforcing: the rules stand before lists and databases are read,
# so what a device sends meanwhile waits; and what an earlier daemon had decided
# is decided anew.
set -u
. "$(dirname "$0")/scenario.sh"

export GATEWAYD_STATEDIR=$LAB/state
mkdir -p "$GATEWAYD_STATEDIR"
policy() { # action for what is abroad
	cat <<-END
		devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "home-only"; },
			{ name = "laptop"; mac = "3c:22:fb:00:00:03"; policy = "person"; } );
		policies = ( { name = "home-only"; default = "allow";
			rules = ( { action = "block"; list = "long"; }, { action = "block"; country = "CN"; } ); },
			{ name = "person"; default = "allow"; rules = ( { action = "$1"; country = "CN"; } ); } );
	END
}
compiled() { ls "$GATEWAYD_STATEDIR"/lists/*.set; }

# ---- a list that takes its time ----
awk 'BEGIN { for (i = 0; i < 700000; i++) printf "n%d.long%d.example\n", i * 7919, i % 977 }' >"$LAB/etc/long.txt"
policy allow | gatewayd_policy 'lists = ( { name = "long"; file = "long.txt"; } );'
gatewayd_share
gatewayd_launch
expect_ok "the rules are there" wait_for 20 rules_present
if compiled >/dev/null 2>&1; then
	tap_not_ok "before the list is" "the list was compiled first, or too fast to tell"
else
	tap_ok "before the list is"
fi
expect_blocked "nobody is answered yet" timeout 0.2 "$GATEWAYCTL" -s "$LAB/run/gatewayd/control.sock" status
fetch coffee -m 60 --connect-timeout 60 http://198.51.100.10/ >"$LAB/early" 2>&1 &
early=$!
fetch coffee -m 60 --connect-timeout 60 http://203.0.113.10/ >"$LAB/early-abroad" 2>&1 &
abroad=$!
in_queue() { # packets that wait in queue 61400, told by the kernel
	in_space gateway awk '$1 == 61400 && $3 > 0 { found = 1 } END { exit !found }' \
		/proc/net/netfilter/nfnetlink_queue
}
expect_ok "what devices send waits in the queue" wait_for 5 in_queue
tap_nothing "and does not pass" "$(cat "$LAB/early" "$LAB/early-abroad")"
expect_ok "then it is ready" wait_for 60 gatewayd_answers
expect_ok "with its list" compiled
wait $early
tap_equal "what waited and is allowed arrives" "$? $(cat "$LAB/early")" "0 home"
wait $abroad
tap_equal "what waited and is not is refused" $? 7

# ---- decisions of a daemon that is gone ----
# Paced by the server: what has arrived already cannot be cut.
fetch laptop -m 150 -o /dev/null http://203.0.113.10/slow 2>/dev/null &
download=$!
seen() { gatewayctl flows laptop --json | grep -q '203.0.113.10'; }
expect_ok "a download that is allowed" wait_for 10 seen
gatewayd_kill
: >"$LAB/etc/long.txt"
policy block | gatewayd_policy
sed -i 's/{ action = "block"; list = "long"; }, //' "$LAB/etc/policy.d/50-lab.conf"
scenario_start
gone() { ! kill -0 $download 2>/dev/null; }
expect_ok "killed, and started with files that forbid it: it ends" wait_for 30 gone
scenario_done
