#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The pages for LuCI: their files are what LuCI reads, and nothing that a device
# or the daemon says becomes HTML. They were tried in the real LuCI by hand.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
command -v jq >/dev/null || tap_skip_all "no jq"
app=contrib/openwrt/luci-app-gatewayd
menu=$app/root/usr/share/luci/menu.d/luci-app-gatewayd.json
acl=$app/root/usr/share/rpcd/acl.d/luci-app-gatewayd.json
resources=$app/htdocs/luci-static/resources

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
tap_equal "the version is the project's" "$(sed -n 's/^PKG_VERSION:=//p' $app/Makefile)" "$(cat VERSION)"
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
tap_nothing "no word becomes HTML" "$(grep -v '^shown [0-9]*$' <<<"$drawn")"
tap_nothing "hostile words are shown as text" "$([ "${drawn##*shown }" -ge 30 ] 2>/dev/null || echo "$drawn")"

# The test sees what it looks for.
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
cp -r $app/htdocs "$out"
sed -i 's/\[ word == null ? .. : String(word) \]/String(word)/' "$out/htdocs/luci-static/resources/gatewayd.js"
tap_nothing "a word as HTML is noticed" \
	"$(node tests/openwrt/luci.js "$out" 2>&1 | grep -q '^HTML in SPAN: <img' || echo "it is not")"
tap_done
