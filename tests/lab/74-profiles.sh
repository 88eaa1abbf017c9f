#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A newcomer's path: a thing that no file names is seen, guessed and given a
# profile; it goes on working, and its telemetry no longer leaves. Then a thing
# of each kind with its profile and real clients: for each destination, what
# was expected and what happened.
set -u

# profile client name expected
table='
coffee-machine https iotcloud.kalerm.com passes
coffee-machine mqtt x.coffee-iot.com passes
coffee-machine http firmware.lamarzocco.io passes
coffee-machine http kftest1.coffee-iot.com stopped
coffee-machine https apilocate.amap.com stopped
coffee-machine https openapi.alipay.com stopped
coffee-machine resolver 203.0.113.53 stopped
coffee-machine-local https iotcloud.kalerm.com stopped
coffee-machine-local http captive.apple.com passes
coffee-machine-office https openapi.alipay.com passes
coffee-machine-office https mdap.alipay.com stopped
kitchen-appliance https prod.reu.rest.homeconnectegw.com passes
kitchen-appliance http log.samsunghrm.com stopped
robot-vacuum https us-01.mqtt.narwaltech.com passes
robot-vacuum https wood-us.roborock.com stopped
thermostat https transport.home.nest.com passes
thermostat https logsink.devices.nest.com stopped
camera http svc.av380.net passes
camera https m1.iotcplatform.com passes
camera http logs.av380.net stopped
camera http 198.51.100.20 stopped
camera-local https m1.iotcplatform.com stopped
baby-monitor https api.nanit.com passes
baby-monitor mqtt mqtt-iot.hubble.in passes
baby-monitor https us-vsaasapi-tutk.kalayservice.com stopped
video-doorbell https api.ring.com passes
video-doorbell https es.ring.com stopped
smart-tv https api-global.netflix.com passes
smart-tv https log-ingestion.samsungacr.com stopped
fire-tv https softwareupdates.amazon.com passes
fire-tv https mads-eu.amazon.com stopped
roku-tv https api.roku.com passes
roku-tv http cooper.logs.roku.com stopped
speaker https avs-alexa-na.amazon.com passes
speaker https device-metrics-us.amazon.com stopped
plug-and-light mqtt mq.gw.tuyaeu.com passes
plug-and-light https use1-api.tplinkra.com stopped
printer http captive.apple.com passes
printer https hpeprint.com stopped
toy https prod.de.tbs.toys passes
toy https rtnl.bxcl.de stopped
phone https mobilegw.alipay.com passes
phone https app.adjust.com stopped
phone http loc.map.baidu.com stopped
wearable https connect.garmin.com passes
wearable https app-analytics.huami.com stopped
game-console https x.playstation.net passes
game-console https vortex.data.microsoft.com stopped
nas-hub https api.smartthings.com passes
nas-hub http diagnostics.meethue.com stopped
quarantine https iotcloud.kalerm.com stopped
observe https logs.av380.net passes
trusted https logs.av380.net passes'
# A flow of MQTT bears no name: it is judged by all that DNS gave for its address.
# shellcheck disable=SC2034 # lab_zone reads it
LAB_NAMES=$(awk 'NF == 4 && $3 ~ /[a-z]/ { print $3 ". A 203.0.113." ($2 == "mqtt" ? 20 : 10) }' <<<"$table" | sort -u)
. "$(dirname "$0")/scenario.sh"

thing=52:54:00:00:00:09
add_device thing $thing 192.0.2.90 2001:db8:1::90
printf '' | gatewayd_policy
sed -i 's/unknown_device = .*/unknown_device = "observe";/' "$LAB/etc/gatewayd.conf"
gatewayd_share
scenario_start

of_thing() { # jq path
	gatewayctl devices --json | jq -r "select(.mac == \"$thing\") | $1"
}
try() { # client name
	case $2:$1 in
	*:resolver) ask thing "$2" www.example.com A +short | grep -q 198.51.100.10 ;;
	*:mqtt) publish thing "$2" lab hello ;;
	*) fetch thing -4 -o /dev/null "$1://$2/" ;;
	esac
}

# ---- the newcomer ----
expect_ok "a thing that no file names works at once" try https iotcloud.kalerm.com
expect_ok "its telemetry does, too" try https apilocate.amap.com
tap_equal "devices guesses what it is" "$(of_thing .class)" coffee-machine
tap_equal "and says on what evidence" "$(of_thing '.evidence[0]')" \
	"it asks for iotcloud.kalerm.com (Kalerm (Suzhou))"
profile=$(of_thing .profile)
gatewayctl devices "$(of_thing .device)" >"$LAB/shown"
expect_ok "and what to type" grep -q "gatewayctl set $thing coffee-machine" "$LAB/shown"
tap_equal "nothing acts on it" "$(of_thing .policy)" observe
expect_ok "the newcomer types it" gatewayctl set $thing "$profile"
expect_ok "the machine still reaches its cloud" try https iotcloud.kalerm.com
expect_ok "and its updates" try http firmware.lamarzocco.io
seen=$(wc -l <"$LAB/abroad-nginx/access.log")
expect_blocked "its telemetry no longer leaves" try https apilocate.amap.com
tap_equal "the server abroad saw nothing of it" "$(wc -l <"$LAB/abroad-nginx/access.log")" "$seen"

# ---- a thing of each kind ----
before=
while read -r profile client name expected; do
	[ -n "$profile" ] || continue
	if [ "$profile" != "$before" ]; then
		gatewayctl set $thing "$profile" >/dev/null 2>&1 || tap_not_ok "set $profile"
		before=$profile
	fi
	happened=stopped
	try "$client" "$name" >/dev/null 2>&1 && happened=passes
	tap_equal "$(printf '%-22s %-8s %-36s %s' "$profile" "$client" "$name" "$expected")" \
		"$happened" "$expected"
done <<<"$table"
scenario_done
