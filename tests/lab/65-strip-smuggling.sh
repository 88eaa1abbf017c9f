#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A device that wants to get something past: requests that an editor and nginx
# could read in two ways, sent as they are over a raw socket. Each goes to the
# home cloud first, where nothing is stripped and nginx may or may not like it,
# then abroad, where whatever of it is stored does not hold what was planted.
# shellcheck disable=SC2016 # perl has dollars, too
set -u
. "$(dirname "$0")/scenario.sh"

gatewayd_share # the table of keys
gatewayd_policy <<-'END'
	devices = ( { name = "coffee"; mac = "a4:cf:12:00:00:01"; policy = "strips"; } );
	policies = ( { name = "strips"; default = "allow"; rules = (
		{ action = "strip"; data = [ "location", "payment", "identity" ]; foreign = true; } ); } );
END
scenario_start

# One request to a line: what is tried, the head behind the request line, the body.
# "%" stands for the planted word, which is another in each; backslashes as in perl.
attempts=$(cat <<'END'
plain JSON|Content-Type: application/json\r\nContent-Length: {}|{"owner":"%"}
an escaped key|Content-Type: application/json\r\nContent-Length: {}|{"\\u006fwn\\u0065r":"%"}
a key in odd case and with marks|Content-Type: application/json\r\nContent-Length: {}|{"O_w-N.e$R":"%"}
a key twice|Content-Type: application/json\r\nContent-Length: {}|{"owner":"","owner":"%"}
JSON in JSON in JSON|Content-Type: application/json\r\nContent-Length: {}|{"a":"{\\"b\\":\\"{\\\\\\"owner\\\\\\":\\\\\\"%\\\\\\"}\\"}"}
JSON that stops being JSON|Content-Type: application/json\r\nContent-Length: {}|{"a":1}} {"owner":"%"}
JSON with a comment|Content-Type: application/json\r\nContent-Length: {}|{/* */"owner":"%"}
JSON with a NUL in a key|Content-Type: application/json\r\nContent-Length: {}|{"owner\0x":"%"}
JSON in UTF-16|Content-Type: application/json\r\nContent-Length: {}|{\0"\0o\0w\0n\0e\0r\0"\0:\0"%"\0}\0
JSON called a form|Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}|{"owner":"%"}
lines called a form|Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}|a: b\nowner: %\n
binary called a form|Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}|\x08\x01\x12\x05%
a form called JSON|Content-Type: application/json\r\nContent-Length: {}|owner=%
a form called a picture|Content-Type: image/png\r\nContent-Length: {}|a=1&owner=%
an encoded key in a form|Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}|a=1&%6fwner[x]=%
XML with an entity|Content-Type: text/xml\r\nContent-Length: {}|<!DOCTYPE r [<!ENTITY o "%">]><r>&o;</r>
XML in another encoding|Content-Type: text/xml\r\nContent-Length: {}|<?xml version="1.0" encoding="utf-7"?><r>+ADw-owner+AD4-%+ADw-/owner+AD4-</r>
two lengths|Content-Type: text/plain\r\nContent-Length: {}\r\nContent-Length: {}|owner=%
a length beside chunks|Content-Type: text/plain\r\nContent-Length: {}\r\nTransfer-Encoding: chunked|b\r\nowner=%\r\n0\r\n\r\n
an extension of a chunk|Content-Type: text/plain\r\nTransfer-Encoding: chunked|b;x=y\r\nowner=%\r\n0\r\n\r\n
a value over chunks|Content-Type: text/plain\r\nTransfer-Encoding: chunked|7\r\nowner=Q\r\n5\r\n%\r\n0\r\n\r\n
a trailer|Content-Type: text/plain\r\nTransfer-Encoding: chunked|1\r\na\r\n0\r\nX-Owner: %\r\n\r\n
a folded header|X-A: b\r\n owner=%\r\nContent-Length: {}|a
a header behind a lone LF|X-A: b\nContent-Type: text/plain\nContent-Length: {}|owner=%
a header behind a lone CR|X-A: b\rX-B: c\r\nContent-Type: text/plain\r\nContent-Length: {}|owner=%
a space before the colon|Content-Type : application/json\r\nContent-Length: {}|{"owner":"%"}
a part whose name comes late|Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}|--b\r\nContent-Disposition: form-data; filename="LONG"; name="owner"\r\n\r\n%\r\n--b--\r\n
a part with an odd name|Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}|--b\r\nContent-Disposition: form-data; name = "owner"\r\n\r\n%\r\n--b--\r\n
a part behind a lone LF|Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}|--b\r\nX: y\r\n\r\na\n--b\nContent-Disposition: form-data; name="owner"\r\n\r\n%\r\n--b--\r\n
a cookie|Cookie: a=b; OWNER="%"\r\nContent-Length: {}|a
compressed|Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {}|\x1f\x8b{"owner":"%"}
END
)
attempt() { # address number head body
	in_device coffee perl -MIO::Socket::INET -e '
		my ($to, $word, $head, $body) = @ARGV;
		s/%(?![0-9a-f]{2})/$word/g, s/LONG/"x" x 300/e, s/\\([rn0\\])/{r => "\r", n => "\n", 0 => "\0", "\\" => "\\"}->{$1}/ge,
			s/\\x(..)/chr hex $1/ge for $head, $body;
		$head =~ s/\{\}/length $body/ge;
		my $s = IO::Socket::INET->new(PeerAddr => "$to:80", Timeout => 3) or exit;
		$SIG{ALRM} = sub { exit }; $SIG{PIPE} = "IGNORE"; alarm 3;
		syswrite $s, "POST /store HTTP/1.1\r\nHost: x\r\nConnection: close\r\n$head\r\n\r\n$body";
		local $/; print <$s>;' "$@" 2>/dev/null
}

number=0 planted=0
while IFS='|' read -r what head body; do
	word=Sm$((number++ + 100))
	attempt 198.51.100.10 "$word" "$head" "$body" >"$LAB/answer.home"
	attempt 203.0.113.10 "$word" "$head" "$body" >"$LAB/answer.abroad"
	home=refused abroad=refused
	! grep -q '^stored' "$LAB/answer.home" || home=stored
	! grep -q '^stored' "$LAB/answer.abroad" || abroad=stored
	[ $home = refused ] || planted=$((planted + 1))
	tap_nothing "$what: at home $home, abroad $abroad" \
		"$(grep -rlaF "$word" "$LAB/abroad-nginx/body" "$LAB/abroad-nginx/stored.log")"
done <<<"$attempts"
# Or the attempts are no attempts.
expect_ok "nginx takes most of them ($planted) where nobody strips" [ $planted -ge 20 ]
expect_ok "and stores the words" [ "$(grep -rlaE 'Sm1[0-9][0-9]' "$LAB/home-nginx/body" | wc -l)" -ge 18 ]
scenario_done
