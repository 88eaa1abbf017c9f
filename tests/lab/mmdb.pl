#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab's databases: reads lines "NETWORK COUNTRY ASN ORGANISATION" and writes
# a country file in the nested layout and an ASN file in the flat one. The
# documentation ranges, which such files leave out, are wanted here.
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

@ARGV == 2 or die "usage: $0 COUNTRY.mmdb ASN.mmdb < networks\n";
my %types = (
	country                        => 'map',
	iso_code                       => 'utf8_string',
	autonomous_system_number       => 'uint32',
	autonomous_system_organization => 'utf8_string',
);

sub tree {
	my ($type) = @_;
	return MaxMind::DB::Writer::Tree->new(
		ip_version               => 6,
		record_size              => 24,
		database_type            => $type,
		languages                => ['en'],
		description              => { en => 'made for the lab' },
		remove_reserved_networks => 0,
		map_key_type_callback    => sub { $types{ $_[0] } },
	);
}

my ($country, $asn) = (tree('Lab-Country'), tree('Lab-ASN'));
while (my $line = <STDIN>) {
	my ($network, $code, $number, $name) = split ' ', $line, 4;
	next unless defined $name;
	chomp $name;
	$country->insert_network($network, { country => { iso_code => $code } });
	$asn->insert_network($network,
		{ autonomous_system_number => $number, autonomous_system_organization => $name });
}
for my $file ([ $ARGV[0], $country ], [ $ARGV[1], $asn ]) {
	open my $out, '>:raw', $file->[0] or die "$file->[0]: $!\n";
	$file->[1]->write_tree($out);
	close $out or die "$file->[0]: $!\n";
}
