/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines and words of text protocols, over struct cursor and struct bytes.
 */
#ifndef GATEWAYD_DECODE_LINES_H
#define GATEWAYD_DECODE_LINES_H

#include "base/bytes.h"

/* The next line without its LF or CRLF. False, and nothing read: no LF comes. */
bool lines_next(struct cursor *cursor, struct bytes *ret_line);

/* Without spaces and tabs at both ends. */
struct bytes lines_trim(struct bytes text);

/* Up to the first space; the text that follows it goes to *ret_rest. */
struct bytes lines_word(struct bytes text, struct bytes *ret_rest);

/* ASCII letters compare without case. */
bool lines_equal(struct bytes text, const char *word);
bool lines_start_with(struct bytes text, const char *prefix);
/* Does the word occur anywhere in it? */
bool lines_contain(struct bytes text, const char *word);

/* Is one the beginning of the other, without case? */
bool lines_agree(struct bytes text, const char *word);

/* All bytes from space to tilde, or tabs. */
bool lines_printable(struct bytes text);

#endif
