/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP, TCP, UDP and ICMP headers (see packet.h). What another host could read
 * in two ways is refused rather than guessed: lengths that lie, source routes
 * that hide the true destination, fragments that overlap a header.
 *
 * Not looked at: checksums (the kernel or the receiver do that) and the options
 * inside IPv6 extension headers; TCP options only where they are asked for.
 */
#include "decode/packet.h"

#define IPV4_HEADER_SIZE 20
#define IPV6_HEADER_SIZE 40
#define TCP_HEADER_SIZE 20
#define EXTENSIONS_MOST 8
#define IP_PAYLOAD_MOST 65535

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_LOOSE_ROUTE 131
#define OPTION_STRICT_ROUTE 137

enum ip_protocol {
	IP_HOP_BY_HOP = 0,
	IP_ICMP = 1,
	IP_TCP = 6,
	IP_UDP = 17,
	IP_ROUTING = 43,
	IP_FRAGMENT = 44,
	IP_AUTHENTICATION = 51,
	IP_ICMPV6 = 58,
	IP_DESTINATION_OPTIONS = 60,
};

struct reading {
	struct cursor cursor;
	bool captured_less;
	bool quoted; /* an ICMP error's quotation: 8 bytes of transport are enough */
};

/*
 * A length of 0 is that of TCP segments which are still to be cut: their
 * sender's own capture has them, and over 64 KiB (BIG TCP) so has the kernel's
 * queue. From a wire none comes: the kernel drops them before any hook.
 */
static size_t total_length(const struct reading *reading, uint8_t ip_protocol, size_t field,
			   size_t header_len)
{
	return field == 0 && ip_protocol == IP_TCP ? reading->cursor.len : header_len + field;
}

/* The packet ends where its IP header says; what follows is padding. */
static bool cut_to_length(struct reading *reading, size_t len)
{
	struct cursor *cursor = &reading->cursor;

	if (!cursor_ok(cursor) || len < cursor->pos)
		return false;
	if (len > cursor->len)
		return reading->captured_less;
	cursor->len = len;
	return true;
}

/* A source route is refused, RFC 7126 section 4.3: dst would not be the end. */
static bool ipv4_options_good(struct cursor options)
{
	while (cursor_left(&options)) {
		uint8_t type = cursor_u8(&options);
		uint8_t len;

		if (type == OPTION_END)
			break;
		if (type == OPTION_NOP)
			continue;
		len = cursor_u8(&options);
		if (len < 2 || type == OPTION_LOOSE_ROUTE || type == OPTION_STRICT_ROUTE)
			return false;
		cursor_skip(&options, len - 2u);
	}
	return cursor_ok(&options);
}

/*
 * A TCP fragment that begins inside the header could rewrite what the first
 * one said, RFC 3128.
 */
static bool set_fragment(struct packet_headers *headers, size_t offset, bool more, size_t len)
{
	headers->fragment = offset || more;
	headers->first_fragment = more && offset == 0;
	if (!headers->fragment)
		return true;
	if (len == 0 || offset + len > IP_PAYLOAD_MOST || (more && len % 8))
		return false;
	return headers->ip_protocol != IP_TCP || offset == 0 || offset >= TCP_HEADER_SIZE;
}

static bool read_ipv4(struct reading *reading, struct packet_headers *headers)
{
	struct cursor *cursor = &reading->cursor;
	size_t header_len = 4 * (size_t)(cursor_u8(cursor) & 0x0f);
	size_t total_len;
	uint16_t fragment;
	struct bytes src, dst;

	cursor_skip(cursor, 1);
	total_len = cursor_u16(cursor);
	headers->fragment_id = cursor_u16(cursor);
	fragment = cursor_u16(cursor);
	headers->hop_limit = cursor_u8(cursor);
	headers->ip_protocol = cursor_u8(cursor);
	cursor_skip(cursor, 2);
	src = cursor_take(cursor, 4);
	dst = cursor_take(cursor, 4);
	total_len = total_length(reading, headers->ip_protocol, total_len, 0);
	if (!cut_to_length(reading, total_len) || header_len < IPV4_HEADER_SIZE ||
	    total_len < header_len)
		return false;
	headers->src = address_ipv4(src.data);
	headers->dst = address_ipv4(dst.data);
	if (!ipv4_options_good(cursor_sub(cursor, header_len - IPV4_HEADER_SIZE)))
		return false;
	return set_fragment(headers, 8 * (size_t)(fragment & 0x1fff), fragment & 0x2000,
			    total_len - header_len);
}

