#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The same over MQTT, to a real broker: what a subscriber abroad gets.
set -u
. "$(dirname "$0")/scenario.sh"

gatewayd_share # the table of keys
gatewayd_policy <<-'END'
	devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "strips"; } );
	policies = ( { name = "strips"; default = "allow"; rules = (
		{ action = "strip"; data = [ "location", "payment", "identity" ]; foreign = true; } ); } );
END
scenario_start

message='{"machine":"K95","owner":"A. Smith","lat":48.137,"payment":{"type":"card","no":"4111111111111111"},"drink":"latte"}'
cleaned='{"machine":"K95","owner":""        ,"lat":0     ,"payment":{                                     },"drink":"latte"}'

lab_start subscriber abroad mosquitto_sub -h 127.0.0.1 -q 2 -V mqttv5 -t 'coffee/#' -F '%t|%q|%r|%P|%p'
wait_for 5 grep -q 'SUBSCRIBE' "$LAB/abroad-mosquitto.log"
last() {
	tail -n 1 "$LAB/subscriber.out"
}
# Publishes, waits for it to arrive and compares.
expect_published() { # what expected mosquitto_pub-arguments...
	local what=$1 expected=$2 before output
	shift 2
	before=$(wc -l <"$LAB/subscriber.out")
	output=$(in_device coffee timeout 10 mosquitto_pub -h 203.0.113.10 "$@" 2>&1) || {
		tap_not_ok "$what" "mosquitto_pub: $output"
		return
	}
	wait_for 5 eval "[ \$(wc -l <'$LAB/subscriber.out') -gt $before ]"
	tap_equal "$what" "$(last)" "$expected"
}

for version in 311 5; do
	for qos in 0 1 2; do
		expect_published "MQTT $version, QoS $qos" "coffee/brewed|$qos|0||$cleaned" \
			-V $version -q $qos -t coffee/brewed -m "$message"
	done
	expect_published "MQTT $version, retained" "coffee/state|1|0||$cleaned" \
		-V $version -q 1 -r -t coffee/state -m "$message"
	expect_published "MQTT $version, a form" "coffee/form|0|0||drink=latte&owner=xxxxxxxx" \
		-V $version -t coffee/form -m 'drink=latte&owner=A+Smiths'
	expect_published "MQTT $version, key and value" "coffee/plain|0|0||owner=xxxxxxxx" \
		-V $version -t coffee/plain -m 'owner=A. Smith'
	expect_published "MQTT $version, empty" "coffee/empty|0|0||" -V $version -t coffee/empty -n
	expect_published "MQTT $version, credentials are left alone" "coffee/login|0|0||$cleaned" \
		-V $version -u owner -P secret -i lat -t coffee/login -m "$message"
done
expect_ok "the broker saw the name that the device gave" grep -q "u'owner'" "$LAB/abroad-mosquitto.log"
expect_published "user properties" "coffee/properties|0|0|owner:xxxxxxxx drink:latte|$cleaned" -V 5 \
	-D publish user-property owner 'A. Smith' -D publish user-property drink latte \
	-t coffee/properties -m "$message"

# One message in many packets, many in one.
perl -e 'print "{\"n\":[", join(",", 1 .. 60000), "],\"owner\":\"A. Smith\"}"' >"$LAB/long"
sed 's/"A. Smith"/""        /' "$LAB/long" >"$LAB/long.cleaned"
expect_published "a message of 350 KB" "coffee/long|0|0||$(cat "$LAB/long.cleaned")" -t coffee/long -f "$LAB/long"
before=$(grep -c 'coffee/many' "$LAB/subscriber.out")
for i in $(seq 500); do
	printf '{"n":%d,"owner":"A. Smith"}\n' "$i"
done | in_device coffee timeout 20 mosquitto_pub -h 203.0.113.10 -q 1 -t coffee/many -l
wait_for 10 eval "[ \$(grep -c coffee/many '$LAB/subscriber.out') -ge $((before + 500)) ]"
tap_equal "500 messages on one connection arrive" "$(grep -c '^coffee/many|1|0||{"n":[0-9]*,"owner":""        }$' "$LAB/subscriber.out")" 500
tap_nothing "nothing of the owner is abroad" "$(grep -hE 'Smith|48\.137|41111111' "$LAB/subscriber.out")"
tap_equal "flows count what was stripped" \
	"$(gatewayctl flows coffee --json | jq -s '[.[].stripped.identity // 0] | max >= 500')" true
expect_blocked "what is no JSON and no text is opaque" eval \
	"head -c 300 /dev/urandom | in_device coffee timeout 5 mosquitto_pub -h 203.0.113.10 -q 1 -t coffee/random -s"
scenario_done
