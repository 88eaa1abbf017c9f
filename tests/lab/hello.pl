#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hello.pl ADDRESS PORT NAME: sends a ClientHello as one with Encrypted Client
# Hello looks from outside, with NAME as its outer name, and says "answered"
# when a server hello comes. No client of Debian 12 can do ECH.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($address, $port, $name) = @ARGV;
sub extension { pack('n n/a*', @_) }
my $sni = pack('n/a*', pack('C n/a*', 0, $name));
# RFC 9849, section 5: outer, HKDF-SHA256 with AES-128-GCM, 42, enc, payload.
my $ech = pack('C n n C n/a* n/a*', 0, 1, 1, 42, 'k' x 32, 'p' x 208);
my $extensions = extension(0, $sni) . extension(0xfe0d, $ech) .
    extension(10, pack('n/a*', pack('n*', 29, 23))) . extension(11, pack('C/a*', "\0")) .
    extension(13, pack('n/a*', pack('n*', 0x0403, 0x0804, 0x0401)));
# Random, no session, suites, no compression.
my $body = pack('n a32 C', 0x0303, 'r' x 32, 0) . pack('n/a*', pack('n*', 0xc02b, 0xc02f)) .
    "\1\0" . pack('n/a*', $extensions);
my $handshake = "\1" . substr(pack('N', length $body), 1) . $body;
my $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Timeout => 3)
    or die "no connection: $@\n";
$socket->syswrite("\x16\3\1" . pack('n/a*', $handshake)) or die "not sent: $!\n";
IO::Select->new($socket)->can_read(3) or die "no answer\n";
my $count = $socket->sysread(my $answer, 5);
die "reset: $!\n" unless defined $count;
die "no server hello\n" unless $count == 5 && substr($answer, 0, 2) eq "\x16\3";
print "answered\n";
