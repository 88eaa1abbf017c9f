#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/cross/musl.sh CPU FOLDER: musl, and what gatewayd's core is linked with, as
# archives built with it from Debian's source packages; for routers' own CPUs
# Debian has a compiler (CPU-linux-gnu-gcc) but no libraries. Nothing is
# installed on this machine, and no root is needed. Done once; FOLDER/.complete
# says so. Afterwards FOLDER/bin/cc compiles and links for it.
set -eu
cpu=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
JOBS=${JOBS:-$(nproc)}
sources="musl ldns libconfig mbedtls cmocka"
wanted="$(cat "$here/musl.sh" "$here/openwrt.sh" "$here"/../../contrib/openwrt/ldns-nossl/Makefile | cksum) $cpu"
[ "$(cat "$folder/.complete" 2>/dev/null)" != "$wanted" ] || exit 0

log=$folder.log
work=$folder.work
rm -rf "$folder" "$work"
mkdir -p "$folder/bin" "$folder/include" "$folder/lib/pkgconfig" "$work/apt/lists/partial" \
	"$work/apt/archives/partial"
trap 'rm -rf "$work"' EXIT
exec 3>&2 >"$log" 2>&1
trap 'tail -n 20 "$log" >&3' ERR

# ---- the sources, each in a folder of its own name ----
: >"$work/apt/status"
key=/usr/share/keyrings/debian-archive-keyring.gpg
cat >"$work/apt/sources.list" <<END
deb-src [signed-by=$key] http://deb.debian.org/debian bookworm main
deb-src [signed-by=$key] http://deb.debian.org/debian-security bookworm-security main
END
fetch() {
	(cd "$work" && apt-get -q -o Dir::Etc::SourceList="$work/apt/sources.list" -o Dir::Etc::SourceParts=- \
		-o Dir::State="$work/apt" -o Dir::State::Lists="$work/apt/lists" \
		-o Dir::State::Status="$work/apt/status" -o Dir::Cache="$work/apt" \
		-o Debug::NoLocking=1 -o APT::Sandbox::User= "$@")
}
fetch update
# shellcheck disable=SC2086 # the list is made of words
fetch source --download-only $sources
for name in $sources; do
	dpkg-source --no-check -x "$work/$name"_*.dsc "$work/$name"
done

# ---- musl, and the kernel's headers beside its own ----
gcc=$cpu-linux-gnu-gcc
(
	cd "$work/musl"
	CC=$gcc CROSS_COMPILE=$cpu-linux-gnu- ./configure --target="$cpu-linux-musl" --prefix="$folder" --syslibdir="$folder/lib" --enable-wrapper=gcc
	make -s -j"$JOBS" install
)
# Of the libraries below only headers and names are taken from it.
debian=$(dirname "$folder")/sysroot-mipsel
"$here/sysroot.sh" mipsel "$debian"
cp -R "$debian/usr/include/linux" "$debian/usr/include/asm-generic" \
	"$debian/usr/include/mipsel-linux-gnu/asm" "$folder/include/"
printf '#!/bin/sh\nexec %s -specs=%s "$@"\n' "$gcc" "$folder/lib/musl-gcc.specs" >"$folder/bin/cc"
chmod +x "$folder/bin/cc"
CC=$folder/bin/cc

pc() { # name library version: what pkg-config is to say
	printf 'Name: %s\nDescription: %s\nVersion: %s\nLibs: -L%s/lib -l%s\nCflags: -I%s/include\n' \
		"$1" "$1" "$3" "$folder" "$2" "$folder" >"$folder/lib/pkgconfig/$1.pc"
}
flags="-Os -ffunction-sections -fdata-sections -fPIC"
archive() { # library more-flags source...
	local library=$1 more=$2 one
	shift 2
	for one in "$@"; do
		# shellcheck disable=SC2086 # flags are words
		$CC $flags $more -w -c "$one" -o "$one.o"
	done
	"$cpu-linux-gnu-ar" rcs "$folder/lib/lib$library.a" "${@/%/.o}"
}

