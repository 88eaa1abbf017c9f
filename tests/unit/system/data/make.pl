#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes the databases of test_geo.c in layouts that the others do not have:
# flat records, a country at the top level, an AS number as text. Debian:
# libmaxmind-db-writer-perl. Run it in this folder.
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my %types = (
	country_code => 'utf8_string', country => 'utf8_string', asn => 'utf8_string',
	autonomous_system_number => 'uint32', autonomous_system_organization => 'utf8_string',
	as_name => 'utf8_string',
);

sub make {
	my ($file, $type, %networks) = @_;
	my $tree = MaxMind::DB::Writer::Tree->new(
		ip_version => 6, record_size => 24, database_type => $type,
		languages => ['en'], description => { en => 'made for a test' },
		alias_ipv6_to_ipv4 => 1, remove_reserved_networks => 0,
		map_key_type_callback => sub { $types{ $_[0] } },
	);
	$tree->insert_network($_, $networks{$_}) for sort keys %networks;
	open my $out, '>:raw', $file or die "$file: $!";
	$tree->write_tree($out);
	close $out;
}

# 192.168.0.0/16 is in Australia, as one of the free databases has it.
make('flat-country.mmdb', 'flat-country',
	'192.0.2.0/24'    => { country_code => 'US' },
	'203.0.113.0/24'  => { country_code => 'CN' },
	'192.168.0.0/16'  => { country_code => 'AU' },
	'2001:db8::/32'   => { country_code => 'de' },
	'198.51.100.0/25' => { country_code => 'not a country' });
make('flat-asn.mmdb', 'flat-asn',
	'203.0.113.0/24' => { autonomous_system_number => 64500,
		autonomous_system_organization => "Example \x{1b}[31m" });
make('text-asn.mmdb', 'text-asn',
	'203.0.113.0/24'  => { country => 'CN', asn => 'AS64500', as_name => 'Example' },
	'198.51.100.0/24' => { country => 'Nowhere', asn => 'AS99999999999' });
