#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Data carried in DNS names: iodine gets through for a laptop, and stops soon
# for a camera whose policy blocks `tunnel`; its other names are answered.
set -u
. "$(dirname "$0")/scenario.sh"

for tool in iodine iodined; do
	command -v $tool >/dev/null || tap_skip_all "$tool is missing: run tests/deps.sh check as root"
done
[ -c /dev/net/tun ] || tap_skip_all "no /dev/net/tun: iodine has nothing to bring its packets to"

gatewayd_policy <<-'END'
	devices = ( { name = "cam"; mac = "b0:f1:ec:00:00:02"; policy = "camera"; } );
	policies = ( { name = "camera"; default = "allow";
		rules = ( { action = "block"; with = "drop"; tunnel = true; } ); } );
END
scenario_start

# The vendor's resolver, at an address of its own.
lab_cloud vendor 203.0.113.1 2001:db8:3::1 203.0.113.80/24 2001:db8:3::80/64
lab_start iodined vendor iodined -f -c -P lab 10.99.0.1/24 t.vendor.example
tunnelled() { # device
	in_space "$1" ping -c 3 -i 0.2 -W 1 -s 100 10.99.0.1
}
# Short names and no probing: raw bytes that do not fit as text are malformed
# to gatewayd, whoever asks, and would be no test of the rule.
dig_through() { # device: is the tunnel up, and does data pass?
	local pid status
	ip netns exec "$(space "$1")" iodine -f -r -m 200 -M 70 -P lab 203.0.113.80 t.vendor.example \
		>>"$LAB/iodine-$1.out" 2>&1 </dev/null &
	pid=$!
	wait_for 12 tunnelled "$1"
	status=$?
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return $status
}
expect_ok "a laptop's packets go through names" dig_through laptop
expect_blocked "a camera's do not" dig_through camera
expect_ok "its flow is seen to be a tunnel" grep -q '"tunnel":true' <<<"$(gatewayctl flows cam --json)"
tap_equal "by the rule for it" \
	"$(gatewayctl flows cam --json | jq -r 'select(.action == "block") | .rule' | sort -u)" camera/1
tap_equal "its other names are answered" "$(ask_short camera 192.0.2.1 www.example.com A)" 198.51.100.10
scenario_done
