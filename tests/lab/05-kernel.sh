#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel side without the engine: rules, queue, marks, forged replies,
# connections and interfaces, driven by kernel_gateway.c between a device and a
# server. Numbers are printed as "# ..." for whoever wants to compare.
#
#   device 192.0.2.10, 2001:db8:1::10   gateway .1, ::1   server 198.51.100.10,
#   02:00:00:00:00:10 --- lan0            (masqueraded)   2001:db8:2::10
#   second device 192.0.3.10 02:..:20 --- lan9 (comes later)
# Functions that a trap or wait_for calls; perl's own variables.
# shellcheck disable=SC2317,SC2016
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh

[ "$(id -u)" = 0 ] || tap_skip_all "not root: network namespaces cannot be made"
unshare -n true 2>/dev/null || tap_skip_all "no network namespaces here"
for tool in ip nft conntrack setpriv; do
	command -v "$tool" >/dev/null || tap_skip_all "$tool is missing"
done

build=$PWD/${CHECK_BUILD:-build-check}/tests/lab
tag=gwk$$
device=$tag-d second=$tag-e gateway=$tag-g server=$tag-s
device_mac=02:00:00:00:00:10 second_mac=02:00:00:00:00:20
exception=02:00:00:00:00:99
gateway_pid='' peers=() scratch=$(mktemp -d)

clean_up() {
	local pid space
	for pid in "${peers[@]}" $gateway_pid; do kill -9 "$pid" 2>/dev/null; done
	wait 2>/dev/null
	for space in "$device" "$second" "$gateway" "$server"; do ip netns del "$space" 2>/dev/null; done
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

in_space() { # namespace command...
	local space=$1
	shift
	ip netns exec "$space" "$@"
}

wait_for() { # command...: up to five seconds
	local i
	for ((i = 0; i < 50; i++)); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}

for space in "$device" "$second" "$gateway" "$server"; do
	ip netns add "$space"
	in_space "$space" ip link set lo up
	in_space "$space" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
done

join() { # space interface address4 address6 mac gateway-interface gateway4 gateway6
	ip link add "$2" netns "$1" address "$5" type veth peer name "$6" netns "$gateway"
	in_space "$1" ip addr add "$3/24" dev "$2"
	in_space "$1" ip -6 addr add "$4/64" dev "$2" nodad
	in_space "$gateway" ip addr add "$7/24" dev "$6"
	in_space "$gateway" ip -6 addr add "$8/64" dev "$6" nodad
	in_space "$gateway" ip link set "$6" up
	in_space "$1" ip link set "$2" up
	in_space "$1" ip route add default via "$7"
	in_space "$1" ip -6 route add default via "$8"
}

join "$device" eth0 192.0.2.10 2001:db8:1::10 "$device_mac" lan0 192.0.2.1 2001:db8:1::1
join "$server" eth0 198.51.100.10 2001:db8:2::10 02:00:00:00:00:30 wan0 198.51.100.1 2001:db8:2::1
in_space "$gateway" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
in_space "$gateway" nft 'table ip home {
	chain leave { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }
}'

start_peer() { # namespace ports...
	local space=$1
	shift
	# Not by the function: the process is to be ended by its id.
	ip netns exec "$space" "$build/kernel_peer" serve "$@" >"$scratch/peer-$space" &
	peers+=($!)
	wait_for grep -qs ready "$scratch/peer-$space" || echo "# no server in $space"
}

start_gateway() { # open|closed lan...
	local mode=$1
	shift
	coproc GW { exec ip netns exec "$gateway" "$build/kernel_gateway" "$mode" "$exception" "$@" 2>>"$scratch/log"; }
	# The shell forgets its own variable as soon as it sees the process end.
	gateway_pid=${GW_PID-}
	read -r -t 20 -u "${GW[0]}" answer || answer=dead
	[ "$answer" = ready ]
}

