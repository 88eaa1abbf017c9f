/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many bytes from here on are of one kind, looked at eight at a time in a
 * 64-bit word. Each test leaves the highest bit of a byte set where the run
 * ends, and nothing is carried from one byte into the next, so that the first
 * such bit is right on machines of either byte order.
 */
#ifndef GATEWAYD_REDACT_RUN_H
#define GATEWAYD_REDACT_RUN_H

#include "base/bytes.h"

#define RUN_ONES UINT64_C(0x0101010101010101)
#define RUN_HIGHS (RUN_ONES << 7)

static inline uint64_t run_word(const uint8_t *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return word;
}

/* The highest bit of each byte that is at least `least` (1 to 0x80); of those below 0x80. */
static inline uint64_t run_at_least(uint64_t word, uint8_t least)
{
	return (word & ~RUN_HIGHS) + RUN_ONES * (uint64_t)(0x80 - least);
}

/* Which byte in memory is the first whose highest bit is set; one must be. */
static inline unsigned run_first(uint64_t marks)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return (unsigned)__builtin_clzll(marks) / 8;
#else
	return (unsigned)__builtin_ctzll(marks) / 8;
#endif
}

/* Ends of a JSON string's plain text: quotes, backslashes, control characters. */
static inline uint64_t run_text_ends(uint64_t word)
{
	/* With this bit turned a quote comes right behind the control characters. */
	uint64_t quotes = run_at_least(word ^ RUN_ONES * ('"' ^ 0x20), 0x21);
	uint64_t slashes = run_at_least(word ^ RUN_ONES * '\\', 1);

	return ~((quotes & slashes) | word) & RUN_HIGHS;
}

/* The same, and all that is not ASCII. */
static inline uint64_t run_key_ends(uint64_t word)
{
	return run_text_ends(word) | (word & RUN_HIGHS);
}

static inline uint64_t run_digit_ends(uint64_t word)
{
	word ^= RUN_ONES * '0';
	return (run_at_least(word, 10) | word) & RUN_HIGHS;
}

/* Bytes before the first that `ends` marks; the last few are tried as a word with zeros. */
static inline size_t run_length(const uint8_t *data, size_t len, uint64_t (*ends)(uint64_t))
{
	uint64_t word = 0;
	uint64_t marks;
	size_t at = 0;

	for (; len - at >= sizeof(word); at += sizeof(word)) {
		marks = ends(run_word(data + at));
		if (marks)
			return at + run_first(marks);
	}
	memcpy(&word, data + at, len - at);
	marks = ends(word);
	if (!marks)
		return len;
	at += run_first(marks);
	return at < len ? at : len;
}

#endif
