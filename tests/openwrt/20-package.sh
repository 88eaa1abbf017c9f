#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The package's Makefile, evaluated with a stand-in for OpenWrt's: what it would
# install is there, complete, and as the feed's own tests want it.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
package=contrib/openwrt/gatewayd
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT

feed() { # target...
	make -s -C "$package" TOPDIR="$PWD/tests/openwrt/include" PKG_INSTALL_DIR="$out/tree" "$@" 2>&1
}

# ---- what does not need a build ----
tap_equal "the version is the project's" "$(feed show-PKG_VERSION)" "$(cat VERSION)"
for word in PKG_LICENSE PKG_LICENSE_FILES PKG_MAINTAINER PKG_RELEASE; do
	tap_nothing "$word is said" "$([ -n "$(feed show-$word)" ] || echo "$word")"
done
tap_nothing "the licence file is there" "$([ -f "$(feed show-PKG_LICENSE_FILES)" ] || echo missing)"
tap_nothing "every file of the package is installed by its Makefile" \
	"$(for file in "$package"/files/*; do
		grep -qF "./files/${file##*/}" "$package/Makefile" || echo "$file"
	done)"
if command -v jq >/dev/null; then
	for file in "$package"/files/*.json; do
		tap_nothing "${file##*/} is JSON" "$(jq empty "$file" 2>&1)"
	done
	tap_equal "rights: the queue's, and raw sockets at the start; five times the same" \
		"$(jq -c '[.bounding, .effective, .ambient, .permitted, .inheritable] | unique' \
			"$package/files/gatewayd.capabilities.json")" '[["CAP_NET_ADMIN","CAP_NET_RAW"]]'
else
	tap_skip "JSON" "no jq"
fi
if command -v shellcheck >/dev/null; then
	# local is ash's; rc.common is the first line's interpreter; UCI sets variables.
	tap_nothing "shellcheck: the init script" \
		"$(shellcheck -s dash -e SC3043,SC1008,SC2154,SC2086,SC1090,SC1091 \
			"$package"/files/gatewayd.init "$package"/files/*.sh "$package"/files/gatewayd.rpcd)"
	tap_nothing "shellcheck: what the feed's CI runs" "$(shellcheck "$package"/test*.sh)"
else
	tap_skip "shellcheck" "not installed"
fi
tap_nothing "what busybox lacks is not used" \
	"$(grep -nE 'sleep +[0-9]*\.|-printf|(^|[^_])timeout |stat |readlink -f|\[\[|grep -q|tr .*\[:' \
		"$package"/files/gatewayd.init "$package"/files/*.sh "$package"/files/gatewayd.rpcd)"

# ---- what it installs ----
if ! make -s install DESTDIR="$out/tree" ONE=1 REMARKS=0 >"$out/log" 2>&1; then
	tap_not_ok "make install" "$(tail "$out/log")"
	tap_done
fi
for name in gatewayd gatewayd-oui; do
	log=$(feed "install-$name" INTO="$out/$name")
	tap_equal "$name installs" "$?$log" 0
done
list() { # folder
	(cd "$1" && find . -type f -o -type l | sed 's,^\.,,' | sort)
}
tap_equal "what only the package has" \
	"$(comm -13 <(list "$out/tree") <(list "$out/gatewayd") | xargs)" \
	"/etc/capabilities/gatewayd.json /etc/config/gatewayd /etc/init.d/gatewayd /lib/upgrade/gatewayd.sh /lib/upgrade/keep.d/gatewayd /usr/libexec/rpcd/gatewayd /usr/share/rpcd/acl.d/gatewayd.json"
# A new file of `make install` shows up here: take it in, or say that it stays out.
tap_equal "what only make install has" \
	"$(comm -23 <(list "$out/tree") <(cat <(list "$out/gatewayd") <(list "$out/gatewayd-oui") | sort) |
		grep -v '^/usr/share/man/' | xargs)" \
	"/etc/gatewayd/gatewayd.conf /usr/share/bash-completion/completions/gatewayctl /usr/share/gatewayd/country-data.sh"
tap_nothing "they are built as the test built them" "$(for word in ONE=1 REMARKS=0; do
	[[ " $(feed show-MAKE_FLAGS) " == *" $word "* ]] || echo "$word"
