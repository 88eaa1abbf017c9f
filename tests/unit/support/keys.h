/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of the editors: a table of keys, and how it is made. */
#ifndef GATEWAYD_TESTS_KEYS_H
#define GATEWAYD_TESTS_KEYS_H

#include <string.h>

#include "tests/unit/support/check.h"

#include "redact/keys.h"
#include "tests/unit/support/reference.h"

static struct redact_keys *keys;

/* Those of the reference. */
static inline void make_reference_keys(const struct reference_key *all, size_t count)
{
	keys = keys_new(NULL);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
			keys_add(keys, bytes_of(all[i].text, strlen(all[i].text)), all[i].category),
			KEYS_OK);
}

/* The n-th of category n. */
static inline void make_keys(const char *const *texts, unsigned count)
{
	keys = keys_new(NULL);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(keys_add(keys, bytes_of(texts[i], strlen(texts[i])), i), KEYS_OK);
}

/* "lat" is location, "owner" identity. */
static inline int make_two_keys(void **state)
{
	(void)state;
	make_keys((const char *const[]){"lat", "owner"}, 2);
	return 0;
}

static inline int free_keys(void **state)
{
	(void)state;
	keys_free(keys);
	return 0;
}

#endif
