#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Databases of countries and AS numbers, fetched over HTTPS from nginx: read
# from end to end before they are believed, swapped in while the daemon runs,
# and the old one stays on any doubt. At last by default, as cron does it:
# the daemon is told.
# shellcheck disable=SC2119 # update and result: no option is wanted
set -u
. "$(dirname "$0")/scenario.sh"
. tests/lab/downloads.sh

kept=$GATEWAYD_STATEDIR/country.mmdb
# database FILE COUNTRY [networks]: the network abroad is there; as many others
database() {
	{
		echo "203.0.113.0/24 $2 64510 Far"
		echo "2001:db8:3::/48 $2 64510 Far"
		# Neighbours differ, or the writer would make one network of them.
		seq 0 "${3:-40}" | awk '{ print "10." $1 ".0.0/16", $1 % 2 ? "US" : "DE", 64500 + $1 % 2, "Some" }'
	} | perl tests/lab/mmdb.pl "$DOWNLOADS/$1" "$DOWNLOADS/asn-$1"
}
# What the daemon itself does, whatever the files say.
reached() {
	fetch laptop -4 -o /dev/null http://203.0.113.10/
}

database good CN
rm "$LAB/etc/country.mmdb" "$LAB/etc/asn.mmdb"
gatewayd_policy 'geo = { country = "country.mmdb"; country_url = "https://127.0.0.1:8443/moved/now";
  asn = "asn.mmdb"; asn_url = "https://127.0.0.1:8443/asn"; };' <<-'END'
	devices = ( { name = "laptop"; mac = "3c:22:fb:00:00:03"; policy = "near"; } );
	policies = ( { name = "near"; default = "allow"; rules = ( { action = "block"; country = "CN"; } ); } );
	END
# The line before ours names the files alone.
sed -i '/^geo = { country = "country.mmdb"; asn/d' "$LAB/etc/gatewayd.conf"
cp "$DOWNLOADS/good" "$DOWNLOADS/now"
gzip <"$DOWNLOADS/asn-good" >"$DOWNLOADS/asn"
downloads_start now
scenario_start

expect_ok "without a database nothing is known" reached
expect_ok "lists says what is to be done" grep -q 'never fetched: gatewayctl lists update' \
	<<<"$(gatewayctl lists 2>&1)"
expect_ok "so does the daemon's log" grep -q 'to fetch it: gatewayctl lists update' "$LAB/gatewayd.log"
tap_equal "both are fetched, through a redirection, packed or not" "$(result)" $'updated \nupdated '
gatewayctl reload >/dev/null 2>&1
expect_blocked "the daemon has it after a reload" reached
tap_equal "lists tells what is there" \
	"$(gatewayctl lists --json | jq -r 'select(.database == "country") | "\(.networks) \(.known) \(.url != null) \(.built != null) \(.bytes)"')" \
	"43 43 true true $(stat -c %s "$DOWNLOADS/good")"
expect_ok "in a table, too" grep -qE '^country +mmdb +43 ' <<<"$(gatewayctl lists)"
tap_equal "what is not newer is not fetched" "$(result)" $'unchanged \nunchanged '
expect_ok "the server was asked with a condition" grep -q '"GET /now.* 304 ' "$LAB/downloads/access.log"
tap_equal "nothing is said where no terminal is" "$(update 2>&1)" ""
on_terminal() {
	script -qec "ip netns exec $(space gateway) env GATEWAYD_DATADIR=$LAB/share $GATEWAYCTL \
		-c $LAB/etc lists update --force --ca $LAB/lists.pem" /dev/null
}
expect_ok "progress is shown on one" grep -aq 'country: .* of ' <<<"$(on_terminal)"

# ---- what is not believed ----
before=$(sha256sum <"$kept")
refused() { # what words [option]
	local got
	got=$(update --json ${3:+"$3"} 2>/dev/null | jq -r 'select(.database == "country").error // "updated"')
	expect_ok "$1: told" grep -q -- "$2" <<<"$got"
	[ "$(sha256sum <"$kept")" = "$before" ] || tap_not_ok "$1: the old one stays" "$got"
}
printf '<html>not found</html>' >"$DOWNLOADS/now"
refused "a page" "cannot be read as an MMDB" --force
: >"$DOWNLOADS/now"
refused "nothing" "cannot be read as an MMDB" --force
head -c $(($(stat -c %s "$DOWNLOADS/good") / 2)) "$DOWNLOADS/good" >"$DOWNLOADS/now"
refused "half of one" "cannot be read as an MMDB" --force
for file in tests/unit/system/data/broken/*; do
	# Its latitudes are broken, its countries are not.
	[ "${file##*/}" != GeoIP2-City-Test-Broken-Double-Format.mmdb ] || continue
	cp "$file" "$DOWNLOADS/now"
	refused "$(basename "$file")" "cannot be read as an MMDB\|have a country" --force
done
gzip <"$DOWNLOADS/good" | head -c 300 >"$DOWNLOADS/now"
refused "half of a packed one" "gzip cannot unpack it" --force
head -c 70000000 /dev/zero | gzip >"$DOWNLOADS/now"
refused "one that grows when it is unpacked" "larger than 64 MiB" --force
cp "$DOWNLOADS/asn-good" "$DOWNLOADS/now"
refused "the other kind" "of its 43 networks only 0 have a country" --force
database small CN 5
cp "$DOWNLOADS/small" "$DOWNLOADS/now"
refused "one that shrank" "shrank from 43 networks to 8"
# Eight bytes follow the key and their type: the first four make it the year 1970.
perl -0777 -pe 's/(build_epoch..)(.{4})/$1 . "\0\0\0\1"/se' "$DOWNLOADS/good" >"$DOWNLOADS/now"
refused "an older one" "built before the one that is there"
rm "$DOWNLOADS/now"
refused "one that is gone" "answers 404"
tap_equal "with an exit status" "$(update >/dev/null 2>&1; echo $?)" 1
tap_nothing "no download is left behind" "$(downloads_left)"
expect_blocked "all the time the old one holds" reached

# ---- as cron does it ----
database other JP
cp "$DOWNLOADS/other" "$DOWNLOADS/now"
# The files are where they are looked for when nobody says.
# shellcheck disable=SC2016 # expanded over there
by_default() {
	ip netns exec "$(space gateway)" env GATEWAYD_DATADIR="$LAB/share" sh -c '
		mount --bind "$0/run" /run && mount -t tmpfs tmpfs /etc && mkdir /etc/gatewayd &&
		mount --bind "$0/etc" /etc/gatewayd && exec "$@"' \
		"$LAB" "$GATEWAYCTL" lists update --ca "$LAB/lists.pem"
}
tap_equal "by default it is quiet" "$(by_default 2>&1)" ""
expect_ok "and the daemon has the new one at once" reached

scenario_done
