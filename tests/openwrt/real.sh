#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The owner's page, docs/openwrt.md, followed word for word on a router in the lab
# that runs OpenWrt's own programs (OPENWRT_PARTS=FOLDER; router.sh): every command of
# it, in its order, from apk to apk, and what the page and the feed's README promise of
# procd, ujail, UCI, ubus, fw4 and sysupgrade. At the end the router is as it was.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
. tests/lab/lib.sh
. tests/page.sh
. tests/openwrt/router.sh
why=$(router_missing)
[ -n "$why" ] || why=$(lab_missing)
[ -z "$why" ] || tap_skip_all "$why"
page=docs/openwrt.md
old=$(cat VERSION)-r0 new=$(cat VERSION)-r1

lab_dnsmasq() { # the router's own, once it runs
	trap 'router_down; lab_remove' EXIT
	router_up || {
		tap_not_ok "OpenWrt comes up" "$(router_log)"
		tap_done
	}
}
lab_up
tap_ok "OpenWrt comes up: $(in_router sed -n "s/^DISTRIB_DESCRIPTION='\(.*\)'/\1/p" /etc/openwrt_release)"
router_feed "$old" || {
	tap_not_ok "the package is made" "$(cat "$LAB/build.out")"
	tap_done
}

# ---- how it was ----
router_rules() { in_router nft list ruleset | sed 's/packets [0-9]* bytes [0-9]*//'; }
# What the overlay has of its own, but the records of apk and what the lab put there.
router_files() {
	(cd "$ROUTER/upper" && find . ! -type d) | sed 's,^\.,,' | grep -vE '^/(lib/apk/|etc/apk/|var/cache/)' | sort
}
in_router mkdir -p /etc/ssl/certs
in_router sh -c 'cat >/etc/ssl/certs/lab.crt' <"$LAB/certificate.pem"
users() { in_router cat /etc/passwd /etc/group /etc/shadow | grep -v '^gatewayd:'; }
rules=$(router_rules) files=$(router_files) users=$(users)

gateway_run() { in_router sh -c "$1" </dev/null; }
gateway_log() { router_log; }
status() { # jq expression
	in_router gatewayctl status --json | jq -r "$1"
}
answers() { in_router gatewayctl status; }
is() { # jq-expression value
	[ "$(status "$1")" = "$2" ]
}
# ujail and the init script go by the same name.
daemon() {
	# shellcheck disable=SC2016 # expanded over there
	in_router sh -c 'for process in $(pidof gatewayd); do
		case $(readlink /proc/$process/exe) in */usr/sbin/gatewayd) echo $process ;; esac
	done'
}
daemon_says() { # field of its /proc/PID/status
	in_router sed -n "s/^$1:[[:space:]]*//p" "/proc/$(daemon)/status" | xargs
}
in_jail() { # command... path: as it is for the daemon
	in_router "${@:1:$#-1}" "/proc/$(daemon)/root${!#}"
}
rules_there() { in_router nft list table inet gatewayd; }
set_options() { # option=value...
	local pair
	for pair in "$@"; do
		in_router uci set "gatewayd.main.$pair"
	done
	in_router uci commit gatewayd
}
logged() { # pattern
	in_router logread | grep -q -- "$1"
}

# ---- install ----
follow "Install"
wait_for 10 answers || {
	tap_not_ok "the daemon answers" "$(router_log)"
	tap_done
}
tap_ok "the daemon answers"
tap_equal "it observes" "$(status .mode)" observe
tap_equal "procd runs it" "$(in_router service gatewayd status)" running
expect_ok "and after a boot, before the network" in_router ls /etc/rc.d/S18gatewayd
# netifd's news restart dnsmasq once more after a boot.
expect_ok "everything passes" wait_for 10 everything_passes

# ---- the jail ----
tap_equal "a user of its own" "$(daemon_says Uid) $(daemon_says Gid)" "461 461 461 461 461 461 461 461"
tap_equal "which may nothing but CAP_NET_ADMIN" \
	"$(for set in CapInh CapPrm CapEff CapAmb; do daemon_says $set; done | xargs)" \
	"0000000000000000 0000000000001000 0000000000001000 0000000000000000"
tap_equal "nor get more" "$(daemon_says NoNewPrivs)" 1
tap_equal "it sees itself and nobody else" "$(in_jail ls /proc | grep -c '^[0-9]')" 1
expect_blocked "no passwords in its jail" in_jail ls /etc/shadow
expect_blocked "nor those of the wireless" in_jail ls /etc/config
expect_ok "leases are there" in_jail ls /tmp/dhcp.leases
expect_ok "and folders of host names" in_jail ls /tmp/hosts
tap_equal "and the names of the own wireless, which are all of its settings" \
	"$(in_jail cat /var/etc/gatewayd/networks)" "ssid=Smith Family"

