# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A Debian gateway for a test: this machine's own files below an overlay
# in memory, a systemd of its own as process 1, in the lab's gateway. What
# happens in it stays in it. Sourced after tests/lab/lib.sh.

MACHINE='' MACHINE_PID=''

machine_missing() {
	grep -q '^ID=debian' /etc/os-release 2>/dev/null || {
		echo "this machine is no Debian"
		return
	}
	lab_tools_missing systemctl unshare nsenter dpkg apt-get && return
	[ -x /lib/systemd/systemd ] || echo "there is no systemd"
	grep -qw overlay /proc/filesystems || echo "this kernel has no overlay"
	grep -qw cgroup2 /proc/filesystems || echo "this kernel has no cgroup2"
}

# Units that would reach beyond the machine, or have nothing to do in it.
MACHINE_MASKED="systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket
	systemd-udev-trigger.service systemd-sysctl.service systemd-remount-fs.service
	systemd-modules-load.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount
	dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount
	sys-fs-fuse-connections.mount systemd-networkd.service systemd-resolved.service networking.service"

# Process 1 of the machine; $1 is its folder, $2 the lab's.
# shellcheck disable=SC2016 # expanded over there
MACHINE_BOOT='
	set -e
	root=$1/root
	mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$root"
	cd "$root"
	mount -t proc proc proc
	mount -t sysfs -o ro sysfs sys
	mount -t cgroup2 cgroup2 sys/fs/cgroup
	mount -t tmpfs -o mode=755 tmpfs run
	mount -t tmpfs tmpfs tmp
	# No part of the overlay where it lies on another filesystem, or in a tmp of ours.
	mkdir -p "$root/$3"
	mount --bind "$3" "$root/$3"
	mount -t tmpfs -o mode=755 tmpfs dev
	for node in null zero full random urandom tty; do
		: >"dev/$node"
		mount --bind "/dev/$node" "dev/$node"
	done
	mkdir -m 1777 dev/pts dev/shm
	# It starts what is installed, also where the machine around it does not.
	rm -f usr/sbin/policy-rc.d
	# One that was installed here would be found there.
	rm -rf etc/gatewayd var/lib/gatewayd usr/share/gatewayd
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	mount --bind "$2/misc" var/lib/misc
	pivot_root . mnt
	umount -l /mnt
	exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd \
		--unit=sysinit.target --show-status=0 --log-target=journal'

# A group of its own, so that its processes are counted by nobody else.
machine_up() {
	local unit
	MACHINE=$LAB/machine
	mkdir -p "$MACHINE"
	mount -t tmpfs tmpfs "$MACHINE" || return
	mkdir "$MACHINE/upper" "$MACHINE/work" "$MACHINE/root"
	mkdir -p "$MACHINE/upper/etc/systemd/system"
	for unit in $MACHINE_MASKED; do
		ln -s /dev/null "$MACHINE/upper/etc/systemd/system/$unit"
	done
	MACHINE_GROUP=$(findmnt -rnt cgroup2 -o TARGET | head -n 1)
	[ -n "$MACHINE_GROUP" ] || {
		MACHINE_GROUP=$LAB/cgroup
		mkdir -p "$MACHINE_GROUP" && mount -t cgroup2 cgroup2 "$MACHINE_GROUP" || return
	}
	MACHINE_GROUP=$MACHINE_GROUP/$LAB_TAG
	mkdir "$MACHINE_GROUP" || return
	# shellcheck disable=SC2016 # expanded over there
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$MACHINE_GROUP" ip netns exec "$LAB_TAG-gateway" \
		unshare --mount --pid --ipc --uts --cgroup --fork --kill-child sh -c "$MACHINE_BOOT" sh \
		"$MACHINE" "$LAB" "$LAB_SOURCE" >"$LAB/machine.out" 2>&1 </dev/null &
	LAB_PIDS+=($!)
	MACHINE_UNSHARE=$!
	wait_for 20 machine_running
}
machine_running() {
	MACHINE_PID=$(pgrep -P "$MACHINE_UNSHARE") &&
		in_machine systemctl is-system-running --wait >/dev/null
	in_machine systemctl is-active sysinit.target
}

in_machine() { # command...
	# shellcheck disable=SC2016 # expanded over there
	nsenter -t "$MACHINE_PID" --root --wd --mount --pid --ipc --uts --net --cgroup \
		env -i PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root COLUMNS=80 DEBIAN_FRONTEND=noninteractive \
		LC_ALL=C sh -c 'cd "$0" && exec "$@"' "$LAB_SOURCE" "$@"
}

machine_down() {
	local group
	[ -z "$MACHINE_PID" ] || kill -KILL "$MACHINE_PID" 2>/dev/null
	[ -z "${MACHINE_UNSHARE-}" ] || wait "$MACHINE_UNSHARE" 2>/dev/null
	[ -z "${MACHINE_GROUP-}" ] || find "$MACHINE_GROUP" -depth -type d | while read -r group; do
		wait_for 3 rmdir "$group"
	done
	[ ! -d "$LAB/cgroup" ] || umount "$LAB/cgroup"
	[ -z "$MACHINE" ] || umount -l "$MACHINE"
}

# How a test begins: it is skipped where no machine can be, and over where none comes up.
machine_begin() {
	local why
	why=$(lab_missing)
	[ -n "$why" ] || why=$(machine_missing)
	[ -z "$why" ] || tap_skip_all "$why"
	[ -n "$(find build-deb -maxdepth 1 -name 'gatewayd_*.deb' 2>/dev/null)" ] ||
		tap_skip_all "no package: it is made by make deb, with debhelper"
	lab_up
	trap 'machine_down; lab_remove' EXIT
	machine_up || {
		tap_not_ok "a Debian gateway comes up" "$(cat "$LAB/machine.out")"
		tap_done
	}
}

# The package once more, as a version that comes after it.
newer_package() { # folder
	dpkg-deb -R build-deb/gatewayd_*.deb "$1/tree" &&
		sed -i 's/^Version: .*/&+next/' "$1/tree/DEBIAN/control" &&
		dpkg-deb --root-owner-group -b "$1/tree" "$1" && rm -rf "$1/tree"
}
# Where the page says that packages are.
take_newer_package() {
	in_machine mkdir /run/newer && newer_package "/proc/$MACHINE_PID/root/run/newer" &&
		in_machine mount --bind /run/newer "$LAB_SOURCE/build-deb"
}
