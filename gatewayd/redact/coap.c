/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See coap.h. */
#include "redact/coap.h"
#include "redact/cbor.h"
#include "redact/content.h"
#include "redact/secrets.h"

enum option {
	OPTION_OSCORE = 9,
	OPTION_URI_PATH = 11,
	OPTION_CONTENT_FORMAT = 12,
	OPTION_URI_QUERY = 15,
	OPTION_BLOCK1 = 27,
	OPTION_BLOCK2 = 23,
};

#define PAYLOAD_MARKER 0xff
#define FORMAT_NONE UINT32_MAX

/* What walking over the options finds out. */
struct message {
	struct cursor cursor;
	uint32_t number; /* of the option */
	struct bytes value;
	uint32_t format;
	bool hidden; /* in blocks or encrypted */
};

/* Section 3: version 1, a token of at most 8 bytes, a request or a response. */
static bool read_header(struct message *message)
{
	uint8_t first = cursor_u8(&message->cursor);
	uint8_t code = cursor_u8(&message->cursor);
	uint8_t class = code >> 5;

	cursor_skip(&message->cursor, 2);
	if (code == 0)
		return first >> 6 == 1 && !(first & 15) && cursor_done(&message->cursor);
	cursor_skip(&message->cursor, first & 15);
	return cursor_ok(&message->cursor) && first >> 6 == 1 && (first & 15) <= 8 &&
	       (class == 0 ? code <= 7 : class == 2 || class == 4 || class == 5);
}

/* Section 3.1: 13 and 14 say that one or two bytes follow, 15 is reserved. */
static bool read_extended(struct cursor *cursor, uint32_t nibble, uint32_t *ret_value)
{
	if (nibble == 13)
		nibble += cursor_u8(cursor);
	else if (nibble == 14)
		nibble = 269u + cursor_u16(cursor);
	else if (nibble == 15)
		return false;
	*ret_value = nibble;
	return cursor_ok(cursor);
}

/* False at the payload, at the end and when it is broken. */
static bool next_option(struct message *message)
{
	struct cursor *cursor = &message->cursor;
	uint32_t delta, length;
	uint8_t head;

	if (!cursor_left(cursor) || cursor_peek(cursor) == PAYLOAD_MARKER)
		return false;
	head = cursor_u8(cursor);
	if (!read_extended(cursor, head >> 4, &delta) ||
	    !read_extended(cursor, head & 15, &length)) {
		cursor_fail(cursor);
		return false;
	}
	message->number += delta;
	message->value = cursor_take(cursor, length);
	return cursor_ok(cursor);
}

static void note_option(struct message *message)
{
	struct cursor value = cursor_on(message->value);

	if (message->number == OPTION_CONTENT_FORMAT) {
		message->format = 0;
		while (cursor_left(&value))
			message->format = message->format << 8 | cursor_u8(&value);
	} else if (message->number == OPTION_OSCORE) {
		message->hidden = true;
	} else if (message->number == OPTION_BLOCK1 || message->number == OPTION_BLOCK2) {
		/* Number and "more" both 0: the whole is in this one block. */
		while (cursor_left(&value) > 1)
			message->hidden |= cursor_u8(&value) != 0;
		message->hidden |= cursor_left(&value) && cursor_u8(&value) >> 3;
	}
}

static struct message message_on(struct bytes bytes)
{
	struct message message = {cursor_on(bytes), 0, {NULL, 0}, FORMAT_NONE, false};

	return message;
}

bool coap_recognise(struct bytes bytes)
{
	struct message message = message_on(bytes);

	if (!read_header(&message))
		return false;
	while (next_option(&message))
		;
	/* A marker with nothing behind it is an error. */
	return cursor_ok(&message.cursor) && cursor_left(&message.cursor) != 1;
}

/* Section 12.3 and the registry since: +json, +cbor, their like, and text. */
static enum content_kind kind_of_format(uint32_t format, bool *ret_cbor)
{
	*ret_cbor = format == 60 || format == 63 || format == 112 || format == 113;
	switch (format) {
	case FORMAT_NONE:
		return CONTENT_UNDECLARED;
	case 0:
	case 40:
		return CONTENT_TEXT;
	case 41:
	case 310:
	case 311:
		return CONTENT_XML;
	case 50:
	case 51:
	case 52:
	case 64:
	case 110:
	case 111:
		return CONTENT_JSON;
	default:
		return CONTENT_BINARY;
	}
}

static void scan(struct redact_feed *feed, uint8_t *data, size_t len)
{
	if (!feed->scan)
		return;
	secrets_scan(feed, data, len, false);
	secrets_stop(feed);
}

static void edit_payload(struct redact_feed *feed, const struct message *message, uint8_t *data,
			 size_t len)
{
	struct content_editor content;
	bool cbor;
	enum content_kind kind = kind_of_format(message->format, &cbor);

	/* What cannot be read may still hold a secret. */
	if (message->hidden) {
		feed_opaque(feed, data);
		scan(feed, data, len);
		return;
	}
	/* Undeclared: a map in CBOR begins with no byte that text does. */
	if (cbor || (kind == CONTENT_UNDECLARED && data[0] >= 0xa0 && data[0] <= 0xbf)) {
		if (!cbor_edit(feed, data, len))
			scan(feed, data, len);
		return;
	}
	content_start(&content, kind, bytes_of(NULL, 0));
	content_edit(&content, feed, data, len);
	content_end(&content, feed);
}

void coap_edit(struct redact_feed *feed, uint8_t *data, size_t len)
{
	struct message message = message_on(bytes_of(data, len));
	struct form_editor form;

	if (!read_header(&message))
		return;
	while (next_option(&message)) {
		size_t at = message.cursor.pos - message.value.len;

		note_option(&message);
		if (message.number == OPTION_URI_QUERY) {
			form_start(&form, false);
			form_edit(&form, feed, data + at, message.value.len);
		} else if (message.number != OPTION_URI_PATH) {
			continue;
		}
		scan(feed, data + at, message.value.len);
	}
	if (cursor_left(&message.cursor) > 1)
		edit_payload(feed, &message, data + message.cursor.pos + 1,
			     cursor_left(&message.cursor) - 1);
}
