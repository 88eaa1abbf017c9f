# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes the captures of these tests out of words, so that everything in them is
# known and ours to give away. A case's make.pl says what happens:
#
#	capture('in.pcap');
#	my $coffee = device('a4:cf:12:00:00:01', '192.0.2.10');
#	ask($coffee, '192.0.2.1', 'good.example', 'A', ['198.51.100.5']);
#	my $flow = tcp($coffee, '198.51.100.5', 443);
#	up($flow, client_hello('good.example'));
#
# Times go on by a millisecond per packet; wait_for(SECONDS) lets more pass.
package capture;
use strict;
use warnings;
use Socket qw(inet_pton AF_INET AF_INET6);
use Exporter 'import';
our @EXPORT = qw(capture at wait_for device ask question answer tcp udp up down finish datagram
	client_hello http packet frame_kind);

my ($out, $now, $id, $port, $kind);
my $gateway_mac = '02:00:5e:00:00:01';
my %types = (A => 1, CNAME => 5, TXT => 16, AAAA => 28, HTTPS => 65);

sub capture {
	my ($path, $link) = @_;
	($now, $id, $port, $kind) = (1_774_782_000_000_000, 0, 40000, 'ethernet');
	open $out, '>:raw', $path or die "$path: $!";
	print $out pack 'L<S<S<l<L<L<L<', 0xa1b2c3d4, 2, 4, 0, 0, 65535, $link // 1;
}

# How packets are wrapped from here on: ethernet, vlan, qinq, pppoe, sll, raw.
sub frame_kind { ($kind) = @_ }

sub at { ($now) = map { $_ * 1_000_000 } @_ }
sub wait_for { $now += $_[0] * 1_000_000 }

sub device {
	my ($mac, @addresses) = @_;
	return { mac => $mac, addresses => \@addresses };
}

sub address { my ($text) = @_; return inet_pton($text =~ /:/ ? AF_INET6 : AF_INET, $text) }

sub mac { return pack 'H12', join '', split /:/, $_[0] }

sub sum {
	my ($data) = @_;
	my $sum = 0;
	$sum += $_ for unpack 'n*', length($data) % 2 ? "$data\0" : $data;
	$sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
	return $sum ^ 0xffff;
}

sub wrap {
	my ($source, $target, $type, $ip) = @_;
	my $ethernet = mac($target) . mac($source);
	return $ethernet . pack('n', $type) . $ip if $kind eq 'ethernet';
	return $ethernet . pack('nnn', 0x8100, 7, $type) . $ip if $kind eq 'vlan';
	return $ethernet . pack('nnnnn', 0x88a8, 7, 0x8100, 9, $type) . $ip if $kind eq 'qinq';
	return $ethernet . pack('nCCnnn', 0x8864, 0x11, 0, 1, length($ip) + 2,
		$type == 0x800 ? 0x21 : 0x57) . $ip if $kind eq 'pppoe';
	return pack('nnna8n', 0, 1, 6, mac($source), $type) . $ip if $kind eq 'sll';
	return $ip;
}

# One IP packet; transport is all that follows the IP header, its checksum 0.
sub packet {
	my ($from, $to, $source_mac, $target_mac, $protocol, $transport, %more) = @_;
	my ($source, $target) = (address($from), address($to));
	my $pseudo = $source . $target . pack 'NN', length $transport, $protocol;
	my %offset = (6 => 16, 17 => 6, 58 => 2);
	my ($ip, $type);
	if (defined $offset{$protocol} || $protocol == 1) {
		my $sum = sum(($protocol == 1 ? '' : $pseudo) . $transport);
		$sum = $more{checksum} if defined $more{checksum};
		substr $transport, $protocol == 1 ? 2 : $offset{$protocol}, 2, pack 'n', $sum;
	}
	if (length $source == 4) {
		$ip = pack 'CCnnnCCna4a4', 0x45, 0, 20 + length $transport, ++$id & 0xffff, 0x4000,
			$more{ttl} // 64, $protocol, 0, $source, $target;
		substr $ip, 10, 2, pack 'n', sum($ip);
		$type = 0x0800;
	} else {
		$ip = pack 'NnCCa16a16', 0x60000000, length $transport, $protocol, $more{ttl} // 64,
			$source, $target;
		$type = 0x86dd;
	}
	my $frame = wrap($source_mac, $target_mac, $type, $ip . $transport);
	print $out pack('L<L<L<L<', $now / 1_000_000, $now % 1_000_000, length $frame, length $frame),
		$frame;
	$now += 1000;
}

sub send_up {
	my ($flow, $protocol, $transport, %more) = @_;
	packet($flow->{near}, $flow->{far}, $flow->{mac}, $gateway_mac, $protocol, $transport, %more);
}

