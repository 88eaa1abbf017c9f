/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocols that rules, flows and reports name, and the transports they
 * run on. The decoders recognise them by content, never by port alone.
 */
#ifndef GATEWAYD_BASE_PROTOCOL_H
#define GATEWAYD_BASE_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 1035; RFC 7858, and over UDP DNS over QUIC, RFC 9250. */
#define DNS_PORT 53
#define DOT_PORT 853

enum transport {
	TRANSPORT_NONE = 0,
	TRANSPORT_TCP,
	TRANSPORT_UDP,
	TRANSPORT_ICMP, /* ICMP and ICMPv6 */
	TRANSPORT_OTHER,
};

enum protocol {
	PROTOCOL_UNKNOWN = 0,
	PROTOCOL_DNS,
	PROTOCOL_MDNS,
	PROTOCOL_LLMNR,
	PROTOCOL_DOT,
	PROTOCOL_DOH,
	PROTOCOL_DOQ,
	PROTOCOL_DNSCRYPT,
	PROTOCOL_TLS,
	PROTOCOL_DTLS,
	PROTOCOL_QUIC,
	PROTOCOL_HTTP,
	PROTOCOL_WEBSOCKET,
	PROTOCOL_SOCKS,
	PROTOCOL_MQTT,
	PROTOCOL_COAP,
	PROTOCOL_SYSLOG,
	PROTOCOL_NTP,
	PROTOCOL_DHCP,
	PROTOCOL_SSDP,
	PROTOCOL_STUN,
	PROTOCOL_RTSP,
	PROTOCOL_RTP,
	PROTOCOL_SIP,
	PROTOCOL_SSH,
	PROTOCOL_TELNET,
	PROTOCOL_FTP,
	PROTOCOL_SMTP,
	PROTOCOL_IMAP,
	PROTOCOL_POP3,
	PROTOCOL_XMPP,
	PROTOCOL_WIREGUARD,
	PROTOCOL_OPENVPN,
	PROTOCOL_BITTORRENT,
	PROTOCOL_KALAY,
	PROTOCOL_PPPP,
	PROTOCOL_DVRIP,
	PROTOCOL_TUYA,
	PROTOCOL_MIIO,
	PROTOCOL_ICMP,
	PROTOCOL_COUNT,
};

/* "tls"; "unknown" for PROTOCOL_UNKNOWN. */
const char *protocol_name(enum protocol protocol);
/* PROTOCOL_UNKNOWN: no such protocol. */
enum protocol protocol_from_name(const char *name);
/* Does it hide its payload from an observer by design? */
bool protocol_is_encrypted(enum protocol protocol);

/* "tcp", "udp", "icmp", "other". */
const char *transport_name(enum transport transport);
/* TRANSPORT_NONE: no such transport. */
enum transport transport_from_name(const char *name);

#endif
