# SPDX-License-Identifier: GPL-2.0-or-later
# Messages that a strip rule edits: in one segment, cut, out of order, sent
# again; over UDP; what cannot be read; and a known secret that passes.
use strict; use warnings; use FindBin; use lib "$FindBin::Bin/.."; use capture;

my $message = '{"machine":"K95","owner":"A. Smith","lat":48.137,' .
	'"payment":{"type":"card","no":"4111111111111111"},"drink":"latte"}';
sub post { return http('far.example', '/report?lat=48.137', $message) }

capture('in.pcap');
my $coffee = device('a4:cf:12:00:00:01', '192.168.1.10', '2001:db8:1::10');

my $flow = tcp($coffee, '203.0.113.5', 80);
up($flow, post());
down($flow, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
finish($flow);

# Cut inside a key and inside a value; the last piece comes first, the second twice.
$flow = tcp($coffee, '2001:db8:c::5', 8080);
my ($text, $first) = (post(), $flow->{up});
my @cuts = (0, index($text, 'ner"'), index($text, '.137,'), length $text);
for my $piece (2, 1, 1, 0) {
	$flow->{up} = $first + $cuts[$piece];
	up($flow, substr $text, $cuts[$piece], $cuts[$piece + 1] - $cuts[$piece]);
}

datagram(udp($coffee, '203.0.113.5', 7000), 1, $message);
# To the home cloud it goes as it is.
up(tcp($coffee, '198.51.100.5', 80), post());
# What cannot be read.
up(tcp($coffee, '203.0.113.6', 9000), "\x00\x01\x02\x03 nobody knows");
# A known secret of a kind that the rule leaves alone.
up(tcp($coffee, '203.0.113.7', 80), http('far.example', '/net', '{"net":"Smith-Family-5G"}'));
