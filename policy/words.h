/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fixed words of the language (actions, purposes, units ...), and the
 * search for the known word nearest to a mistyped one. No allocation.
 */
#ifndef GATEWAYD_POLICY_WORDS_H
#define GATEWAYD_POLICY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct words {
	const char *const *words; /* index: the enum's value */
	size_t count;
};

extern const struct words words_action;
extern const struct words words_with;
extern const struct words words_opaque;
extern const struct words words_purpose;
extern const struct words words_data;
extern const struct words words_deny;
extern const struct words words_mode;
extern const struct words words_failure;
extern const struct words words_offload;
extern const struct words words_answers;
extern const struct words words_bypass;
extern const struct words words_resolver;
extern const struct words words_strip;
extern const struct words words_days;

/* Its index, or -1. */
int words_find(const struct words *words, const char *text, size_t len);
/* "a", "b" or "c"; cut off with "..." when there is no room. */
void words_print(const struct words *words, char *text, size_t size);

/* Equal but for the case of ASCII letters. */
bool words_fold_equal(const char *a, const char *b);

/* Feed it every known word, then read `best`: NULL when none is near. */
struct nearest {
	const char *word;
	const char *best;
	unsigned distance; /* of best; too far at first */
};

struct nearest nearest_to(const char *word);
void nearest_try(struct nearest *nearest, const char *candidate);
void nearest_try_all(struct nearest *nearest, const struct words *words);

#endif
