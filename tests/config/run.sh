#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Golden files of the policy language. Each case is NN-name.conf (a file alone,
# read as gatewayd.conf) or a folder NN-name/ (gatewayd.conf, policy files,
# profiles/, catalogues *.tsv), and beside it either
#
#	NN-name.ok	the canonical text it has to print, warnings first, or
#	NN-name.err	every error it has to give
#
# What prints must read back and print the same.
#
#	tests/config/run.sh [BUILD]		compare; exit 1 on a difference
#	tests/config/run.sh -w [BUILD]		rewrite; look at the diff like at code
set -u
here=$(cd "$(dirname "$0")" && pwd)
write=0
if [ "${1-}" = -w ]; then
	write=1
	shift
fi
print=${1:-build}/tests/unit/policy/config_print
case $print in /*) ;; *) print=$(cd "$here/../.." && pwd)/$print ;; esac
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
failed=0
count=0

# TAP: a case fails once, whatever is wrong with it; the rest are its comments.
say_failed() {
	echo "# $1: $2"
	case_failed=1
}

# The files of a case, profiles first, in name order.
files_of() {
	if [ -d "$1" ]; then
		find "$1" -type f \( -name '*.conf' -o -name '*.tsv' \) | LC_ALL=C sort
	else
		echo "$1"
	fi
}

run_case() {
	name=${1%.conf}
	# shellcheck disable=SC2046 # paths here hold no blanks
	"$print" $(files_of "$1") >"$out/got" 2>"$out/stderr"
	status=$?
	case $status in
	0) kind=ok ;;
	1) kind=err ;;
	*) say_failed "$name" "exit $status: $(cat "$out/stderr")"; return ;;
	esac
	if [ $write = 1 ]; then
		rm -f "$name.ok" "$name.err"
		cp "$out/got" "$name.$kind"
	elif ! [ -f "$name.$kind" ]; then
		say_failed "$name" "there is no $name.$kind"
		sed 's/^/# /' "$out/got"
		return
	elif ! diff -u "$name.$kind" "$out/got" >"$out/diff"; then
		sed 's/^/# /' "$out/diff"
		say_failed "$name" "differs"
	fi
	[ $kind = ok ] || return
	# shellcheck disable=SC2046
	"$print" -r $(files_of "$1") >"$out/again" 2>&1
	grep -v '^// ' "$out/got" >"$out/text"
	diff -u "$out/text" "$out/again" >"$out/diff" && return
	sed 's/^/# /' "$out/diff"
	say_failed "$name" "does not read back"
}

cd "$here" || exit 2
for case in [0-9]*.conf [0-9]*/; do
	[ -e "$case" ] || continue
	count=$((count + 1))
	case_failed=0
	run_case "${case%/}" >"$out/said"
	if [ $case_failed = 0 ]; then
		echo "ok $count - ${case%/}"
	else
		failed=$((failed + 1))
		echo "not ok $count - ${case%/}"
		cat "$out/said"
	fi
done
echo "1..$count"
[ $count -gt 0 ] && [ $failed = 0 ]
