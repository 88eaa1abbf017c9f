#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Other people's MUD files and lists: each becomes a policy that loads, or a list
# with entries, or gatewayctl says why it does not. Those in the fuzz corpus
# always; with COLLECTION=FOLDER also all in FOLDER/mud/ and FOLDER/blocklists/,
# and what said why it does not is shown.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
build=${1:-build-check}
gatewayctl=$PWD/$build/gatewayctl
collection=${COLLECTION:-}
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
export GATEWAYD_DATADIR=$out/share GATEWAYD_STATEDIR=$out/state
mkdir -p "$out/share" "$out/state"

# A policy beside which it has to load.
configure() { # text
	rm -rf "${out:?}/etc" && mkdir -p "$out/etc/policy.d"
	printf 'home = [ "US" ];\n%s\n' "${1:-}" >"$out/etc/gatewayd.conf"
}

take_mud() { # file: loaded, or refused with a reason, or wrong
	if "$gatewayctl" import-mud "$1" >"$out/policy" 2>"$out/why"; then
		configure
		cp "$out/policy" "$out/etc/policy.d/mud.conf"
		"$gatewayctl" check "$out/etc" >/dev/null 2>"$out/why" && echo loaded && return
		echo wrong
	elif [ $? -eq 1 ] && [ -s "$out/why" ]; then
		echo refused
	else
		echo wrong
	fi
}

take_list() { # file
	configure "lists = ( { name = \"one\"; file = \"$1\"; } );"
	"$gatewayctl" -c "$out/etc" lists --json >"$out/list" 2>"$out/why" || {
		[ -s "$out/why" ] && echo refused || echo wrong
		return
	}
	jq -r 'if .names + .addresses + .exceptions > 0 then "loaded"
		elif .skipped > 0 and (.skipped_lines | length) > 0 then "refused"
		elif .lines == 0 then "loaded" else "wrong" end' "$out/list"
	jq -r '.skipped_lines' -c "$out/list" >"$out/why"
}

take_all() { # what command < names of files
	local what=$1 command=$2 file result loaded=0 refused=0 wrong=
	while read -r file; do
		result=$($command "$file")
		case $result in
		loaded) loaded=$((loaded + 1)) ;;
		refused)
			refused=$((refused + 1))
			[ -z "$collection" ] || echo "# ${file##*/}: $(head -n 1 "$out/why")"
			;;
		*) wrong+="$file: $(head -n 1 "$out/why")"$'\n' ;;
		esac
	done
	tap_nothing "$what: $loaded load, $refused say why not" "${wrong%$'\n'}"
	taken=$((loaded + refused))
}

take_all "MUD files of the corpus" take_mud < <(find "$PWD/tests/fuzz/corpus/mud" -type f | sort)
take_all "lists of the corpus" take_list < <(find "$PWD/tests/fuzz/corpus/list" -type f | sort)
tap_equal "and there are some" "$((taken > 5))" 1
if [ -n "$collection" ]; then
	take_all "MUD files of $collection" take_mud < <(find "$collection/mud" -type f | sort)
	take_all "lists of $collection" take_list < <(find "$collection/blocklists" -type f | sort)
else
	tap_skip "a collection of MUD files and lists" "none is at hand (COLLECTION=FOLDER)"
fi
tap_done
