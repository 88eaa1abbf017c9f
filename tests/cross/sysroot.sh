#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/cross/sysroot.sh ARCHITECTURE FOLDER: Debian's libraries and headers for
# another CPU, unpacked into FOLDER. It has its own apt state: nothing is
# installed on this machine, and no root is needed. Done once; FOLDER/.complete
# says with which packages.
set -eu
architecture=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
packages="libc6-dev libgcc-12-dev libnetfilter-queue-dev libnftnl-dev libmnl-dev libldns-dev
	libconfig-dev libmaxminddb-dev libev-dev libjson-c-dev libmbedtls-dev libcmocka-dev libpcap-dev"
wanted=$(echo "$packages" | xargs)
[ "$(cat "$folder/.complete" 2>/dev/null)" != "$wanted" ] || exit 0

apt=$folder.apt
rm -rf "$folder" "$apt"
mkdir -p "$folder/usr/lib" "$folder/usr/bin" "$folder/usr/sbin" "$apt/lists/partial" \
	"$apt/archives/partial"
trap 'rm -rf "$apt"' EXIT
: >"$apt/status"
# Both places with one key, so that fixes of security are there, too.
key=/usr/share/keyrings/debian-archive-keyring.gpg
cat >"$apt/sources.list" <<END
deb [signed-by=$key] http://deb.debian.org/debian bookworm main
deb [signed-by=$key] http://deb.debian.org/debian-security bookworm-security main
END
fetch() {
	apt-get -q -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
		-o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=- \
		-o Dir::State="$apt" -o Dir::State::Lists="$apt/lists" \
		-o Dir::State::Status="$apt/status" -o Dir::Cache="$apt" \
		-o Dir::Cache::Archives="$apt/archives" -o Debug::NoLocking=1 \
		-o APT::Sandbox::User= -o Acquire::Languages=none "$@"
}
# The index of fixes may be broken for an architecture that few have.
fetch update >/dev/null 2>&1 || sed -i '/debian-security/d' "$apt/sources.list"
# shellcheck disable=SC2086 # the list is made of words
if ! { fetch update && fetch install -y --no-install-recommends --download-only $packages; } \
	>"$folder/apt.log" 2>&1; then
	tail -n 20 "$folder/apt.log" >&2
	exit 1
fi
# As on an installed Debian; else the 32-bit loader is not found by qemu -L.
ln -s usr/lib "$folder/lib"
ln -s usr/bin "$folder/bin"
ln -s usr/sbin "$folder/sbin"
for package in "$apt"/archives/*.deb; do
	dpkg-deb --fsys-tarfile "$package" |
		tar -x --keep-directory-symlink --no-same-owner -C "$folder"
done
# Links to absolute paths would lead out of the folder.
find "$folder" -type l -lname '/*' | while read -r link; do
	ln -sfn "$folder$(readlink "$link")" "$link"
done
printf '%s' "$wanted" >"$folder/.complete"
