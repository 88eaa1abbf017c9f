# SPDX-License-Identifier: GPL-2.0-or-later
# The packets' time counts, on the clock on the wall: Sunday, 29 March 2026,
# when Berlin's clocks jump from 02:00 to 03:00.
use strict; use warnings; use FindBin; use lib "$FindBin::Bin/.."; use capture;

capture('in.pcap');
my $console = device('02:00:00:00:00:01', '10.0.0.2');
for my $hour (0, 1) { # UTC: 01:59:59 and 03:00:00 in Berlin
	at(1_774_742_400 + $hour * 3600 + ($hour ? 0 : 3599));
	datagram(udp($console, '198.51.100.5', 3074), 1, 'game');
}
at(1_774_742_400 + 2 * 3600); # 04:00 in Berlin
datagram(udp($console, '198.51.100.5', 3074), 1, 'game');
