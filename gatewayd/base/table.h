/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash table of fixed capacity that keeps its entries in order of age.
 * Everything is allocated by table_new(); a full table gives up its oldest
 * entry and counts that. The key is the first key_size bytes of an entry, so
 * entries are ordinary structs; keys are compared as bytes, so zero the
 * padding. Entries never move: a pointer stays good until its entry is removed.
 */
#ifndef GATEWAYD_BASE_TABLE_H
#define GATEWAYD_BASE_TABLE_H

#include "base/hash.h"

struct table;

/* Called with an entry that is about to be removed, whoever removes it. */
typedef void table_removed(void *context, void *entry);

/* NULL: no memory. */
struct table *table_new(size_t capacity, size_t key_size, size_t entry_size,
			const struct hash_key *hash_key);
void table_free(struct table *table);
void table_on_remove(struct table *table, table_removed *removed, void *context);

void *table_find(const struct table *table, const void *key);
/*
 * A new entry, zeroed but for its key, youngest of all. The key must not be
 * in the table. Never NULL: the oldest entry goes when all are taken.
 */
void *table_add(struct table *table, const void *key);
void table_remove(struct table *table, void *entry);
/* Makes an entry the youngest. */
void table_touch(struct table *table, void *entry);

/* By age, oldest first; NULL at the end. */
void *table_oldest(const struct table *table);
void *table_younger(const struct table *table, const void *entry);

size_t table_count(const struct table *table);
size_t table_capacity(const struct table *table);
/* Entries given up because the table was full. */
uint64_t table_evicted(const struct table *table);
/* A small number that names the entry as long as it lives. */
uint32_t table_index(const struct table *table, const void *entry);
/* The entry of that number; its bytes are stale once it was removed. */
void *table_at(const struct table *table, uint32_t index);

#endif