static bool is_extension(uint8_t next)
{
	return next == IP_HOP_BY_HOP || next == IP_ROUTING || next == IP_FRAGMENT ||
	       next == IP_AUTHENTICATION || next == IP_DESTINATION_OPTIONS;
}

/* An atomic fragment, RFC 6946, is no fragment. missing: not captured. */
static bool read_fragment_header(struct cursor *cursor, size_t missing,
				 struct packet_headers *headers)
{
	uint16_t fragment;

	if (headers->fragment)
		return false;
	headers->ip_protocol = cursor_u8(cursor);
	cursor_skip(cursor, 1);
	fragment = cursor_u16(cursor);
	headers->fragment_id = cursor_u32(cursor);
	return cursor_ok(cursor) && set_fragment(headers, fragment & 0xfff8, fragment & 1,
						 cursor_left(cursor) + missing);
}

static bool read_extension(struct cursor *cursor, struct packet_headers *headers)
{
	uint8_t type = headers->ip_protocol;
	uint8_t len, segments_left;

	headers->ip_protocol = cursor_u8(cursor);
	len = cursor_u8(cursor);
	if (type == IP_AUTHENTICATION) {
		cursor_skip(cursor, 4 * (size_t)len + 6);
		return cursor_ok(cursor);
	}
	cursor_skip(cursor, 1);
	segments_left = cursor_u8(cursor);
	cursor_skip(cursor, 8 * (size_t)len + 4);
	/* While segments are left, dst is a stop on the way (RFC 8200 section 4.4). */
	return cursor_ok(cursor) && (type != IP_ROUTING || segments_left == 0);
}

static bool read_extensions(struct cursor *cursor, size_t missing, struct packet_headers *headers)
{
	for (unsigned count = 0; is_extension(headers->ip_protocol); count++) {
		uint8_t type = headers->ip_protocol;

		if (count == EXTENSIONS_MOST || (type == IP_HOP_BY_HOP && count != 0))
			return false;
		if (type != IP_FRAGMENT) {
			if (!read_extension(cursor, headers))
				return false;
			continue;
		}
		if (!read_fragment_header(cursor, missing, headers))
			return false;
		if (headers->fragment && !headers->first_fragment)
			return true;
	}
	return true;
}

static bool read_ipv6(struct reading *reading, struct packet_headers *headers)
{
	struct cursor *cursor = &reading->cursor;
	struct bytes src, dst;
	size_t payload_len, total_len;

	cursor_skip(cursor, 4);
	payload_len = cursor_u16(cursor);
	headers->ip_protocol = cursor_u8(cursor);
	headers->hop_limit = cursor_u8(cursor);
	src = cursor_take(cursor, 16);
	dst = cursor_take(cursor, 16);
	total_len = total_length(reading, headers->ip_protocol, payload_len, IPV6_HEADER_SIZE);
	if (!cut_to_length(reading, total_len))
		return false;
	headers->src = address_ipv6(src.data);
	headers->dst = address_ipv6(dst.data);
	return read_extensions(cursor, total_len - cursor->len, headers);
}

static enum transport transport_of(const struct packet_headers *headers)
{
	switch (headers->ip_protocol) {
	case IP_TCP:
		return TRANSPORT_TCP;
	case IP_UDP:
		return TRANSPORT_UDP;
	case IP_ICMP:
		return headers->src.family == ADDRESS_IPV4 ? TRANSPORT_ICMP : TRANSPORT_OTHER;
	case IP_ICMPV6:
		return headers->src.family == ADDRESS_IPV6 ? TRANSPORT_ICMP : TRANSPORT_OTHER;
	}
	return TRANSPORT_OTHER;
}

static bool read_tcp(struct reading *reading, struct packet_headers *headers)
{
	struct cursor *cursor = &reading->cursor;
	size_t header_len;

	headers->src_port = cursor_u16(cursor);
	headers->dst_port = cursor_u16(cursor);
	headers->seq = cursor_u32(cursor);
	if (reading->quoted && cursor_left(cursor) < TCP_HEADER_SIZE - 8) {
		cursor_rest(cursor);
		return cursor_ok(cursor);
	}
	headers->ack = cursor_u32(cursor);
	header_len = 4 * (size_t)(cursor_u8(cursor) >> 4);
	headers->tcp_flags = cursor_u8(cursor);
	headers->window = cursor_u16(cursor);
	cursor_skip(cursor, 4);
	if (header_len < TCP_HEADER_SIZE)
		return false;
	if (reading->quoted && cursor_left(cursor) < header_len - TCP_HEADER_SIZE)
		cursor_rest(cursor);
	else
		cursor_skip(cursor, header_len - TCP_HEADER_SIZE);
	return cursor_ok(cursor);
}

