#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The object on ubus, called as rpcd calls a plugin: `list`, and `call METHOD`
# with the arguments on standard input. No daemon here; lab/51-rpcd.sh has one.
# shellcheck disable=SC2016 # $word is a word of jq
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
command -v jq >/dev/null || tap_skip_all "no jq"
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
export GATEWAYD_DATADIR=$out/share GATEWAYD_STATEDIR=$out/state
mkdir -p "$out/share/policy" "$out/state"
cp policy/profiles/*.conf "$out/share/policy"
cp -r contrib/etc "$out/etc"
files=contrib/openwrt/gatewayd/files

# The plugin with this tree's gatewayctl, and files of its own.
sed "s,/usr/sbin/gatewayctl,$PWD/build/gatewayctl -c $out/etc -s $out/control.sock," \
	$files/gatewayd.rpcd >"$out/plugin"
call() { # method json
	printf '%s' "$2" | timeout 20 sh "$out/plugin" call "$1"
}
answer() { # what method json jq-expression: true
	local got
	got=$(call "$2" "$3")
	if jq -e "$4" <<<"$got" >/dev/null 2>&1; then tap_ok "$1"; else tap_not_ok "$1" "$got"; fi
}

# ---- the methods ----
sh "$out/plugin" list >"$out/list"
tap_equal "list is one object" "$(jq -c type "$out/list")" '"object"'
tap_equal "every method is read or written" \
	"$(jq -r 'keys[]' "$out/list")" \
	"$(jq -r '.gatewayd | .read.ubus.gatewayd[], .write.ubus.gatewayd[]' $files/gatewayd.acl.json | sort)"
tap_equal "who may only read changes nothing" \
	"$(jq -c '.gatewayd.read.ubus.gatewayd - ["status","devices","flows","events","explain","lists","policies","doctor"]' \
		$files/gatewayd.acl.json)" '[]'
tap_equal "rpcd can tell the types of arguments" \
	"$(jq -c '[.[][] | type] | unique' "$out/list")" '["number","string"]'

# ---- what works without a daemon ----
answer "policies" policies '{}' '.policies | map(.policy) | index("camera") and index("observe")'
answer "nothing instead of {}" policies '' '.policies | length > 10'
answer "a session is of no interest" policies '{"ubus_rpc_session":"00"}' '.policies'
answer "explain" explain '{"device":"a4:cf:12:00:00:01","destination":"example.com"}' '.action == "allow"'
answer "what is bad is an answer of doctor's" doctor '{}' \
	'(has("exit") | not) and (.checks | map(select(.check == "daemon" and .result == "bad" and (.cure | length) > 0)) | length == 1)'
answer "name" name '{"mac":"a4:cf:12:00:00:01","name":"coffee"}' '.device == "coffee"'
answer "a note is no error" set '{"device":"coffee","policy":"appliance"}' \
	'.policy == "appliance" and (.note | test("not running")) and (has("error") | not)'
answer "no daemon" status '{}' '.exit == 3 and (.error | test("^gatewayd is not running"))'
answer "the answer is no" set '{"device":"coffee","policy":"aplliance"}' \
	'.exit == 1 and (.error | test("did you mean \"appliance\""))'

# ---- arguments ----
answer "no such method" reboot '{}' '.exit == 2 and (.error | test("no method"))'
answer "no such argument" status '{"shell":"id"}' '.exit == 2 and (.error | test("no argument \"shell\""))'
answer "one that is missing" explain '{"device":"coffee"}' '.exit == 2 and .error == "destination: is missing"'
answer "another type" devices '{"device":["a"]}' '.exit == 2 and (.error | test("expected a text"))'
answer "no number" flows '{"limit":"many"}' '.exit == 2 and (.error | test("from 1 to 1000"))'
answer "too large a number" flows '{"limit":4294967297}' '.exit == 2'
answer "no time" pause '{"device":"coffee","for":"soon"}' '.exit == 2 and (.error | test("is no time"))'
for wrong in '[]' '7' '{' '{"device":' 'null' '"x"'; do
	answer "no object: $wrong" devices "$wrong" '.exit == 2 and (.error | test("JSON object"))'
done
answer "a NUL within" devices '{"device":"a\u0000b"}' '.exit == 2'
answer "lines within" devices '{"device":"a\nb"}' '.exit == 2 and (.error | test("control characters"))'
answer "too long" devices "{\"device\":\"$(head -c 5000 /dev/zero | tr '\0' x)\"}" '.exit == 2'
answer "too much" devices "{\"device\":\"$(head -c 70000 /dev/zero | tr '\0' x)\"}" '.exit == 2'
# shellcheck disable=SC2046 # fifty of them
answer "too deep" devices "$(printf '{"device":%.0s' $(seq 50))" '.exit == 2'

# ---- hostile words: they stay words ----
cat >"$out/hostile" <<'END'
$(touch PWNED)
`touch PWNED`
'; touch PWNED; '
" ; touch PWNED ; "
| touch PWNED
-s /tmp/other.sock
--help
-c
--
../../etc/passwd
%s%s%n
<img src=x onerror=alert(1)>
\"); policies = ();
名前
END
cd "$out" || exit 2
cp etc/policy.d/90-gatewayctl.conf before.conf
stays() { # method json: the word is a word in the answer, or it is refused
	local got
	got=$(call "$1" "$2")
	jq -e --arg word "$word" '.exit == 1 or .exit == 2 or (.exit == 3 and (.error | test("not running"))) or
		.destination == $word or .device == $word' <<<"$got" >/dev/null || tap_not_ok "$1 $word" "$got"
}
with() { # jq-object with $word
	jq -nc --arg word "$word" "$1"
}
while IFS= read -r word; do
	stays devices "$(with '{device: $word}')"
	stays flows "$(with '{device: $word, limit: 5}')"
	stays pause "$(with '{device: $word, for: "10m"}')"
	stays pause "$(with '{device: "coffee", for: $word}')"
	for method in allow block explain; do
		stays $method "$(with '{device: "coffee", destination: $word}')"
	done
	stays set "$(with '{device: "coffee", policy: $word}')"
	stays name "$(with '{mac: "a4:cf:12:00:00:07", name: $word}')"
	"$OLDPWD/build/gatewayctl" -c "$out/etc" check >/dev/null 2>&1 || tap_not_ok "the files after $word" \
		"$(cat "$out/etc/policy.d/90-gatewayctl.conf")"
	cp before.conf etc/policy.d/90-gatewayctl.conf
done <hostile
tap_nothing "no word was run" "$(find "$out" -name 'PWNED*')"
tap_ok "hostile words: $(wc -l <hostile) of them, as device, destination and name"
cd "$OLDPWD" || exit 2

# ---- a flash that takes nothing ----
if mount -t tmpfs -o size=100k tmpfs "$out/etc/policy.d" 2>/dev/null; then
	mount -o remount,ro "$out/etc/policy.d"
	answer "read-only files" name '{"mac":"a4:cf:12:00:00:09","name":"late"}' \
		'.exit == 1 and (.error | test("[Rr]ead-only"))'
	umount "$out/etc/policy.d"
else
	tap_skip "read-only files" "nothing can be mounted here"
fi
tap_done
