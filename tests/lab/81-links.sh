#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What routers have for links: a second LAN bridge that appears later, a VLAN on
# the bridge, PPPoE and DS-Lite towards the provider. The rules look at LAN
# interfaces only, so whatever is on the other side does not matter.
#
#   guest 52:54:..:71 --- br-guest (comes later) \          / ppp0 (PPPoE) --- isp
#   radio 52:54:..:72 --- br-lan, VLAN 20: vlan20 - gateway - dslite (IPv4 in IPv6) --- resolver
#   coffee ------------- br-lan                   /          \ wan --- street
set -u
. "$(dirname "$0")/scenario.sh"

{
	cat <<-'END'
		devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "home-only"; },
			{ name = "guest"; mac = "52:54:00:00:00:71"; policy = "home-only"; },
			{ name = "radio"; mac = "52:54:00:00:00:72"; policy = "home-only"; } );
		policies = ( { name = "home-only"; default = "allow"; rules = (
			{ action = "block"; country = "CN"; }, { action = "block"; domain = "tracker.example"; } ); } );
	END
} | gatewayd_policy
sed -i 's/lan = \[ "br-lan" \];/lan = [ "br-lan", "br-guest", "vlan20" ];/' "$LAB/etc/gatewayd.conf"
in_space gateway nft insert rule inet fw forward oifname != '{ "br-lan", "br-guest", "vlan20" }' accept
in_space gateway nft add rule inet fw wan_nat oifname '"ppp*"' masquerade
scenario_start
expect_ok "it starts while two of three LAN interfaces are absent" \
	test "$(grep -c 'is not there yet' "$LAB/gatewayd.log")" = 2

# On each link: what is allowed passes, what is not is refused, by name, too.
judged() { # device link home-address abroad-address
	expect_ok "$2: allowed" wait_for 10 fetch "$1" "http://$3/"
	tap_equal "$2: refused" "$(fetch_code "$1" "http://$4/")" 7
}
home_and_abroad() { # device link
	judged "$1" "$2" 198.51.100.10 203.0.113.10
	judged "$1" "$2, IPv6" '[2001:db8:2::10]' '[2001:db8:3::10]'
	tap_equal "$2: a name is refused" "$(ask_short "$1" 198.51.100.53 node7.tracker.example A)" ""
	tap_equal "$2: another is not" "$(ask_short "$1" 198.51.100.53 www.example.com A)" 198.51.100.10
}

# ---- a second bridge, plugged in while it runs ----
ip -n "$LAB_TAG-gateway" link add br-guest address 02:00:00:00:00:02 type bridge forward_delay 0
lab_address gateway br-guest 192.0.3.1/24 2001:db8:4::1/64
ip -n "$LAB_TAG-gateway" link set br-guest up
lab_space guest
lab_cable guest eth0 52:54:00:00:00:71 gateway br-guest
lab_address guest eth0 192.0.3.10/24 2001:db8:4::10/64
ip -n "$LAB_TAG-guest" route add default via 192.0.3.1
ip -n "$LAB_TAG-guest" -6 route add default via 2001:db8:4::1
use_resolver guest 192.0.3.1
expect_ok "an interface that appears is told of" wait_for 5 grep -q 'br-guest is there' "$LAB/gatewayd.log"
home_and_abroad guest "the guests' bridge"

# ---- a VLAN on the LAN's bridge ----
if ip -n "$LAB_TAG-gateway" link add link br-lan name vlan20 type vlan id 20 2>/dev/null; then
	lab_address gateway vlan20 192.0.4.1/24 2001:db8:5::1/64
	ip -n "$LAB_TAG-gateway" link set vlan20 up
	lab_space radio
	lab_cable radio eth0 52:54:00:00:00:72 gateway br-lan
	ip -n "$LAB_TAG-radio" link add link eth0 name eth0.20 type vlan id 20
	ip -n "$LAB_TAG-radio" link set eth0.20 up
	lab_address radio eth0.20 192.0.4.10/24 2001:db8:5::10/64
	ip -n "$LAB_TAG-radio" route add default via 192.0.4.1
	ip -n "$LAB_TAG-radio" -6 route add default via 2001:db8:5::1
	use_resolver radio 192.0.4.1
	home_and_abroad radio "a VLAN"
else
	tap_skip "a VLAN" "this kernel has none (CONFIG_VLAN_8021Q); make check-vm has"
fi

