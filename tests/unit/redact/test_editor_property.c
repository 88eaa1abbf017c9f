/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random messages, cut at random, through the editor, against a reference
 * that sees each whole. SEED=n chooses others, CASES=n more or fewer; a
 * failure prints the seed of its case: SEED=that CASES=1 repeats it.
 */
#include "tests/unit/support/cases.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/generate.h"
#include "tests/unit/support/keys.h"

#include <inttypes.h>
#include <stdio.h>

#include "redact/editor.h"

#define CASES 100000
#define ALL_CATEGORIES 0x3b

static uint64_t seed = 20240229;
static unsigned long cases = CASES;

static int set_up(void **state)
{
	(void)state;
	choose_cases(&seed, &cases);
	make_reference_keys(generated_keys, generated_key_count);
	return 0;
}

struct outcome {
	uint32_t stripped[REDACT_CATEGORIES];
	bool opaque;
	size_t opaque_at;
};

/* Pieces of at most `most` bytes, each a block of its own; 0: all at once. */
static void edit(uint32_t categories, uint8_t *data, size_t len, unsigned most, uint64_t *random,
		 struct outcome *ret_outcome)
{
	struct redact_plan plan = {keys, NULL, categories};
	struct stream_editor editor;
	struct redact_result result;

	memset(ret_outcome, 0, sizeof(*ret_outcome));
	editor_start(&editor);
	for (size_t at = 0; at < len;) {
		size_t piece = most ? 1 + random_next(random) % most : len;
		uint8_t *block;

		if (piece > len - at)
			piece = len - at;
		block = malloc(piece);
		memcpy(block, data + at, piece);
		editor_feed(&editor, &plan, block, piece, &result);
		memcpy(data + at, block, piece);
		free(block);
		for (unsigned i = 0; i < REDACT_CATEGORIES; i++)
			ret_outcome->stripped[i] += result.stripped[i];
		if (result.opaque && !ret_outcome->opaque) {
			ret_outcome->opaque = true;
			ret_outcome->opaque_at = at + result.opaque_at;
		}
		at += piece;
	}
}

static void check_equal(uint64_t case_seed, const struct generated *message,
			const uint8_t *expected, const uint8_t *got)
{
	size_t at = 0;

	if (memcmp(expected, got, message->len) == 0)
		return;
	while (expected[at] == got[at])
		at++;
	printf("# SEED=%" PRIu64 " CASES=1 differs at %zu\n", case_seed, at);
	generated_show("message", message->data, message->len);
	generated_show("expected", expected, message->len);
	generated_show("got", got, message->len);
	fail();
}

static uint8_t *copy_of(const struct generated *message)
{
	uint8_t *copy = malloc(message->len + 1);

	memcpy(copy, message->data, message->len);
	return copy;
}

static const unsigned pieces[] = {1, 2, 7, 40, 300, 1500};

static void one_case(uint64_t case_seed)
{
	struct generated message = {NULL, 0, 0, case_seed * 0x9e3779b97f4a7c15u | 1};
	struct reference reference = {generated_keys, generated_key_count, 0, {0}};
	struct outcome outcome;
	enum framing framing;
	uint8_t *expected, *got;
	size_t from;

	for (unsigned i = 0; i < 4; i++)
		random_next(&message.random);
	framing = (enum framing)(random_next(&message.random) % FRAMING_COUNT);
	reference.categories = (uint32_t)random_next(&message.random) | 1u << case_seed % 6;
	generate(&message, framing, &from);
	expected = copy_of(&message);
	got = copy_of(&message);
	if (!generated_edit(&reference, framing, from, expected, message.len)) {
		printf("# SEED=%" PRIu64 " CASES=1: the reference cannot read it\n", case_seed);
		generated_show("message", message.data, message.len);
		fail();
	}
	edit(reference.categories, got, message.len,
	     pieces[random_next(&message.random) % (sizeof(pieces) / sizeof(pieces[0]))],
	     &message.random, &outcome);
	check_equal(case_seed, &message, expected, got);
	if (outcome.opaque ||
	    memcmp(outcome.stripped, reference.stripped, sizeof(outcome.stripped)) != 0) {
		printf("# SEED=%" PRIu64 " CASES=1: opaque %d at %zu, or counts differ\n",
		       case_seed, outcome.opaque, outcome.opaque_at);
		generated_show("message", message.data, message.len);
		fail();
	}
	free(expected);
	free(got);
	free(message.data);
}

