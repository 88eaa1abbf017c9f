#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lists: blocked by list over real DNS, changed by a reload, fetched over HTTPS
# from nginx: only what is newer, only what can be believed, and the old one
# stays on any doubt.
set -u
. "$(dirname "$0")/scenario.sh"

. tests/lab/downloads.sh
www=$DOWNLOADS

policy() {
	cat <<-'END'
		devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "listed"; } );
		policies = ( { name = "listed"; default = "allow";
		  rules = ( { action = "block"; list = [ "mine", "fetched" ]; } ); } );
	END
}
lists="lists = ( { name = \"mine\"; file = \"mine.txt\"; },
  { name = \"fetched\"; url = \"https://127.0.0.1:8443/list\"; } );"

# ---- a list in a file ----
printf '%s\n' '||telemetry.coffee.example^' '@@||ok.telemetry.coffee.example^' 'x##y' 203.0.113.99 >"$LAB/etc/mine.txt"
policy | gatewayd_policy "$lists"
scenario_start
tap_equal "a name on the list" "$(ask_short coffee 198.51.100.53 telemetry.coffee.example A)" ""
tap_equal "a name that is on none" "$(ask_short coffee 198.51.100.53 cloud.coffee.example A)" 198.51.100.10
expect_ok "status counts what was found" test "$(status_of '.lists[0].hits')" -ge 1
tap_equal "lists tells what there is" \
	"$(gatewayctl lists --json 2>/dev/null | jq -r 'select(.list == "mine") | "\(.format) \(.names) \(.exceptions) \(.skipped)"')" \
	"adblock 2 1 1"
expect_ok "and what was never fetched" grep -q 'never fetched' <<<"$(gatewayctl lists --json 2>/dev/null)"
expect_ok "explain names the entry" grep -q 'telemetry.coffee.example of mine' \
	<<<"$(gatewayctl explain coffee a.telemetry.coffee.example 2>/dev/null)"
expect_ok "and the address" grep -q 'HOLDS.*it is 203.0.113.99' \
	<<<"$(gatewayctl explain coffee 203.0.113.99 2>/dev/null)"
echo cloud.coffee.example >"$LAB/etc/mine.txt"
gatewayctl reload >/dev/null 2>&1
tap_equal "after a reload the new list holds" "$(ask_short coffee 198.51.100.53 cloud.coffee.example A)" ""
tap_equal "and the old one does not" "$(ask_short coffee 198.51.100.53 telemetry.coffee.example A)" 203.0.113.10

# ---- a list that is fetched ----
blocked() {
	ask_short coffee 198.51.100.53 telemetry.coffee.example A
}

{
	echo telemetry.coffee.example
	seq -f 'n%g.example' 1000
} >"$www/list"
downloads_start list
expect_blocked "a server that nobody vouches for is not believed" \
	in_gateway "$GATEWAYCTL" -c "$LAB/etc" lists update
tap_equal "it is fetched" "$(result)" "updated "
gatewayctl reload >/dev/null 2>&1
tap_equal "and holds" "$(blocked)" ""
tap_equal "what is not newer is not fetched" "$(result)" "unchanged "
expect_ok "the server was asked with a condition" grep -q '" 304 ' "$LAB/downloads/access.log"
tap_equal "nothing is said where no terminal is" "$(update 2>&1)" ""

echo 'only.one.example' >"$www/list"
expect_ok "a list that shrank is not believed" grep -q 'shrank from 1001 entries to 1' <<<"$(result)"
tap_equal "the old one holds" "$(blocked)" ""
printf '<html>\n<body> not found </body>\n</html>\n' >"$www/list"
expect_ok "a page is no list" grep -q 'failed' <<<"$(result --force)"
: >"$www/list"
expect_ok "neither is nothing" grep -q 'not one entry' <<<"$(result --force)"
head -c 68000000 /dev/zero >"$www/list"
expect_ok "nor what is too large" grep -q 'larger than 64 MiB' <<<"$(result --force)"
rm "$www/list"
expect_ok "a file that is gone is told" grep -q 'answers 404' <<<"$(result)"
tap_equal "with an exit status" "$(update >/dev/null 2>&1; echo $?)" 1
tap_equal "all the time the old one holds" "$(blocked)" ""
tap_nothing "no download is left behind" "$(downloads_left)"
echo 'only.one.example' | gzip >"$www/list"
tap_equal "--force takes what shrank, packed or not" "$(result --force)" "updated "
gatewayctl reload >/dev/null 2>&1
tap_equal "and it holds" "$(blocked)" 203.0.113.10

policy | gatewayd_policy "${lists/https:\/\/127.0.0.1:8443/http://127.0.0.1:8080}"
expect_ok "http:// is not fetched" grep -q 'it is not https://' <<<"$(result)"
tap_equal "unless it is wanted" "$(result --http)" "updated "

scenario_done
