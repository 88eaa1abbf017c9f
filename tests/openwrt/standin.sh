# shellcheck shell=sh disable=SC3043,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced before the init script in place of rc.common: what it calls of procd
# is written to $RECORD, and UCI is read from $IPKG_INSTROOT/etc/config. "set"
# is where procd hears of it: who leaves before has changed nothing.

record() {
	printf '%s\n' "$*" >>"$RECORD"
}

for name in procd_open_instance procd_close_instance procd_set_param procd_append_param \
	procd_add_jail procd_add_jail_mount procd_add_jail_mount_rw procd_add_reload_trigger \
	procd_add_raw_trigger procd_add_validation; do
	eval "$name() { record $name \"\$@\"; }"
done
logger() { record logger "$@"; }
chown() { record chown "$@"; }
id() { [ "${USER_THERE-1}" = 1 ]; }
start() {
	start_service "$@"
	service_triggers
	record set
	! type service_started >/dev/null 2>&1 || service_started
}
stop() {
	record stop
	service_stopped
}
reload() { reload_service; }
# The daemon's lock is taken for so many more times that somebody looks.
flock() {
	[ "${RUNNING-0}" != 0 ] || return 0
	RUNNING=$((RUNNING - 1))
	return 1
}
sync() { record sync; }
sleep() { record sleep "$@"; }

# Lines "section type option value"; a named section has its name.
uci_lines() { # package
	[ -f "$IPKG_INSTROOT/etc/config/$1" ] || return 0
	awk '{ gsub("\047", "") }
	$1 == "config" { type = $2; name = $3; if (name == "") name = "anonymous" ++count; print name, type, "-", "-" }
	$1 == "option" || $1 == "list" { option = $2; $1 = $2 = ""; sub(/^ +/, ""); print name, type, option, $0 }
	' "$IPKG_INSTROOT/etc/config/$1"
}
uci() { # -q get|show ...
	case $2 in
	get)
		uci_lines "${3%%.*}" | awk -v key="${3#*.}" '$1 "." $3 == key { print $4 }'
		;;
	show)
		uci_lines "$3" | awk -v package="$3" '$3 != "-" { print package "." $1 "." $3 "=\047" $4 "\047" }'
		;;
	esac
}
config_load() { loaded=$1; }
config_foreach() { # function type
	local each
	for each in $(uci_lines "$loaded" | awk -v type="$2" '$2 == type && $3 == "-" { print $1 }'); do
		"$1" "$each"
	done
}
config_get() { # variable section option
	local value
	value=$(uci_lines "$loaded" | awk -v name="$2" -v option="$3" \
		'$1 == name && $3 == option { sub(/^[^ ]+ [^ ]+ [^ ]+ /, ""); print }')
	eval "$1=\$value"
}
network_get_device() { # variable network
	local value
	value=$(awk -v name="$2" '$1 == name { print $2 }' "$IPKG_INSTROOT/netifd" 2>/dev/null)
	eval "$1=\$value"
	[ -n "$value" ]
}

in_range() { # value range(from,to)
	local from="${2#range(}" to="${2#*,}"

	[ "$1" -ge "${from%,*}" ] && [ "$1" -le "${to%)}" ]
} 2>/dev/null

# As validate_data does it: every option is told of, wrong or not.
uci_load_validate() { # package type section function option...
	local package="$1" section="$3" call="$4" result=0 right spec option type default value
	shift 4
	for spec in "$@"; do
		option=${spec%%:*}
		type=${spec#*:}
		default=
		case $type in
		*:*) default=${type##*:} type=${type%:*} ;;
		esac
		value=$(uci_lines "$package" | awk -v name="$section" -v option="$option" \
			'$1 == name && $3 == option { sub(/^[^ ]+ [^ ]+ [^ ]+ /, ""); printf "%s%s", comma, $0; comma = " " }')
		value=${value:-$default}
		right=true
		case $type:$value in
		bool:0 | bool:1 | *:) ;;
		bool:*) right=false ;;
		or*) case $type in *"\"$value\""*) ;; *) right=false ;; esac ;;
		range*) in_range "$value" "$type" || right=false ;;
		esac
		[ $right = true ] || result=1
		echo "$package.$section.$option=$value validates as $type with $right" >&2
		eval "local $option; $option=\$value"
	done
	[ -n "$call" ] || return "$result"
	"$call" "$section" "$result"
}
