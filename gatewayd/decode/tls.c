/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/tls.h"

#include "decode/facts.h"

#define RECORD_HEADER 5
#define RECORD_MOST 16384
#define CIPHER_RECORD_MOST (RECORD_MOST + 2048)
#define HANDSHAKE_HEADER 4
/* All fields of a ClientHello at their largest. */
#define HELLO_MOST (2 + 32 + 33 + 2 + 65534 + 256 + 2 + 65535)

#define RECORD_HANDSHAKE 22
#define HANDSHAKE_CLIENT_HELLO 1

#define EXTENSION_SERVER_NAME 0
#define EXTENSION_ALPN 16
#define EXTENSION_ECH 0xfe0d
#define EXTENSION_ESNI 0xffce /* what came before ECH, draft-ietf-tls-esni-02 to 06 */

/* A block of n bytes; what there is of it when not all of the hello is here. */
static struct cursor take_block(struct cursor *cursor, size_t n, bool whole)
{
	size_t left = cursor_left(cursor);

	return cursor_sub(cursor, !whole && n > left ? left : n);
}

static bool read_server_names(struct cursor *data, bool whole, struct first_facts *facts)
{
	struct cursor list;

	/* An empty extension is the server's form of it; some clients send it. */
	if (whole && cursor_done(data))
		return true;
	list = take_block(data, cursor_u16(data), whole);
	while (cursor_left(&list)) {
		uint8_t type = cursor_u8(&list);
		struct bytes name = cursor_take(&list, cursor_u16(&list));

		if (cursor_ok(&list) && type == 0)
			facts_add_name(facts, name, FIRST_SNI);
	}
	return !whole || (cursor_ok(&list) && cursor_done(data));
}

static bool read_alpn(struct cursor *data, bool whole, struct first_facts *facts)
{
	struct cursor list = take_block(data, cursor_u16(data), whole);

	while (cursor_left(&list)) {
		struct bytes name = cursor_take(&list, cursor_u8(&list));

		if (cursor_ok(&list))
			facts_add_alpn(facts, name);
	}
	return !whole || (cursor_ok(&list) && cursor_done(data));
}

/*
 * A server that does not know ECH ignores this, so a broken one breaks
 * nothing. Type 1 is the inner hello, which hides nothing.
 */
static void read_ech(struct cursor *data, struct first_facts *facts)
{
	uint8_t type = cursor_u8(data), config_id;

	cursor_skip(data, 4); /* kdf_id, aead_id */
	config_id = cursor_u8(data);
	if (!cursor_ok(data) || type != 0)
		return;
	facts->ech = true;
	facts->ech_config_id = config_id;
}

static bool read_extension(struct cursor *extensions, bool whole, struct first_facts *facts)
{
	uint16_t type = cursor_u16(extensions);
	struct cursor data = take_block(extensions, cursor_u16(extensions), whole);

	if (!cursor_ok(&data))
		return !whole;
	switch (type) {
	case EXTENSION_SERVER_NAME:
		return read_server_names(&data, whole, facts);
	case EXTENSION_ALPN:
		return read_alpn(&data, whole, facts);
	case EXTENSION_ECH:
		read_ech(&data, facts);
		return true;
	case EXTENSION_ESNI:
		facts->ech = true;
		return true;
	default:
		return true;
	}
}

/* From the cipher suites on; DTLS has its cookie in front of them. */
static bool read_hello_rest(struct cursor *hello, bool whole, struct first_facts *facts)
{
	uint16_t ciphers_len = cursor_u16(hello);
	struct cursor extensions;
	uint8_t methods_len;

	cursor_skip(hello, ciphers_len);
	methods_len = cursor_u8(hello);
	cursor_skip(hello, methods_len);
	if (!cursor_ok(hello))
		return !whole;
	if (ciphers_len == 0 || ciphers_len % 2 || methods_len == 0)
		return false;
	if (cursor_done(hello))
		return true; /* before TLS 1.2 there need not be any extensions */
	extensions = take_block(hello, cursor_u16(hello), whole);
	while (cursor_left(&extensions)) {
		if (!read_extension(&extensions, whole, facts))
			return false;
	}
	return !whole || (cursor_ok(&extensions) && cursor_done(hello));
}

