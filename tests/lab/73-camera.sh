#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A camera must not reach its vendor's cloud: not by a hard-coded address or
# resolver, DNS over HTTPS, TLS or QUIC, HTTP/3, Encrypted Client Hello or a
# P2P relay. A laptop without such a policy shows that each way is open; the
# camera's update server works throughout.
set -u
. "$(dirname "$0")/scenario.sh"

for tool in gtlsclient gtlsserver; do
	command -v $tool >/dev/null || tap_skip_all "$tool is missing: run tests/deps.sh check as root"
done

cloud=cloud.camera.example
cloud4=203.0.113.20 update4=198.51.100.20 doh4=203.0.113.60

# ---- the vendor's side: QUIC, encrypted DNS, a relay ----

quic_server() { # place
	mkdir -p "$LAB/$1-quic"
	echo "$1" >"$LAB/$1-quic/index.html"
	lab_start "$1-quic" "$1" gtlsserver -q -d "$LAB/$1-quic" '*' 443 "$LAB/key.pem" "$LAB/certificate.pem"
}
quic_server home
quic_server abroad
lab_cloud doh 203.0.113.1 2001:db8:3::1 $doh4/24 2001:db8:3::60/64
{
	sed '/^ *interface:/d; /logfile/d' "$LAB/abroad-unbound.conf" | sed "/^server:/a\\
  interface: $doh4@53\\
  interface: $doh4@853\\
  interface: $doh4@443\\
  https-port: 443\\
  logfile: \"$LAB/doh-unbound.log\""
} >"$LAB/doh-unbound.conf"
lab_start doh-unbound doh unbound -d -c "$LAB/doh-unbound.conf"
# Answers whatever comes: a relay for P2P, a resolver on another port.
cat >"$LAB/echo.pl" <<-'END'
	use IO::Socket::INET;
	my $socket = IO::Socket::INET->new(Proto => 'udp', LocalAddr => $ARGV[0], LocalPort => $ARGV[1]) or die $@;
	while (my $from = $socket->recv(my $data, 2048)) { $socket->send($data, 0, $from) }
END
cat >"$LAB/knock.pl" <<-'END'
	use IO::Select; use IO::Socket::INET;
	my $socket = IO::Socket::INET->new(Proto => 'udp', PeerAddr => $ARGV[0], PeerPort => $ARGV[1]) or die $@;
	$socket->send(pack 'H*', $ARGV[2]) or die "not sent: $!\n";
	IO::Select->new($socket)->can_read(2) or die "no answer\n";
	defined $socket->recv(my $data, 2048) or die "refused: $!\n";
END
lab_start dot home openssl s_server -quiet -accept $update4:4433 -alpn dot -cert "$LAB/certificate.pem" -key "$LAB/key.pem"
for port in 853 5300 8853 32100; do
	lab_start "echo-$port" home perl "$LAB/echo.pl" $update4 $port
done

# ---- what the devices do; each succeeds when it got through ----

knock() { in_device "$1" timeout 5 perl "$LAB/knock.pl" "$2" "$3" "$4"; }
# gtlsclient says the name that it was given, so its hosts file has to know it.
quic() { # device address name
	printf '%s %s\n' "$2" "$3" >"$LAB/hosts.$1"
	# shellcheck disable=SC2016 # expanded over there
	in_device "$1" sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$LAB/hosts.$1" timeout 8 \
		gtlsclient -q --no-quic-dump --no-http-dump --exit-on-all-streams-close \
		--handshake-timeout=3s --timeout=4s --download="$LAB/misc" "$3" 443 "https://$3/index.html"
	[ -s "$LAB/misc/index.html" ] && rm -f "$LAB/misc/index.html"
}
tls() { # device address [s_client options...]
	local device=$1 address=$2
	shift 2
	in_device "$device" timeout 6 openssl s_client -connect "$address" "$@" </dev/null 2>&1 |
		grep -q 'BEGIN CERTIFICATE'
}
resolves() { # device server kdig-options...
	local device=$1 server=$2
	shift 2
	ask_short "$device" "$server" $cloud A "$@" | grep -q "$cloud4"
}
web() { fetch "$1" --resolve "$2:443:$3" "https://$2/" | grep -q "$4"; }
ech() { in_device "$1" timeout 8 perl tests/lab/hello.pl "$2" 443 "$3"; }

updates() { # when
	tap_equal "the update server works $1" "$(fetch camera https://update.camera.example/)" home
}

# way 'what' device-command with DEVICE in the device's place
way() {
	local what=$1
	shift
	expect_ok "open to a laptop: $what" "${@/#DEVICE/laptop}"
	expect_blocked "closed to the camera: $what" "${@/#DEVICE/camera}"
}

