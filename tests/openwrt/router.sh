# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A router that runs OpenWrt's own programs, in the lab's gateway: the root in
# $OPENWRT_PARTS/root below an overlay in memory, with its procd as process 1. What
# happens in it stays in it. Sourced after tests/lab/lib.sh.
#
# $OPENWRT_PARTS/packages, if there is such a folder, has packages from the build
# system, gatewayd-VERSION.apk among them. Otherwise they are made of this tree, with
# this machine's compiler, for a root whose C library is this machine's.

ROUTER='' ROUTER_PID=''
OPENWRT_PARTS=${OPENWRT_PARTS-}

router_missing() {
	local tool
	[ -n "$OPENWRT_PARTS" ] || {
		echo "OpenWrt's own programs are not at hand (OPENWRT_PARTS=FOLDER, see tests/README.md)"
		return
	}
	for tool in etc/rc.common lib/functions.sh lib/functions/procd.sh sbin/procd sbin/ujail sbin/ubusd \
		sbin/uci sbin/rpcd sbin/validate_data sbin/netifd sbin/fw4 usr/bin/apk usr/sbin/dnsmasq; do
		[ -e "$OPENWRT_PARTS/root/$tool" ] || {
			echo "$OPENWRT_PARTS/root has no /$tool"
			return
		}
	done
	lab_tools_missing unshare nsenter setpriv && return
	grep -qw overlay /proc/filesystems || echo "this kernel has no overlay"
}

# Process 1 of the router; $1 is its folder, $2 the lab's. The settings of the
# machine around it are read-only for it, but for those of its network.
# shellcheck disable=SC2016 # expanded over there
ROUTER_BOOT='
	set -e
	root=$1/root
	mount -t overlay -o "lowerdir=$3/root,upperdir=$1/upper,workdir=$1/work" overlay "$root"
	cd "$root"
	mount -t proc proc proc
	mount --bind proc/sys proc/sys
	mount --bind proc/sys/net proc/sys/net
	mount -o remount,bind,ro proc/sys
	mount -t sysfs sysfs sys
	mount --bind sys/devices/virtual/net sys/devices/virtual/net
	mount -o remount,bind,ro sys
	mount -t tmpfs -o mode=1777 tmpfs tmp
	mount -t tmpfs -o mode=755 tmpfs dev
	for node in null zero full random urandom tty; do
		: >"dev/$node"
		mount --bind "/dev/$node" "dev/$node"
	done
	mkdir -m 1777 dev/pts dev/shm
	: >dev/console
	: >dev/kmsg
	ln -s /proc/self/fd dev/fd
	mkdir -p feed overlay
	mount --bind "$1/feed" feed
	mkdir -m 755 tmp/run tmp/lock tmp/state
	cp "$1/leases" tmp/dhcp.leases
	pivot_root . overlay
	umount -l /overlay
	exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/procd'

router_config() {
	local files=$ROUTER/upper/etc/config
	lab_leases >"$ROUTER/leases"
	mkdir -p "$files"
	cat >"$files/network" <<-'END'
		config interface 'loopback'
			option device 'lo'
			option proto 'static'
			option ipaddr '127.0.0.1/8'

		config device
			option name 'br-lan'
			option type 'bridge'
			option macaddr '02:00:00:00:00:01'
			list ports 'p-coffee'
			list ports 'p-camera'
			list ports 'p-laptop'

		config interface 'lan'
			option device 'br-lan'
			option proto 'static'
			list ipaddr '192.0.2.1/24'
			list ip6addr '2001:db8:1::1/64'

		config interface 'wan'
			option device 'wan'
			option proto 'static'
			list ipaddr '198.51.100.1/24'
			list ipaddr '203.0.113.1/24'
			list ip6addr '2001:db8:2::1/64'
			list ip6addr '2001:db8:3::1/64'
	END
	cat >"$files/wireless" <<-'END'
		config wifi-device 'radio0'
			option type 'mac80211'
			option country 'US'
			option disabled '1'

		config wifi-iface 'upstairs'
			option device 'radio0'
			option mode 'ap'
			option network 'lan'
			option ssid 'Smith Family'
			option encryption 'psk2'
			option key 'the secret'
	END
	# As OpenWrt ships it, but for documentation's addresses, which are private to it;
	# a section of odhcpd's, without which it would take DHCP over.
	sed "s/option rebind_protection.*/option rebind_protection '0'/
		/option domainneeded/i\\	option noresolv '1'\\n\\tlist server '198.51.100.53'\\n\\toption logqueries '1'" \
		"$OPENWRT_PARTS/root/etc/config/dhcp" >"$files/dhcp"
	printf '%s\n' '' "config odhcpd 'odhcpd'" "	option maindhcp '0'" "	option leasefile '/tmp/odhcpd.leases'" \
		"	option leasetrigger '/usr/sbin/odhcpd-update'" "	option hostsdir '/tmp/hosts'" >>"$files/dhcp"
	cat >"$files/system" <<-'END'
		config system
			option hostname 'router'
			option log_size '1024'
	END
}

