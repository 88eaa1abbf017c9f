# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A home out of network namespaces; sourced by the scenarios, the demo and the
# live measurements. Everything in it but gatewayd is the real thing.
#
#  coffee a4:cf:12:00:00:01                                    resolver (US) unbound
#  192.0.2.10 2001:db8:1::10 ──┐                          ┌── 198.51.100.53 2001:db8:2::53
#                              │      ┌──────────┐        │
#  camera b0:f1:ec:00:00:02    │br-lan│          │ wan    │   home (US) nginx mosquitto
#  192.0.2.20 2001:db8:1::20 ──┼──────┤ gateway  ├────────┼── 198.51.100.10 2001:db8:2::10
#                              │   .1 │          │ .1  .1 │   198.51.100.20 2001:db8:2::20
#  laptop 3c:22:fb:00:00:03    │  ::1 │ dnsmasq  │        │
#  192.0.2.30 2001:db8:1::30 ──┘      │ gatewayd │        │   abroad (CN) nginx mosquitto unbound
#                                     └──────────┘        └── 203.0.113.10 2001:db8:3::10
#  add_device makes more.                                     203.0.113.20 2001:db8:3::20
#                                                             203.0.113.53 2001:db8:3::53
#
# IPv4 is masqueraded towards the wan, as at home; IPv6 is routed. The lan is
# one bridge in the gateway's namespace, the wan one bridge in "street".
#
# Names of namespaces carry a random tag, files live in one mktemp folder, and
# processes are ended by their ids: two labs can run at once. Waiting is for
# conditions (wait_for), never for seconds.

LAB_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_BUILD=${LAB_BUILD:-$LAB_SOURCE/${CHECK_BUILD:-build-check}}
# The lab's own small programs, whichever gatewayd is tried.
LAB_TOOLS=${LAB_TOOLS:-$LAB_SOURCE/${CHECK_BUILD:-build-check}/tests/lab}
GATEWAYD=${GATEWAYD:-$LAB_BUILD/gatewayd}
GATEWAYCTL=${GATEWAYCTL:-$LAB_BUILD/gatewayctl}
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=1:detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
export LC_ALL=C
# On an emulated machine everything takes so many times as long.
LAB_PATIENCE=${LAB_PATIENCE:-1}

LAB='' LAB_TAG='' LAB_SPACES=() LAB_PIDS=() GATEWAYD_PID=''

# ---- the lab itself ----

# Says which of them is missing; fails where none is.
lab_tools_missing() { # tool...
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null || {
			echo "$tool is missing: run tests/deps.sh check as root"
			return
		}
	done
	return 1
}

# What is missing for a lab here, or nothing.
lab_missing() {
	[ "$(id -u)" = 0 ] || {
		echo "not root: network namespaces cannot be made"
		return
	}
	unshare -n true 2>/dev/null || {
		echo "this kernel or container allows no network namespaces"
		return
	}
	lab_tools_missing ip nft dnsmasq unbound nginx mosquitto mosquitto_pub curl kdig openssl perl jq && return
	[ -n "${LAB_MADE-}" ] || perl -MMaxMind::DB::Writer::Tree -e 1 2>/dev/null ||
		echo "libmaxmind-db-writer-perl is missing: run tests/deps.sh check as root"
}

space() { # device or place: the name of its namespace
	echo "$LAB_TAG-$1"
}

in_space() { # place command...
	local place=$1
	shift
	ip netns exec "$LAB_TAG-$place" "$@"
}

# As a device's own process: with its resolver, which is the router unless
# use_resolver said otherwise.
in_device() { # device command...
	local device=$1
	shift
	# shellcheck disable=SC2016 # expanded over there
	ip netns exec "$LAB_TAG-$device" sh -c \
		'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$LAB/resolv.$device" "$@"
}

use_resolver() { # device address...
	local device=$1
	shift
	printf 'nameserver %s\n' "$@" >"$LAB/resolv.$device"
	echo 'options timeout:2 attempts:1' >>"$LAB/resolv.$device"
}

# Starts what stays until the lab goes; $! is the program's own id, since no
# function stands between the shell and it. Its output is in $LAB/NAME.out.
lab_start() { # name place command...
	local name=$1 place=$2
	shift 2
	ip netns exec "$LAB_TAG-$place" "$@" >>"$LAB/$name.out" 2>&1 </dev/null &
	LAB_PIDS+=($!)
}