sub send_down {
	my ($flow, $protocol, $transport, %more) = @_;
	packet($flow->{far}, $flow->{near}, $gateway_mac, $flow->{mac}, $protocol, $transport, %more);
}

# ---- UDP ----

sub udp {
	my ($device, $far, $far_port) = @_;
	my ($near) = grep { /:/ ? $far =~ /:/ : $far !~ /:/ } @{ $device->{addresses} };
	return { mac => $device->{mac}, near => $near, far => $far, port => ++$port,
		far_port => $far_port };
}

sub datagram {
	my ($flow, $is_up, $data) = @_;
	my @ports = ($flow->{port}, $flow->{far_port});
	@ports = reverse @ports unless $is_up;
	my $udp = pack('nnnn', @ports, 8 + length $data, 0) . $data;
	$is_up ? send_up($flow, 17, $udp) : send_down($flow, 17, $udp);
}

# ---- DNS ----

sub encode_name { return join('', map { pack 'C/a', $_ } split /\./, $_[0]) . "\0" }

sub question {
	my ($name, $type, %more) = @_;
	my $edns = $more{edns} ? "\0" . pack 'nnNn', 41, 1232, 0, 0 : '';
	return pack('nnnnnn', $more{id} // 0x1234, 0x0100, 1, 0, 0, $more{edns} ? 1 : 0) .
		encode_name($name) . pack('nn', $types{$type}, 1) . $edns;
}

# records: addresses, and names for CNAMEs, in order.
sub answer {
	my ($name, $type, $records, %more) = @_;
	my ($owner, $data, $count) = ($name, '', 0);
	for my $record (@$records) {
		my $is_address = $record =~ /:|^[0-9.]+$/;
		my $rdata = $is_address ? address($record) : encode_name($record);
		my $number = !$is_address ? 5 : length $rdata == 4 ? 1 : 28;
		$data .= encode_name($owner) . pack('nnNn/a', $number, 1, $more{ttl} // 300, $rdata);
		$owner = $record unless $is_address;
		$count++;
	}
	return pack('nnnnnn', $more{id} // 0x1234, 0x8180, 1, $count, 0, 0) . encode_name($name) .
		pack('nn', $types{$type}, 1) . $data;
}

sub ask {
	my ($device, $resolver, $name, $type, $records, %more) = @_;
	my $flow = udp($device, $resolver, 53);
	datagram($flow, 1, question($name, $type, %more));
	datagram($flow, 0, answer($name, $type, $records, %more)) if $records;
	return $flow;
}

# ---- TCP ----

sub segment {
	my ($flow, $is_up, $flags, $data, %more) = @_;
	my @ports = ($flow->{port}, $flow->{far_port});
	my @numbers = ($flow->{up}, $flow->{down});
	unless ($is_up) { @ports = reverse @ports; @numbers = reverse @numbers }
	my $tcp = pack('nnNNCCnnn', @ports, @numbers, 0x50, $flags, 65000, 0, 0) . $data;
	$is_up ? send_up($flow, 6, $tcp, %more) : send_down($flow, 6, $tcp, %more);
	return if $more{decoy};
	$flow->{ $is_up ? 'up' : 'down' } += length($data) + ($flags & 3 ? 1 : 0);
}

sub tcp {
	my ($device, $far, $far_port, %more) = @_;
	my $flow = udp($device, $far, $far_port);
	($flow->{up}, $flow->{down}) = (1000, 5000);
	segment($flow, 1, 0x02, '', %more);
	$flow->{down} = 5000;
	segment($flow, 0, 0x12, '');
	segment($flow, 1, 0x10, '', %more);
	return $flow;
}

sub up { my ($flow, $data, %more) = @_; segment($flow, 1, 0x18, $data, %more) }
sub down { my ($flow, $data, %more) = @_; segment($flow, 0, 0x18, $data, %more) }

sub finish {
	my ($flow) = @_;
	segment($flow, 1, 0x11, '');
	segment($flow, 0, 0x11, '');
	segment($flow, 1, 0x10, '');
}

# ---- what is said over it ----

sub client_hello {
	my ($name) = @_;
	my $server_name = pack 'nn/a', 0, pack('n/a', pack('Cn/a', 0, $name));
	my $hello = pack('n', 0x0303) . ('r' x 32) . pack('C/a', '') . pack('n/a', pack 'n', 0x1301) .
		pack('C/a', "\0") . pack('n/a', $server_name);
	my $handshake = pack('Cxn/a', 1, $hello);
	return pack('Cnn/a', 22, 0x0301, $handshake);
}

sub http {
	my ($host, $path, $body) = @_;
	my $method = defined $body ? 'POST' : 'GET';
	my $length = defined $body ? 'Content-Length: ' . length($body) . "\r\n" : '';
	return "$method $path HTTP/1.1\r\nHost: $host\r\n$length\r\n" . ($body // '');
}

1;
