#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A newcomer's path: a thing that no file names is seen, guessed and given a
# profile; it goes on working, and its telemetry no longer leaves. Then a thing
# of each kind with its profile and real clients, by day and at night: for each
# destination of profiles.table, what was expected and what happened.
set -u
table=$(cd "$(dirname "$0")" && pwd)/profiles.table

# Every name has an address of its own: a datagram bears no name, so it is
# judged by all that DNS gave for its address. Two are at home, the rest abroad.
# shellcheck disable=SC2034 # lab_zone reads it
LAB_NAMES=$(awk '
	BEGIN { split("iot.keurig.com api.ring.com", list, " "); for (i in list) home[list[i]] }
	/^#/ || NF != 3 || $1 == "every" { next }
	{
		name = $2; sub(/@.*/, "", name); sub(/:[0-9]+$/, "", name)
		if (name !~ /[a-z]/ || name ~ /[][]/ || name in seen || name == "behind.vendor.example") next
		seen[name]; n++
		printf "%s. A %s%d\n%s. AAAA %s%d\n", name, name in home ? "198.51.100." : "203.0.113.", 100 + n,
			name, name in home ? "2001:db8:2::" : "2001:db8:3::", 100 + n
		if (name == "pool.ntp.org") printf "*.pool.ntp.org. A 203.0.113.%d\n*.pool.ntp.org. AAAA 2001:db8:3::%d\n", 100 + n, 100 + n
	}
	END {
		# Behind a name that nobody knows, a server for rent.
		print "behind.vendor.example. CNAME ec2-203-0-113-99.compute-1.amazonaws.com."
	}' "$table")
. "$(dirname "$0")/scenario.sh"

thing=52:54:00:00:00:09
add_device thing $thing 192.0.2.90 2001:db8:1::90

# ---- the vendors' side ----

for place in home abroad; do
	awk -v place=$place '($2 == "A" || $2 == "AAAA") && $1 !~ /^[*]/ &&
		($3 ~ /^198|^2001:db8:2:/) == (place == "home") {
			print "address add " $3 ($2 == "A" ? "/24" : "/64") " dev eth0" }' <<<"$LAB_NAMES" |
		ip -n "$(space $place)" -batch - || exit 2
	lab_start $place-datagram $place perl tests/lab/datagram.pl serve "$LAB/$place-datagram.log"
	# The answer comes from the address that was asked: the kernel sees to it.
	in_space $place nft -f - <<-'END' || exit 2
		table inet vendor {
			chain prerouting {
				type nat hook prerouting priority dstnat;
				udp dport { 123, 3478, 10001, 32100 } redirect to :7777
			}
		}
	END
done
lab_cloud doh 203.0.113.1 2001:db8:3::1 203.0.113.60/24 2001:db8:3::60/64
sed '/^ *interface:/d; s/abroad-unbound/doh-unbound/' "$LAB/abroad-unbound.conf" |
	sed '/^server:/a\  interface: 203.0.113.60@443\n  https-port: 443' >"$LAB/doh-unbound.conf"
lab_start doh-unbound doh unbound -d -c "$LAB/doh-unbound.conf"
mkdir -p "$LAB/abroad-quic" && echo abroad >"$LAB/abroad-quic/index.html"
lab_start abroad-quic abroad gtlsserver -q -d "$LAB/abroad-quic" '*' 443 "$LAB/key.pem" "$LAB/certificate.pem"

# ---- the thing's; each succeeds when it got through ----

n=0 # each time another name, so that no answer comes from memory
resolves() { # resolver kdig-option...
	local server=$1
	shift
	ask thing "$server" "n$n.pool.ntp.org" A +short "$@" | grep -qx "203[.]0[.]113[.][0-9]*"
}
quic() { # name address
	rm -f "$LAB/misc/index.html"
	printf '%s %s\n' "$2" "$1" >"$LAB/hosts.thing"
	# shellcheck disable=SC2016 # expanded over there
	in_device thing sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$LAB/hosts.thing" timeout 3 \
		gtlsclient -q --no-quic-dump --no-http-dump --exit-on-all-streams-close --handshake-timeout=1s \
		--timeout=2s --download="$LAB/misc" "$1" 443 "https://$1/index.html"
	[ -s "$LAB/misc/index.html" ]
}
told='{"version":7,"owner":"A. Smith","latitude":52.10931,"ssid":"Elm Street 12","email":"a@example.org"}'
try() { # way destination
	local name=${2%@*} address=${2#*@}
	case $1 in
	dns) resolves "$2" ;;
	dns6) resolves "$2" ;;
	dnstcp) resolves "$2" +tcp ;;
	dot) resolves "$2" +tls ;;
	doh) resolves "$2" +https +tls-sni=dns.google ;;
	mqtt) publish thing "$2" lab hello ;;
	ntp | stun | kalay | pppp) in_device thing perl tests/lab/datagram.pl "$1" "$2" 4 ;;
	ntp6) in_device thing perl tests/lab/datagram.pl ntp "$2" 6 ;;
	sends) in_device thing perl tests/lab/datagram.pl send "${2%:*}" $((${2#*:} * 11 / 10)) ;;
	ping) in_device thing ping -c 1 -W 1 "$2" ;;
	claims) fetch thing -o /dev/null --resolve "$name:443:$address" "https://$name/" ;;
	quic) quic "$name" "$address" ;;
	tells) fetch thing -4 -f -o /dev/null -H 'Content-Type: application/json' -d "$told" "http://$2/store" ;;
	http6 | https6) fetch thing -6 -o /dev/null "${1%6}://$2/" ;;
	*) fetch thing -g -o /dev/null "$1://$2/" ;;
	esac >/dev/null 2>&1
}

