/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "tests/unit/support/check.h"

#include <net/if.h>
#include <poll.h>
#include <stdio.h>

#include "system/interfaces.h"

/* What changes is tried in tests/lab/05-kernel.sh; here: what is there. */

static void changed(void *context, const char *name, uint32_t index, bool present)
{
	(void)name;
	(void)index;
	(void)present;
	++*(unsigned *)context;
}

static struct interfaces *open_interfaces(unsigned *ret_changes)
{
	struct interfaces_listener listener = {ret_changes, changed, NULL};
	char error[256] = "";
	struct interfaces *interfaces = interfaces_open(&listener, error, sizeof(error));

	if (!interfaces)
		fail_msg("%s", error);
	return interfaces;
}

static void knows_what_the_system_knows(void **state)
{
	struct if_nameindex *names = if_nameindex();
	unsigned changes = 0;
	struct interfaces *interfaces = open_interfaces(&changes);

	(void)state;
	assert_non_null(names);
	for (const struct if_nameindex *at = names; at->if_index; at++) {
		assert_int_equal(interfaces_index(interfaces, at->if_name), at->if_index);
		assert_string_equal(interfaces_name(interfaces, at->if_index), at->if_name);
	}
	assert_int_equal(interfaces_index(interfaces, "not-there"), 0);
	assert_null(interfaces_name(interfaces, UINT32_MAX));
	assert_int_equal(changes, 0);
	assert_int_equal(interfaces_read_neighbours(interfaces), 0);
	assert_int_equal(interfaces_read(interfaces), 0);
	if_freenameindex(names);
	interfaces_close(interfaces);
}

static void indexes_are_sorted_and_of_those_that_exist(void **state)
{
	struct if_nameindex *names = if_nameindex();
	unsigned changes = 0;
	struct interfaces *interfaces = open_interfaces(&changes);
	const char *wanted[32];
	uint32_t indexes[32];
	size_t count = 0, there;

	(void)state;
	wanted[count++] = "not-there";
	for (const struct if_nameindex *at = names; at->if_index && count < 31; at++)
		wanted[count++] = at->if_name;
	/* From last to first. */
	for (size_t i = 0; i < count / 2; i++) {
		const char *name = wanted[i];

		wanted[i] = wanted[count - 1 - i];
		wanted[count - 1 - i] = name;
	}
	there = interfaces_indexes(interfaces, wanted, count, indexes);
	assert_int_equal(there, count - 1);
	for (size_t i = 1; i < there; i++)
		assert_true(indexes[i - 1] < indexes[i]);
	if_freenameindex(names);
	interfaces_close(interfaces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_the_system_knows),
		cmocka_unit_test(indexes_are_sorted_and_of_those_that_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
