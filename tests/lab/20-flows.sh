#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Flows: allowed, rejected, dropped; by name, country, directness; and the
# decided ones leave the queue until a reload wants to see them again.
set -u
. "$(dirname "$0")/scenario.sh"

policy() { # what_of_CN
	cat <<-END
		devices = (
			{ name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "appliance-lab"; },
			{ name = "camera"; mac = "b0:f1:ec:00:00:02"; policy = "silent"; },
			{ name = "laptop"; mac = "3c:22:fb:00:00:03"; policy = "person"; }
		);
		policies = (
			{ name = "appliance-lab"; default = "block";
			  rules = ( { action = "allow"; domain = [ "cloud.coffee.example", "update.coffee.example" ]; } ); },
			{ name = "silent"; default = "allow";
			  rules = ( { action = "block"; with = "drop"; country = "CN"; },
				{ action = "block"; direct = true; port = 8443; } ); },
			{ name = "person"; default = "allow";
			  rules = ( { action = "$1"; country = "CN"; } ); }
		);
	END
}
policy allow | gatewayd_policy
scenario_start
seen_abroad=$(wc -l <"$LAB/abroad-nginx/access.log")

expect_ok "a name that is allowed: http" fetch coffee http://cloud.coffee.example/
expect_ok "a name that is allowed: https" fetch coffee https://cloud.coffee.example/
expect_ok "the same over IPv6" fetch coffee -6 https://update.coffee.example/
expect_ok "MQTT to an allowed name" publish coffee cloud.coffee.example t hello
# A name in its first bytes might still allow it, so it is read, then reset.
tap_equal "an address nobody asked for is reset" "$(reset_by coffee http://203.0.113.10/)" reset
tap_equal "over IPv6, too" "$(reset_by coffee 'http://[2001:db8:3::10]/')" reset
tap_equal "TLS, too" "$(reset_by coffee https://203.0.113.10/)" reset
expect_blocked "the server saw no request" grep -q . <(tail -n +"$((seen_abroad + 1))" "$LAB/abroad-nginx/access.log")
tap_equal "a name that is not allowed does not resolve" "$(fetch_code coffee http://www.example.com/)" 6
tap_equal "drop says nothing: the client times out" "$(fetch_code camera http://203.0.113.10/)" 28
expect_ok "another device goes where it wants" fetch laptop http://203.0.113.10/

# What a refused UDP packet gets, as the device's own side sees it. One that is
# lost on a busy machine is sent again, as any client would.
answered_with() { # source destination words
	in_space coffee "$LAB_TOOLS/send_packet" udp "$1" "$2" 7777
	wait_for 1 grep -q "$3" "$LAB/unreachable"
}
unreachable() { # source destination words
	local dump="$LAB/unreachable"
	ip netns exec "$LAB_TAG-coffee" tcpdump -l -n -i eth0 'icmp or icmp6' >"$dump" 2>"$dump.err" &
	local pid=$!
	wait_for 5 grep -q 'listening on' "$dump.err"
	wait_for 10 answered_with "$@"
	local status=$?
	lab_end_process $pid
	return $status
}
expect_ok "UDP is answered with ICMP, administratively prohibited" \
	unreachable 192.0.2.10 203.0.113.10 'admin prohibited'
expect_ok "and ICMPv6" unreachable 2001:db8:1::10 2001:db8:3::10 'prohibited'

# Ping has no ports and no names, but an address.
expect_ok "ping to where it may go" in_space laptop ping -c 1 -W 2 198.51.100.10
expect_blocked "ping to where it may not" in_space camera ping -c 1 -W 1 203.0.113.10
expect_ok "ping to the router itself" in_space camera ping -c 1 -W 2 192.0.2.1

# A decided flow is the kernel's: four megabytes are not four thousand packets.
before=$(status_of .queue.packets)
expect_ok "a large page" fetch laptop -o /dev/null http://198.51.100.10/bulk
expect_ok "an upload" sh -c "head -c 4000000 /dev/zero | ip netns exec $LAB_TAG-laptop \
	curl -sS -m 10 -o /dev/null --data-binary @- http://198.51.100.10/"
queued=$(($(status_of .queue.packets) - before))
if [ "$queued" -lt 100 ]; then
	tap_ok "eight megabytes in two flows queued $queued packets"
else
	tap_not_ok "decided flows leave the queue" "$queued packets came to the queue"
fi

# The reload closes what the new policy would not have opened.
fetch laptop --limit-rate 100k -m 60 -o /dev/null http://203.0.113.10/bulk &
slow=$!
seen() { gatewayctl flows laptop --json | grep -q '203.0.113.10'; }
expect_ok "flows shows the download" wait_for 5 seen
policy block | new_policy >"$LAB/reload.out" 2>&1 || tap_not_ok "reload" "$(cat "$LAB/reload.out")"
gone() { ! kill -0 $slow 2>/dev/null; }
expect_ok "a reload ends a live flow that is not allowed any more" wait_for 15 gone
tap_equal "and no new one begins" "$(fetch_code laptop http://203.0.113.10/)" 7

# A device that tries the same refused place again and again is the kernel's, too.
before=$(status_of .queue.packets)
for _ in $(seq 30); do
	in_space laptop curl -sS -m 2 -o /dev/null http://203.0.113.10/ 2>/dev/null &&
		tap_not_ok "a refused connection" "it was let through"
done
queued=$(($(status_of .queue.packets) - before))
if [ "$queued" -lt 20 ]; then
	tap_ok "thirty refused connections queued $queued packets"
else
	tap_not_ok "hammering leaves the queue" "$queued packets came to the queue"
fi

policy allow | new_policy >/dev/null
expect_ok "another reload lets it begin again" fetch laptop http://203.0.113.10/

tap_equal "explain tells the rule" "$(gatewayctl explain coffee 203.0.113.10:443 --exit-code >"$LAB/explain"; echo $?)" 1
expect_ok "and calls it by its name" grep -q 'appliance-lab/default' "$LAB/explain"
scenario_done
