/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "tests/unit/support/folder.h"

#include <string.h>

#include "configuration.h"

static int start(void **state)
{
	static const char *const folders[] = {
		"etc",   "etc/policy.d", "etc/catalogue.d",
		"share", "share/policy", "share/catalogue.d",
	};

	(void)state;
	empty_folder();
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(in_folder(folders[i]), 0755), 0);
	put_file("etc/gatewayd.conf", "home = [ \"US\" ];\n");
	return setenv("GATEWAYD_DATADIR", in_folder("share"), 1);
}

/* "profile share/policy/a.conf\n..." */
static void assert_sources(const char *expected)
{
	static const char *const kinds[] = {"main", "profile", "user", "catalogue"};
	struct policy_errors errors = {0};
	struct configuration configuration;
	char text[4096] = "";

	if (!configuration_read(in_folder("etc"), &errors, &configuration))
		fail_msg("%s: %s", errors.errors[0].file, errors.errors[0].text);
	for (size_t i = 0; i < configuration.source_count; i++) {
		const struct policy_source *source = &configuration.sources[i];
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s %s\n", kinds[source->kind],
			 source->file + strlen(folder) + 1);
	}
	assert_string_equal(text, expected);
	configuration_free(&configuration);
	policy_errors_free(&errors);
}

static void test_order(void **state)
{
	(void)state;
	put_file("share/policy/b.conf", "");
	put_file("share/policy/a.conf", "");
	put_file("etc/policy.d/90-gatewayctl.conf", "");
	put_file("etc/policy.d/10-home.conf", "");
	put_file("etc/policy.d/A.conf", "");
	put_file("share/catalogue.tsv", "");
	put_file("share/catalogue.d/x.tsv", "");
	put_file("etc/catalogue.d/own.tsv", "");
	assert_sources("profile share/policy/a.conf\n"
		       "profile share/policy/b.conf\n"
		       "main etc/gatewayd.conf\n"
		       "user etc/policy.d/10-home.conf\n"
		       "user etc/policy.d/90-gatewayctl.conf\n"
		       "user etc/policy.d/A.conf\n"
		       "catalogue share/catalogue.tsv\n"
		       "catalogue share/catalogue.d/x.tsv\n"
		       "catalogue etc/catalogue.d/own.tsv\n");
}

static void test_passed_over(void **state)
{
	(void)state;
	put_file("etc/policy.d/.hidden.conf", "");
	put_file("etc/policy.d/.conf", "");
	put_file("etc/policy.d/old.conf~", "");
	put_file("etc/policy.d/README", "");
	put_file("etc/policy.d/x.conf.bak", "");
	put_file("etc/policy.d/x.tsv", "");
	put_file("etc/catalogue.d/x.conf", "");
	assert_sources("main etc/gatewayd.conf\n");
}

static void test_only_main_file(void **state)
{
	(void)state;
	empty_folder();
	assert_int_equal(mkdir(in_folder("etc"), 0755), 0);
	put_file("etc/gatewayd.conf", "");
	assert_sources("main etc/gatewayd.conf\n");
}

/* All of the errors, "FILE TEXT" each; the file below the folder. */
static void assert_errors(const char *directory, size_t count, const char *file, const char *text)
{
	struct policy_errors errors = {0};
	struct configuration configuration = {.source_count = 77};

	assert_false(configuration_read(directory, &errors, &configuration));
	assert_int_equal(configuration.source_count, 77);
	assert_int_equal(errors.count, count);
	assert_string_equal(errors.errors[0].file, file);
	assert_int_equal(errors.errors[0].line, 0);
	if (!strstr(errors.errors[0].text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, errors.errors[0].text);
	policy_errors_free(&errors);
}

static void test_missing(void **state)
{
	(void)state;
	assert_errors("/nowhere", 1, "/nowhere", "there is no such folder");
	unlink(in_folder("etc/gatewayd.conf"));
	assert_errors(in_folder("etc"), 1, in_folder("etc/gatewayd.conf"),
		      "cannot be read: No such");
	put_file("file", "");
	assert_errors(in_folder("file"), 1, in_folder("file"), "expected a folder");
}

static void test_folder_instead_of_file(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_folder("etc/policy.d/x.conf"), 0755), 0);
	assert_errors(in_folder("etc"), 1, in_folder("etc/policy.d/x.conf"), "is not a file");
}

