/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all editors share: what is to be taken out, and what was done.
 *
 * An editor overwrites in place and never changes a length. It is told a
 * stream's bytes in order, cut anywhere, and decides each byte when it sees
 * it, so nothing that was released is ever wanted back; known secrets are the
 * one exception (see struct redact_result, held).
 */
#ifndef GATEWAYD_REDACT_EDIT_H
#define GATEWAYD_REDACT_EDIT_H

#include "redact/keys.h"

struct redact_secrets;

/* Must be the same from call to call, or a value may be stripped in part. */
struct redact_plan {
	const struct redact_keys *keys;       /* never NULL, may be empty */
	const struct redact_secrets *secrets; /* NULL: none */
	uint32_t categories;                  /* to be stripped: mask of 1 << category */
};

/* Bytes at the end of a stream that a caller may be asked to hold back. */
#define REDACT_HELD_MOST 256

struct redact_result {
	/* Values that were changed, under the first of their selected categories. */
	uint32_t stripped[REDACT_CATEGORIES];
	/* Known secrets that were seen where they are not stripped. */
	uint32_t seen[REDACT_CATEGORIES];
	/* Known secrets of which some bytes had gone already; stripped from there on. */
	uint32_t partial;
	/*
	 * Some of these bytes could not be read; opaque_at counts from the first
	 * byte of this call. Later calls say so again when it goes on.
	 */
	bool opaque;
	size_t opaque_at;
	/*
	 * The last `held` bytes fed so far (of this call and, when it was short,
	 * of those before) may yet change: do not release them. 0 without
	 * secrets, and at the end of every message.
	 */
	size_t held;
	/*
	 * The first `settled_len` of the bytes that were held before this call
	 * are final now, and this is what they are.
	 */
	size_t settled_len;
	uint8_t settled[REDACT_HELD_MOST];
};

struct secrets_scan;

/* One call's bytes and all that goes with them; between the editors only. */
struct redact_feed {
	const struct redact_plan *plan;
	struct redact_result *result;
	struct secrets_scan *scan; /* NULL: no secrets to look for */
	uint8_t *data;
	size_t len;
	uint64_t offset; /* of data[0] in the stream */
	bool aside;      /* bytes that stay, or have left already: read, not written */
};

/* From here on the bytes could not be read; the first such place is kept. */
void feed_opaque(struct redact_feed *feed, const uint8_t *from);
/* One more value was changed; categories: of its key. */
void feed_count(struct redact_feed *feed, uint32_t categories);
/* The selected categories of the key that was read; 0: leave the value alone. */
uint32_t feed_matches(const struct redact_feed *feed, const struct key_match *match);

/* '0' for a digit, 'x' for all else. */
static inline uint8_t mask_of(uint8_t byte)
{
	return byte >= '0' && byte <= '9' ? '0' : 'x';
}

/* Overwrites one byte of a value and counts the value once. */
static inline void feed_put(struct redact_feed *feed, uint8_t *byte, uint8_t value,
			    uint32_t categories, bool *counted)
{
	if (*byte == value || feed->aside)
		return;
	*byte = value;
	if (!*counted)
		feed_count(feed, categories);
	*counted = true;
}

/* UTF-8 byte by byte, RFC 3629 section 4. All zero is the beginning. */
struct utf8 {
	uint8_t left;      /* continuation bytes to come */
	uint8_t low, high; /* bounds of the next one */
};
bool utf8_step(struct utf8 *utf8, uint8_t byte);

/* -1 when it is no hexadecimal digit. */
static inline int hex_value(uint32_t character)
{
	if (character >= '0' && character <= '9')
		return (int)(character - '0');
	character |= 0x20;
	return character >= 'a' && character <= 'f' ? (int)(character - 'a') + 10 : -1;
}

#endif
