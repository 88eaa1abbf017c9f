#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs what a Debian 12 lacks for: build, check, demo, bench, fuzz, cross, vm, deb.
#	tests/deps.sh check		installs what is missing, as root
#	tests/deps.sh --say check	only says it
#	tests/deps.sh --list check	all package names, one per line
# Does nothing when all is there. Servers that come with it (nginx, unbound,
# mosquitto) are for the lab only: they are neither started nor enabled.
set -eu

build="gcc libc6-dev make pkg-config libnetfilter-queue-dev libnftnl-dev libmnl-dev libldns-dev
	libconfig-dev libmaxminddb-dev libev-dev libjson-c-dev libmbedtls-dev libpcap-dev
	libcurl4-openssl-dev libcap-ng-dev libseccomp-dev"
lint="clang-format cppcheck shellcheck mandoc binutils"
emulator="qemu-system-x86 cpio kmod xz-utils zstd ppp pppoe"
# Its two packages exclude each other.
command -v busybox >/dev/null || lint="$lint busybox" emulator="$emulator busybox"
lab="iproute2 nftables dnsmasq-base unbound nginx-light mosquitto mosquitto-clients curl
	knot-dnsutils openssl tcpdump libmaxmind-db-writer-perl procps iputils-ping conntrack jq iptables
	ngtcp2-client ngtcp2-server iodine python3 avahi-daemon"
# Of the gateway on which the package is tried, from where no package can be fetched:
# what it recommends. The systemd does not become this machine's.
machine="systemd ca-certificates"
# What dpkg-buildpackage takes for granted comes with build-essential.
deb="build-essential debhelper dpkg-dev"
cross="gcc-s390x-linux-gnu gcc-mipsel-linux-gnu qemu-user-static"
services="unbound nginx mosquitto avahi-daemon dnsdist"

packages_for() {
	case $1 in
	build) echo "$build" ;;
	check)
		echo "$build $lint $cross libcmocka-dev jq"
		# Without root the lab is skipped anyway.
		[ "$(id -u)" != 0 ] || echo "$lab $deb $machine"
		;;
	demo)
		echo "$build jq"
		[ "$(id -u)" != 0 ] || echo "$lab"
		;;
	bench) echo "$build $lab libcmocka-dev dnsperf iperf3 iptables dnsdist" ;;
	fuzz) echo "$build clang libclang-rt-14-dev" ;;
	deb) echo "$build $deb" ;;
	vm) echo "$build $lab $emulator" ;;
	cross) echo "$build $cross jq gcc-mips-linux-gnu dpkg-dev" ;;
	*)
		echo "usage: $0 [--say|--list] build|check|demo|bench|fuzz|cross|vm|deb" >&2
		exit 2
		;;
	esac
}

mode=install
case ${1-} in
--say | --list)
	mode=${1#--}
	shift
	;;
esac
# shellcheck disable=SC2046,SC2086 # the list is made of words
all=$(printf '%s\n' $(packages_for "${1-}") | sort -u)
[ "$mode" != list ] || {
	echo "$all"
	exit 0
}

if ! command -v dpkg-query >/dev/null; then
	[ "$mode" = install ] && exit 0
	echo "Something that gatewayd is built with is missing. On a Debian 12 it would be:"
	echo "$all"
	exit 0
fi
missing=
for package in $all; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$mode" = say ] || [ "$(id -u)" != 0 ]; then
	echo "Missing:$missing" >&2
	echo "Install it with: sudo tests/deps.sh $1" >&2
	[ "$mode" = say ]
	exit
fi

echo "Installing what is missing:$missing"
policy=/usr/sbin/policy-rc.d
fresh=
if [ ! -e $policy ]; then
	# Debian asks this file before it starts a service that was installed.
	trap 'rm -f $policy' EXIT
	trap 'exit 1' INT TERM
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
fi
for service in $services; do
	case " $missing " in
	*" $service "* | *" $service-light "*) fresh="$fresh $service" ;;
	esac
done
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # the list is made of words
if ! { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "apt-get failed; its whole output: $log" >&2
	exit 1
fi
rm -f "$log"
for service in $fresh; do
	if [ -d /run/systemd/system ]; then
		systemctl disable -q "$service" 2>/dev/null || echo "$service stays enabled"
	fi
done
