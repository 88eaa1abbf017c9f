# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What OpenWrt's build compiles and links a package for mips_24kc with. Sourced
# at the top of the tree; a package's own Makefile is asked for its part.
# Not told here: -fhonour-copts, which is of OpenWrt's own gcc, soft floats, for
# which Debian has no library, and fortified headers, which musl has not.
# shellcheck disable=SC2034 # for who sources it
router_links="-Wl,--gc-sections -flto=auto -fuse-linker-plugin -pie -Wl,-z,now -Wl,-z,relro"

router_flags() { # package
	local makefile=contrib/openwrt/$1 build_flags
	build_flags=" $(make -s -C "$makefile" TOPDIR="$PWD/tests/openwrt/include" show-PKG_BUILD_FLAGS) "
	printf '%s' "-Os -pipe -mips32r2 -mtune=24kc -fno-caller-saves -fPIC -fstack-protector"
	[[ $build_flags != *" gc-sections "* ]] || printf '%s' " -ffunction-sections -fdata-sections"
	[[ $build_flags != *" lto "* ]] || printf '%s' " -flto=auto -fno-fat-lto-objects"
	# Packages are MIPS16 code on these CPUs unless they say otherwise.
	[[ $build_flags == *" no-mips16 "* ]] || printf '%s' " -mips16 -minterlink-mips16"
	printf ' %s\n' "$(make -s -C "$makefile" TOPDIR="$PWD/tests/openwrt/include" ARCH=mips show-TARGET_CFLAGS)"
}
