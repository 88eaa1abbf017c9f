/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "base/name.h"

static void assert_parses(const char *text, const char *expected)
{
	struct bytes block = block_copy(text, strlen(text));
	struct name name;

	assert_true(name_parse(block, &name));
	assert_string_equal(name.text, expected);
	assert_int_equal(name.len, strlen(expected));
	block_free(block);
}

static void assert_refuses(const void *text, size_t len)
{
	struct bytes block = block_copy(text, len);
	struct name name = {.len = 77};

	assert_false(name_parse(block, &name));
	assert_int_equal(name.len, 77);
	block_free(block);
}

static void parses_text(void **state)
{
	(void)state;
	assert_parses("example.com", "example.com");
	assert_parses("API.Example.COM.", "api.example.com");
	assert_parses("_dns.resolver.arpa", "_dns.resolver.arpa");
	assert_parses("*.example.com", "*.example.com");
	assert_parses("xn--bcher-kva.example", "xn--bcher-kva.example");
	assert_parses("localhost", "localhost");
	assert_refuses("", 0);
	assert_refuses(".", 1);
	assert_refuses("..", 2);
	assert_refuses("a..b", 4);
	assert_refuses(".a", 2);
	assert_refuses("a..", 3);
	assert_refuses("a b", 3);
	assert_refuses("a/b", 3);
	assert_refuses("a\0b", 3);
	assert_refuses("\xc3\xbc.example", 10);
	assert_refuses("a\\b", 3);
}

static void bounds_labels_and_names(void **state)
{
	(void)state;
	char text[300];
	struct name name;

	memset(text, 'a', sizeof(text));
	text[63] = 0;
	assert_true(name_parse_text(text, &name));
	memset(text, 'a', 64);
	text[64] = 0;
	assert_false(name_parse_text(text, &name));

	/* 253 bytes are the most: 3 * (63 + 1) + 61. */
	memset(text, 'a', sizeof(text));
	text[63] = text[127] = text[191] = '.';
	text[253] = 0;
	assert_true(name_parse_text(text, &name));
	assert_int_equal(name.len, 253);
	text[253] = '.';
	text[254] = 0;
	assert_true(name_parse_text(text, &name));
	text[253] = 'a';
	assert_false(name_parse_text(text, &name));
}

static void escapes_labels_of_messages(void **state)
{
	(void)state;
	struct name name = {.len = 0};

	assert_true(name_append_label(&name, bytes_of("WWW", 3)));
	assert_true(name_append_label(&name, bytes_of("a.b\\c \x01\xff", 8)));
	assert_true(name_append_label(&name, bytes_of("com", 3)));
	assert_string_equal(name.text, "www.a\\046b\\092c\\032\\001\\255.com");
	assert_int_equal(name.len, strlen(name.text));
}

/* Two different names never look the same. */
static void every_byte_has_its_own_form(void **state)
{
	(void)state;
	struct name names[256];

	for (unsigned i = 0; i < 256; i++) {
		uint8_t byte = (uint8_t)i;

		memset(&names[i], 0, sizeof(names[i]));
		assert_true(name_append_label(&names[i], bytes_of(&byte, 1)));
		for (unsigned k = 0; k < i; k++) {
			bool same_letter = i >= 'a' && i <= 'z' && k == i - 32;

			assert_int_equal(name_equal(&names[i], &names[k]), same_letter);
		}
	}
}

static void a_label_too_many_is_refused(void **state)
{
	(void)state;
	struct name name = {.len = 0};
	uint8_t label[63];

	memset(label, 1, sizeof(label));
	assert_true(name_append_label(&name, bytes_of(label, 63)));
	assert_false(name_append_label(&name, bytes_of(label, 1)));
	memset(&name, 0, sizeof(name));
	memset(label, 'x', sizeof(label));
	for (int i = 0; i < 3; i++)
		assert_true(name_append_label(&name, bytes_of(label, 63)));
	assert_true(name_append_label(&name, bytes_of(label, 61)));
	assert_int_equal(name.len, 253);
}

static bool within(const char *text, const char *suffix)
{
	struct name name;

	assert_true(name_parse_text(text, &name));
	return name_is_within(&name, suffix, strlen(suffix));
}

static void knows_suffixes(void **state)
{
	(void)state;
	assert_true(within("example.com", "example.com"));
	assert_true(within("a.example.com", "example.com"));
	assert_true(within("a.example.com", "com"));
	assert_true(within("a.example.com", ""));
	assert_false(within("badexample.com", "example.com"));
	assert_false(within("example.com", "a.example.com"));
	assert_false(within("example.com", "example.co"));
}

static void finds_parents(void **state)
{
	(void)state;
	const char *text = "a.b.c";

	text = name_parent(text);
	assert_string_equal(text, "b.c");
	text = name_parent(text);
	assert_string_equal(text, "c");
	assert_null(name_parent(text));
	assert_null(name_parent(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_text),
		cmocka_unit_test(bounds_labels_and_names),
		cmocka_unit_test(escapes_labels_of_messages),
		cmocka_unit_test(every_byte_has_its_own_form),
		cmocka_unit_test(a_label_too_many_is_refused),
		cmocka_unit_test(knows_suffixes),
		cmocka_unit_test(finds_parents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
