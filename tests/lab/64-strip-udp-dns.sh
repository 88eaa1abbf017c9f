#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Datagrams are stripped one by one; DNS questions lose the client's subnet, and
# answers the keys of Encrypted Client Hello.
# shellcheck disable=SC2016 # perl has dollars, too
set -u
. "$(dirname "$0")/scenario.sh"

gatewayd_share # the table of keys
gatewayd_policy 'identifiers = ( { data = "network-id"; value = "Smith-Family-5G"; } );' <<-'END'
	devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "strips"; },
		{ name = "camera"; mac = "b0:f1:ec:00:00:02"; policy = "open"; },
		{ name = "laptop"; mac = "3c:22:fb:00:00:03"; policy = "free"; } );
	policies = (
		{ name = "strips"; default = "allow"; dns = { strip = [ "ecs", "ech" ]; }; rules = (
			{ action = "strip"; data = [ "location", "identity" ]; foreign = true; } ); },
		{ name = "open"; default = "allow"; rules = (
			{ action = "strip"; data = [ "location", "identity", "network-id" ]; foreign = true; opaque = "allow"; },
			{ action = "strip"; data = "network-id"; domain = "far.example"; } ); },
		{ name = "free"; default = "allow"; } );
END
# What hostapd would have written; the daemon reads it.
echo 'ssid=Cafe-Upstairs' >"$LAB/run/hostapd-phy0.conf"
scenario_start

# What arrives at port 7000 abroad, one datagram to a line, in hexadecimal.
: >"$LAB/datagrams.out"
lab_start datagrams abroad perl -MIO::Socket::IP -e '
	$| = 1; my $s = IO::Socket::IP->new(LocalHost => "::", LocalPort => 7000, Proto => "udp", V6Only => 0) or die $@;
	print "ready\n"; while (defined $s->recv(my $d, 65536)) { print unpack("H*", $d), "\n" }'
wait_for 5 grep -q ready "$LAB/datagrams.out"
send_datagram() { # device address hex
	in_space "$1" perl -MIO::Socket::IP -e '
		my $s = IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => 7000, Proto => "udp") or die $@;
		$s->send(pack "H*", $ARGV[1])' "$2" "$3"
}
hex() {
	printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'
}
expect_datagram() { # what device sent-hex expected-hex [address]
	local before
	before=$(wc -l <"$LAB/datagrams.out")
	send_datagram "$2" "${5-203.0.113.10}" "$3"
	wait_for 3 eval "[ \$(wc -l <'$LAB/datagrams.out') -gt $before ]"
	tap_equal "$1" "$(tail -n 1 "$LAB/datagrams.out")" "$4"
}
expect_no_datagram() { # what device sent-hex
	send_datagram "$2" 203.0.113.10 "$3" 2>/dev/null
	# One that passes, behind it: when that is there, the other is not to come.
	send_datagram laptop 203.0.113.10 "$(hex "marker $1")"
	wait_for 3 grep -q "$(hex "marker $1")" "$LAB/datagrams.out"
	tap_nothing "$1" "$(grep -x "$3" "$LAB/datagrams.out")"
}
json='{"owner":"A. Smith","n":1}' cleaned='{"owner":""        ,"n":1}'
expect_datagram "JSON" coffee "$(hex "$json")" "$(hex "$cleaned")"
expect_datagram "JSON over IPv6" coffee "$(hex "$json")" "$(hex "$cleaned")" 2001:db8:3::10
expect_datagram "a form" coffee "$(hex 'owner=Smith&n=1')" "$(hex 'owner=xxxxx&n=1')"
expect_datagram "CoAP with JSON" coffee "40020001b474656c65ff$(hex "$json")" "40020001b474656c65ff$(hex "$cleaned")"
# {"owner": "A. Smith", "n": 1}
expect_datagram "CoAP with CBOR" coffee "40020001c13cffa2656f776e657268412e20536d697468616e01" \
	"40020001c13cffa2656f776e6572682020202020202020616e01"
send_datagram coffee 203.0.113.10 "$(hex '<13>Nov 21 05:00:00 k95 app: owner=Smith drink=latte')"
wait_for 3 grep -q "$(hex 'drink=latte')" "$LAB/datagrams.out"
tap_equal "syslog keeps its length" "$(tail -n 1 "$LAB/datagrams.out" | wc -c)" 105
tap_nothing "syslog: nothing of the owner" "$(tail -n 1 "$LAB/datagrams.out" | grep "$(hex Smith)")"
expect_no_datagram "random bytes are opaque and blocked" coffee 80ff00017f3322118899aabb
expect_datagram "random bytes pass where the rule says so" camera 80ff00017f3322118899aabb 80ff00017f3322118899aabb

