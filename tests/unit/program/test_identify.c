/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of thing a device may be, and on what evidence. */
#define _POSIX_C_SOURCE 200809L /* setenv */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "identify.h"

static const struct policy_entry kalerm = {.row = "iotcloud.kalerm.com",
					   .organisation = "Kalerm (Suzhou)",
					   .purpose = PURPOSE_CONTROL,
					   .device_class = "coffee-machine"};
static const struct policy_entry tracker = {
	.row = "tracker.example", .device_class = "phone-app", .purpose = PURPOSE_CONTROL};
static const struct policy_entry advertiser = {
	.row = "ads.example", .device_class = "tv", .purpose = PURPOSE_ADS};
static const struct policy_entry clock_row = {.row = "pool.ntp.org", .device_class = "generic"};
static const struct policy_entry bare = {.row = "own.example"};

static const char rows[] =
	"method\tpattern\tmaker\tbrand\tdevice_class\tconfidence\tnote\tsource\n"
	"# a remark\n"
	"hostname\tesp_######\t\t\tgeneric\tlow\tdefault\tmade up\n"
	"hostname\ths*\t*tp-link*\tKasa\tplug\tmedium\t\tmade up\n"
	"hostname\troku*\t\tRoku\ttv\tmedium\t\tmade up\n"
	"maker\tespressif*\t\t\tgeneric\tlow\t\tmade up\n"
	"maker\troku*\t\tRoku\ttv\tmedium\t\tmade up\n"
	"mdns\t_homeconnect._tcp\t\tBSH\tappliance\thigh\t\tmade up\n"
	"mdns\t_homeconnect._tcp type=coffeemaker\t\tBSH\tcoffee-machine\thigh\t\tmade up\n"
	"server\t*ipbridge/*\t\tHue\thub\thigh\t\tmade up\n"
	"ssdp\turn:x:device:lamp:*\t\t\tlight\tlow\t\tmade up\n"
	"vendor-class\tandroid-dhcp-*\t\t\tphone-app\tmedium\t\tmade up\n";

static struct identify_table *read_rows(const char *text)
{
	struct identify_table *table = identify_table_new();
	const char *error;
	unsigned line;

	assert_non_null(table);
	if (identify_table_add(table, bytes_of(text, strlen(text)), &line, &error))
		return table;
	identify_table_free(table);
	return NULL;
}

static void test_names(void **state)
{
	struct identify_table *table = read_rows(rows);
	struct identify identify = {.table = table};
	struct identify_guess guess;

	(void)state;
	identify_vendor(&identify, "Espressif Inc.");
	identify_entry(&identify, NULL);
	identify_entry(&identify, &bare);
	identify_entry(&identify, &clock_row);
	assert_false(identify_end(&identify, &guess));
	identify_entry(&identify, &kalerm);
	assert_true(identify_end(&identify, &guess));
	assert_string_equal(guess.kind->name, "coffee-machine");
	assert_string_equal(guess.kind->profile, "coffee-machine");
	assert_string_equal(guess.words, "Kalerm? coffee machine (OUI, names asked)");
	assert_int_equal(guess.evidence_count, 2);
	assert_string_equal(guess.evidence[0], "its maker is Espressif Inc.");
	assert_string_equal(guess.evidence[1], "it asks for iotcloud.kalerm.com (Kalerm (Suzhou))");
	identify_table_free(table);
}

/* Apps run on televisions, too: what the maker says counts more than one of them. */
static void test_weights(void **state)
{
	struct identify_table *table = read_rows(rows);
	struct identify identify = {.table = table};
	struct traits traits = {.hostname = "Roku-3-bedroom"};
	struct identify_guess guess;

	(void)state;
	identify_entry(&identify, &tracker);
	identify_entry(&identify, &advertiser);
	assert_false(identify_end(&identify, &guess));
	identify_vendor(&identify, "Roku, Inc.");
	assert_true(identify_end(&identify, &guess));
	assert_string_equal(guess.words, "Roku? television (names asked, OUI)");
	assert_string_equal(guess.kind->profile, "smart-tv");
	assert_string_equal(guess.evidence[1], "its maker is Roku, Inc.");
	identify_traits(&identify, "", &traits, "Roku, Inc.");
	assert_true(identify_end(&identify, &guess));
	assert_int_equal(guess.evidence_count, 3);
	assert_string_equal(guess.evidence[2], "it calls itself Roku-3-bedroom");
	identify_table_free(table);
}

static void test_traits(void **state)
{
	struct identify_table *table = read_rows(rows);
	struct identify identify = {.table = table};
	struct traits traits = {.vendor_class = "android-dhcp-13",
				.server = "Linux/3 UPnP/1.0 IpBridge/1.5",
				.services = {"_homeconnect._tcp",
					     "_homeconnect._tcp type=CoffeeMaker",
					     "urn:x:device:lamp:1"},
				.service_count = 3};
	struct identify_guess guess;

	(void)state;
	/* The plainer announcement of the same service says nothing beside the other. */
	identify_traits(&identify, "", &traits, NULL);
	assert_int_equal(identify.count, 4);
	assert_true(identify_end(&identify, &guess));
	assert_string_equal(guess.kind->name, "hub");
	traits.server[0] = 0;
	identify = (struct identify){.table = table};
	identify_traits(&identify, "", &traits, NULL);
	assert_true(identify_end(&identify, &guess));
	assert_string_equal(guess.words, "BSH? coffee machine (mDNS)");
	/* What a lease says goes before what the device said itself. */
	identify = (struct identify){.table = table};
	identify_traits(&identify, "roku-1", &(struct traits){.hostname = "hs100"}, "TP-LINK");
	assert_true(identify_end(&identify, &guess));
	assert_string_equal(guess.kind->name, "tv");
	identify_table_free(table);
}

