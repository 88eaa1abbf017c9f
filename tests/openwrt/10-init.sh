#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The init script run by dash and, where there is one, busybox ash: what it
# tells procd, and what becomes of UCI; gatewayd itself reads the result.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
init=contrib/openwrt/gatewayd/files/gatewayd.init
gatewayd=$PWD/build/gatewayd
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
export IPKG_INSTROOT=$out/root RECORD=$out/record GATEWAYD_DATADIR=$out/data
mkdir -p "$out/data/policy"
cp policy/profiles/*.conf "$out/data/policy"
cp policy/catalogue/*.tsv "$out/data"

fresh() { # the router after the package was installed
	rm -rf "$IPKG_INSTROOT"
	mkdir -p "$IPKG_INSTROOT"/{etc/config,etc/gatewayd/policy.d,etc/capabilities,sbin,tmp,var}
	cp contrib/openwrt/gatewayd/files/gatewayd.config "$IPKG_INSTROOT/etc/config/gatewayd"
	cp contrib/openwrt/gatewayd/files/gatewayd.capabilities.json \
		"$IPKG_INSTROOT/etc/capabilities/gatewayd.json"
	cp contrib/etc/policy.d/home.conf "$IPKG_INSTROOT/etc/gatewayd/policy.d"
	printf '%s\n' "config interface 'lan'" "option device 'br-lan'" \
		"config interface 'guest'" "option device 'br-guest'" >"$IPKG_INSTROOT/etc/config/network"
	printf '%s\n' "config wifi-device 'radio0'" "option country 'DE'" >"$IPKG_INSTROOT/etc/config/wireless"
}
call() { # function: its exit status; what it told procd is in $RECORD
	: >"$RECORD"
	# shellcheck disable=SC2086 # a shell may be two words
	$shell -c '. tests/openwrt/standin.sh; . '"$init"'; "$@"' init "$@" >"$out/said" 2>&1
}
set_option() { # option value
	sed -i "/^\t#*option $1 /d; s,^config gatewayd 'main',&\n\toption $1 '$2'," \
		"$IPKG_INSTROOT/etc/config/gatewayd"
}
generated=$IPKG_INSTROOT/var/etc/gatewayd/gatewayd.conf
line() { # what grep-pattern: procd was told so
	if grep -qE -- "$2" "$RECORD"; then tap_ok "$1"; else tap_not_ok "$1" "$(cat "$RECORD" "$out/said")"; fi
}
holds() { # what fixed-text: the file made from UCI has it
	if grep -qF -- "$2" "$generated"; then tap_ok "$1"; else tap_not_ok "$1" "$(cat "$generated" "$out/said")"; fi
}
loads() { # what: gatewayd takes the folder; the link is absolute on the router only
	rm -rf "$out/conf"
	cp -r "$IPKG_INSTROOT/etc/gatewayd" "$out/conf"
	rm -f "$out/conf/gatewayd.conf"
	cp "$generated" "$out/conf/gatewayd.conf"
	log=$("$gatewayd" -n -c "$out/conf" 2>&1)
	tap_equal "$1" "$?$(grep -v '^ok$' <<<"$log")" 0
}

run_all() {
	local before

	# ---- as installed ----
	fresh
	call start
	tap_equal "$shell: start" "$?$(cat "$out/said")" 0
	tap_equal "$shell: the command has no argument" "$(grep 'set_param command' "$RECORD")" \
		"procd_set_param command /usr/sbin/gatewayd"
	line "$shell: a reload is a signal" '^procd_set_param reload_signal HUP$'
	line "$shell: it never gives up" '^procd_set_param respawn 3600 5 0$'
	line "$shell: policy files are watched" "^procd_append_param file .*policy.d/home.conf$"
	line "$shell: changes of the network are followed" '^procd_add_raw_trigger interface'
	tap_nothing "$shell: without a jail the daemon starts as root" \
		"$(grep -E 'param (user|capabilities)|add_jail' "$RECORD")"
	tap_equal "$shell: the link" "$(readlink "$IPKG_INSTROOT/etc/gatewayd/gatewayd.conf")" \
		/var/etc/gatewayd/gatewayd.conf
	holds "$shell: it observes" 'mode = "observe";'
	holds "$shell: devices pass when it is gone" 'on_failure = "open";'
	holds "$shell: the bridge of lan" 'lan = [ "br-lan" ];'
	holds "$shell: home is where the wireless is" 'home = [ "DE" ];'
	loads "$shell: gatewayd takes what was made"

	# ---- changed ----
	before=$(stat -c %i "$generated")
	call reload_service
	tap_equal "$shell: an unchanged file is left alone" "$(stat -c %i "$generated")" "$before"
	printf '%s\n' 'guest br-vlan9' >"$IPKG_INSTROOT/netifd"
	sed -i "s/^\tlist network 'lan'/&\n\tlist network 'guest'\n\tlist network 'nowhere'\n\tlist device 'br-iot'\n\tlist home 'FR'\n\tlist home 'EEA'/" \
		"$IPKG_INSTROOT/etc/config/gatewayd"
	set_option mode enforce
	printf '%s\n' "config list" "option name 'bad \"one\\'" "option url 'https://lists.example/a'" \
		"config list" "option name 'nothing'" >>"$IPKG_INSTROOT/etc/config/gatewayd"
	call reload_service
	tap_nothing "$shell: a change is a reload" "$(grep '^stop' "$RECORD")"
	holds "$shell: netifd knows better than the file" 'lan = [ "br-lan", "br-vlan9", "br-iot" ];'
	line "$shell: a network without a device is said" '^logger .*nowhere'
	holds "$shell: home countries" 'home = [ "FR", "EEA" ];'
	holds "$shell: mode" 'mode = "enforce";'
	holds "$shell: quotes cannot end a string" '{ name = "bad \"one\\"; url = "https://lists.example/a"; }'
	tap_nothing "$shell: a list without a source is left out" "$(grep nothing "$generated")"
	sed -i 's/bad "one\\/trackers/; s,option url .*,option file /nowhere.txt,' "$IPKG_INSTROOT/etc/config/gatewayd"
	set_option queue 61500
	set_option mark 0x0f000000
	set_option country_url https://data.example/country.mmdb
	call reload_service
	line "$shell: another queue needs a restart" '^stop$'
	holds "$shell: queue" 'queue = 61500;'
	holds "$shell: mark" 'mark = 0x0f000000;'
	holds "$shell: the database and where it is fetched" \
		'country = "country.mmdb"; country_url = "https://data.example/country.mmdb";'
	: >"$out/nowhere.txt"
	sed -i "s,/nowhere.txt,$out/nowhere.txt," "$generated"
	loads "$shell: gatewayd takes that, too"

	# ---- wrong, off ----
	set_option mode maybe
	call start
	tap_equal "$shell: a wrong value refuses the start" "$?" 1
	line "$shell: and is said" '^logger .*daemon.err'
	set_option mode observe
	set_option enabled 0
	call start
	tap_nothing "$shell: switched off: no instance" "$(grep open_instance "$RECORD")"

	# ---- the owner's own file ----
	fresh
	echo 'home = [ "JP" ];' >"$IPKG_INSTROOT/etc/gatewayd/gatewayd.conf"
	call start
	tap_equal "$shell: the owner's own file stays" \
		"$(cat "$IPKG_INSTROOT/etc/gatewayd/gatewayd.conf")" 'home = [ "JP" ];'

	# ---- jail ----
	fresh
	: >"$IPKG_INSTROOT/sbin/ujail"
	chmod +x "$IPKG_INSTROOT/sbin/ujail"
	mkdir -p "$IPKG_INSTROOT/mnt/usb"
	set_option country /mnt/usb/country.mmdb
	call start
	line "$shell: jail: user" '^procd_set_param user gatewayd$'
	line "$shell: jail: rights" '^procd_set_param capabilities /etc/capabilities/gatewayd.json$'
	line "$shell: jail: folders to read" '^procd_add_jail_mount /etc/gatewayd /var/etc/gatewayd '
	line "$shell: jail: folders to write" '^procd_add_jail_mount_rw /var/run/gatewayd /var/lib/gatewayd$'
	line "$shell: jail: the stick" '^procd_add_jail_mount /mnt/usb$'
	line "$shell: jail: the folders are its own" '^chown -R gatewayd:gatewayd '
	USER_THERE=0 call start
	tap_nothing "$shell: no such user: no jail, no user for procd" \
		"$(grep -E 'param user|add_jail' "$RECORD")"
	rm "$IPKG_INSTROOT/etc/capabilities/gatewayd.json"
	call start
	tap_nothing "$shell: no list of rights: no jail" "$(grep add_jail "$RECORD")"

	# ---- what is learned ----
	echo small >"$IPKG_INSTROOT/var/lib/gatewayd/limits"
	head -c 100000 /dev/zero >"$IPKG_INSTROOT/var/lib/gatewayd/country.mmdb"
	call stop
	tap_equal "$shell: a stop keeps what is small" \
		"$(cd "$IPKG_INSTROOT/etc/gatewayd/state" && echo *)" limits
	before=$(stat -c %i "$IPKG_INSTROOT/etc/gatewayd/state/limits")
	call stop
	tap_equal "$shell: and writes nothing twice" \
		"$(stat -c %i "$IPKG_INSTROOT/etc/gatewayd/state/limits")" "$before"
	rm -rf "$IPKG_INSTROOT/var/lib/gatewayd"
	call start
	tap_equal "$shell: a boot brings it back" "$(cat "$IPKG_INSTROOT/var/lib/gatewayd/limits")" small
	rm -rf "$IPKG_INSTROOT/etc/gatewayd/state"
	: >"$IPKG_INSTROOT/etc/gatewayd/state"
	call stop
	tap_equal "$shell: a flash that takes nothing does not hinder the stop" "$?" 0
	line "$shell: and is said" '^logger .*cannot be written'
}

shells=()
command -v dash >/dev/null && shells+=(dash)
busybox ash -c true 2>/dev/null && shells+=("busybox ash")
[ ${#shells[@]} -gt 0 ] || tap_skip_all "neither dash nor busybox is here"
for shell in "${shells[@]}"; do
	run_all
done
tap_done
