/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chained by index; the links live beside the entries, so that an untouched
 * part of a large table never becomes resident.
 */
#include "base/table.h"

#include <stdlib.h>

#define NONE UINT32_MAX

struct link {
	uint32_t next_in_chain;
	uint32_t older, younger;
	uint32_t bucket;
};

struct table {
	struct hash_key hash_key;
	size_t key_size, entry_size;
	uint32_t capacity, count, used;
	uint32_t mask;
	uint32_t oldest, youngest, free_list;
	uint64_t evicted;
	table_removed *removed;
	void *context;
	uint32_t *buckets; /* index + 1; 0 is empty, so fresh pages will do */
	struct link *links;
	uint8_t *entries;
};

static void *entry_at(const struct table *table, uint32_t index)
{
	return table->entries + table->entry_size * index;
}

void *table_at(const struct table *table, uint32_t index)
{
	return entry_at(table, index);
}

struct table *table_new(size_t capacity, size_t key_size, size_t entry_size,
			const struct hash_key *hash_key)
{
	struct table *table = calloc(1, sizeof(*table));
	size_t buckets = 1;

	if (!table || capacity == 0 || capacity >= NONE / 2)
		goto fail;
	while (buckets < capacity)
		buckets *= 2;
	table->hash_key = *hash_key;
	table->key_size = key_size;
	table->entry_size = (entry_size + 15) & ~(size_t)15;
	table->capacity = (uint32_t)capacity;
	table->mask = (uint32_t)buckets - 1;
	table->oldest = table->youngest = table->free_list = NONE;
	table->buckets = calloc(buckets, sizeof(*table->buckets));
	table->links = calloc(capacity, sizeof(*table->links));
	table->entries = calloc(capacity, table->entry_size);
	if (table->buckets && table->links && table->entries)
		return table;
fail:
	table_free(table);
	return NULL;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	free(table->buckets);
	free(table->links);
	free(table->entries);
	free(table);
}

void table_on_remove(struct table *table, table_removed *removed, void *context)
{
	table->removed = removed;
	table->context = context;
}

static uint32_t bucket_of(const struct table *table, const void *key)
{
	return (uint32_t)hash_bytes(&table->hash_key, key, table->key_size) & table->mask;
}

void *table_find(const struct table *table, const void *key)
{
	uint32_t at = table->buckets[bucket_of(table, key)];

	while (at) {
		void *entry = entry_at(table, at - 1);

		if (memcmp(entry, key, table->key_size) == 0)
			return entry;
		at = table->links[at - 1].next_in_chain;
	}
	return NULL;
}

static void unlink_age(struct table *table, uint32_t index)
{
	struct link *link = &table->links[index];

	if (link->older == NONE)
		table->oldest = link->younger;
	else
		table->links[link->older].younger = link->younger;
	if (link->younger == NONE)
		table->youngest = link->older;
	else
		table->links[link->younger].older = link->older;
}

static void link_youngest(struct table *table, uint32_t index)
{
	struct link *link = &table->links[index];

	link->older = table->youngest;
	link->younger = NONE;
	if (table->youngest == NONE)
		table->oldest = index;
	else
		table->links[table->youngest].younger = index;
	table->youngest = index;
}

uint32_t table_index(const struct table *table, const void *entry)
{
	return (uint32_t)((size_t)((const uint8_t *)entry - table->entries) / table->entry_size);
}

void table_remove(struct table *table, void *entry)
{
	uint32_t index = table_index(table, entry);
	struct link *link = &table->links[index];
	uint32_t *at = &table->buckets[link->bucket];

	if (table->removed)
		table->removed(table->context, entry);
	while (*at != index + 1)
		at = &table->links[*at - 1].next_in_chain;
	*at = link->next_in_chain;
	unlink_age(table, index);
	link->next_in_chain = table->free_list;
	table->free_list = index;
	table->count--;
}

static uint32_t take_free(struct table *table)
{
	uint32_t index = table->free_list;

	if (index != NONE) {
		table->free_list = table->links[index].next_in_chain;
		return index;
	}
	return table->used++;
}

void *table_add(struct table *table, const void *key)
{
	uint32_t index;
	struct link *link;
	void *entry;

	if (table->count == table->capacity) {
		table->evicted++;
		table_remove(table, entry_at(table, table->oldest));
	}
	index = take_free(table);
	table->count++;
	link = &table->links[index];
	link->bucket = bucket_of(table, key);
	link->next_in_chain = table->buckets[link->bucket];
	table->buckets[link->bucket] = index + 1;
	link_youngest(table, index);
	entry = entry_at(table, index);
	memset(entry, 0, table->entry_size);
	memcpy(entry, key, table->key_size);
	return entry;
}

void table_touch(struct table *table, void *entry)
{
	uint32_t index = table_index(table, entry);

	if (table->youngest == index)
		return;
	unlink_age(table, index);
	link_youngest(table, index);
}

void *table_oldest(const struct table *table)
{
	return table->oldest == NONE ? NULL : entry_at(table, table->oldest);
}

void *table_younger(const struct table *table, const void *entry)
{
	uint32_t younger = table->links[table_index(table, entry)].younger;

	return younger == NONE ? NULL : entry_at(table, younger);
}

size_t table_count(const struct table *table)
{
	return table->count;
}

size_t table_capacity(const struct table *table)
{
	return table->capacity;
}

uint64_t table_evicted(const struct table *table)
{
	return table->evicted;
}
