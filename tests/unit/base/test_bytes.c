/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

static void reads_integers(void **state)
{
	(void)state;
	static const uint8_t data[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x80};
	struct cursor cursor = cursor_on(bytes_of(data, sizeof(data)));

	assert_int_equal(cursor_peek(&cursor), 0x01);
	assert_int_equal(cursor_u8(&cursor), 0x01);
	assert_int_equal(cursor_u16(&cursor), 0x0203);
	assert_int_equal(cursor_u24(&cursor), 0x040506);
	assert_int_equal(cursor_le16(&cursor), 0x0807);
	assert_int_equal(cursor_left(&cursor), 1);
	assert_false(cursor_done(&cursor));
	assert_int_equal(cursor_u8(&cursor), 0x80);
	assert_true(cursor_done(&cursor));
	assert_int_equal(cursor_peek(&cursor), 0);
	assert_true(cursor_ok(&cursor));

	cursor = cursor_on(bytes_of(data, sizeof(data)));
	assert_true(cursor_u64(&cursor) == 0x0102030405060708);
	cursor = cursor_on(bytes_of(data, sizeof(data)));
	assert_int_equal(cursor_u32(&cursor), 0x01020304);
	assert_int_equal(cursor_le32(&cursor), 0x08070605);
}

/* Every width, from a block that is too short by one or more. */
static void fails_at_the_end_and_stays_failed(void **state)
{
	(void)state;
	static const uint8_t data[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	for (size_t len = 0; len < sizeof(data); len++) {
		struct bytes block = block_copy(data, len);
		struct cursor cursor = cursor_on(block);

		cursor_u64(&cursor);
		assert_false(cursor_ok(&cursor));
		assert_false(cursor_done(&cursor));
		assert_int_equal(cursor_left(&cursor), 0);
		assert_int_equal(cursor_u8(&cursor), 0);
		assert_int_equal(cursor_peek(&cursor), 0);
		assert_int_equal(cursor_take(&cursor, 0).len, 0);
		assert_int_equal(cursor_rest(&cursor).len, 0);
		assert_false(cursor_ok(&cursor));
		block_free(block);
	}
	for (size_t len = 0; len < 4; len++) {
		struct bytes block = block_copy(data, len);
		struct cursor cursor = cursor_on(block);

		if (len < 2) {
			assert_int_equal(cursor_u16(&cursor), 0);
			assert_false(cursor_ok(&cursor));
		}
		cursor = cursor_on(block);
		cursor_u32(&cursor);
		assert_false(cursor_ok(&cursor));
		cursor = cursor_on(block);
		cursor_le32(&cursor);
		assert_false(cursor_ok(&cursor));
		block_free(block);
	}
}

static void takes_no_length_that_overflows(void **state)
{
	(void)state;
	static const uint8_t data[4] = {1, 2, 3, 4};
	struct cursor cursor = cursor_on(bytes_of(data, sizeof(data)));

	cursor_u16(&cursor);
	assert_int_equal(cursor_take(&cursor, SIZE_MAX).len, 0);
	assert_false(cursor_ok(&cursor));
	cursor = cursor_on(bytes_of(data, sizeof(data)));
	cursor_u16(&cursor);
	cursor_skip(&cursor, SIZE_MAX - 1);
	assert_false(cursor_ok(&cursor));
}

static void a_child_is_bounded(void **state)
{
	(void)state;
	static const uint8_t data[] = {3, 'a', 'b', 'c', 'd'};
	struct cursor cursor = cursor_on(bytes_of(data, sizeof(data)));
	struct cursor child = cursor_sub(&cursor, cursor_u8(&cursor));

	assert_bytes(cursor_take(&child, 3), "abc", 3);
	assert_true(cursor_done(&child));
	cursor_u8(&child);
	assert_false(cursor_ok(&child));
	assert_true(cursor_ok(&cursor));
	assert_bytes(cursor_rest(&cursor), "d", 1);

	child = cursor_sub(&cursor, 1);
	assert_false(cursor_ok(&child));
	assert_false(cursor_ok(&cursor));
}

/* RFC 9000 appendix A.1. */
static void reads_varints(void **state)
{
	(void)state;
	static const uint8_t data[] = {0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c, 0x9d,
				       0x7f, 0x3e, 0x7d, 0x7b, 0xbd, 0x25, 0x40, 0x25};
	struct cursor cursor = cursor_on(bytes_of(data, sizeof(data)));

	assert_true(cursor_varint(&cursor) == 151288809941952652);
	assert_true(cursor_varint(&cursor) == 494878333);
	assert_true(cursor_varint(&cursor) == 15293);
	assert_true(cursor_varint(&cursor) == 37);
	assert_true(cursor_varint(&cursor) == 37);
	assert_true(cursor_done(&cursor));
	for (size_t len = 0; len < 8; len++) {
		struct bytes block = block_copy(data, len);

		cursor = cursor_on(block);
		assert_true(cursor_varint(&cursor) == 0);
		assert_false(cursor_ok(&cursor));
		block_free(block);
	}
}

static void compares_slices(void **state)
{
	(void)state;
	assert_true(bytes_equal(bytes_of("ab", 2), bytes_of("ab", 2)));
	assert_false(bytes_equal(bytes_of("ab", 2), bytes_of("ac", 2)));
	assert_false(bytes_equal(bytes_of("ab", 2), bytes_of("ab", 1)));
	assert_true(bytes_equal(bytes_of(NULL, 0), bytes_of("x", 0)));
	assert_true(bytes_start_with(bytes_of("abc", 3), "ab", 2));
	assert_false(bytes_start_with(bytes_of("a", 1), "ab", 2));
	assert_false(bytes_start_with(bytes_of("xbc", 3), "ab", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_integers),
		cmocka_unit_test(fails_at_the_end_and_stays_failed),
		cmocka_unit_test(takes_no_length_that_overflows),
		cmocka_unit_test(a_child_is_bounded),
		cmocka_unit_test(reads_varints),
		cmocka_unit_test(compares_slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
