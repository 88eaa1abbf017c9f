# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A server of downloads in the gateway, https on 8443 and http on 8080, and
# `gatewayctl lists update` that asks it; sourced after scenario.sh. What is in
# $DOWNLOADS is served. Call downloads_start once.

DOWNLOADS=$LAB/www
export GATEWAYD_STATEDIR=$LAB/state
mkdir -p "$GATEWAYD_STATEDIR" "$DOWNLOADS" "$LAB/downloads"
chmod a+rx "$GATEWAYD_STATEDIR" "$DOWNLOADS"

downloads_start() { # a file in $DOWNLOADS, to wait for
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lists -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$LAB/lists.key" -out "$LAB/lists.pem" 2>/dev/null
	cat >"$LAB/downloads/nginx.conf" <<-END
		daemon off; user root;
		pid $LAB/downloads/pid;
		error_log $LAB/downloads/error.log;
		events { }
		http {
			access_log $LAB/downloads/access.log;
			client_body_temp_path $LAB/downloads/body; proxy_temp_path $LAB/downloads/proxy;
			fastcgi_temp_path $LAB/downloads/fastcgi; uwsgi_temp_path $LAB/downloads/uwsgi;
			scgi_temp_path $LAB/downloads/scgi;
			server {
				listen 127.0.0.1:8443 ssl; listen 127.0.0.1:8080;
				ssl_certificate $LAB/lists.pem; ssl_certificate_key $LAB/lists.key;
				location / { root $DOWNLOADS; }
				location /moved/ { rewrite ^/moved(/.*) \$1 redirect; }
			}
		}
	END
	lab_start downloads gateway nginx -p "$LAB/downloads" -c "$LAB/downloads/nginx.conf"
	wait_for 10 in_space gateway curl -skf -o /dev/null "https://127.0.0.1:8443/$1"
}

update() { # option...
	in_gateway "$GATEWAYCTL" -c "$LAB/etc" -s /run/gatewayd/control.sock lists update \
		--ca "$LAB/lists.pem" "$@"
}
# Result or error of each that was updated.
result() { # option...
	update --json "$@" 2>/dev/null | jq -r '"\(.result) \(.error // "")"'
}
downloads_left() {
	find "$GATEWAYD_STATEDIR" "$LAB/etc" -name '*.fetched*' -o -name '*.new'
}
