#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The shipped profiles with the shipped catalogue: what each is for, held
# against what it does. For each destination the table in the output has what
# was expected and what happened. All are put to the program as assertions that
# it is blocked; what is not, the errors name.
#
#	profiles/intent.tsv   by hand: what must pass and what must not
#	profiles/iotrim.tsv   what a public test found not to be required
#	the catalogue itself  every row of the profile's kinds of device: what is
#	                      essential passes, ads and telemetry do not
#
# BUILD is the folder of the programs.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
build=${BUILD:-${CHECK_BUILD:-build}}
gatewayctl=$PWD/$build/gatewayctl
catalogue=policy/catalogue/catalogue.tsv
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
mkdir -p "$out/share/policy" "$out/etc/policy.d"
cp policy/profiles/*.conf "$out/share/policy" && cp "$catalogue" "$out/share" || exit 2
export GATEWAYD_DATADIR=$out/share TZ=UTC
echo 'home = [ "US" ];' >"$out/etc/gatewayd.conf"

# profile: the kinds of device in the catalogue that it is for
classes_of() {
	case $1 in
	coffee-machine | coffee-machine-office) echo coffee-machine ;;
	kitchen-appliance) echo appliance blender ;;
	robot-vacuum) echo vacuum ;;
	video-doorbell) echo doorbell ;;
	smart-tv) echo tv ;;
	plug-and-light) echo plug light ;;
	phone) echo phone-app ;;
	nas-hub) echo hub nas ;;
	thermostat | camera | baby-monitor | speaker | printer | toy | wearable | game-console) echo "$1" ;;
	esac
}

# Lines "destination when expected" for one profile; later tables do not repeat.
wanted_of() { # profile
	awk -F'\t' -v profile="$1" '!/^#/ && $1 == profile { print $2, $3, $4 }' tests/config/profiles/intent.tsv
	awk -F'\t' -v profile="$1" '!/^#/ && $3 == profile { print $2, "12:00-13:00", $4 }' \
		tests/config/profiles/iotrim.tsv
	# Updates have their hours; payments are for coffee machines where people pay.
	awk -F'\t' -v classes=" $(classes_of "$1") " -v profile="$1" '
		/^#/ || $1 ~ /^AS/ || !index(classes, " " $6 " ") { next }
		$4 == "payment" { if (profile == "coffee-machine") print $1, "-", "block"; next }
		$5 == "yes" { print $1, $4 == "update" ? "02:00-03:00" : "-", "pass" }
		$5 == "no" && $4 ~ /^(ads|analytics|telemetry)$/ { print $1, "-", "block" }' "$catalogue"
}

check_profile() { # name
	local profile=$1 wrong
	wanted_of "$profile" | awk '!seen[$1 $2]++' >"$out/wanted"
	{
		echo "devices = ( { name = \"thing\"; mac = \"a4:cf:12:00:00:01\"; policy = \"$profile\"; } );"
		echo 'assertions = ('
		awk '{ printf "%s  { device = \"thing\"; destination = \"%s\"; expect = \"block\";%s }", \
			comma, $1, $2 == "-" ? "" : " when = \"" $2 "\";"; comma = ",\n" }' "$out/wanted"
		echo ' );'
	} >"$out/etc/policy.d/test.conf"
	"$gatewayctl" -c "$out/etc" check >"$out/check" 2>&1
	# The error is on the line of its assertion; the first is on line 3.
	if awk -v profile="$profile" '
	FNR == NR {
		if (match($0, /test[.]conf:[0-9]+:/) && /expected block, but /) {
			line = substr($0, RSTART + 10, RLENGTH - 11)
			action = $0
			sub(/.*expected block, but /, "", action)
			by = action
			sub(/ .*/, "", action)
			sub(/^[^(]*[(]/, "", by)
			sub(/, [^ ]* line .*/, "", by)
			happened[line + 0] = action
			why[line + 0] = by
		} else if ($0 !~ /^[0-9]+ errors? in |good:/) {
			print "# odd: " $0; odd = 1
		}
		next
	}
	{
		got = (FNR + 2) in happened ? happened[FNR + 2] : "block"
		right = $3 == got || $3 == "pass" && got != "block"
		bad += !right
		printf "# %-22s %-52s %-11s %-5s %-6s %s%s\n", profile, $1, $2, $3, got, \
			right ? "" : "WRONG ", why[FNR + 2]
	}
	END { exit bad || odd || FNR < 1 }' "$out/check" "$out/wanted" >"$out/table"; then
		tap_ok "$profile: $(wc -l <"$out/wanted") destinations as they should be"
		cat "$out/table"
	else
		wrong=$(grep -E 'WRONG|odd' "$out/table" | sed 's/^# //')
		tap_not_ok "$profile: destinations as they should be" "${wrong:-nothing was checked}"
	fi
}

echo "# profile                destination                                          when        expected, happened"
for file in policy/profiles/*.conf; do
	check_profile "$(basename "$file" .conf)"
done
# Where a user finds them: one line each, on 80 columns.
printf 'policies = ( { name = "my-own"; default = "allow"; } );\n' >"$out/etc/policy.d/test.conf"
COLUMNS=80 "$gatewayctl" -c "$out/etc" policies >"$out/policies"
tap_nothing "policies fits 80 columns" "$(awk 'length > 80 || /~/' "$out/policies")"
tap_equal "it says of each profile what it is for" \
	"$("$gatewayctl" -c "$out/etc" policies --json | jq -r 'select(.for) | .policy' | sort)" \
	"$(basename -s .conf policy/profiles/*.conf | sort)"
tap_equal "and of a policy of one's own that it is there" \
	"$("$gatewayctl" -c "$out/etc" policies --json | jq -c 'select(.policy == "my-own")')" \
	'{"policy":"my-own","default":"allow","devices":0}'
echo 'devices = ( { name = "thing"; mac = "a4:cf:12:00:00:01"; policy = "appliance"; } );' >"$out/etc/policy.d/test.conf"
tap_equal "explain tells who answers a resolver that is built in" \
	"$("$gatewayctl" -c "$out/etc" explain thing 8.8.8.8:53/udp | grep -c 'answered by the router')" 1
tap_equal "and not of other ports" \
	"$("$gatewayctl" -c "$out/etc" explain thing 8.8.8.8:443 | grep -c 'answered by the router')" 0
tap_equal "IoTrim's list is whole" "$(grep -vc '^#' tests/config/profiles/iotrim.tsv)" 62
tap_done
