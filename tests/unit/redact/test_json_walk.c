/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device says again and again is walked over in large steps and from
 * memory (json.c, json_joint.h). A stream that comes byte by byte is not: the
 * two must do the same, with documents of one shape, of several in turn, and
 * with damaged ones. SEED=n chooses others, CASES=n more or fewer; a failure
 * prints the seed of its case: SEED=that CASES=1 repeats it, as far as that
 * does not depend on what is remembered from the cases before.
 */
#include "tests/unit/support/cases.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/keys.h"

#include <inttypes.h>
#include <stdio.h>

#include "redact/editor.h"

#define CASES 20000
#define LEN_MOST 6000
#define DEPTH_MOST 6

static uint64_t seed = 20241128;
static unsigned long cases = CASES;

static int set_up(void **state)
{
	static const struct reference_key all[] = {
		{"lat", 0}, {"owner", 1}, {"home.name", 1}, {"pay*", 3}, {"place", 0}};

	(void)state;
	choose_cases(&seed, &cases);
	make_reference_keys(all, sizeof(all) / sizeof(all[0]));
	return 0;
}

/* ---- documents ---- */

struct text {
	uint8_t data[LEN_MOST];
	size_t len;
	uint64_t shape;  /* random numbers that are the same from document to document */
	uint64_t values; /* that are not */
};

static void put(struct text *text, const char *more)
{
	size_t len = strlen(more);

	if (text->len + len > LEN_MOST)
		return;
	memcpy(text->data + text->len, more, len);
	text->len += len;
}

static const char *any_of(const char *const *list, uint64_t *random)
{
	unsigned count = 0;

	while (list[count])
		count++;
	return list[random_next(random) % count];
}

static void put_space(struct text *text)
{
	static const char *const spaces[] = {"", "", "", "", "", " ", "\n  ", "          ", NULL};

	put(text, any_of(spaces, &text->shape));
}

static void put_string(struct text *text)
{
	static const char *const strings[] = {"latte",
					      "",
					      "A. Smith",
					      "sixteen bytes is",
					      "more than sixteen bytes",
					      "\xc3\xa9t\xc3\xa9",
					      "back\\\\slash",
					      "quote\\\"d",
					      "\\u0041",
					      " {\\\"lat\\\":1}",
					      "{\\\"lat\\\":1,\\\"x\\\":2}",
					      "[1,2",
					      "x",
					      NULL};

	put(text, "\"");
	put(text, any_of(strings, &text->values));
	put(text, "\"");
}

static void put_scalar(struct text *text)
{
	static const char *const scalars[] = {"0",
					      "7",
					      "-3",
					      "48.137",
					      "12345678",
					      "1234567890123456",
					      "12345678901234567.5",
					      "0.5",
					      "-0",
					      "1e5",
					      "2.5E-10",
					      "true",
					      "false",
					      "null",
					      NULL};

	if (random_next(&text->shape) % 2)
		put_string(text);
	else
		put(text, any_of(scalars, &text->values));
}

static void put_key(struct text *text)
{
	static const char *const names[] = {"lat",
					    "owner",
					    "name",
					    "home",
					    "n",
					    "drink",
					    "place",
					    "payment",
					    "l\\u0061t",
					    "LAT",
					    "a_key_that_is_longer_than_what_is_remembered",
					    "counters",
					    "k",
					    "v",
					    NULL};

	put(text, "\"");
	put(text, any_of(names, &text->shape));
	put(text, "\"");
	put_space(text);
	put(text, ":");
	put_space(text);
}

static void put_value(struct text *text, unsigned depth)
{
	unsigned kind = (unsigned)(random_next(&text->shape) % 8);
	bool object = kind == 0 || depth == 0;
	unsigned count;

	if (depth > 0 && (kind > 1 || depth == DEPTH_MOST)) {
		put_scalar(text);
		return;
	}
	put(text, object ? "{" : "[");
	put_space(text);
	count = (unsigned)(random_next(&text->shape) % 5);
	for (unsigned i = 0; i < count; i++) {
		if (object)
			put_key(text);
		put_value(text, depth + 1);
		put_space(text);
		if (i + 1 < count)
			put(text, ",");
		put_space(text);
	}
	put(text, object ? "}" : "]");
}

static void damage(struct text *text)
{
	static const char favourites[] = "\0\r\n\"\\{}[]:,0.e- x\xff";
	uint64_t *random = &text->values;
	size_t at = random_next(random) % text->len;
	uint8_t value = (uint8_t)favourites[random_next(random) % (sizeof(favourites) - 1)];

	if (random_next(random) % 2) {
		text->data[at] = value;
	} else {
		memmove(text->data + at, text->data + at + 1, text->len - at - 1);
		text->len--;
	}
}

