#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Golden files of the policy language. Each case is NN-name.conf (a file alone,
# read as gatewayd.conf) or a folder NN-name/ (gatewayd.conf, policy files,
# profiles/, catalogues *.tsv), and beside it either
#
#	NN-name.ok	the canonical text it has to print, warnings first, or
#	NN-name.err	every error it has to give
#
# What prints must read back and print the same. Each keyword has a case that
# is right, NN-KEYWORD.conf, and one that is wrong, NN-KEYWORD-wrong.conf.
#
# tests/config/run.sh -w rewrites the results; look at the diff like at code.
# BUILD is the folder of the programs.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
build=${BUILD:-${CHECK_BUILD:-build}}
print=$PWD/$build/tests/unit/policy/config_print
rewrite=${1-}
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
cd tests/config || exit 2
if ! [ -x "$print" ]; then
	tap_not_ok "$print is built"
	tap_done
fi

# A case's files, profiles first, in name order.
files_of() { # case
	if [ -d "$1" ]; then
		find "$1" -type f \( -name '*.conf' -o -name '*.tsv' \) | LC_ALL=C sort
	else
		echo "$1"
	fi
}

run_case() { # case
	local name=${1%.conf} files kind text
	mapfile -t files < <(files_of "$1")
	"$print" "${files[@]}" >"$out/got" 2>"$out/stderr"
	case $? in
	0) kind=ok ;;
	1) kind=err ;;
	*) tap_not_ok "$name" "$(cat "$out/stderr")" && return ;;
	esac
	if [ "$rewrite" = -w ]; then
		rm -f "$name.ok" "$name.err"
		cp "$out/got" "$name.$kind"
	fi
	if [ "$name" != "${name%-wrong}" ] && [ $kind = ok ]; then
		tap_not_ok "$name has an error"
		return
	fi
	tap_nothing "$name.$kind" "$(diff -u "$name.$kind" "$out/got" 2>&1)"
	[ $kind = ok ] || return
	text=$(grep -v '^// ' "$out/got")
	tap_equal "$name reads back" "$("$print" -r "${files[@]}" 2>&1)" "$text"
}

for case in [0-9]*.conf [0-9]*/; do
	run_case "${case%/}"
done
missing=
for keyword in $("$print" -k); do
	compgen -G "[0-9][0-9]-$keyword.ok" >/dev/null || missing+=" $keyword.conf"
	compgen -G "[0-9][0-9]-$keyword-wrong.err" >/dev/null || missing+=" $keyword-wrong.conf"
done
tap_nothing "every keyword has a right and a wrong case" "$missing"
tap_done
