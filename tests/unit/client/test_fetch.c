/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fetching as a build without libcurl does it: the source is compiled once more
 * that way, and what stands in for uclient-fetch is a script that does as told.
 */
#undef HAVE_CURL
#define HAVE_CURL 0
#include "client/fetch.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_fetch_XXXXXX";
static char target[64], error[512];

/* In front of PATH. */
static void stand_in(const char *script)
{
	char path[96], value[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/uclient-fetch", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", script);
	fclose(file);
	assert_int_equal(chmod(path, 0755), 0);
	snprintf(value, sizeof(value), "%s:/usr/bin:/bin", folder);
	assert_int_equal(setenv("PATH", value, 1), 0);
}

static struct fetch fetch_of(const char *url)
{
	return (struct fetch){.url = url, .path = target, .title = "it", .most = 1 << 20};
}

static void check_content(const char *text)
{
	char got[256] = "";
	FILE *file = fopen(target, "r");

	assert_non_null(file);
	got[fread(got, 1, sizeof(got) - 1, file)] = 0;
	fclose(file);
	assert_string_equal(got, text);
}

static int start(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(target, sizeof(target), "%s/target", folder);
	return 0;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	setenv("PATH", "/usr/bin:/bin", 1);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void test_arguments(void **state)
{
	struct fetch fetch = fetch_of("https://example.org/list");
	struct fetch_version version = {.etag = "old"};

	(void)state;
	fetch.ca = "/ca.pem";
	stand_in("[ $# = 7 ] || exit 1; echo \"$1 $2 $3 $4 $6 $7\" >\"$5\"");
	assert_int_equal(fetch_file(&fetch, &version, error, sizeof(error)), FETCH_DONE);
	check_content("-q -T 30 -O --ca-certificate=/ca.pem https://example.org/list\n");
	assert_string_equal(version.etag, "");
}

static void test_failures(void **state)
{
	static const struct {
		const char *url, *script, *says;
	} cases[] = {
		{"http://example.org/", "exit 0", "not https://"},
		{"https://example.org/", "exit 4", "could not fetch"},
		{"https://example.org/", "kill -9 $$", "could not fetch"},
		{"https://example.org/", "exec head -c 2000000 /dev/zero >\"$5\"",
		 "larger than 1 MiB"},
	};
	struct fetch_version version;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fetch fetch = fetch_of(cases[i].url);

		stand_in(cases[i].script);
		assert_int_equal(fetch_file(&fetch, &version, error, sizeof(error)), FETCH_FAILED);
		assert_non_null(strstr(error, cases[i].says));
	}
}

static void test_missing(void **state)
{
	struct fetch fetch = fetch_of("https://example.org/");
	struct fetch_version version;

	(void)state;
	assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
	assert_int_equal(fetch_file(&fetch, &version, error, sizeof(error)), FETCH_FAILED);
	assert_non_null(strstr(error, "there is no uclient-fetch"));
}

static void test_unpack(void **state)
{
	struct fetch fetch = fetch_of("https://example.org/");
	struct fetch_version version;
	struct stat status;
	char path[96];

	(void)state;
	stand_in("echo hello | gzip >\"$5\"");
	assert_int_equal(fetch_file(&fetch, &version, error, sizeof(error)), FETCH_DONE);
	assert_true(fetch_unpack(&fetch, error, sizeof(error)));
	check_content("hello\n");
	/* Once more: it is not packed any more, and stays as it is. */
	assert_true(fetch_unpack(&fetch, error, sizeof(error)));
	check_content("hello\n");

	stand_in("head -c 2000000 /dev/zero | gzip >\"$5\"");
	assert_int_equal(fetch_file(&fetch, &version, error, sizeof(error)), FETCH_DONE);
	assert_false(fetch_unpack(&fetch, error, sizeof(error)));
	assert_non_null(strstr(error, "larger than 1 MiB"));

	stand_in("echo hello | gzip | head -c 12 >\"$5\"");
	assert_int_equal(fetch_file(&fetch, &version, error, sizeof(error)), FETCH_DONE);
	assert_false(fetch_unpack(&fetch, error, sizeof(error)));
	assert_non_null(strstr(error, "gzip cannot unpack it"));

	assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
	assert_false(fetch_unpack(&fetch, error, sizeof(error)));
	assert_non_null(strstr(error, "there is no gzip"));
	snprintf(path, sizeof(path), "%s.unpacked", target);
	assert_int_equal(stat(path, &status), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_unpack),
	};

	return cmocka_run_group_tests(tests, start, end);
}
