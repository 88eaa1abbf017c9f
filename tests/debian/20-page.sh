#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The owner's page, docs/debian.md, followed word for word on a Debian gateway in
# the lab: every command of it is run, in its order, and what the page promises
# is looked at. At the end the router is as it was: rules, settings, files.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
. tests/lab/lib.sh
. tests/debian/machine.sh
. tests/page.sh
page=docs/debian.md
page_done="make deb" # before the lab was there; the test of the package saw it
machine_begin
tap_ok "a Debian gateway comes up: $(in_machine cat /etc/debian_version)"

# ---- how it was ----
router_rules() { in_machine nft list ruleset; }
router_settings() { # but what counts by itself
	in_machine sysctl -a 2>/dev/null | grep '^net\.' | grep -vE 'conntrack_count|\.stable_secret'
}
# What the overlay has of its own and differs from what is below it, but the
# records of dpkg and apt, and of the systemd that ran.
router_files() {
	(cd "$MACHINE/upper" && find . ! -type d) | sed 's,^\.,,' |
		grep -vE '^/var/(lib/(dpkg|apt|systemd|misc|man-db)|cache|log|backups)/|^/etc/(passwd|group|g?shadow|subuid|subgid)-$|^/etc/\.pwd\.lock$|^/etc/machine-id$' |
		while read -r file; do
			[ -L "$MACHINE/upper$file" ] && [ "$(readlink "$MACHINE/upper$file")" = /dev/null ] && continue
			cmp -s "$MACHINE/upper$file" "$file" || echo "$file"
		done
}
rules=$(router_rules) settings=$(router_settings) files=$(router_files)
users=$(in_machine getent passwd)

gateway_run() { # asked whether he is sure, the owner says yes
	in_machine bash -c "$1" < <(yes 2>/dev/null)
}
gateway_log() { in_machine journalctl -u gatewayd -n 20 --no-pager; }
status() { # jq path
	in_machine gatewayctl status --json | jq -r "$1"
}
answers() { in_machine gatewayctl status; }

# ---- install ----
# What the owner writes with his editor: where he lives.
in_machine sh -c 'mkdir /run/bin && cat >/run/bin/editor && chmod +x /run/bin/editor' <<-'END'
	#!/bin/sh
	sed -i 's/^home = .*/home = [ "DE", "FR" ];/' "$1"
END
follow "Install"
wait_for 10 answers || {
	tap_not_ok "the daemon answers" "$(in_machine journalctl -u gatewayd -n 20 --no-pager)"
	tap_done
}
tap_ok "the daemon answers"
tap_equal "systemd runs it" "$(in_machine systemctl is-active gatewayd)" active
tap_equal "and after a boot" "$(in_machine systemctl is-enabled gatewayd)" enabled
tap_equal "as a user of its own" "$(in_machine ps -o user= -C gatewayd | xargs)" gatewayd
# shellcheck disable=SC2016 # expanded over there
tap_equal "which may nothing but CAP_NET_ADMIN" \
	"$(in_machine sh -c 'sed -n "s/^CapEff:\t*//p" /proc/$(pidof gatewayd)/status')" 0000000000001000
expect_ok "the owner's countries are obeyed" in_machine grep -q 'home = \[ "DE", "FR" \]' /etc/gatewayd/gatewayd.conf
tap_equal "it observes" "$(status .mode)" observe
expect_ok "everything passes" everything_passes

# ---- first day, first policy ----
follow "The first day"
expect_ok "the device is there, with its lease's name" \
	in_machine sh -c 'gatewayctl devices | grep -q "coffee-maker.*a4:cf:12:00:00:01"'
follow "The first policy"
tap_equal "now it enforces" "$(status .mode)" enforce
tap_equal "what the policy does not allow is refused" "$(reset_by coffee http://203.0.113.10/)" reset
expect_ok "other devices do not notice" fetch camera http://203.0.113.10/

# ---- a device stopped working ----
follow "A device stopped working"
expect_ok "for these ten minutes the device has everything" everything_passes

# ---- undo ----
follow "Undo"
expect_ok "it runs again" wait_for 10 answers
tap_equal "and observes" "$(status .mode)" observe
expect_ok "everything passes again" everything_passes
for command in status devices "devices coffee" flows; do
	# shellcheck disable=SC2086 # words
	fits "gatewayctl $command, of a day in observe" < <(in_machine gatewayctl $command)
done

# ---- upgrade ----
expect_ok "a version that comes after it" take_newer_package
started=$(in_machine pidof gatewayd)
restarted() { [ "$(in_machine pidof gatewayd)" != "$started" ]; }
follow "Upgrade"
expect_ok "the daemon answers after the upgrade" wait_for 10 answers
tap_equal "it is the new one" "$(in_machine dpkg-query -W -f '${Version}' gatewayd)" \
	"$(dpkg-deb -f build-deb/gatewayd_*.deb Version)+next"
expect_ok "it was restarted" restarted
tap_equal "the owner's policy is kept" \
	"$(in_machine gatewayctl devices --json | jq -r 'select(.device == "coffee") | .policy')" appliance

# ---- remove ----
follow "Remove"
tap_equal "the rules are as they were" "$(router_rules)" "$rules"
tap_equal "the kernel's settings are as they were" \
	"$(diff <(echo "$settings") <(router_settings))" ""
tap_equal "the files are as they were" "$(diff <(echo "$files") <(router_files))" ""
tap_equal "the users are as they were" "$(diff <(echo "$users") <(in_machine getent passwd))" ""
expect_blocked "nothing of it runs" in_machine pidof gatewayd
expect_ok "everything passes" everything_passes
tap_done
