# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What OpenWrt's build compiles and links a package for mips_24kc with. Sourced
# at the top of the tree; a package's own Makefile is asked for its part.
# Not told here: -fhonour-copts, which is of OpenWrt's own gcc, soft floats, for
# which Debian has no library, and fortified headers, which musl has not.
router_asks() { # package variable: what its Makefile sets it to on such a router
	make -s -C "contrib/openwrt/$1" TOPDIR="$PWD/tests/openwrt/include" ARCH=mips "show-$2"
}

# Debian's gcc makes position-independent programs unless it is told; OpenWrt's
# does when the package asks for it, or who builds, and is configured
# --with-mips-plt (toolchain/gcc/common.mk): another program's calls are direct.
router_is_pie() { # package
	[ "$(router_asks "$1" PKG_ASLR_PIE_REGULAR)" = 1 ]
}

router_links() { # package
	printf '%s' "-Wl,--gc-sections -flto=auto -fuse-linker-plugin -Wl,-z,now -Wl,-z,relro"
	if router_is_pie "$1"; then echo " -pie"; else echo " -no-pie"; fi
}

router_flags() { # package
	local build_flags
	build_flags=" $(router_asks "$1" PKG_BUILD_FLAGS) "
	printf '%s' "-Os -pipe -mips32r2 -mtune=24kc -fno-caller-saves -fstack-protector"
	if router_is_pie "$1"; then printf ' -fPIC'; else printf ' -fno-pie -mno-shared -mplt'; fi
	[[ $build_flags != *" gc-sections "* ]] || printf '%s' " -ffunction-sections -fdata-sections"
	[[ $build_flags != *" lto "* ]] || printf '%s' " -flto=auto -fno-fat-lto-objects"
	# Packages are MIPS16 code on these CPUs unless they say otherwise.
	[[ $build_flags == *" no-mips16 "* ]] || printf '%s' " -mips16 -minterlink-mips16"
	printf ' %s\n' "$(router_asks "$1" TARGET_CFLAGS)"
}