/* A word that anybody may use counts for devices of one maker. */
static void test_maker(void **state)
{
	struct identify_table *table = read_rows(rows);

	(void)state;
	assert_null(identify_table_find(table, IDENTIFY_HOSTNAME, "hs100", NULL));
	assert_null(identify_table_find(table, IDENTIFY_HOSTNAME, "hs100", "Sonos"));
	assert_non_null(identify_table_find(table, IDENTIFY_HOSTNAME, "HS100", "Big TP-Link Ltd"));
	assert_non_null(identify_table_find(table, IDENTIFY_HOSTNAME, "ESP_07aefb", NULL));
	assert_null(identify_table_find(table, IDENTIFY_HOSTNAME, "ESP_07aefg", NULL));
	assert_null(identify_table_find(table, IDENTIFY_HOSTNAME, "ESP_07aefb1", NULL));
	assert_null(identify_table_find(table, IDENTIFY_HOSTNAME, "ESP_07aef", NULL));
	assert_null(identify_table_find(table, IDENTIFY_HOSTNAME, "", NULL));
	assert_null(identify_table_find(NULL, IDENTIFY_HOSTNAME, "roku", NULL));
	identify_table_free(table);
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool expected;
	} cases[] = {
		{"*a*b*", "xxayybzz", true}, {"*a*b*", "bbbaaa", false},
		{"a*a", "a", false},         {"a*a", "aa", true},
		{"*ab", "aab", true},        {"*abab", "abaabab", true},
		{"*#*#x", "zz1z2x", true},   {"*#*#x", "zz1zzx", false},
		{"a**", "a", true},          {"*-#", "--------------", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char line[128];
		struct identify_table *table;

		snprintf(line, sizeof(line), "model\t%s\t\t\ttv\tlow", cases[i].pattern);
		table = read_rows(line);
		assert_non_null(table);
		assert_int_equal(identify_table_find(table, IDENTIFY_MODEL, cases[i].text, NULL) !=
					 NULL,
				 cases[i].expected);
		identify_table_free(table);
	}
}

static void test_broken_tables(void **state)
{
	static const char *const broken[] = {
		"hostname\tx\t\t\ttv",
		"hostname\tx\t\t\ttv\tlow\tx\tx\tx",
		"name\tx\t\t\ttv\tlow\t\tx",
		"hostname\t\t\t\ttv\tlow\t\tx",
		"hostname\t***\t\t\ttv\tlow\t\tx",
		"hostname\tx\t\t\ttelly\tlow\t\tx",
		"hostname\tx\t\t\ttv\tsome\t\tx",
		"x",
		"hostname\tx\t\tA\033[2J\ttv\tlow\t\tx",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_null(read_rows(broken[i]));
}

/* What comes first wins, so a user's file goes before ours. */
static void test_order(void **state)
{
	struct identify_table *table = read_rows("hostname\troku-*\t\tMine\tnas\thigh\t\tme\n");
	const struct identify_row *row;
	const char *error;
	unsigned line;

	(void)state;
	assert_true(identify_table_add(table, bytes_of(rows, sizeof(rows) - 1), &line, &error));
	row = identify_table_find(table, IDENTIFY_HOSTNAME, "roku-1", NULL);
	assert_string_equal(row->brand, "Mine");
	row = identify_table_find(table, IDENTIFY_HOSTNAME, "roku1", NULL);
	assert_string_equal(row->brand, "Roku");
	identify_table_free(table);
}

static void test_bounds(void **state)
{
	struct identify identify = {.table = NULL};
	struct identify_guess guess;

	(void)state;
	for (size_t i = 0; i < 2 * IDENTIFY_EVIDENCE_MOST; i++)
		identify_entry(&identify, &kalerm);
	identify_vendor(&identify, NULL);
	assert_true(identify_end(&identify, &guess));
	assert_int_equal(guess.evidence_count, IDENTIFY_EVIDENCE_MOST);
	assert_int_equal(guess.source_count, 1);
}

static void say_nothing(const char *error)
{
	fail_msg("%s", error);
}

/* The table that we ship reads without a fault. */
static void test_shipped(void **state)
{
	struct identify_table *table;

	(void)state;
	setenv("GATEWAYD_DATADIR", "policy/catalogue", 1);
	table = identify_table_load("/nonexistent", say_nothing);
	assert_non_null(table);
	assert_non_null(identify_table_find(table, IDENTIFY_MDNS, "_ipp._tcp", NULL));
	assert_non_null(
		identify_table_find(table, IDENTIFY_HOSTNAME, "roborock-vacuum-a15_miio1", NULL));
	unsetenv("GATEWAYD_DATADIR");
	identify_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),    cmocka_unit_test(test_weights),
		cmocka_unit_test(test_traits),   cmocka_unit_test(test_maker),
		cmocka_unit_test(test_patterns), cmocka_unit_test(test_broken_tables),
		cmocka_unit_test(test_order),    cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