# ---- the object on ubus ----
call() { # method [json]: for root, over the bus
	in_router ubus call gatewayd "$1" "${2-"{}"}"
}
in_router ubus -t 10 wait_for gatewayd
for method in status devices flows events lists policies doctor; do
	expect_ok "ubus call gatewayd $method" jq -e 'has("exit") | not' <(call $method)
done
tap_equal "one that is refused says why" "$(call set '{"device":"coffee-maker","policy":"aplliance"}' | jq -r .error)" \
	'no policy "aplliance"; did you mean "appliance"?'
# Two that may log in from the LAN: one who looks, one who may nothing.
sed "s,HASH,$(openssl passwd -1 secret)," <<-'END' | in_router sh -c 'cat >>/etc/config/rpcd'
	config login
		option username 'looks'
		option password 'HASH'
		list read 'gatewayd'

	config login
		option username 'nobody'
		option password 'HASH'
END
in_router service rpcd reload
in_router ubus -t 10 wait_for gatewayd
in_router sh -c 'uhttpd -p 192.0.2.1:80 -h /www -u /ubus >/dev/null 2>&1'
rpc() { # session object method json
	fetch laptop http://192.0.2.1/ubus -d "$(jq -nc --arg session "$1" --arg object "$2" --arg method "$3" \
		--argjson arguments "$4" '{jsonrpc: "2.0", id: 1, method: "call", params: [$session, $object, $method, $arguments]}')"
}
login() { # user
	rpc 00000000000000000000000000000000 session login "{\"username\":\"$1\",\"password\":\"secret\"}" |
		jq -r '.result[1].ubus_rpc_session'
}
over_http() { # user method json: what comes of it, or the code of the refusal
	rpc "$(login "$1")" gatewayd "$2" "$3" | jq -c '.result[1] // .result[0] // .error.code'
}
tap_equal "both may log in" "$(for user in looks nobody; do login $user; done | grep -cE '^[0-9a-f]{32}$')" 2
tap_equal "over HTTP who may look looks" "$(over_http looks status '{}' | jq -r .mode)" observe
explain='{"device":"coffee-maker","destination":"203.0.113.10"}'
tap_equal "and asks what would be" "$(over_http looks explain "$explain" | jq -r .action)" allow
tap_equal "and changes nothing" "$(for method in pause set allow block name reload; do
	over_http looks $method '{"device":"coffee-maker","mac":"a4:cf:12:00:00:01","name":"x","policy":"observe","destination":"*"}'
done | sort -u)" -32002
tap_equal "who has no right does not even look" "$(over_http nobody status '{}')" -32002

# ---- first day, first policy ----
follow "The first day"
expect_ok "the device is there, with its lease's name" \
	in_router sh -c 'gatewayctl devices | grep -q "coffee-maker.*a4:cf:12:00:00:01"'
# Countries, as the page says, from a server of the lab's, which gives out what begins
# with "bulk", and whose certificate the router believes.
cp "$LAB/etc/country.mmdb" "$LAB/home-nginx/bulk_country.mmdb"
printf '%s\n' tracker.example >"$LAB/home-nginx/bulk_list"
set_options country_url=https://cloud.coffee.example/bulk_country.mmdb
in_router sh -c 'cat >>/etc/config/gatewayd' <<-'END'

	config list
		option name 'trackers'
		option url 'https://cloud.coffee.example/bulk_list'
