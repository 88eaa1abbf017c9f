/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "base/table.h"

struct entry {
	uint32_t key;
	uint32_t value;
	uint8_t rest[5];
};

static const struct hash_key hash_key = {0x0123456789abcdef, 0xfedcba9876543210};

static struct table *new_table(size_t capacity)
{
	struct table *table =
		table_new(capacity, sizeof(uint32_t), sizeof(struct entry), &hash_key);

	assert_non_null(table);
	return table;
}

static struct entry *add(struct table *table, uint32_t key)
{
	struct entry *entry = table_add(table, &key);

	assert_non_null(entry);
	assert_int_equal(entry->key, key);
	assert_int_equal(entry->value, 0);
	assert_int_equal(entry->rest[4], 0);
	return entry;
}

static void finds_what_was_added(void **state)
{
	(void)state;
	struct table *table = new_table(100);
	uint32_t key;

	for (key = 0; key < 100; key++)
		add(table, key)->value = 2 * key;
	assert_int_equal(table_count(table), 100);
	assert_int_equal(table_capacity(table), 100);
	assert_int_equal(table_evicted(table), 0);
	for (key = 0; key < 100; key++) {
		struct entry *entry = table_find(table, &key);

		assert_non_null(entry);
		assert_int_equal(entry->value, 2 * key);
	}
	assert_null(table_find(table, &key));
	table_free(table);
}

static void refuses_impossible_sizes(void **state)
{
	(void)state;
	assert_null(table_new(0, 4, 16, &hash_key));
	assert_null(table_new(UINT32_MAX, 4, 16, &hash_key));
	assert_null(table_new(SIZE_MAX, 4, 16, &hash_key));
	table_free(NULL);
}

static void a_full_table_gives_up_its_oldest(void **state)
{
	(void)state;
	struct table *table = new_table(3);
	uint32_t key = 1;

	for (key = 1; key <= 3; key++)
		add(table, key);
	key = 1;
	table_touch(table, table_find(table, &key));
	add(table, 4);
	key = 2;
	assert_null(table_find(table, &key));
	key = 1;
	assert_non_null(table_find(table, &key));
	assert_int_equal(table_evicted(table), 1);
	assert_int_equal(table_count(table), 3);
	assert_int_equal(((struct entry *)table_oldest(table))->key, 3);
	table_free(table);
}

static void remember_key(void *context, void *entry)
{
	*(uint32_t *)context = ((struct entry *)entry)->key;
}

static void whoever_removes_it_is_told(void **state)
{
	(void)state;
	struct table *table = new_table(1);
	uint32_t removed = 0;
	struct entry *entry;

	table_on_remove(table, remember_key, &removed);
	add(table, 7);
	entry = add(table, 8);
	assert_int_equal(removed, 7);
	table_remove(table, entry);
	assert_int_equal(removed, 8);
	assert_int_equal(table_count(table), 0);
	assert_null(table_oldest(table));
	table_free(table);
}

/* ---- against a list that is searched from one end to the other ---- */

#define MODEL_MOST 64

struct model {
	struct entry entries[MODEL_MOST]; /* oldest first */
	size_t count, capacity;
	uint64_t evicted;
};

static size_t model_find(const struct model *model, uint32_t key)
{
	size_t i = 0;

	while (i < model->count && model->entries[i].key != key)
		i++;
	return i;
}

static void model_remove(struct model *model, size_t i)
{
	model->count--;
	memmove(&model->entries[i], &model->entries[i + 1],
		(model->count - i) * sizeof(model->entries[0]));
}

static void model_add(struct model *model, struct entry entry)
{
	if (model->count == model->capacity) {
		model_remove(model, 0);
		model->evicted++;
	}
	model->entries[model->count++] = entry;
}

static void assert_same(const struct table *table, const struct model *model)
{
	const struct entry *entry = table_oldest(table);
	bool index_used[MODEL_MOST] = {false};

	assert_int_equal(table_count(table), model->count);
	assert_true(table_evicted(table) == model->evicted);
	for (size_t i = 0; i < model->count; i++) {
		uint32_t index;

		assert_non_null(entry);
		assert_int_equal(entry->key, model->entries[i].key);
		assert_int_equal(entry->value, model->entries[i].value);
		assert_ptr_equal(table_find(table, &entry->key), entry);
		index = table_index(table, entry);
		assert_true(index < model->capacity);
		assert_false(index_used[index]);
		index_used[index] = true;
		entry = table_younger(table, entry);
	}
	assert_null(entry);
}

static void do_something(struct table *table, struct model *model, uint64_t *seed)
{
	uint32_t key = (uint32_t)(random_next(seed) % (2 * model->capacity));
	size_t at = model_find(model, key);
	struct entry *entry = table_find(table, &key);
	struct entry copy;

	assert_int_equal(entry != NULL, at < model->count);
	if (!entry) {
		entry = add(table, key);
		entry->value = (uint32_t)random_next(seed);
		model_add(model, *entry);
		return;
	}
	copy = model->entries[at];
	model_remove(model, at);
	if (random_next(seed) % 3 == 0) {
		table_remove(table, entry);
		return;
	}
	table_touch(table, entry);
	model->entries[model->count++] = copy;
}

static void behaves_like_a_list(void **state)
{
	(void)state;
	static const size_t capacities[] = {1, 2, 3, 7, 8, 9, MODEL_MOST};
	uint64_t seed = 0x9e3779b97f4a7c15;

	for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
		struct table *table = new_table(capacities[i]);
		struct model model = {.capacity = capacities[i]};

		for (unsigned round = 0; round < 5000; round++) {
			do_something(table, &model, &seed);
			assert_same(table, &model);
		}
		table_free(table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added),
		cmocka_unit_test(refuses_impossible_sizes),
		cmocka_unit_test(a_full_table_gives_up_its_oldest),
		cmocka_unit_test(whoever_removes_it_is_told),
		cmocka_unit_test(behaves_like_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
