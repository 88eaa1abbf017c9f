/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See json.h. What json_step.c does for any byte is done here for runs of
 * bytes, where nothing needs a closer look.
 */
#include "redact/json_step.h"

void json_start(struct json_editor *json)
{
	memset(json, 0, sizeof(*json));
	json->layers[0].parent = keys_no_parent;
}

/* How many bytes of a string mean nothing but themselves. */
static size_t plain_run(const uint8_t *data, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t highs = UINT64_C(0x8080808080808080);
	size_t at = 0;

	for (; len - at >= 8; at += 8) {
		uint64_t word, quote, slash;

		memcpy(&word, data + at, 8);
		quote = word ^ ones * '"';
		slash = word ^ ones * '\\';
		/* A byte of zero, or one below 0x20, leaves its highest bit behind. */
		if ((((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
		     ((word - ones * 0x20) & ~word)) &
		    highs)
			break;
	}
	while (at < len && data[at] != '"' && data[at] != '\\' && data[at] >= 0x20)
		at++;
	return at;
}

/*
 * From here to edit_plain() the way of nearly every byte: the document's own
 * layer, nothing or a whole object covered, nothing escaped, no surprise. Each
 * returns how many bytes it took and stops where json_edit_byte() must look closer.
 */

/* A value is over: the next comma and quote. */
static size_t plain_next(struct json_editor *json, const struct redact_feed *feed,
			 const uint8_t *data, size_t len)
{
	struct json_layer *layer = &json->layers[0];

	json_value_end(json);
	if (!len || layer->state != AFTER || data[0] != ',')
		return 0;
	layer->state = VALUE;
	if (!json_in_object(json))
		return 1;
	layer->state = KEY;
	if (len == 1 || data[1] != '"')
		return 1;
	json_begin_key(json, feed);
	return 2;
}

static size_t plain_string(struct json_editor *json, const struct redact_feed *feed,
			   const uint8_t *data, size_t len)
{
	size_t at = plain_run(data, len);

	if (at == len || data[at] != '"')
		return at;
	at++;
	return at + plain_next(json, feed, data + at, len - at);
}

static size_t plain_key(struct json_editor *json, const struct redact_feed *feed,
			const uint8_t *data, size_t len)
{
	struct json_layer *layer = &json->layers[0];
	size_t at = keys_feed_plain(feed->plan->keys, &json->match, data, len);

	if (at)
		layer->surrogate = 0;
	if (at == len || data[at] != '"')
		return at;
	layer->state = COLON;
	json->matched = json->cover ? 0 : feed_matches(feed, &json->match);
	at++;
	if (at == len || data[at] != ':')
		return at;
	layer->keyed = true;
	layer->state = VALUE;
	return at + 1;
}

static size_t plain_digits(struct json_editor *json, const struct redact_feed *feed,
			   const uint8_t *data, size_t len)
{
	size_t at = 0;

	while (at < len && data[at] >= '0' && data[at] <= '9')
		at++;
	if (at < len && (data[at] == ',' || data[at] == '}'))
		at += plain_next(json, feed, data + at, len - at);
	return at;
}

/* Does the string begin with a character that begins neither JSON nor an escape? */
static bool is_plain_first(uint8_t byte)
{
	return byte > '"' && byte != '{' && byte != '[' && byte != '\\';
}

/* A value that is no object, array, literal or negative number; 0: look closer. */
static size_t plain_value(struct json_editor *json, const uint8_t *data, size_t len)
{
	struct json_layer *layer = &json->layers[0];

	if (json->matched || (data[0] != '"' && (data[0] < '1' || data[0] > '9')))
		return 0;
	layer->state = INTEGER;
	if (data[0] == '"')
		layer->state =
			json->cover || (len > 1 && is_plain_first(data[1])) ? STRING : STRING_FIRST;
	return 1;
}

/* One byte between values; false: look closer. */
static bool plain_structure(struct json_editor *json, const struct redact_feed *feed, uint8_t byte)
{
	struct json_layer *layer = &json->layers[0];

	if (byte == ' ' || byte == '\n')
		return layer->state >= START && layer->state <= AFTER && layer->state != IN_KEY &&
		       layer->state != MARK1 && layer->state != MARK2;
	if (layer->state == COLON && byte == ':') {
		layer->keyed = true;
		layer->state = VALUE;
		return true;
	}
	if (layer->state == AFTER && byte == ',') {
		layer->state = json_in_object(json) ? KEY : VALUE;
		return true;
	}
	if ((layer->state == KEY || layer->state == FIRST_KEY) && byte == '"') {
		json_begin_key(json, feed);
		return true;
	}
	return false;
}

static size_t edit_plain(struct json_editor *json, const struct redact_feed *feed,
			 const uint8_t *data, size_t len)
{
	struct json_layer *layer = &json->layers[0];
	size_t at = 0;

	while (at < len) {
		enum json_state state = (enum json_state)layer->state;
		size_t run = 0;

		if (state == STRING)
			run = plain_string(json, feed, data + at, len - at);
		else if (state == IN_KEY && !json->utf8.left)
			run = plain_key(json, feed, data + at, len - at);
		else if (state == VALUE)
			run = plain_value(json, data + at, len - at);
		else if (state == INTEGER || state == FRACTION)
			run = plain_digits(json, feed, data + at, len - at);
		else if (state == STRING_FIRST && is_plain_first(data[at]))
			layer->state = STRING;
		/* White space, and the beginnings of objects and arrays. */
		if (!run && layer->state == state)
			run = plain_structure(json, feed, data[at]);
		if (!run && layer->state == state)
			break;
		at += run;
	}
	return at;
}

/* As much as can be read in one go. */
static size_t edit_run(struct json_editor *json, struct redact_feed *feed, uint8_t *data,
		       size_t len)
{
	const struct json_layer *layer = &json->layers[0];
	size_t run = 0;

	if (json->layer || layer->escape)
		return 0;
	if (json->cover == COVER_NONE || json->cover == COVER_CONTAINER)
		run = edit_plain(json, feed, data, len);
	else if (layer->state == STRING)
		run = plain_run(data, len);
	if (json->cover)
		json_cover_run(json, feed, data, run);
	return run;
}

size_t json_edit(struct json_editor *json, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t at = 0;

	while (at < len) {
		at += edit_run(json, feed, data + at, len - at);
		if (at < len && !json_edit_byte(json, feed, data + at))
			break;
		at += at < len;
	}
	return at;
}