END
in_router service gatewayd reload
countries() { fetch coffee http://203.0.113.10/ >/dev/null 2>&1; in_router sh -c 'gatewayctl devices a4:cf:12:00:00:01 | grep -q 203.0.113.10.*CN'; }
expect_ok "an address of a database that is new is fetched from" wait_for 20 countries
expect_ok "as gatewayctl lists update does" in_router gatewayctl lists update
lists() { in_router gatewayctl lists --json | jq -se 'any(.list == "trackers" and .names == 1)'; }
expect_ok "lists, too" lists
follow "The first policy"
wait_for 10 is .mode enforce
tap_equal "now it enforces" "$(status .mode)" enforce
tap_equal "what the policy does not allow is refused" "$(reset_by coffee http://203.0.113.10/)" reset
expect_ok "other devices do not notice" fetch camera http://203.0.113.10/

# ---- a device stopped working ----
follow "A device stopped working"
expect_ok "for these ten minutes the device has everything" everything_passes

# ---- settings ----
process=$(daemon)
# Its first call after an installation only takes note of the new file.
in_router reload_config
set_options mode=observe
in_router reload_config
expect_ok "UCI's own reload_config is enough" wait_for 10 is .mode observe
set_options mode=enforce home=DE
in_router uci add_list gatewayd.main.home=FR
in_router uci commit gatewayd
in_router reload_config
expect_ok "other home countries" wait_for 10 in_jail grep -q 'home = \[ "DE", "FR" \]' /etc/gatewayd/gatewayd.conf
expect_ok "are obeyed" wait_for 10 is .mode enforce
in_router uci set dhcp.tv=host
in_router uci set dhcp.tv.name=tv
in_router uci set dhcp.tv.mac=b0:f1:ec:00:00:02
in_router uci commit dhcp
in_router reload_config
named() { in_router sh -c 'gatewayctl devices | grep -q "^tv .*b0:f1:ec:00:00:02"'; }
expect_ok "a static lease's name counts" wait_for 15 named
in_router uci set wireless.upstairs.ssid=Jones
in_router uci commit wireless
in_router reload_config
expect_ok "another name of the wireless is seen" wait_for 10 in_jail grep -qx ssid=Jones /var/etc/gatewayd/networks
tap_equal "all of that without a restart" "$(daemon)" "$process"
set_options mode=maybe
in_router reload_config
expect_ok "a wrong value is said" wait_for 10 logged 'mode=maybe is not'
tap_equal "and changes nothing" "$(daemon) $(status .mode)" "$process enforce"
set_options mode=enforce verbose=1
in_router reload_config
restarted() { [ -n "$(daemon)" ] && [ "$(daemon)" != "$process" ] && answers; }
expect_ok "more in the log is a restart" wait_for 20 restarted
tap_equal "with -v" "$(in_router cat "/proc/$(daemon)/cmdline" | tr '\0' ' ')" "/usr/sbin/gatewayd -v "
set_options verbose=0
in_router service gatewayd reload
wait_for 20 answers

# ---- what it learns of others ----
# A lease of dnsmasq's, which writes the file in its place.
lab_space tv
lab_cable tv eth0 52:54:00:00:00:07 gateway br-lan
in_space tv busybox udhcpc -q -f -n -i eth0 -x hostname:living-room -s /bin/true >/dev/null 2>&1
leased() { in_router sh -c 'gatewayctl devices | grep -q "^living-room .*52:54:00:00:00:07"'; }
expect_ok "a new lease's name is seen" wait_for 15 leased
# odhcpd writes beside and renames.
in_router sh -c 'echo "2001:db8:1::77 seven" >/tmp/hosts/.new && mv /tmp/hosts/.new /tmp/hosts/odhcpd.hosts.lan'
expect_ok "so is a file that takes another's place" in_jail ls /tmp/hosts/odhcpd.hosts.lan
# The owner's own policy, in a file that was not there before.
in_router sh -c 'cat >/etc/gatewayd/policy.d/50-secrets.conf' <<-'END'
	devices = ( { name = "laptop"; mac = "3c:22:fb:00:00:03"; policy = "secretive"; } );
	policies = ( { name = "secretive"; default = "allow";
		rules = ( { action = "strip"; data = [ "network-id" ]; opaque = "allow"; } ); } );
END
in_router service gatewayd reload
secretive() { in_router gatewayctl devices --json | jq -se 'any(.device == "laptop" and .policy == "secretive")'; }
expect_ok "a new file of policies counts after a reload" wait_for 10 secretive
fetch laptop -H 'Content-Type: application/json' -d '{"note":"Jones","other":"Smith"}' http://203.0.113.10/store >/dev/null
tap_equal "the name of the wireless, as it is now, leaves nobody's device that may not tell it" \
	"$(stored_body abroad)" '{"note":"xxxxx","other":"Smith"}'
# A guest network: first without its device.
in_router sh -c 'uci set network.guest=interface && uci set network.guest.device=br-guest &&
	uci set network.guest.proto=none && uci add_list gatewayd.main.network=guest && uci commit && reload_config'
guest() { in_router grep -qF 'lan = [ "br-lan", "br-guest" ];' /var/etc/gatewayd/gatewayd.conf; }
expect_ok "a network whose device is not there yet" wait_for 15 guest
expect_ok "is waited for" wait_for 10 answers

# ---- crashes ----
process=$(daemon)
in_router kill -9 "$process"
expect_ok "killed, its rules stay" rules_there
expect_ok "procd starts it again" wait_for 20 restarted
tap_equal "it enforces as before" "$(status .mode)" enforce

# ---- fw4 ----
for verb in reload restart; do
	expect_ok "fw4 $verb" in_router fw4 $verb
	expect_ok "leaves its rules" rules_there
done
expect_ok "firewall stop" in_router service firewall stop
expect_ok "takes all rules, and gatewayd puts its own back" wait_for 10 rules_there
expect_ok "firewall start" in_router service firewall start
expect_ok "and they are both there" wait_for 10 in_router nft list table inet fw4
tap_equal "what the policy does not allow is refused still" "$(reset_by coffee http://198.51.100.10:8443/)" reset

# ---- sysupgrade, a boot ----
in_router rm -rf /etc/gatewayd/state
kept=$(in_router sysupgrade -l)
tap_nothing "sysupgrade keeps settings, policies, and what was learned until now" \
	"$(for file in /etc/config/gatewayd /etc/gatewayd/policy.d/90-gatewayctl.conf \
		/etc/gatewayd/policy.d/50-secrets.conf /etc/gatewayd/state/devices; do
		grep -qxF "$file" <<<"$kept" || echo "$file"
	done)"
