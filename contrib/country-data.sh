#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetches a freely licensed MMDB of countries into /var/lib/gatewayd, or into
# the folder that is named: the npm package @ip-location-db/
# geo-whois-asn-country-mmdb (data by NRO, CC BY 4.0), about 8 MB. The old file
# stays until the new one is whole. Afterwards: gatewayctl reload
#
# Its README says of the data on npm that they contain bugs and are wrong in
# places, that they are no longer corrected there, and that the corrected ones are
# in the releases on GitHub: "gatewayctl lists update" fetches those. This is for
# trying things out where only npm's registry is reached.
set -eu
package=geo-whois-asn-country
folder=${1:-/var/lib/gatewayd}
registry=https://registry.npmjs.org/@ip-location-db/$package-mmdb

mkdir -p "$folder"
new=$(mktemp "$folder/.country.XXXXXX")
trap 'rm -f "$new"' EXIT
url=$(curl -fsSL "$registry/latest" | grep -o "https://[^\"]*\.tgz" | head -n 1)
curl -fsSL "$url" | tar -xzO "package/$package.mmdb" >"$new"
# Each MMDB has this marker in its last part.
if ! tail -c 131072 "$new" | grep -aq 'MaxMind\.com'; then
	echo "$url held no MMDB" >&2
	exit 1
fi
chmod 644 "$new"
mv "$new" "$folder/country.mmdb"
echo "its maker says that some of these data are wrong; gatewayctl lists update has better ones" >&2
echo "$folder/country.mmdb: $(wc -c <"$folder/country.mmdb") bytes, from $url"
