/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The headers of one packet, from the IP header on: IPv4 (RFC 791), IPv6 with
 * its extension headers (RFC 8200), TCP (RFC 9293), UDP (RFC 768), ICMP and
 * ICMPv6 (RFC 792, RFC 4443).
 */
#ifndef GATEWAYD_DECODE_PACKET_H
#define GATEWAYD_DECODE_PACKET_H

#include "base/addr.h"
#include "base/protocol.h"
#include "decode/decode.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20

/* Kinds of TCP options: RFC 7323, RFC 2385, RFC 5925. */
#define TCP_OPTION_WINDOW_SCALE 3
#define TCP_OPTION_MD5 19
#define TCP_OPTION_AO 29

struct packet_headers {
	struct address src, dst;
	enum transport transport;
	uint8_t ip_protocol; /* the last next-header value, IANA protocol number */
	uint8_t hop_limit;
	size_t transport_offset; /* of the transport header, from the IP header */
	size_t payload_offset;
	struct bytes payload; /* what the transport carries; never IP padding */

	bool fragment;       /* offset or more-fragments set */
	bool first_fragment; /* fragment, and offset 0: ports are present */
	uint32_t fragment_id;

	uint16_t src_port, dst_port; /* TCP and UDP */
	uint32_t seq, ack;           /* TCP */
	uint16_t window;
	uint8_t tcp_flags;

	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id; /* echo request and reply */
	bool icmp_error;  /* payload is the packet that it is about */
};

/*
 * DECODE_OK, or DECODE_BAD: cut short, lengths that lie, a first fragment
 * without the whole transport header, a later one that reaches into a TCP
 * header, an extension header chain that is too long or out of order, a source
 * route (RFC 791) or routing header that goes on beyond dst. Later fragments
 * have no ports and their payload is the fragment's bytes. Never DECODE_MORE
 * or DECODE_NOT. captured_less allows the IP length to be larger than data (a
 * capture's snap length). TCP with an IP length of 0 is a segment that is still
 * to be cut, and ends with data.
 */
enum decode decode_packet(struct bytes data, bool captured_less,
			  struct packet_headers *ret_headers);

/*
 * The packet that an ICMP error quotes, RFC 792: of its transport header the
 * first eight bytes are enough, and only what they hold is filled in. Believe
 * nothing but addresses, transport, ports and the echo identifier.
 */
enum decode decode_quoted_packet(struct bytes data, struct packet_headers *ret_headers);

/*
 * An option of the TCP header of data, which *headers were read from (RFC 9293
 * section 3.1; kinds are IANA's). False where there is none, or a length before
 * it lies. ret_value: what follows kind and length; only set when true.
 */
bool decode_tcp_option(struct bytes data, const struct packet_headers *headers, uint8_t kind,
		       struct bytes *ret_value);

#endif
