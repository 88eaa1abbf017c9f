#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a visitor sees first: the demo, live and replayed, goes as it says, fits
# into eighty columns, takes less than a minute and leaves nothing behind.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
. tests/lab/lib.sh
why=$(lab_missing)
[ -z "$why" ] || tap_skip_all "$why"
out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT

before=$EPOCHSECONDS
BUILD=build tests/lab/demo >"$out" 2>&1
tap_equal "make demo goes as it should" "$? $(grep -c '??' "$out")" "0 0"
expect_ok "it takes less than a minute" test $((EPOCHSECONDS - before)) -lt 60
tap_nothing "it fits into eighty columns" "$(awk 'length > 80' "$out")"
for words in 'gatewayctl set 08:3a:f2:00:00:04 coffee-machine' 'Kalerm? coffee machine (OUI, names asked)' 'kitchen\|espresso' 'enforcing since' 'BLOCKED' '=> block by' 'rules are gone'; do
	expect_ok "it shows $words" grep -q "$words" "$out"
done
# How many bytes it took is another number each time.
tap_nothing "the README shows what it says" \
	"$(sed -n '/From the demo:/,/^## /p' README.md | sed -n '/^```$/,/^```$/p' |
		grep -vxE '```|  \.\.\.|' | grep -vxFf "$out")"
tag=$(grep -o 'gatewayd-lab\.[A-Za-z0-9]*' "$out" | head -n 1)
expect_blocked "its folder is gone" test -e "${TMPDIR:-/tmp}/${tag:-none}"

GATEWAYD_DEMO_REPLAY=1 BUILD=build tests/lab/demo >"$out" 2>&1
tap_equal "the replayed demo goes as it should" $? 0
tap_nothing "it fits into eighty columns" "$(awk 'length > 80' "$out")"
expect_ok "it tells of the same" grep -q '25 flows, 9 blocked' "$out"
tap_equal "and of the newcomer, before and after" \
	"$(sed -n '/A newcomer/,$s/.*, \([0-9]*\) blocked.*/\1/p' "$out" | head -n 2 | tr '\n' ' ')" "0 6 "
tap_done
