/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/state.h"

static char folder[] = "/tmp/test_state_XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void save(const char *text)
{
	assert_int_equal(state_save(path, bytes_of(text, strlen(text)), 0600), 0);
}

static void test_save_and_load(void **state)
{
	char *text = NULL;
	size_t len = 0;
	struct stat status;

	(void)state;
	save("first");
	save("second, longer");
	save("third");
	assert_int_equal(state_load(path, 100, &text, &len), 0);
	assert_int_equal(len, 5);
	assert_string_equal(text, "third");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	free(text);
}

static void test_empty(void **state)
{
	char *text = NULL;
	size_t len = 7;

	(void)state;
	save("");
	assert_int_equal(state_load(path, 100, &text, &len), 0);
	assert_int_equal(len, 0);
	assert_string_equal(text, "");
	free(text);
}

static void test_errors_leave_results_alone(void **state)
{
	char *text = path;
	size_t len = 7;

	(void)state;
	save("more than four");
	assert_int_equal(state_load(path, 4, &text, &len), -EFBIG);
	assert_int_equal(state_load(folder, 100, &text, &len), -EINVAL);
	assert_int_equal(state_load("/nowhere/x", 100, &text, &len), -ENOENT);
	assert_ptr_equal(text, path);
	assert_int_equal(len, 7);
}

/* A pipe with nobody at the other end must not hold us up. */
static void test_pipe(void **state)
{
	char *text = NULL;
	size_t len = 0;

	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(5);
	assert_int_equal(state_load(path, 100, &text, &len), -EINVAL);
	alarm(0);
	unlink(path);
}

static void test_failed_save_keeps_old(void **state)
{
	char beside[80], *text = NULL;
	size_t len = 0;

	(void)state;
	save("old");
	snprintf(beside, sizeof(beside), "%s.new", path);
	assert_int_equal(mkdir(beside, 0700), 0);
	assert_true(state_save(path, bytes_of("new", 3), 0600) < 0);
	assert_int_equal(rmdir(beside), 0);
	assert_int_equal(state_load(path, 100, &text, &len), 0);
	assert_string_equal(text, "old");
	free(text);
	assert_int_equal(state_save("/nowhere/x", bytes_of("new", 3), 0600), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_save_and_load),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_errors_leave_results_alone),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_failed_save_keeps_old),
	};

	return cmocka_run_group_tests_name("system/state", tests, make_folder, remove_folder);
}