enum decode decode_tls_hello(struct bytes body, bool whole, bool cookie,
			     struct first_facts *ret_facts)
{
	struct cursor hello = cursor_on(body);
	struct first_facts facts = {.incomplete = !whole};
	uint8_t session_id_len;

	cursor_skip(&hello, 2 + 32); /* version, random */
	session_id_len = cursor_u8(&hello);
	cursor_skip(&hello, session_id_len);
	if (cookie)
		cursor_skip(&hello, cursor_u8(&hello));
	if (session_id_len > 32 || !read_hello_rest(&hello, whole, &facts))
		return DECODE_BAD;
	*ret_facts = facts;
	return DECODE_OK;
}

/* 3.x, and 1.1 of GB/T 38636 (TLCP), whose hello is the same. */
static bool is_version(uint8_t major, uint8_t minor)
{
	return major == 3 || (major == 1 && minor == 1);
}

/* A handshake message that goes over the borders of records. */
struct handshake {
	struct bytes data; /* in the stream, or in joined */
	bool bad;          /* a record that cannot stand here */
	uint8_t joined[FIRST_STREAM_MOST];
};

/* The bytes of it there are, up to its own length; sets handshake->data. */
static void join_records(struct bytes stream, struct handshake *handshake)
{
	struct cursor cursor = cursor_on(stream);
	size_t have = 0, want = HANDSHAKE_HEADER;

	while (have < want && cursor_left(&cursor) >= RECORD_HEADER) {
		uint8_t type = cursor_u8(&cursor), major = cursor_u8(&cursor);
		uint8_t minor = cursor_u8(&cursor);
		size_t len = cursor_u16(&cursor), left = cursor_left(&cursor);
		struct bytes part;

		if (type != RECORD_HANDSHAKE || !is_version(major, minor) || len == 0 ||
		    len > RECORD_MOST) {
			handshake->bad = true;
			return;
		}
		part = cursor_take(&cursor, len < left ? len : left);
		if (have == 0)
			handshake->data = part;
		if (part.len > sizeof(handshake->joined) - have)
			part.len = sizeof(handshake->joined) - have;
		memcpy(handshake->joined + have, part.data, part.len);
		if (have)
			handshake->data = bytes_of(handshake->joined, have + part.len);
		have += part.len;
		if (have >= HANDSHAKE_HEADER && want == HANDSHAKE_HEADER) {
			struct cursor header = cursor_on(handshake->data);

			cursor_skip(&header, 1);
			want += cursor_u24(&header);
		}
	}
}

static enum decode settle_hello(struct bytes stream, bool last, struct first_facts *ret_facts)
{
	struct handshake handshake;
	struct cursor cursor;
	size_t length;
	bool whole;

	handshake.data = bytes_of(NULL, 0);
	handshake.bad = false;
	join_records(stream, &handshake);
	if (handshake.bad)
		return DECODE_BAD;
	cursor = cursor_on(handshake.data);
	if (cursor_left(&cursor) && cursor_u8(&cursor) != HANDSHAKE_CLIENT_HELLO)
		return DECODE_BAD;
	length = cursor_u24(&cursor);
	if (length > HELLO_MOST)
		return DECODE_BAD;
	whole = cursor_ok(&cursor) && cursor_left(&cursor) >= length;
	if (!whole && !last)
		return DECODE_MORE;
	return decode_tls_hello(whole ? cursor_take(&cursor, length) : cursor_rest(&cursor), whole,
				false, ret_facts);
}

