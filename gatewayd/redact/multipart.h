/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multipart bodies (RFC 2046 section 5.1, RFC 7578): a field whose name
 * matches becomes spaces; other parts are edited as what they are. A CR, and
 * what repeats the beginning of the boundary behind it, stays: it may be one.
 */
#ifndef GATEWAYD_REDACT_MULTIPART_H
#define GATEWAYD_REDACT_MULTIPART_H

#include "redact/content.h"

/* boundary: 1 to MULTIPART_BOUNDARY_MOST bytes. */
void multipart_start(struct multipart_editor *parts, struct bytes boundary);
/* Returns how many bytes could be read: less than len, then it is opaque. */
size_t multipart_edit(struct content_editor *content, struct redact_feed *feed, uint8_t *data,
		      size_t len);

/* A body or part that is not multipart itself. */
void leaf_start(struct leaf_editor *leaf, enum content_kind declared);
/* What cannot be read is marked in the feed; returns how many bytes could be. */
size_t leaf_edit(struct leaf_editor *leaf, struct redact_feed *feed, uint8_t *data, size_t len);

/* Does text begin with the word, in any case? word is in lower case. */
bool text_begins(struct bytes text, const char *word);

#endif
