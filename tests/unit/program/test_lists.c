/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "tests/unit/support/folder.h"

#include <fcntl.h>
#include <string.h>

#include <json-c/json.h>

#include "lists.h"

static int start(void **state)
{
	(void)state;
	empty_folder();
	assert_int_equal(mkdir(in_folder("state"), 0755), 0);
	return setenv("GATEWAYD_STATEDIR", in_folder("state"), 1);
}

static struct policy_set *load(const char *lists)
{
	char text[1024];
	struct policy_source source = {"gatewayd.conf", {0}, SOURCE_MAIN};
	struct policy_errors errors = {0};
	struct policy_set *set;

	snprintf(text, sizeof(text),
		 "home = [ \"US\" ]; unknown_device = \"p\"; lists = ( %s );"
		 "policies = ( { name = \"p\"; default = \"allow\"; rules = ("
		 "{ action = \"block\"; list = \"one\"; } ); } );",
		 lists);
	source.text = bytes_of(text, strlen(text));
	set = policy_load(&source, 1, &errors, NULL);
	assert_non_null(set);
	policy_errors_free(&errors);
	return set;
}

static bool blocks(const struct policy_set *set, const char *text)
{
	struct policy_question question = {.known = FACT_NAMES, .name_count = 1};
	struct name name;

	assert_true(name_parse_text(text, &name));
	question.policy = policy_settings(set)->unknown_device;
	policy_describe(set, &name, &question.names[0]);
	return policy_match(set, &question, STAGE_EARLY, NULL, NULL).action == POLICY_BLOCK;
}

static struct lists *open_lists(struct policy_set *set, const struct lists *old,
				enum lists_effort effort, const char *warning)
{
	struct policy_errors warnings = {0};
	struct lists *lists = lists_open(folder, set, old, effort, NULL, &warnings);

	assert_non_null(lists);
	assert_int_equal(warnings.count, warning ? 1 : 0);
	if (warning)
		assert_non_null(strstr(warnings.errors[0].text, warning));
	policy_errors_free(&warnings);
	return lists;
}

static void test_file(void **state)
{
	struct policy_set *set = load("{ name = \"one\"; file = \"one.txt\"; }");
	struct lists *lists, *again;
	const struct lists_entry *entry;

	(void)state;
	put_file("one.txt", "a.example\nb.example\n");
	lists = open_lists(set, NULL, LISTS_COMPILE, NULL);
	entry = lists_at(lists, 0);
	assert_true(entry->mapped);
	assert_int_equal(entry->image->counts.names, 2);
	assert_true(blocks(set, "x.a.example"));
	assert_false(blocks(set, "c.example"));
	assert_int_equal(entry->hits, 1);

	/* Nothing changed: the same memory serves, also after the first is gone. */
	again = open_lists(set, lists, LISTS_QUICKLY, NULL);
	assert_ptr_equal(lists_at(again, 0)->image->tags, entry->image->tags);
	assert_int_equal(lists_at(again, 0)->hits, 1);
	lists_free(lists);
	assert_true(blocks(set, "b.example"));

	put_file("one.txt", "c.example\nlonger.example\n");
	lists = open_lists(set, again, LISTS_QUICKLY, NULL);
	lists_free(again);
	assert_true(blocks(set, "c.example"));
	assert_false(blocks(set, "b.example"));
	policy_free(set);
	lists_free(lists);
}

/* A large text waits until packets do not; what was there is still used. */
static void test_quickly(void **state)
{
	struct policy_set *set = load("{ name = \"one\"; file = \"one.txt\"; }");
	struct lists *lists, *again;
	FILE *file;

	(void)state;
	put_file("one.txt", "a.example\n");
	lists = open_lists(set, NULL, LISTS_COMPILE, NULL);
	file = fopen(in_folder("one.txt"), "w");
	assert_non_null(file);
	for (unsigned i = 0; i < 10000; i++)
		fprintf(file, "n%u.example\n", i);
	fclose(file);
	again = open_lists(set, lists, LISTS_QUICKLY, "gatewayctl reload");
	lists_free(lists);
	assert_true(blocks(set, "a.example"));
	assert_false(blocks(set, "n1.example"));
	lists = open_lists(set, again, LISTS_COMPILE, NULL);
	lists_free(again);
	assert_false(blocks(set, "a.example"));
	assert_true(blocks(set, "n1.example"));
	policy_free(set);
	lists_free(lists);
}

