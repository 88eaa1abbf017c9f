# shellcheck shell=dash disable=SC2034 # sysupgrade reads it
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by sysupgrade: what was learned goes to flash before the list of
# files to keep is made, so that a backup has it.

gatewayd_keep() {
	[ ! -x /etc/init.d/gatewayd ] || /etc/init.d/gatewayd keep
}

sysupgrade_init_conffiles="gatewayd_keep $sysupgrade_init_conffiles"
