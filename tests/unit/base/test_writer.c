/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "base/writer.h"

static void writes_in_network_order(void **state)
{
	(void)state;
	static const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 0xaa, 0xaa, 'h', 'i'};
	uint8_t room[sizeof(expected)];
	struct writer writer = writer_on(room, sizeof(room));

	writer_u8(&writer, 1);
	writer_u16(&writer, 0x0203);
	writer_u32(&writer, 0x04050607);
	writer_fill(&writer, 0xaa, 2);
	writer_text(&writer, "hi");
	assert_true(writer_ok(&writer));
	assert_bytes(writer_bytes(&writer), expected, sizeof(expected));
	writer_put(&writer, NULL, 0);
	assert_true(writer_ok(&writer));
}

/* What does not fit is not written at all, and nothing after it either. */
static void overflow_is_sticky(void **state)
{
	(void)state;
	uint8_t *room = malloc(3);
	struct writer writer = writer_on(room, 3);

	assert_non_null(room);
	writer_u16(&writer, 0x0102);
	writer_u16(&writer, 0x0304);
	assert_false(writer_ok(&writer));
	assert_int_equal(writer.len, 2);
	writer_u8(&writer, 9);
	assert_int_equal(writer.len, 2);
	assert_null(writer_reserve(&writer, 0));
	free(room);
}

static void a_length_near_the_end_of_memory_does_not_fit(void **state)
{
	(void)state;
	uint8_t room[8];
	struct writer writer = writer_on(room, sizeof(room));

	writer_u8(&writer, 1);
	assert_null(writer_reserve(&writer, SIZE_MAX));
	assert_false(writer_ok(&writer));
}

static void assert_decimal(uint64_t value, const char *expected)
{
	char room[32];
	struct writer writer = writer_on(room, sizeof(room));

	writer_decimal(&writer, value);
	writer_terminate(&writer);
	assert_true(writer_ok(&writer));
	assert_string_equal(room, expected);
	assert_int_equal(writer.len, strlen(expected));
}

static void writes_decimals(void **state)
{
	(void)state;
	assert_decimal(0, "0");
	assert_decimal(9, "9");
	assert_decimal(10, "10");
	assert_decimal(UINT32_MAX, "4294967295");
	assert_decimal(UINT64_MAX, "18446744073709551615");
}

static void text_is_always_terminated(void **state)
{
	(void)state;
	char room[4];
	struct writer writer = writer_on(room, sizeof(room));

	writer_text(&writer, "abcd");
	writer_terminate(&writer);
	assert_false(writer_ok(&writer));
	assert_string_equal(room, "abc");

	writer = writer_on(room, 1);
	writer_terminate(&writer);
	assert_true(writer_ok(&writer));
	assert_string_equal(room, "");
}

static void a_text_of_its_own_is_cut_where_it_must_be(void **state)
{
	char text[6] = "?????";

	(void)state;
	writer_set_text(text, sizeof(text), "four");
	assert_string_equal(text, "four");
	writer_set_text(text, sizeof(text), "fives");
	assert_string_equal(text, "fives");
	writer_set_text(text, sizeof(text), "sixsix");
	assert_string_equal(text, "sixsi");
	writer_set_text(text, 1, "any");
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_of_its_own_is_cut_where_it_must_be),
		cmocka_unit_test(writes_in_network_order),
		cmocka_unit_test(overflow_is_sticky),
		cmocka_unit_test(a_length_near_the_end_of_memory_does_not_fit),
		cmocka_unit_test(writes_decimals),
		cmocka_unit_test(text_is_always_terminated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