/* A record that is no ClientHello: seen from the middle, or from the server. */
static bool is_other_record(struct bytes stream)
{
	struct cursor cursor = cursor_on(stream);
	uint8_t type = cursor_u8(&cursor), major = cursor_u8(&cursor);
	uint8_t minor = cursor_u8(&cursor);
	uint16_t len = cursor_u16(&cursor);
	uint8_t handshake = cursor_peek(&cursor);

	if (!cursor_ok(&cursor) || major != 3 || minor > 4)
		return false;
	switch (type) {
	case 20: /* change_cipher_spec */
		return len == 1 && handshake == 1;
	case 21: /* alert: plain, or sealed */
		return len == 2 || (len >= 18 && len <= 256);
	case 22:
		/* A sealed message looks like noise; the length must do. */
		return len >= 4 && len <= CIPHER_RECORD_MOST;
	case 23:
		return len >= 16 && len <= CIPHER_RECORD_MOST;
	default:
		return false;
	}
}

/*
 * The hello of old clients: two bytes of length with the top bit set, type 1,
 * a version, three lengths. It cannot hold a name.
 */
static enum decode decode_ssl2(struct bytes stream, bool last, struct first_facts *ret_facts)
{
	struct cursor cursor = cursor_on(stream);
	uint16_t length = cursor_u16(&cursor), version, ciphers, session_id, challenge;
	uint8_t type = cursor_u8(&cursor);

	version = cursor_u16(&cursor);
	ciphers = cursor_u16(&cursor);
	session_id = cursor_u16(&cursor);
	challenge = cursor_u16(&cursor);
	if (!cursor_ok(&cursor)) {
		static const uint8_t third = HANDSHAKE_CLIENT_HELLO;

		if (last || (stream.data[0] & 0x80) == 0)
			return DECODE_NOT;
		if (stream.len >= 3 && stream.data[2] != third)
			return DECODE_NOT;
		if (stream.len >= 4 && stream.data[3] != 3 && stream.data[3] != 0)
			return DECODE_NOT;
		return DECODE_MORE;
	}
	if ((length & 0x8000) == 0 || type != HANDSHAKE_CLIENT_HELLO)
		return DECODE_NOT;
	if (version != 2 && (version < 0x0300 || version > 0x0304))
		return DECODE_NOT;
	if (ciphers == 0 || ciphers % 3 || (session_id != 0 && session_id != 16) ||
	    challenge < 16 || challenge > 32 ||
	    (length & 0x7fff) != 9 + ciphers + session_id + challenge)
		return DECODE_NOT;
	*ret_facts = (struct first_facts){.protocol = PROTOCOL_TLS};
	return DECODE_OK;
}

static enum decode is_hello(struct bytes stream)
{
	if (stream.data[0] != RECORD_HANDSHAKE)
		return DECODE_NOT;
	if (stream.len < 3)
		return stream.len < 2 || is_version(stream.data[1], 1) ? DECODE_MORE : DECODE_NOT;
	if (!is_version(stream.data[1], stream.data[2]))
		return DECODE_NOT;
	if (stream.len <= RECORD_HEADER)
		return DECODE_MORE;
	return stream.data[RECORD_HEADER] == HANDSHAKE_CLIENT_HELLO ? DECODE_OK : DECODE_NOT;
}

enum decode decode_tls(struct bytes stream, bool last, struct first_facts *ret_facts)
{
	enum decode answer;
	struct first_facts facts;

	if (stream.len == 0)
		return last ? DECODE_NOT : DECODE_MORE;
	answer = is_hello(stream);
	if (answer == DECODE_MORE) {
		if (!last)
			return DECODE_MORE;
		if (stream.len < 3)
			return DECODE_NOT;
		*ret_facts = (struct first_facts){.protocol = PROTOCOL_TLS, .incomplete = true};
		return DECODE_OK;
	}
	if (answer == DECODE_OK) {
		answer = settle_hello(stream, last, &facts);
		if (answer != DECODE_OK)
			return answer;
		facts.protocol = facts.alpn & ALPN_DOT ? PROTOCOL_DOT : PROTOCOL_TLS;
		*ret_facts = facts;
		return DECODE_OK;
	}
	if (is_other_record(stream)) {
		*ret_facts = (struct first_facts){.protocol = PROTOCOL_TLS, .incomplete = true};
		return DECODE_OK;
	}
	return decode_ssl2(stream, last, ret_facts);
}