static void test_equals_reference(void **state)
{
	(void)state;
	for (unsigned long i = 0; i < cases; i++)
		one_case(seed + i);
}

/* ---- messages with faults ---- */

static void damage(struct generated *message, uint64_t *random)
{
	static const char favourites[] = "\0\r\n\"\\{}[]:,=&;%<>- x0\xff";
	unsigned count = 1 + (unsigned)(random_next(random) % 3);

	while (count-- && message->len) {
		size_t at = random_next(random) % message->len;
		uint8_t value = (uint8_t)favourites[random_next(random) % sizeof(favourites)];

		switch (random_next(random) % 3) {
		case 0:
			message->data[at] = value;
			break;
		case 1:
			message->data[at] ^= (uint8_t)(1u << random_next(random) % 8);
			break;
		default:
			memmove(message->data + at, message->data + at + 1, message->len - at - 1);
			message->len--;
		}
	}
}

/* However it is cut, the same bytes come of it and the same place turns opaque. */
static void one_damaged_case(uint64_t case_seed)
{
	struct generated message = {NULL, 0, 0, case_seed * 0x9e3779b97f4a7c15u | 1};
	struct reference reference = {generated_keys, generated_key_count, ALL_CATEGORIES, {0}};
	struct outcome whole, cut;
	uint8_t *at_once, *in_pieces, *expected;
	enum framing framing;
	size_t from;

	for (unsigned i = 0; i < 4; i++)
		random_next(&message.random);
	framing = (enum framing)(random_next(&message.random) % FRAMING_COUNT);
	generate(&message, framing, &from);
	damage(&message, &message.random);
	at_once = copy_of(&message);
	in_pieces = copy_of(&message);
	expected = copy_of(&message);
	edit(ALL_CATEGORIES, at_once, message.len, 0, &message.random, &whole);
	edit(ALL_CATEGORIES, in_pieces, message.len,
	     1 + (unsigned)(random_next(&message.random) % 20), &message.random, &cut);
	check_equal(case_seed, &message, at_once, in_pieces);
	if (whole.opaque != cut.opaque || whole.opaque_at != cut.opaque_at) {
		printf("# damaged SEED=%" PRIu64 " CASES=4: opaque at %zu and at %zu\n", case_seed,
		       whole.opaque_at, cut.opaque_at);
		generated_show("message", message.data, message.len);
		fail();
	}
	assert_memory_equal(whole.stripped, cut.stripped, sizeof(cut.stripped));
	/* Of JSON the reference can say whether it still is some. */
	if (framing == FRAMING_JSON && message.len && !whole.opaque &&
	    reference_json(&reference, expected, message.len))
		check_equal(case_seed, &message, expected, at_once);
	free(at_once);
	free(in_pieces);
	free(expected);
	free(message.data);
}

static void test_damaged_alike_however_cut(void **state)
{
	(void)state;
	for (unsigned long i = 0; i < cases / 4; i++)
		one_damaged_case(seed + i);
}

/* ---- every place to cut ---- */

static void test_every_split(void **state)
{
	unsigned count = cases < 400 ? (unsigned)cases : 400;

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		struct generated message = {NULL, 0, 0, (seed + i) * 0x9e3779b97f4a7c15u | 1};
		struct redact_plan plan = {keys, NULL, ALL_CATEGORIES};
		struct redact_result result;
		struct stream_editor editor;
		struct outcome outcome;
		uint8_t *whole, *cut;
		size_t from;

		generate(&message, (enum framing)(i % FRAMING_COUNT), &from);
		whole = copy_of(&message);
		cut = malloc(message.len + 1);
		edit(ALL_CATEGORIES, whole, message.len, 0, &message.random, &outcome);
		for (size_t at = 1; at < message.len; at++) {
			memcpy(cut, message.data, message.len);
			editor_start(&editor);
			editor_feed(&editor, &plan, cut, at, &result);
			editor_feed(&editor, &plan, cut + at, message.len - at, &result);
			check_equal(seed + i, &message, whole, cut);
		}
		free(whole);
		free(cut);
		free(message.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equals_reference),
		cmocka_unit_test(test_damaged_alike_however_cut),
		cmocka_unit_test(test_every_split),
	};

	return cmocka_run_group_tests(tests, set_up, free_keys);
}
