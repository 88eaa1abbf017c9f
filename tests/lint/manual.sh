#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The manual pages know every keyword of the language and every command and
# option of both programs, the completion offers them, and mandoc has nothing
# to say. The programs are asked, not their source.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
build=${BUILD:-build}

# The page as words, so that markup is no excuse and no hiding place.
page() { # file
	mandoc -T utf8 "$1" 2>/dev/null | sed 's/.\x08//g'
}
# Words that are missing in a text; a word ends where its letters end.
missing() { # text words...
	local text=$1 word
	shift
	for word in "$@"; do
		grep -qE -- "(^|[^A-Za-z0-9_-])$word([^A-Za-z0-9_-]|\$)" <<<"$text" || echo "$word"
	done
}

if ! command -v mandoc >/dev/null; then
	tap_skip_all "mandoc is not installed (apt-get install mandoc)"
fi
if ! log=$(${MAKE:-make} -s BUILD="$build" all "$build/tests/lint/keywords" 2>&1); then
	tap_not_ok "the programs build" "$log"
	tap_done
fi

mapfile -t keywords < <("$build/tests/lint/keywords" | sort -u)
if [ ${#keywords[@]} -gt 10 ]; then
	tap_nothing "gatewayd.conf(5) has all ${#keywords[@]} keywords" \
		"$(missing "$(page policy/gatewayd.conf.5)" "${keywords[@]}")"
else
	tap_not_ok "the language has keywords"
fi

# Lines of the help that begin with a command, and all that looks like an option.
help=$("$build/gatewayctl" --help)
mapfile -t commands < <(sed -nE 's/^  ([a-z][a-z-]*)( .*)?$/\1/p' <<<"$help" | sort -u)
mapfile -t options < <({
	printf '%s\n' "$help"
	for command in "${commands[@]}"; do
		"$build/gatewayctl" "$command" --help
	done
} | grep -oE -- '(^|[ ,[])--?[a-z][a-z-]*' | tr -d ' ,[' | sort -u)
if [ ${#commands[@]} -gt 10 ] && [ ${#options[@]} -gt 5 ]; then
	text=$(page gatewayd/gatewayctl.8)
	tap_nothing "gatewayctl(8) has all ${#commands[@]} commands" "$(missing "$text" "${commands[@]}")"
	tap_nothing "gatewayctl(8) has all ${#options[@]} options" "$(missing "$text" "${options[@]}")"
else
	tap_not_ok "gatewayctl --help lists commands and options" "$help"
fi
mapfile -t options < <("$build/gatewayd" --help | grep -oE -- '(^|[ ,[])--?[a-z][a-z-]*' | tr -d ' ,[' | sort -u)
if [ ${#options[@]} -gt 4 ]; then
	tap_nothing "gatewayd(8) has all ${#options[@]} options" \
		"$(missing "$(page gatewayd/gatewayd.8)" "${options[@]}")"
else
	tap_not_ok "gatewayd --help lists options" "$("$build/gatewayd" --help 2>&1)"
fi

# The completion as bash runs it: every command is offered after the name.
PATH=$PWD/$build:$PATH
# shellcheck disable=SC1091 # it is checked on its own
if . contrib/gatewayctl.bash 2>/dev/null; then
	function=$(complete -p gatewayctl | sed -nE 's/.*-F ([^ ]+).*/\1/p')
	COMP_WORDS=(gatewayctl "") COMP_CWORD=1 COMP_LINE="gatewayctl " COMP_POINT=11 COMPREPLY=()
	"$function" gatewayctl "" gatewayctl
	tap_nothing "the completion offers all commands" "$(missing "${COMPREPLY[*]}" "${commands[@]}")"
else
	tap_not_ok "contrib/gatewayctl.bash can be read"
fi

for file in gatewayd/*.8 policy/*.5; do
	tap_nothing "mandoc reads $file" "$(mandoc -T lint -W warning "$file" 2>&1)"
done
tap_done
