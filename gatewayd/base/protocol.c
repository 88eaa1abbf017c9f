/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/protocol.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	bool encrypted;
} protocols[PROTOCOL_COUNT] = {
	[PROTOCOL_UNKNOWN] = {"unknown", false},
	[PROTOCOL_DNS] = {"dns", false},
	[PROTOCOL_MDNS] = {"mdns", false},
	[PROTOCOL_LLMNR] = {"llmnr", false},
	[PROTOCOL_DOT] = {"dot", true},
	[PROTOCOL_DOH] = {"doh", true},
	[PROTOCOL_DOQ] = {"doq", true},
	[PROTOCOL_DNSCRYPT] = {"dnscrypt", true},
	[PROTOCOL_TLS] = {"tls", true},
	[PROTOCOL_DTLS] = {"dtls", true},
	[PROTOCOL_QUIC] = {"quic", true},
	[PROTOCOL_HTTP] = {"http", false},
	[PROTOCOL_WEBSOCKET] = {"websocket", false},
	[PROTOCOL_SOCKS] = {"socks", false},
	[PROTOCOL_MQTT] = {"mqtt", false},
	[PROTOCOL_COAP] = {"coap", false},
	[PROTOCOL_SYSLOG] = {"syslog", false},
	[PROTOCOL_NTP] = {"ntp", false},
	[PROTOCOL_DHCP] = {"dhcp", false},
	[PROTOCOL_SSDP] = {"ssdp", false},
	[PROTOCOL_STUN] = {"stun", false},
	[PROTOCOL_RTSP] = {"rtsp", false},
	[PROTOCOL_RTP] = {"rtp", false},
	[PROTOCOL_SIP] = {"sip", false},
	[PROTOCOL_SSH] = {"ssh", true},
	[PROTOCOL_TELNET] = {"telnet", false},
	[PROTOCOL_FTP] = {"ftp", false},
	[PROTOCOL_SMTP] = {"smtp", false},
	[PROTOCOL_IMAP] = {"imap", false},
	[PROTOCOL_POP3] = {"pop3", false},
	[PROTOCOL_XMPP] = {"xmpp", false},
	[PROTOCOL_WIREGUARD] = {"wireguard", true},
	[PROTOCOL_OPENVPN] = {"openvpn", true},
	[PROTOCOL_BITTORRENT] = {"bittorrent", false},
	[PROTOCOL_KALAY] = {"kalay", false},
	[PROTOCOL_PPPP] = {"pppp", false},
	[PROTOCOL_DVRIP] = {"dvrip", false},
	[PROTOCOL_TUYA] = {"tuya", true},
	[PROTOCOL_MIIO] = {"miio", true},
	[PROTOCOL_ICMP] = {"icmp", false},
};

static const char *const transports[] = {
	[TRANSPORT_NONE] = "none", [TRANSPORT_TCP] = "tcp",     [TRANSPORT_UDP] = "udp",
	[TRANSPORT_ICMP] = "icmp", [TRANSPORT_OTHER] = "other",
};

const char *protocol_name(enum protocol protocol)
{
	return protocols[protocol].name;
}

enum protocol protocol_from_name(const char *name)
{
	for (int i = PROTOCOL_UNKNOWN + 1; i < PROTOCOL_COUNT; i++) {
		if (strcmp(name, protocols[i].name) == 0)
			return (enum protocol)i;
	}
	return PROTOCOL_UNKNOWN;
}

bool protocol_is_encrypted(enum protocol protocol)
{
	return protocols[protocol].encrypted;
}

const char *transport_name(enum transport transport)
{
	return transports[transport];
}

enum transport transport_from_name(const char *name)
{
	for (int i = TRANSPORT_TCP; i <= TRANSPORT_OTHER; i++) {
		if (strcmp(name, transports[i]) == 0)
			return (enum transport)i;
	}
	return TRANSPORT_NONE;
}
