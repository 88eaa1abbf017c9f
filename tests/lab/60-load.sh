#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 10,000 questions and 1,000 connections from 20 devices while policies are
# reloaded in a loop: no crash, no leak, no question lost, and no moment in
# which a blocked thing passes.
set -u
. "$(dirname "$0")/scenario.sh"
DEVICES=20 QUESTIONS=500 CONNECTIONS=50

for i in $(seq $DEVICES); do
	add_device "d$i" "$(printf '02:00:00:00:01:%02x' "$i")" "192.0.2.$((100 + i))" "2001:db8:1::$((100 + i))"
done
policy() { # a word that changes
	echo "devices = ("
	for i in $(seq $DEVICES); do
		printf '{ name = "d%d"; mac = "02:00:00:00:01:%02x"; policy = "%s"; },\n' "$i" "$i" \
			"$([ $((i % 2)) = 0 ] && echo even || echo odd)"
	done | sed '$ s/,$//'
	cat <<-END
		);
		policies = (
			{ name = "even"; default = "allow"; rules = ( { action = "block"; country = "CN"; },
				{ action = "block"; domain = [ "blocked.many.example", "$1.example" ]; } ); },
			{ name = "odd"; extends = "even"; default = "allow";
			  rules = ( { action = "block"; domain = "$1.odd.example"; } ); }
		);
	END
}
policy first | gatewayd_policy
scenario_start

# Every question gets exactly one answer, and the right one: kdig tells both.
ask_many() { # device
	local i
	for i in $(seq $((QUESTIONS / 2))); do
		printf 'w%d-%s.many.example A\nw%d-%s.blocked.many.example A\n' "$i" "$1" "$i" "$1"
	done >"$LAB/questions.$1"
	# shellcheck disable=SC2046 # words
	in_space "$1" kdig +noall +answer +timeout=4 +retry=0 @198.51.100.53 \
		$(awk '{ printf "-q %s -t %s ", $1, $2 }' "$LAB/questions.$1") \
		>"$LAB/answers.$1" 2>"$LAB/lost.$1"
}
connect_many() { # device
	local i list=()
	for i in $(seq $((CONNECTIONS / 2))); do
		list+=(http://198.51.100.10/ http://203.0.113.10/)
	done
	in_space "$1" curl -s --connect-timeout 4 -m 20 -H 'Connection: close' -o /dev/null \
		-w '%{remote_ip} %{exitcode}\n' "${list[@]}" >"$LAB/connections.$1" 2>/dev/null
}
reload_forever() {
	local i=0
	until [ -e "$LAB/enough" ]; do
		i=$((i + 1))
		policy "word$i" | gatewayd_policy
		gatewayctl reload >>"$LAB/reloads" 2>&1 && echo good >>"$LAB/reloads.good"
	done
}
# Every packet that arrives abroad is counted, answered or not.
in_space abroad nft -f - <<-'END'
	table inet seen {
		chain input { type filter hook input priority filter; ip saddr 203.0.113.1 counter; }
	}
END
reload_forever &
reloading=$!
workers=()
for i in $(seq $DEVICES); do
	{
		ask_many "d$i"
		connect_many "d$i"
	} &
	workers+=($!)
done
wait "${workers[@]}"
touch "$LAB/enough"
wait $reloading

expect_ok "gatewayd is alive" gatewayctl status
reloads=$(wc -l <"$LAB/reloads.good")
if [ "$reloads" -ge 5 ]; then
	tap_ok "the policy was reloaded $reloads times meanwhile"
else
	tap_not_ok "the policy was reloaded meanwhile" "$(tail -n 5 "$LAB/reloads")"
fi
answered=$(cat "$LAB"/answers.* | grep -c 'IN.*A.*198\.51\.100\.10')
tap_equal "every allowed question was answered" "$answered" $((DEVICES * QUESTIONS / 2))
tap_nothing "no blocked question was" "$(grep -h 'blocked' "$LAB"/answers.* | head -n 5)"
tap_nothing "no question was lost" "$(grep -hiE 'timeout|failed|no servers' "$LAB"/lost.* "$LAB"/answers.* | sort | uniq -c | head -n 5)"
expect_blocked "no blocked question reached the resolver" grep -q 'blocked\.many\.example' "$LAB/resolver-unbound.log"
tap_equal "every allowed connection was made" \
	"$(cat "$LAB"/connections.* | grep -c '198.51.100.10 0')" $((DEVICES * CONNECTIONS / 2))
tap_nothing "no blocked connection was" "$(grep -h '203.0.113.10 0' "$LAB"/connections.* | head -n 5)"
tap_equal "not one packet arrived abroad" \
	"$(in_space abroad nft list table inet seen | sed -nE 's/.*counter packets ([0-9]+) .*/\1/p')" 0
tap_equal "no overrun" "$(status_of .queue.overruns)" 0
scenario_done