# ---- up and down ----

router_up() {
	ROUTER=$LAB/router
	mkdir -p "$ROUTER"
	mount -t tmpfs tmpfs "$ROUTER" || return
	mkdir "$ROUTER/upper" "$ROUTER/work" "$ROUTER/root" "$ROUTER/feed"
	router_config
	# netifd's and fw4's work from here on.
	in_space gateway ip link del br-lan
	in_space gateway nft delete table inet fw
	router_boot
}
router_boot() {
	# Whose clock and modules these are is not the router's to say.
	ip netns exec "$LAB_TAG-gateway" setpriv --bounding-set -sys_time,-sys_module,-sys_rawio,-syslog \
		unshare --mount --pid --ipc --uts --fork --kill-child sh -c "$ROUTER_BOOT" sh \
		"$ROUTER" "$LAB" "$OPENWRT_PARTS" >"$LAB/router.out" 2>&1 </dev/null &
	LAB_PIDS+=($!)
	ROUTER_UNSHARE=$!
	wait_for 30 router_running
}
router_running() { # all of its own services, in their order
	ROUTER_PID=$(pgrep -P "$ROUTER_UNSHARE") && in_router ubus -t 5 wait_for dhcp &&
		in_router ifstatus lan | jq -e '.up' && in_router nft list table inet fw4
}

# Its memory goes, its flash stays.
router_reboot() {
	in_router reboot
	wait "$ROUTER_UNSHARE" 2>/dev/null
	in_space gateway nft flush ruleset
	router_boot
}

in_router() { # command...
	nsenter -t "$ROUTER_PID" --mount --pid --ipc --uts --net \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root COLUMNS=80 "$@"
}
router_log() {
	in_router logread -l 30 2>/dev/null
	cat "$LAB/router.out"
}

router_down() {
	[ -z "$ROUTER_PID" ] || kill -KILL "$ROUTER_PID" 2>/dev/null
	[ -z "${ROUTER_UNSHARE-}" ] || wait "$ROUTER_UNSHARE" 2>/dev/null
	[ -z "$ROUTER" ] || umount -l "$ROUTER"
}

# ---- packages ----

feed() { # package target...
	local package=$1
	shift
	make -s -C "contrib/openwrt/$package" TOPDIR="$PWD/tests/openwrt/include" \
		PKG_INSTALL_DIR="$ROUTER/tree" "$@"
}

# The build of a router, as the package's Makefile asks for it; MAKE_FLAGS without
# what only OpenWrt's build has.
router_build() {
	local flags
	flags=$(feed gatewayd show-MAKE_FLAGS | sed 's/LDNS_PC=[^ ]*//')
	# shellcheck disable=SC2086 # words
	make -s BUILD=build-openwrt $flags install DESTDIR="$ROUTER/tree" >"$LAB/build.out" 2>&1
}