static void generate(struct text *text, uint64_t case_seed)
{
	uint64_t shapes[2];
	unsigned documents;

	text->len = 0;
	text->values = case_seed * 0x9e3779b97f4a7c15u | 1;
	for (unsigned i = 0; i < 4; i++)
		random_next(&text->values);
	shapes[0] = random_next(&text->values);
	shapes[1] = random_next(&text->values);
	documents = 1 + (unsigned)(random_next(&text->values) % 12);
	for (unsigned i = 0; i < documents; i++) {
		text->shape = shapes[random_next(&text->values) % 5 == 0];
		put_value(text, 0);
		put(text, "\n");
	}
	if (random_next(&text->values) % 2)
		damage(text);
}

/* ---- editing ---- */

struct outcome {
	uint32_t stripped[REDACT_CATEGORIES];
	bool opaque;
	size_t opaque_at;
};

static void edit(uint32_t categories, uint8_t *data, size_t len, size_t piece,
		 struct outcome *ret_outcome)
{
	struct redact_plan plan = {keys, NULL, categories};
	struct redact_result result;
	struct stream_editor editor;

	memset(ret_outcome, 0, sizeof(*ret_outcome));
	editor_start(&editor);
	for (size_t at = 0; at < len && !ret_outcome->opaque; at += piece) {
		size_t some = len - at < piece ? len - at : piece;
		uint8_t *block = malloc(some);

		memcpy(block, data + at, some);
		editor_feed(&editor, &plan, block, some, &result);
		memcpy(data + at, block, some);
		free(block);
		for (unsigned i = 0; i < REDACT_CATEGORIES; i++)
			ret_outcome->stripped[i] += result.stripped[i];
		ret_outcome->opaque = result.opaque;
		ret_outcome->opaque_at = at + result.opaque_at;
	}
}

static void fail_with(uint64_t case_seed, const char *what, const struct text *text, const void *a,
		      const void *b)
{
	printf("# SEED=%" PRIu64 " CASES=1: %s\n", case_seed, what);
	printf("# message:\n%.*s\n# by bytes:\n%.*s\n# in pieces:\n%.*s\n", (int)text->len,
	       (const char *)text->data, (int)text->len, (const char *)a, (int)text->len,
	       (const char *)b);
	fail();
}

static void one_case(uint64_t case_seed)
{
	static const size_t pieces[] = {LEN_MOST, 1448, 200, 61};
	static uint8_t by_bytes[LEN_MOST], in_pieces[LEN_MOST];
	struct outcome slow, fast;
	struct text text;
	uint32_t categories;

	generate(&text, case_seed);
	/* Not always all: what is remembered must do for other plans, too. */
	categories = random_next(&text.values) % 4 ? 0xb : (uint32_t)random_next(&text.values);
	memcpy(by_bytes, text.data, text.len);
	memcpy(in_pieces, text.data, text.len);
	edit(categories, by_bytes, text.len, 1, &slow);
	edit(categories, in_pieces, text.len, pieces[case_seed % 4], &fast);
	if (slow.opaque != fast.opaque || (slow.opaque && slow.opaque_at != fast.opaque_at)) {
		printf("# opaque %d at %zu, and %d at %zu\n", slow.opaque, slow.opaque_at,
		       fast.opaque, fast.opaque_at);
		fail_with(case_seed, "opaque elsewhere", &text, by_bytes, in_pieces);
	}
	if (memcmp(by_bytes, in_pieces, slow.opaque ? slow.opaque_at : text.len) != 0)
		fail_with(case_seed, "other bytes", &text, by_bytes, in_pieces);
	if (memcmp(slow.stripped, fast.stripped, sizeof(slow.stripped)) != 0)
		fail_with(case_seed, "other counts", &text, by_bytes, in_pieces);
}

static void test_as_byte_by_byte(void **state)
{
	(void)state;
	for (unsigned long i = 0; i < cases; i++)
		one_case(seed + i);
}

/* ---- what must not be taken for what is remembered ---- */

static bool read_lines(uint32_t categories, char *data)
{
	struct redact_plan plan = {keys, NULL, categories};
	struct redact_result result;
	struct stream_editor editor;

	editor_start(&editor);
	editor_feed(&editor, &plan, (uint8_t *)data, strlen(data), &result);
	return !result.opaque;
}

/*
 * Lines that are alike, stripped of these categories, then in another stream
 * one that may only look so, stripped of all. False: it could not be read.
 */
