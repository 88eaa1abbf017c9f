/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON editor's state machine, byte by byte, for json.c alone, which goes
 * round it wherever it can.
 */
#ifndef GATEWAYD_REDACT_JSON_STEP_H
#define GATEWAYD_REDACT_JSON_STEP_H

#include "redact/json.h"

enum json_state {
	BEGIN, /* a byte-order mark may come */
	START, /* between documents */
	MARK1, /* in a byte-order mark */
	MARK2,
	VALUE,
	FIRST_VALUE, /* or ']' */
	FIRST_KEY,   /* or '}' */
	KEY,
	IN_KEY,
	COLON,
	AFTER,        /* a value: ',' or a bracket */
	STRING_FIRST, /* nothing but white space so far: may hold JSON */
	STRING,
	LITERAL,
	LITERAL_END, /* the byte behind it ends it */
	MINUS,
	ZERO,
	INTEGER,
	POINT,
	FRACTION,
	EXPONENT,
	EXPONENT_SIGN,
	EXPONENT_DIGITS,
};

enum json_cover {
	COVER_NONE,
	COVER_STRING,
	COVER_SCALAR,
	COVER_CONTAINER,
};

/* Is what is open an object? Something must be. */
static inline bool json_in_object(const struct json_editor *json)
{
	return json->objects >> (json->depth - 1) & 1;
}

/* The key that encloses what is open. */
static inline uint64_t json_parent(const struct json_editor *json)
{
	return json->depth <= JSON_PATHS ? json->parents[json->depth] : keys_no_parent;
}

/* The key whose value, or array of values, now begins. */
static inline uint64_t json_enclosing(const struct json_editor *json)
{
	const struct json_layer *layer = &json->layers[json->layer];

	if (json->depth == layer->bottom)
		return layer->parent;
	return json_in_object(json) ? json->match.hash : json_parent(json);
}

/* An object or array begins; there must be room. */
static inline void json_open(struct json_editor *json, bool object)
{
	uint64_t parent = json_enclosing(json);

	json->objects |= (uint64_t)object << json->depth;
	json->depth++;
	if (json->depth <= JSON_PATHS)
		json->parents[json->depth] = parent;
}

/* What is open beyond this depth is over. */
static inline void json_close_to(struct json_editor *json, uint8_t depth)
{
	if (depth == json->depth)
		return;
	json->depth = depth;
	json->objects &= (UINT64_C(1) << depth) - 1;
}

/* A value of the innermost layer is over. */
static inline void json_value_end(struct json_editor *json)
{
	struct json_layer *layer = &json->layers[json->layer];

	layer->state = json->depth == layer->bottom ? START : AFTER;
	if (json->cover == COVER_STRING || json->cover == COVER_SCALAR)
		json->cover = COVER_NONE;
}

/* Any byte in any state, edited; false: it cannot be read. */
bool json_edit_byte(struct json_editor *json, struct redact_feed *feed, uint8_t *byte);
/* Bytes of a covered value that have been read. */
void json_cover_run(struct json_editor *json, struct redact_feed *feed, uint8_t *data, size_t len);

#endif
