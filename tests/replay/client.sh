#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What gatewayctl does without a daemon: explain, check, set, name, help and the
# words for completion, on the files of the case 20-flows.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
build=${BUILD:-${CHECK_BUILD:-build}}
gatewayctl=$PWD/$build/gatewayctl
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
export GATEWAYD_DATADIR=$out TZ=UTC
cp -r tests/replay/20-flows/conf "$out/conf"
cp tests/replay/geo/*.mmdb "$out/conf"
sed -i 's,../../geo/,,g' "$out/conf/gatewayd.conf"

ctl() { # arguments...
	"$gatewayctl" -c "$out/conf" -s "$out/none.sock" "$@" >"$out/said" 2>"$out/error"
}
expect() { # what exit-code text-or-nothing arguments...
	local what=$1 code=$2 text=$3 status
	shift 3
	ctl "$@"
	status=$?
	if [ $status -ne "$code" ]; then
		tap_not_ok "$what" "exit $status, expected $code: $(cat "$out/said" "$out/error")"
	elif [ -n "$text" ] && ! grep -qF -- "$text" "$out/said" "$out/error"; then
		tap_not_ok "$what" "nothing of \"$text\" in: $(cat "$out/said" "$out/error")"
	else
		tap_ok "$what"
	fi
}
said() { # jq filter
	jq -c "$1" <"$out/said"
}

# ---- import-mud ----
mkdir -p "$out/mud/policy.d"
echo 'home = "US";' >"$out/mud/gatewayd.conf"
expect "a MUD file becomes a policy" 0 'domain = "=api.lamp.example"' \
	import-mud tests/fuzz/corpus/mud/lamp.json
cp "$out/said" "$out/mud/policy.d/lamp.conf"
expect "which check takes" 0 'good' check "$out/mud"
expect "one line of JSON of it" 0 '' import-mud tests/fuzz/corpus/mud/lamp.json --json
tap_equal "with rules and what has none" "$(said '[.policy, .rules, (.skipped | length)]')" \
	'["lamp-1",4,1]'
tap_nothing "and the whole policy" "$(jq -j .text "$out/said" | diff "$out/mud/policy.d/lamp.conf" - 2>&1)"
expect "what is no MUD file says why" 1 'not a MUD file' import-mud tests/replay/client.sh
expect "a file that is not there is said" 1 'No such file' import-mud "$out/none.json"

# ---- replay through a pipe ----
# Its router talks before most devices do: who is one is known from all of it.
piped() { # how
	cp -r tests/replay/demo/etc "$out/demo"
	case $1 in
	file) "$gatewayctl" -c "$out/demo" replay tests/replay/demo/capture.pcap ;;
	pipe) "$gatewayctl" -c "$out/demo" replay - < <(cat tests/replay/demo/capture.pcap) ;;
	fifo) "$gatewayctl" -c "$out/demo" replay <(cat tests/replay/demo/capture.pcap) ;;
	esac 2>&1
	rm -r "$out/demo"
}
from_file=$(piped file)
tap_equal "a capture through a pipe is judged as the file is" "$(piped pipe)" "$from_file"
tap_equal "and through a named one" "$(piped fifo)" "$from_file"

# ---- explain ----
expect "explain a name" 0 'allow: coffee/default' explain kitchen-coffee control.example
expect "explain in one line of JSON" 0 '' explain kitchen-coffee far.example@203.0.113.7 --json
tap_equal "the reading that decides" "$(said '[.reading, .action, .rule, .reason]')" \
	'["answer","block","coffee/1","country CN"]'
tap_equal "the database, its date and the record" \
	"$(said '[.country.value, (.country.built | length), .country.type, .country.record]')" \
	'["CN",20,"Lab-Country","country.iso_code CN"]'
tap_equal "the network" "$(said '.asn.value')" 64511
tap_equal "where the rule stands" "$(said '[.file, .line]')" "[\"$out/conf/policy.d/home.conf\",8]"
tap_equal "every rule that was read" "$(said '[.readings[].steps | length]')" '[2,1,1]'
expect "--exit-code: blocked" 1 '' explain --exit-code kitchen 203.0.113.7:443/udp
expect "--exit-code: allowed" 0 '' explain --exit-code kitchen 'control.example@[2001:db8:a::1]:80'
expect "without it no matter" 0 'block' explain kitchen 203.0.113.7
expect "an address that was never resolved is direct" 0 'direct' explain kitchen 198.51.100.1
expect "by MAC" 0 'policy camera' explain b0:f1:ec:00:00:02 logs.example
expect "a device that no file names" 0 'no file names the device' explain 02:00:00:00:00:55 x.example
expect "observe is said" 0 'mode is to observe' explain 02:00:00:00:00:55 198.51.100.1:80
expect "an unknown device" 1 'did you mean "kitchen-coffee"' explain kitchen-cofee x.example
expect "a destination that is none" 2 '' explain kitchen 'a b'
expect "a missing destination" 2 'missing' explain kitchen

# explain and the engine are of one mind.
differences=
while IFS='|' read -r mac name address port transport action; do
	[[ $address != *:* ]] || address="[$address]"
	ctl explain --json "$mac" "${name:+$name@}$address:$port/$transport"
	[ "$(said .action)" = "\"$action\"" ] || differences+="$name $address $port: $action"$'\n'
done < <(jq -r 'select(.protocol != "dns" and .dport and .rule and .mac) |
	[.mac, (.names[0] // ""), .dst, .dport, .transport, .action] | join("|")' \
	tests/replay/20-flows/expect.jsonl)
tap_nothing "explain says what the engine does" "${differences%$'\n'}"

# ---- check ----
expect "check" 0 '2 devices and ' check
expect "check of a folder" 0 '' check "$out/conf"
cp -r "$out/conf" "$out/bad"
cat >"$out/bad/policy.d/zz.conf" <<'END'
policies = ( { name = "x"; defualt = "block"; } );
devices = ( { name = "y"; mac = "02:00:00:00:00:66"; policy = "camra"; } );
END
expect "check finds every error" 1 'zz.conf:1: ' check "$out/bad"
tap_equal "with the nearest words" "$(grep -c 'did you mean "default"\|did you mean "camera"' "$out/error")" 2
expect "check --json" 1 '' check --json "$out/bad"
tap_equal "has them all" "$(said '[.good, (.errors | length), .errors[1].line]')" '[false,2,2]'
expect "a folder that is none" 1 'nowhere' check "$out/nowhere"

# ---- set and name ----
file=$out/conf/policy.d/90-gatewayctl.conf
expect "set a device of somebody's file" 0 'nursery-cam has policy guest' set nursery guest
expect "which counts from then on" 0 'policy guest' explain nursery-cam x.example
expect "set it back" 0 '' set nursery-cam camera --json
tap_equal "set says what it did" "$(said '[.device, .policy]')" '["nursery-cam","camera"]'
expect "name a new device" 0 'fridge has policy guest' name 02:00:00:00:00:44 fridge
expect "and give it a policy" 0 '' set fridge camera
expect "and another name" 0 'icebox has policy camera' name 02:00:00:00:00:44 icebox
expect "a policy that is none" 1 'did you mean "camera"' set icebox camra
expect "a device that is none" 1 '' set toaster camera
expect "a name in a file that is a person's" 1 'which is yours to edit' name 02:00:00:00:00:43 nursery-cam
expect "a device that a person named" 1 'home.conf:2' name a4:cf:12:00:00:01 other
cp "$file" "$out/before"
echo 'assertions = ( { device = "icebox"; destination = "x.example:443"; expect = "allow"; } );' \
	>"$out/conf/policy.d/assert.conf"
sed -i 's/name = "guest"; default = "block"; mode = "observe"/name = "guest"; default = "block"/' \
	"$out/conf/policy.d/home.conf"
expect "an assertion stops it" 1 'nothing was changed' set icebox guest
tap_nothing "and the file is as it was" "$(cmp "$out/before" "$file" 2>&1)"
rm "$out/conf/policy.d/assert.conf"
echo 'assign = ( { device = "icebox"; policy = "coffee"; } );' >"$out/conf/policy.d/99-late.conf"
expect "what a later file decides is told" 1 'read later' set icebox guest
tap_nothing "and the file is as it was then, too" "$(cmp "$out/before" "$file" 2>&1)"
rm "$out/conf/policy.d/99-late.conf"
echo '// mine' >>"$file"
expect "what a person wrote is not touched" 1 'by hand' set icebox guest
cp "$out/before" "$file"
tap_equal "nothing is left lying about" "$(cd "$out/conf/policy.d" && echo *)" '90-gatewayctl.conf home.conf'

# ---- the daemon is not there ----
for command in status devices flows events metrics reload 'pause kitchen' 'block kitchen x.example' ''; do
	# shellcheck disable=SC2086 # words
	expect "no daemon: exit 3: ${command:-nothing}" 3 'not running' $command
done
expect "an unknown command" 2 'did you mean "devices"' devcies

# ---- help, version, completion ----
expect "--version" 0 "$(cat VERSION)" --version
expect "help on a command" 0 '--exit-code' help explain
expect "help on what is none" 2 'did you mean' help explian
words() { # words...
	"$gatewayctl" complete "$@" | sort | tr '\n' ' '
}
tap_equal "commands are offered" "$(words '' | wc -w)" "$("$gatewayctl" help | grep -cE '^  [a-z]')"
tap_equal "devices are offered" "$(words -c "$out/conf" explain '')" 'icebox kitchen-coffee nursery-cam '
tap_equal "policies are offered" "$(words set kitchen-coffee -c "$out/conf" '')" \
	'camera coffee guest observe '
tap_equal "after an option, its value" "$(words replay --policy -c "$out/conf" '')" ''
tap_equal "files" "$(words replay --write '')" ':file '
tap_equal "folders" "$(words check '')" ':directory '
tap_equal "options" "$(words pause x -- | tr ' ' '\n' | grep -c -- '^--for$')" 1
tap_equal "nothing after the last argument" "$(words reload '')" ''
tap_done
