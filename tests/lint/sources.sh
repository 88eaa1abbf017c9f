#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What grep can see: licence lines, banned calls, machine paths, unfinished
# work, and the size of files and functions.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
FILE_GOAL=600 FILE_MOST=900 FUNCTION_GOAL=60 FUNCTION_MOST=120

# git knows what is ours; a tree that is no clone has nothing else in it.
files() { # pattern
	{ git ls-files --cached --others --exclude-standard 2>/dev/null ||
		find . -type f -not -path './build*' -not -path './.git/*' | sed 's,^\./,,'; } |
		sort -u | grep -E "$1" | while read -r f; do [ ! -f "$f" ] || echo "$f"; done
}
mapfile -t c_files < <(files '\.[ch]$')
mapfile -t text_files < <(files '\.([ch]|sh|pl|py|conf|md|[1-8]|allow|bash|tsv|lua|js)$|(^|/)(Makefile|NEWS|run|demo)$' |
	grep -v '/corpus/')

without=
for f in $(files '\.([ch]|sh|pl|bash)$|(^|/)(Makefile|run|demo)$|contrib/etc/|policy/profiles/.*conf$'); do
	head -n 5 "$f" | grep -q 'SPDX-License-Identifier: ' || without+="$f"$'\n'
done
tap_nothing "every source has its SPDX line" "${without%$'\n'}"

# Strings and comments may speak of them; a call may not be made in what ships
# (tests run under sanitizers, which see more).
banned='strcpy|strcat|sprintf|vsprintf|gets|alloca|system|popen|strtok|atoi|atol|rand|tmpnam|mktemp|strncat|gethostbyname|ctime|asctime|gmtime|localtime'
calls=$(awk -v banned="(^|[^A-Za-z0-9_.>])($banned)[[:space:]]*\\\\(" '
	FNR == 1 { comment = 0 }
	{
		line = $0
		gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
		gsub(/\/\*[^*]*\*\//, "", line)
		if (comment) { if (line ~ /\*\//) { sub(/.*\*\//, "", line); comment = 0 } else next }
		if (line ~ /\/\*/) { sub(/\/\*.*/, "", line); comment = 1 }
		sub(/\/\/.*/, "", line)
		if (line ~ banned) print FILENAME ":" FNR ": " $0
	}' gatewayd/*.[ch] gatewayd/*/*.[ch] policy/*.[ch])
tap_nothing "no call that a safer one exists for" "$calls"

# One that is called limits.h would be read in the place of the system's.
shadows=$(for f in gatewayd/*.h; do
	! echo "#include <$(basename "$f")>" | ${CC:-cc} -E -xc - >/dev/null 2>&1 || echo "$f"
done)
tap_nothing "no header has the name of one of the system's" "$shadows"

paths=$(grep -nE '(^|[^A-Za-z0-9_$}])/(home/[a-z]|root/|work/|Users/)' "${text_files[@]}" /dev/null |
	grep -v '^tests/lint/sources\.sh:')
tap_nothing "no path of somebody's machine" "$paths"

tap_nothing "nothing is left unfinished" \
	"$(grep -nwE 'TODO|FIXME|XXX' "${c_files[@]}" "${text_files[@]}" /dev/null | grep -v '^tests/lint/sources\.sh:')"

tap_nothing "no line has trailing blanks" \
	"$(grep -nE '[[:blank:]]+$' "${c_files[@]}" "${text_files[@]}" /dev/null | grep -vE '\.tsv:|^tests/config/' | head -20)"

# A function begins at a brace in the first column and ends at one.
sizes=$(awk '
	FNR == 1 && last { print lines, "file", last }
	{ lines = FNR; last = FILENAME }
	/^[A-Za-z].*\(/ && !/;$/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^\{/ { begin = FNR; inside = name }
	/^\}/ && begin { print FNR - begin - 1, "function", FILENAME, inside; begin = 0 }
	END { print lines, "file", last }' "${c_files[@]}")
tap_nothing "no file has more than $FILE_MOST lines" \
	"$(awk -v most=$FILE_MOST '$2 == "file" && $1 > most' <<<"$sizes")"
tap_nothing "no function has more than $FUNCTION_MOST lines" \
	"$(awk -v most=$FUNCTION_MOST '$2 == "function" && $1 > most' <<<"$sizes")"
awk -v file=$FILE_GOAL -v function_goal=$FUNCTION_GOAL '
	($2 == "file" && $1 > file) || ($2 == "function" && $1 > function_goal) { print "# long: " $0 }
	' <<<"$sizes"
tap_done