kill_gateway() {
	kill -9 "$gateway_pid"
	wait "$gateway_pid" 2>/dev/null
	gateway_pid=''
}

tell() { # command...: the answer in $answer
	answer=dead
	echo "$*" >&"${GW[1]}" && read -r -t 20 -u "${GW[0]}" answer
}

field() { # name: of the counters, read now
	tell counters
	sed -n "s/.*\\b$1=\\([0-9]*\\).*/\\1/p" <<<"$answer"
}

ask() { # udp|tcp address port text [count]
	in_space "$device" "$build/kernel_peer" ask "$@"
}

four=198.51.100.10 six=2001:db8:2::10
start_peer "$server" 53 1000 2000 2100 3000 3100 4000 5000 6000
start_peer "$gateway" 53

# ---- a flow of each kind ----

start_gateway closed lan0 lan9 || echo "# gateway: $answer"
tap_equal "starts while an interface of the LAN is absent" "$answer" ready
tell features
echo "# $answer"

for to in "$four" "$six"; do
	before=$(field packets)
	tap_equal "$to: a passed UDP flow is answered" "$(ask udp "$to" 1000 hello 50)" "50 answers"
	tap_equal "$to: and only its first packet was queued" $(($(field packets) - before)) 1
	before=$(field packets)
	tap_equal "$to: a passed TCP flow is answered" "$(ask tcp "$to" 1000 hello 50)" "50 answers"
	tap_equal "$to: and only its first packet was queued" $(($(field packets) - before)) 1
	tap_equal "$to: an undecided flow is answered" "$(ask udp "$to" 5000 hello 5)" "5 answers"
	tap_equal "$to: a blocked flow is not" "$(ask udp "$to" 2000 hello 2)" nothing
	tap_equal "$to: nor over TCP" "$(ask tcp "$to" 2000 hello)" nothing
	before=$(field packets)
	tap_equal "$to: a flow blocked on its way is cut" "$(ask udp "$to" 2100 hello 6)" "2 answers"
	tap_equal "$to: and left to the kernel" $(($(field packets) - before)) 3
	tap_equal "$to: a payload is edited (UDP)" "$(ask udp "$to" 3000 "my SECRET is")" "my XXXXXX is"
	tap_equal "$to: a payload is edited (TCP)" "$(ask tcp "$to" 3000 "my SECRET is")" "my XXXXXX is"
	tap_equal "$to: an edit may change the length" "$(ask udp "$to" 3100 "my SECRET is")" X
	before=$(field packets)
	tap_equal "$to: a forged answer arrives" "$(ask udp "$to" 4000 bad)" forged
	tap_equal "$to: and was not queued itself" $(($(field packets) - before)) 1
	tap_equal "$to: a reset arrives" "$(ask tcp "$to" 6000 hello)" reset
done
tap_equal "marks are kept in the connection table" \
	"$(in_space "$gateway" conntrack -L -f ipv4 -p udp --dport 1000 2>/dev/null | grep -c "mark=$((0x05000000))")" 1
tap_equal "of a blocked flow, too" \
	"$(in_space "$gateway" conntrack -L -f ipv4 -p udp --dport 2100 2>/dev/null | grep -c "mark=$((0x07000000))")" 1
tap_equal "no forged answer became a connection" \
	"$(in_space "$gateway" conntrack -L 2>/dev/null | grep -c 'src=198.51.100.10 dst=192.0.2.10 sport=4000')" 0

# One socket asks a bad thing, then a good one: the forged answer must not have
# spoilt address translation for it.
tap_equal "the next packet of a refused socket is translated" "$(
	in_space "$device" perl -MIO::Socket::INET -e '
	my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "'"$four"'", PeerPort => 4000);
	$SIG{ALRM} = sub { print "nothing\n"; exit }; alarm 3;
	$s->send("bad"); $s->recv(my $a, 100); $s->send("good"); $s->recv(my $b, 100); print "$a $b\n"'
)" "forged good"

# ---- DNS ----

