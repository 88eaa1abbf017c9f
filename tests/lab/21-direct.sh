#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# direct: an address that no answer gave to this device. Names that were
# learned survive a restart; after a cold start nothing is called direct.
set -u
. "$(dirname "$0")/scenario.sh"

gatewayd_policy <<-'END'
	devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "asks-first"; },
		{ name = "camera"; mac = "b0:f1:ec:00:00:02"; policy = "asks-first"; } );
	policies = ( { name = "asks-first"; default = "allow";
		rules = ( { action = "block"; direct = true; } ); } );
END
scenario_start

expect_ok "after a cold start nothing is called direct" fetch coffee http://198.51.100.10/
# What was learned has to be on disk before the daemon may call it warm.
expect_ok "a name is resolved" fetch coffee http://update.coffee.example/
scenario_stop
scenario_start
expect_ok "the name survives a restart" fetch coffee http://198.51.100.20/
expect_ok "and holds over IPv6" fetch coffee -6 http://update.coffee.example/
record=$(gatewayctl flows coffee --json | jq -r 'select(.dst == "198.51.100.20") | .names[0]' | head -n 1)
tap_equal "its flow has the name that was asked" "$record" update.coffee.example
tap_equal "what nobody resolved is direct" "$(fetch_code coffee http://203.0.113.20/)" 7
tap_equal "what another device resolved is direct" "$(fetch_code camera http://198.51.100.20/)" 7
expect_ok "until it asks itself" fetch camera http://update.coffee.example/
scenario_done
