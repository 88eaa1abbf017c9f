#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the daemon makes of the kernel it finds: nft's own queue expression where
# there is one, with the flags that on_failure asks for, and connections that a
# policy closes gone from the connection table.
set -u
. "$(dirname "$0")/scenario.sh"

policy() {
	cat <<-'END'
		devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "patient"; },
			{ name = "laptop"; mac = "3c:22:fb:00:00:03"; policy = "person"; } );
		policies = ( { name = "patient"; default = "allow"; on_failure = "closed"; },
			{ name = "person"; default = "allow"; on_failure = "open";
			  rules = ( { action = "block"; country = "CN"; } ); } );
	END
}
queues_of() { # chain: its queue statements, those with a set first
	in_space gateway nft -s list chain inet gatewayd "$1" | grep queue |
		sed -E 's/^[[:space:]]*//; s/(iiftype ether )?ether saddr @exceptions/exceptions:/' | paste -sd,
}

policy | gatewayd_policy 'on_failure = "closed";'
scenario_start
if unshare -n nft 'add table inet try; add chain inet try c; add rule inet try c queue to 1' 2>/dev/null; then
	tap_equal "closed: who fails open has the flag, the rest has not" \
		"$(queues_of ask)" "exceptions: queue flags bypass to 61400,queue to 61400"
	tap_equal "answers never wait for a daemon that is gone" \
		"$(queues_of answer)" "queue flags bypass to 61400"
	policy | new_policy 'on_failure = "open";' >/dev/null
	tap_equal "open: the other way round" \
		"$(queues_of ask)" "exceptions: queue to 61400,queue flags bypass to 61400"
	tap_equal "no rule goes by way of xtables" \
		"$(in_space gateway nft list table inet gatewayd 2>/dev/null | grep -c 'xt target')" 0
else
	tap_skip "the queue statement and its flags" "this kernel lacks it (CONFIG_NFT_QUEUE); xtables' target is used"
fi

connections() { # port
	in_space gateway conntrack -L -p udp --dport "$1" 2>/dev/null | grep -c 'mark=[1-9]'
}
lab_start echo abroad "$LAB_TOOLS/kernel_peer" serve 5000
listens() { [ "$(in_space laptop "$LAB_TOOLS/kernel_peer" ask udp 198.51.100.10 5000 x)" = x ]; }
lab_start echo-home home "$LAB_TOOLS/kernel_peer" serve 5000
expect_ok "datagrams pass" wait_for 10 listens
expect_ok "and their connection is marked" test "$(connections 5000)" -ge 1
policy | sed 's/country = "CN"/port = 5000/' | new_policy >/dev/null
# A moment after the reload, so that no packet waits for it.
gone() { [ "$(connections 5000)" = 0 ]; }
expect_ok "a policy that closes it takes it out of the connection table" wait_for 5 gone
expect_blocked "and it does not begin again" listens
scenario_done
