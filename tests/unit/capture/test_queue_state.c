/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "capture/queue_state.h"

static void reads_the_kernels_line(void **state)
{
	struct queue_state read;

	(void)state;
	assert_true(queue_state_parse("61400   2313     7 2 65531     5     6        99  1\n",
				      61400, &read));
	assert_int_equal(read.port_id, 2313);
	assert_int_equal(read.waiting, 7);
	assert_int_equal(read.queue_drops, 5);
	assert_int_equal(read.user_drops, 6);
	assert_true(queue_state_parse("    0 4294963201     0 2 65531     0     0        0  1\n", 0,
				      &read));
	assert_int_equal(read.port_id, 4294963201u);
}

static void refuses_other_lines(void **state)
{
	struct queue_state read = {.port_id = 77};

	(void)state;
	assert_false(queue_state_parse("61401   2313     7 2 65531     5     6        99  1\n",
				       61400, &read));
	assert_false(queue_state_parse("61400   2313     7 2\n", 61400, &read));
	assert_false(queue_state_parse("", 61400, &read));
	assert_false(queue_state_parse("queue\n", 61400, &read));
	assert_int_equal(read.port_id, 77);
}

static void an_owner_that_is_gone_is_a_number(void **state)
{
	char text[64];

	(void)state;
	queue_state_print_owner(4294967294u, text, sizeof(text));
	assert_string_equal(text, "port ID 4294967294");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_kernels_line),
		cmocka_unit_test(refuses_other_lines),
		cmocka_unit_test(an_owner_that_is_gone_is_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
