# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TAP for test files in shell; sourced. Results are counted here and only
# here, and tap_done prints the plan: a script that dies on its way has none,
# and tests/run takes that for a failure.

tap_count=0 tap_failed=0

tap_ok() { # what
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' "$tap_count" "$1"
}

tap_not_ok() { # what [detail, several lines]
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$1"
	[ -z "${2-}" ] || printf '%s\n' "$2" | head -n 40 | sed 's/^/# /'
}

tap_skip() { # what why
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"
}

# The whole file is left out.
tap_skip_all() { # why
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

# What a search found is what is wrong: nothing found is a pass.
tap_nothing() { # what findings
	if [ -z "$2" ]; then tap_ok "$1"; else tap_not_ok "$1" "$2"; fi
}

tap_equal() { # what got expected
	if [ "$2" = "$3" ]; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "got:      $2
expected: $3"
	fi
}

tap_done() {
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}
