# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# gatewayd in the lab: its files, its start and end; sourced after lib.sh.
# It runs as nobody, below a /run and a /var/lib/misc of the lab's own, with
# its state in $LAB/state and what it logs in $LAB/gatewayd.log. Every start adds to the same log.


# Main file and one policy file; more lines for the main file as arguments,
# the policy on standard input.
gatewayd_policy() { # [line...]
	{
		printf '%s\n' 'home = [ "US" ];' 'mode = "enforce";' 'unknown_device = "unknown";' \
			'network = { lan = [ "br-lan" ]; };' \
			'geo = { country = "country.mmdb"; asn = "asn.mmdb"; };'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$LAB/etc/gatewayd.conf"
	cat >"$LAB/etc/policy.d/50-lab.conf"
	printf '%s\n' 'policies = ( { name = "unknown"; default = "allow"; } );' \
		>"$LAB/etc/policy.d/10-unknown.conf"
	chmod -R a+rX "$LAB/etc"
}

# What the package would have put below /usr/share.
gatewayd_share() {
	local file
	mkdir -p "$LAB/share/policy"
	for file in "$LAB_SOURCE"/policy/profiles/*.conf; do
		[ ! -e "$file" ] || cp "$file" "$LAB/share/policy/"
	done
	for file in "$LAB_SOURCE"/policy/catalogue/*.tsv; do
		[ ! -e "$file" ] || cp "$file" "$LAB/share/"
	done
}

# Runs in the gateway, with the lab's own /run and /var/lib/misc.
# shellcheck disable=SC2016 # expanded over there
GATEWAY_SHELL='mount --bind "$0/run" /run && mount --bind "$0/misc" /var/lib/misc && exec "$@"'

in_gateway() { # command...
	ip netns exec "$LAB_TAG-gateway" env GATEWAYD_DATADIR="$LAB/share" \
		sh -c "$GATEWAY_SHELL" "$LAB" "$@"
}

gatewayctl() { # arguments...
	GATEWAYD_DATADIR="$LAB/share" "$GATEWAYCTL" -c "$LAB/etc" -s "$LAB/run/gatewayd/control.sock" "$@"
}

# Asked again and again, and jq takes ten times as long to start as all else here.
status_of() { # path as jq has them: .queue.packets, .lists[0].hits
	local path=${1//[.[]//}
	gatewayctl status --json | "$LAB_TOOLS/json_at" "${path//]/}"
}

gatewayd_answers() {
	kill -0 "$GATEWAYD_PID" && gatewayctl status --json
}

# Starts it and waits until it answers; the log says why it does not.
gatewayd_start() { # [argument...]
	[ -d "$LAB/share/policy" ] || gatewayd_share
	gatewayd_launch "$@"
	wait_for 20 gatewayd_is_up
}
gatewayd_launch() { # [argument...]
	mkdir -p "$LAB/share/policy" "$LAB/state"
	# The sanitizers' end of the program needs calls that the filter forbids.
	ip netns exec "$LAB_TAG-gateway" env GATEWAYD_DATADIR="$LAB/share" \
		GATEWAYD_STATEDIR="${GATEWAYD_STATEDIR:-$LAB/state}" \
		GATEWAYD_SECCOMP="${GATEWAYD_SECCOMP:-off}" sh -c "$GATEWAY_SHELL" "$LAB" \
		"$GATEWAYD" -c "$LAB/etc" -s /run/gatewayd/control.sock -u nobody "$@" \
		>>"$LAB/gatewayd.log" 2>&1 </dev/null &
	GATEWAYD_PID=$!
}
# Up, or ended: both end the waiting; which one it was is the last answer.
gatewayd_is_up() {
	gatewayd_answers
}

# SIGTERM and its exit status.
gatewayd_stop() {
	local pid=$GATEWAYD_PID
	[ -n "$pid" ] || return 0
	GATEWAYD_PID=''
	kill "$pid" 2>/dev/null
	wait "$pid"
}
gatewayd_kill() {
	local pid=$GATEWAYD_PID
	GATEWAYD_PID=''
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
}

# The table is there, or not.
rules_present() {
	in_space gateway nft list table inet gatewayd
}
