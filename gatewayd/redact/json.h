/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON (RFC 8259) on a stream: one document, several (lines of JSON), with or
 * without a byte-order mark. Values of matching keys become `""`, `0`, `null`,
 * `{ }` or `[ ]` and spaces.
 *
 * Strict: what RFC 8259 does not allow, and a NUL in a key, ends it. A string
 * that holds JSON itself is edited too, two levels deep; a string that only
 * looks like JSON at its beginning is text.
 */
#ifndef GATEWAYD_REDACT_JSON_H
#define GATEWAYD_REDACT_JSON_H

#include "redact/edit.h"

#define JSON_DEPTH_MOST 64 /* open objects and arrays, those in strings included */
#define JSON_LAYERS 3      /* the document, JSON in its strings, JSON in those */
#define JSON_PATHS 16      /* depth down to which a key knows its enclosing key */

struct json_layer {
	uint8_t state;
	uint8_t escape;  /* where in an escape sequence */
	uint8_t bottom;  /* depth at which this layer began */
	uint8_t literal; /* which of true, false, null, and how much of it */
	uint16_t code;
	uint16_t surrogate;
	bool keyed;      /* a key was read: this is JSON and no mere text */
	uint64_t parent; /* hash of the key whose value the string is */
};

struct json_editor {
	struct json_layer layers[JSON_LAYERS];
	uint8_t layer; /* the innermost */
	uint8_t depth;
	uint16_t joint;      /* which one was walked over last (json_joint.h) */
	uint8_t cover;       /* what is being overwritten */
	uint8_t cover_depth; /* of the object or array that is */
	uint8_t fill_at, fill_len;
	uint8_t fill[8];
	struct utf8 utf8; /* of the key that is read */
	bool counted;
	uint32_t covered; /* categories of what is overwritten */
	uint32_t matched; /* categories of the key just read */
	uint64_t objects; /* bit i: what is open at depth i is an object, and no array */
	uint64_t parents[JSON_PATHS + 1]; /* by depth: the key that encloses what is open there */
	struct key_match match;
};

void json_start(struct json_editor *json);
/* Edits; returns how many bytes could be read: less than len, then it is no JSON. */
size_t json_edit(struct json_editor *json, struct redact_feed *feed, uint8_t *data, size_t len);

#endif
