/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/http2.h"

#include "decode/facts.h"
#include "decode/lines.h"

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define PREFACE_LEN (sizeof(PREFACE) - 1)
#define FRAME_HEADERS 1
#define FRAME_CONTINUATION 9
#define FLAG_END_HEADERS 0x04
#define FLAG_PADDED 0x08
#define FLAG_PRIORITY 0x20
#define STATIC_AUTHORITY 1
#define BLOCK_MOST 4096
#define TEXT_MOST 256

/* RFC 7541 section 5.1; more than a stream can hold is a failure. */
static size_t read_integer(struct cursor *cursor, uint8_t first, unsigned prefix_bits)
{
	size_t most = ((size_t)1 << prefix_bits) - 1, value = first & most;

	if (value < most)
		return value;
	for (unsigned shift = 0; shift < 21; shift += 7) {
		uint8_t byte = cursor_u8(cursor);

		value += (size_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	cursor_fail(cursor);
	return 0;
}

/*
 * RFC 7541 appendix B, as far as a host name or a field's name needs it: the
 * code is canonical, so the symbols of each length in order are enough. What
 * has longer codes (no such symbol is in a name) ends it.
 */
static const struct {
	unsigned bits;
	uint32_t first;
	const char *symbols;
} huffman[] = {
	{5, 0x00, "012aceiost"},
	{6, 0x14, " %-./3456789=A_bdfghlmnpru"},
	{7, 0x5c, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"},
	{8, 0xf8, "&*,;XZ"},
};

struct bits {
	struct bytes data;
	size_t pos;
};

static bool read_symbol(struct bits *bits, char *ret_symbol)
{
	uint32_t code = 0;
	unsigned have = 0;

	for (size_t i = 0; i < sizeof(huffman) / sizeof(huffman[0]); i++) {
		for (; have < huffman[i].bits; have++, bits->pos++) {
			if (bits->pos >= bits->data.len * 8)
				return false;
			code = code << 1 |
			       (bits->data.data[bits->pos / 8] >> (7 - bits->pos % 8) & 1);
		}
		if (code - huffman[i].first < strlen(huffman[i].symbols)) {
			*ret_symbol = huffman[i].symbols[code - huffman[i].first];
			return true;
		}
	}
	return false;
}

/* A string literal as text; *ret_odd: it holds what no name does. */
static struct bytes read_text(struct cursor *cursor, char text[static TEXT_MOST], bool *ret_odd)
{
	uint8_t first = cursor_u8(cursor);
	struct bytes raw = cursor_take(cursor, read_integer(cursor, first, 7));
	struct bits bits = {raw, 0};
	size_t len = 0;

	*ret_odd = false;
	if ((first & 0x80) == 0)
		return raw;
	while (raw.len * 8 - bits.pos >= 5 && len < TEXT_MOST) {
		if (read_symbol(&bits, &text[len])) {
			len++;
			continue;
		}
		/* The end is padded with the beginning of the longest code. */
		*ret_odd = bits.pos < raw.len * 8;
		break;
	}
	return bytes_of(text, len);
}

static void read_field(struct cursor *block, uint8_t first, unsigned prefix_bits,
		       struct first_facts *facts)
{
	char name_text[TEXT_MOST], value_text[TEXT_MOST];
	size_t index = read_integer(block, first, prefix_bits);
	bool odd = false, is_host = index == STATIC_AUTHORITY;
	struct bytes value;

	if (index == 0) {
		struct bytes name = read_text(block, name_text, &odd);

		is_host = lines_equal(name, ":authority") || lines_equal(name, "host");
	}
	value = read_text(block, value_text, &odd);
	if (!cursor_ok(block) || !is_host)
		return;
	if (odd)
		facts->name_odd = true;
	else if (value.len)
		facts_add_authority(facts, value);
}

/* Every field of a block, RFC 7541 section 6. */
static void read_block(struct bytes data, struct first_facts *facts)
{
	struct cursor block = cursor_on(data);

	while (cursor_left(&block)) {
		uint8_t first = cursor_u8(&block);

		if (first & 0x80)
			(void)read_integer(&block, first, 7);
		else if (first & 0x40)
			read_field(&block, first, 6, facts);
		else if (first & 0x20)
			(void)read_integer(&block, first, 5);
		else
			read_field(&block, first, 4, facts);
	}
}

/* What a HEADERS frame holds beside padding and priority. */
static struct bytes headers_fragment(struct bytes payload, uint8_t flags)
{
	struct cursor cursor = cursor_on(payload);
	uint8_t padding = flags & FLAG_PADDED ? cursor_u8(&cursor) : 0;

	if (flags & FLAG_PRIORITY)
		cursor_skip(&cursor, 5);
	if (cursor_left(&cursor) < padding)
		return bytes_of(NULL, 0);
	return cursor_take(&cursor, cursor_left(&cursor) - padding);
}

/* True: the block of the first request was whole, and is read. */
static bool read_frames(struct cursor *cursor, struct first_facts *facts)
{
	uint8_t block[BLOCK_MOST];
	size_t len = 0;

	while (cursor_left(cursor)) {
		size_t payload_len = cursor_u24(cursor);
		uint8_t type = cursor_u8(cursor), flags = cursor_u8(cursor);
		struct bytes fragment;

		cursor_skip(cursor, 4); /* stream */
		fragment = cursor_take(cursor, payload_len);
		if (!cursor_ok(cursor))
			return false;
		if (type == FRAME_HEADERS)
			fragment = headers_fragment(fragment, flags);
		else if (type != FRAME_CONTINUATION)
			continue;
		if (fragment.len > sizeof(block) - len)
			fragment.len = sizeof(block) - len;
		if (fragment.len)
			memcpy(block + len, fragment.data, fragment.len);
		len += fragment.len;
		if (flags & FLAG_END_HEADERS) {
			read_block(bytes_of(block, len), facts);
			return true;
		}
	}
	return false;
}

enum decode decode_http2(struct bytes stream, bool last, struct first_facts *ret_facts)
{
	struct first_facts facts = {.protocol = PROTOCOL_HTTP};
	struct cursor cursor = cursor_on(stream);
	size_t n = stream.len < PREFACE_LEN ? stream.len : PREFACE_LEN;

	if (n == 0 || memcmp(stream.data, PREFACE, n) != 0)
		return DECODE_NOT;
	cursor_skip(&cursor, n);
	if (n < PREFACE_LEN) {
		/* "PR" may become PROPFIND. */
		if (n < 3 || (last && n < 16))
			return DECODE_NOT;
		if (!last)
			return DECODE_MORE;
	}
	if (!read_frames(&cursor, &facts)) {
		if (!last)
			return DECODE_MORE;
		facts.incomplete = true;
	}
	*ret_facts = facts;
	return DECODE_OK;
}
