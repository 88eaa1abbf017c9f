/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For random tests: which cases, and how many; SEED and CASES choose others. */
#ifndef GATEWAYD_TESTS_CASES_H
#define GATEWAYD_TESTS_CASES_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints them, so that a failure can be repeated. What is not chosen stays. */
static inline void choose_cases(uint64_t *seed, unsigned long *cases)
{
	const char *text = getenv("SEED");

	if (text)
		*seed = strtoull(text, NULL, 10);
	text = getenv("CASES");
	if (text)
		*cases = strtoul(text, NULL, 10);
	printf("# SEED=%" PRIu64 " CASES=%lu\n", *seed, *cases);
}

#endif
