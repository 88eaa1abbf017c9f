#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes oui.tsv from the IEEE's public listings, as Debian's package ieee-data
# brings them:
#
#	policy/catalogue/oui.sh /usr/share/ieee-data >policy/catalogue/oui.tsv
#
# What it leaves out, so that the file fits a router: companies whose only
# block is one of the first 00:xx blocks (given out before 2010, to makers of
# industrial equipment for the most part), blocks of "Private" owners, and
# the legal form (and "Technology" and the like) at the end of a name. Names are cut after 22 characters.
set -eu
dir=${1:?the folder with oui.csv, mam.csv and oui36.csv}

rows() {
	# REGISTRY,HEX,NAME,ADDRESS, where a name with commas stands in quotes.
	awk 'NR > 1 && /^MA-[LMS],/ {
		hex = $0; sub(/^MA-[LMS],/, "", hex); rest = hex
		sub(/,.*/, "", hex); sub(/^[^,]*,/, "", rest)
		if (rest ~ /^"/) {
			name = substr(rest, 2); sub(/"(,.*)?$/, "", name)
			if (match(rest, /^"([^"]|"")*"/))
				name = substr(rest, 2, RLENGTH - 2)
		} else {
			name = rest; sub(/,.*/, "", name)
		}
		gsub(/""/, "\"", name)
		print hex "\t" name
	}' "$dir/oui.csv" "$dir/mam.csv" "$dir/oui36.csv"
}

LC_ALL=C
export LC_ALL
cat <<'END'
# Blocks of MAC addresses and who has them: 6, 7 or 9 digits, a tab, a name.
# From the IEEE Registration Authority's public listings MA-L, MA-M and MA-S by
# way of Debian's package ieee-data; the IEEE asserts no copyright in them and
# does not restrict their distribution. Made by oui.sh, which says what is left
# out.
END
rows | awk -F '\t' '
	{
		hex[NR] = $1; name = $2
		gsub(/[^ -~]/, "", name); gsub(/&amp;/, "\\&", name); gsub(/&quot;/, "", name)
		gsub(/  +/, " ", name); sub(/^ +/, "", name)
		sub(/ *\(.*$/, "", name)
		do {
			before = name
			sub(/[ ,.]+$/, "", name)
			shorter = name
			sub(/[ ,.]+(Co|Company|Ltd|Limited|LTD|LIMITED|Inc|INC|Incorporated|INCORPORATED|LLC|L\.L\.C|GmbH|GMBH|AG|Corp|CORP|Corporation|CORPORATION|Corporate|CO|COMPANY|S\.A|SA|SAS|S\.r\.l|Srl|S\.p\.A|SpA|BV|B\.V|N\.V|Oy|AB|A\/S|Pty|PTY|Pvt|Private|PLC|plc|Kft|LP|KG|K\.K|Co\.,Ltd|CO\.,LTD|CO\., LTD|Technology|Technologies|TECHNOLOGY|TECHNOLOGIES|Electronics|ELECTRONICS|Tech)$/, "", shorter)
			if (length(shorter) > 2) name = shorter
		} while (name != before)
		if (name ~ /^(Private|IEEE Registration Authority)?$/) name = ""
		short[NR] = substr(name, 1, 22); sub(/[ ,]+$/, "", short[NR])
		blocks[name]++; whole[NR] = name
	}
	END {
		for (i = 1; i <= NR; i++) {
			if (short[i] == "") continue
			if (length(hex[i]) == 6 && substr(hex[i], 1, 2) == "00" && blocks[whole[i]] == 1) continue
			if (length(hex[i]) == 9 && blocks[whole[i]] == 1) continue
			print hex[i] "\t" short[i]
		}
	}' | sort -u -t '	' -k 1,1
