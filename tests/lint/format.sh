#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# clang-format has nothing to change, cppcheck and shellcheck nothing to say.
# ONLY=cppcheck runs that one; FOLDERS="gatewayd/base" are what cppcheck reads.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh

mapfile -t c_files < <(find gatewayd policy tests -name '*.[ch]' -not -path '*/corpus/*' | sort)
mapfile -t shell_files < <({
	find tests contrib -name '*.sh'
	grep -rlE '^#!.*(/| )(ba)?sh( |$)' .ci tests contrib --exclude-dir=corpus --exclude=Makefile 2>/dev/null
} | sort -u)

tool() { # program package
	[ "${ONLY:-$1}" = "$1" ] || return 1
	command -v "$1" >/dev/null || {
		tap_skip "$1" "$1 is not installed (apt-get install $2)"
		return 1
	}
}

# Another version formats otherwise, so only the one that is agreed on counts.
if tool clang-format clang-format; then
	version=$(clang-format --version | sed -nE 's/.*version ([0-9]+).*/\1/p')
	if [ "$version" != 14 ]; then
		tap_skip "clang-format" "version $version; the files are formatted with 14"
	else
		tap_nothing "clang-format has nothing to change" \
			"$(clang-format --dry-run -Werror "${c_files[@]}" 2>&1 | grep -E 'error:')"
	fi
fi

if tool cppcheck cppcheck; then
	mkdir -p build/cppcheck
	# shellcheck disable=SC2086 # folders are words
	found=$(cppcheck --quiet --std=c11 --language=c -j "${JOBS:-2}" --inline-suppr \
		--enable=warning,performance,portability --cppcheck-build-dir=build/cppcheck \
		--suppressions-list=tests/lint/cppcheck.txt -I gatewayd -I . \
		-DHAVE_PCAP=1 -DHAVE_CURL=1 -DHAVE_CAPNG=1 -DHAVE_SECCOMP=1 \
		--error-exitcode=1 ${FOLDERS:-gatewayd policy tests} 2>&1)
	status=$?
	if [ $status -eq 0 ]; then tap_ok "cppcheck"; else tap_not_ok "cppcheck" "$found"; fi
fi

# Files that are sourced, quotes that expand elsewhere, functions called by name.
opinions=SC1091,SC2016,SC2181,SC2317
if tool shellcheck shellcheck; then
	tap_nothing "shellcheck" "$(shellcheck -x -S style -e "$opinions" -f gcc "${shell_files[@]}" 2>&1)"
fi
tap_done
