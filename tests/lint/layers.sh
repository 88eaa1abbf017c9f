#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may include whom (docs/architecture.md), and which file may know which
# outside library: an upward include is a failure.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh

allowed_for() { # file
	local shared='engine redact decode policy capture system base'
	case $1 in
	gatewayd/gatewayd.c) echo "daemon $shared" && return ;;
	gatewayd/gatewayctl.c) echo "client $shared" && return ;;
	esac
	case $(dirname "$1") in
	gatewayd/base) echo base ;;
	gatewayd/decode) echo decode base ;;
	policy) echo policy base ;;
	gatewayd/redact) echo redact decode base ;;
	gatewayd/engine) echo engine redact decode policy base ;;
	gatewayd/capture) echo capture base ;;
	gatewayd/system) echo system base ;;
	gatewayd) echo "$shared" ;;
	gatewayd/daemon) echo "daemon $shared" ;;
	gatewayd/client) echo "client $shared" ;;
	esac
}

# Library headers and the files that may see them.
owners='libconfig\.h policy/load\.c
ldns/.* gatewayd/redact/dns\.c|policy/list_rpz\.c
mbedtls/.* gatewayd/decode/quic_crypto\.c
ev\.h gatewayd/system/loop\.c
maxminddb\.h gatewayd/system/geo\.c
pcap/.*|pcap\.h gatewayd/capture/pcap.*\.[ch]
curl/.* gatewayd/client/fetch\.c
libnftnl/.* gatewayd/system/nft.*\.[ch]
seccomp\.h|cap-ng\.h gatewayd/system/(privilege|confine).*\.c
json-c/.* gatewayd/(client/|daemon/|)[a-z_]*\.[ch]'

upward='' shapes='' private=''
while IFS=: read -r file line text; do
	name=$(expr "$text" : '[^"]*"\([^"]*\)"')
	case $name in
	*/*/* | [!a-z]* | *..*) shapes+="$file:$line: $name is not folder/file.h"$'\n' ;;
	*/*.h)
		case " $(allowed_for "$file") " in
		*" ${name%%/*} "*) ;;
		*) upward+="$file:$line: $name"$'\n' ;;
		esac
		case $name:$file in
		engine/engine.h:* | engine/*:gatewayd/engine/*) ;;
		engine/*) private+="$file:$line: $name"$'\n' ;;
		esac
		;;
	*)
		# What both programs share lies beside them.
		[[ $(dirname "$file") =~ ^gatewayd(/client|/daemon|)$ ]] && [ -e "gatewayd/$name" ] ||
			shapes+="$file:$line: $name is not folder/file.h"$'\n'
		;;
	esac
done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' gatewayd/*.[ch] gatewayd/*/*.[ch] policy/*.[ch])
tap_nothing "no include goes upward" "${upward%$'\n'}"
tap_nothing "of the engine's headers only engine.h is seen outside" "${private%$'\n'}"
tap_nothing "every quoted include is folder/file.h" "${shapes%$'\n'}"

strangers=
while read -r header owner; do
	strangers+=$(grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<($header)>" \
		gatewayd/*.[ch] gatewayd/*/*.[ch] policy/*.[ch] | grep -vE "^($owner):")
done <<<"$owners"
tap_nothing "each library is known to its own file only" "$strangers"
tap_done