# ---- DS-Lite: IPv4 in IPv6, to a router of the provider's ----
if ip -n "$LAB_TAG-gateway" link add dslite type ip6tnl mode ipip6 encaplimit none \
	local 2001:db8:2::1 remote 2001:db8:2::53 2>/dev/null; then
	ip -n "$LAB_TAG-gateway" link set dslite up
	ip -n "$LAB_TAG-gateway" address add 192.0.0.2 peer 192.0.0.1 dev dslite
	in_space gateway nft add rule inet fw wan_nat oifname dslite masquerade
	ip -n "$LAB_TAG-resolver" link add aftr type ip6tnl mode ipip6 encaplimit none \
		local 2001:db8:2::53 remote 2001:db8:2::1
	ip -n "$LAB_TAG-resolver" link set aftr up
	ip -n "$LAB_TAG-resolver" address add 192.0.0.1 peer 192.0.0.2 dev aftr
	for address in 198.51.100.201 203.0.113.201; do
		ip -n "$LAB_TAG-resolver" address add $address/32 dev lo
		ip -n "$LAB_TAG-gateway" route add $address/32 dev dslite
	done
	lab_start aftr resolver "$LAB_TOOLS/kernel_peer" serve 5001
	echoes() { [ "$(in_space coffee "$LAB_TOOLS/kernel_peer" ask "$1" "$2" 5001 hello)" = hello ]; }
	for transport in tcp udp; do
		expect_ok "DS-Lite: allowed ($transport)" wait_for 10 echoes $transport 198.51.100.201
		expect_blocked "DS-Lite: refused ($transport)" echoes $transport 203.0.113.201
	done
else
	tap_skip "DS-Lite" "this kernel has no such tunnel (CONFIG_IPV6_TUNNEL); make check-vm has"
fi

# ---- PPPoE: the uplink is a session that comes and goes ----
modprobe -q -a ppp_generic pppoe 2>/dev/null
if ! command -v pppoe-server >/dev/null || ! command -v pppd >/dev/null; then
	tap_skip "PPPoE" "pppoe-server or pppd is missing: run tests/deps.sh vm as root"
elif [ ! -c /dev/ppp ] || [ ! -e /proc/net/pppoe ]; then
	tap_skip "PPPoE" "this kernel has none (CONFIG_PPPOE); make check-vm has"
else
	lab_space isp
	ip link add wan2 netns "$LAB_TAG-gateway" type veth peer name wan2 netns "$LAB_TAG-isp"
	ip -n "$LAB_TAG-gateway" link set wan2 up
	ip -n "$LAB_TAG-isp" link set wan2 up
	in_space isp sysctl -qw net.ipv4.ip_forward=1
	for address in 198.51.100.202 203.0.113.202; do
		ip -n "$LAB_TAG-isp" address add $address/32 dev lo
	done
	printf '%s\n' noauth nodefaultroute noipdefault 'lcp-echo-interval 0' >"$LAB/pppoe-options"
	lab_start pppoe-server isp pppoe-server -F -I wan2 -L 100.64.0.1 -R 100.64.0.10 -N 4 -O "$LAB/pppoe-options"
	lab_start isp-echo isp "$LAB_TOOLS/kernel_peer" serve 5002
	dial() {
		lab_start pppd gateway pppd plugin pppoe.so nic-wan2 nodetach noauth noipdefault nodefaultroute \
			user lab linkname lab lcp-echo-interval 0 ifname ppp0
		dialled=$!
		for address in 198.51.100.202 203.0.113.202; do
			wait_for 20 ip -n "$LAB_TAG-gateway" route replace $address/32 dev ppp0 || return
		done
	}
	echoes() { [ "$(in_space coffee "$LAB_TOOLS/kernel_peer" ask "$1" "$2" 5002 hello)" = hello ]; }
	for session in first second; do
		if dial; then tap_ok "PPPoE: the $session session is up"; else
			tap_not_ok "PPPoE: the $session session is up" "$(tail -n 5 "$LAB"/pppd.out "$LAB"/pppoe-server.out)"
		fi
		for transport in tcp udp; do
			expect_ok "PPPoE, $session: allowed ($transport)" wait_for 10 echoes $transport 198.51.100.202
			expect_blocked "PPPoE, $session: refused ($transport)" echoes $transport 203.0.113.202
		done
		lab_end_process "$dialled"
	done
fi
expect_ok "the first LAN is as it was" fetch coffee http://198.51.100.10/
tap_equal "and refused where it was" "$(fetch_code coffee http://203.0.113.10/)" 7
scenario_done
