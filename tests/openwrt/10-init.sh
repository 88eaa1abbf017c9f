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
	mkdir -p "$IPKG_INSTROOT"/{etc/config,etc/gatewayd/policy.d,etc/capabilities,sbin,tmp,usr/sbin,var}
	ln -s "$gatewayd" "$IPKG_INSTROOT/usr/sbin/gatewayd"
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
	tap_equal "$shell: start" "$?$(grep -v ' validates as .* with true$' "$out/said")" 0
	tap_equal "$shell: the command has no argument" \
		"$(grep -A 1 'open_instance gatewayd' "$RECORD" | tail -n 1)" \
		"procd_set_param command /usr/sbin/gatewayd"
	line "$shell: a reload is a signal" '^procd_set_param reload_signal HUP$'
	line "$shell: it never gives up" '^procd_set_param respawn 3600 5 0$'
	line "$shell: policy files are watched" "^procd_append_param file .*policy.d/home.conf$"
	line "$shell: changes of the network are followed" '^procd_add_raw_trigger interface'
	line "$shell: and of the settings it reads" '^procd_add_reload_trigger gatewayd network wireless dhcp$'
	line "$shell: and sticks" '^procd_add_raw_trigger mount.add'
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
	: >"$IPKG_INSTROOT/var/run/gatewayd/control.sock.lock"
	RUNNING=1 call reload_service
	line "$shell: another queue needs a restart" '^stop$'
	line "$shell: what can be downloaded is" '^procd_set_param command /bin/sh -c seconds=15$'
	cp "$IPKG_INSTROOT/var/etc/gatewayd/urls" "$IPKG_INSTROOT/var/etc/gatewayd/urls.fetched"
	call reload_service
	tap_nothing "$shell: once" "$(grep 'open_instance fetch' "$RECORD")"
	holds "$shell: queue" 'queue = 61500;'
	holds "$shell: mark" 'mark = 0x0f000000;'
	holds "$shell: the database and where it is fetched" \
		'country = "country.mmdb"; country_url = "https://data.example/country.mmdb";'
	: >"$out/nowhere.txt"
	sed -i "s,/nowhere.txt,$out/nowhere.txt," "$generated"
	loads "$shell: gatewayd takes that, too"

	# ---- an upgrade by apk: another program, and a start ----
	RUNNING=9 call start
	tap_nothing "$shell: a start of what runs is none" "$(grep '^stop' "$RECORD")"
	ln -sf "$out/another" "$IPKG_INSTROOT/usr/sbin/gatewayd"
	cp "$gatewayd" "$out/another"
	RUNNING=1 call start
	tap_equal "$shell: a start of another program than runs ends that one and starts anew" \
		"$(grep -E '^(set|stop|procd_open_instance gatewayd)$' "$RECORD" | xargs)" \
		"procd_open_instance gatewayd set stop procd_open_instance gatewayd set"
	RUNNING=9 call start
	tap_nothing "$shell: once" "$(grep '^stop' "$RECORD")"
	cp "$out/another" "$out/third"
	mv "$out/third" "$out/another"
	RUNNING=99 call start
	tap_equal "$shell: and not for ever, when that one does not end" "$(grep -c '^stop' "$RECORD")" 1

	# ---- wrong, off ----
	before=$(cat "$generated")
	set_option mode maybe
	call start
	tap_equal "$shell: a wrong value starts nothing" "$?$(grep open_instance "$RECORD")" 0
	line "$shell: but its correction would" '^procd_add_reload_trigger'
	line "$shell: it is said which one" '^logger .*daemon.err .*mode=maybe is not or\("observe","enforce"\)'
	set_option keep_hours 900
	for verb in start reload; do
		RUNNING=9 call $verb
		tap_equal "$shell: $verb with a wrong value fails" "$?" 1
		tap_nothing "$shell: and procd hears nothing that would end the running one" \
			"$(grep -E '^(set|stop)$' "$RECORD")"
		line "$shell: all wrong ones are said" 'mode=maybe .*keep_hours=900 is not range'
	done
	call check
	tap_equal "$shell: check says so, too" "$?$(grep -c '/etc/config/gatewayd: mode=maybe' "$out/said")" 11
	set_option mode observe
	set_option keep_hours 6
	set_option home Absurdistan
	RUNNING=9 call reload
	line "$shell: what gatewayd would refuse is refused" '^logger .*daemon.err .*gatewayd.conf:3: "Absurdistan"'
	tap_equal "$shell: and what was before stays" "$(cat "$generated")" "$before"
	line "$shell: with its instance" '^procd_open_instance gatewayd$'
	call check
	tap_equal "$shell: check says that, too" "$?$(grep -c '"Absurdistan"' "$out/said")" 11
	sed -i "/option home/d" "$IPKG_INSTROOT/etc/config/gatewayd"
	set_option mark 'zz; mode = "enforce'
	call check
	tap_equal "$shell: a mark that is no number" "$?" 1
	set_option mark 0x0f000000
	call check
	tap_equal "$shell: and one that is" "$?" 0
	set_option enabled 0
	call start
	tap_nothing "$shell: switched off: no instance" "$(grep open_instance "$RECORD")"

	# ---- the owner's own file ----
	fresh
	echo 'home = [ "JP" ];' >"$IPKG_INSTROOT/etc/gatewayd/gatewayd.conf"
	call start
	tap_equal "$shell: the owner's own file stays" \
		"$(cat "$IPKG_INSTROOT/etc/gatewayd/gatewayd.conf")" 'home = [ "JP" ];'
	call check
	tap_equal "$shell: and is what is checked" "$?" 0
	echo 'home = [ "Absurdistan" ];' >"$IPKG_INSTROOT/etc/gatewayd/gatewayd.conf"
	call check
	tap_equal "$shell: good or bad" "$?" 1

	# ---- networks as they may be written ----
	fresh
	printf '%s\n' "config interface 'old'" "option type 'bridge'" \
		"config interface 'alias'" "option device '@lan'" \
		"config interface 'round'" "option device '@round'" \
		"config interface 'vlan'" "option device 'br-lan.10'" >>"$IPKG_INSTROOT/etc/config/network"
	sed -i "s/^\tlist network 'lan'/\tlist network 'old alias round vlan'/" "$IPKG_INSTROOT/etc/config/gatewayd"
	call start
	holds "$shell: bridges of old, aliases, VLANs" 'lan = [ "br-old", "br-lan", "br-lan.10" ];'
	line "$shell: one that is nothing but itself is left out" '^logger .*"round" has no device'

	# ---- names that the owner gave ----
	printf '%s\n' "config host 'tv'" "option name 'tv \$(reboot)\"'" "option mac 'B0:F1:EC:00:00:02 b0:f1:ec:00:00:03'" \
		"config host 'bad'" "option name 'bad'" "option mac 'b0:f1:ec:*:00:04'" \
		"config host 'none'" "option mac 'b0:f1:ec:00:00:05'" >"$IPKG_INSTROOT/etc/config/dhcp"
	printf '%s\n' '# a comment' 'b0:f1:ec:00:00:06 printer' >"$IPKG_INSTROOT/etc/ethers"
	call start
	tap_equal "$shell: static leases and /etc/ethers" "$(xargs <"$IPKG_INSTROOT/var/etc/gatewayd/ethers")" \
		"B0:F1:EC:00:00:02 tvreboot b0:f1:ec:00:00:03 tvreboot b0:f1:ec:00:00:06 printer"

	# ---- names of the own wireless networks ----
	printf '%s\n' "config wifi-iface 'upstairs'" "option ssid 'Smith Family'" "option key 'the secret'" \
		"config wifi-iface 'guests'" "option ssid 'Guests; \$(reboot)'" "option disabled '1'" \
		"config wifi-iface 'mesh'" "option mode 'mesh'" >>"$IPKG_INSTROOT/etc/config/wireless"
	call start
	tap_equal "$shell: names of the wireless networks, and nothing else of them" \
		"$(paste -sd, "$IPKG_INSTROOT/var/etc/gatewayd/networks")" "ssid=Smith Family,ssid=Guests; \$(reboot)"
	tap_equal "$shell: which the daemon's user may read" \
		"$(stat -c %a "$IPKG_INSTROOT/var/etc/gatewayd/networks")" 644
	line "$shell: a change of them is a reload" \
		'^procd_set_param file .*/gatewayd.conf .*/var/etc/gatewayd/networks$'

	# ---- jail ----
	fresh
	: >"$IPKG_INSTROOT/sbin/ujail"
	chmod +x "$IPKG_INSTROOT/sbin/ujail"
	mkdir -p "$IPKG_INSTROOT/mnt/usb"
	set_option country /mnt/usb/country.mmdb
	printf '%s\n' "config list" "option name 'l'" "option file '/mnt/lists/l'" >>"$IPKG_INSTROOT/etc/config/gatewayd"
	call start
	line "$shell: jail: user" '^procd_set_param user gatewayd$'
	line "$shell: jail: rights" '^procd_set_param capabilities /etc/capabilities/gatewayd.json$'
	line "$shell: jail: folders to read" '^procd_add_jail_mount /etc/gatewayd /var/etc/gatewayd '
	line "$shell: jail: folders to write" '^procd_add_jail_mount_rw /var/run/gatewayd /var/lib/gatewayd$'
	line "$shell: jail: the stick" '^procd_add_jail_mount /mnt/usb$'
	tap_nothing "$shell: jail: no stick, no folder" "$(grep /mnt/lists "$RECORD")"
	mkdir -p "$IPKG_INSTROOT/mnt/lists"
	: >"$IPKG_INSTROOT/var/run/gatewayd/control.sock.lock"
	RUNNING=1 call reload
	line "$shell: jail: a stick that comes later needs a restart" '^stop$'
	line "$shell: jail: and is there then" '^procd_add_jail_mount /mnt/lists$'
	call reload
	tap_nothing "$shell: jail: once" "$(grep '^stop$' "$RECORD")"
	call start
	line "$shell: jail: the folders are its own" '^chown -R gatewayd:gatewayd '
	USER_THERE=0 call start
	tap_nothing "$shell: no such user: no jail, no user for procd" \
		"$(grep -E 'param user|add_jail' "$RECORD")"
	rm "$IPKG_INSTROOT/etc/capabilities/gatewayd.json"
	call start
	tap_nothing "$shell: no list of rights: no jail" "$(grep add_jail "$RECORD")"

	# ---- what is learned ----
	state=$IPKG_INSTROOT/var/lib/gatewayd kept=$IPKG_INSTROOT/etc/gatewayd/state
	line "$shell: it is written now and then" \
		'^procd_set_param command /bin/sh -c /etc/init.d/gatewayd keep; exec sleep 21600$'
	set_option keep_hours 0
	call start
	tap_nothing "$shell: or not" "$(grep 'instance keep' "$RECORD")"
	echo small >"$state/limits"
	ln -s /etc/shadow "$state/link"
	head -c 100000 /dev/zero >"$state/country.mmdb"
	: >"$IPKG_INSTROOT/var/run/gatewayd/control.sock.lock"
	RUNNING=3 call stop
	tap_equal "$shell: a stop waits for the end" "$(grep -c '^sleep 1$' "$RECORD")" 3
	tap_equal "$shell: and keeps what is small, and no link" "$(ls -A "$kept")" limits
	line "$shell: it is on the flash before it has its name" '^sync$'
	RUNNING=99 call stop
	tap_equal "$shell: it does not wait for ever" "$(grep -c '^sleep 1$' "$RECORD")" 12
	before=$(stat -c %i "$kept/limits")
	call keep
	tap_equal "$shell: and writes nothing twice" "$(stat -c %i "$kept/limits")" "$before"
	tap_nothing "$shell: nor waits for the flash" "$(grep '^sync$' "$RECORD")"
	echo more >>"$state/limits"
	call keep
	tap_equal "$shell: while it runs, too" "$(tail -n 1 "$kept/limits")" more
	rm -rf "$state"
	call start
	tap_equal "$shell: a boot brings it back" "$(xargs <"$state/limits")" "small more"
	echo other >"$state/limits"
	rm -rf "$kept"
	: >"$kept"
	call stop
	tap_equal "$shell: a flash that takes nothing does not hinder the stop" "$?" 0
	line "$shell: and is said" '^logger .*cannot be written'
	rm -f "$kept"
}

