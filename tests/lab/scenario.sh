# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What every scenario begins and ends with; sourced by NN-name.sh. The lab is
# up behind it. scenario_done wants the daemon to stop by itself, its rules
# gone, and not one word from the sanitizers.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
. tests/tap.sh
. tests/lab/lib.sh
. tests/lab/daemon.sh

why=$(lab_missing)
[ -z "$why" ] || tap_skip_all "$why"
lab_up

# Starts it, or the scenario ends here: nothing else would mean anything.
scenario_start() { # [argument...]
	if gatewayd_start "$@"; then
		tap_ok "gatewayd starts"
	else
		tap_not_ok "gatewayd starts" "$(tail -n 30 "$LAB/gatewayd.log")"
		tap_done
	fi
}

sanitizers_said() {
	grep -E -A 25 'ERROR: (Address|Leak)Sanitizer|runtime error:|Assertion .* failed' "$LAB/gatewayd.log"
}

scenario_stop() {
	local status
	if [ -z "$GATEWAYD_PID" ] || ! kill -0 "$GATEWAYD_PID" 2>/dev/null; then
		tap_not_ok "gatewayd lived to the end" "$(tail -n 30 "$LAB/gatewayd.log")"
		return
	fi
	gatewayd_stop
	status=$?
	tap_equal "gatewayd stops when asked" $status 0
	expect_blocked "no rule is left behind" rules_present
}

scenario_done() {
	local count
	scenario_stop
	count=$(sanitizers_said)
	tap_nothing "the sanitizers have nothing to say" "$count"
	[ "$tap_failed" -eq 0 ] || {
		echo "# the end of the daemon's log:"
		tail -n 30 "$LAB/gatewayd.log" | sed 's/^/# /'
	} >&2
	tap_done
}

# Reload with a new policy on standard input; prints what it said.
new_policy() { # [line...]
	gatewayd_policy "$@"
	gatewayctl reload
}
