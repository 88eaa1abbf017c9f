#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A coffee maker tells a foreign cloud about its owner over HTTP. What nginx
# stored there is what is looked at: the owner, the place and the card are not
# in it, all else is, at the length it had, and the coffee maker got its 200.
# shellcheck disable=SC2016 # perl has dollars, too
set -u
. "$(dirname "$0")/scenario.sh"
command -v python3 >/dev/null || tap_skip_all "python3 is missing: run tests/deps.sh check as root"

policy() { # opaque
	cat <<-END
		devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "strips"; },
			{ name = "camera"; mac = "b0:f1:ec:00:00:02"; policy = "secretive"; } );
		policies = (
			{ name = "strips"; default = "allow"; rules = (
				{ action = "strip"; data = [ "location", "payment", "identity" ];
				  keys = [ "recipe*" ]; foreign = true; opaque = "$1"; } ); },
			{ name = "secretive"; default = "allow"; rules = (
				{ action = "strip"; data = [ "network-id" ]; foreign = true; } ); } );
	END
}
identifiers='identifiers = ( { data = "network-id"; value = "Smith-Family-5G"; } );'
gatewayd_share # the table of keys
policy block | gatewayd_policy "$identifiers"
scenario_start

message='{"machine":"K95","owner":"A. Smith","lat":48.137,"payment":{"type":"card","no":"4111111111111111"},"drink":"latte"}'
cleaned='{"machine":"K95","owner":""        ,"lat":0     ,"payment":{                                     },"drink":"latte"}'
far=http://203.0.113.10 far6='http://[2001:db8:3::10]'
json='Content-Type: application/json'

# Posts, wants "stored" back, and compares what lies there.
expect_stored() { # what expected device curl-arguments...
	local what=$1 expected=$2 answer
	shift 2
	answer=$(fetch "$@" 2>&1)
	if [ "$answer" = stored ]; then
		tap_equal "$what" "$(stored_body abroad)" "$expected"
	else
		tap_not_ok "$what" "no answer: $answer"
	fi
}