# ---- DNS ----

ecs=$LAB/ecs.out
lab_start ecs gateway tcpdump -i wan -n -U -w "$LAB/ecs.pcap" 'port 53'
wait_for 5 grep -q 'listening on' "$ecs"
ask coffee 198.51.100.53 ecs1.many.example A +subnet=192.0.2.0/24 >"$LAB/answer"
ask coffee 198.51.100.53 ecs2.many.example A +subnet=192.0.2.0/24 +tcp >>"$LAB/answer"
ask laptop 198.51.100.53 ecs3.many.example A +subnet=192.0.2.0/24 >>"$LAB/answer"
tap_equal "questions with a subnet are answered" "$(grep -c '198.51.100.10$' "$LAB/answer")" 3
pieces() { # name: does its question leave with the subnet?
	perl -0777 -ne 'BEGIN { $n = shift } $m = () = /\Q$n\E.{0,60}\x00\x08\x00\x07\x00\x01\x18\x00\xc0\x00\x02/sg; print $m ? 1 : 0' "$1" "$LAB/ecs.pcap"
}
wait_for 5 grep -aq ecs3 "$LAB/ecs.pcap"
tap_equal "the subnet is gone (UDP)" "$(pieces ecs1)" 0
tap_equal "the subnet is gone (TCP)" "$(pieces ecs2)" 0
tap_equal "of the laptop, whose policy keeps it, it is not" "$(pieces ecs3)" 1

tap_equal "an HTTPS record has ech" "$(ask laptop 198.51.100.53 hidden.many.example TYPE65 | grep -ciE 'ech=|0005')" 1
tap_equal "taken out for the coffee maker (UDP)" "$(ask coffee 198.51.100.53 hidden.many.example TYPE65 | grep -ciE 'ech=|ABCDEF')" 0
tap_equal "over TCP, where a length cannot change, it stays" \
	"$(ask coffee 198.51.100.53 hidden.many.example TYPE65 +tcp | grep -ciE 'ech=|0005')" 1
tap_equal "the rest of the record is there" "$(ask coffee 198.51.100.53 hidden.many.example TYPE65 | grep -cE 'alpn|h2')" 1

# ---- known secrets in names ----

tap_equal "a name with the network's name is refused where a rule says so" \
	"$(ask camera 198.51.100.53 Smith-Family-5G.far.example A +edns | grep -c 'EDE: 15')" 1
ask coffee 198.51.100.53 smith-family-5g.many.example A >"$LAB/answer"
expect_ok "and asked where none does" grep -q 198.51.100.10 "$LAB/answer"
expect_ok "which is told" eval "gatewayctl events coffee --json | jq -e 'select(.event == \"secret\" and .qname == \"smith-family-5g.many.example\" and .seen[\"network-id\"] == 1)'"
expect_ok "as is the secret in a datagram" eval "send_datagram coffee 203.0.113.10 $(hex '{"net":"Smith-Family-5G"}') &&
	wait_for 3 eval \"gatewayctl events coffee --json | jq -e 'select(.event == \\\"secret\\\" and .dport == 7000)'\""
expect_datagram "where the rule says so it is stripped" camera "$(hex '{"net":"Smith-Family-5G"}')" \
	"$(hex '{"net":"xxxxxxxxxxxxx0x"}')"
expect_datagram "the name of the router's own network, too, in base64" camera \
	"$(hex "{\"net\":\"$(printf Cafe-Upstairs | base64)\"}")" "$(hex '{"net":"x0xxxx0xxxx0xxxxxw=="}')"
echo 'ssid=Cellar-Door' >"$LAB/run/hostapd-phy0.conf"
gatewayctl reload >/dev/null
expect_datagram "one that got another name: its new one" camera "$(hex '{"net":"Cellar-Door"}')" "$(hex '{"net":"xxxxxxxxxxx"}')"
expect_datagram "and not its old one" camera "$(hex '{"net":"Cafe-Upstairs"}')" "$(hex '{"net":"Cafe-Upstairs"}')"
chmod 600 "$LAB/run/hostapd-phy0.conf"
gatewayctl reload >/dev/null
expect_datagram "still known when root alone may read it" camera "$(hex '{"net":"Cellar-Door"}')" "$(hex '{"net":"xxxxxxxxxxx"}')"
scenario_done