# Each as OpenWrt's build system makes it (include/package-pack.mk): lists of its
# files and of its settings with their sums, its user, its scripts.
router_pack() { # package version depends...
	local name=$1 version=$2 files=$ROUTER/feed/$1-$2 lists file
	lists=$files/lib/apk/packages
	shift 2
	rm -rf "$files"
	mkdir -p "$files"
	feed "$name" "install-$name" INTO="$files" || return
	mkdir -p "$lists"
	(cd "$files" && find . -type f -o -type l) | sed 's/^\.//' | sort >"$ROUTER/list"
	mv "$ROUTER/list" "$lists/$name.list"
	feed "$name" "show-USERID_$name" | grep . >"$lists/$name.rusers" || rm "$lists/$name.rusers"
	feed "$name" text OF="Package/$name/conffiles" | grep . >"$lists/$name.conffiles" || rm "$lists/$name.conffiles"
	[ ! -e "$lists/$name.conffiles" ] || while read -r file; do
		[ ! -f "$files$file" ] || echo "$file $(sha256sum <"$files$file" | cut -d ' ' -f 1)"
	done <"$lists/$name.conffiles" >"$lists/$name.conffiles_static"
	router_script "$name" postinst <<-'END' >"$files.post-install"
		[ "${IPKG_NO_SCRIPT}" = "1" ] && exit 0
		[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0
		. ${IPKG_INSTROOT}/lib/functions.sh
		export root="${IPKG_INSTROOT}"
		export pkgname="$name"
		add_group_and_user
		default_postinst
	END
	sed '1a export PKG_UPGRADE=1' "$files.post-install" >"$files.post-upgrade"
	router_script "$name" prerm <<-'END' >"$files.pre-deinstall"
		[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0
		. ${IPKG_INSTROOT}/lib/functions.sh
		export root="${IPKG_INSTROOT}"
		export pkgname="$name"
		default_prerm
	END
	router_script "$name" postrm </dev/null >"$files.post-deinstall"
	router_mkpkg "$name" "$version" "$*" --files "/feed/$name-$version" \
		--script "post-install:/feed/$name-$version.post-install" \
		--script "post-upgrade:/feed/$name-$version.post-upgrade" \
		--script "pre-deinstall:/feed/$name-$version.pre-deinstall" \
		--script "post-deinstall:/feed/$name-$version.post-deinstall"
}
# OpenWrt's own lines on standard input, then those of the package's Makefile.
router_script() { # package script
	echo '#!/bin/sh'
	sed "s/\\\$name/$1/"
	feed "$1" text OF="Package/$1/$2" | sed '/^#!/d'
}
router_mkpkg() { # name version depends [argument...]
	local name=$1 version=$2 depends=$3
	shift 3
	in_router apk mkpkg --info "name:$name" --info "version:$version" --info arch:noarch \
		--info "description:$name" --info license:none --info "depends:$depends" "$@" \
		--output "/feed/$name-$version.apk"
}

# What a package needs and the root does not have as a package: one without files,
# since the root has the library by other means, or the test fails.
router_need() { # depends...
	local name
	for name in "$@"; do
		[ -n "$(find "$ROUTER/feed" -maxdepth 1 -name "$name-[0-9]*.apk")" ] ||
			in_router apk info -e "$name" >/dev/null || router_mkpkg "$name" 0.0.1 ""
	done
}

# What apk knows of: signed, as OpenWrt's own index is.
router_index() {
	local key=$ROUTER/feed/key.pem
	[ -e "$key" ] || openssl ecparam -name prime256v1 -genkey -noout -out "$key" 2>/dev/null
	openssl ec -in "$key" -pubout 2>/dev/null >"$ROUTER/feed/lab.pem"
	in_router cp /feed/lab.pem /etc/apk/keys/lab.pem
	in_router sh -c 'apk mkndx --allow-untrusted --sign-key /feed/key.pem --output /feed/packages.adb /feed/*.apk &&
		echo /feed/packages.adb >/etc/apk/repositories.d/customfeeds.list && apk update' >/dev/null
}

depends_of() { # package
	feed "$1" "show-DEPENDS_$1" | tr -d '+'
}

# The feed that the owner installs from.
router_feed() { # version
	local depends file name
	if [ -d "$OPENWRT_PARTS/packages" ]; then
		for file in "$OPENWRT_PARTS"/packages/*.apk; do
			case ${file##*/} in
			*gatewayd*-"$1".apk) cp "$file" "$ROUTER/feed" ;;
			*gatewayd*) ;;
			*) cp "$file" "$ROUTER/feed" ;;
			esac
		done
	else
		[ -d "$ROUTER/tree" ] || router_build || return
		for name in gatewayd luci-app-gatewayd; do
			depends=$(depends_of $name)
			# shellcheck disable=SC2086 # words
			router_pack $name "$1" $depends || return
		done
		# shellcheck disable=SC2046 # words
		router_need $(depends_of gatewayd) luci-base || return
	fi
	router_index
}
