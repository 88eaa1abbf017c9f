/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _POSIX_C_SOURCE 200809L /* mkstemp */

#include "tests/unit/support/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/saved.h"
#include "system/state.h"

#define HEAD "gatewayd-fruit 1"

static char path[] = "/tmp/test_saved_XXXXXX";

struct basket {
	char lines[64];
	unsigned count, most;
};

static bool take(void *context, char *line)
{
	struct basket *basket = context;

	strncat(basket->lines, line, sizeof(basket->lines) - strlen(basket->lines) - 1);
	return ++basket->count <= basket->most;
}

static void write_file(const char *text, size_t len)
{
	assert_int_equal(state_save(path, bytes_of(text, len), 0600), 0);
}

static int load_text(const char *text, struct basket *basket)
{
	write_file(text, strlen(text));
	*basket = (struct basket){.most = 9};
	return saved_load(path, HEAD, take, basket);
}

static void what_was_written_is_read(void **state)
{
	struct basket basket = {.most = 9};
	uint64_t digest = 0, before;
	struct saved saved;

	(void)state;
	assert_true(saved_begin(&saved, HEAD));
	fputs("apple\npear\n", saved.out);
	assert_int_equal(saved_end(&saved, path, &digest), 0);
	assert_int_equal(saved_load(path, HEAD, take, &basket), 0);
	assert_int_equal(basket.count, 2);
	assert_string_equal(basket.lines, "applepear");
	/* No line is no damage. */
	before = digest;
	assert_true(saved_begin(&saved, HEAD));
	assert_int_equal(saved_end(&saved, path, &digest), 0);
	assert_true(digest != before);
	assert_int_equal(saved_load(path, HEAD, take, &basket), 0);
	assert_int_equal(basket.count, 2);
}

static void what_is_not_whole_is_not_used(void **state)
{
	static const char text[] = HEAD "\napple\npear\nend\n";
	static const char with_nul[] = HEAD "\nap\0ple\nend\n";
	struct basket basket;

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		write_file(text, len);
		basket = (struct basket){.most = 9};
		assert_int_equal(saved_load(path, HEAD, take, &basket), -EINVAL);
		assert_int_equal(basket.count, 0);
	}
	assert_int_equal(load_text(text, &basket), 0);
	assert_int_equal(load_text(HEAD "0\napple\nend\n", &basket), -EINVAL);
	assert_int_equal(load_text(HEAD "\nappleend\n", &basket), -EINVAL);
	write_file(with_nul, sizeof(with_nul) - 1);
	assert_int_equal(saved_load(path, HEAD, take, &basket), -EINVAL);
	unlink(path);
	assert_int_equal(saved_load(path, HEAD, take, &basket), -ENOENT);
}

static void a_damaged_line_is_the_last(void **state)
{
	static const char text[] = HEAD "\na\nb\nc\nend\n";
	struct basket basket = {.most = 1};

	(void)state;
	write_file(text, sizeof(text) - 1);
	assert_int_equal(saved_load(path, HEAD, take, &basket), -EINVAL);
	assert_int_equal(basket.count, 2);
}

/* It would be refused when it is read; the one before it would not. */
static void too_long_a_file_leaves_the_old_one(void **state)
{
	struct basket basket;
	uint64_t digest = 7;
	struct saved saved;

	(void)state;
	assert_int_equal(load_text(HEAD "\napple\nend\n", &basket), 0);
	assert_true(saved_begin(&saved, HEAD));
	for (unsigned i = 0; i < 9u << 10; i++)
		fprintf(saved.out, "%1023u\n", i);
	assert_int_equal(saved_end(&saved, path, &digest), -EFBIG);
	assert_int_equal(digest, 7);
	basket = (struct basket){.most = 9};
	assert_int_equal(saved_load(path, HEAD, take, &basket), 0);
	assert_string_equal(basket.lines, "apple");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(what_is_not_whole_is_not_used),
		cmocka_unit_test(a_damaged_line_is_the_last),
		cmocka_unit_test(too_long_a_file_leaves_the_old_one),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