static void test_file_instead_of_folder(void **state)
{
	(void)state;
	assert_int_equal(rmdir(in_folder("etc/policy.d")), 0);
	put_file("etc/policy.d", "");
	assert_errors(in_folder("etc"), 1, in_folder("etc/policy.d"), "cannot be read: Not a");
}

static void test_too_big(void **state)
{
	(void)state;
	put_file("etc/policy.d/a.conf", "");
	assert_int_equal(truncate(in_folder("etc/policy.d/a.conf"), (1 << 20) + 1), 0);
	put_file("etc/catalogue.d/a.tsv", "");
	assert_int_equal(truncate(in_folder("etc/catalogue.d/a.tsv"), (10 << 20) + 1), 0);
	/* Reading goes on behind an error, so both are told. */
	assert_errors(in_folder("etc"), 2, in_folder("etc/policy.d/a.conf"), "larger than 1 MiB");
}

/* A daemon that gave up root reads with another user's rights. */
static void test_unreadable(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: only root can become somebody else\n");
		skip();
	}
	assert_int_equal(chmod(folder, 0755), 0);
	put_file("etc/policy.d/a.conf", "");
	assert_int_equal(chmod(in_folder("etc/policy.d/a.conf"), 0600), 0);
	assert_int_equal(chmod(in_folder("etc/catalogue.d"), 0700), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_errors(in_folder("etc"), 2, in_folder("etc/policy.d/a.conf"),
		      "cannot be read by user 65534: chmod o+r");
	assert_int_equal(seteuid(0), 0);
}

static void test_load(void **state)
{
	struct policy_errors errors = {0}, warnings = {0};
	struct policy_set *set;

	(void)state;
	put_file("share/policy/a.conf",
		 "policies = ( { name = \"shipped\"; default = \"allow\"; } );\n");
	put_file("etc/gatewayd.conf", "home = [ \"US\" ];\nunknown_device = \"shipped\";\n");
	set = configuration_load(in_folder("etc"), &errors, &warnings);
	if (!set)
		fail_msg("%s:%u: %s", errors.errors[0].file, errors.errors[0].line,
			 errors.errors[0].text);
	assert_non_null(policy_by_name(set, "shipped"));
	policy_free(set);
	put_file("etc/policy.d/a.conf", "x = 1;\ny = 2;\n");
	assert_null(configuration_load(in_folder("etc"), &errors, &warnings));
	assert_true(errors.count >= 2);
	assert_int_equal(errors.errors[0].line, 1);
	assert_string_equal(errors.errors[0].file, in_folder("etc/policy.d/a.conf"));
	policy_errors_free(&errors);
	policy_errors_free(&warnings);
}

static void test_find(void **state)
{
	char path[300], expected[300];

	(void)state;
	put_file("share/in-share.mmdb", "");
	put_file("etc/in-etc.mmdb", "");
	put_file("share/in-etc.mmdb", "");
	assert_true(configuration_find(in_folder("etc"), "in-etc.mmdb", path, sizeof(path)));
	assert_string_equal(path, in_folder("etc/in-etc.mmdb"));
	assert_true(configuration_find(in_folder("etc"), "in-share.mmdb", path, sizeof(path)));
	assert_string_equal(path, in_folder("share/in-share.mmdb"));
	assert_false(configuration_find(in_folder("etc"), "in-no-folder", path, sizeof(path)));
	assert_string_equal(path, CONFIGURATION_STATEDIR "/in-no-folder");
	snprintf(expected, sizeof(expected), "%s", in_folder("etc/in-etc.mmdb"));
	assert_true(configuration_find("/nowhere", expected, path, sizeof(path)));
	assert_string_equal(path, expected);
	assert_false(configuration_find("/nowhere", "/nowhere/x", path, sizeof(path)));
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),
		TEST(test_passed_over),
		TEST(test_only_main_file),
		TEST(test_missing),
		TEST(test_folder_instead_of_file),
		TEST(test_file_instead_of_folder),
		TEST(test_too_big),
		TEST(test_unreadable),
		TEST(test_load),
		TEST(test_find),
	};

	return cmocka_run_group_tests_name("configuration", tests, make_folder, remove_folder);
}
