/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A short text that is remembered, and whether others begin with it: said by
 * comparing all of it, a word at a time, so it is never taken for another.
 */
#ifndef GATEWAYD_REDACT_MEMO_TEXT_H
#define GATEWAYD_REDACT_MEMO_TEXT_H

#include "redact/run.h"

#define MEMO_TEXT_MOST 32

struct memo_text {
	uint64_t first; /* 8 bytes, or the few there are, behind zeros */
	uint64_t last;  /* the last 8 of a longer one */
	uint64_t second, last_but_one;
	uint8_t shift; /* bits of zeros in `first` */
	uint8_t len;
};

/* The first bytes of a word, behind as many bits of zeros. */
static inline uint64_t memo_word_first(uint64_t word, unsigned shift)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return word >> shift;
#else
	return word << shift;
#endif
}

/* len is 1 to MEMO_TEXT_MOST. */
static inline struct memo_text memo_text_of(const uint8_t *data, size_t len)
{
	struct memo_text text = {.len = (uint8_t)len};

	if (len < 8)
		text.shift = (uint8_t)(8 * (8 - len));
	text.first = memo_word_first(run_word_of(data, len), text.shift);
	if (len > 8)
		text.last = run_word(data + len - 8);
	if (len > 16) {
		text.second = run_word(data + 8);
		text.last_but_one = run_word(data + len - 16);
	}
	return text;
}

/* One that nothing begins with: a byte behind zeros is never this, in either byte order. */
static inline struct memo_text memo_text_none(void)
{
	struct memo_text text = {.first = 0x0101, .shift = 56};

	return text;
}

static inline bool memo_text_same(const struct memo_text *a, const struct memo_text *b)
{
	return a->first == b->first && a->last == b->last && a->second == b->second &&
	       a->last_but_one == b->last_but_one && a->len == b->len;
}

/* For finding it again. */
static inline uint64_t memo_text_mixed(const struct memo_text *text)
{
	return text->first ^ text->second << 7 ^ text->last_but_one << 13 ^ text->last << 19;
}

/* Do these bytes begin with the text? MEMO_TEXT_MOST of them must be there. */
static inline bool memo_text_begins(const struct memo_text *text, const uint8_t *data)
{
	if (text->first != memo_word_first(run_word(data), text->shift))
		return false;
	if (text->len <= 8)
		return true;
	if (text->last != run_word(data + text->len - 8))
		return false;
	return text->len <= 16 || (text->second == run_word(data + 8) &&
				   text->last_but_one == run_word(data + text->len - 16));
}

#endif
