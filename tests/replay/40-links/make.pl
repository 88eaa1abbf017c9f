# SPDX-License-Identifier: GPL-2.0-or-later
# VLAN, QinQ and PPPoE inside Ethernet.
use strict; use warnings; use FindBin; use lib "$FindBin::Bin/.."; use capture;

capture('in.pcap');
my $device = device('02:00:00:00:00:01', '10.0.0.2', '2001:db8:1::2');
for my $kind (qw(ethernet vlan qinq pppoe)) {
	frame_kind($kind);
	ask($device, '10.0.0.1', "$kind.example", 'A', ['198.51.100.5']);
	up(tcp($device, '198.51.100.5', 443), client_hello("$kind.example"));
}