for to in 192.0.2.1 2001:db8:1::1; do
	before_in=$(field input) before_out=$(field output)
	tap_equal "$to: the router's own DNS is answered" "$(ask udp "$to" 53 good 3)" "3 answers"
	tap_equal "$to: questions come by input" $(($(field input) - before_in)) 3
	tap_equal "$to: answers by output" $(($(field output) - before_out)) 3
	tap_equal "$to: a refused question is answered by us" "$(ask udp "$to" 53 bad)" forged
done
before=$(field to)
tap_equal "DNS elsewhere is answered" "$(ask udp "$four" 53 good 2)" "2 answers"
tap_equal "and its answers are seen" $(($(field to) - before)) 2
link_local=$(in_space "$gateway" ip -6 -o addr show dev lan0 scope link | sed 's/.*inet6 \([^/]*\).*/\1/')
tap_equal "link-local DNS is refused, too" "$(ask udp "$link_local%eth0" 53 bad)" forged
tap_equal "every packet of the device named its MAC" "$(field mac)" "$(field from)"
tap_equal "nothing came from elsewhere" "$(field elsewhere)" 0

# ---- refused pairs ----

before=$(field packets)
tell block "$device_mac" "$four" tcp 5000
tap_equal "a pair is refused by the kernel (TCP)" "$answer $(ask tcp "$four" 5000 hello)" "pair 0 reset"
tell block "$device_mac" "$six" udp 5000
# The first of two meets the refusal of the first.
tap_equal "a pair is refused by the kernel (UDP)" "$answer $(ask udp "$six" 5000 hello 2)" "pair 0 prohibited"
tell silence "$device_mac" "$four" udp 5000
tap_equal "a pair is dropped by the kernel" "$answer $(ask udp "$four" 5000 hello)" "pair 0 nothing"
tap_equal "none of them came to the queue" $(($(field packets) - before)) 0
tell unblock "$device_mac" "$four" udp 5000
tap_equal "and taken back" "$answer $(ask udp "$four" 5000 hello)" "pair 0 hello"

# ---- reloads ----

(
	ask udp "$four" 1000 hello 1 >/dev/null
)
before=$(field packets)
in_space "$device" perl -MIO::Socket::INET -e '
	my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "'"$four"'", PeerPort => 1000);
	$| = 1; my ($got, $lost) = (0, 0);
	for (1 .. 3000) { $s->send("x"); my $r = ""; vec($r, fileno($s), 1) = 1;
		if (select($r, undef, undef, 1)) { $s->recv(my $a, 10); $got++ } else { $lost++ } }
	print "$got answered, $lost lost\n"' >"$scratch/stream" &
stream=$!
reloads=0
while kill -0 "$stream" 2>/dev/null && [ $reloads -lt 200 ]; do
	tell reload
	reloads=$((reloads + 1))
done
wait "$stream"
tap_equal "no packet is lost while rules are reloaded" "$(cat "$scratch/stream")" "3000 answered, 0 lost"
asked=$(($(field packets) - before))
echo "# $reloads reloads under traffic: the flow was asked about $asked times"
[ "$asked" -ge 2 ] && [ "$asked" -le $((reloads + 2)) ]
tap_equal "each reload brings the flow back once at most" $? 0
tap_equal "no verdict failed" "$(field verdicts_failed)" 0
tap_equal "no reply failed" "$(field replies_failed)" 0

# ---- connections ----

ask udp "$four" 1000 hello >/dev/null
tell drop-flow 1000
tap_equal "a connection is deleted by its addresses" "$answer" "deleted 0"
tell drop-flows 1000
tap_equal "all connections to a port are deleted" "${answer% *}" deleted
tap_equal "and are gone" "$(in_space "$gateway" conntrack -L --dport 1000 -p udp 2>/dev/null | wc -l)" 0

# ---- bytes ----

