/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A maker's description in, a policy out: what is carried over and what is said of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/mud.h"

#define LISTS "ietf-access-control-list:acls"

static struct mud_import import_text(const char *json)
{
	struct mud_import import = {.text = NULL};
	char error[256] = "";

	if (!mud_import("etc/My Lamp.json", json, strlen(json), &import, error, sizeof(error)))
		fail_msg("%s", error);
	return import;
}

/* One entry with these matches and this action. */
static struct mud_import import_entry(const char *matches, const char *forwarding)
{
	char json[2000];

	assert_true((size_t)snprintf(json, sizeof(json),
				     "{\"ietf-mud:mud\":{\"mud-version\":1,\"from-device-policy\":"
				     "{\"access-lists\":{\"access-list\":[{\"name\":\"out\"}]}}},"
				     "\"" LISTS "\":{\"acl\":[{\"name\":\"out\",\"aces\":{\"ace\":"
				     "[{\"name\":\"e1\",\"matches\":%s,\"actions\":{\"forwarding\":"
				     "\"%s\"}}]}}]}}",
				     matches, forwarding) < sizeof(json));
	return import_text(json);
}

static void expect_rule(const char *matches, const char *rule)
{
	struct mud_import import = import_entry(matches, "accept");

	if (!strstr(import.text, rule))
		fail_msg("no %s in:\n%s", rule, import.text);
	assert_int_equal(import.rule_count, 1);
	assert_int_equal(import.skipped_count, 0);
	mud_import_free(&import);
}

static void expect_skipped(const char *matches, const char *reason)
{
	struct mud_import import = import_entry(matches, "accept");

	assert_int_equal(import.rule_count, 0);
	assert_int_equal(import.skipped_count, 1);
	if (!strstr(import.skipped, reason))
		fail_msg("no \"%s\" in: %s", reason, import.skipped);
	assert_non_null(strstr(import.text, reason));
	mud_import_free(&import);
}

static void test_rules(void **state)
{
	(void)state;
	expect_rule("{\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"Api.Example.com\",\"protocol\":6},"
		    "\"tcp\":{\"ietf-mud:direction-initiated\":\"from-device\","
		    "\"destination-port\":{\"operator\":\"eq\",\"port\":443}}}",
		    "{ action = \"allow\"; domain = \"=api.example.com\"; transport = \"tcp\"; "
		    "port = 443; }");
	expect_rule("{\"ipv6\":{\"destination-ipv6-network\":\"2001:db8::/32\",\"protocol\":17}}",
		    "{ action = \"allow\"; address = \"2001:db8::/32\"; transport = \"udp\"; }");
	expect_rule("{\"ipv4\":{\"protocol\":1},\"icmp\":{\"type\":8,\"code\":0},"
		    "\"ietf-mud:mud\":{\"local-networks\":[null]}}",
		    "{ action = \"allow\"; lan = true; transport = \"icmp\"; }");
	expect_rule("{\"ietf-mud:mud\":{\"controller\":\"urn:ietf:params:mud:ntp\"},"
		    "\"udp\":{\"destination-port\":{\"operator\":\"eq\",\"port\":123}}}",
		    "{ action = \"allow\"; purpose = \"time\"; transport = \"udp\"; port = 123; }");
	/* A draft before the RFC. */
	expect_rule("{\"ipv4-acl\":{\"ietf-acldns:dst-dnsname\":\"a.example\",\"protocol\":6,"
		    "\"destination-port-range\":{\"lower-port\":80,\"upper-port\":90}}}",
		    "domain = \"=a.example\"; transport = \"tcp\"; port = \"80-90\"; }");
}

static void test_ports(void **state)
{
	(void)state;
	expect_rule("{\"tcp\":{\"destination-port\":{\"operator\":\"lte\",\"port\":99}}}",
		    "port = \"0-99\"");
	expect_rule("{\"tcp\":{\"destination-port\":{\"operator\":\"gte\",\"port\":99}}}",
		    "port = \"99-65535\"");
	expect_rule("{\"tcp\":{\"destination-port\":{\"operator\":\"neq\",\"port\":99}}}",
		    "port = [ \"0-98\", \"100-65535\" ]");
	expect_skipped("{\"tcp\":{\"destination-port\":{\"operator\":\"eq\",\"port\":65536}}}",
		       "its ports cannot be read");
	expect_skipped("{\"tcp\":{\"destination-port\":{\"lower-port\":9,\"upper-port\":8}}}",
		       "its ports cannot be read");
	expect_skipped("{\"tcp\":{\"destination-port\":{\"operator\":\"odd\",\"port\":8}}}",
		       "its operator");
}

