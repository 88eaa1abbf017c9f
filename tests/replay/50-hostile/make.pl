# SPDX-License-Identifier: GPL-2.0-or-later
# Names that would move a cursor, and flows made to be misread: a hello that the
# server will never accept (wrong checksum, too short a life) before the true one.
use strict; use warnings; use FindBin; use lib "$FindBin::Bin/.."; use capture;

capture('in.pcap');
my $device = device('02:00:00:00:00:01', '10.0.0.2');
ask($device, '10.0.0.1', "\e[2J\e[31mred\a.evil.example", 'A', ['198.51.100.5']);
ask($device, '10.0.0.1', "quo\"te\\back.evil.example", 'A', ['198.51.100.6']);
ask($device, '10.0.0.1', "\xe2\x80\xaegnp.evil.example", 'A', ['198.51.100.7']);
up(tcp($device, '198.51.100.8', 80), http("\e]0;title\a.example", '/'));
my $flow = tcp($device, '198.51.100.9', 443);
up($flow, client_hello('good.example'), checksum => 0xdead, decoy => 1);
up($flow, client_hello('good.example'), ttl => 3, decoy => 1);
up($flow, client_hello('evil.example'));
