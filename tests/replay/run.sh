#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Captures through the whole engine. A case is a folder NN-name/ with
#
#	make.pl		what happens in the capture, in words; writes in.pcap
#	in.pcap		the capture
#	conf/		the policy
#	arguments	more for gatewayctl replay; may be missing
#	environment	variables for it; may be missing
#	expect.jsonl	what it has to say with --json
#	expect.txt	what it has to say without
#	expect.pcap	what has to leave; may be missing
#	other/		another policy, to compare with; may be missing
#	expect.diff	the difference
#
# tests/replay/run.sh -w rewrites in.pcap and what is expected; look at the
# diff like at code. BUILD is the folder of the programs.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
build=${BUILD:-${CHECK_BUILD:-build}}
gatewayctl=$PWD/$build/gatewayctl
export TZ=UTC
rewrite=${1-}
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
if ! [ -x "$gatewayctl" ]; then
	tap_not_ok "$gatewayctl is built"
	tap_done
fi
cd tests/replay || exit 2

# Nobody's catalogue but the case's own; the keys of strip rules are the shipped ones.
mkdir "$out/data"
cp ../../policy/catalogue/payload_keys.tsv "$out/data/"
export GATEWAYD_DATADIR=$out/data

replay() { # case arguments...
	local case=$1 words=() setting=()
	shift
	[ ! -f "$case/arguments" ] || read -r -a words <"$case/arguments"
	[ ! -f "$case/environment" ] || read -r -a setting <"$case/environment"
	(cd "$case" && env "${setting[@]}" "$gatewayctl" replay -c conf "${words[@]}" "$@")
}

# libpcap writes its own numbers in the CPU's byte order; the files here are little-endian.
little_endian() { # pcap
	perl -e 'local $/; binmode $_ for *STDIN, *STDOUT; $_ = <STDIN>;
		if (length >= 24 && unpack("N", $_) == 0xa1b2c3d4) {
			my ($out, $at) = (pack("VvvVVVV", unpack("NnnNNNN", $_)), 24);
			while ($at + 16 <= length) {
				my @header = unpack("NNNN", substr($_, $at, 16));
				$out .= pack("VVVV", @header) . substr($_, $at + 16, $header[2]);
				$at += 16 + $header[2];
			}
			$_ = $out;
		}
		print' <"$1" >"$1.little" && mv "$1.little" "$1"
}

# What came is what the file holds, or, when rewriting, will hold.
compare() { # what expected got
	[ "$rewrite" != -w ] || cp "$3" "$2"
	tap_nothing "$1" "$(diff -u "$2" "$3" 2>&1)"
}

run_case() { # case
	local case=$1
	mkdir -p "$out/$case"
	# The capture is what its words say.
	cp "$case/make.pl" "$out/$case/"
	cp capture.pm "$out/"
	if (cd "$out/$case" && perl make.pl); then
		[ "$rewrite" != -w ] || cp "$out/$case/in.pcap" "$case/"
		tap_nothing "$case: in.pcap is what make.pl writes" \
			"$(cmp "$case/in.pcap" "$out/$case/in.pcap" 2>&1)"
	else
		tap_not_ok "$case: make.pl runs"
	fi
	replay "$case" --json in.pcap >"$out/json" 2>"$out/error"
	tap_nothing "$case: --json has nothing to complain of" \
		"$([ $? -eq 0 ] || echo "exit status"; cat "$out/error")"
	compare "$case: --json" "$case/expect.jsonl" "$out/json"
	tap_nothing "$case: every line is JSON" "$(jq -e . <"$out/json" 2>&1 >/dev/null)"
	replay "$case" in.pcap >"$out/text" 2>&1
	compare "$case: as text" "$case/expect.txt" "$out/text"
	tap_nothing "$case: nothing a terminal would obey" "$(LC_ALL=C grep -nP '[^\x20-\x7e]' "$out/text")"
	if [ -f "$case/expect.pcap" ] || [ -f "$case/write" ]; then
		replay "$case" --write "$out/out.pcap" in.pcap >/dev/null 2>&1
		little_endian "$out/out.pcap"
		[ "$rewrite" != -w ] || cp "$out/out.pcap" "$case/expect.pcap"
		tap_nothing "$case: --write" "$(cmp "$case/expect.pcap" "$out/out.pcap" 2>&1)"
	fi
	if [ -d "$case/other" ]; then
		replay "$case" --json --diff other in.pcap >"$out/json" 2>&1
		compare "$case: --diff" "$case/expect.diff" "$out/json"
	fi
}

