#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run by the feed's CI: test-version.sh PACKAGE VERSION

case "$1" in
gatewayd)
	gatewayd --version | grep -F "$2" >/dev/null || exit 1
	gatewayctl --version | grep -F "$2" >/dev/null || exit 1
	;;
gatewayd-oui)
	exit 0
	;;
*)
	echo "no such package: $1" >&2
	exit 1
	;;
esac
