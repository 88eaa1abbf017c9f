#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Strip on bad links: packets that are lost, doubled and late, before the
# gateway and behind it. What arrives is what a good link brings, the same in
# every retransmission; then TCP Fast Open, and streams that are over.
set -u
. "$(dirname "$0")/scenario.sh"
command -v iptables >/dev/null || tap_skip_all "iptables is missing: run tests/deps.sh check as root"

gatewayd_share # the table of keys
policy() {
	cat <<-END
		devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "strips"; } );
		policies = ( { name = "strips"; default = "allow"; rules = (
			{ action = "strip"; data = [ "location", "payment", "identity" ]; foreign = true; } ); } );
	END
}
policy | gatewayd_policy
scenario_start
seed=${SEED:-$EPOCHSECONDS}
echo "# seed $seed"

# Lines with and without what is to go, at lengths that no segment has.
perl -e 'srand $ARGV[0]; for (1 .. 9000) { print "{\"n\":$_,\"owner\":\"", "Smith" x (1 + rand 9), "\",\"drink\":\"",
	"latte" x (1 + rand 20), "\",\"lat\":", rand 90, "}\n" }' "$seed" >"$LAB/lines"
perl -pe 's/("owner":)"([^"]*)"/$1 . "\"\"" . " " x length $2/e; s/("lat":)([^}]*)/$1 . "0" . " " x (length($2) - 1)/e' \
	"$LAB/lines" >"$LAB/lines.cleaned"

# The rule and the program that spoil a link, in a place.
spoil() { # place chain lose duplicate delay
	: >"$LAB/scramble-$1.out"
	lab_start "scramble-$1" "$1" "$LAB_TOOLS/scramble" 7 "$seed" "$3" "$4" "$5"
	SPOILING=$! SPOILED=$1
	wait_for 5 grep -q ready "$LAB/scramble-$1.out"
	for tables in iptables ip6tables; do
		in_space "$1" $tables -A "$2" -p tcp --dport 80 -m mark ! --mark 1 -j NFQUEUE --queue-num 7
	done
}
heal() {
	for tables in iptables ip6tables; do in_space "$SPOILED" $tables -F; done
	lab_end_process "$SPOILING"
	tail -n 1 "$LAB/scramble-$SPOILED.out"
}
# With duplicates of a bad link the kernel's own view of it stays out of the way.
in_space gateway sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1

expect_same() { # what url
	local answer
	answer=$(fetch coffee -m 90 -H 'Content-Type: application/x-ndjson' -H Expect: --data-binary "@$LAB/lines" "$2" 2>&1)
	tap_equal "$1: answered" "$answer" stored
	if [ "$answer" != stored ]; then return; fi
	if cmp -s "$(stored abroad file)" "$LAB/lines.cleaned"; then
		tap_ok "$1: as a good link brings it"
	else
		tap_not_ok "$1: as a good link brings it" "$(cmp "$(stored abroad file)" "$LAB/lines.cleaned" 2>&1)"
	fi
}
# Selective acknowledgements (RFC 2018) as they reach the device, and what it makes of them.
lab_start sacks coffee tcpdump -i eth0 -n -U -s 128 -w "$LAB/sacks.pcap" 'src port 80'
SACKS=$!
wait_for 5 grep -q 'listening on' "$LAB/sacks.out"
acknowledgements() { # IP or IP6
	tcpdump -n -r "$LAB/sacks.pcap" 2>/dev/null | grep " $1 "
}
sack_recoveries() {
	in_space coffee cat /proc/net/netstat | awk '/^TcpExt:/ {
		if (!n) for (n = 2; n <= NF; n++) name[n] = $n
		else for (i = 2; i <= NF; i++) if (name[i] == "TCPSackRecovery") print $i }'
}
expect_same "a good link" http://203.0.113.10/store
for url in http://203.0.113.10/store 'http://[2001:db8:3::10]/store'; do
	spoil coffee OUTPUT 0 0 20
	expect_same "reordered before the gateway, $url" "$url"
	echo "# $(heal)"
	spoil coffee OUTPUT 1 5 10
	expect_same "lost, doubled and late before the gateway, $url" "$url"
	echo "# $(heal)"
	recoveries=$(sack_recoveries)
	spoil abroad INPUT 3 0 20
	expect_same "lost and late behind the gateway, $url" "$url"
	echo "# $(heal)"
	expect_ok "the device sent again what SACK said was missing" [ "$(sack_recoveries)" -gt "$recoveries" ]
done
lab_end_process "$SACKS"
for family in IP IP6; do
	tap_equal "SACK is agreed on ($family)" "$(acknowledgements $family | grep -c 'Flags \[S\.\].*sackOK' | sed 's/[1-9][0-9]*/1/')" 1
	expect_ok "and its blocks come back through the gateway ($family)" \
		[ "$(acknowledgements $family | grep -c 'sack [1-4] {')" -gt 10 ]
done
tap_equal "nothing was refused for want of room" "$(status_of .counters.flows_blocked)" 0
tap_nothing "nothing of the owner is abroad" "$(grep -rlE 'Smith' "$LAB/abroad-nginx/body")"

# The request in the SYN: the second one, when there is a cookie.
in_space coffee sysctl -qw net.ipv4.tcp_fastopen=5
in_space abroad sysctl -qw net.ipv4.tcp_fastopen=1027
message='{"owner":"A. Smith","drink":"latte"}'
for try in first second third; do
	answer=$(fetch coffee --tcp-fastopen -H 'Content-Type: application/json' -d "$message" http://203.0.113.10/store)
	tap_equal "TCP Fast Open, $try time: answered" "$answer" stored
	tap_equal "TCP Fast Open, $try time: stripped" "$(stored_body abroad)" '{"owner":""        ,"drink":"latte"}'
done

# A policy that changes while a stream is read.
slow_lines() {
	for i in $(seq 40); do
		echo "{\"n\":$i,\"owner\":\"A. Smith\"}"
		sleep 0.05
	done
}
slow_lines | fetch coffee -m 30 -T - -X POST -H 'Content-Type: application/x-ndjson' -H Expect: http://203.0.113.10/store >"$LAB/slow" &
slow=$!
for i in $(seq 8); do
	# Each with another set of known secrets, smaller and larger in turn.
	word=$(head -c $((i % 2 * 50 + 5)) /dev/zero | tr '\0' x)
	policy | new_policy "identifiers = ( { data = \"identity\"; value = \"$word\"; } );" >/dev/null
	sleep 0.1
done
wait $slow
tap_equal "a stream goes on over reloads" "$(cat "$LAB/slow")" stored
tap_equal "every line of it is stripped" "$(stored_body abroad | grep -cx '{"n":[0-9]*,"owner":""        }')" 40
scenario_done
