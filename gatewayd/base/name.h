/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain names in one canonical form: text in lower case, labels joined by
 * dots, no dot at the end; the root is the empty text. A byte of a label that
 * is not a printable ASCII character, or is a dot or a backslash, is written
 * \DDD (RFC 1035 section 5.1), so two different names never look the same.
 */
#ifndef GATEWAYD_BASE_NAME_H
#define GATEWAYD_BASE_NAME_H

#include "base/bytes.h"

#define NAME_TEXT_SIZE 256 /* with the terminator */

struct name {
	uint8_t len;
	char text[NAME_TEXT_SIZE];
};

/*
 * From text as people and certificates write it: any case, one dot at the
 * end allowed. Refused: empty labels, labels over 63 bytes, more than 253
 * bytes, and bytes that no host name holds (space, control, '/', non-ASCII).
 * Underscore and '*' are accepted: service names and wild cards hold them.
 */
bool name_parse(struct bytes text, struct name *ret_name);
bool name_parse_text(const char *text, struct name *ret_name);

/* Appends one label of a message, escaped; false: the name would be too long. */
bool name_append_label(struct name *name, struct bytes label);

bool name_equal(const struct name *a, const struct name *b);

/* Is it suffix itself, or does it end in "." and suffix? */
bool name_is_within(const struct name *name, const char *suffix, size_t suffix_len);

/*
 * The next shorter suffix: "a.b.c" gives "b.c", "c" gives NULL. text points
 * into a name's text. A dot inside a label is written \046, so none is lost.
 */
const char *name_parent(const char *text);

#endif
