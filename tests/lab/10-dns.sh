#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Questions are decided by name, whoever is asked and however: refused at once
# as dns.deny says, and the resolver never hears of them.
set -u
. "$(dirname "$0")/scenario.sh"

policy() { # deny answers
	cat <<-END
		devices = (
			{ name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "strict"; },
			{ name = "camera"; mac = "b0:f1:ec:00:00:02"; policy = "other"; }
		);
		policies = (
			{ name = "strict"; default = "allow"; dns = { deny = "$1"; answers = "$2"; };
			  rules = (
				{ action = "block"; domain = [ "telemetry.coffee.example", "tracker.example" ]; },
				{ action = "block"; country = "CN"; } ); },
			{ name = "other"; default = "allow";
			  rules = ( { action = "block"; domain = "view.camera.example"; } ); }
		);
	END
}
servers='192.0.2.1 2001:db8:1::1 198.51.100.53 2001:db8:2::53'
name=telemetry.coffee.example

policy nodata prune | gatewayd_policy
scenario_start

for server in $servers; do
	for how in '' +tcp; do
		# shellcheck disable=SC2086 # no option is no word
		for type in A AAAA; do
			tap_equal "nodata: $server $type ${how:-+udp}" \
				"$(ask_status coffee "$server" $name $type $how) $(ask_short coffee "$server" $name $type $how)" "NOERROR "
		done
		# shellcheck disable=SC2086
		tap_equal "allowed: $server ${how:-+udp}" \
			"$(ask_short coffee "$server" cloud.coffee.example A $how)" 198.51.100.10
		# shellcheck disable=SC2086
		tap_equal "another policy: $server ${how:-+udp}" \
			"$(ask_short camera "$server" $name A $how)" 203.0.113.10
	done
done
tap_equal "a name below a blocked one" "$(ask_short coffee 192.0.2.1 a.b.$name A)" ""
tap_equal "capitals are no way around" "$(ask_short coffee 192.0.2.1 TeleMetry.Coffee.EXAMPLE A)" ""
expect_ok "the answer says 15 (Blocked)" grep -q 'EDE: 15' <<<"$(ask coffee 198.51.100.53 $name A +edns)"
expect_blocked "no EDNS asked, none given" grep -q 'EDE:' <<<"$(ask coffee 198.51.100.53 $name A +noedns)"
expect_ok "the answer comes in the resolver's name" grep -q 'From 198.51.100.53' \
	<<<"$(ask coffee 198.51.100.53 $name A)"

tap_equal "a CNAME that leads to a blocked name is refused" \
	"$(ask_short coffee 198.51.100.53 brew.coffee.example A)" ""
tap_equal "another device may follow it" "$(ask_short camera 198.51.100.53 brew.coffee.example A)" \
	"edge.cdn.example. node7.tracker.example. 198.51.100.20"
tap_equal "addresses in a blocked country are taken out" \
	"$(ask_short coffee 198.51.100.53 both.coffee.example A)" 198.51.100.10
tap_equal "over IPv6, too" "$(ask_short coffee 2001:db8:2::53 both.coffee.example AAAA)" 2001:db8:2::10
# Over TCP the message keeps its length, so an address may stand there twice.
tap_equal "over TCP, too" \
	"$(ask_short coffee 198.51.100.53 both.coffee.example A +tcp | tr ' ' '\n' | sort -u)" 198.51.100.10
tap_equal "through the router, too" "$(ask_short coffee 192.0.2.1 both.coffee.example A)" 198.51.100.10
tap_equal "an answer of which nothing is left is refused" \
	"$(ask_short coffee 198.51.100.53 far.coffee.example A)" ""

# Names that only the strict device asked for.
expect_blocked "the resolver never heard of what was refused" grep -qi 'a\.b\.telemetry' "$LAB/resolver-unbound.log"
expect_blocked "neither did the router's" grep -qi 'a\.b\.telemetry' "$LAB/dnsmasq.log"

for deny in nxdomain zero refused; do
	policy "$deny" keep | new_policy >"$LAB/reload.out" 2>&1 ||
		tap_not_ok "reload with $deny" "$(cat "$LAB/reload.out")"
	for server in $servers; do
		case $deny in
		nxdomain) tap_equal "nxdomain: $server" "$(ask_status coffee "$server" $name A)" NXDOMAIN ;;
		refused) tap_equal "refused: $server" "$(ask_status coffee "$server" $name A)" REFUSED ;;
		zero)
			tap_equal "zero: $server" "$(ask_short coffee "$server" $name A)" 0.0.0.0
			tap_equal "zero: $server AAAA" "$(ask_short coffee "$server" $name AAAA +tcp)" ::
			;;
		esac
	done
done
tap_equal "answers = keep leaves them alone" \
	"$(ask_short coffee 198.51.100.53 both.coffee.example A | tr ' ' '\n' | sort | tr '\n' ' ')" \
	"198.51.100.10 203.0.113.20 "

before=$(status_of .counters.malformed_dns)
in_device coffee bash -c 'printf "\22\64\1\0\0\1\0\0\0\0\0\0\77\77" >/dev/udp/198.51.100.53/53'
counted() { [ "$(status_of .counters.malformed_dns)" -gt "$before" ]; }
expect_ok "malformed DNS is counted" wait_for 5 counted

tap_equal "all resolvers still answer" "$(for server in $servers; do
	printf "%s\n" "$(ask_short coffee "$server" update.coffee.example A)"
done | sort -u)" 198.51.100.20
scenario_done