tell reload
tap_equal "bytes are counted anew after a reload" "$(field up)" 0
ask udp "$four" 1000 hello 1000 >/dev/null
tell counters
up=$(sed -n 's/.*\bup=\([0-9]*\).*/\1/p' <<<"$answer")
down=$(sed -n 's/.*\bdown4=\([0-9]*\).*/\1/p' <<<"$answer")
if [ "$up" = 0 ]; then
	tap_skip "bytes are counted by device" "this kernel has no counting sets"
else
	# 1000 packets of 5 bytes with UDP's and IP's headers, each way.
	tap_equal "bytes are counted by device" "$up $down" "33000 33000"
fi

# ---- large packets ----

resident() {
	awk '/VmRSS/ { print $2 }' "/proc/$gateway_pid/status"
}
quiet=$(resident)
before=$(field packets)
tap_equal "20 MB through an inspected flow arrive intact" "$(
	in_space "$device" "$build/kernel_peer" bulk "$four" 3000 20000000
)" intact
tell counters
echo "# 40 MB took $(($(sed -n 's/.*packets=\([0-9]*\).*/\1/p' <<<"$answer") - before)) packets; $answer"
echo "# resident: $quiet kB before, $(resident) kB after"

# ---- interfaces ----

join "$second" eth0 192.0.3.10 2001:db8:4::10 "$second_mac" lan9 192.0.3.1 2001:db8:4::1
before=$(field from)
wait_for in_space "$gateway" ip -6 neigh >/dev/null
tap_equal "an interface that came is of the LAN" \
	"$(in_space "$second" "$build/kernel_peer" ask udp "$four" 1000 hello)" hello
tap_equal "and its packets are the device's" $(($(field from) - before)) 1
in_space "$gateway" ip link set lan9 down
in_space "$gateway" ip link set lan9 name other9
in_space "$gateway" ip link set other9 up
in_space "$gateway" ip addr add 192.0.3.1/24 dev other9 2>/dev/null
before=$(field packets)
tap_equal "under another name it is not" \
	"$(in_space "$second" "$build/kernel_peer" ask udp "$four" 2000 hello)" hello
tap_equal "and nothing of it is queued" $(($(field packets) - before)) 0
in_space "$gateway" ip link set other9 down
in_space "$gateway" ip link set other9 name lan9
in_space "$gateway" ip link set lan9 up
[ "$(field links)" -ge 5 ] && [ "$(field neighbours)" -ge 2 ]
tap_equal "links and neighbours are told of" $? 0

# ---- other hands ----

in_space "$gateway" nft flush ruleset
reapplied() { [ "$(field reapplied)" -ge "$1" ]; }
wait_for reapplied 1
tap_equal "rules that somebody flushed are put back" \
	"$(in_space "$gateway" nft list tables 2>/dev/null)" "table inet gatewayd"
in_space "$gateway" nft flush chain inet gatewayd from_lan
wait_for reapplied 2
tap_equal "a chain that somebody emptied is filled" \
	"$(in_space "$gateway" nft list chain inet gatewayd from_lan 2>/dev/null | grep -c 'goto ask')" 3
in_space "$gateway" nft 'table ip home {
	chain leave { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }
}'
in_space "$gateway" nft delete table ip home
in_space "$gateway" nft 'table ip home {
	chain leave { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }
}'
tap_equal "what others do to their own tables is no news" "$(field reapplied)" 2
tap_equal "and blocking goes on" "$(ask udp "$four" 2000 hello)" nothing

# ---- a second one, and one without rights ----

first=$gateway_pid
in_space "$gateway" "$build/kernel_gateway" closed "$exception" lan0 </dev/null >"$scratch/second" 2>&1
tap_equal "a second one is told who has the queue" "$(cat "$scratch/second")" \
	"error queue 61411 is taken by process $first (kernel_gateway): stop it, or set network.queue"
