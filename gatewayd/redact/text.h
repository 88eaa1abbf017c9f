/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text with keys in it: lines of "key=value" or "key: value", log lines,
 * undeclared forms. A key is the word before '=' or ':', quoted or not; its
 * value is what stands in quotes behind, or everything up to '&' or the end of
 * the line. Digits become '0', all else 'x'.
 *
 * Anything that is no text (NUL and other control characters, bytes that are
 * not UTF-8) ends it.
 */
#ifndef GATEWAYD_REDACT_TEXT_H
#define GATEWAYD_REDACT_TEXT_H

#include "redact/edit.h"

struct text_editor {
	uint8_t state;
	uint8_t quote;   /* that ends the value */
	uint8_t percent; /* as in a form */
	uint8_t digit;
	uint8_t mark; /* bytes of a byte-order mark that the word began with */
	struct utf8 utf8;
	bool escaped;
	bool counted;
	uint32_t matched;
	struct key_match match;
};

void text_start(struct text_editor *text);
size_t text_edit(struct text_editor *text, struct redact_feed *feed, uint8_t *data, size_t len);

#endif
