/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/daemon.h"

#define AT(day, hour, minute) ((day)*1440 + (hour)*60 + (minute))

static struct policy_set *load(const char *rules)
{
	static const char settings[] = "home = [ \"US\" ];\nunknown_device = \"all\";\n";
	char text[512];
	struct policy_source sources[] = {
		{.file = "gatewayd.conf", .kind = SOURCE_MAIN},
		{.file = "a.conf", .kind = SOURCE_USER},
	};
	struct policy_errors errors = {0};
	struct policy_set *set;

	snprintf(text, sizeof(text),
		 "policies = ( { name = \"all\"; default = \"allow\"; rules = ( %s ); } );\n",
		 rules);
	sources[0].text = bytes_of(settings, strlen(settings));
	sources[1].text = bytes_of(text, strlen(text));
	set = policy_load(sources, 2, &errors, NULL);
	if (!set)
		fail_msg("%s", errors.errors[0].text);
	return set;
}

static void test_edges(void **state)
{
	struct policy_set *set =
		load("{ action = \"block\"; port = 80; when = \"mon-fri 08:00-18:00\"; }");

	(void)state;
	assert_false(daemon_crossed_edge(set, AT(0, 7, 58), AT(0, 7, 59)));
	assert_true(daemon_crossed_edge(set, AT(0, 7, 59), AT(0, 8, 0)));
	assert_false(daemon_crossed_edge(set, AT(0, 8, 0), AT(0, 8, 0)));
	assert_false(daemon_crossed_edge(set, AT(0, 8, 0), AT(0, 8, 1)));
	assert_true(daemon_crossed_edge(set, AT(4, 17, 59), AT(4, 18, 0)));
	/* Over the weekend and the end of the week. */
	assert_false(daemon_crossed_edge(set, AT(4, 18, 0), AT(0, 7, 59)));
	assert_true(daemon_crossed_edge(set, AT(4, 18, 0), AT(0, 8, 0)));
	assert_false(daemon_crossed_edge(set, AT(6, 23, 59), AT(0, 0, 0)));
	policy_free(set);
}

/* Daylight saving takes an hour away or gives one twice. */
static void test_jumps(void **state)
{
	struct policy_set *set =
		load("{ action = \"block\"; port = 80; when = \"sun 02:30-12:00\"; }");

	(void)state;
	assert_true(daemon_crossed_edge(set, AT(6, 1, 59), AT(6, 3, 0)));
	assert_true(daemon_crossed_edge(set, AT(6, 2, 59), AT(6, 2, 0)));
	policy_free(set);
}

static void test_no_edges(void **state)
{
	struct policy_set *set = load("{ action = \"block\"; port = 80; }");

	(void)state;
	assert_false(daemon_crossed_edge(set, 0, 5000));
	assert_false(daemon_crossed_edge(set, 5000, 0));
	policy_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_no_edges),
	};

	return cmocka_run_group_tests_name("daemon", tests, NULL, NULL);
}
