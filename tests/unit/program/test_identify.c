/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of thing a device may be, and on what evidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "identify.h"

static const struct policy_entry kalerm = {.row = "iotcloud.kalerm.com",
					   .organisation = "Kalerm (Suzhou)",
					   .device_class = "coffee-machine"};
static const struct policy_entry tracker = {.row = "tracker.example", .device_class = "phone-app"};
static const struct policy_entry clock_row = {.row = "pool.ntp.org", .device_class = "generic"};
static const struct policy_entry bare = {.row = "own.example"};

static void test_names(void **state)
{
	struct identify identify = {.count = 0};
	struct identify_guess guess;

	(void)state;
	identify_vendor(&identify, "Espressif Inc.");
	identify_entry(&identify, NULL);
	identify_entry(&identify, &bare);
	identify_entry(&identify, &clock_row);
	assert_false(identify_end(&identify, &guess));
	identify_entry(&identify, &kalerm);
	identify_entry(&identify, &kalerm);
	assert_true(identify_end(&identify, &guess));
	assert_string_equal(guess.kind, "coffee-machine");
	assert_string_equal(guess.profile, "coffee-machine");
	assert_int_equal(guess.evidence_count, 1);
	assert_string_equal(guess.evidence[0], "it asks for iotcloud.kalerm.com (Kalerm (Suzhou))");
}

/* Apps run on televisions, too: what the maker says counts more than one of them. */
static void test_weights(void **state)
{
	struct identify identify = {.count = 0};
	struct identify_guess guess;

	(void)state;
	identify_entry(&identify, &tracker);
	assert_false(identify_end(&identify, &guess));
	identify_vendor(&identify, "Roku, Inc.");
	assert_true(identify_end(&identify, &guess));
	assert_string_equal(guess.kind, "tv");
	assert_string_equal(guess.profile, "smart-tv");
	assert_int_equal(guess.evidence_count, 1);
	assert_string_equal(guess.evidence[0], "its maker is Roku, Inc.");
	identify_hostname(&identify, "Roku-3-bedroom");
	assert_true(identify_end(&identify, &guess));
	assert_int_equal(guess.evidence_count, 2);
	assert_string_equal(guess.evidence[1], "it calls itself Roku-3-bedroom");
}

static void test_bounds(void **state)
{
	static struct policy_entry many[2 * IDENTIFY_EVIDENCE_MOST];
	struct identify identify = {.count = 0};
	struct identify_guess guess;

	(void)state;
	for (size_t i = 0; i < 2 * IDENTIFY_EVIDENCE_MOST; i++) {
		many[i] = (struct policy_entry){.row = "x.example", .device_class = "camera"};
		identify_entry(&identify, &many[i]);
	}
	identify_vendor(&identify, NULL);
	identify_hostname(&identify, "");
	assert_true(identify_end(&identify, &guess));
	assert_int_equal(guess.evidence_count, IDENTIFY_EVIDENCE_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
