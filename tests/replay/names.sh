#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The names in real captures, as decode_first_tcp() and decode_first_udp() read
# them (names.c, no engine). Those in names/ have what is found in expected.tsv.
#
# With NAMES_DATA=FOLDER also every name that tshark and nDPI found in a large
# collection must be found: FOLDER/pcap/, FOLDER/expected/tshark*.jsonl (one
# object per capture: path, sni, http_hosts) and FOLDER/expected/ndpi-flows.csv.
# What is missed needs its reason in names/accepted.tsv, and a reason that is
# needed no longer fails, too.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
build=${1:-build-check}
here=tests/replay/names
tool=$build/tests/replay/names
data=${NAMES_DATA:-../data}
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

if [ ! -x "$tool" ]; then
	tap_not_ok "$tool is there" "it is built by: make check-tools"
	tap_done
fi
"$tool" /dev/null >/dev/null 2>&1
[ $? -ne 3 ] || tap_skip_all "built without libpcap"

for capture in "$here"/*.pcap; do
	name=$(basename "$capture")
	tap_equal "$name" "$("$tool" "$capture" 2>&1)" \
		"$(awk -F '\t' -v name="$name" '$1 == name { sub(/^[^\t]*\t/, ""); print }' "$here/expected.tsv")"
done

# ---- the large collection ----

# "peer path name", one for each name of a peer; ports and dots at the end cut.
plain_name='function plain(n) {
	n = tolower(n)
	if (n ~ /^\[/) { sub(/^\[/, "", n); sub(/\].*/, "", n); return n }
	if (n !~ /:.*:/) sub(/:[0-9]*$/, "", n)
	sub(/\.$/, "", n)
	return n
}'
tshark_names() {
	jq -r '.path as $p | ([.sni[] | ["sni", $p, .[4]]] +
		[.http_hosts | keys[] | ["host", $p, .]])[] | @tsv' "$1" |
		awk -F '\t' "$plain_name"' { print "tshark-" $1 "\t" $2 "\t" plain($3) }'
}
# Questions for names and announcements of one's own are no names of flows.
ndpi_names() {
	tr -d '\r' <"$1" | awk -F, "$plain_name"'
	NR > 1 && $11 != "" && $10 !~ /DNS|LLMNR|DHCP|[Nn]et[Bb][Ii][Oo][Ss]/ {
		print "ndpi\tpcap/ndpi/" $1 "\t" plain($11) }'
}
# "path name" for every name and address found.
our_names() {
	local path
	while read -r path; do
		"$tool" "$data/$path" 2>"$scratch/error" | awk -F '\t' -v path="$path" '{
			n = split($9 "," $8, names, ",")
			for (i = 1; i <= n; i++) print path "\t" names[i] }'
		[ "${PIPESTATUS[0]}" -lt 2 ] || {
			printf '%s: ' "$path"
			head -3 "$scratch/error"
		} >>"$scratch/broken"
	done
}

what="every name that tshark and nDPI find"
expected=("$data"/expected/tshark*.jsonl)
if [ ! -r "${expected[0]}" ] || [ ! -r "$data/expected/ndpi-flows.csv" ]; then
	tap_skip "$what" "no collection of captures (NAMES_DATA=FOLDER)"
	tap_done
elif ! command -v jq >/dev/null; then
	tap_skip "$what" "jq is not installed"
	tap_done
fi
{
	tshark_names "${expected[0]}"
	ndpi_names "$data/expected/ndpi-flows.csv"
} | sort -u | while IFS=$'\t' read -r peer path name; do
	[ ! -r "$data/$path" ] || printf '%s\t%s\t%s\n' "$peer" "$path" "$name"
done >"$scratch/theirs"
: >"$scratch/broken"
cut -f 2 "$scratch/theirs" | sort -u | our_names | sort -u >"$scratch/ours"
tap_nothing "every capture is read to its end" "$(cat "$scratch/broken")"
awk -F '\t' -v accepted="$here/accepted.tsv" -v stale="$scratch/stale" '
	FILENAME == ARGV[1] { ours[$1 "\t" $2] = 1; next }
	FILENAME == ARGV[2] {
		if ($0 !~ /^#/ && NF == 3) { reason[$1 "\t" $2] = 1 } next }
	($2 "\t" $3) in ours { found++; next }
	{
		file = $2; sub(/^pcap\//, "", file)
		if ((file "\t" $3) in reason) used[file "\t" $3] = 1
		else if ((file "\t*") in reason) used[file "\t*"] = 1
		else print
	}
	END {
		for (r in reason) if (!(r in used)) print r >stale
		if (!found) print "nothing was compared"
	}' "$scratch/ours" "$here/accepted.tsv" "$scratch/theirs" >"$scratch/missed"
: >>"$scratch/stale"
tap_nothing "$what ($(wc -l <"$scratch/theirs") of them) is found, or has its reason" \
	"$(cat "$scratch/missed")"
tap_nothing "every reason is still needed" "$(cat "$scratch/stale")"
tap_done
