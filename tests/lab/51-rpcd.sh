#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The plugin of rpcd against the running daemon: every method as LuCI calls it,
# what it does to traffic, and words of hostile devices.
set -u
. "$(dirname "$0")/scenario.sh"

gatewayd_policy <<-'END'
	devices = ( { name = "kitchen-coffee"; mac = "a4:cf:12:00:00:01"; policy = "home-only"; } );
	policies = (
		{ name = "home-only"; default = "allow"; rules = ( { action = "block"; country = "CN"; } ); },
		{ name = "nothing"; default = "block"; }
	);
END
scenario_start

sed "s,/usr/sbin/gatewayctl,$GATEWAYCTL -c $LAB/etc -s $LAB/run/gatewayd/control.sock," \
	contrib/openwrt/gatewayd/files/gatewayd.rpcd >"$LAB/plugin"
call() { # method [json]
	printf '%s' "${2-"{}"}" | GATEWAYD_DATADIR="$LAB/share" sh "$LAB/plugin" call "$1"
}
answer() { # what jq-expression method [json]
	local got
	got=$(call "$3" "${4-"{}"}")
	if jq -e "$2" <<<"$got" >/dev/null; then tap_ok "$1"; else tap_not_ok "$1" "$got"; fi
}
coffee='"device":"kitchen-coffee"'

fetch coffee http://198.51.100.10/ >/dev/null
fetch coffee http://203.0.113.10/ >/dev/null 2>&1
answer "status" '.mode == "enforce" and .rules.present' status
answer "devices" '.devices | map(.device) | index("kitchen-coffee") >= 0' devices
answer "one device and its destinations" \
	'.device.policy == "home-only" and (.destinations | map(.destination) | index("203.0.113.10") >= 0)' \
	devices "{$coffee}"
answer "flows" '.flows | map(.dst) | index("198.51.100.10") >= 0' flows "{$coffee}"
answer "no more rows than wanted" '(.flows | length) == 1 and .omitted >= 1' flows '{"limit":1}'
answer "events: of too many the newest" \
	'(.events | length) == 1 and .events[0].dst == "203.0.113.10" and .omitted >= 1' events "{$coffee,\"limit\":1}"
answer "explain" '.action == "block" and .rule == "home-only/1"' explain "{$coffee,\"destination\":\"203.0.113.10\"}"
answer "policies" '.policies | map(.policy) | index("nothing") >= 0' policies
answer "lists" '.lists | map(.database) | index("country") >= 0' lists

answer "allow" '.action == "allow" and .until' allow "{$coffee,\"destination\":\"203.0.113.10\",\"for\":\"1h\"}"
expect_ok "and it may" fetch coffee http://203.0.113.10/
answer "and no more" '.action == "ended"' allow "{$coffee,\"destination\":\"203.0.113.10\",\"for\":\"0\"}"
tap_equal "so it may not" "$(reset_by coffee http://203.0.113.10/)" reset
answer "block" '.action == "block"' block "{$coffee,\"destination\":\"198.51.100.10\"}"
tap_equal "and it may not" "$(reset_by coffee http://198.51.100.10/)" reset
answer "block ends" '.action == "ended"' block "{$coffee,\"destination\":\"198.51.100.10\",\"for\":\"0\"}"
answer "pause" '.destination == "*"' pause "{$coffee}"
tap_equal "it is cut off" "$(fetch_code coffee http://198.51.100.10/)" 7
expect_ok "but not from the router" in_device coffee ping -c 1 -W 2 192.0.2.1
answer "and back" '.action == "ended"' pause "{$coffee,\"for\":\"0\"}"
expect_ok "so it may" fetch coffee http://198.51.100.10/

answer "set" '.policy == "nothing"' set "{$coffee,\"policy\":\"nothing\"}"
tap_equal "which counts at once" "$(reset_by coffee http://198.51.100.10/)" reset
answer "name" '.device == "blender"' name '{"mac":"52:54:00:00:00:09","name":"blender"}'
answer "reload" '.reloaded and .errors == []' reload
echo 'polices = ();' >"$LAB/etc/policy.d/99-wrong.conf"
chmod a+r "$LAB/etc/policy.d/99-wrong.conf"
answer "reload says what is wrong" '.exit == 1 and (.error | length > 0)' reload
answer "and set changes nothing then" '.exit == 1' set "{$coffee,\"policy\":\"home-only\"}"
rm "$LAB/etc/policy.d/99-wrong.conf"

# A device names itself, in its lease and in what it asks for.
# shellcheck disable=SC2016 # that is the point
hostile='$(touch${IFS}PWNED)`touch${IFS}PWNED`";<img/src=x>'
printf '%s\n' "1999999999 52:54:00:00:00:09 192.0.2.90 $hostile *" \
	"1999999999 b0:f1:ec:00:00:02 192.0.2.20 $hostile *" >>"$LAB/misc/dnsmasq.leases"
in_device camera kdig +timeout=2 +retry=0 @192.0.2.1 "<img src=x>\\\"\\;\$(id).example" >/dev/null 2>&1
sane() { # its row, by its MAC
	call devices | jq -e '.devices[] | select(.mac == "b0:f1:ec:00:00:02") | .device | test("^[A-Za-z0-9._-]+$") and test("PWNED")'
}
expect_ok "a host name is letters when it arrives" wait_for 15 sane
answer "what it asked for is a text" '.events | length > 0' events
name=$(call devices | jq -r '.devices[] | select(.mac == "b0:f1:ec:00:00:02") | .device')
answer "it can be asked about by it" '.device.mac == "b0:f1:ec:00:00:02"' devices "$(jq -nc --arg name "$name" '{device: $name}')"
tap_nothing "no word was run" "$(find . "$LAB" -name PWNED)"

scenario_done