# No device can hope for the gap: rules stand before the network does.
router_reboot || tap_not_ok "it boots" "$(router_log)"
expect_ok "after a boot it runs" wait_for 20 answers
tap_equal "its rules were there before the network" \
	"$(in_router logread | grep -oE "gatewayd .*: 2 devices|Interface 'lan' is now up" | head -n 1 | grep -c gatewayd)" 1
tap_equal "it enforces" "$(status .mode)" enforce
expect_ok "and knows who is who" wait_for 10 leased
expect_ok "and fetches what it had downloaded" wait_for 60 lists
expect_ok "and where places are" wait_for 10 countries
runs() { [ "$(in_router service gatewayd status)" = running ]; }
expect_ok "then nothing of that is left" wait_for 10 runs

# ---- without a jail ----
in_router mount --bind /dev/null /sbin/ujail
in_router service gatewayd restart
expect_ok "without ujail it runs, too" wait_for 20 answers
tap_equal "and gives everything up but CAP_NET_ADMIN" \
	"$(daemon_says CapEff) $(daemon_says CapPrm) $(daemon_says CapBnd) $(daemon_says NoNewPrivs)" \
	"0000000000001000 0000000000001000 0000000000000000 1"
in_router umount /sbin/ujail
in_router service gatewayd restart
wait_for 20 answers

# ---- undo ----
follow "Undo"
expect_ok "it runs again" wait_for 10 answers
tap_equal "and observes" "$(status .mode)" observe
expect_ok "everything passes again" everything_passes

# ---- upgrade ----
process=$(daemon)
router_feed "$new"
follow "Upgrade"
expect_ok "the daemon answers after the upgrade" wait_for 10 answers
tap_equal "the program that runs is the new one" \
	"$(in_router ls -Li "/proc/$(daemon)/exe" | xargs | cut -d ' ' -f 1)" \
	"$(in_router ls -Li /usr/sbin/gatewayd | xargs | cut -d ' ' -f 1)"
tap_equal "the owner's policy is kept" \
	"$(in_router gatewayctl devices --json | jq -r 'select(.device == "coffee") | .policy')" appliance

in_router service gatewayd stop
in_router apk fix --reinstall gatewayd >/dev/null
expect_ok "what was stopped runs after an upgrade" wait_for 10 answers
set_options enabled=0
in_router service gatewayd reload
expect_blocked "switched off it does not" answers
in_router apk fix --reinstall gatewayd >/dev/null
expect_blocked "not even then" answers
expect_blocked "and has no rule" rules_there
set_options enabled=1
in_router service gatewayd reload
expect_ok "switched on it does" wait_for 10 answers

# ---- remove ----
follow "Remove"
tap_equal "the rules are as they were" "$(diff <(echo "$rules") <(router_rules))" ""
# Users stay on OpenWrt, whoever brought them.
tap_equal "the files are as they were" \
	"$(diff <(echo "$files") <(router_files) | grep '^[<>]' | grep -vE '^> /etc/(passwd|group|shadow)$')" ""
tap_equal "the users are as they were, but for one more" "$(users)" "$users"
expect_blocked "ubus has no such object" in_router ubus list gatewayd
expect_blocked "nothing of it runs" in_router pidof gatewayd
expect_ok "everything passes" everything_passes
tap_done
