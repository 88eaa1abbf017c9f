#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What devices say of themselves, by real clients: BusyBox's udhcpc asks for an
# address, avahi-daemon announces services, a television says NOTIFY. devices
# guesses what they are, says why, and proposes what to do; a phone with another
# random address is proposed as the one that it was; a restart forgets nothing.
set -u
# shellcheck disable=SC2034 # lib.sh puts it into its zone
LAB_NAMES='iotcloud.kalerm.com. A 198.51.100.10'
. "$(dirname "$0")/scenario.sh"

for tool in busybox avahi-daemon; do
	command -v $tool >/dev/null || tap_skip_all "$tool is missing: run tests/deps.sh check as root"
done

gatewayd_share
add_device printer 00:11:32:00:00:05 192.0.2.50 2001:db8:1::50
add_device tv 02:00:5e:00:00:06 192.0.2.60 2001:db8:1::60
add_device phone e2:00:5e:00:00:07 192.0.2.70 2001:db8:1::70
add_device twin e2:00:5e:00:00:08 192.0.2.71 2001:db8:1::71

policy() {
	cat <<-'END'
		devices = ( { name = "nursery-cam"; mac = "b0:f1:ec:00:00:02"; policy = "camera"; } );
	END
}
policy | gatewayd_policy
sed -i 's/unknown_device = .*/unknown_device = "observe";/' "$LAB/etc/gatewayd.conf"
scenario_start

# A lease as a device asks for it; the address in use stays the lab's. dnsmasq
# looks for three seconds whether somebody has the address already.
lease() { # device [udhcpc option...]
	local device=$1
	shift
	in_space "$device" busybox udhcpc -i eth0 -n -q -f -t 3 -T 4 -s /bin/true "$@"
}
# As avahi: its configuration and services in the device's own mount namespace.
announce() { # device hostname service-file
	mkdir -p "$LAB/avahi-$1/services" "$LAB/avahi-$1/run"
	printf '%s\n' '[server]' "host-name=$2" 'use-ipv4=yes' 'use-ipv6=yes' 'enable-dbus=no' \
		'[wide-area]' 'enable-wide-area=no' >"$LAB/avahi-$1/avahi-daemon.conf"
	cat >"$LAB/avahi-$1/services/one.service"
	chmod -R a+rX "$LAB/avahi-$1"
	# shellcheck disable=SC2016 # expanded over there
	lab_start "avahi-$1" "$1" sh -c 'mount --bind "$0" /etc/avahi && mount --bind "$0/run" /run &&
		exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f /etc/avahi/avahi-daemon.conf' \
		"$LAB/avahi-$1"
}
notify() { # device TYPE SERVER
	printf '%s\r\n' 'NOTIFY * HTTP/1.1' 'HOST: 239.255.255.250:1900' 'NTS: ssdp:alive' "NT: $2" \
		"SERVER: $3" "USN: uuid:0a1b2c3d-0000-1000-8000-00005e000006::$2" '' >"$LAB/notify"
	in_space "$1" bash -c 'cat "$0" >/dev/udp/239.255.255.250/1900' "$LAB/notify"
}

devices() { gatewayctl devices --json; }
of() { # mac filter
	devices | jq -r "select(.mac == \"$1\") | $2"
}
is_now() { # mac filter text
	[ "$(of "$1" "$2")" = "$3" ]
}
shows() { # words... : the table and what stands below it, at 80 columns
	COLUMNS=80 gatewayctl devices >"$LAB/table" && grep -qF -- "$1" "$LAB/table"
}

# ---- by what it asks for ----

fetch coffee http://198.51.100.10/ >/dev/null 2>&1
ask coffee 192.0.2.1 iotcloud.kalerm.com A >/dev/null
expect_ok "the coffee machine is known by its maker and the names it asks for" \
	wait_for 5 shows "Kalerm? coffee machine (OUI, names asked)"
expect_ok "and the command to type stands below" \
	shows "gatewayctl set a4:cf:12:00:00:01 coffee-machine"
tap_nothing "no line is wider than the terminal" "$(awk 'length > 80' "$LAB/table")"

# ---- DHCP ----

expect_ok "DHCP goes on as before" lease printer -x hostname:NPIA1B2C3 -V 'HP Printer'
expect_ok "a printer says so to the DHCP server" \
	wait_for 5 is_now 00:11:32:00:00:05 .guess 'HP? printer (host name, DHCP)'
tap_equal "its client is shown" "$(of 00:11:32:00:00:05 .says.dhcp_class)" 'HP Printer'
tap_equal "and its list of options" "$(of 00:11:32:00:00:05 '.says.dhcp_parameters | test("^[0-9,]+$")')" true

# ---- multicast DNS and SSDP ----

