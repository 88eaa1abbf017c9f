#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run by the feed's CI after the package is installed: test.sh PACKAGE VERSION.
# There is no netfilter queue there, so this is what works without.
set -e

[ "$1" = gatewayd ] || exit 0

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
mkdir "$directory/policy.d"

cat >"$directory/gatewayd.conf" <<END
home = [ "US" ];
mode = "observe";
network = { lan = [ "br-lan" ]; };
END
cat >"$directory/policy.d/home.conf" <<END
devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "coffee-machine"; } );
policies = ( { name = "coffee-machine"; extends = "appliance"; default = "block";
  rules = ( { action = "allow"; domain = "coffee.example"; } ); } );
assertions = ( { device = "coffee"; destination = "api.coffee.example:443"; expect = "allow"; } );
END

gatewayd -n -c "$directory"
gatewayctl -c "$directory" check
gatewayctl -c "$directory" explain coffee api.coffee.example | grep 'allow' >/dev/null

# A broken file has to be refused.
echo 'polices = ();' >"$directory/policy.d/90-wrong.conf"
if gatewayd -n -c "$directory" 2>/dev/null; then
	echo "a broken policy was taken" >&2
	exit 1
fi
