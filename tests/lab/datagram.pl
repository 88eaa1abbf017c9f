#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The vendor's side of what is neither HTTP nor MQTT, and its clients.
#
#	datagram.pl serve LOG		answers datagrams on port 7777, a line in LOG for
#					each; takes what comes by TCP on port 9000 and
#					writes how much it was
#	datagram.pl KIND HOST [4|6]	asks once: ntp, stun, kalay or pppp; it succeeds
#					when the right answer came
#	datagram.pl send HOST MB	sends so much to port 9000; it succeeds when all
#					of it arrived
use strict;
use warnings;
use IO::Select;
use IO::Socket::IP;
use Socket qw(AF_INET AF_INET6 SOCK_DGRAM SOCK_STREAM SHUT_WR);
use Time::HiRes qw(time);

my $NTP_EPOCH = 2208988800;
my $STUN_COOKIE = 0x2112a442;
my %port = (ntp => 123, stun => 3478, kalay => 10001, pppp => 32100);
# A Kalay client that asks for its public address, header scrambled as on the
# wire (tests/unit/decode/test_p2p.c does it step by step), and 38 bytes.
my $kalay = pack('H*', 'ee2f8cec40d140ca2d2d882d20e6cada') . "\0" x 38;
# PPPP: hello, and the answer with an address in it.
my $pppp = pack('CCn', 0xf1, 0, 0);

sub ntp_time { my $t = time + $NTP_EPOCH; pack('NN', int $t, ($t - int $t) * 2**32) }

sub answer_to {
	my ($asked) = @_;
	my $first = unpack 'C', $asked;
	if (length $asked == 48 && ($first & 7) == 3) {
		# Server, stratum 2; what the client sent as its time comes back as origin.
		return pack('CCCcNNN', 0x24, 2, 6, -20, 0, 0, 0x7f000001) . ntp_time() .
			substr($asked, 40, 8) . ntp_time() . ntp_time();
	}
	if (length $asked >= 20 && unpack('x4N', $asked) == $STUN_COOKIE) {
		# Binding success, the mapped address left at zero.
		return pack('nnN', 0x0101, 12, $STUN_COOKIE) . substr($asked, 8, 12) .
			pack('nnCCnN', 0x0020, 8, 0, 1, 0, 0);
	}
	return pack('CCn', 0xf1, 1, 16) . "\0" x 16 if substr($asked, 0, 2) eq "\xf1\0";
	return $asked;
}

sub serve {
	my ($path) = @_;
	open my $log, '>>', $path or die "$path: $!\n";
	$log->autoflush(1);
	my $datagrams = IO::Socket::IP->new(LocalHost => '::', LocalPort => 7777, Type => SOCK_DGRAM,
		V6Only => 0) or die "7777: $@\n";
	my $listener = IO::Socket::IP->new(LocalHost => '::', LocalPort => 9000, Listen => 16,
		V6Only => 0, ReuseAddr => 1) or die "9000: $@\n";
	my $select = IO::Select->new($datagrams, $listener);
	my %taken;
	while (my @ready = $select->can_read) {
		for my $socket (@ready) {
			if ($socket == $datagrams) {
				my $from = $datagrams->recv(my $asked, 2048);
				next if !defined $from || $asked eq '';
				print $log 'datagram ', unpack('H8', $asked), "\n";
				$datagrams->send(answer_to($asked), 0, $from);
			} elsif ($socket == $listener) {
				my $client = $listener->accept or next;
				$taken{$client} = 0;
				$select->add($client);
			} else {
				my $got = sysread $socket, my $data, 1 << 20;
				$taken{$socket} += $got, next if $got;
				print $log 'stream ', $taken{$socket}, "\n";
				syswrite $socket, "$taken{$socket}\n" if defined $got;
				$select->remove($socket);
				delete $taken{$socket};
				close $socket;
			}
		}
	}
}

sub ask {
	my ($kind, $host, $family) = @_;
	my $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port{$kind}, Type => SOCK_DGRAM,
		Family => $family eq '6' ? AF_INET6 : AF_INET) or die "$host: $@\n";
	my $sent = ntp_time();
	my $id = substr $sent . $$ . '            ', 0, 12;
	my $asked = $kind eq 'ntp' ? pack('C', 0x23) . "\0" x 39 . $sent
		: $kind eq 'stun' ? pack('nnN', 1, 0, $STUN_COOKIE) . $id
		: $kind eq 'pppp' ? $pppp : $kalay;
	defined $socket->send($asked) or die "not sent: $!\n";
	IO::Select->new($socket)->can_read($ENV{LAB_PATIENCE} || 1) or die "no answer\n";
	defined $socket->recv(my $answer, 2048) or die "refused: $!\n";
	my $right = $kind eq 'ntp' ? length $answer == 48 && (unpack('C', $answer) & 7) == 4 &&
			substr($answer, 24, 8) eq $sent
		: $kind eq 'stun' ? substr($answer, 0, 2) eq "\1\1" && substr($answer, 8, 12) eq $id
		: $kind eq 'pppp' ? substr($answer, 0, 2) eq "\xf1\1" : $answer eq $asked;
	$right or die "not the answer: ", unpack('H*', $answer), "\n";
}

sub send_much {
	my ($host, $megabytes) = @_;
	my $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => 9000, Type => SOCK_STREAM,
		Family => AF_INET, Timeout => 3) or die "$host: $@\n";
	my $block = "\xa5" x 1_000_000;
	local $SIG{PIPE} = 'IGNORE';
	for (1 .. $megabytes) {
		for (my $at = 0; $at < length $block;) {
			my $n = syswrite $socket, $block, length($block) - $at, $at;
			defined $n or die "cut: $!\n";
			$at += $n;
		}
	}
	shutdown $socket, SHUT_WR;
	my $said = <$socket> // die "cut: $!\n";
	$said == $megabytes * 1_000_000 or die "$said arrived\n";
}

my ($kind, $where, $more) = @ARGV;
if ($kind eq 'serve') { serve($where) }
elsif ($kind eq 'send') { send_much($where, $more) }
elsif ($port{$kind}) { ask($kind, $where, $more // '4') }
else { die "what is $kind?\n" }
