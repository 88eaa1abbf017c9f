/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every unit test needs: cmocka with what it wants included before, exact
 * copies on the heap (a sanitizer sees a read of one byte too many), and random
 * numbers that are the same each time.
 */
#ifndef GATEWAYD_TESTS_CHECK_H
#define GATEWAYD_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"

/* The caller frees .data with block_free(). */
static inline struct bytes block_copy(const void *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	if (len)
		memcpy(copy, data, len);
	return bytes_of(copy, len);
}

static inline void block_free(struct bytes block)
{
	free((void *)(uintptr_t)block.data);
}

/* xorshift64; state must not be 0. */
static inline uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline void assert_bytes(struct bytes bytes, const void *expected, size_t len)
{
	assert_int_equal(bytes.len, len);
	if (len)
		assert_memory_equal(bytes.data, expected, len);
}

#endif
