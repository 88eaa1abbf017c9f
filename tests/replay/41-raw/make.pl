# SPDX-License-Identifier: GPL-2.0-or-later
# Raw IP has no MACs: the address is the device. Here the LAN is a public range.
use strict; use warnings; use FindBin; use lib "$FindBin::Bin/.."; use capture;

capture('in.pcap', 101);
frame_kind('raw');
my $device = device('02:00:00:00:00:01', '192.0.2.77', '2001:db8:1::2');
ask($device, '198.51.100.53', 'control.example', 'A', ['198.51.100.5']);
up(tcp($device, '198.51.100.5', 443), client_hello('control.example'));
up(tcp($device, '2001:db8:a::5', 443), client_hello('six.example'));