static bool read_udp(struct reading *reading, struct packet_headers *headers)
{
	struct cursor *cursor = &reading->cursor;
	size_t len;

	headers->src_port = cursor_u16(cursor);
	headers->dst_port = cursor_u16(cursor);
	len = cursor_u16(cursor);
	cursor_skip(cursor, 2);
	if (!cursor_ok(cursor) || len < 8)
		return false;
	len -= 8;
	if (len > cursor_left(cursor))
		return reading->captured_less || headers->first_fragment;
	cursor->len = cursor->pos + len;
	return true;
}

static bool read_icmp(struct cursor *cursor, struct packet_headers *headers)
{
	bool ipv4 = headers->src.family == ADDRESS_IPV4;
	uint8_t type = cursor_u8(cursor);
	uint16_t id;

	headers->icmp_type = type;
	headers->icmp_code = cursor_u8(cursor);
	cursor_skip(cursor, 2);
	id = cursor_u16(cursor);
	cursor_skip(cursor, 2);
	if (ipv4) {
		headers->icmp_error =
			type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
		headers->icmp_id = type == 8 || type == 0 ? id : 0;
	} else {
		headers->icmp_error = type > 0 && type < 128;
		headers->icmp_id = type == 128 || type == 129 ? id : 0;
	}
	return cursor_ok(cursor);
}

static bool read_transport(struct reading *reading, struct packet_headers *headers)
{
	headers->transport = transport_of(headers);
	headers->transport_offset = reading->cursor.pos;
	if (headers->fragment && !headers->first_fragment)
		return true;
	switch (headers->transport) {
	case TRANSPORT_TCP:
		return read_tcp(reading, headers);
	case TRANSPORT_UDP:
		return read_udp(reading, headers);
	case TRANSPORT_ICMP:
		return read_icmp(&reading->cursor, headers);
	case TRANSPORT_NONE:
	case TRANSPORT_OTHER:
		break;
	}
	return true;
}

static enum decode read_packet(struct reading *reading, struct packet_headers *ret_headers)
{
	struct packet_headers headers = {.fragment = false};
	bool good = false;

	switch (cursor_peek(&reading->cursor) >> 4) {
	case 4:
		good = read_ipv4(reading, &headers);
		break;
	case 6:
		good = read_ipv6(reading, &headers);
		break;
	}
	if (!good || !read_transport(reading, &headers))
		return DECODE_BAD;
	headers.payload_offset = reading->cursor.pos;
	headers.payload = cursor_rest(&reading->cursor);
	*ret_headers = headers;
	return DECODE_OK;
}

enum decode decode_packet(struct bytes data, bool captured_less, struct packet_headers *ret_headers)
{
	struct reading reading = {cursor_on(data), captured_less, false};

	return read_packet(&reading, ret_headers);
}

enum decode decode_quoted_packet(struct bytes data, struct packet_headers *ret_headers)
{
	struct reading reading = {cursor_on(data), true, true};

	return read_packet(&reading, ret_headers);
}

bool decode_tcp_option(struct bytes data, const struct packet_headers *headers, uint8_t kind,
		       struct bytes *ret_value)
{
	struct cursor options;

	if (headers->transport != TRANSPORT_TCP || headers->payload_offset > data.len)
		return false;
	options = cursor_on(bytes_of(data.data, headers->payload_offset));
	cursor_skip(&options, headers->transport_offset + TCP_HEADER_SIZE);
	while (cursor_ok(&options) && cursor_left(&options)) {
		uint8_t found = cursor_u8(&options);
		uint8_t len;
		struct bytes value;

		if (found == OPTION_END)
			return false;
		if (found == OPTION_NOP)
			continue;
		len = cursor_u8(&options);
		if (len < 2)
			return false;
		value = cursor_take(&options, (size_t)len - 2);
		if (found == kind && cursor_ok(&options)) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}
