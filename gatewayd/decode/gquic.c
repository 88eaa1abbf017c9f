/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/gquic.h"

#include "decode/facts.h"

#define FLAG_VERSION 0x01
#define FLAG_RESET 0x02
#define FLAG_CONNECTION_ID 0x08
#define HASH_SIZE 12 /* of the null encryption */
#define TAGS_MOST 128
#define BIG_ENDIAN_SINCE 39
#define LONG_HEADER_SINCE 44

bool decode_gquic_is_chlo(struct bytes data)
{
	return bytes_start_with(data, "CHLO", 4);
}

/* Tags with the ends of their values first, then the values. Little-endian. */
enum decode decode_gquic_chlo(struct bytes data, struct first_facts *ret_facts)
{
	struct first_facts facts = {.protocol = PROTOCOL_QUIC};
	struct cursor cursor = cursor_on(data), values;
	uint16_t count;
	uint32_t begin = 0;

	cursor_skip(&cursor, 4);
	count = cursor_le16(&cursor);
	cursor_skip(&cursor, 2); /* padding */
	if (cursor_ok(&cursor) && (count == 0 || count > TAGS_MOST))
		return DECODE_BAD;
	values = cursor;
	cursor_skip(&values, 8u * count);
	for (unsigned i = 0; i < count; i++) {
		struct bytes tag = cursor_take(&cursor, 4);
		uint32_t end = cursor_le32(&cursor);
		struct bytes value;

		if (cursor_ok(&cursor) && end < begin)
			return DECODE_BAD;
		value = cursor_take(&values, end - begin);
		if (!cursor_ok(&values))
			return DECODE_MORE;
		begin = end;
		if (bytes_equal(tag, bytes_of("SNI\0", 4)))
			facts_add_name(&facts, value, FIRST_SNI);
		else if (bytes_equal(tag, bytes_of("ALPN", 4)))
			facts_add_alpn(&facts, value);
	}
	if (!cursor_ok(&cursor))
		return DECODE_MORE;
	*ret_facts = facts;
	return DECODE_OK;
}

/* "Q043" is 43; 0: no such version. */
static unsigned read_version(struct cursor *cursor)
{
	struct bytes text = cursor_take(cursor, 4);
	unsigned version = 0;

	if (text.len == 0 || text.data[0] != 'Q' || text.data[1] != '0')
		return 0;
	for (int i = 2; i < 4; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return 0;
		version = version * 10 + text.data[i] - '0';
	}
	return version;
}

/* An integer of n bytes in the version's order. */
static uint64_t read_integer(struct cursor *cursor, unsigned n, bool big_endian)
{
	struct bytes bytes = cursor_take(cursor, n);
	uint64_t value = 0;

	for (size_t i = 0; i < bytes.len; i++)
		value = value << 8 | bytes.data[big_endian ? i : bytes.len - 1 - i];
	return value;
}

/* The frames of a first packet: a STREAM of the handshake. */
static enum decode read_frames(struct cursor *cursor, bool big_endian,
			       struct first_facts *ret_facts)
{
	uint8_t type = cursor_u8(cursor);
	uint64_t stream, len;
	struct bytes data;

	if ((type & 0x80) == 0)
		return DECODE_MORE; /* something else comes first; the client says it again */
	stream = read_integer(cursor, (type & 3u) + 1, big_endian);
	cursor_skip(cursor, type & 0x1c ? (type >> 2 & 7u) + 1 : 0); /* offset */
	len = type & 0x20 ? read_integer(cursor, 2, big_endian) : cursor_left(cursor);
	data = cursor_take(cursor, (size_t)len);
	if (!cursor_ok(cursor))
		return DECODE_BAD;
	/* The whole CHLO follows, in the same stream, an empty one that was refused. */
	if (stream != 1 || !decode_gquic_is_chlo(data))
		return DECODE_MORE;
	return decode_gquic_chlo(data, ret_facts);
}

static enum decode decode_q046(struct bytes datagram, struct first_facts *ret_facts)
{
	struct cursor cursor = cursor_on(datagram);
	uint8_t first = cursor_u8(&cursor), lengths;
	unsigned version = read_version(&cursor);

	if ((first & 0xc0) != 0xc0 || version < LONG_HEADER_SINCE || version > 46)
		return DECODE_NOT;
	if (first & 0x30)
		return DECODE_MORE; /* no Initial */
	lengths = cursor_u8(&cursor);
	cursor_skip(&cursor, lengths >> 4 ? (lengths >> 4) + 3u : 0);
	cursor_skip(&cursor, lengths & 15 ? (lengths & 15) + 3u : 0);
	cursor_skip(&cursor, version == 46 ? (first & 3u) + 1 : 4); /* packet number */
	cursor_skip(&cursor, HASH_SIZE);
	if (!cursor_ok(&cursor))
		return DECODE_BAD;
	return read_frames(&cursor, true, ret_facts);
}

enum decode decode_gquic(struct bytes datagram, struct first_facts *ret_facts)
{
	static const uint8_t number_lens[4] = {1, 2, 4, 6};
	struct cursor cursor = cursor_on(datagram);
	uint8_t flags = cursor_u8(&cursor);
	unsigned version;

	if (flags & 0x80)
		return decode_q046(datagram, ret_facts);
	if ((flags & (FLAG_VERSION | FLAG_RESET)) != FLAG_VERSION)
		return DECODE_NOT;
	if (flags & FLAG_CONNECTION_ID)
		cursor_skip(&cursor, 8);
	version = read_version(&cursor);
	if (!cursor_ok(&cursor) || version < 9 || version >= LONG_HEADER_SINCE)
		return DECODE_NOT;
	cursor_skip(&cursor, number_lens[flags >> 4 & 3]);
	cursor_skip(&cursor, HASH_SIZE);
	if (!cursor_ok(&cursor))
		return DECODE_BAD;
	return read_frames(&cursor, version >= BIG_ENDIAN_SINCE, ret_facts);
}