# ---- the libraries ----
ldns() { # compiler's and linker's flags: makes .libs/libldns.a
	cp /usr/share/misc/config.sub /usr/share/misc/config.guess .
	CC="$CC" AR=$gcc-ar RANLIB=$gcc-ranlib NM=$gcc-nm CFLAGS="$1" LDFLAGS="$2" ./configure \
		--host="$cpu-linux-musl" --prefix="$folder" \
		--without-ssl --without-drill --without-examples --disable-shared --enable-static \
		--disable-dane --disable-ecdsa --disable-gost --disable-sha2
	make -s -j"$JOBS" setup-builddir libldns.la
}
cp -R "$work/ldns" "$work/ldns-router"
(
	cd "$work/ldns"
	ldns "$flags" ""
	mkdir -p "$folder/include/ldns"
	cp ldns/*.h "$folder/include/ldns/"
	cp .libs/libldns.a "$folder/lib/"
	pc ldns ldns 1.8.3
)
# Once more, as ldns-nossl is built for a router, for tests/cross/size.
if [ "$cpu" = mips ]; then
	(
		cd "$here/../.."
		# shellcheck source=tests/cross/openwrt.sh
		. tests/cross/openwrt.sh
		router=$(router_flags ldns-nossl)
		links=$(router_links ldns-nossl)
		cd "$work/ldns-router"
		# What does not link looks to configure like a function that musl has not.
		ldns "$router" "$links"
		mkdir -p "$folder/lib/router/pkgconfig"
		cp .libs/libldns.a "$folder/lib/router/"
		sed "s,^Libs:.*,Libs: $folder/lib/router/libldns.a," "$folder/lib/pkgconfig/ldns.pc" \
			>"$folder/lib/router/pkgconfig/ldns.pc"
	)
fi
(
	cd "$work/libconfig/lib"
	archive config "-DHAVE_NEWLOCALE -DHAVE_USELOCALE -DHAVE_FREELOCALE" grammar.c libconfig.c scanctx.c scanner.c strbuf.c
	cp libconfig.h "$folder/include/"
	pc libconfig config 1.5
)
(
	cd "$work/mbedtls"
	make -s -j"$JOBS" -C library CC="$CC" AR="$cpu-linux-gnu-ar" CFLAGS="$flags" libmbedcrypto.a
	cp library/libmbedcrypto.a "$folder/lib/"
	cp -R include/mbedtls include/psa "$folder/include/"
)
(
	cd "$work/cmocka"
	archive cmocka "-Iinclude -DHAVE_SIGNAL_H -DHAVE_STRSIGNAL -DHAVE_CLOCK_GETTIME -DHAVE_CLOCK_REALTIME
		-DHAVE_STRUCT_TIMESPEC -DHAVE_INTTYPES_H -DHAVE_UNISTD_H -DHAVE_C99_VSNPRINTF" src/cmocka.c
	cp include/cmocka*.h "$folder/include/"
)

# ---- what only the programs need: to compile and link with, not to run ----
# Headers are the same everywhere; a library's names are those of Debian's.
interface() { # library pkg-config-name [header...]
	local library=$1 file soname
	file=$(readlink -f "$debian/usr/lib/mipsel-linux-gnu/lib$1.so")
	soname=$(readelf -d "$file" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
	nm -D --defined-only "$file" | awk '
		$2 ~ /^[TWi]$/ { sub(/@.*/, "", $3); if (!seen[$3]++) print "void " $3 "(void) { }" }
		$2 ~ /^[BDR]$/ { sub(/@.*/, "", $3); if (!seen[$3]++) print "char " $3 "[64] = { 1 };" }' \
		>"$work/$1.c"
	$CC -shared -nostdlib -w -fno-builtin -Wl,-soname,"$soname" -o "$folder/lib/lib$library.so" "$work/$1.c"
	[ "$2" = - ] || pc "$2" "$library" 0
	shift 2
	[ $# -eq 0 ] || (cd "$debian/usr/include" && cp -RL "$@" "$folder/include/")
}
interface mnl libmnl libmnl
interface nfnetlink libnfnetlink libnfnetlink
interface netfilter_queue libnetfilter_queue libnetfilter_queue
interface nftnl libnftnl libnftnl
interface maxminddb libmaxminddb mipsel-linux-gnu/maxminddb.h mipsel-linux-gnu/maxminddb_config.h
interface ev - ev.h
interface json-c json-c json-c
# Of these there are archives, too, for the tests, which are static.
interface mbedcrypto -
interface config -
printf '%s' "$wanted" >"$folder/.complete"