for missing in net_admin net_raw; do
	in_space "$gateway" setpriv --bounding-set=-$missing --inh-caps=-$missing \
		"$build/kernel_gateway" closed "$exception" lan0 </dev/null >"$scratch/$missing" 2>&1
	name=CAP_${missing^^}
	tap_equal "without $name it says so" "$(grep -o "needs $name" "$scratch/$missing")" "needs $name"
done

# ---- a flood while nobody reads ----

kill -STOP "$gateway_pid"
in_space "$device" perl -MIO::Socket::INET -e '
	for (1 .. 12000) { my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "'"$four"'",
		PeerPort => 5000); $s->send("x" x 1200) }' 2>/dev/null
kill -CONT "$gateway_pid"
passes() { [ "$(ask udp "$four" 1000 hello)" = hello ]; }
wait_for passes
tap_equal "after a flood it goes on" "$(ask udp "$four" 1000 hello)" hello
tell counters
echo "# flood: $answer"
lost=$(sed -n 's/.*overruns=\([0-9]*\).*queue_drops=\([0-9]*\) user_drops=\([0-9]*\).*/\1 + \2 + \3/p' <<<"$answer")
[ $((lost)) -gt 0 ]
tap_equal "and what was lost is counted (overruns + drops: $lost)" $? 0

# ---- killed ----

kill_gateway
tap_equal "killed: a closed device waits" "$(ask udp "$four" 1000 hello)" nothing
in_space "$device" ip link set eth0 down
in_space "$device" ip link set eth0 address "$exception"
in_space "$device" ip link set eth0 up
in_space "$device" ip route replace default via 192.0.2.1
in_space "$gateway" ip neigh flush all
tap_equal "killed: an open one passes" "$(ask udp "$four" 5000 hello)" hello
tap_equal "killed: answers of DNS pass" "$(ask udp 192.0.2.1 53 good)" good
in_space "$device" ip link set eth0 down
in_space "$device" ip link set eth0 address "$device_mac"
in_space "$device" ip link set eth0 up
in_space "$device" ip route replace default via 192.0.2.1
in_space "$gateway" ip neigh flush all
start_gateway open lan0
tap_equal "another one takes over" "$answer $(ask udp "$four" 1000 hello)" "ready hello"
kill_gateway
tap_equal "killed: by default open" "$(ask udp "$four" 5000 hello)" hello

# ---- a flowtable of our own, and another's ----

start_gateway flowtable lan0
tell features
if [[ $answer != *offload=1* ]]; then
	tap_skip "passed flows are offloaded" "this kernel has no flowtables"
else
	before=$(field packets)
	tap_equal "a passed flow is answered, offloaded or not" "$(ask udp "$four" 1000 hello 50)" "50 answers"
	tap_equal "only its first packet was queued" $(($(field packets) - before)) 1
	in_space "$gateway" conntrack -L -p udp --dport 1000 2>/dev/null | grep -q OFFLOAD
	tap_equal "passed flows are offloaded" $? 0
	ask udp "$four" 3000 hello 5 >/dev/null
	tap_equal "inspected ones are not" \
		"$(in_space "$gateway" conntrack -L -p udp --dport 3000 2>/dev/null | grep -c OFFLOAD)" 0
	tell reload
	tap_equal "reloads go on" "${answer% *}" "reload 0"
	in_space "$gateway" nft 'table inet other {
		flowtable fast { hook ingress priority 0; devices = { lan0, wan0 }; }
	}'
	tell features
	tap_equal "another's flowtable is found, ours is not" "${answer##* }" flowtables=1
	in_space "$gateway" nft delete table inet other
fi
kill_gateway

start_gateway closed lan0
tell quit
wait "$gateway_pid" 2>/dev/null
gateway_pid=''
tap_equal "a clean stop takes the rules away" "$answer $(in_space "$gateway" nft list tables)" \
	"removed 0 table ip home"
tap_equal "and all passes" "$(ask udp "$four" 2000 hello)" hello
tap_nothing "no complaint" "$(cat "$scratch/log")"
tap_done
