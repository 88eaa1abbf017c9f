#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The other scenarios run a build with sanitizers, whose own system calls the
# filter would forbid. Here they run once more as shipped: optimised, and with
# the filter on, so that one call that is missing in it ends the daemon.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
. tests/lab/lib.sh
why=$(lab_missing)
[ -z "$why" ] || tap_skip_all "$why"
export LAB_BUILD=$PWD/build GATEWAYD_SECCOMP=kill
unset GATEWAYD GATEWAYCTL
for scenario in 10-dns 20-flows 21-direct 22-evasion 30-failure 31-rules 40-devices 50-control 60-load; do
	if output=$(tests/lab/$scenario.sh 2>&1) && grep -q '^1\.\.[1-9]' <<<"$output"; then
		tap_ok "$scenario, as shipped: $(grep -c '^ok' <<<"$output") results"
	else
		tap_not_ok "$scenario, as shipped" "$(grep -v '^ok' <<<"$output")"
	fi
done
tap_done