expect_stored "JSON, as the issue has it" "$cleaned" coffee -H "$json" -d "$message" $far/store
tap_equal "it is valid JSON" "$(stored_body abroad | jq -c '[.owner, .lat, .payment, .drink]')" '["",0,{},"latte"]'
tap_equal "of the length it had" "$(stored_body abroad | wc -c)" ${#message}
expect_stored "over IPv6" "$cleaned" coffee -H "$json" -d "$message" "$far6/store"
expect_stored "chunked" "$cleaned" coffee -H "$json" -H 'Transfer-Encoding: chunked' -d "$message" $far/store
expect_stored "with Expect: 100-continue" "$cleaned" coffee -H "$json" -H 'Expect: 100-continue' \
	--expect100-timeout 2 -d "$message" $far/store
expect_stored "HTTP/1.0" "$cleaned" coffee -0 -H "$json" -d "$message" $far/store
expect_stored "at another port, to a device that was not asked" "$cleaned" coffee -H "$json" -d "$message" \
	http://203.0.113.20:8443/store
expect_stored "a form" "drink=latte&owner=xxxxxxxx&lat=00x000&n=1" coffee \
	-d 'drink=latte&owner=A+Smiths&lat=48.137&n=1' $far/store
expect_stored "an own key with *" '{"recipe_of_the_house":""           ,"n":1}' coffee -H "$json" \
	-d '{"recipe_of_the_house":"7 g, 30 sec","n":1}' $far/store
fetch coffee -H "$json" -d "$message" http://198.51.100.10/store >/dev/null
tap_equal "to the home cloud it goes as it was" "$(stored_body home)" "$message"

fetch coffee -F drink=latte -F 'owner=A. Smith' -F 'lat=48.137' -F "note=@-;type=application/json" $far/store \
	<<<"$message" >"$LAB/answer"
tap_equal "multipart is answered" "$(cat "$LAB/answer")" stored
stored_body abroad >"$LAB/multipart"
tap_nothing "multipart: nothing of it is left" "$(grep -aE 'Smith|48\.137|41111111' "$LAB/multipart")"
expect_ok "multipart: the drink is" grep -aqx "latte.*" "$LAB/multipart"

fetch coffee "$far/store?drink=latte&lat=48.137" -b 'session=1; owner=Smith' -d n=1 >/dev/null
tap_equal "the query" "$(stored abroad request)" "POST /store?drink=latte&lat=00x000 HTTP/1.1"
tap_equal "a cookie by its name" "$(stored abroad cookie)" "session=1; owner=xxxxx"

# Several requests in one go, each byte by itself, as a small client would.
{
	for drink in latte mocha; do
		body="{\"owner\":\"A. Smith\",\"drink\":\"$drink\"}"
		printf 'POST /store HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: %d\r\n\r\n%s' "$json" ${#body} "$body"
	done
} >"$LAB/requests"
pipeline() { # bytes at a time
	in_device coffee perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(PeerAddr => "203.0.113.10:80", Timeout => 3) or die $!;
		setsockopt($s, 6, 1, 1);
		local $/; my $text = <STDIN>; my ($at, $got, $n) = (0, "", 0);
		while ($at < length $text) { $at += syswrite($s, $text, $ARGV[0], $at); }
		$SIG{ALRM} = sub { print "timeout\n"; exit 1 }; alarm 10;
		while (($n = () = $got =~ /stored/g) < 2 && sysread($s, $got, 4096, length $got)) {}
		print "$n\n";' "$1" <"$LAB/requests"
}
for size in 4096 50 7 1; do
	tap_equal "two requests in pieces of $size bytes are both answered" "$(pipeline $size)" 2
	tap_equal "and both are stripped" "$(tail -n 2 "$LAB/abroad-nginx/stored.log" | jq -r .file | xargs cat)" \
		'{"owner":""        ,"drink":"latte"}{"owner":""        ,"drink":"mocha"}'
done

expect_ok "a Python client" in_device coffee python3 -c '
import http.client, json, sys
c = http.client.HTTPConnection("203.0.113.10", timeout=5)
for text in ("Ж. Smith", "A. Smith"):
    c.request("POST", "/store", json.dumps({"n": [1, {"Owner": text, "x": True}]}), {"Content-Type": "application/json"})
    r = c.getresponse()
    assert r.status == 200 and r.read() == b"stored\n"'
tap_equal "what it sent" "$(stored_body abroad | jq -c .)" '{"n":[1,{"Owner":"","x":true}]}'

# What cannot be read.
gzip -c <<<"$message" >"$LAB/message.gz"
gzipped() {
	fetch coffee -H "$json" -H 'Content-Encoding: gzip' --data-binary "@$LAB/message.gz" $far/store
}
expect_blocked "gzip is opaque and blocked" gzipped
tap_equal "TLS is opaque and blocked" "$(reset_by coffee https://203.0.113.10/)" reset
tap_equal "the record says why" "$(gatewayctl flows coffee --json | jq -r 'select(.protocol == "tls") | .reason' | tail -n 1)" \
	"opaque: cannot be read"
policy allow | new_policy "$identifiers" >/dev/null
expect_ok "gzip passes where the rule says so" gzipped
tap_equal "as it was" "$(stored_body abroad | gunzip)" "$message"
tap_equal "TLS passes where the rule says so" "$(fetch coffee https://203.0.113.10/)" abroad
expect_stored "and JSON is still stripped" "$cleaned" coffee -H "$json" -d "$message" $far/store
policy block | new_policy "$identifiers" >/dev/null

# Known secrets: stripped where the rule takes their category, told where not.
secret="{\"net\":\"Smith-Family-5G\",\"b64\":\"$(printf 'x Smith-Family-5G y' | base64)\",\"hex\":\"$(printf Smith-Family-5G | xxd -p 2>/dev/null || printf 536d6974682d46616d696c792d3547)\"}"
tap_equal "a message with a known secret is answered" \
	"$(fetch camera -H "$json" -d "$secret" $far/store)" stored
tap_nothing "none of the three is left" "$(stored_body abroad | grep -E "Smith|$(printf 'Family' | base64 | cut -c1-6)|46616d696c79")"
tap_equal "it is valid JSON" "$(stored_body abroad | jq -r 'keys | length')" 3

# The records.
tap_equal "flows count what was stripped" \
	"$(gatewayctl flows camera --json | jq -sc '[.[].stripped // empty] | .[0]')" '{"network-id":3}'
expect_ok "the device's count" [ "$(gatewayctl devices coffee --json | jq -s '.[0].flows_stripped')" -gt 5 ]

# Nothing matches: intact, whatever its size.
head -c 1000000 /dev/urandom >"$LAB/big"
big() { # seconds type
	fetch coffee -m "$1" -H "Content-Type: $2" -H Expect: --data-binary "@$LAB/big" $far/store 2>&1
}
expect_blocked "random bytes are opaque" big 20 application/octet-stream
perl -e 'srand 1; for (1 .. 2200000) { printf "{\"n\":%d,\"drink\":\"latte\",\"t\":[%d,%d],\"ok\":true}\n", $_, rand 1e6, rand 1e6 }' |
	head -c 104857600 | sed '$ d' >"$LAB/big"
wanted=$(sha256sum <"$LAB/big")
begun=$EPOCHREALTIME
answer=$(big 300 application/x-ndjson)
took=$(awk "BEGIN { print $EPOCHREALTIME - $begun }")
tap_equal "$(stat -c %s "$LAB/big") bytes of JSON lines are answered" "$answer" stored
tap_equal "and arrive as they were" "$(sha256sum <"$(stored abroad file)")" "$wanted"
awk "BEGIN { printf \"# %.0f MB/s, this build\n\", $(stat -c %s "$LAB/big") / 1e6 / $took }"
scenario_done