for case in [0-9]*/; do
	run_case "${case%/}"
done

# ---- what holds for every capture ----

cp 20-flows/in.pcap "$out/whole.pcap"
tap_equal "the same from standard input" \
	"$(replay 20-flows --json - <"$out/whole.pcap" | jq -c 'del(.summary.file)')" \
	"$(jq -c 'del(.summary.file)' 20-flows/expect.jsonl)"
tap_equal "a policy differs from itself in nothing" \
	"$(replay 20-flows --json --diff conf in.pcap | jq .summary.changed)" 0
tap_equal "--policy is everybody's" \
	"$(replay 20-flows --json --policy guest in.pcap | jq -r 'select(.policy) | .policy' | sort -u)" guest
tap_equal "a capture with another LAN has no devices" \
	"$(replay 20-flows --json --lan 10.0.0.0/8 in.pcap | jq .summary.devices)" 0

# What a strip rule let out, as somebody else reads it.
if command -v tshark >/dev/null; then
	read_fields() { # fields...
		tshark -n -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
			-r 60-strip/expect.pcap -T fields "${@/#/-e}" -Y 'ip.dst != 198.51.100.5 or ipv6' 2>/dev/null
	}
	tap_nothing "stripped: tshark finds every checksum right" \
		"$(read_fields tcp.checksum.status udp.checksum.status | grep -v 1)"
	tap_nothing "stripped: tshark reads nothing of the owner" \
		"$(read_fields tcp.payload udp.payload | tr -d "\t\n" | perl -ne 'print pack "H*", $_' | grep -aE 'A. Smith|48\.137,|4111')"
	tap_equal "stripped: tshark reads the queries" \
		"$(read_fields http.request.uri | grep . | sort -u | paste -sd' ')" "/net /report?lat=00x000"
else
	tap_skip "stripped: as tshark reads it" "tshark is not here"
fi

size=$(stat -c %s "$out/whole.pcap") wrong=
for ((length = 24; length < size; length += 131)); do
	head -c "$length" "$out/whole.pcap" >"$out/cut.pcap"
	replay 20-flows --json "$out/cut.pcap" >"$out/json" 2>"$out/error"
	status=$?
	jq -e . <"$out/json" >/dev/null 2>&1 || [ "$length" -eq 24 ] || wrong+="$length: no JSON"$'\n'
	complete=$(jq .summary.complete <"$out/json" 2>/dev/null | tail -n 1)
	case $status/$complete in
	0/true | 1/false) ;;
	*) wrong+="$length: exit $status, complete $complete: $(cat "$out/error")"$'\n' ;;
	esac
	[ "$status" -eq 0 ] || [ -s "$out/error" ] || wrong+="$length: no word about it"$'\n'
done
tap_nothing "a capture cut anywhere is reported as far as it goes" "$wrong"

status_of() { # arguments...
	replay 20-flows "$@" >/dev/null 2>"$out/error"
	echo $?
}
cp "$out/whole.pcap" "$out/self.pcap"
tap_equal "no writing over the capture itself" "$(status_of --write "$out/self.pcap" "$out/self.pcap")" 1
tap_nothing "which is still there" "$(cmp "$out/whole.pcap" "$out/self.pcap" 2>&1)"
tap_equal "no file: an error" "$(status_of "$out/none.pcap")" 1
tap_equal "no capture: an error" "$(status_of conf/gatewayd.conf)" 1
tap_equal "a LAN that is none: a usage error" "$(status_of --lan 10.0.0.0/33 in.pcap)" 2
tap_equal "a policy that is none: an error" "$(status_of --policy guset in.pcap)" 1
tap_equal "with the nearest word" "$(grep -c '"guest"' "$out/error")" 1
tap_equal "what comes cannot be written: an error" \
	"$(replay 20-flows --json in.pcap >/dev/full 2>/dev/null; echo $?)" 1
tap_done
