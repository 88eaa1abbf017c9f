# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An owner's page that a test follows word for word on a gateway in the lab. Sourced
# after tests/lab/lib.sh; the test says what $page is and how the gateway is reached:
#
#	gateway_run LINE	runs a command as its owner would type it
#	gateway_log		what it says when one of them failed

page='' page_done='' # the second: a command of the page that the test need not run

# The page's commands of one section, as they stand there.
page_commands() { # page section
	awk -v section="## $2" '/^```/ { output = !output } /^## / { inside = $0 == section } inside && !output && sub(/^    /, "")' "$1"
}

fits() { # command, its output on standard input
	tap_nothing "80 columns: $1" "$(awk 'length > 80')"
}

# Every command has to succeed, and what gatewayctl says to fit.
follow() { # section
	local line
	while IFS= read -r line; do
		[ "$line" != "$page_done" ] || continue
		if gateway_run "$line" >"$LAB/out" 2>&1; then
			tap_ok "$1: $line"
			[[ $line != gatewayctl* ]] || fits "$line" <"$LAB/out"
		else
			tap_not_ok "$1: $line" "$(cat "$LAB/out"; gateway_log)"
		fi
	done < <(page_commands "$page" "$1")
}

everything_passes() {
	fetch coffee http://cloud.coffee.example/ && fetch coffee http://203.0.113.10/ && fetch camera http://198.51.100.20/
}