static void test_skipped(void **state)
{
	(void)state;
	expect_skipped("{\"tcp\":{\"ietf-mud:direction-initiated\":\"to-device\"}}",
		       "whoever calls");
	expect_skipped("{\"udp\":{\"source-port\":{\"operator\":\"eq\",\"port\":53}}}",
		       "a port of the device's own");
	expect_skipped("{\"eth\":{\"ethertype\":\"0x888e\"}}", "Ethernet");
	expect_skipped("{\"ipv4\":{\"protocol\":2}}", "other than TCP, UDP and ICMP");
	expect_skipped("{\"ipv4\":{\"destination-ipv4-network\":\"239.255.255.250/32\"}}",
		       "multicast");
	expect_skipped("{\"ipv4\":{\"destination-ipv4-network\":\"1.2.3\"}}", "its network");
	expect_skipped("{\"ietf-mud:mud\":{\"controller\":\"urn:ietf:params:mud:dns\"}}",
		       "the DNS");
	expect_skipped("{\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"a\\\"; } evil.example\"}}",
		       "no name of a host");
	expect_skipped("{}", "nothing in particular");
}

static void test_actions(void **state)
{
	static const char *const matches = "{\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"a.example\"}}";
	struct mud_import import = import_entry(matches, "drop");

	(void)state;
	assert_non_null(strstr(import.text, "{ action = \"block\"; with = \"drop\"; domain"));
	mud_import_free(&import);
	import = import_entry(matches, "ietf-access-control-list:reject");
	assert_non_null(strstr(import.text, "{ action = \"block\"; domain = \"=a.example\"; }"));
	mud_import_free(&import);
	import = import_entry(matches, "log");
	assert_int_equal(import.rule_count, 0);
	mud_import_free(&import);
}

/* The device is named by its model, else by its file; no text of the file is more than text. */
static void test_text(void **state)
{
	struct mud_import import = import_entry("{\"ipv4\":{\"protocol\":6}}", "accept");

	(void)state;
	assert_string_equal(import.name, "my-lamp");
	mud_import_free(&import);
	import = import_text("{\"ietf-mud:mud\":{\"model-name\":\"Kettle/2\\n\",\"systeminfo\":"
			     "\"x\\npolicies = ( );\\u001b[31m\"},\"" LISTS "\":{\"acl\":[]}}");
	assert_string_equal(import.name, "kettle-2");
	assert_null(strstr(import.text, "\npolicies = ( )"));
	assert_null(strchr(import.text, '\033'));
	assert_int_equal(import.rule_count, 0);
	mud_import_free(&import);
}

static void test_refused(void **state)
{
	static const struct {
		const char *json, *error;
	} rows[] = {
		{"", "not JSON"},
		{"{", "not JSON"},
		{"{} x", "not JSON"},
		{"null", "not JSON"},
		{"[]", "no \"ietf-mud:mud\""},
		{"{\"ietf-mud:mud\":{\"mud-version\":2}}", "version 1"},
		{"{\"ietf-mud:mud\":{}}", "no access control lists"},
		{"{\"ietf-mud:mud\":{\"from-device-policy\":{\"access-lists\":{\"access-list\":["
		 "{\"name\":\"gone\"}]}}},\"" LISTS "\":{\"acl\":[]}}",
		 "of this name: gone"},
		{"{\"ietf-mud:mud\":{\"from-device-policy\":{\"access-lists\":{\"access-list\":["
		 "{\"name\":\"out\"}]}}},\"" LISTS "\":{\"acl\":[{\"name\":\"out\"}]}}",
		 "without entries: out"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mud_import import = {.name = "untouched"};
		char error[256] = "";

		assert_false(mud_import("x", rows[i].json, strlen(rows[i].json), &import, error,
					sizeof(error)));
		if (!strstr(error, rows[i].error))
			fail_msg("%s: \"%s\"", rows[i].json, error);
		assert_string_equal(import.name, "untouched");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),   cmocka_unit_test(test_ports),
		cmocka_unit_test(test_skipped), cmocka_unit_test(test_actions),
		cmocka_unit_test(test_text),    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
