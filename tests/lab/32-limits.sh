#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Limits: counted in the kernel, cut where they end, kept over a reload, a
# restart and a kill, by device and rule, and free again in the next window.
set -u
. "$(dirname "$0")/scenario.sh"

policy() { # rule...
	cat <<-END
		devices = (
			{ name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "limited"; },
			{ name = "camera"; mac = "b0:f1:ec:00:00:02"; policy = "limited"; }
		);
		policies = ( { name = "limited"; default = "allow"; rules = ( $* ); } );
	END
}
limit() { # amounts
	echo "{ action = \"limit\"; $1; foreign = true; }"
}
reload() { # rule
	policy "$1" | new_policy >"$LAB/reload.out" 2>&1 || tap_not_ok "reload" "$(cat "$LAB/reload.out")"
}

# What abroad gets and sends, as its own kernel counts it: IP packets.
in_space abroad nft -f - <<-END
	table inet seen {
		counter received { }
		counter datagrams { }
		counter sent { }
		chain input {
			type filter hook input priority 0;
			udp dport 9999 counter name datagrams drop
			tcp dport 80 counter name received
		}
		chain output {
			type filter hook output priority 0;
			tcp sport 80 counter name sent
		}
	}
END
arrived() { # counter
	in_space abroad nft -j list counter inet seen "$1" | jq '.nftables[] | .counter // empty | .bytes'
}

# The server takes no more than a megabyte at once.
upload() { # device bytes [url]
	head -c "$2" /dev/zero | in_space "$1" curl -gsS -m 20 -o /dev/null -H 'Expect:' \
		--data-binary @- "${3:-http://203.0.113.10/}" 2>"$LAB/upload.err"
}
use_of() { # device
	gatewayctl devices "$1" --json | jq -r '.limits // empty | .[0].bytes'
}
# The daemon asks the kernel every five seconds.
used_between() { # device least most
	local use
	use=$(use_of "$1")
	[ "${use:-0}" -ge "$2" ] && [ "$use" -le "$3" ]
}
between() { # what value least most
	if [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then
		tap_ok "$1: $2"
	else
		tap_not_ok "$1" "$2 is not in $3..$4"
	fi
}
expect_used() { # what device least most
	wait_for 20 used_between "$2" "$3" "$4"
	between "$1" "$(use_of "$2")" "$3" "$4"
}
# A window that ends in between would spoil what is counted.
early_in_a_minute() {
	while [ $((10#$(date +%S))) -gt "$1" ]; do sleep 0.5; done
}

policy "$(limit 'upload = "4 MB/day"')" | gatewayd_policy
scenario_start

before=$(status_of .queue.packets)
expect_ok "an upload within the limit" upload coffee 1000000
queued=$(($(status_of .queue.packets) - before))
between "packets of a megabyte that came to the queue" "$queued" 1 150
expect_used "devices shows what was used" coffee 1000000 1060000
expect_ok "in words, too" grep -q '1.0 of 4 MB today' <(gatewayctl devices coffee)
expect_ok "and as a part in the table" grep -Eq 'LIMIT.*BLOCKED' <(COLUMNS=200 gatewayctl devices)
expect_ok "explain tells the limit" grep -q 'upload 4.00* MB in a day' <(gatewayctl explain coffee 203.0.113.10:80)
expect_ok "metrics counts it" grep -Eq '^gatewayd_limit_used_bytes\{device="coffee".*,rule="limited/1",direction="upload"\} 10[0-9]{5}$' \
	<(gatewayctl metrics)
sum=$(arrived received)
between "and it is what arrived" "$(($(use_of coffee) - sum))" -200 4000

reload "$(limit 'upload = "4 MB/day"')"
expect_used "a reload keeps it" coffee 1000000 1060000
expect_ok "another megabyte" upload coffee 1000000
gatewayd_stop
tap_equal "the count is in a file" "$(grep -c '^a4:cf:12:00:00:01 .* limited/1$' "$LAB/state/limits")" 1
scenario_start
expect_used "a restart keeps it" coffee 2000000 2120000
expect_ok "and another megabyte" upload coffee 1000000
gatewayd_kill
scenario_start
# The first packets of a flow, of up to 64 KiB each, gatewayd had counted itself.
expect_used "a kill keeps what the kernel counted" coffee 2600000 3180000
gatewayd_kill
scenario_start
expect_used "and another one, before any flow was counted anew" coffee 2600000 3180000

expect_ok "the other device begins at nothing" upload camera 1000000
expect_used "and is counted apart" camera 1000000 1060000
expect_ok "IPv6 is counted, too" upload camera 1000000 'http://[2001:db8:3::10]/'
expect_used "under the same limit" camera 2000000 2120000

expect_ok "the last one that fits" upload coffee 850000
expect_used "and it is counted" coffee 3450000 3999000
rest=$((4000000 - $(use_of coffee)))
sum=$(arrived received)
expect_blocked "an upload that does not fit is cut" upload coffee 1000000
between "what arrived of the rest" "$(($(arrived received) - sum))" $((rest - 70000)) $((rest + 4096))
expect_ok "it is reset, not left to hang" grep -qi 'reset' "$LAB/upload.err"
tap_equal "the next one is refused" "$(reset_by coffee http://203.0.113.10/)" reset
gatewayctl flows coffee >"$LAB/flows"
expect_ok "flows tells why" grep -Eq 'block.*limit spent' "$LAB/flows"
expect_ok "devices says so" grep -q 'spent' <(gatewayctl devices)
expect_ok "what is at home is not touched" upload coffee 1000000 http://198.51.100.10/
expect_ok "nor another device" upload camera 100000
reload "$(limit 'upload = "8 MB/day"')"
expect_ok "a higher limit sets it free" upload coffee 1000000
expect_used "from where it was" coffee 4900000 5300000

# In a window that ends soon.
reload "$(limit 'upload = "500 kB/minute"')"
early_in_a_minute 30
sum=$(arrived datagrams)
# shellcheck disable=SC2016 # expanded over there
in_space coffee bash -c 'exec 3>/dev/udp/203.0.113.10/9999; line=$(printf %01399d 0)
	for ((i = 0; i < 1000; i++)); do echo "$line" >&3; done' 2>/dev/null
udp=$(($(arrived datagrams) - sum))
# All at once: hundreds wait in the queue when the kernel begins to count.
between "of 1.4 MB in datagrams" "$udp" 450000 $((500000 + 4096))
tap_equal "TCP shares it" "$(reset_by coffee http://203.0.113.10/)" reset
passes() { fetch coffee -m 2 -o /dev/null http://203.0.113.10/; }
expect_ok "the next minute is free" wait_for 70 passes

# What comes in is counted by itself.
reload "$(limit 'download = "2 MB/hour"')"
sum=$(arrived sent)
expect_blocked "a download is cut" fetch camera -o /dev/null http://203.0.113.10/bulk
between "what was sent of it" "$(($(arrived sent) - sum))" 1900000 2800000
expect_ok "devices shows it" grep -q 'download 2.0 of 2 MB this hour, spent\|download 1.9 of 2 MB this hour, spent' <(gatewayctl devices camera)

# Nothing goes past the counters.
sed -i 's/lan = \[ "br-lan" \];/& offload = "manage";/' "$LAB/etc/gatewayd.conf"
policy "$(limit 'upload = "8 MB/hour"')" >"$LAB/etc/policy.d/50-lab.conf"
expect_ok "with a flowtable of our own" gatewayctl reload
expect_ok "an upload" upload camera 1000000
expect_used "is counted all the same" camera 1000000 1060000
scenario_done
