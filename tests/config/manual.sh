#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The examples of gatewayd.conf(5) are files that load, all of them together
# with the shipped profiles, and so does each profile alone.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
build=${BUILD:-${CHECK_BUILD:-build}}
print=$PWD/$build/tests/unit/policy/config_print
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT

# A literal block that begins with "// NAME" is the file NAME.
awk -v out="$out" '
/^\.Bd -literal/ { literal = 1; file = ""; next }
/^\.Ed/ { literal = 0; next }
literal && !file && /^\/\/ [a-z.]+$/ { file = out "/" $2 }
literal && file { gsub(/\\e/, "\\"); print > file }
' policy/gatewayd.conf.5

tap_equal "the manual holds its two examples" "$(cd "$out" && echo *)" "gatewayd.conf home.conf"
log=$("$print" policy/profiles/*.conf "$out/gatewayd.conf" "$out/home.conf" 2>&1)
tap_equal "the examples load" "$?$(grep '^//' <<<"$log")" 0
tap_nothing "and hold what they show" \
	"$(for word in coffee-machine camera trackers 'keys = "owner\*"'; do
		grep -q -- "$word" <<<"$log" || echo "$word"
	done)"
for profile in policy/profiles/*.conf; do
	others=()
	for other in policy/profiles/*.conf; do
		[ "$other" = "$profile" ] || others+=("$other")
	done
	log=$("$print" "$profile" "${others[@]}" 2>&1)
	tap_equal "$profile loads, without a warning" "$?$(grep '^//' <<<"$log")" 0
	tap_equal "$profile reads back" "$("$print" -r "$profile" "${others[@]}" 2>&1)" "$log"
	name=$(basename "$profile" .conf)
	tap_nothing "$profile is the policy $name" \
		"$(grep -q "name = \"$name\"" "$profile" || echo "has another name")"
done
tap_done
