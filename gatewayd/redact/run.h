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

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define RUN_ONES UINT64_C(0x0101010101010101)
#define RUN_HIGHS (RUN_ONES << 7)

/* How far byte i in memory is to be shifted to its place in a word. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define RUN_SHIFT(i) (56 - 8 * (i))
#else
#define RUN_SHIFT(i) (8 * (i))
#endif

static inline uint64_t run_word(const uint8_t *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return word;
}

/*
 * The first so many bytes (at most 8) of a word, zeros behind them. Not by a
 * memcpy() into a word: to read what was just written in parts waits until
 * all of it has reached the cache.
 */
static inline uint64_t run_word_of(const uint8_t *data, size_t len)
{
	uint64_t word = 0;
	uint32_t first, last;

	if (len >= sizeof(word))
		return run_word(data);
	if (len < sizeof(first)) {
		for (size_t i = 0; i < len; i++)
			word |= (uint64_t)data[i] << RUN_SHIFT(i);
		return word;
	}
	memcpy(&first, data, sizeof(first));
	memcpy(&last, data + len - sizeof(last), sizeof(last));
	/* The two overlap where they say the same. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return (uint64_t)first << 32 | (uint64_t)last << 8 * (8 - len);
#else
	return first | (uint64_t)last << 8 * (len - 4);
#endif
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

/* Control characters of ASCII. */
static inline uint64_t run_controls(uint64_t word)
{
	return (~run_at_least(word, ' ') | run_at_least(word, 0x7f)) & ~word & RUN_HIGHS;
}

/* The same, and all that is not ASCII. */
static inline uint64_t run_line_ends(uint64_t word)
{
	return run_controls(word) | (word & RUN_HIGHS);
}

/* '&' or ';', where a form's value ends. */
static inline uint64_t run_value_ends(uint64_t word)
{
	uint64_t ampersands = run_at_least(word ^ RUN_ONES * '&', 1);
	uint64_t semicolons = run_at_least(word ^ RUN_ONES * ';', 1);

	return ~((ampersands & semicolons) | word) & RUN_HIGHS;
}

static inline uint64_t run_semicolons(uint64_t word)
{
	return ~(run_at_least(word ^ RUN_ONES * ';', 1) | word) & RUN_HIGHS;
}

static inline uint64_t run_ampersands(uint64_t word)
{
	return ~(run_at_least(word ^ RUN_ONES * '&', 1) | word) & RUN_HIGHS;
}

/* Bytes before the first that `ends` marks; the last few are tried as a word with zeros. */
static inline size_t run_length(const uint8_t *data, size_t len, uint64_t (*ends)(uint64_t))
{
	uint64_t marks;
	size_t at = 0;

	for (; len - at >= sizeof(marks); at += sizeof(marks)) {
		marks = ends(run_word(data + at));
		if (marks)
			return at + run_first(marks);
	}
	marks = ends(run_word_of(data + at, len - at));
	if (!marks)
		return len;
	at += run_first(marks);
	return at < len ? at : len;
}

/*
 * Of RUN_BLOCK bytes, how many there are before the first that ends the run;
 * RUN_BLOCK: none does. Twice as much at once where every processor of the
 * kind can: 1.2 times as fast on JSON.
 */
#ifdef __SSE2__
#define RUN_BLOCK 16

static inline unsigned run_block_first(__m128i ends)
{
	return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(ends) | 1u << RUN_BLOCK);
}

static inline unsigned run_block_text(const uint8_t *data)
{
	__m128i block = _mm_loadu_si128((const __m128i *)(const void *)data);
	__m128i quotes = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
	__m128i slashes = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
	__m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);

	return run_block_first(_mm_or_si128(_mm_or_si128(quotes, slashes), controls));
}

static inline unsigned run_block_digits(const uint8_t *data)
{
	__m128i block = _mm_loadu_si128((const __m128i *)(const void *)data);
	__m128i digits = _mm_sub_epi8(block, _mm_set1_epi8('0'));
	__m128i others = _mm_cmpeq_epi8(_mm_max_epu8(digits, _mm_set1_epi8(10)), digits);

	return run_block_first(others);
}
#else
#define RUN_BLOCK 8

static inline unsigned run_block_text(const uint8_t *data)
{
	uint64_t ends = run_text_ends(run_word(data));

	return ends ? run_first(ends) : RUN_BLOCK;
}

static inline unsigned run_block_digits(const uint8_t *data)
{
	uint64_t ends = run_digit_ends(run_word(data));

	return ends ? run_first(ends) : RUN_BLOCK;
}
#endif

/*
 * As memset(), for a few bytes. A C library may write them with one masked
 * store, and to read the bytes behind them then waits for it. Stores overlap,
 * since one for each bit of the length takes twice as long.
 */
static inline void run_fill(uint8_t *data, uint8_t byte, size_t len)
{
	const uint64_t word = RUN_ONES * byte;

	if (len >= 8) {
		for (size_t at = 0; at + 8 < len; at += 8)
			memcpy(data + at, &word, 8);
		memcpy(data + len - 8, &word, 8);
	} else if (len >= 4) {
		memcpy(data, &word, 4);
		memcpy(data + len - 4, &word, 4);
	} else if (len) {
		data[0] = data[len / 2] = data[len - 1] = byte;
	}
}

#endif
