#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What goes wrong on a Debian gateway with systemd, and what docs/debian.md says
# comes of it: files that are wrong, at a reload, a start and an upgrade, kill -9,
# and a disk that is full.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
. tests/lab/lib.sh
. tests/debian/machine.sh
machine_begin
answers() { in_machine gatewayctl status; }
rules_stand() { in_machine nft list table inet gatewayd; }
systemd_says() { in_machine systemctl show -P "$1" gatewayd; }
main=/etc/gatewayd/gatewayd.conf
break_files() { in_machine sed -i 's/^mode = "enforce"/mode = "enforec"/' $main; }
mend_files() { in_machine sed -i 's/^mode = "enforec"/mode = "enforce"/' $main; }
# Whoever runs a command sees what is wrong, and where.
says_where() { # command...
	in_machine "$@" >"$LAB/out" 2>&1
	grep -q "^$main:[0-9]*: \"enforec\": .*did you mean \"enforce\"" "$LAB/out"
}
refused() { # url
	[ "$(reset_by coffee "$1")" = reset ]
}
enforced() {
	refused http://203.0.113.10/ && refused "http://[2001:db8:3::10]/" && fetch camera http://203.0.113.10/
}
show_out() { tap_nothing "what was said" "$(cat "$LAB/out")"; }

in_machine apt-get install -y --no-install-recommends ./build-deb/gatewayd_*.deb >"$LAB/out" 2>&1 || show_out
expect_ok "the rules stand when the package is installed" rules_stand
expect_ok "it answers" wait_for 10 answers
in_machine sed -i 's/^mode = .*/mode = "enforce";/; s/^on_failure = .*/on_failure = "closed";/' $main
expect_ok "a policy that enforces" in_machine gatewayctl set coffee-maker appliance
expect_ok "over IPv4 and IPv6, and nobody else notices" enforced

# ---- wrong files ----
break_files
expect_blocked "systemctl reload refuses a wrong file" in_machine systemctl reload gatewayd
expect_ok "gatewayctl reload says what is wrong, and where" says_where gatewayctl reload
expect_ok "what was in force stays" enforced
started=$(in_machine pidof gatewayd)
expect_ok "a version that comes after it" take_newer_package
expect_ok "its upgrade says what is wrong" says_where sh -c "apt-get install -y ./build-deb/gatewayd_*.deb"
expect_ok "and what to do" grep -q 'systemctl restart gatewayd' "$LAB/out"
tap_equal "it is installed" "$(in_machine dpkg-query -W -f '${Status}' gatewayd)" "install ok installed"
tap_equal "the daemon from before goes on" "$(in_machine pidof gatewayd)" "$started"
expect_ok "and enforces" enforced
expect_blocked "systemctl restart tells that it failed" in_machine systemctl restart gatewayd
expect_ok "with the reason in the journal" says_where journalctl -u gatewayd -o cat
expect_ok "nothing is filtered then, as the page says" fetch coffee http://203.0.113.10/
mend_files
expect_ok "mended, it is there by itself" wait_for 10 answers
expect_ok "and enforces" enforced

# ---- kill -9 ----
restarts=$(systemd_says NRestarts)
in_machine sh -c 'kill -KILL $(pidof gatewayd)'
expect_ok "its rules stay" rules_stand
expect_blocked "devices wait: closed" fetch coffee -m 1 http://198.51.100.10/
expect_ok "systemd starts it again" wait_for 10 answers
tap_equal "once" "$(systemd_says NRestarts)" $((restarts + 1))
expect_ok "it enforces" enforced

# ---- a disk that is full ----
# shellcheck disable=SC2016 # expanded over there
in_machine sh -c 'systemctl stop gatewayd && mount -t tmpfs -o size=16k tmpfs /var/lib/gatewayd &&
	chown gatewayd: /var/lib/gatewayd && ! head -c 64k /dev/zero >/var/lib/gatewayd/filler' 2>/dev/null
expect_ok "it starts where no byte can be written" in_machine systemctl start gatewayd
expect_ok "it answers" wait_for 10 answers
expect_ok "it enforces" enforced
expect_ok "gatewayctl doctor names the folder" in_machine sh -c 'gatewayctl doctor | grep -q "^bad .*/var/lib/gatewayd"'
in_machine systemctl stop gatewayd
tap_equal "it stops as ever" "$(systemd_says Result)" success
expect_ok "and the journal tells what is lost" \
	in_machine sh -c 'journalctl -u gatewayd -o cat | grep -q "/var/lib/gatewayd/.*No space left"'
in_machine umount /var/lib/gatewayd
in_machine systemctl start gatewayd
expect_ok "with room again it goes on" wait_for 10 answers
tap_done
