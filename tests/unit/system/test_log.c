/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/log.h"

static char last[2048];
static enum log_level last_level;
static unsigned lines;

static void keep(void *context, enum log_level level, const char *line)
{
	assert_ptr_equal(context, last);
	snprintf(last, sizeof(last), "%s", line);
	last_level = level;
	lines++;
}

static int start(void **state)
{
	(void)state;
	log_setup(LOG_LEVEL_DEBUG, false);
	log_set_sink(keep, last);
	last[0] = 0;
	lines = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	return 0;
}

static void test_line(void **state)
{
	(void)state;
	log_warn("nft", "%d of %s", 3, "five");
	assert_string_equal(last, "nft: 3 of five");
	assert_int_equal(last_level, LOG_LEVEL_WARN);
	log_setup(LOG_LEVEL_INFO, true);
	log_error("nft", "x");
	assert_string_equal(last, "<3>nft: x");
}

static void test_level(void **state)
{
	(void)state;
	log_setup(LOG_LEVEL_INFO, false);
	assert_false(log_is_debug());
	log_debug("devices", "aa:bb:cc:dd:ee:ff");
	assert_int_equal(lines, 0);
	log_info("devices", "one");
	assert_int_equal(lines, 1);
	log_setup(LOG_LEVEL_DEBUG, false);
	assert_true(log_is_debug());
}

/* What a device calls itself must not reach a terminal as it is. */
static void test_control_characters(void **state)
{
	(void)state;
	log_info("leases", "%s", "a\x1b[31mb\nc\x7f");
	assert_string_equal(last, "leases: a?[31mb?c?");
}

static void test_long_line(void **state)
{
	char text[5000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	log_info("x", "%s", text);
	assert_int_equal(strlen(last), 1023);
}

static void test_errno_is_kept(void **state)
{
	(void)state;
	errno = ENOTTY;
	log_error("x", "%s", strerror(errno));
	assert_int_equal(errno, ENOTTY);
	assert_non_null(strstr(last, "ioctl"));
}

static void test_rate(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 500; i++)
		log_warn("noisy", "%u", i);
	assert_int_equal(lines, 100);
	log_warn("other", "is heard");
	assert_int_equal(lines, 101);
	for (unsigned i = 0; i < 500; i++)
		log_debug("noisy", "%u", i);
	assert_int_equal(lines, 601);
}

/* A reader that does not read costs lines, not the program's time. */
static void test_stalled_reader(void **state)
{
	struct timespec before, after;
	int ends[2], saved = dup(STDERR_FILENO);
	char block[4096] = "";

	(void)state;
	log_set_sink(NULL, NULL);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	while (write(ends[1], block, sizeof(block)) > 0)
		;
	assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	clock_gettime(CLOCK_MONOTONIC, &before);
	log_error("x", "nobody reads this");
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(ends[0]);
	close(ends[1]);
	assert_true(after.tv_sec - before.tv_sec < 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_line, start, end),
		cmocka_unit_test_setup_teardown(test_level, start, end),
		cmocka_unit_test_setup_teardown(test_control_characters, start, end),
		cmocka_unit_test_setup_teardown(test_long_line, start, end),
		cmocka_unit_test_setup_teardown(test_errno_is_kept, start, end),
		cmocka_unit_test_setup_teardown(test_rate, start, end),
		cmocka_unit_test_setup_teardown(test_stalled_reader, start, end),
	};

	return cmocka_run_group_tests_name("system/log", tests, NULL, NULL);
}
