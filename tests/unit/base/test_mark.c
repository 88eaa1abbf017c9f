/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "base/mark.h"

static const enum flow_mark states[] = {MARK_UNDECIDED, MARK_PASS, MARK_INSPECT, MARK_BLOCK};

static void masks_are_four_bits_in_a_row(void **state)
{
	static const uint32_t good[] = {0xf, 0x0f000000, 0xf0000000, 0xff00, 0xffffffff, 0x1f0};
	static const uint32_t bad[] = {0, 1, 7, 0x70000000, 0xf0f, 0x1e1, 0xfffffffd};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(mark_mask_is_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mark_mask_is_valid(bad[i]));
}

static void state_and_generation_come_back(void **state)
{
	static const uint32_t masks[] = {0xf, 0x0f000000, 0xf0000000, 0xff00, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		for (uint32_t generation = 0; generation < 9; generation++) {
			for (size_t j = 0; j < 4; j++) {
				uint32_t mark = mark_value(masks[i], states[j], generation);

				/* Never nothing: it overwrites what was there. */
				assert_true(mark != 0);
				assert_int_equal(mark & ~masks[i], 0);
				assert_int_equal(mark_state(masks[i], mark | ~masks[i]), states[j]);
				assert_true(
					mark_is_current(masks[i], mark | ~masks[i], generation));
				assert_false(mark_is_current(masks[i], mark, generation + 1));
				assert_false(mark_is_current(masks[i], mark, generation + 2));
				assert_false(mark_is_current(masks[i], 0, generation));
			}
		}
	}
}

static void wrapping_is_seamless(void **state)
{
	(void)state;
	assert_true(mark_value(0xf, MARK_PASS, UINT32_MAX) != mark_value(0xf, MARK_PASS, 1));
	assert_int_equal(mark_value(0x0f000000, MARK_PASS, 0), 0x05000000);
	assert_int_equal(mark_value(0x0f000000, MARK_BLOCK, 2), 0x0f000000);
	assert_int_equal(mark_value(0x0f000000, MARK_BLOCK, 3), 0x07000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_are_four_bits_in_a_row),
		cmocka_unit_test(state_and_generation_come_back),
		cmocka_unit_test(wrapping_is_seamless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
