#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each lint is shown able to fail: a fault is planted in a copy of the tree,
# and the lint must call it by its name. A lint that sees nothing is a failure.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh

copy=$(mktemp -d) || exit 2
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM

fresh_copy() {
	rm -rf "${copy:?}/tree"
	mkdir "$copy/tree"
	tar -c --exclude=./build --exclude='./build-*' --exclude=./.git --exclude=corpus . |
		tar -x -C "$copy/tree"
}

# The lint must fail on the result that has these words.
must_see() { # lint words [environment...]
	local lint=$1 words=$2 output
	shift 2
	output=$(cd "$copy/tree" && env "$@" BUILD=build tests/lint/"$lint".sh 2>&1)
	if grep -qE "^not ok .*$words" <<<"$output"; then
		tap_ok "$lint sees: $words"
	else
		tap_not_ok "$lint sees: $words" "$output"
	fi
	fresh_copy
}

plant() { # file text
	printf '%s\n' "$2" >>"$copy/tree/$1"
}

fresh_copy
plant gatewayd/base/addr.c '#include "engine/engine.h"'
must_see layers "upward"
plant gatewayd/client/text.c '#include "daemon/daemon.h"'
must_see layers "upward"
plant gatewayd/daemon/daemon.c '#include "engine/flow.h"'
must_see layers "only engine.h"
plant gatewayd/base/addr.c '#include "addr.h"'
must_see layers "folder/file.h"
plant gatewayd/base/addr.c '#include <libconfig.h>'
must_see layers "own file only"

plant gatewayd/base/addr.c '#include <time.h>
long addr_now(void);
long addr_now(void) { return (long)time(NULL); }'
must_see purity "wants nothing" LAYERS=base
plant gatewayd/base/addr.c 'int addr_count(void);
int addr_count(void) { static int count; return ++count; }'
must_see purity "keeps no state" LAYERS=base

plant gatewayd/base/addr.c 'static void f(char *a) { strcpy(a, "b"); }'
must_see sources "safer one"
printf 'int x;\n' >"$copy/tree/gatewayd/base/new.c"
must_see sources "SPDX"
plant gatewayd/base/addr.c "/* see /home/""somebody/notes */"
must_see sources "somebody's machine"
plant gatewayd/base/addr.c "/* TO""DO: the rest */"
must_see sources "unfinished"
plant gatewayd/base/addr.c 'int y;  '
must_see sources "trailing blanks"
plant gatewayd/base/addr.c "$(seq -f '/* %g */' 1000)"
must_see sources "no file"
plant gatewayd/base/addr.c "static void long_one(void)
{
$(seq -f '	/* %g */' 130)
}"
must_see sources "no function"

sed -i 's/^a[.]tuyacn[.]com	Tuya	CN	control/&s/' "$copy/tree/policy/catalogue/catalogue.tsv"
must_see catalogue "known words"
plant policy/catalogue/catalogue.tsv "$(printf 'a.tuyacn.com\tTuya\tCN\tcontrol\tyes\tgeneric\t\tx')"
must_see catalogue "sorted, each name once"
sed -i 's/[^\t]*$//' "$copy/tree/policy/catalogue/catalogue.tsv"
must_see catalogue "its source"
sed -i '$s/[^\t]*$/common knowledge, not measured/' "$copy/tree/policy/catalogue/catalogue.tsv"
must_see catalogue "one to look up"
sed -i 's/^\(cloudfront.net\t.*\)unknown\t/\1no\t/' "$copy/tree/policy/catalogue/catalogue.tsv"
must_see catalogue "many tenants"

plant policy/catalogue/identify.tsv "$(printf 'ssdp\taaa\t\t\ttelly\thigh\t\tx')"
must_see identify "known words"
plant policy/catalogue/identify.tsv "$(printf 'ssdp\taaa\t\t\ttv\thigh\t\tx')"
must_see identify "sorted, each pattern once"
sed -i '$s/[^\t]*$//' "$copy/tree/policy/catalogue/identify.tsv"
must_see identify "its source"
for source in 'common knowledge' 'n/a' 'and/or so I heard'; do
	sed -i "\$s,[^\t]*\$,$source," "$copy/tree/policy/catalogue/identify.tsv"
	must_see identify "one to look up"
done
sed -i '$s/.*/maker\tzzz no maker\t\t\ttv\tlow\t\tx/' "$copy/tree/policy/catalogue/identify.tsv"
must_see identify "table of makers"

if command -v clang-format >/dev/null; then
	plant gatewayd/base/addr.c 'static int   z;'
	must_see format "clang-format" ONLY=clang-format
else
	tap_skip "format sees clang-format" "clang-format is not installed"
fi
if command -v cppcheck >/dev/null; then
	plant gatewayd/base/addr.c 'int addr_out(void);
int addr_out(void) { int a[2] = {0, 0}; return a[2]; }'
	must_see format "cppcheck" ONLY=cppcheck FOLDERS=gatewayd/base
else
	tap_skip "format sees cppcheck" "cppcheck is not installed"
fi
if command -v shellcheck >/dev/null; then
	# shellcheck disable=SC2016 # meant to be planted as it stands
	plant tests/tap.sh 'for a in $(ls *); do rm $a; done'
	must_see format "shellcheck" ONLY=shellcheck
else
	tap_skip "format sees shellcheck" "shellcheck is not installed"
fi
tap_done