done)"
tap_nothing "the tables are whole but for their remarks" "$(for table in catalogue:6 doh:2 identify:6 payload_keys:2; do
	file=${table%:*}.tsv
	cmp <(grep -v '^#' "policy/catalogue/$file" | cut -f "1-${table#*:}") \
		<(grep -v '^#' "$out/gatewayd/usr/share/gatewayd/$file") 2>&1
	grep -q '^# .*licences' "$out/gatewayd/usr/share/gatewayd/$file" || echo "$file does not say where its remarks are"
done)"
tap_equal "the init script can be run" "$(stat -c %a "$out/gatewayd/etc/init.d/gatewayd")" 755
tap_nothing "and is whole but for its comments" \
	"$(diff "$package/files/gatewayd.init" "$out/gatewayd/etc/init.d/gatewayd" | grep '^[<>]' |
		grep -v '^<[[:space:]]*#')"
tap_equal "and the plugin of rpcd" "$(stat -c %a "$out/gatewayd/usr/libexec/rpcd/gatewayd")" 755
for script in postinst postrm; do
	tap_nothing "$script tells rpcd of the plugin, on a router only" "$(
		mkdir -p "$out/init.d"
		printf '#!/bin/sh\necho told\n' >"$out/init.d/rpcd"
		chmod +x "$out/init.d/rpcd"
		feed text OF="Package/gatewayd/$script" | sed "s,/etc/init.d,$out/init.d,g" >"$out/$script"
		[ "$(sh "$out/$script")" = told ] || echo "it does not"
		[ -z "$(IPKG_INSTROOT=/elsewhere sh "$out/$script")" ] || echo "in an image, too"
	)"
done
tap_equal "the settings are root's" "$(stat -c %a "$out/gatewayd/etc/config/gatewayd")" 600
tap_equal "policies can be read by the daemon's user" \
	"$(stat -c %a "$out/gatewayd/etc/gatewayd/policy.d/home.conf")" 644
tap_nothing "sysupgrade keeps the owner's files" \
	"$(for path in /etc/config/gatewayd /etc/gatewayd/; do
		grep -qxF "$path" "$out/gatewayd/lib/upgrade/keep.d/gatewayd" || echo "$path"
		sed -n '/conffiles$/,/^endef/p' "$package/Makefile" | grep -qxF "$path" || echo "conffiles: $path"
	done)"
tap_equal "and has what was learned written before it lists them" \
	"$(sysupgrade_init_conffiles=list_files
	# shellcheck disable=SC1090,SC1091
	. "$out/gatewayd/lib/upgrade/gatewayd.sh"
	echo "$sysupgrade_init_conffiles $(type -t gatewayd_keep)")" "gatewayd_keep list_files function"

# ---- what the programs need ----
needed=$(readelf -d build/gatewayd build/gatewayctl | sed -n 's/.*NEEDED.*\[lib\([^]]*\)\.so.*/\1/p' | sort -u)
depends=$(feed show-DEPENDS_gatewayd)
missing=
for library in $needed; do
	case $library in
	c | m) continue ;;
	mbedcrypto) library=mbedtls ;;
	pcap | curl | cap-ng | seccomp) continue ;; # built without
	ldns) continue ;;                           # linked in
	esac
	library=${library//_/-}
	[[ " $depends " == *"+lib${library#lib} "* || " $depends " == *"+$library "* ]] || missing+="$library "
done
tap_nothing "every library is in DEPENDS" "$missing"
tap_nothing "and the modules" "$(for module in kmod-nft-queue kmod-nf-conntrack-netlink; do
	[[ " $depends" == *"+$module"* ]] || echo "$module"
done)"

# ---- the feed's own tests ----
export PATH=$out/gatewayd/usr/sbin:$PATH GATEWAYD_DATADIR=$out/gatewayd/usr/share/gatewayd
log=$(sh "$package/test-version.sh" gatewayd "$(cat VERSION)" 2>&1)
tap_equal "test-version.sh" "$?$log" 0
sh "$package/test-version.sh" gatewayd 99.99 >/dev/null 2>&1
tap_equal "test-version.sh sees a wrong version" "$?" 1
log=$(sh -e "$package/test.sh" gatewayd "$(cat VERSION)" 2>&1)
tap_equal "test.sh" "$?$(grep -v '^ok$' <<<"$log" | grep -i 'error\|wrong')" 0
tap_done
