#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Debian package as its own recipe makes it (`make deb`): what is in it is
# what `make install` writes and the recipe adds, and Debian's tools like it.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
deb=$(find build-deb -maxdepth 1 -name "gatewayd_$(cat VERSION)-*.deb" 2>/dev/null)
[ -n "$deb" ] || tap_skip_all "no package: it is made by make deb, with debhelper"

tap_equal "the changelog's version is the project's" \
	"$(dpkg-deb -f "$deb" Version | sed 's/-[0-9]*$//')" "$(cat VERSION)"
dpkg-deb -x "$deb" "$out/package" && dpkg-deb -e "$deb" "$out/control" || exit 2
make -s install DESTDIR="$out/tree" >"$out/log" 2>&1 || {
	tap_not_ok "make install" "$(tail "$out/log")"
	tap_done
}
list() { # folder; manuals are compressed in the package
	(cd "$1" && find . -type f | sed 's,^\.,,; s,\.gz$,,' | sort)
}
# A new file of `make install` is taken in by itself; a new one here is said here.
tap_equal "what only the package has" \
	"$(comm -13 <(list "$out/tree") <(list "$out/package") | grep -v '^/usr/share/doc/' | xargs)" \
	"/lib/systemd/system/gatewayd.service /usr/lib/sysusers.d/gatewayd.conf"
tap_nothing "what only make install has" "$(comm -23 <(list "$out/tree") <(list "$out/package"))"
tap_nothing "what is not compiled is the same byte for byte" \
	"$(cd "$out/tree" && find . -type f ! -path './usr/sbin/*' ! -path '*/man/*' -exec sh -c \
		'cmp -s "$1" "$0/$1" || echo "$1"' "$out/package" {} \;)"
tap_equal "configuration is what the owner may change, no more" "$(grep -v '^$' "$out/control/conffiles" | sort | xargs)" \
	"$(cd "$out/tree" && find ./etc -type f | sed 's,^\.,,' | sort | xargs)"
tap_nothing "the unit and the user are the project's own" "$(
	cmp contrib/systemd/gatewayd.service "$out/package/lib/systemd/system/gatewayd.service" 2>&1
	cmp contrib/systemd/gatewayd.sysusers "$out/package/usr/lib/sysusers.d/gatewayd.conf" 2>&1
)"
tap_equal "all is root's, and nobody else writes" \
	"$(dpkg-deb -c "$deb" | awk '$2 != "root/root" || $1 ~ /^.....w|^........w/')" ""
hardening=$(for name in gatewayd gatewayctl; do
	file=$out/package/usr/sbin/$name
	readelf -hW "$file" | grep -q 'Type: *DYN' || echo "$name: not position independent"
	readelf -lW "$file" | grep -q 'GNU_RELRO' || echo "$name: no relro"
	readelf -dW "$file" | grep -q 'BIND_NOW\|Flags:.*NOW' || echo "$name: not bound at the start"
	readelf -sW --dyn-syms "$file" | grep -q '__stack_chk_fail' || echo "$name: no stack protector"
	readelf -sW --dyn-syms "$file" | grep -q '_chk@' || echo "$name: not fortified"
done)
tap_nothing "the programs are hardened" "$hardening"
tap_nothing "no path of this machine is in them" \
	"$(grep -l "$PWD" "$out"/package/usr/sbin/* "$out"/control/* 2>/dev/null)"
if command -v lintian >/dev/null; then
	# Both are of Debian's own archive: a bug number, and a year that no file here has.
	tap_nothing "lintian" "$(lintian --fail-on none --allow-root --suppress-tags \
		initial-upload-closes-no-bugs,copyright-without-copyright-notice "$deb" 2>&1 | grep '^[EW]:')"
else
	tap_skip "lintian" "not installed"
fi
tap_done
