/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headers between the wire and IP. A header that lies about what follows gives
 * "no IP"; what IP itself says is judged by the decoder, not here.
 */
#include "capture/link.h"

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_VLAN 0x8100
#define TYPE_QINQ 0x88a8
#define TYPE_QINQ_OLD 0x9100
#define TYPE_PPPOE 0x8864
#define PPP_IPV4 0x0021
#define PPP_IPV6 0x0057
#define PPPOE_SESSION 0x1100 /* version 1, type 1, code 0 */
#define SLL_OUTGOING 4
#define MAC_LEN 6
#define IPV4_HEADER 20
#define IPV6_HEADER 40

/* PPPoE and PPP, RFC 2516 section 4 and RFC 1661 section 2. */
static bool read_pppoe(struct cursor *cursor, struct link_frame *frame)
{
	uint16_t protocol;

	if (cursor_u16(cursor) != PPPOE_SESSION)
		return false;
	cursor_skip(cursor, 2);
	frame->pppoe_length_at = cursor->pos;
	cursor_skip(cursor, 2);
	/* A protocol of one byte is odd; one of two begins with an even byte. */
	if (cursor_peek(cursor) & 1)
		protocol = cursor_u8(cursor);
	else
		protocol = cursor_u16(cursor);
	return protocol == PPP_IPV4 || protocol == PPP_IPV6;
}

/* What an EtherType leads to, through any number of tags. */
static bool read_type(struct cursor *cursor, uint16_t type, struct link_frame *frame)
{
	while (cursor_ok(cursor)) {
		switch (type) {
		case TYPE_IPV4:
		case TYPE_IPV6:
			return true;
		case TYPE_VLAN:
		case TYPE_QINQ:
		case TYPE_QINQ_OLD:
			cursor_skip(cursor, 2);
			type = cursor_u16(cursor);
			break;
		case TYPE_PPPOE:
			return read_pppoe(cursor, frame);
		default:
			return false;
		}
	}
	return false;
}

static void read_mac(struct bytes bytes, struct mac *mac)
{
	if (bytes.len >= MAC_LEN)
		memcpy(mac->bytes, bytes.data, MAC_LEN);
}

static bool read_ethernet(struct cursor *cursor, struct link_frame *frame)
{
	read_mac(cursor_take(cursor, MAC_LEN), &frame->dst);
	read_mac(cursor_take(cursor, MAC_LEN), &frame->src);
	return read_type(cursor, cursor_u16(cursor), frame);
}

static bool read_sll(struct cursor *cursor, struct link_frame *frame)
{
	struct bytes address;
	uint16_t len;

	cursor_skip(cursor, 4); /* packet type, ARPHRD type */
	len = cursor_u16(cursor);
	address = cursor_take(cursor, 8);
	if (len == MAC_LEN)
		read_mac(address, &frame->src);
	return read_type(cursor, cursor_u16(cursor), frame);
}

static bool read_sll2(struct cursor *cursor, struct link_frame *frame)
{
	uint16_t type = cursor_u16(cursor);
	struct bytes address;
	uint8_t len;

	cursor_skip(cursor, 9); /* reserved, interface, ARPHRD type, packet type */
	len = cursor_u8(cursor);
	address = cursor_take(cursor, 8);
	if (len == MAC_LEN)
		read_mac(address, &frame->src);
	return read_type(cursor, type, frame);
}

static bool read_loopback(struct cursor *cursor)
{
	uint8_t version;

	/* The family's number differs from system to system; IP says it itself. */
	cursor_skip(cursor, 4);
	version = cursor_peek(cursor) >> 4;
	return version == 4 || version == 6;
}

static bool read_header(enum link_kind kind, struct cursor *cursor, struct link_frame *frame)
{
	switch (kind) {
	case LINK_ETHERNET:
		return read_ethernet(cursor, frame);
	case LINK_SLL:
		return read_sll(cursor, frame);
	case LINK_SLL2:
		return read_sll2(cursor, frame);
	case LINK_LOOPBACK:
		return read_loopback(cursor);
	case LINK_RAW:
		return true;
	}
	return false;
}

/* The length that the packet claims; 0: it does not say, or nonsense. */
static size_t claimed_len(struct bytes ip)
{
	struct cursor cursor = cursor_on(ip);
	uint8_t version = cursor_peek(&cursor) >> 4;
	size_t len;

	if (version == 4) {
		cursor_skip(&cursor, 2);
		len = cursor_u16(&cursor);
		return cursor_ok(&cursor) && len >= IPV4_HEADER ? len : 0;
	}
	cursor_skip(&cursor, 4);
	len = cursor_u16(&cursor);
	return version == 6 && cursor_ok(&cursor) && len ? len + IPV6_HEADER : 0;
}

bool link_read(enum link_kind kind, struct bytes frame, size_t wire_len,
	       struct link_frame *ret_frame)
{
	struct cursor cursor = cursor_on(frame);
	struct link_frame read = {.truncated = false};
	size_t claimed;

	if (!read_header(kind, &cursor, &read) || !cursor_ok(&cursor) ||
	    cursor.pos > LINK_HEADER_MOST)
		return false;
	read.header = bytes_of(frame.data, cursor.pos);
	read.ip = cursor_rest(&cursor);
	claimed = claimed_len(read.ip);
	if (claimed && claimed < read.ip.len)
		read.ip.len = claimed;
	/* A frame whose end is missing may have lost nothing but its padding. */
	read.truncated = wire_len > frame.len && (!claimed || claimed > read.ip.len);
	if (!read.ip.len && !read.truncated)
		return false;
	*ret_frame = read;
	return true;
}

static void turn_ethernet(uint8_t *header)
{
	uint8_t mac[MAC_LEN];

	memcpy(mac, header, MAC_LEN);
	memcpy(header, header + MAC_LEN, MAC_LEN);
	memcpy(header + MAC_LEN, mac, MAC_LEN);
}

/* Cooked headers name the sender only, and we do not know its MAC. */
static void turn_sll(uint8_t *header)
{
	memset(header, 0, 2);
	header[1] = SLL_OUTGOING;
	memset(header + 4, 0, 10);
}

static void turn_sll2(uint8_t *header)
{
	header[10] = SLL_OUTGOING;
	memset(header + 11, 0, 9);
}

void link_write(enum link_kind kind, const struct link_frame *frame, struct bytes ip, bool turned,
		struct writer *writer)
{
	uint8_t *header = writer_reserve(writer, frame->header.len);
	size_t len;

	if (!header)
		return;
	if (frame->header.len)
		memcpy(header, frame->header.data, frame->header.len);
	if (turned && kind == LINK_ETHERNET)
		turn_ethernet(header);
	else if (turned && kind == LINK_SLL)
		turn_sll(header);
	else if (turned && kind == LINK_SLL2)
		turn_sll2(header);
	if (frame->pppoe_length_at) {
		/* PPPoE counts from behind its length: the PPP protocol, then IP. */
		len = frame->header.len - frame->pppoe_length_at - 2 + ip.len;
		header[frame->pppoe_length_at] = (uint8_t)(len >> 8);
		header[frame->pppoe_length_at + 1] = (uint8_t)len;
	}
	writer_bytes_put(writer, ip);
}
