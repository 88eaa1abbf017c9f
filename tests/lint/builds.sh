#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# It builds without a warning with both compilers, with every option off, and
# installs where it is told, whole.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
# Without jobs of its own: tests/run has left the variables only. With them, what
# is installed here is what was built, and nothing is made anew.
make=${MAKE:-make}
jobs=${JOBS:-2}
stage=$(mktemp -d) || exit 2
trap 'rm -rf "$stage"' EXIT

builds() { # what arguments...
	local what=$1 log
	shift
	if log=$($make -s -j"$jobs" CFLAGS=-O0 WERROR=1 "$@" all 2>&1); then
		tap_nothing "builds without a warning: $what" "$(grep -i 'warning' <<<"$log")"
	else
		tap_not_ok "builds: $what" "$log"
	fi
}
builds "gcc, nothing optional" CC=gcc BUILD=build-least PCAP=0 CURL=0 CAPNG=0 SECCOMP=0
if [ -x build-least/gatewayd ] && [ -x build-least/gatewayctl ]; then
	tap_nothing "and then asks for no optional library" \
		"$(ldd build-least/gatewayd build-least/gatewayctl | grep -E 'pcap|curl|cap-ng|seccomp')"
fi
if command -v clang >/dev/null; then
	builds "clang" CC=clang BUILD=build-clang
else
	tap_skip "builds: clang" "clang is not installed (tests/deps.sh fuzz)"
fi

if log=$($make -s DESTDIR="$stage" PREFIX=/usr BUILD=build install 2>&1); then
	tap_ok "make install"
else
	tap_not_ok "make install" "$log"
fi
for file in usr/sbin/gatewayd usr/sbin/gatewayctl usr/share/man/man8/gatewayd.8 \
	usr/share/man/man8/gatewayctl.8 usr/share/man/man5/gatewayd.conf.5 \
	usr/share/bash-completion/completions/gatewayctl etc/gatewayd/gatewayd.conf \
	etc/gatewayd/policy.d/home.conf; do
	if [ -s "$stage/$file" ]; then tap_ok "installs $file"; else tap_not_ok "installs $file"; fi
done
for file in policy/profiles/*.conf; do
	[ -s "$stage/usr/share/gatewayd/policy/${file##*/}" ] || tap_not_ok "installs $file"
done
tap_equal "the installed client knows its version" \
	"$("$stage/usr/sbin/gatewayctl" --version | grep -oF "$(cat VERSION)" | head -n 1)" "$(cat VERSION)"
check=$(GATEWAYD_DATADIR=$stage/usr/share/gatewayd "$stage/usr/sbin/gatewayctl" check "$stage/etc/gatewayd" 2>&1)
tap_equal "the installed files are right: $(tail -n 1 <<<"$check")" $? 0
echo '# edited' >>"$stage/etc/gatewayd/gatewayd.conf"
$make -s DESTDIR="$stage" PREFIX=/usr BUILD=build install >/dev/null 2>&1
if grep -q '# edited' "$stage/etc/gatewayd/gatewayd.conf"; then
	tap_ok "installing again leaves the user's files alone"
else
	tap_not_ok "installing again leaves the user's files alone"
fi
tap_done