static bool reads_after(uint32_t categories, const char *like, const char *line,
			const char *expected)
{
	char data[2048];
	char *second;

	snprintf(data, sizeof(data), "%s\n%s\n%s\n%s\n", like, like, like, like);
	assert_true(read_lines(categories, data));
	/* Room behind it, or it would be walked over in another way. */
	snprintf(data, sizeof(data), "%s\n%s\n%s\n%s\n", like, line, like, like);
	if (!read_lines(0xb, data))
		return false;
	second = strchr(data, '\n') + 1;
	*strchr(second, '\n') = '\0';
	assert_non_null(strstr(second, expected));
	return true;
}

static bool reads(const char *like, const char *line, const char *expected)
{
	return reads_after(0xb, like, line, expected);
}

static void test_values_that_are_none(void **state)
{
	static const char like[] =
		"{\"n\":1,\"a\":[1,2],\"home\":{\"name\":\"x\"},\"s\":\"t\",\"z\":3}";

	(void)state;
	assert_true(reads(like, like, "\"home\":{\"name\":\"\" }"));
	assert_false(reads(like, "{\"n\":01,\"a\":[1,2]}", NULL));
	assert_false(reads(like, "{\"n\":,\"a\":[1,2]}", NULL));
	assert_false(reads(like, "{\"n\":-,\"a\":[1,2]}", NULL));
	assert_false(reads(like, "{\"n\":1.,\"a\":[1,2]}", NULL));
	assert_false(
		reads(like, "{\"n\":1,\"a\":[1,2],\"home\":{\"name\":\"x},\"s\":\"t\"}", NULL));
	assert_false(
		reads(like, "{\"n\":1,\"a\":[1,2],\"home\":{\"name\":x\"},\"s\":\"t\"}", NULL));
}

static void test_other_brackets(void **state)
{
	static const char like[] = "{\"n\":1,\"a\":[1,2],\"z\":3}";

	(void)state;
	assert_false(reads(like, "[1,\"a\":[1,2]]", NULL));
	assert_false(reads(like, "{\"n\":1,2]}", NULL));
	assert_false(reads(like, "{\"n\":{\"a\":1],\"z\":2}}", NULL));
	assert_false(reads(like, "{\"n\":[1,\"a\":[1,2],\"z\":2]}", NULL));
	assert_true(reads(like, "{\"n\":1,\"a\":[],\"z\":3}", "\"a\":[],"));
	assert_false(reads(like, "{\"n\":1,\"a\":[},\"z\":3}", NULL));
	assert_false(reads(like, "{\"n\":1,\"a\":[1,],\"z\":3}", NULL));
}

/* A key that matches below one key and not below another, the rest being the same. */
static void test_other_parents(void **state)
{
	(void)state;
	assert_true(reads("{\"n\":1,\"home\":{\"k\":1,\"name\":\"x\"}}",
			  "{\"n\":1,\"room\":{\"k\":1,\"name\":\"x\"}}", "\"name\":\"x\"}}"));
	assert_true(reads("{\"n\":1,\"room\":{\"k\":1,\"name\":\"x\"}}",
			  "{\"n\":1,\"home\":{\"k\":1,\"name\":\"x\"}}", "\"name\":\"\" }}"));
	assert_true(reads("{\"n\":1,\"name\":\"x\",\"z\":2}",
			  "{\"home\":{\"n\":1,\"name\":\"x\",\"z\":2}}", "\"name\":\"\" ,"));
	assert_true(reads("{\"room\":{\"k\":[1,2],\"name\":\"x\",\"z\":2}}",
			  "{\"home\":{\"k\":[1,2],\"name\":\"x\",\"z\":2}}", "\"name\":\"\" ,"));
	assert_true(reads("{\"n\":1,\"home\":\"x\",\"room\":2}",
			  "{\"n\":1,\"home\":\"{\\\"name\\\":\\\"x\\\"}\",\"room\":2}",
			  "{\\\"name\\\":\\\"\\\" }"));
}

/* What one plan lets pass is remembered, and another one covers it. */
static void test_other_plans(void **state)
{
	static const char like[] = "{\"n\":1,\"place\":{\"x\":1,\"y\":2},\"z\":3,\"lat\":4}";
	static const char empty[] = "{\"n\":1,\"place\":{\t},\"z\":3}";

	(void)state;
	assert_true(
		reads_after(0, like, like, "{\"n\":1,\"place\":{           },\"z\":3,\"lat\":0}"));
	assert_true(
		reads_after(2, like, like, "{\"n\":1,\"place\":{           },\"z\":3,\"lat\":0}"));
	assert_true(reads_after(0, empty, empty, "\"place\":{ },\"z\":3"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_byte_by_byte), cmocka_unit_test(test_values_that_are_none),
		cmocka_unit_test(test_other_brackets),  cmocka_unit_test(test_other_parents),
		cmocka_unit_test(test_other_plans),
	};

	return cmocka_run_group_tests(tests, set_up, free_keys);
}