# What the servers heard, as a number that grows. A resolver's log is its own.
heard() {
	cat "$LAB"/{home,abroad}-nginx/{access,stored}.log "$LAB"/{home,abroad}-datagram.log 2>/dev/null | wc -l
}
delivered() { cat "$LAB"/{home,abroad}-mosquitto.log | grep -c 'Received PUBLISH'; }
heard_abroad() { cat "$LAB"/{abroad,doh}-unbound.log 2>/dev/null | grep -c " n${n}[.]pool"; }
# What the server has of what the thing told it last.
stored_form() { # place
	local got
	got=$(stored_body "$1")
	if [ "$got" = "$told" ]; then
		echo whole
	elif [ ${#got} -eq ${#told} ] && [ "$(jq .version <<<"$got")" = 7 ] && ! grep -qE '52[.]1|Elm' <<<"$got"; then
		echo stripped
	else
		echo "changed to $got"
	fi
}
happens() { # way destination
	local before published limit arrived
	before=$(heard) published=$(delivered)
	: >"$LAB/home-nginx/stored.log"
	if try "$1" "$2"; then
		case $1 in
		tells) if [ -s "$LAB/home-nginx/stored.log" ]; then stored_form home; else stored_form abroad; fi ;;
		dns | dns6 | dnstcp) if [ "$(heard_abroad)" -gt 0 ]; then echo passes; else echo router; fi ;;
		*) echo passes ;;
		esac
		return
	fi
	case $1 in
	dns | dns6 | dnstcp | dot | doh) [ "$(heard_abroad)" -eq 0 ] && echo stopped || echo heard ;;
	sends)
		limit=$((${2#*:} * 1000000))
		wait_for 3 grep -q '^stream' "$LAB/abroad-datagram.log"
		arrived=$(awk '$1 == "stream" { n = $2 } END { print n + 0 }' "$LAB/abroad-datagram.log")
		if [ "$arrived" -le "$limit" ] && [ "$arrived" -gt $((limit * 8 / 10)) ]; then
			echo cut
		else
			echo "$arrived came"
		fi
		;;
	*) [ "$(heard) $(delivered)" = "$before $published" ] && echo stopped || echo arrived ;;
	esac
}

# One result for a profile, its destinations as a table below it.
check_profile() { # profile when, rows on standard input
	local way destination expected happened wrong=0 count=0
	gatewayctl set $thing "$1" >"$LAB/set" 2>&1 || {
		tap_not_ok "set $1" "$(cat "$LAB/set")"
		return
	}
	: >"$LAB/rows"
	while read -r way destination expected; do
		n=$((n + 1))
		happened=$(happens "$way" "$destination" </dev/null)
		count=$((count + 1))
		[ "$happened" = "$expected" ] || wrong=$((wrong + 1))
		printf '# %-6s %-44s %-8s %-8s %s\n' "$way" "$destination" "$expected" "$happened" \
			"$([ "$happened" = "$expected" ] || echo WRONG)" >>"$LAB/rows"
	done
	if [ $wrong -eq 0 ] && [ $count -gt 0 ]; then
		tap_ok "$1$2: $count destinations as they should be"
		sed 's/ *$//' "$LAB/rows"
	else
		tap_not_ok "$1$2: destinations as they should be" "$(grep WRONG "$LAB/rows" | cut -c3-)"
	fi
}
# The rows of a profile, with those of every group that it is in.
rows_of() { # profile night
	awk -v profile="$1" -v wanted="$2" '
		/^#/ || NF == 0 { next }
		/^at night/ { night = 1; inside = 0; next }
		$1 == "every" { sub(/:$/, "", $2); group = $2; inside = 0; next }
		/^[a-z-]+:/ {
			group = ""; inside = $1 == profile ":" && night == wanted
			if (inside) for (i = 2; i <= NF; i++) printf "%s", every[$i]
			next
		}
		group != "" { every[group] = every[group] $0 "\n"; next }
		inside { print }' "$table"
}
profiles_of() { # night
	awk -v wanted="$1" '/^at night/ { night = 1 } /^[a-z-]+:/ && night == wanted { sub(/:.*/, ""); print }' "$table"
}
# The time on the wall is a matter of the zone.
at_hour() { # hour
	TZ=LAB$((10#$(date -u +%H) - $1))
	export TZ
}

# ---- the newcomer ----

cat >"$LAB/etc/policy.d/60-clock.conf" <<-'END'
	policies = ( { name = "my-clock"; extends = "coffee-machine";
		rules = ( { action = "limit"; upload = "50 kB/day"; direct = true;
			transport = "udp"; port = 123; protocol = "ntp"; } ); } );
END
printf '' | gatewayd_policy
sed -i 's/unknown_device = .*/unknown_device = "observe";/' "$LAB/etc/gatewayd.conf"
gatewayd_share
at_hour 12
scenario_start

of_thing() { # jq path
	gatewayctl devices --json | jq -r "select(.mac == \"$thing\") | $1"
}
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
tap_equal "its telemetry no longer leaves" "$(happens https apilocate.amap.com)" stopped

# ---- a thing of each kind ----

# From here on it is known which addresses the thing asked for.
scenario_stop
scenario_start
for profile in $(profiles_of 0); do
	check_profile "$profile" "" < <(rows_of "$profile" 0)
done
tap_equal "every profile that comes with it was tried, but those" \
	"$(cd policy/profiles && printf '%s\n' *.conf | sed 's/[.]conf$//' | grep -vxF -f <(profiles_of 0) | tr '\n' ' ')" ""
scenario_stop
at_hour 3
scenario_start
for profile in $(profiles_of 1); do
	check_profile "$profile" " at night" < <(rows_of "$profile" 1)
done
scenario_done
