# SPDX-License-Identifier: GPL-2.0-or-later
# Names from DNS, SNI and Host; countries; addresses that were never resolved.
use strict; use warnings; use FindBin; use lib "$FindBin::Bin/.."; use capture;

capture('in.pcap');
my $coffee = device('a4:cf:12:00:00:01', '192.168.1.10', '2001:db8:1::10');
my $camera = device('b0:f1:ec:00:00:02', '192.168.1.20');
my $guest = device('02:00:00:00:00:99', '192.168.1.30');

ask($coffee, '192.168.1.1', 'control.example', 'A', ['198.51.100.5']);
my $flow = tcp($coffee, '198.51.100.5', 443);
up($flow, client_hello('control.example'));
down($flow, 'x' x 1000);
finish($flow);
# The name is at home, the address is not.
ask($coffee, '192.168.1.1', 'far.example', 'AAAA', ['2001:db8:c::5']);
$flow = tcp($coffee, '2001:db8:c::5', 443);
up($flow, client_hello('far.example'));
# Never resolved.
up(tcp($coffee, '198.51.100.66', 8443), 'hello');
datagram(udp($coffee, '198.51.100.66', 9999), 1, 'hello');

up(tcp($camera, '198.51.100.7', 80), http('plain.example', '/a', 'k=v'));
up(tcp($camera, '203.0.113.9', 80), http('logs.example', '/b'));
# The name comes late, in two segments.
$flow = tcp($camera, '198.51.100.7', 443);
my $hello = client_hello('bad.example');
up($flow, substr $hello, 0, 30);
up($flow, substr $hello, 30);
# A handshake, and nothing after it.
tcp($camera, '198.51.100.8', 443);

datagram(udp($guest, '198.51.100.9', 123), 1, "\x23" . "\0" x 47);
# To the router, to everybody, and between devices.
up(tcp($guest, '192.168.1.1', 80), http('router', '/'));
datagram(udp($guest, '239.255.255.250', 1900), 1, "M-SEARCH * HTTP/1.1\r\n\r\n");