static void test_missing(void **state)
{
	struct policy_set *set = load("{ name = \"one\"; file = \"none.txt\"; }");
	struct lists *lists = open_lists(set, NULL, LISTS_COMPILE, "No such file");

	(void)state;
	assert_null(lists_at(lists, 0)->image);
	assert_false(blocks(set, "a.example"));
	policy_free(set);
	lists_free(lists);
	set = load("{ name = \"one\"; url = \"https://lists.example/one\"; }");
	lists = open_lists(set, NULL, LISTS_COMPILE, "gatewayctl lists update");
	assert_false(blocks(set, "a.example"));
	policy_free(set);
	lists_free(lists);
}

static void test_damaged(void **state)
{
	struct policy_set *set = load("{ name = \"one\"; file = \"one.txt\"; }");
	struct lists *lists;
	char path[LISTS_PATH_SIZE];
	int fd;

	(void)state;
	put_file("one.txt", "a.example\n");
	lists = open_lists(set, NULL, LISTS_COMPILE, NULL);
	snprintf(path, sizeof(path), "%s", lists_at(lists, 0)->path);
	lists_free(lists);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "x", 1, 40), 1);
	close(fd);
	/* Made anew. */
	lists = open_lists(set, NULL, LISTS_COMPILE, NULL);
	assert_true(blocks(set, "a.example"));
	policy_free(set);
	lists_free(lists);
}

/* Where nothing can be written, it is held in memory. */
static void test_unwritable(void **state)
{
	struct policy_set *set = load("{ name = \"one\"; file = \"one.txt\"; }");
	struct lists *lists;

	(void)state;
	put_file("one.txt", "a.example\n192.0.2.0/24\n");
	assert_int_equal(setenv("GATEWAYD_STATEDIR", "/proc/none", 1), 0);
	lists = open_lists(set, NULL, LISTS_COMPILE, NULL);
	assert_false(lists_at(lists, 0)->mapped);
	assert_true(blocks(set, "a.example"));
	policy_free(set);
	lists_free(lists);
}

static void test_report(void **state)
{
	struct policy_set *set = load("{ name = \"one\"; file = \"one.txt\"; }");
	struct json_object *rows, *row, *member;
	struct lists *lists;

	(void)state;
	put_file("one.txt", "||a.example^\n@@||b.a.example^\nx##y\n192.0.2.1\n");
	lists = open_lists(set, NULL, LISTS_COMPILE, NULL);
	assert_true(blocks(set, "a.example"));
	assert_false(blocks(set, "b.a.example"));
	rows = lists_report(lists);
	assert_int_equal(json_object_array_length(rows), 1);
	row = json_object_array_get_idx(rows, 0);
	assert_true(json_object_object_get_ex(row, "format", &member));
	assert_string_equal(json_object_get_string(member), "adblock");
	assert_true(json_object_object_get_ex(row, "hits", &member));
	assert_int_equal(json_object_get_int(member), 1);
	assert_true(json_object_object_get_ex(row, "exceptions", &member));
	assert_int_equal(json_object_get_int(member), 1);
	assert_true(json_object_object_get_ex(row, "skipped", &member));
	assert_int_equal(json_object_get_int(member), 1);
	json_object_put(rows);
	policy_free(set);
	lists_free(lists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_file, start),
		cmocka_unit_test_setup(test_quickly, start),
		cmocka_unit_test_setup(test_missing, start),
		cmocka_unit_test_setup(test_damaged, start),
		cmocka_unit_test_setup(test_unwritable, start),
		cmocka_unit_test_setup(test_report, start),
	};

	return cmocka_run_group_tests_name("lists", tests, make_folder, remove_folder);
}
