#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The catalogue: eight columns, known words, ISO codes, order, no duplicate,
# a source to look up in every row, and nothing said of a zone that many
# tenants share.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
file=${CATALOGUE:-policy/catalogue/catalogue.tsv}
[ -r "$file" ] || { tap_not_ok "$file is there"; tap_done; }

findings() { # kind: what the checks below found, one finding per line
	LC_ALL=C awk -F'\t' -v kind="$1" -v codes="$codes" "$(cat tests/lint/citation.awk)"'
	BEGIN {
		split("control telemetry analytics ads update time payment p2p push voice login " \
			"cdn storage dns connectivity-check unknown", list, " ")
		for (i in list) purposes[list[i]]
		split("coffee-machine vacuum thermostat camera baby-monitor doorbell appliance " \
			"blender tv speaker plug light printer toy phone-app wearable game-console " \
			"nas hub car generic", list, " ")
		for (i in list) classes[list[i]]
		split("amazonaws.com aliyuncs.com googleapis.com cloudfront.net akamaihd.net " \
			"myqcloud.com baidubce.com volces.com qcloud.com storage.googleapis.com " \
			"s3-1-w.amazonaws.com oss-cn-shenzhen.aliyuncs.com", list, " ")
		for (i in list) shared[list[i]]
		count = split(codes, list, " ")
		for (i = 1; i <= count; i++) countries[list[i]]
	}
	function sort_key(name) {
		return name ~ /^AS[1-9]/ ? sprintf("~%010d", substr(name, 3)) : name
	}
	function say(wanted, text) { if (kind == wanted) print FILENAME ":" FNR ": " text }
	/^#/ { next }
	!header { header = 1; if ($1 != "domain_suffix") say("syntax", "no header line"); next }
	{
		network = $1 ~ /^AS[1-9][0-9]*$/
		if (NF != 8) say("syntax", NF " columns, expected 8")
		if (!network && ($1 !~ /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$/ || $1 !~ /\./ || $1 ~ /\.\./))
			say("syntax", $1 " is no domain name in small letters")
		for (i = 1; i <= NF; i++) if ($i ~ /^ | $|  /) say("syntax", "blanks in column " i)
		if ($2 == "" || length($2) > 63) say("syntax", "organisation: 1 to 63 bytes")
		if ($3 != "unknown" && !($3 in countries)) say("words", $3 " is no country")
		if (!($4 in purposes)) say("words", $4 " is no purpose")
		if ($5 != "yes" && $5 != "no" && $5 != "unknown") say("words", $5 ": yes, no or unknown")
		if (!($6 in classes)) say("words", $6 " is no kind of device")
		if (!is_citation($8)) say("source", $1 " has no source that can be looked up: " $8)
		if ($1 in seen) say("order", $1 " stands in line " seen[$1] " already")
		else if (before != "" && sort_key($1) <= sort_key(before))
			say("order", $1 " is not in its place after " before)
		seen[$1] = FNR; before = $1
		if (($1 in shared) && ($5 != "unknown" || $4 !~ /^(unknown|cdn)$/))
			say("shared", $1 " belongs to many tenants")
		rows++
	}
	END { if (rows < 1000) say("syntax", rows + 0 " rows, expected a thousand") }' "$file" ||
		echo "awk failed"
}
codes=$(sed -n '/^static const char codes/,/;/p' policy/regions.c | grep -oE '\b[A-Z]{2}\b' | tr '\n' ' ')

tap_nothing "every row has eight columns and a name or network" "$(findings syntax)"
tap_nothing "countries, purposes and kinds of device are known words" "$(findings words)"
tap_nothing "every row has its source, one to look up" "$(findings source)"
tap_nothing "rows are sorted, each name once" "$(findings order)"
tap_nothing "a zone of many tenants is for nothing in particular" "$(findings shared)"
tap_done
