/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is taken piece by piece while a policy is read and given back
 * all at once. A tree of settings lives in one arena, a set in another. When
 * the machine has no more, arena_alloc() jumps out to policy_load(), so that
 * nothing in between has to be prepared for it.
 */
#ifndef GATEWAYD_POLICY_ARENA_H
#define GATEWAYD_POLICY_ARENA_H

#include <setjmp.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	jmp_buf *exhausted; /* where to go when there is no memory */
};

/* Zeroed; never NULL. */
void *arena_alloc(struct arena *arena, size_t size);
/* The same, but NULL where the caller has something to clean up first. */
void *arena_try(struct arena *arena, size_t size);
/* An array; a count that would overflow counts as no memory. */
void *arena_array(struct arena *arena, size_t count, size_t size);
_Noreturn void arena_give_up(struct arena *arena);
char *arena_text(struct arena *arena, const char *text, size_t len);
void arena_free(struct arena *arena);

/*
 * Rows outside the arena, while their number is not known: space for one more,
 * the rows where they are now. Without memory they are freed before it jumps.
 */
void *arena_make_room(struct arena *arena, void *rows, size_t size, size_t count,
		      size_t *ret_capacity);

/* A list of pointers that grows. */
struct vector {
	void **items;
	size_t count;
	size_t capacity;
};

void vector_add(struct vector *vector, struct arena *arena, void *item);

#endif
