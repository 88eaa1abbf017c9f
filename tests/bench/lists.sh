# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A million domains, sourced by run: what the list costs by itself (bench_lists.c),
# then gatewayd with it beside dnsmasq, unbound (RPZ) and dnsdist with the same
# names: memory, refused questions a second, a cold start. Last, how long a
# question waits while gatewayd reloads. All refuse a name and all below it,
# by NXDOMAIN. NAMES=100000: another number.
# shellcheck disable=SC2154 # tools is run's

NAMES=${NAMES:-1000000}
WAITS_SECONDS=30
LIST_PEERS=(dnsmasq unbound dnsdist)
declare -A LIST_ADDRESS=([gatewayd]=198.51.100.55 [dnsmasq]=198.51.100.56 [unbound]=198.51.100.57
	[dnsdist]=198.51.100.58)
declare -A LIST_PID=()

list_files() {
	export GATEWAYD_STATEDIR=$LAB/state
	mkdir -p "$GATEWAYD_STATEDIR"
	awk -v count="$NAMES" 'BEGIN {
		split("com net org co.uk com.cn io de ru", ends, " ")
		for (i = 0; i < count; i++) {
			x = (i * 2654435761) % 4294967296
			printf "%s%x.track%d.%s\n", x % 2 ? "ads-" : "t", i, x / 1048576, ends[1 + i % 8]
		}
	}' >"$LAB/etc/million.txt"
	shuf -n 200000 --random-source="$GATEWAYCTL" "$LAB/etc/million.txt" | sed 's/.*/a.b.& A/' >"$LAB/million.asked"
	list_name=$(sed -n '1s/ A$//p' "$LAB/million.asked")
	chmod -R a+rX "$LAB/etc" "$GATEWAYD_STATEDIR"
}
list_configurations() {
	sed 's,.*,local=/&/,' "$LAB/etc/million.txt" >"$LAB/million.dnsmasq"
	{
		printf '%s\n' '$TTL 300' '@ SOA ns. admin. 1 3600 900 86400 60' '@ NS ns.'
		awk '{ print $0 " CNAME .\n*." $0 " CNAME ." }' "$LAB/etc/million.txt"
	} >"$LAB/million.rpz"
	cat >"$LAB/million.unbound" <<-END
		server:
		  do-daemonize: no
		  username: ""
		  chroot: ""
		  pidfile: ""
		  directory: "$LAB"
		  use-syslog: no
		  num-threads: 2
		  module-config: "respip iterator"
		  access-control: 0.0.0.0/0 allow
		  interface: ${LIST_ADDRESS[unbound]}
		rpz:
		  name: "million"
		  zonefile: "$LAB/million.rpz"
		remote-control:
		  control-enable: no
	END
	cat >"$LAB/million.dnsdist" <<-END
		setLocal("${LIST_ADDRESS[dnsdist]}")
		setACL({"0.0.0.0/0"})
		setSecurityPollSuffix("")
		newServer("${LIST_ADDRESS[gatewayd]}")
		names = newSuffixMatchNode()
		for name in io.lines("$LAB/etc/million.txt") do names:add(name) end
		addAction(SuffixMatchNodeRule(names), RCodeAction(DNSRCode.NXDOMAIN))
	END
}
# The first compiling, with as little memory as a router has that shares 128 MB:
# the limit is on addresses, libraries among them.
list_compile() {
	local limit_kib
	for limit_kib in 32768 49152 65536 131072; do
		rm -f "$GATEWAYD_STATEDIR"/lists/*
		(
			ulimit -v $limit_kib
			gatewayctl lists
		) >/dev/null 2>&1
		compgen -G "$GATEWAYD_STATEDIR/lists/*.set" >/dev/null || continue
		echo "gatewayctl compiles $NAMES domains with $((limit_kib / 1024)) MB of addresses, program and libraries in them"
		return
	done
	echo "gatewayctl cannot compile $NAMES domains with 128 MB"
	exit 1
}
# LIST_PID: of the program itself.
list_start() { # peer
	case $1 in
	dnsmasq)
		lab_start million-dnsmasq resolver dnsmasq --keep-in-foreground --conf-file="$LAB/million.dnsmasq" \
			--no-hosts --no-resolv --listen-address="${LIST_ADDRESS[dnsmasq]}" --bind-interfaces --user=root --pid-file=
		;;
	unbound) lab_start million-unbound resolver unbound -d -c "$LAB/million.unbound" ;;
	dnsdist) lab_start million-dnsdist resolver dnsdist --supervised --disable-syslog -C "$LAB/million.dnsdist" ;;
	gatewayd)
		gatewayd_launch
		LIST_PID[gatewayd]=$GATEWAYD_PID
		return
		;;
	esac
	LIST_PID[$1]=$!
}
list_refuses() { # server: within two minutes
	in_space laptop "$tools/questioner" --until "${LIST_ADDRESS[$1]}" "$list_name" 120
}
# Seconds from the start of the program to the first refusal.
list_cold_start() { # server
	local start=$EPOCHREALTIME
	list_start "$1"
	list_refuses "$1" || {
		echo "$1 does not refuse what it should"
		tail -n 5 "$LAB/million-$1.out" "$LAB/gatewayd.log"
		exit 1
	} >&2
	awk "BEGIN { print $EPOCHREALTIME - $start }" >>"$LAB/result.start.$1"
}
list_resident() { # server: MB
	awk '/^VmRSS/ { print $2 / 1024 }' "/proc/${LIST_PID[$1]}/status"
}
measure_list() { # server
	questions_per_second "${LIST_ADDRESS[$1]}" million.asked
}
# One after the other, each once more than it is measured: who waits costs nothing.
# The others answer while gatewayd is away: it stands before them and would refuse
# in their place.
list_turns() {
	local round server
	for server in "${LIST_PEERS[@]}"; do
		list_cold_start "$server"
		measure_list "$server" >/dev/null
	done
	for ((round = 1; round <= ROUNDS; round++)); do
		for server in "${LIST_PEERS[@]}"; do
			measure_list "$server" >>"$LAB/result.list.$server"
		done
		list_cold_start gatewayd
		wait_for 10 gatewayd_answers
		measure_list gatewayd >/dev/null
		measure_list gatewayd >>"$LAB/result.list.gatewayd"
		list_resident gatewayd >"$LAB/result.resident.gatewayd"
		[ "$round" -eq "$ROUNDS" ] || gatewayd_stop
		[ ! -t 2 ] || printf '\rlists: round %d of %d ' "$round" "$ROUNDS" >&2
	done
	[ ! -t 2 ] || printf '\r\033[K' >&2
	for server in "${LIST_PEERS[@]}"; do
		list_resident "$server" >"$LAB/result.resident.$server"
		lab_end_process "${LIST_PID[$server]}"
	done
}

# A thousand questions a second, of a name that is let through and one that is
# refused in turns, while gatewayd reloads again and again. Beside each reload
# stands a time as long that ends before it begins: what the machine adds by
# itself is in both. What is left to do when the command has ended (connections
# are swept) is counted in. Who asks, who answers and gatewayd go before all else.
first_of_all() { # pid...
	local pid
	for pid; do chrt --all-tasks --fifo --pid 1 "$pid" >/dev/null; done
}
waits_during() { # what reloads command
	local what=$1 reloads=$2 asking begin took=0.3
	in_space laptop chrt --fifo 1 "$tools/questioner" 198.51.100.55 1000 $WAITS_SECONDS \
		passes.many.example "a.b.$list_name" >"$LAB/waits.asked" &
	asking=$!
	sleep 0.5
	for ((; reloads > 0; reloads--)); do
		sleep "$(awk "BEGIN { print $took + 0.15 }")"
		begin=$EPOCHREALTIME
		"$3" >/dev/null 2>&1 || echo "$what: a reload failed" >&2
		took=$(awk "BEGIN { print $EPOCHREALTIME - $begin + 0.05 }")
		echo "$begin $took"
	done >"$LAB/waits.reloads"
	wait $asking
	awk '
		FNR == NR { begin[NR] = $1; took[NR] = $2; reloads = NR; next }
		{
			while (at < reloads && $1 > begin[at + 1] + took[at + 1]) at++
			i = at + 1
			if (i > reloads) next
			if ($1 >= begin[i]) kind = "during"
			else if ($1 >= begin[i] - took[i] - 0.05 && $1 < begin[i] - 0.05) kind = "before"
			else next
			print kind, i, $2
		}' "$LAB/waits.reloads" "$LAB/waits.asked" >"$LAB/result.waits.$what"
}
reload_same() {
	gatewayctl reload
}
# The text is another one: gatewayctl compiles it, the daemon maps the result.
reload_changed() {
	echo "new$((++list_changes)).example" >>"$LAB/etc/million.txt"
	gatewayctl reload
}
show_waits() { # what kind title
	awk -v kind="$2" '$1 == kind && $3 != "-" { print $3 }' "$LAB/result.waits.$1" | sort -n >"$LAB/waits.all"
	awk -v kind="$2" '$1 == kind && $3 != "-" { if ($3 > most[$2]) most[$2] = $3 } END { for (i in most) print most[i] }' \
		"$LAB/result.waits.$1" | sort -n >"$LAB/waits.most"
	awk -v title="$3" -v lost="$(grep -c "^$2 .*-" "$LAB/result.waits.$1")" '
		FNR == NR { most[NR] = $1; rounds = NR; next }
		{ all[++count] = $1 }
		END { printf "    %-32s %7.2f %7.2f %7.2f %7.2f ms, %d asked, %d lost\n", title,
			all[int((count + 1) / 2)], all[count - int(count / 100)],
			most[int((rounds + 1) / 2)], most[rounds], count + lost, lost }' \
		"$LAB/waits.most" "$LAB/waits.all"
}

show_lists() {
	local server list_name list_changes=0
	"$tools/bench_lists"
	list_files
	list_configurations
	lab_address resolver eth0 198.51.100.56/24 198.51.100.57/24 198.51.100.58/24
	# shellcheck disable=SC2119 # no line is wanted
	gatewayd_policy 'lists = ( { name = "million"; file = "million.txt"; } );' <<-'END'
		devices = ( { name = "laptop"; mac = "3c:22:fb:00:00:03"; policy = "bench"; } );
		policies = ( { name = "bench"; default = "allow"; dns = { deny = "nxdomain"; };
			rules = ( { action = "block"; list = "million"; } ); } );
	END
	# The profiles and the catalogue, as in a home: a reload reads them all.
	gatewayd_share
	list_compile
	list_turns
	echo "$NAMES domains: resident memory, refused questions a second, cold start"
	for server in gatewayd "${LIST_PEERS[@]}"; do
		printf '    %-10s %8.1f MB %10.0f /s %8.2f s\n' "$server" "$(cat "$LAB/result.resident.$server")" \
			"$(result list "$server")" "$(result start "$server")"
	done
	echo "    goal: gatewayd answers within 0.1 s, with the compiled list in place"
	for server in "${LIST_PEERS[@]}"; do
		ratio "memory beside $server" "$(cat "$LAB/result.resident.gatewayd")" \
			"$(cat "$LAB/result.resident.$server")" "less than 1.00"
		ratio "refused questions beside $server" "$(result list gatewayd)" "$(result list "$server")" "at least 1.00"
	done
	first_of_all "$GATEWAYD_PID" "$REFLECT_PID"
	waits_during same $((ROUNDS * 8)) reload_same
	waits_during changed "$ROUNDS" reload_changed
	echo "How long 1000 questions a second wait while gatewayd reloads"
	echo "    median, 99 of 100, the longest of a reload (their median, and of all)"
	show_waits same before "before, nothing changes"
	show_waits same during "during"
	show_waits changed before "before, the list changes"
	show_waits changed during "during"
	GATEWAYD_DATADIR=$LAB/share "$tools/reload_parts" "$LAB/etc"
	echo "    goal: 10 ms at most; before a reload is what the machine adds by itself"
	gatewayd_stop
	prepare_policy
}