lab_end_process() { # pid [signal]
	kill "-${2:-TERM}" "$1" 2>/dev/null || return 0
	wait "$1" 2>/dev/null
}

lab_remove() {
	local status=$? pid name
	trap - EXIT INT TERM
	exec 2>/dev/null # the shell would tell of every process that ends
	for pid in ${GATEWAYD_PID:+"$GATEWAYD_PID"} "${LAB_PIDS[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for name in "${LAB_SPACES[@]}"; do
		# What is still in there was started by a client of ours.
		for pid in $(ip netns pids "$name" 2>/dev/null); do
			kill -KILL "$pid" 2>/dev/null
		done
		ip netns del "$name" 2>/dev/null
	done
	wait 2>/dev/null
	[ -z "$LAB" ] || [ -n "${LAB_STAYS-}" ] || rm -rf "$LAB"
	exit $status
}

# Tries a command until it succeeds; false when the seconds are over.
wait_for() { # seconds command...
	local end=$((EPOCHSECONDS + $1 * LAB_PATIENCE + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $EPOCHSECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# Lines of ip(8) in one call: a program's start is most of what it costs.
lab_ip() { # place line...
	local place=$1
	shift
	printf '%s\n' "$@" | ip -n "$LAB_TAG-$place" -batch - || exit 2
}

lab_space() { # place
	ip netns add "$LAB_TAG-$1" || exit 2
	LAB_SPACES+=("$LAB_TAG-$1")
	lab_ip "$1" "link set lo up"
	# An address is used at once; nobody else could have it.
	in_space "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
}

# A cable from a place's interface to a bridge port in another place, and what
# ip does in the place then.
lab_cable() { # place interface mac bridge_place bridge [line...]
	local place=$1 interface=$2
	ip link add "$2" ${3:+address "$3"} netns "$LAB_TAG-$1" type veth \
		peer name "p-$1" netns "$LAB_TAG-$4" || exit 2
	lab_ip "$4" "link set p-$1 master $5 up"
	shift 5
	lab_ip "$place" "link set $interface up" "$@"
}

lab_address() { # place interface address...
	local place=$1 interface=$2
	shift 2
	lab_ip "$place" "${@/#/address add dev $interface }"
}

add_device() { # name mac v4 v6
	lab_space "$1"
	lab_cable "$1" eth0 "$2" gateway br-lan \
		"address add dev eth0 $3/24" "address add dev eth0 $4/64" \
		"route add default via 192.0.2.1" "route add default via 2001:db8:1::1"
	use_resolver "$1" 192.0.2.1
}

lab_cloud() { # place v4-gateway v6-gateway address...
	local place=$1 v4=$2 v6=$3
	shift 3
	lab_space "$place"
	lab_cable "$place" eth0 "" street wan "${@/#/address add dev eth0 }" \
		"route add default via $v4" "route add default via $v6"
}

lab_gateway() {
	lab_space gateway
	lab_ip gateway "link add br-lan address 02:00:00:00:00:01 type bridge forward_delay 0" \
		"address add dev br-lan 192.0.2.1/24" "address add dev br-lan 2001:db8:1::1/64" \
		"link set br-lan up"
	lab_cable gateway wan "" street wan
	lab_address gateway wan 198.51.100.1/24 203.0.113.1/24 2001:db8:2::1/64 2001:db8:3::1/64
	in_space gateway sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	in_space gateway nft -f - <<-'END' || exit 2
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state established,related accept
				iifname "br-lan" oifname "wan" accept
			}
			chain wan_nat {
				type nat hook postrouting priority srcnat;
				meta nfproto ipv4 oifname "wan" masquerade
			}
		}
	END
}

# ---- what runs in it ----

lab_zone() {
	cat <<-'END'
		$ORIGIN .
		$TTL 300
		@ SOA ns.example. admin.example. 1 3600 900 86400 60
		@ NS ns.example.
		ns.example. A 198.51.100.53
		cloud.coffee.example. A 198.51.100.10
		cloud.coffee.example. AAAA 2001:db8:2::10
		update.coffee.example. A 198.51.100.20
		update.coffee.example. AAAA 2001:db8:2::20
		telemetry.coffee.example. A 203.0.113.10
		telemetry.coffee.example. AAAA 2001:db8:3::10
		brew.coffee.example. CNAME edge.cdn.example.
		edge.cdn.example. CNAME node7.tracker.example.
		node7.tracker.example. A 198.51.100.20
		node7.tracker.example. AAAA 2001:db8:2::20
		both.coffee.example. A 198.51.100.10
		both.coffee.example. A 203.0.113.20
		both.coffee.example. AAAA 2001:db8:2::10
		both.coffee.example. AAAA 2001:db8:3::20
		far.coffee.example. A 203.0.113.20
		far.coffee.example. AAAA 2001:db8:3::20
		logs.example.cn. A 203.0.113.10
		logs.example.cn. AAAA 2001:db8:3::10
		relay.camera.example. A 203.0.113.20
		relay.camera.example. AAAA 2001:db8:3::20
		view.camera.example. A 198.51.100.20
		view.camera.example. AAAA 2001:db8:2::20
		update.camera.example. A 198.51.100.20
		update.camera.example. AAAA 2001:db8:2::20
		cloud.camera.example. A 203.0.113.20
		cloud.camera.example. AAAA 2001:db8:3::20
		update.camera.example. HTTPS 1 . alpn=h2 ech=AEf+DQBDKgAgACAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHwAEAAEAAQAUZnJvbnQuY2FtZXJhLmV4YW1wbGUAAA==
		doh.vendor.example. A 203.0.113.60
		www.example.com. A 198.51.100.10
		www.example.com. AAAA 2001:db8:2::10
		news.example.cn. A 203.0.113.20
		news.example.cn. AAAA 2001:db8:3::20
		hidden.many.example. HTTPS 1 . alpn="h2" ech="AEX+DQBBAAAgACAABBgc2BuKlKxtMKnKhsn2lSyVvC3U4jdhbpXf4ZHZXwAEAAEAAQASY2xvdWRmbGFyZS1lY2guY29tAAA="
		*.many.example. A 198.51.100.10
		*.many.example. AAAA 2001:db8:2::10
	END
	# What one scenario needs beside.
	printf '%s\n' "${LAB_NAMES-}"
}

lab_unbound() { # place address...
	local place=$1 address
	shift
	{
		cat <<-END
			server:
			  do-daemonize: no
			  username: ""
			  chroot: ""
			  pidfile: ""
			  directory: "$LAB"
			  use-syslog: no
			  logfile: "$LAB/$place-unbound.log"
			  log-queries: yes
			  verbosity: 1
			  num-threads: 1
			  module-config: "iterator"
			  do-not-query-localhost: no
			  access-control: 0.0.0.0/0 allow
			  access-control: ::/0 allow
			  tls-service-key: "$LAB/key.pem"
			  tls-service-pem: "$LAB/certificate.pem"
		END
		for address in "$@"; do
			echo "  interface: $address"
			echo "  interface: $address@853"
		done
		cat <<-END
			auth-zone:
			  name: "."
			  zonefile: "$LAB/zone"
			  for-upstream: yes
			  for-downstream: no
			  fallback-enabled: no
			remote-control:
			  control-enable: no
		END
	} >"$LAB/$place-unbound.conf"
	lab_start "$place-unbound" "$place" unbound -d -c "$LAB/$place-unbound.conf"
}

lab_nginx() { # place
	mkdir -p "$LAB/$1-nginx"
	truncate -s 4M "$LAB/$1-nginx/bulk"
	cat >"$LAB/$1-nginx/nginx.conf" <<-END
		user root;
		daemon off;
		master_process off;
		pid $LAB/$1-nginx/pid;
		error_log $LAB/$1-nginx/error.log;
		events { worker_connections 4096; }
		http {
			log_format lab '\$server_addr \$request';
			log_format stored escape=json '{"file":"\$request_body_file",'
				'"request":"\$request","cookie":"\$http_cookie"}';
			access_log $LAB/$1-nginx/access.log lab;
			client_body_temp_path $LAB/$1-nginx/body;
			proxy_temp_path $LAB/$1-nginx/proxy;
			fastcgi_temp_path $LAB/$1-nginx/fastcgi;
			uwsgi_temp_path $LAB/$1-nginx/uwsgi;
			scgi_temp_path $LAB/$1-nginx/scgi;
			default_type text/plain;
			server {
				listen 80; listen [::]:80;
				listen 8443; listen [::]:8443;
				listen 443 ssl; listen [::]:443 ssl;
				ssl_certificate $LAB/certificate.pem;
				ssl_certificate_key $LAB/key.pem;
				location / { return 200 "$1\n"; }
				location /bulk { root $LAB/$1-nginx; }
				# For minutes: the server waits, a client's own limit lets its buffers fill first.
				# A wait is as long as its buffer lasts.
				location = /slow { alias $LAB/$1-nginx/bulk; limit_rate 16k; output_buffers 1 2k; }
				# What is sent here stays, each body in a file; see stored.
				location /store {
					client_body_in_file_only on;
					client_max_body_size 0;
					access_log $LAB/$1-nginx/stored.log stored;
					proxy_pass http://127.0.0.1:8081/;
					proxy_pass_request_body off;
					proxy_set_header Content-Length "";
				}
			}
			server {
				listen 127.0.0.1:8081;
				location / { return 200 "stored\n"; }
			}
		}
	END
	lab_start "$1-nginx" "$1" nginx -p "$LAB/$1-nginx" -c "$LAB/$1-nginx/nginx.conf"
}

lab_mosquitto() { # place
	printf '%s\n' "listener 1883" "allow_anonymous true" "user root" \
		"log_dest file $LAB/$1-mosquitto.log" "log_type all" >"$LAB/$1-mosquitto.conf"
	lab_start "$1-mosquitto" "$1" mosquitto -c "$LAB/$1-mosquitto.conf"
}

lab_leases() {
	local lease=$((EPOCHSECONDS + 43200))
	cat <<-END
		$lease a4:cf:12:00:00:01 192.0.2.10 coffee-maker *
		$lease b0:f1:ec:00:00:02 192.0.2.20 cam-nursery *
		$lease 3c:22:fb:00:00:03 192.0.2.30 annas-laptop *
	END
}

lab_dnsmasq() {
	lab_leases >"$LAB/misc/dnsmasq.leases"
	lab_start dnsmasq gateway dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv \
		--server=198.51.100.53 --interface=br-lan --bind-dynamic --user=root --pid-file= \
		--except-interface=lo --dhcp-range=192.0.2.100,192.0.2.200 \
		--dhcp-leasefile="$LAB/misc/dnsmasq.leases" --log-queries --log-facility="$LAB/dnsmasq.log"
}

# What the next two make; LAB_MADE is a folder where they did before.
lab_certificate() { # folder
	if [ -n "${LAB_MADE-}" ]; then
		cp "$LAB_MADE/key.pem" "$LAB_MADE/certificate.pem" "$1"
		return
	fi
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=example \
		-addext "subjectAltName=DNS:*.example,DNS:*.coffee.example,DNS:*.camera.example,DNS:*.example.com" \
		-keyout "$1/key.pem" -out "$1/certificate.pem" 2>/dev/null
}

# Where the lab's networks are, in the two layouts that providers use.
lab_databases() { # folder
	if [ -n "${LAB_MADE-}" ]; then
		cp "$LAB_MADE/country.mmdb" "$LAB_MADE/asn.mmdb" "$1"
		return
	fi
	perl "$LAB_SOURCE/tests/lab/mmdb.pl" "$1/country.mmdb" "$1/asn.mmdb" <<-'END'
		198.51.100.0/24 US 64500 Home Cloud
		203.0.113.0/24 CN 64510 Far Cloud
		2001:db8:2::/48 US 64500 Home Cloud
		2001:db8:3::/48 CN 64510 Far Cloud
	END
}

lab_answers() { # place or device, resolver address
	in_space "$1" kdig +short +timeout="$LAB_PATIENCE" +retry=0 "@$2" www.example.com A | grep -q 198.51.100.10
}

# All of it, ready to be used; the caller's EXIT trap is ours from here on.
lab_up() {
	LAB_TAG="gw$(printf '%04x' $((RANDOM * 2 % 65536)))$(printf '%02x' $((RANDOM % 256)))"
	LAB=$(mktemp -d "${TMPDIR:-/tmp}/gatewayd-lab.XXXXXX") || exit 2
	trap lab_remove EXIT
	trap 'exit 130' INT TERM
	chmod 755 "$LAB"
	mkdir -p "$LAB/etc/policy.d" "$LAB/run" "$LAB/misc" "$LAB/share/policy"
	lab_zone >"$LAB/zone"
	lab_certificate "$LAB" || exit 2
	lab_databases "$LAB/etc" || exit 2

	lab_space street
	lab_ip street "link add wan type bridge forward_delay 0" "link set wan up"
	lab_gateway
	lab_cloud resolver 198.51.100.1 2001:db8:2::1 198.51.100.53/24 2001:db8:2::53/64
	lab_cloud home 198.51.100.1 2001:db8:2::1 198.51.100.10/24 198.51.100.20/24 \
		2001:db8:2::10/64 2001:db8:2::20/64
	lab_cloud abroad 203.0.113.1 2001:db8:3::1 203.0.113.10/24 203.0.113.20/24 203.0.113.53/24 \
		2001:db8:3::10/64 2001:db8:3::20/64 2001:db8:3::53/64
	add_device coffee a4:cf:12:00:00:01 192.0.2.10 2001:db8:1::10
	add_device camera b0:f1:ec:00:00:02 192.0.2.20 2001:db8:1::20
	add_device laptop 3c:22:fb:00:00:03 192.0.2.30 2001:db8:1::30

	lab_unbound resolver 198.51.100.53 2001:db8:2::53
	lab_unbound abroad 203.0.113.53 2001:db8:3::53
	lab_dnsmasq
	for place in home abroad; do
		lab_nginx $place
		lab_mosquitto $place
	done
	lab_ready
}

lab_ready() {
	wait_for 15 lab_answers laptop 192.0.2.1 &&
		wait_for 5 lab_answers laptop 203.0.113.53 &&
		wait_for 5 in_space laptop curl -sf -m "$LAB_PATIENCE" http://198.51.100.10/ &&
		wait_for 5 in_space laptop curl -sf -m "$LAB_PATIENCE" http://203.0.113.10/ &&
		wait_for 5 in_space home mosquitto_pub -h 127.0.0.1 -t t -n &&
		wait_for 5 in_space abroad mosquitto_pub -h 127.0.0.1 -t t -n && return
	echo "the lab did not come up:" >&2
	tail -n 5 "$LAB"/*.log "$LAB"/*/error.log "$LAB"/*.out >&2
	exit 2
}

# ---- what devices do ----

# The short answer of a question, on one line; nothing for none.
ask() { # device server name type [kdig options...]
	local device=$1 server=$2 name=$3 type=$4
	shift 4
	in_space "$device" kdig +timeout=$((2 * LAB_PATIENCE)) +retry=0 "$@" "@$server" "$name" "$type" 2>&1
}
ask_short() {
	ask "$@" +short | tr '\n' ' ' | sed 's/ $//'
}
ask_status() { # NOERROR, NXDOMAIN, REFUSED, ... or nothing
	ask "$@" | sed -nE 's/.*status: ([A-Z]+).*/\1/p'
}

# Succeeds when the page came: the body is the place's name.
fetch() { # device URL [curl options...]
	local device=$1
	shift
	in_device "$device" curl -sS -k --connect-timeout $((2 * LAB_PATIENCE)) \
		-m $((5 * LAB_PATIENCE)) "$@"
}
fetch_code() { # as fetch; curl's exit status as text
	fetch "$@" >/dev/null 2>&1
	echo $?
}
# Was it reset? Before the connection (7), when its first bytes told whose it
# is (56), or in a TLS handshake (35). Anything else is told.
reset_by() { # as fetch
	local code
	code=$(fetch_code "$@")
	case $code in
	7 | 35 | 56) echo reset ;;
	*) echo "curl ended with $code" ;;
	esac
}
# What the last request to /store of a place was, in nginx's own words.
stored() { # place file|request|cookie
	tail -n 1 "$LAB/$1-nginx/stored.log" | jq -r ".$2"
}
stored_body() { # place
	cat "$(stored "$1" file)"
}
publish() { # device host topic message
	in_device "$1" timeout $((5 * LAB_PATIENCE)) mosquitto_pub -h "$2" -t "$3" -m "$4"
}

# How often a name was asked at a resolver; its log is its own word.
questions_at() { # place name
	grep -ciE " $2\. " "$LAB/$1-unbound.log"
}

expect_ok() { # what device-command...
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then tap_ok "$what"; else tap_not_ok "$what" "$output"; fi
}
expect_blocked() { # what device-command...
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then tap_not_ok "$what" "it passed: $output"; else tap_ok "$what"; fi
}
