# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of gatewayctl(8) for bash. The program knows its commands, options,
# devices and policies; here is only how bash asks for them.

_gatewayctl() {
	local current=${COMP_WORDS[COMP_CWORD]} word candidates=()

	# bash cuts words at ':', MACs and addresses included: nothing to offer there.
	while IFS= read -r word; do
		case $word in
		:file)
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
			compopt -o filenames 2>/dev/null
			;;
		:directory)
			mapfile -t COMPREPLY < <(compgen -d -- "$current")
			compopt -o filenames 2>/dev/null
			;;
		*) candidates+=("$word") ;;
		esac
	done < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	for word in "${candidates[@]}"; do
		[[ $word != "$current"* ]] || COMPREPLY+=("$word")
	done
	return 0
}

complete -F _gatewayctl gatewayctl
