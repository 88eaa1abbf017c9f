/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairs in one line: a form body or query (key=value&key=value, keys
 * percent-encoded at will, "a[lat]" read as the keys a and lat), and cookies
 * (key=value; key=value). Digits of a value become '0' (in a cookie 'x'), all
 * else 'x'.
 *
 * "key: value" matches, too: curl calls a form what it is not told the type of.
 * Some servers also split at ';'. So a key may begin behind one, but a value
 * that is overwritten does not end there.
 */
#ifndef GATEWAYD_REDACT_FORM_H
#define GATEWAYD_REDACT_FORM_H

#include "redact/edit.h"

struct form_editor {
	uint8_t state;
	uint8_t percent; /* 1: after '%', 2: after its first digit */
	uint8_t digit;
	bool cookie;
	bool begun; /* the first key was */
	bool fresh; /* nothing of the key has been read */
	bool ended; /* a body's line end was: it is over */
	struct utf8 utf8;
	bool counted;
	uint32_t matched;
	struct key_match match;
};

void form_start(struct form_editor *form, bool cookie);
/* Never fails: every byte means something to a form. */
void form_edit(struct form_editor *form, struct redact_feed *feed, uint8_t *data, size_t len);
/*
 * A body that is said to be a form. Returns how many bytes can be of one: text
 * of a single line.
 */
size_t form_edit_body(struct form_editor *form, struct redact_feed *feed, uint8_t *data,
		      size_t len);

/* The selected categories of a key that is there as a whole ("user[lat]"). */
uint32_t form_key_matches(const struct redact_feed *feed, struct bytes key);

#endif
