#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tests as programs of another CPU, for qemu-user:
#	tests/cross/build.sh --missing CPU	gets its libraries; why it cannot be done
#	tests/cross/build.sh CPU		builds, and wraps each program
# s390x is big-endian, mipsel has 32 bits; both with Debian's own libraries. mips
# has 32 bits and is big-endian, with musl and archives, as on a router: of the
# layers of the core the unit tests. gcc, since clang 14 aligns __int128 on s390x
# otherwise than the libraries were built with.
#
# build-cross/CPU/wrapped/ has a script for each program, under its name.
set -eu
cd "$(dirname "$0")/../.."
JOBS=${JOBS:-$(nproc)}
unset MAKEFLAGS MAKELEVEL MFLAGS
CORE="base decode redact policy engine"

missing() { # cpu
	local tool
	for tool in "$1-linux-gnu-gcc" "qemu-$1-static"; do
		command -v "$tool" >/dev/null || {
			echo "$tool is missing: run tests/deps.sh cross as root"
			return
		}
	done
	if [ "$1" = mips ]; then
		tests/cross/musl.sh mips build-cross/musl-mips 2>/dev/null
	else
		tests/cross/sysroot.sh "$1" "build-cross/sysroot-$1" 2>/dev/null
	fi || echo "the libraries for $1 could not be had: build-cross/ has the log"
}

# Under the program's own name, so that scripts can call it.
wrap() { # program...
	local one
	for one in "$@"; do
		mkdir -p "$build/wrapped/$(dirname "$one")"
		printf '#!/bin/sh\nexec %s %s "$@"\n' "$qemu" "$PWD/$build/$one" >"$build/wrapped/$one"
		chmod +x "$build/wrapped/$one"
	done
}
programs() { # pattern...
	local file
	for file in "$@"; do
		echo "${file%.c}"
	done
}

if [ "$1" = --missing ]; then
	missing "$2"
	exit
fi
cpu=$1
build=build-cross/$cpu
# Without debug information: half the work is writing that. Older compilers see
# faults that are none; the machine's own has to be content.
set -- BUILD="$build" CFLAGS=-O1 WERROR= CURL=0 CAPNG=0 SECCOMP=0 NDPI=0
if [ "$cpu" = mips ]; then
	export PKG_CONFIG_LIBDIR=$PWD/build-cross/musl-mips/lib/pkgconfig
	qemu='qemu-mips-static'
	# shellcheck disable=SC2046 # the list is made of words
	set -- "$@" CC="$PWD/build-cross/musl-mips/bin/cc" LDFLAGS=-static PCAP=0 \
		$(for layer in $CORE; do programs tests/unit/"$layer"/test_*.c; done | sed "s,^,$build/,")
else
	sysroot=$PWD/build-cross/sysroot-$cpu
	export PKG_CONFIG_SYSROOT_DIR=$sysroot
	export PKG_CONFIG_LIBDIR=$sysroot/usr/lib/$cpu-linux-gnu/pkgconfig:$sysroot/usr/share/pkgconfig
	qemu="qemu-$cpu-static -L $sysroot"
	# shellcheck disable=SC2046 # the list is made of words
	set -- "$@" CC="$cpu-linux-gnu-gcc --sysroot=$sysroot" PCAP=1 all \
		$(programs tests/unit/*/*.c tests/fuzz/fuzz_*.c tests/replay/*.c | grep -v /support/ | sed "s,^,$build/,")
fi
${MAKE:-make} -s -j"$JOBS" "$@"
for file in gatewayd gatewayctl $(programs tests/unit/*/*.c tests/fuzz/fuzz_*.c); do
	[ ! -x "$build/$file" ] || wrap "$file"
done
