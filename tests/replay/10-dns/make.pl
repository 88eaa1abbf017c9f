# SPDX-License-Identifier: GPL-2.0-or-later
# Refused questions, one socket for many names, CNAMEs, pruned addresses.
use strict; use warnings; use FindBin; use lib "$FindBin::Bin/.."; use capture;

capture('in.pcap');
my $coffee = device('a4:cf:12:00:00:01', '192.168.1.10');
my ($router, $public) = ('192.168.1.1', '198.51.100.53');
ask($coffee, $router, 'control.example', 'A', ['198.51.100.5'], edns => 1);
# Never answered: gatewayd would have answered, and the resolver did not hear of it.
ask($coffee, $router, 'tracker.example', 'A', undef, edns => 1);
# The answer came because nobody refused; what the device asks is refused all the same.
ask($coffee, $public, 'Sub.Tracker.Example', 'AAAA', ['2001:db8:a::1']);
ask($coffee, $public, 'www.shop.example', 'A', ['cdn.tracker.example', '198.51.100.7']);
ask($coffee, $public, 'mixed.example', 'A', ['198.51.100.8', '203.0.113.8']);
my $socket = udp($coffee, $public, 53);
datagram($socket, 1, question('control.example', 'A', id => 1));
datagram($socket, 1, question('tracker.example', 'A', id => 2));
datagram($socket, 1, question('control.example', 'HTTPS', id => 3));
# Not DNS, and DNS that is broken.
datagram(udp($coffee, $public, 53), 1, "\x00\x01 this is something else on port 53");
datagram(udp($coffee, $public, 53), 1, substr question('control.example', 'A'), 0, 20);
