#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/vm/kernel.sh PACKAGE FOLDER: one of Debian's kernels, unpacked into
# FOLDER and never installed: vmlinux, lib/modules/VERSION, and an initrd that
# begins with tests/vm/init. PACKAGE may be one that only depends on a kernel.
# Done once; FOLDER/.complete says with which package.
set -eu
package=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)

# What init needs before it can read the host's files, and dependencies.
first_modules="virtio_pci 9p 9pnet_virtio overlay"
# Of 4,000 modules the lab can use these; the rest only fills the disk.
wanted="./boot/vmlinuz-* ./lib/modules/*/modules.* ./lib/modules/*/kernel/net
	./lib/modules/*/kernel/fs/9p ./lib/modules/*/kernel/fs/fscache ./lib/modules/*/kernel/fs/netfs
	./lib/modules/*/kernel/fs/overlayfs ./lib/modules/*/kernel/drivers/virtio
	./lib/modules/*/kernel/drivers/net/*.ko*
	./lib/modules/*/kernel/drivers/net/ppp ./lib/modules/*/kernel/drivers/net/slip ./lib/modules/*/kernel/crypto ./lib/modules/*/kernel/lib
	./lib/modules/*/kernel/arch"

kernel_of() { # package: itself, or what it depends on
	case $1 in
	linux-image-[0-9]*.[0-9]*.[0-9]*) echo "$1" ;;
	*) apt-cache depends "$1" 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1 ;;
	esac
}

number_at() { # file offset bytes
	od -An -tu"$3" -j"$2" -N"$3" "$1" | tr -d ' '
}

# It unpacks itself otherwise, and the emulator takes four seconds for that.
# Where it is: Linux, Documentation/arch/x86/boot.rst; its size follows it.
unpack_kernel() { # file
	local sectors offset length
	sectors=$(number_at "$1" 0x1f1 1)
	offset=$(number_at "$1" 0x248 4)
	length=$(number_at "$1" 0x24c 4)
	tail -c +$(((sectors + 1) * 512 + offset + 1)) "$1" | head -c $((length - 4)) >"$1.packed"
	case $(head -c 4 "$1.packed" | od -An -tx1 | tr -d ' ') in
	fd377a58) xz -dc <"$1.packed" ;;
	28b52ffd) zstd -qdc <"$1.packed" ;;
	*)
		echo "$1 is packed in a way that is not known here" >&2
		return 1
		;;
	esac
}

fetch() {
	local kernel deb
	kernel=$(kernel_of "$package")
	if [ -z "$kernel" ] && [ "$(id -u)" = 0 ]; then
		apt-get -q update >"$folder/apt.log" 2>&1 || true
		kernel=$(kernel_of "$package")
	fi
	[ -n "$kernel" ] || {
		echo "apt knows no $package: run apt-get update as root" >&2
		exit 1
	}
	echo "fetching $kernel into ${folder#"$PWD"/}/"
	(cd "$folder" && apt-get -q -o APT::Sandbox::User= download "$kernel") >>"$folder/apt.log" 2>&1 || {
		tail -n 20 "$folder/apt.log" >&2
		exit 1
	}
	deb=$(find "$folder" -maxdepth 1 -name '*.deb' | head -n 1)
	# Not every kernel has all of them; the rest says what is missing.
	# shellcheck disable=SC2086 # patterns for tar, not for us
	(set -f && dpkg-deb --fsys-tarfile "$deb" |
		tar -x --wildcards --no-same-owner -C "$folder" $wanted 2>>"$folder/apt.log") || true
	rm -f "$deb"
	unpack_kernel "$folder"/boot/vmlinuz-* >"$folder/vmlinux"
	rm -r "${folder:?}/boot"
	# busybox' insmod takes no compressed ones, and the emulator would be slow at it.
	find "$folder/lib/modules" -name '*.ko.xz' -exec xz -d {} +
	depmod -b "$folder" "$(ls "$folder/lib/modules")"
	printf '%s' "$kernel" >"$folder/.complete"
}

copy() { # file with its libraries into the initrd
	local library
	mkdir -p "$tree$(dirname "$1")"
	cp -L "$1" "$tree$1"
	for library in $(ldd "$1" | grep -oE '/[^ )]+'); do
		mkdir -p "$tree$(dirname "$library")"
		cp -L "$library" "$tree$library"
	done
}

make_initrd() {
	local version module busybox
	version=$(ls "$folder/lib/modules")
	tree=$(mktemp -d)
	trap 'rm -rf "$tree"' EXIT
	mkdir -p "$tree/lib" "$tree/bin" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/modules"
	busybox=$(command -v busybox)
	copy "$(readlink -f "$busybox")"
	[ -e "$tree/bin/busybox" ] || cp -L "$busybox" "$tree/bin/busybox"
	# In the order in which they can be loaded; what is built in has no file.
	for module in $first_modules; do
		modprobe -q -d "$folder" -S "$version" --show-depends "$module" |
			sed -n 's/^insmod \([^ ]*\).*/\1/p'
	done | awk '!seen[$0]++' | while read -r file; do
		cp "$file" "$tree/modules/"
		basename "$file"
	done >"$tree/modules/order"
	cp "$here/init" "$tree/init"
	chmod 755 "$tree/init"
	(cd "$tree" && find . | cpio -o -H newc --quiet) | gzip -1 >"$folder/initrd.new"
	mv "$folder/initrd.new" "$folder/initrd"
}

if [ ! -e "$folder/.complete" ] || [ ! -e "$folder/vmlinux" ]; then
	rm -rf "$folder"
	mkdir -p "$folder"
	fetch
fi
if [ ! -e "$folder/initrd" ] || [ "$here/init" -nt "$folder/initrd" ] || [ "$0" -nt "$folder/initrd" ]; then
	make_initrd
fi
