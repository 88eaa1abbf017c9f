#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who is who: several MACs are one device, any number of addresses too; what no
# file names gets unknown_device; leases and the vendor table give names.
set -u
. "$(dirname "$0")/scenario.sh"

# The camera's second interface, a thing that no file names, and a guest whose
# address the next section borrows.
add_device radio b0:f1:ec:00:00:03 192.0.2.21 2001:db8:1::21
add_device thing 52:54:00:00:00:09 192.0.2.90 2001:db8:1::90

policy() { # unknown's default
	cat <<-END
		devices = (
			{ name = "kitchen-coffee"; mac = "a4:cf:12:00:00:01"; policy = "home-only"; },
			{ name = "nursery-cam"; mac = [ "b0:f1:ec:00:00:02", "b0:f1:ec:00:00:03" ]; policy = "camera"; }
		);
		policies = (
			{ name = "home-only"; default = "allow"; rules = ( { action = "block"; country = "CN"; } ); },
			{ name = "camera"; default = "block"; rules = ( { action = "allow"; domain = "view.camera.example"; } ); },
			{ name = "guests"; default = "$1"; }
		);
	END
}
policy block | gatewayd_policy
sed -i 's/unknown_device = .*/unknown_device = "guests";/' "$LAB/etc/gatewayd.conf"
scenario_start

expect_ok "the camera's first MAC may view" fetch camera http://view.camera.example/
expect_ok "its second one, too" fetch radio http://view.camera.example/
tap_equal "neither may go elsewhere" "$(reset_by camera http://198.51.100.10/) $(reset_by radio http://198.51.100.10/)" "reset reset"
expect_ok "the coffee maker has another policy" fetch coffee http://198.51.100.10/
tap_equal "which blocks something else" "$(fetch_code coffee http://203.0.113.10/)" 7
tap_equal "an unknown device has unknown_device" "$(fetch_code thing http://198.51.100.10/)" 7
expect_ok "the router itself is never blocked" in_space thing ping -c 1 -W 2 192.0.2.1

gatewayctl devices --json >"$LAB/devices"
tap_equal "two MACs are one row" "$(jq -r 'select(.device == "nursery-cam") | .device' "$LAB/devices" | wc -l)" 1
tap_equal "an unknown one is there" \
	"$(jq -r 'select(.mac == "52:54:00:00:00:09") | .policy' "$LAB/devices")" guests
named() { gatewayctl devices --json | jq -e 'select(.device == "annas-laptop")'; }
fetch laptop http://198.51.100.10/ >/dev/null 2>&1
expect_ok "a lease gives a device its name" wait_for 10 named

# More addresses of the same device, as privacy extensions make them.
lab_address coffee eth0 2001:db8:1::aaaa/64 2001:db8:1::bbbb/64 192.0.2.11/24
for address in 2001:db8:1::aaaa 2001:db8:1::bbbb; do
	expect_ok "$address is the same device: allowed" fetch coffee --interface $address 'http://[2001:db8:2::10]/'
	tap_equal "$address is the same device: blocked" \
		"$(fetch_code coffee --interface $address 'http://[2001:db8:3::10]/')" 7
done
tap_equal "a second IPv4 address, too" "$(fetch_code coffee --interface 192.0.2.11 http://203.0.113.10/)" 7

# Files decide at once who is who.
expect_ok "set gives it a policy" gatewayctl set kitchen-coffee camera
tap_equal "which is in force" "$(reset_by coffee http://198.51.100.10/)" reset
expect_ok "name names the unknown" gatewayctl name 52:54:00:00:00:09 blender
tap_equal "and it shows" "$(gatewayctl devices --json | jq -r 'select(.mac == "52:54:00:00:00:09") | .device')" blender
# What stands in a person's own file is theirs to change: the next step is said.
gatewayctl name 52:54:00:00:00:09 nursery-cam >"$LAB/name.out" 2>&1
tap_equal "a name of somebody's own file is not given" $? 1
expect_ok "where it stands, and what to write there" grep -q \
	'"nursery-cam" stands in .*/50-lab.conf:[0-9]*, .*mac = \[ ..., "52:54:00:00:00:09" \].*gatewayctl reload' "$LAB/name.out"
gatewayctl name b0:f1:ec:00:00:02 cam >"$LAB/name.out" 2>&1
expect_ok "another name for what has one there" grep -q \
	'"nursery-cam" already, in .*/50-lab.conf:[0-9]*: change the name there, then gatewayctl reload' "$LAB/name.out"

# By hand, on top of the policy.
expect_ok "allow" gatewayctl allow blender 198.51.100.20 --for 1h
expect_ok "opens what was closed" fetch thing http://198.51.100.20/
tap_equal "and nothing else" "$(fetch_code thing http://198.51.100.10/)" 7
expect_ok "block" gatewayctl block nursery-cam view.camera.example --for 1h
expect_blocked "closes what was open" fetch camera http://view.camera.example/
expect_ok "pause" gatewayctl pause annas-laptop --for 1h
expect_blocked "cuts a device off" fetch laptop http://198.51.100.10/
expect_ok "from the world, not from the router" in_space laptop ping -c 1 -W 2 192.0.2.1
scenario_done
