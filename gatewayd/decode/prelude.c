/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/prelude.h"

#define ADB_DATA_MOST 4096
#define ADB_MESSAGES_MOST 4

/* SSLRequest, and GSSENCRequest before it if need be. */
static enum decode check_postgresql(struct cursor *cursor)
{
	static const uint8_t request[7] = {0, 0, 0, 8, 4, 0xd2, 0x16};
	struct bytes got = cursor_take(cursor, cursor_left(cursor) < 7 ? cursor_left(cursor) : 7);
	uint8_t kind = cursor_u8(cursor);

	if (got.len == 0 || memcmp(got.data, request, got.len) != 0)
		return DECODE_NOT;
	if (!cursor_ok(cursor))
		return DECODE_MORE;
	return kind == 0x2f || kind == 0x30 ? DECODE_OK : DECODE_NOT;
}

/* An answer to the server's greeting: 32 bytes, CLIENT_SSL set, 23 zeros. */
static enum decode check_mysql(struct cursor *cursor)
{
	static const uint8_t zeros[23] = {0};
	uint32_t header = cursor_u32(cursor), capabilities = cursor_le32(cursor);
	struct bytes filler;

	if (cursor->pos == 0 || (cursor_ok(cursor) && (header & 0xfffffff8) != 0x20000000))
		return DECODE_NOT;
	cursor_skip(cursor, 5); /* largest packet, character set */
	filler = cursor_take(cursor, sizeof(zeros));
	if (!cursor_ok(cursor))
		return cursor->data[0] == 0x20 ? DECODE_MORE : DECODE_NOT;
	return capabilities & 0x800 && memcmp(filler.data, zeros, sizeof(zeros)) == 0 ? DECODE_OK
										      : DECODE_NOT;
}

/* An extended request for StartTLS, RFC 4511 section 4.14.1. */
static enum decode check_ldap(struct cursor *cursor)
{
	static const char name[] = "1.3.6.1.4.1.1466.20037";
	uint8_t tag = cursor_u8(cursor), len = cursor_u8(cursor), type;

	if (tag != 0x30 || (cursor_ok(cursor) && (len < 29 || len > 40)))
		return DECODE_NOT;
	if (cursor_u8(cursor) != 2 && cursor_ok(cursor))
		return DECODE_NOT;
	cursor_skip(cursor, cursor_u8(cursor) & 7); /* message id */
	type = cursor_u8(cursor);
	if (cursor_ok(cursor) && type != 0x77)
		return DECODE_NOT;
	cursor_skip(cursor, 3); /* lengths, and the name's tag */
	if (cursor_ok(cursor) && cursor_left(cursor) >= sizeof(name) - 1)
		return memcmp(cursor_take(cursor, sizeof(name) - 1).data, name, sizeof(name) - 1) ==
				       0
			       ? DECODE_OK
			       : DECODE_NOT;
	return DECODE_MORE;
}

/* A connection request in TPKT (RFC 1006) and X.224. */
static enum decode check_rdp(struct cursor *cursor)
{
	uint16_t version = cursor_u16(cursor), len = cursor_u16(cursor);
	uint8_t rest = cursor_u8(cursor), code = cursor_u8(cursor);

	if (cursor->len == 0 || cursor->data[0] != 3)
		return DECODE_NOT;
	if (!cursor_ok(cursor))
		return DECODE_MORE;
	if (version != 0x0300 || len < 11 || len > 512 || rest != len - 5 || code != 0xe0)
		return DECODE_NOT;
	cursor_skip(cursor, len - 6u);
	return cursor_ok(cursor) ? DECODE_OK : DECODE_MORE;
}

/* Messages that end in the complement of their command; STLS is the last. */
static enum decode check_adb(struct cursor *cursor)
{
	for (int i = 0; i < ADB_MESSAGES_MOST; i++) {
		struct cursor start = *cursor;
		struct bytes command = cursor_take(cursor, 4);
		uint32_t first, len, magic;

		cursor_skip(cursor, 8);
		len = cursor_le32(cursor);
		cursor_skip(cursor, 4);
		magic = cursor_le32(cursor);
		if (!cursor_ok(cursor))
			break;
		first = cursor_le32(&start);
		if (magic != ~first || len > ADB_DATA_MOST)
			return DECODE_NOT;
		cursor_skip(cursor, len);
		if (!cursor_ok(cursor))
			return DECODE_MORE;
		if (bytes_start_with(command, "STLS", 4))
			return DECODE_OK;
	}
	return bytes_start_with(bytes_of(cursor->data, cursor->len), "CNXN", 4) ? DECODE_MORE
										: DECODE_NOT;
}

enum decode decode_prelude(struct bytes stream, bool last, size_t *ret_end)
{
	static enum decode (*const checks[])(struct cursor * cursor) = {
		check_postgresql, check_mysql, check_ldap, check_rdp, check_adb,
	};
	bool more = false;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct cursor cursor = cursor_on(stream);
		enum decode answer = checks[i](&cursor);

		if (answer == DECODE_OK) {
			*ret_end = cursor.pos;
			return DECODE_OK;
		}
		more |= answer == DECODE_MORE;
	}
	return more && !last ? DECODE_MORE : DECODE_NOT;
}
