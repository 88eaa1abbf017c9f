# SPDX-License-Identifier: GPL-2.0-or-later
# Linux cooked: what "tcpdump -i any" writes.
use strict; use warnings; use FindBin; use lib "$FindBin::Bin/.."; use capture;

capture('in.pcap', 113);
frame_kind('sll');
my $device = device('02:00:00:00:00:01', '10.0.0.2');
ask($device, '10.0.0.1', 'control.example', 'A', ['198.51.100.5']);
up(tcp($device, '198.51.100.5', 443), client_hello('control.example'));
