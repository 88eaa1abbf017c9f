#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# dns.resolver = "gateway": whomever a device asks, the router's own resolver
# answers, in the name of whoever was asked. Another device asks whom it likes.
set -u
. "$(dirname "$0")/scenario.sh"

policy() { # resolver of the coffee machine, of unknown devices
	cat <<-END
		devices = (
			{ name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "steered"; },
			{ name = "camera"; mac = "b0:f1:ec:00:00:02"; policy = "free"; }
		);
		policies = (
			{ name = "steered"; default = "allow"; dns = { resolver = "$1"; };
			  rules = (
				{ action = "block"; domain = "telemetry.coffee.example"; },
				{ action = "block"; country = "CN"; } ); },
			{ name = "free"; default = "allow"; }
		);
	END
}
# A name that only one place was asked for tells who answered.
asked_at() { # place name
	if [ "$1" = router ]; then
		grep -c "query\[[A-Z]*\] $2 from" "$LAB/dnsmasq.log"
	else
		questions_at "$1" "$2"
	fi
}

policy gateway | gatewayd_policy
scenario_start

n=0
for server in 203.0.113.53 198.51.100.53 2001:db8:3::53 2001:db8:2::53 203.0.113.99; do
	for how in +notcp +tcp; do
		n=$((n + 1))
		name=n$n.many.example
		tap_equal "answered: $server $how" "$(ask_short coffee $server $name A $how)" 198.51.100.10
		tap_equal "by the router: $server $how" "$(asked_at router $name)" 1
		tap_equal "not by $server $how" "$(asked_at abroad $name)" 0
	done
	expect_ok "in the name of who was asked: $server" \
		grep -q "From $server@53" <<<"$(ask coffee $server www.example.com A)"
done
tap_equal "the router itself is asked as before" "$(ask_short coffee 192.0.2.1 a.many.example A)" 198.51.100.10
tap_equal "and over IPv6" "$(ask_short coffee 2001:db8:1::1 b.many.example A)" 198.51.100.10
for how in +notcp +tcp; do
	tap_equal "a refused name stays refused, $how" \
		"$(ask_status coffee 203.0.113.53 telemetry.coffee.example A $how) $(ask_short coffee 203.0.113.53 telemetry.coffee.example A $how)" "NOERROR "
	tap_equal "answers are pruned, $how" \
		"$(ask_short coffee 203.0.113.53 both.coffee.example A $how | tr ' ' '\n' | sort -u)" 198.51.100.10
done
tap_equal "what was resolved so is not direct" "$(fetch coffee http://www.example.com/)" home
tap_equal "the same name and port many times" "$(for _ in 1 2 3 4 5; do
	ask coffee 203.0.113.53 www.example.com A +short
done | sort | uniq -c | tr -s ' ')" " 5 198.51.100.10"
expect_ok "flows show whom it asked" grep -q 203.0.113.53 <<<"$(gatewayctl flows coffee --json)"

tap_equal "another device asks whom it likes" "$(ask_short camera 203.0.113.53 free.many.example A)" 198.51.100.10
tap_equal "and is heard there" "$(asked_at router free.many.example) $(asked_at abroad free.many.example)" "0 1"

policy any | new_policy >"$LAB/reload.out" 2>&1 || tap_not_ok "reload" "$(cat "$LAB/reload.out")"
tap_equal "after a reload it asks whom it likes, too" \
	"$(ask_short coffee 198.51.100.53 after.many.example A) $(asked_at router after.many.example)" "198.51.100.10 0"
policy gateway | new_policy >"$LAB/reload.out" 2>&1 || tap_not_ok "reload" "$(cat "$LAB/reload.out")"
tap_equal "and is steered again" \
	"$(ask_short coffee 203.0.113.53 again.many.example A) $(asked_at router again.many.example)" "198.51.100.10 1"
scenario_done
