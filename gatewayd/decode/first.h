/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the first payload of a flow tells: the protocol, and the names that the
 * client gives away (TLS, DTLS and QUIC server name, HTTP Host and CONNECT,
 * SOCKS). Only the client's bytes are wanted. The port is never looked at:
 * what a protocol is, its bytes say. Only LLMNR (5355) cannot be told from DNS
 * by its bytes, nor DoT and DoQ whose client offers no ALPN: that is for who
 * knows the port.
 *
 * Pure: the only state is what the caller hands in. Nothing points into the
 * caller's bytes afterwards; facts are copied. Facts are written on DECODE_OK
 * only.
 */
#ifndef GATEWAYD_DECODE_FIRST_H
#define GATEWAYD_DECODE_FIRST_H

#include "base/addr.h"
#include "base/name.h"
#include "base/protocol.h"
#include "decode/decode.h"

#define FIRST_NAMES_MOST 4
/* A ClientHello or request head that is not whole by then never will be. */
#define FIRST_STREAM_MOST 16384
/* Datagrams of one flow after which waiting for the rest of a hello is over. */
#define FIRST_DATAGRAMS_MOST 8

enum first_source {
	FIRST_NO_NAME,
	FIRST_SNI,  /* server_name of a ClientHello */
	FIRST_HOST, /* Host, absolute-form, CONNECT, SOCKS */
};

/* Application protocols that a ClientHello offers, RFC 7301, as a set. */
enum first_alpn {
	ALPN_HTTP1 = 1 << 0, /* http/0.9, 1.0, 1.1 */
	ALPN_HTTP2 = 1 << 1, /* h2, h2c, spdy */
	ALPN_HTTP3 = 1 << 2, /* h3, its drafts, hq */
	ALPN_DOT = 1 << 3,
	ALPN_DOQ = 1 << 4,
	ALPN_MQTT = 1 << 5, /* mqtt, x-amzn-mqtt-ca */
	ALPN_MAIL = 1 << 6, /* imap, pop3, managesieve, smtp */
	ALPN_XMPP = 1 << 7,
	ALPN_STUN = 1 << 8, /* stun.turn, stun.nat-discovery */
	ALPN_WEBRTC = 1 << 9,
	ALPN_PUSH = 1 << 10, /* apns-security and its packed forms */
	ALPN_OTHER = 1 << 11,
};

struct first_facts {
	enum protocol protocol;
	/*
	 * Every distinct name in the order found, the one asked for first. More
	 * than one is a contradiction (absolute-form and Host, several SNI) or a
	 * tunnel (CONNECT, then the SNI inside); a block on any of them blocks.
	 */
	struct name names[FIRST_NAMES_MOST];
	unsigned name_count;
	enum first_source source; /* of names[0], or of address */
	/* There was an address in the name's place ("Host: 192.0.2.1"). */
	struct address address;
	/* There was something in the name's place that no host name can be. */
	bool name_odd;
	/*
	 * encrypted_client_hello of the outer kind (RFC 9849), real or GREASE:
	 * which, only what DNS gave this device can tell. The names are the outer.
	 */
	bool ech;
	uint8_t ech_config_id;
	uint16_t alpn; /* set of enum first_alpn */
	/*
	 * Recognised, but the part that holds the name did not come whole before
	 * `last`, came encrypted for us (unknown QUIC version), or lies before the
	 * bytes given (a flow seen from its middle). The names may be missing.
	 */
	bool incomplete;
	/*
	 * What was read is settled, but the client may still begin TLS or HTTP
	 * inside (STARTTLS, CONNECT, SOCKS). Calling again with the longer stream
	 * gives the same facts and possibly more names; DECODE_MORE then means
	 * that a ClientHello has begun inside and is not whole yet.
	 */
	bool upgradable;
};

/*
 * The client's bytes of a TCP flow from its very first on; the caller gives at
 * most FIRST_STREAM_MOST. DECODE_MORE: they begin something that more bytes
 * will settle; let them wait or pass, and call again with more. With `last`
 * (the bound is reached, the client closed, or you will not wait any longer),
 * or with FIRST_STREAM_MOST bytes or more, DECODE_MORE is never given: what
 * was still being waited for is DECODE_OK with `incomplete`. DECODE_OK with
 * PROTOCOL_UNKNOWN: nothing more can be learned. DECODE_BAD: begins as TLS,
 * HTTP or SOCKS do and then breaks its own rules, so the end point may read
 * something else in it than we do.
 */
enum decode decode_first_tcp(struct bytes stream, bool last, struct first_facts *ret_facts);

#define FIRST_ASSEMBLY_MOST 8192

/*
 * A ClientHello that comes in pieces over several datagrams (QUIC CRYPTO
 * frames, DTLS fragments). Plain memory of the caller's, all zero to begin
 * with; its contents are the decoder's own.
 */
struct first_assembly {
	enum protocol protocol; /* QUIC or DTLS; UNKNOWN: empty */
	uint32_t version;
	uint8_t keys[44];          /* QUIC: for the Initials of this connection */
	uint16_t message_sequence; /* DTLS */
	uint16_t length;           /* of the hello; 0: not known yet */
	uint8_t data[FIRST_ASSEMBLY_MOST];
	uint8_t present[FIRST_ASSEMBLY_MOST / 8]; /* a bit for each byte of data */
};

/*
 * The client's datagrams of a UDP flow, one per call, in any order.
 * assembly may be NULL: then only a hello that one datagram holds whole is
 * read. DECODE_MORE: QUIC or DTLS whose hello is not whole yet, or a QUIC
 * packet that comes before it (0-RTT, a version the server will refuse); call
 * again with the next datagram and the same assembly. With `last`, or without
 * an assembly, DECODE_MORE is never given (see decode_first_tcp()). After
 * DECODE_OK and DECODE_BAD the assembly is of no more use.
 */
enum decode decode_first_udp(struct first_assembly *assembly, struct bytes datagram, bool last,
			     struct first_facts *ret_facts);

#endif
