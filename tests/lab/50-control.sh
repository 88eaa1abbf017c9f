#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The control socket: who may, and that nobody who stalls or floods hurts the
# rest. Bad files on a reload: every error is told, nothing changes.
set -u
. "$(dirname "$0")/scenario.sh"

good() {
	cat <<-'END'
		devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "home-only"; } );
		policies = ( { name = "home-only"; default = "allow"; rules = ( { action = "block"; country = "CN"; } ); } );
	END
}
good | gatewayd_policy
scenario_start
socket=$LAB/run/gatewayd/control.sock

# ---- who may ----
as_stranger() { # command...
	setpriv --reuid=65533 --regid=65533 --clear-groups "$@"
}
expect_blocked "a stranger cannot ask" as_stranger "$GATEWAYCTL" -s "$socket" status
tap_equal "and is told that it is not reached" \
	"$(as_stranger "$GATEWAYCTL" -s "$socket" status >/dev/null 2>&1; echo $?)" 3
expect_blocked "nor write to the socket's folder" as_stranger touch "$LAB/run/gatewayd/x"

# ---- who hurts ----
# Clients that say nothing, half a line, and far too much.
raw() { # seconds of silence after the text on stdin
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 1;
		$SIG{PIPE} = "IGNORE";
		while (read STDIN, my $b, 65536) { syswrite $s, $b or last }
		select undef, undef, undef, $ARGV[1];
		sysread $s, my $answer, 65536 and print $answer' "$socket" "$1"
}
stalled=()
for _ in $(seq 6); do
	raw 60 </dev/null >/dev/null 2>&1 &
	stalled+=($!)
	printf '{"command":"sta' | raw 60 >/dev/null 2>&1 &
	stalled+=($!)
done
expect_ok "status answers while others stall" timeout 10 "$GATEWAYCTL" -s "$socket" status
head -c 3000000 /dev/zero | tr '\0' 'x' | raw 0 >"$LAB/flood" 2>&1
expect_ok "a line of three megabytes hurts nobody" timeout 10 "$GATEWAYCTL" -s "$socket" status
for text in '' 'nonsense' '{' '[]' '{"command":1}' '{"command":"no-such"}' '{"command":"devices","device":{}}'; do
	printf '%s\n' "$text" | raw 0.1 >"$LAB/answer" 2>&1
done
expect_ok "neither does nonsense" timeout 10 "$GATEWAYCTL" -s "$socket" status
head -c 100000 /dev/urandom | raw 0 >/dev/null 2>&1
# A follower that never reads what it is told.
printf '{"command":"events","follow":true}\n' | raw 60 >/dev/null 2>&1 &
stalled+=($!)
for _ in $(seq 40); do
	# shellcheck disable=SC2016 # expanded over there
	in_space coffee bash -c 'for i in $(seq 20); do echo x >/dev/udp/203.0.113.$i/7; done' 2>/dev/null
done
expect_ok "packets are decided meanwhile" fetch coffee http://198.51.100.10/
tap_equal "both ways" "$(fetch_code coffee http://203.0.113.10/)" 7
for pid in $(seq 40); do
	"$GATEWAYCTL" -s "$socket" status >/dev/null 2>&1 &
done
expect_ok "forty at once are answered or turned away, and then all is well" \
	wait_for 20 "$GATEWAYCTL" -s "$socket" status
for pid in "${stalled[@]}"; do
	kill "$pid" 2>/dev/null
done

# ---- bad files ----
bad() { # what words-in-the-error; the policy file on stdin
	cat >"$LAB/etc/policy.d/60-bad.conf"
	chmod a+r "$LAB/etc/policy.d/60-bad.conf"
	gatewayctl reload >"$LAB/reload.out" 2>&1
	tap_equal "$1: the reload is refused" $? 1
	expect_ok "$1: file and reason" grep -qE "60-bad\.conf(:[0-9]+)?:.*$2" "$LAB/reload.out"
	gatewayctl check >"$LAB/check.out" 2>&1
	tap_equal "$1: check says the same" $? 1
	rm -f "$LAB/etc/policy.d/60-bad.conf"
}
bad "unknown key" 'default' <<<'policies = ( { name = "x"; defualt = "block"; } );'
bad "wrong type" '' <<<'policies = ( { name = 17; default = "block"; } );'
bad "duplicate name" 'coffee' <<<'devices = ( { name = "coffee"; mac = "02:00:00:00:00:77"; policy = "home-only"; } );'
bad "unknown policy" 'home-only' <<<'devices = ( { name = "x"; mac = "02:00:00:00:00:77"; policy = "home-onyl"; } );'
bad "loop in extends" 'extends|loop' <<<'policies = ( { name = "a"; extends = "b"; default = "allow"; }, { name = "b"; extends = "a"; default = "allow"; } );'
bad "failing assertion" '' <<<'assertions = ( { device = "coffee"; destination = "198.51.100.10:443"; expect = "block"; } );'
bad "NUL bytes" '' < <(printf 'policies = ( { name = "x\0y"; default = "allow"; } );')
bad "10 MB" '' < <(head -c 10485760 /dev/zero | tr '\0' '#')
bad "half a file" '' <<<'policies = ( { name = "x"; '

mkdir "$LAB/etc/policy.d/60-bad.conf"
gatewayctl reload >"$LAB/reload.out" 2>&1
tap_equal "a folder in a file's place" $? 1
rmdir "$LAB/etc/policy.d/60-bad.conf"

tap_equal "the running policy is untouched" "$(fetch_code coffee http://203.0.113.10/)" 7
expect_ok "both ways" fetch coffee http://198.51.100.20/
tap_equal "status counts no reload" "$(status_of .policy.reloads)" 0
expect_ok "a good one is taken" gatewayctl reload
kill -HUP "$GATEWAYD_PID"
reloaded() { [ "$(status_of .policy.reloads)" -ge 2 ]; }
expect_ok "so is SIGHUP" wait_for 5 reloaded
kill -USR1 "$GATEWAYD_PID"
expect_ok "SIGUSR1 logs the status" wait_for 5 grep -qi 'packets' "$LAB/gatewayd.log"

# A daemon of bad files does not start at all.
echo 'mode = "enfroce";' >>"$LAB/etc/gatewayd.conf"
in_gateway "$GATEWAYD" -n -c "$LAB/etc" >"$LAB/start.out" 2>&1
tap_equal "gatewayd -n refuses bad files" $? 1
scenario_done