# A flash that is full, and one that is read-only, for real.
run_flash() {
	local kept=$IPKG_INSTROOT/etc/gatewayd/state

	fresh
	call start
	echo old >"$IPKG_INSTROOT/var/lib/gatewayd/limits"
	mkdir -p "$kept"
	if ! mount -t tmpfs -o size=40k,mode=755 tmpfs "$kept" 2>/dev/null; then
		tap_skip "a full flash, a read-only one" "nothing can be mounted here"
		return
	fi
	call keep
	head -c 100000 /dev/zero >"$kept/else" 2>/dev/null
	head -c 20000 /dev/urandom >"$IPKG_INSTROOT/var/lib/gatewayd/limits"
	call keep
	tap_equal "a full flash keeps what it had" "$?$(cat "$kept/limits")" 0old
	line "and it is said" '^logger .*daemon.err .*/limits cannot be written: is the flash full'
	tap_equal "nothing half is left" "$(cd "$kept" && echo .[!.]* *)" ".[!.]* else limits"
	rm "$kept/else"
	call keep
	tap_nothing "with room again it is written" "$(cmp "$kept/limits" "$IPKG_INSTROOT/var/lib/gatewayd/limits" 2>&1)"
	mount -o remount,ro "$kept"
	echo new >"$IPKG_INSTROOT/var/lib/gatewayd/limits"
	call stop
	tap_equal "a read-only flash does not hinder the stop" "$?" 0
	line "and is said" '^logger .*/limits cannot be written'
	umount "$kept"
}

shells=()
command -v dash >/dev/null && shells+=(dash)
busybox ash -c true 2>/dev/null && shells+=("busybox ash")
[ ${#shells[@]} -gt 0 ] || tap_skip_all "neither dash nor busybox is here"
for shell in "${shells[@]}"; do
	run_all
	run_flash
done
tap_done
