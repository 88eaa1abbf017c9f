#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes doh.tsv from public lists, each in a folder of its own:
#
#	policy/catalogue/doh.sh FOLDER >policy/catalogue/doh.tsv
#
# doh-crypt0rr		github.com/crypt0rr/public-doh-servers, MIT
# doh-oneoffdallas	github.com/oneoffdallas/dohservers, MIT
# v2fly-domain-list	github.com/v2fly/domain-list-community, MIT
#
# The rows below are ours, from what the vendors themselves publish. Left out:
# names that serve much else, and the addresses of content networks, behind
# which a name is somebody else's tomorrow.
set -eu
dir=${1:?the folder with the lists}
LC_ALL=C
export LC_ALL

own() {
	cat <<'END'
use-application-dns.net	canary	Mozilla's documentation of the canary domain
mask.icloud.com	canary	Apple's documentation of Private Relay
mask-h2.icloud.com	canary	Apple's documentation of Private Relay
resolver.arpa	ddr	RFC 9462
odoh.cloudflare-dns.com	odoh	Cloudflare's announcement of Oblivious DoH
odoh.crypto.sx	odoh	the project's page
odoh-relay.edgecompute.app	odoh	DNSCrypt's public list of relays
odoh1.surfdomeinen.nl	odoh	DNSCrypt's public list of relays
ibksturm.synology.me	odoh	DNSCrypt's public list of relays
jp.tiarap.org	odoh	DNSCrypt's public list of relays
doh.tiarap.org	odoh	DNSCrypt's public list of relays
odoh-nl.alekberg.net	odoh	DNSCrypt's public list of relays
odoh-se.alekberg.net	odoh	DNSCrypt's public list of relays
odoh-noads-nl.alekberg.net	odoh	DNSCrypt's public list of relays
119.29.29.29	httpdns	Tencent's documentation of HTTPDNS
119.29.29.98	httpdns	Tencent's documentation of HTTPDNS
119.29.29.99	httpdns	Tencent's documentation of HTTPDNS
203.107.1.0/24	httpdns	Alibaba Cloud's documentation of HTTPDNS
2401:b180:2000::/48	httpdns	Alibaba Cloud's documentation of HTTPDNS
1.1.1.0/30	doh	Cloudflare's documentation of 1.1.1.1
1.0.0.0/30	doh	Cloudflare's documentation of 1.1.1.1
2606:4700:4700::/64	doh	Cloudflare's documentation of 1.1.1.1
8.8.8.8	doh	Google's documentation of Public DNS
8.8.4.4	doh	Google's documentation of Public DNS
2001:4860:4860::8888	doh	Google's documentation of Public DNS
2001:4860:4860::8844	doh	Google's documentation of Public DNS
2001:4860:4860::64	doh	Google's documentation of Public DNS
2001:4860:4860::6464	doh	Google's documentation of Public DNS
dns64.dns.google	doh	Google's documentation of Public DNS
dns.google.com	doh	Google's documentation of Public DNS
httpdns.browser.miui.com	httpdns	seen in a vendor's apps
END
}

# "full:" is that name alone; ours are suffixes, which is the safer reading.
v2fly() { # file kind
	sed -E 's/[[:space:]]*#.*//; s/[[:space:]]+@.*//; s/^(full|domain)://; /^$/d; /:/d' \
		"$dir/v2fly-domain-list/$1" | sed "s,\$,	$2	v2fly/domain-list-community $1,"
}

plain() { # file source
	sed -E 's/\r$//; s/[[:space:]]*#.*//; s/^0\.0\.0\.0[[:space:]]+//; s/[[:space:]]+$//; /^$/d' \
		"$dir/$1" | tr 'A-Z' 'a-z' | sed "s,\$,	doh	$2,"
}

cat <<'END'
# Ways around the DNS that the gateway sees: a domain with all below it, an
# address or a network; what it is; who says so. Made by doh.sh, which says
# from what, under which licences, and what is left out.
# doh: DNS over HTTPS, TLS or QUIC. odoh: its oblivious kind. httpdns: names
# asked over plain HTTP by apps. canary: does not exist, so that clients stay
# with the network's DNS. ddr: designation of such resolvers.
END
{
	own
	v2fly category-doh doh
	v2fly category-httpdns-cn httpdns
	plain doh-oneoffdallas/list.txt oneoffdallas/dohservers
	plain doh-crypt0rr/dns.list crypt0rr/public-doh-servers
	plain doh-oneoffdallas/iplist.txt oneoffdallas/dohservers
	plain doh-crypt0rr/ipv4.list crypt0rr/public-doh-servers
	plain doh-oneoffdallas/ipv6list.txt oneoffdallas/dohservers
	plain doh-crypt0rr/ipv6.list crypt0rr/public-doh-servers
} | awk -F'\t' '
	# Content networks and hosters of much else.
	$1 ~ /^(104\.(1[6-9]|2[0-9]|3[01])|172\.(6[4-9]|7[01])|188\.114)\./ && $3 !~ /Cloudflare/ { next }
	$1 ~ /^(17\.|13\.|2606:4700:(3|7|f|20)|2a06:98c1|2620:149:)/ { next }
	$1 ~ /(^|\.)(bdydns\.com|jomodns\.com|cdn\.cloudflare\.net|v\.recipes|aaplimg\.com|akadns\.net)$/ { next }
	$1 !~ /[.:]/ || $1 ~ /[^a-z0-9._:\/-]/ { next }
	$1 ~ /^1\.[01]\.[01]\.[0-3]$/ || seen[$1]++ { next }
	{ print }' | sort
