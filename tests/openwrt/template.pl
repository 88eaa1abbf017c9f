#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/openwrt/template.pl FOLDER: what of a LuCI application is to be
# translated, as LuCI's own build/i18n-scan.pl prints it (which needs gettext):
# the words in _('...') of its pages, titles of its menu, descriptions of its
# rights, each with where it stands. What it cannot read it refuses.
use strict;
use warnings;

my $app = shift // die "usage: $0 FOLDER\n";
my ($name) = $app =~ m{([^/]+)/*$};
my %places;

sub words_of {
	my ($path) = @_;
	return qr/_\((?:'((?:[^'\\]|\\.)*)'\))?/ if $path =~ /\.js$/;
	return qr/"(?:title|description)"\s*:\s*(?:"((?:[^"\\]|\\.)*)")?/;
}

# Longer than a line, it begins on the next one and is cut at spaces.
sub print_word {
	my ($word) = @_;
	my ($line, @lines) = ('');
	return print qq{msgid "$word"\n} if length $word <= 71;
	for my $part ($word =~ /\S+ ?/g) {
		if (length "$line$part" > 77) {
			push @lines, $line;
			$line = '';
		}
		$line .= $part;
	}
	print qq{msgid ""\n}, map { qq{"$_"\n} } @lines, $line;
}

my $found = qx(cd '$app' && find htdocs root -name '*.js' -o -path '*/menu.d/*.json' -o -path '*/acl.d/*.json');
for my $path (split /\n/, $found) {
	my $words = words_of($path);
	open my $file, '<', "$app/$path" or die "$path: $!\n";
	while (my $line = <$file>) {
		while ($line =~ /$words/g) {
			my $word = $1 // die "$path:$.: one whole string on this line, please\n";
			$word =~ s/\\'/'/g;
			$word =~ s/(?<!\\)"/\\"/g;
			push @{$places{$word}}, ["applications/$name/$path", $.];
		}
	}
}
print qq{msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"\n};
for my $word (sort keys %places) {
	print "\n";
	print "#: $_->[0]:$_->[1]\n"
		for sort { $a->[0] cmp $b->[0] || $a->[1] <=> $b->[1] } @{$places{$word}};
	print_word($word);
	print qq{msgstr ""\n};
}
