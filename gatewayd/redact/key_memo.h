/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has been found out about keys, by how they are written: devices say the
 * same few again and again, and in the same order. Whether it is the same key
 * is seen by comparing all of it, so what is remembered is never another
 * key's; one that is not there is looked up as ever (keys_whole()).
 */
#ifndef GATEWAYD_REDACT_KEY_MEMO_H
#define GATEWAYD_REDACT_KEY_MEMO_H

#include "redact/run.h"

#define KEY_MEMO_WORDS 3 /* of a key's text; longer ones are not remembered */
#define KEY_MEMO_TEXT (KEY_MEMO_WORDS * sizeof(uint64_t))
#define KEY_MEMO_BITS 8

struct key_memo_entry {
	/* As it is written, and zeros. */
	uint64_t text[KEY_MEMO_WORDS];
	size_t len;
	uint64_t parent; /* hash of the key that encloses it */
	uint64_t hash;
	uint32_t categories;
	/* The key that came behind it last time; NULL: nothing is remembered here. */
	struct key_memo_entry *next;
};

struct key_memo {
	struct key_memo_entry entries[1 << KEY_MEMO_BITS];
	struct key_memo_entry none; /* whatever is too long to be remembered; no text is its */
};

/* Word i of a text of so many bytes, zeros behind it; KEY_MEMO_TEXT bytes must be there. */
static inline uint64_t key_memo_word(const uint8_t *text, size_t len, size_t i)
{
	/* As many bytes of ones as are wanted, in either byte order. */
	static const uint64_t masks[2 * KEY_MEMO_WORDS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
	const uint8_t *mask = (const uint8_t *)masks + KEY_MEMO_TEXT - len;

	return run_word(text + 8 * i) & run_word(mask + 8 * i);
}

/*
 * Does the text begin with the key of the entry? KEY_MEMO_TEXT bytes must be
 * there. Whether the key ends with it, what comes behind it must tell.
 */
static inline bool key_memo_is(const struct key_memo_entry *entry, uint64_t parent,
			       const uint8_t *text)
{
	size_t len = entry->len;

	if (entry->text[0] != key_memo_word(text, len, 0) || entry->parent != parent)
		return false;
	return len <= 8 || (entry->text[1] == key_memo_word(text, len, 1) &&
			    entry->text[2] == key_memo_word(text, len, 2));
}

#endif