announce laptop annas-laptop <<-'END'
	<?xml version="1.0"?><!DOCTYPE service-group SYSTEM "avahi-service.dtd">
	<service-group><name>Küche</name>
	<service><type>_hap._tcp</type><port>80</port>
	<txt-record>ci=9</txt-record><txt-record>md=Thermo 2</txt-record></service></service-group>
END
expect_ok "a service of HomeKit is announced by avahi" \
	wait_for 15 is_now 3c:22:fb:00:00:03 .class thermostat
tap_equal "its name is kept as it is written" "$(of 3c:22:fb:00:00:03 .says.instance)" Küche
tap_equal "and its model" "$(of 3c:22:fb:00:00:03 .says.model)" 'Thermo 2'

notify tv urn:lge-com:service:webos-second-screen:1 'Linux/4.4 UPnP/1.0 WebOS/1.5'
expect_ok "a television says NOTIFY" wait_for 5 is_now 02:00:5e:00:00:06 .guess 'LG? television (SSDP)'
notify tv "$(printf 'urn:\033[2Jx')" 'x'
expect_blocked "nothing of what it says reaches the terminal as it is" \
	sh -c "'$GATEWAYCTL' -s '$LAB/run/gatewayd/control.sock' devices 02:00:5e:00:00:06 | grep -q \$(printf '\\033')"

# ---- another random address ----

expect_ok "a phone has a lease" lease phone -x hostname:phone-anna -V android-dhcp-13
expect_ok "it is known" wait_for 5 is_now e2:00:5e:00:00:07 .says.hostname phone-anna
# Two that are alike but for a name that all of their kind have.
lease twin -x hostname:localhost -V android-dhcp-13 >/dev/null 2>&1
expect_ok "a device that names itself like many" wait_for 5 is_now e2:00:5e:00:00:08 .says.hostname localhost
expect_ok "the phone gets a name" gatewayctl name e2:00:5e:00:00:07 annas-phone

# What was learned outlives the daemon.
gatewayd_stop
tap_equal "gatewayd stops" $? 0
expect_ok "its devices are in a file" grep -q 'phone-anna' "$LAB/state/devices"
scenario_start
tap_equal "and still knows the printer" "$(of 00:11:32:00:00:05 .guess)" 'HP? printer (host name, DHCP)'
tap_equal "and the coffee machine" "$(of a4:cf:12:00:00:01 .guess)" 'Kalerm? coffee machine (OUI, names asked)'

# The radio goes off; the phone comes back as somebody else, and so does the twin.
renew() { # device mac
	ip -n "$LAB_TAG-$1" link set eth0 down
	ip -n "$LAB_TAG-$1" link set eth0 address "$2"
	ip -n "$LAB_TAG-$1" link set eth0 up
}
renew phone f2:00:5e:00:00:17
renew twin f2:00:5e:00:00:18
lease phone -x hostname:phone-anna -V android-dhcp-13 >/dev/null 2>&1
lease twin -x hostname:localhost -V android-dhcp-13 >/dev/null 2>&1
expect_ok "the new address is there" wait_for 5 is_now f2:00:5e:00:00:17 .says.hostname phone-anna
# When the old address has been silent for a minute.
expect_ok "the phone is proposed as the one that it was" \
	wait_for 75 is_now f2:00:5e:00:00:17 .same_as.device annas-phone
tap_equal "with the evidence" "$(of f2:00:5e:00:00:17 '.same_as.evidence | join(", ")')" \
	"host name, DHCP options, DHCP client"
tap_equal "two with the same common name are not" "$(of f2:00:5e:00:00:18 .same_as)" null
expect_ok "the table says so" \
	shows "annas-phone? same as e2:00:5e:00:00:07"
expect_ok "with the command" shows "gatewayctl name f2:00:5e:00:00:17 annas-phone"
tap_equal "nothing was done about it" "$(of f2:00:5e:00:00:17 .named)" false
expect_ok "the user says that it is" gatewayctl name f2:00:5e:00:00:17 annas-phone
tap_equal "both addresses are one device" "$(devices | jq -r 'select(.device == "annas-phone") | .mac')" e2:00:5e:00:00:07
tap_equal "which is still called what it was" "$(of f2:00:5e:00:00:17 .device)" ""

# ---- no harm ----

# A flood of announcements costs what the buffer holds, and DHCP goes on.
in_space tv bash -c 'for i in {1..3000}; do cat "$0" >/dev/udp/239.255.255.250/1900; done' "$LAB/notify" &
flood=$!
expect_ok "a flood of announcements leaves DHCP alone" lease printer -x hostname:NPIA1B2C3
expect_ok "and the world" fetch coffee http://198.51.100.10/
wait $flood
expect_ok "gatewayd answers" status_of .version
# A daemon that hangs must not hold up anybody's lease.
kill -STOP "$GATEWAYD_PID"
expect_ok "a daemon that hangs does not, either" lease printer -x hostname:NPIA1B2C3
kill -CONT "$GATEWAYD_PID"
scenario_done
