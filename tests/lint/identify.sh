#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tells the kind of a device: eight columns, known words, order, no
# duplicate, a source to look up in every row; kinds whose profiles are there,
# makers that the table of makers has.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
file=policy/catalogue/identify.tsv
[ -r "$file" ] || { tap_not_ok "$file is there"; tap_done; }
# name, words, profile: as the program has them.
kinds=$(sed -n '/^static const struct identify_kind kinds/,/^};/s/.*{"\([^"]*\)", "[^"]*", "\([^"]*\)"}.*/\1 \2/p' gatewayd/identify_table.c)

findings() { # kind: what the checks below found, one finding per line
	LC_ALL=C awk -F'\t' -v kind="$1" -v kinds="$(cut -d' ' -f1 <<<"$kinds" | tr '\n' ' ')" "$(cat tests/lint/citation.awk)"'
	BEGIN {
		split("maker hostname vendor-class mdns ssdp server model", list, " ")
		for (i in list) methods[list[i]]
		split(kinds " generic", list, " ")
		for (i in list) classes[list[i]]
		split("low medium high", list, " ")
		for (i in list) weights[list[i]]
	}
	function say(wanted, text) { if (kind == wanted) print FILENAME ":" FNR ": " text }
	FNR == 1 {
		if ($0 != "method\tpattern\tmaker\tbrand\tdevice_class\tconfidence\tnote\tsource")
			say("syntax", "no header line")
		next
	}
	{
		if (NF != 8) say("syntax", NF " columns, expected 8")
		for (i = 1; i <= NF; i++) if ($i ~ /^ | $|  /) say("syntax", "blanks in column " i)
		if ($2 !~ /[^*]/) say("syntax", "a pattern without a character to compare")
		if ($2 != tolower($2) || $3 != tolower($3)) say("syntax", "patterns are in small letters")
		if (length($4) > 31) say("syntax", "brand: at most 31 bytes")
		if (!($1 in methods)) say("words", $1 " is no method")
		if (!($5 in classes)) say("words", $5 " is no kind of device")
		if (!($6 in weights)) say("words", $6 ": low, medium or high")
		if ($5 == "generic" && $6 != "low") say("words", "generic is low")
		if ($1 == "mdns" && $2 !~ /^_[a-z0-9_-]+\._(tcp|udp)( [a-z]+=[a-z0-9]+)?$/)
			say("syntax", $2 " is no service")
		if (!is_citation($8)) say("source", $2 " has no source that can be looked up: " $8)
		if (($1, $2, $3) in seen) say("order", $2 " stands in line " seen[$1, $2, $3] " already")
		else if (before != "" && $0 <= before) say("order", $2 " is not in its place")
		seen[$1, $2, $3] = FNR; before = $0
		rows++
	}
	END { if (rows < 100) say("syntax", rows + 0 " rows, expected a hundred") }' "$file" ||
		echo "awk failed"
}

# A pattern for makers that no maker has would never tell anything.
unknown_makers() {
	LC_ALL=C awk -F'\t' '
	function expression(pattern) {
		gsub(/[][.+?(){}|\\^$]/, "[&]", pattern)
		gsub(/[*]/, ".*", pattern)
		return "^" pattern "$"
	}
	FNR == NR { if ($0 !~ /^#/) makers[tolower($2)]; next }
	FNR > 1 { if ($1 == "maker") wanted[$2] = FNR; if ($3 != "") wanted[$3] = FNR }
	END {
		for (pattern in wanted) {
			found = 0; wish = expression(pattern)
			for (maker in makers) if (maker ~ wish) { found = 1; break }
			if (!found) print FILENAME ":" wanted[pattern] ": no maker is like " pattern
		}
	}' policy/catalogue/oui.tsv "$file"
}

missing_profiles() {
	local name profile
	while read -r name profile; do
		grep -qs "name = \"$profile\"" policy/profiles/*.conf || echo "$name: no profile $profile"
	done <<<"$kinds"
}

tap_nothing "every row has eight columns and a pattern" "$(findings syntax)"
tap_nothing "methods, kinds of device and confidence are known words" "$(findings words)"
tap_nothing "every row has its source, one to look up" "$(findings source)"
tap_nothing "rows are sorted, each pattern once" "$(findings order)"
tap_nothing "every maker is in the table of makers" "$(unknown_makers)"
tap_nothing "every kind has its profile" "$(missing_profiles)"
if [ "$(wc -l <<<"$kinds")" -gt 10 ]; then
	tap_ok "the kinds of device are known"
else
	tap_not_ok "the kinds of device are known" "$kinds"
fi
tap_done
