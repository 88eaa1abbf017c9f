/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/socks.h"

#include "decode/facts.h"
#include "decode/lines.h"

#define METHODS_MOST 12
#define TEXT_MOST 255
#define METHOD_USER 2

/*
 * Text up to its NUL. DECODE_MORE: the NUL has not come; DECODE_NOT: that is
 * no text.
 */
static enum decode read_text(struct cursor *cursor, struct bytes *ret_text)
{
	size_t left = cursor_left(cursor);
	const uint8_t *start = left ? cursor->data + cursor->pos : NULL;
	const uint8_t *end = left ? memchr(start, 0, left) : NULL;
	struct bytes text = bytes_of(start, end ? (size_t)(end - start) : left);

	if (text.len > TEXT_MOST || !lines_printable(text))
		return DECODE_NOT;
	if (!end)
		return DECODE_MORE;
	cursor_skip(cursor, text.len + 1);
	*ret_text = text;
	return DECODE_OK;
}

static enum decode decode_socks4(struct bytes stream, struct first_facts *ret_facts,
				 size_t *ret_end)
{
	struct first_facts facts = {.protocol = PROTOCOL_SOCKS, .upgradable = true};
	struct cursor cursor = cursor_on(stream);
	uint8_t version = cursor_u8(&cursor), command = cursor_u8(&cursor);
	uint16_t port = cursor_u16(&cursor);
	struct bytes ip = cursor_take(&cursor, 4), user, name;
	enum decode answer;
	bool by_name;

	if (version != 4 || (stream.len > 1 && command != 1 && command != 2))
		return DECODE_NOT;
	if (!cursor_ok(&cursor))
		return DECODE_MORE;
	by_name = ip.data[0] == 0 && ip.data[1] == 0 && ip.data[2] == 0 && ip.data[3] != 0;
	if (port == 0 || (ip.data[0] == 0 && !by_name))
		return DECODE_NOT;
	answer = read_text(&cursor, &user);
	if (answer != DECODE_OK)
		return answer;
	if (by_name) {
		answer = read_text(&cursor, &name);
		if (answer != DECODE_OK)
			return answer;
		facts_add_name(&facts, name, FIRST_HOST);
	} else {
		struct address address = address_ipv4(ip.data);

		facts_add_address(&facts, &address);
	}
	*ret_facts = facts;
	*ret_end = cursor.pos;
	return DECODE_OK;
}

/* 05, the number of methods, and so many different ones. */
static enum decode read_greeting(struct cursor *cursor, bool *ret_user)
{
	uint8_t version = cursor_u8(cursor), count = cursor_u8(cursor);
	struct bytes methods;
	bool user = false;

	if (version != 5)
		return DECODE_NOT;
	if (!cursor_ok(cursor))
		return DECODE_MORE;
	if (count == 0 || count > METHODS_MOST)
		return DECODE_NOT;
	methods = cursor_take(cursor, count < cursor_left(cursor) ? count : cursor_left(cursor));
	for (size_t i = 0; i < methods.len; i++) {
		/* assigned methods, or the private range */
		if (methods.data[i] > 9 && methods.data[i] < 0x80)
			return DECODE_NOT;
		if (memchr(methods.data, methods.data[i], i))
			return DECODE_NOT;
		user |= methods.data[i] == METHOD_USER;
	}
	if (methods.len < count)
		return DECODE_MORE;
	*ret_user = user;
	return DECODE_OK;
}

static enum decode read_request(struct cursor *cursor, struct first_facts *facts)
{
	uint8_t version = cursor_u8(cursor), command = cursor_u8(cursor);
	uint8_t reserved = cursor_u8(cursor), type = cursor_u8(cursor);
	struct address address = {.family = ADDRESS_NONE};
	struct bytes place;

	if (!cursor_ok(cursor))
		return DECODE_MORE;
	if (version != 5 || command == 0 || command > 3 || reserved != 0)
		return DECODE_BAD;
	if (type != 1 && type != 3 && type != 4)
		return DECODE_BAD;
	place = cursor_take(cursor, type == 1 ? 4 : type == 4 ? 16 : cursor_u8(cursor));
	cursor_skip(cursor, 2); /* port */
	if (!cursor_ok(cursor))
		return DECODE_MORE;
	if (type == 3) {
		facts_add_name(facts, place, FIRST_HOST);
		return DECODE_OK;
	}
	address = type == 1 ? address_ipv4(place.data) : address_ipv6(place.data);
	facts_add_address(facts, &address);
	return DECODE_OK;
}

static enum decode decode_socks5(struct bytes stream, struct first_facts *ret_facts,
				 size_t *ret_end)
{
	struct first_facts facts = {.protocol = PROTOCOL_SOCKS, .upgradable = true};
	struct cursor cursor = cursor_on(stream);
	bool user = false;
	enum decode answer = read_greeting(&cursor, &user);

	if (answer != DECODE_OK)
		return answer;
	if (user && cursor_peek(&cursor) == 1) {
		cursor_skip(&cursor, 1);
		cursor_skip(&cursor, cursor_u8(&cursor));
		cursor_skip(&cursor, cursor_u8(&cursor));
		if (!cursor_ok(&cursor))
			return DECODE_MORE;
	}
	if (cursor_left(&cursor) && cursor_peek(&cursor) != 5)
		return DECODE_NOT;
	answer = read_request(&cursor, &facts);
	if (answer != DECODE_OK)
		return answer;
	*ret_facts = facts;
	*ret_end = cursor.pos;
	return DECODE_OK;
}

enum decode decode_socks(struct bytes stream, bool last, struct first_facts *ret_facts,
			 size_t *ret_end)
{
	enum decode answer;

	if (stream.len == 0)
		return last ? DECODE_NOT : DECODE_MORE;
	if (stream.data[0] == 4)
		answer = decode_socks4(stream, ret_facts, ret_end);
	else
		answer = decode_socks5(stream, ret_facts, ret_end);
	if (answer != DECODE_MORE || !last)
		return answer;
	/* A greeting that nothing followed is still one; less is too little to say so. */
	if (stream.data[0] != 5 || stream.len < 3 || stream.len < 2u + stream.data[1])
		return DECODE_NOT;
	*ret_facts = (struct first_facts){.protocol = PROTOCOL_SOCKS, .incomplete = true};
	*ret_end = stream.len;
	return DECODE_OK;
}
