/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "system/clock.h"

#define MONDAY 0
#define SUNDAY 6
#define MINUTE_OF(day, hour, minute) ((day)*1440 + (hour)*60 + (minute))

static void set_zone(const char *zone, struct clock_local *local)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	clock_read_zone(local);
}

static void assert_minute(struct clock_local *local, int64_t seconds, int expected)
{
	struct clock_local fresh = {0};

	assert_int_equal(clock_local_minute(local, seconds * SECOND_US), expected);
	assert_int_equal(clock_local_minute(&fresh, seconds * SECOND_US), expected);
}

static void test_utc(void **state)
{
	struct clock_local local = {0};

	(void)state;
	set_zone("UTC0", &local);
	assert_minute(&local, 1774224000, MINUTE_OF(MONDAY, 0, 0)); /* 2026-03-23 00:00 */
	assert_minute(&local, 1774224059, MINUTE_OF(MONDAY, 0, 0));
	assert_minute(&local, 1774224060, MINUTE_OF(MONDAY, 0, 1));
	assert_minute(&local, 1774223999, MINUTE_OF(SUNDAY, 23, 59));
	assert_minute(&local, 1774224000 + 6 * 86400, MINUTE_OF(SUNDAY, 0, 0));
}

/* 2026-03-29: at 01:00 UTC the clock goes from 02:00 to 03:00. */
static void test_spring(void **state)
{
	struct clock_local local = {0};

	(void)state;
	set_zone("Europe/Berlin", &local);
	assert_minute(&local, 1774745940, MINUTE_OF(SUNDAY, 1, 59));
	assert_minute(&local, 1774746000, MINUTE_OF(SUNDAY, 3, 0));
}

/* 2026-10-25: at 01:00 UTC the clock goes from 03:00 to 02:00. */
static void test_autumn(void **state)
{
	struct clock_local local = {0};

	(void)state;
	set_zone("Europe/Berlin", &local);
	assert_minute(&local, 1792886400, MINUTE_OF(SUNDAY, 2, 0));
	assert_minute(&local, 1792889940, MINUTE_OF(SUNDAY, 2, 59));
	assert_minute(&local, 1792890000, MINUTE_OF(SUNDAY, 2, 0));
	assert_minute(&local, 1792893600, MINUTE_OF(SUNDAY, 3, 0));
}

/* The rules of a zone as OpenWrt writes them, without a zone database. */
static void test_rules_in_variable(void **state)
{
	struct clock_local local = {0};

	(void)state;
	set_zone("CET-1CEST,M3.5.0,M10.5.0/3", &local);
	assert_minute(&local, 1774745940, MINUTE_OF(SUNDAY, 1, 59));
	assert_minute(&local, 1774746000, MINUTE_OF(SUNDAY, 3, 0));
}

static void test_zone_changes(void **state)
{
	struct clock_local local = {0};

	(void)state;
	set_zone("UTC0", &local);
	assert_minute(&local, 1774224000, MINUTE_OF(MONDAY, 0, 0));
	set_zone("Asia/Kathmandu", &local); /* 5:45 ahead */
	assert_minute(&local, 1774224000, MINUTE_OF(MONDAY, 5, 45));
}

static void test_now(void **state)
{
	int64_t first = clock_monotonic_ms();

	(void)state;
	assert_true(clock_now() / SECOND_US >= time(NULL) - 1);
	assert_true(clock_monotonic_ms() >= first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utc),          cmocka_unit_test(test_spring),
		cmocka_unit_test(test_autumn),       cmocka_unit_test(test_rules_in_variable),
		cmocka_unit_test(test_zone_changes), cmocka_unit_test(test_now),
	};

	return cmocka_run_group_tests_name("system/clock", tests, NULL, NULL);
}