policy() { # a rule more
	cat <<-END
		devices = ( { name = "cam"; mac = "b0:f1:ec:00:00:02"; policy = "camera"; } );
		policies = ( { name = "camera"; default = "allow";
			dns = { bypass = "block"; strip = "ech"; };
			rules = (
				{ action = "allow"; domain = "update.camera.example"; protocol = [ "tls", "quic", "http" ]; },
				{ action = "block"; domain = "$cloud"; },
				{ action = "block"; protocol = [ "kalay", "pppp", "stun" ]; }
				$1
			); } );
	END
}
reason() { # jq condition
	gatewayctl flows cam --json | jq -r "select($1) | .rule + \": \" + .reason" | sort -u | head -n 1
}

mkdir -p "$LAB/etc/doh.d"
printf 'doh.vendor.example\tdoh\tlab\n%s\tdoh\tlab\n' $doh4 >"$LAB/etc/doh.d/lab.tsv"
gatewayd_share
policy "" | gatewayd_policy
scenario_start
wait_for 10 resolves laptop $doh4 || tap_not_ok "the encrypted resolver answers"
wait_for 10 quic laptop $cloud4 $cloud || tap_not_ok "HTTP/3 works"

updates "at first"
way "the name, by the router's resolver" resolves DEVICE 192.0.2.1
way "a hard-coded resolver" resolves DEVICE 203.0.113.53
way "a hard-coded resolver over TCP" resolves DEVICE 203.0.113.53 +tcp
way "a hard-coded address, with its name" web DEVICE $cloud $cloud4 abroad
way "s_client with the name" tls DEVICE $cloud4:443 -servername $cloud
way "HTTP with the name" fetch DEVICE -f -H "Host: $cloud" http://$cloud4/
way "HTTP/3" quic DEVICE $cloud4 $cloud
updates "behind that"
expect_ok "over HTTP/3, too" quic camera $update4 update.camera.example
tap_equal "HTTP/3 was refused by name" "$(reason '.protocol == "quic" and .action == "block"')" \
	"camera/2: domain $cloud"

way "DNS over HTTPS by a known name" resolves DEVICE $doh4 +https +tls-sni=doh.vendor.example
way "DNS over HTTPS at a known address" tls DEVICE $doh4:443 -noservername
way "DNS over TLS" resolves DEVICE 203.0.113.53 +tls
way "DNS over TLS on another port, by what it offers" tls DEVICE $update4:4433 -noservername -alpn dot
way "DNS over QUIC" knock DEVICE $update4 853 c00000000100
way "DNS over QUIC on a draft's port" knock DEVICE $update4 8853 c00000000100
# A plain question for www.example.com, type A.
way "DNS on another port" knock DEVICE $update4 5300 \
	12340100000100000000000003777777076578616d706c6503636f6d0000010001
way "DNS in cleartext HTTP" fetch DEVICE -f "http://$update4/dns-query?dns=AAABAAABAAAAAAAAA3d3dwAAAQAB"
tap_equal "a browser's canary does not exist" "$(ask_status camera 192.0.2.1 use-application-dns.net A)" NXDOMAIN
tap_equal "no encrypted resolver is designated" \
	"$(ask_status camera 198.51.100.53 _dns.resolver.arpa SVCB) $(ask_short camera 198.51.100.53 _dns.resolver.arpa SVCB)" "NOERROR "
tap_equal "it is dns.bypass that says so" "$(reason '.dport == 853 and .transport == "tcp"')" \
	"camera/dns.bypass: dns.bypass dot port 853"
expect_ok "explain tells" grep -q 'camera/dns.bypass' <<<"$(gatewayctl explain cam dns.google)"
tap_equal "plain questions to that resolver are still answered" \
	"$(ask_short camera $doh4 update.camera.example A)" $update4
updates "behind that"

way "a P2P relay that the vendor's update server is, too" knock DEVICE $update4 32100 f1000000
tap_equal "by what it says" "$(reason '.dport == 32100')" "camera/3: protocol pppp"
updates "behind that"

# The device never gets the key to hide a name with.
ech_keys() { # device
	ask_short "$1" 198.51.100.53 update.camera.example HTTPS
}
tap_equal "a laptop is given ECH keys" "$(ech_keys laptop | grep -c ech=)" 1
tap_equal "the camera gets the record without" "$(ech_keys camera)" '1 . alpn=h2'

scenario_stop
# Names that nobody resolved are no longer taken on trust.
policy ', { action = "block"; direct = true; }, { action = "block"; mismatch = true; }' | gatewayd_policy
scenario_start
updates "after a restart"
way "a hard-coded address, without a name" tls DEVICE $cloud4:443 -noservername
way "a hard-coded address, behind ECH" ech DEVICE $cloud4 front.camera.example
way "a front that was resolved, with another name behind it" web DEVICE front.camera.example $update4 home
expect_blocked "HTTP/3 to an address without a name" quic camera $cloud4 elsewhere.example
updates "at last"
expect_ok "over HTTP/3, too" quic camera $update4 update.camera.example
scenario_done
