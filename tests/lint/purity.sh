#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The core (base, decode, policy, redact, engine) does no I/O, reads no clock
# and writes no log: what its archives want from outside is compared with
# purity.allow. LAYERS="base decode" looks at those only.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
layers=${LAYERS:-base decode policy redact engine}
allow=tests/lint/purity.allow

# As it ships: sanitizers would bring symbols of their own.
build=build
archives=
for layer in $layers; do
	archives+=" $build/lib$layer.a"
done
# shellcheck disable=SC2086 # words
if ! log=$(${MAKE:-make} -s BUILD=$build $archives 2>&1); then
	tap_not_ok "the core builds" "$log"
	tap_done
fi

# Lines "archive object symbol" for what is wanted and not defined in the core.
wanted() {
	local layer
	for layer in $layers; do
		nm -A -u "$build/lib$layer.a" 2>/dev/null |
			awk -v layer="$layer" '{
				split($1, part, ":"); object = part[2]; symbol = $NF
				# FORTIFY only renames what is called.
				if (symbol ~ /^__.*_chk$/) symbol = substr(symbol, 3, length(symbol) - 6)
				print layer, object, symbol }'
	done
}
# shellcheck disable=SC2046 # words
nm --defined-only -g $(printf "$build/lib%s.a " base decode policy redact engine |
	tr ' ' '\n' | while read -r a; do [ ! -e "$a" ] || echo "$a"; done) 2>/dev/null |
	awk 'NF == 3 { print $3 }' | sort -u >"$build/purity.defined"
wanted | sort -u >"$build/purity.wanted"

foreign=$(awk -v own="$build/purity.defined" '
	BEGIN {
		while ((getline line < own) > 0) defined[line] = 1
		defined["_GLOBAL_OFFSET_TABLE_"] = defined["__stack_chk_fail"] = 1
	}
	FILENAME ~ /allow$/ {
		if ($0 ~ /^#/ || NF < 3) next
		who[++rules] = "," $1 ","; what[rules] = "^(" $2 ")$"; next
	}
	$3 in defined { next }
	{
		for (i = 1; i <= rules; i++)
			if ((index(who[i], ",core,") || index(who[i], "," $1 ",") ||
			     index(who[i], "," $1 "/" $2 ",")) && $3 ~ what[i]) next
		print "lib" $1 ".a(" $2 ") wants " $3
	}' $allow "$build/purity.wanted")
tap_nothing "the core wants nothing from outside but what purity.allow names" "$foreign"

if [ -z "${LAYERS-}" ]; then
	tap_nothing "every line of purity.allow says why" \
		"$(awk '!/^#/ && NF && NF < 3' $allow)"
fi
# A static that changes would be a global in disguise: .data and .bss are empty.
globals=
for layer in $layers; do
	globals+=$(size -A "$build/lib$layer.a" 2>/dev/null | awk -v layer="$layer" '
		/:$|\(ex / { object = $1 }
		$1 ~ /^\.(data|bss)(\.rel(\.local)?)?$/ && $2 > 0 { print layer "/" object, $1, $2 " bytes" }')
done
tap_nothing "the core keeps no state outside its structs" "$globals"
tap_done
