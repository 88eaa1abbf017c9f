#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The unit for gateways with systemd: systemd itself reads it, and what it
# forbids is not what the daemon needs (gatewayd.8 lists the rights).
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
unit=contrib/systemd/gatewayd.service
value() { # key
	sed -n "s/^$1=//p" "$unit"
}

if command -v systemd-analyze >/dev/null; then
	out=$(mktemp -d) || exit 2
	trap 'rm -rf "$out"' EXIT
	sed "s,/usr/sbin/,$PWD/build/," "$unit" >"$out/gatewayd.service"
	# It also tells of other units of this machine, and of the manuals.
	tap_nothing "systemd-analyze verify" "$(systemd-analyze verify "$out/gatewayd.service" 2>&1 |
		grep 'gatewayd\.service' | grep -v 'Command .man ')"
	exposure=$(systemd-analyze security --offline=yes --threshold=45 "$out/gatewayd.service" 2>&1)
	status=$?
	tap_nothing "what it may do counts at most 4.5 of 10" \
		"$([ $status -eq 0 ] || tail -n 3 <<<"$exposure")"
else
	tap_skip "systemd-analyze" "not installed"
fi
tap_nothing "it can do what gatewayd(8) says it needs" \
	"$(grep -o 'Dv CAP_[A-Z_]*' gatewayd/gatewayd.8 | sort -u | while read -r _ right; do
		[[ " $(value CapabilityBoundingSet) " == *" $right "* ]] || echo "$right"
	done)"
tap_nothing "rules stand before the network" \
	"$([[ " $(value Before) " == *" network-pre.target "* ]] || echo "Before="
	[ "$(value Type)" = notify ] || echo "Type=: started before they do")"
tap_equal "what is known outlives a restart" "$(value RuntimeDirectoryPreserve)" yes
tap_equal "it is never given up" "$(value StartLimitIntervalSec)" 0
tap_done
