/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 4096

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	max_align_t data[];
};

static size_t aligned(size_t size)
{
	return (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
}

void *arena_try(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;
	size_t room;
	char *start;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = aligned(size ? size : 1);
	if (!chunk || chunk->size - chunk->used < size) {
		room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
		chunk = calloc(1, sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		chunk->size = room;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	start = (char *)chunk->data + chunk->used;
	chunk->used += size;
	return start;
}

void arena_give_up(struct arena *arena)
{
	longjmp(*arena->exhausted, 1);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *memory = arena_try(arena, size);

	if (!memory)
		arena_give_up(arena);
	return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / 2 / size)
		arena_give_up(arena);
	return arena_alloc(arena, count * size);
}

char *arena_text(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	return copy;
}

void arena_free(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
}

void vector_add(struct vector *vector, struct arena *arena, void *item)
{
	if (vector->count == vector->capacity) {
		size_t capacity = vector->capacity ? 2 * vector->capacity : 8;
		void **items = arena_array(arena, capacity, sizeof(*items));

		if (vector->count)
			memcpy(items, vector->items, vector->count * sizeof(*items));
		vector->items = items;
		vector->capacity = capacity;
	}
	vector->items[vector->count++] = item;
}

void *arena_make_room(struct arena *arena, void *rows, size_t size, size_t count,
		      size_t *ret_capacity)
{
	size_t capacity = count ? 2 * count : 256;
	void *more;

	if (count < *ret_capacity)
		return rows;
	more = realloc(rows, capacity * size);
	if (!more) {
		free(rows);
		arena_give_up(arena);
	}
	*ret_capacity = capacity;
	return more;
}
