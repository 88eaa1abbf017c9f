#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The pages for LuCI: their files are what LuCI reads, and nothing that a device
# or the daemon says becomes HTML. They were tried in the real LuCI by hand. The
# Makefile is evaluated with a stand-in for the luci feed's.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
command -v jq >/dev/null || tap_skip_all "no jq"
app=contrib/openwrt/luci-app-gatewayd
menu=$app/root/usr/share/luci/menu.d/luci-app-gatewayd.json
acl=$app/root/usr/share/rpcd/acl.d/luci-app-gatewayd.json
resources=$app/htdocs/luci-static/resources
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT

feed() { # target...
	make -s -C "$app" TOPDIR="$PWD/tests/openwrt/include" "$@" 2>&1
}
files_in() { # folder
	(cd "$1" && find . -type f | sed 's,^\./,,' | sort)
}

# ---- the package ----
for word in PKG_LICENSE PKG_MAINTAINER PKG_RELEASE LUCI_TITLE LUCI_DESCRIPTION; do
	tap_nothing "$word is said" "$([ -n "$(feed show-$word)" ] || echo "$word")"
done
tap_equal "the version is the project's" "$(feed show-PKG_VERSION)" "$(cat VERSION)"
tap_equal "it needs LuCI and gatewayd, on every CPU" \
	"$(feed show-DEPENDS_luci-app-gatewayd) $(feed show-PKGARCH)" "+luci-base +gatewayd all"
# OpenWrt's scan of feeds reads no Makefile that lacks this line.
tap_equal "the feed finds it" "$(tail -n 1 $app/Makefile)" "# call BuildPackage - OpenWrt buildroot signature"
tap_nothing "it installs" "$(feed install-luci-app-gatewayd INTO="$out/root")"
tap_equal "everything it has, where LuCI looks" "$(files_in "$out/root")" \
	"$( (files_in $app/htdocs | sed 's,^,www/,'; files_in $app/root) | sort)"
tap_nothing "the template of translations is up to date (tests/openwrt/template.pl $app)" \
	"$(perl tests/openwrt/template.pl $app 2>&1 | diff "$app/po/templates/$(feed show-LUCI_BASENAME).pot" - | head -n 20)"

# ---- menu and rights ----
for file in "$menu" "$acl"; do
	tap_nothing "$(basename "$(dirname "$file")") is JSON" "$(jq empty "$file" 2>&1)"
done
tap_nothing "every page of the menu is there" \
	"$(jq -r '.[].action | select(.type == "view") | .path' "$menu" | while read -r path; do
		[ -f "$resources/view/$path.js" ] || echo "$path"
	done)"
tap_equal "the menu's right is the one that is granted" \
	"$(jq -r '[.[].depends.acl // empty | .[]] | unique | join(" ")' "$menu")" "$(jq -r 'keys | join(" ")' "$acl")"
tap_equal "its ubus methods are those of the package" \
	"$(jq -cS '.[] | [.read.ubus, .write.ubus]' "$acl")" \
	"$(jq -cS '.[] | [.read.ubus, .write.ubus]' contrib/openwrt/gatewayd/files/gatewayd.acl.json)"
tap_nothing "no other key in the menu than LuCI knows" "$(jq -r '[.[] | keys[]] - ["title", "order", "action", "depends"] |
	.[]' "$menu")"
tap_nothing "every page but the first has a folder above it" "$(jq -r 'keys[]' "$menu" | sed -n 's,/[^/]*$,,p' |
	grep '^admin/services/.' | sort -u | while read -r path; do
	jq -e --arg path "$path" 'has($path)' "$menu" >/dev/null || echo "$path"
done)"
tap_nothing "who may only look cannot change anything" "$(jq -r '.[] | .read.ubus.gatewayd as $read |
	.write.ubus.gatewayd as $write | $read - ($read - $write) | .[]' "$acl")"
tap_nothing "the pages call only what is granted" "$(
	granted=$(jq -r '.[] | .read.ubus.gatewayd[], .write.ubus.gatewayd[]' "$acl")
	sed -nE "s/.*declare\('([a-z]+)'.*/\1/p" $resources/gatewayd.js | grep -vxF "$granted")"
# Every option of the form is one that the init script reads, and the other way round.
tap_equal "the form has every setting" \
	"$(sed -n '/^function addMain/,/^}/s/.*taboption([^,]*, [^,]*, .\([a-z_]*\).*/\1/p' \
		$resources/view/gatewayd/settings.js | sort | xargs)" \
	"$(sed -n "/^validate_main/,/^}/s/^\t\t'\([a-z_]*\):.*/\1/p" contrib/openwrt/gatewayd/files/gatewayd.init | sort | xargs)"

if ! command -v node >/dev/null; then
	tap_skip "the pages, drawn with hostile words" "no node"
	tap_done
fi
for file in "$resources"/*.js "$resources"/view/gatewayd/*.js; do
	# LuCI wraps each file into a function.
	tap_nothing "${file##*/}: syntax" \
		"$(node -e 'new Function(require("fs").readFileSync(process.argv[1], "utf8"))' "$file" 2>&1)"
done
drawn=$(node tests/openwrt/luci.js $app 2>&1)
tap_nothing "no word becomes HTML, and the form takes what it should" "$(grep -vE '^(shown|choice) ' <<<"$drawn")"
tap_equal "its choices are those of the init script" \
	"$(sed -n 's/^choice //p' <<<"$drawn" | sort)" \
	"$(sed -nE "/^validate_main/,/^}/s/^\t\t'([a-z_]*):or\(([^)]*)\).*/\1 \2/p" contrib/openwrt/gatewayd/files/gatewayd.init |
		tr -d '"' | tr ',' ' ' | sort)"
tap_nothing "hostile words are shown as text" "$([ "${drawn##*shown }" -ge 30 ] 2>/dev/null || echo "$drawn")"

# The test sees what it looks for.
cp -r $app/htdocs "$out"
sed -i 's/\[ word == null ? .. : String(word) \]/String(word)/' "$out/htdocs/luci-static/resources/gatewayd.js"
tap_nothing "a word as HTML is noticed" \
	"$(node tests/openwrt/luci.js "$out" 2>&1 | grep -q '^HTML in SPAN: <img' || echo "it is not")"
tap_done
