#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab without gatewayd: all that a scenario wants to see blocked passes.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
. tests/lab/lib.sh
why=$(lab_missing)
[ -z "$why" ] || tap_skip_all "$why"
lab_up

for device in coffee camera laptop; do
	for server in 192.0.2.1 2001:db8:1::1 198.51.100.53 2001:db8:2::53 203.0.113.53 2001:db8:3::53; do
		tap_equal "$device asks $server" "$(ask_short $device $server cloud.coffee.example A)" 198.51.100.10
	done
	for url in http://198.51.100.10 http://203.0.113.10 'https://[2001:db8:2::10]' \
		'https://[2001:db8:3::20]' https://cloud.coffee.example http://telemetry.coffee.example; do
		expect_ok "$device fetches $url" fetch $device "$url/"
	done
	expect_ok "$device publishes at home" publish $device cloud.coffee.example t hello
	expect_ok "$device publishes abroad" publish $device telemetry.coffee.example t hello
done
tap_equal "TCP questions, too" "$(ask_short coffee 192.0.2.1 logs.example.cn AAAA +tcp)" 2001:db8:3::10
tap_equal "DNS over TLS, too" "$(ask_short coffee 203.0.113.53 logs.example.cn AAAA +tls)" 2001:db8:3::10
tap_equal "CNAME chains are followed" "$(ask_short coffee 198.51.100.53 brew.coffee.example A)" \
	"edge.cdn.example. node7.tracker.example. 198.51.100.20"
tap_equal "the resolver's log counts questions" "$(questions_at resolver brew.coffee.example)" 1
tap_done
