/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "report.h"

/* The very line of the contract. */
#define FULL                                                                                     \
	"{\"device\":\"kitchen-coffee\",\"mac\":\"a4:cf:12:00:00:01\","                          \
	"\"policy\":\"coffee-machine\",\"transport\":\"tcp\",\"src\":\"192.0.2.10\","            \
	"\"sport\":40001,\"dst\":\"203.0.113.5\",\"dport\":443,\"protocol\":\"tls\","            \
	"\"names\":[\"api.example.cn\"],\"name_from\":\"sni\",\"country\":\"CN\",\"asn\":64500," \
	"\"organisation\":\"Example\",\"jurisdiction\":\"CN\",\"purpose\":\"telemetry\","        \
	"\"action\":\"block\",\"rule\":\"coffee-machine/3\",\"reason\":\"jurisdiction CN\","     \
	"\"packets\":12,\"bytes_up\":1200,\"bytes_down\":3400,\"stripped\":{\"location\":2}}\n"

static struct flow_record full_record(void)
{
	struct flow_record record = {
		.device = "kitchen-coffee",
		.policy = "coffee-machine",
		.transport = TRANSPORT_TCP,
		.src_port = 40001,
		.dst_port = 443,
		.protocol = PROTOCOL_TLS,
		.name_count = 1,
		.name_from = NAME_FROM_SNI,
		.country = country_from_text("CN"),
		.asn = 64500,
		.organisation = "Example",
		.jurisdiction = country_from_text("CN"),
		.purpose = PURPOSE_TELEMETRY,
		.action = POLICY_BLOCK,
		.rule = "coffee-machine/3",
		.reason = "jurisdiction CN",
		.packets = 12,
		.bytes_up = 1200,
		.bytes_down = 3400,
		.stripped = {[DATA_LOCATION] = 2},
	};

	assert_true(mac_parse("a4:cf:12:00:00:01", &record.mac));
	assert_true(address_parse("192.0.2.10", &record.src));
	assert_true(address_parse("203.0.113.5", &record.dst));
	assert_true(name_parse_text("api.example.cn", &record.names[0]));
	return record;
}

static void expect_line(struct json_object *object, const char *expected)
{
	char *line = report_line(object);

	assert_string_equal(line, expected);
	free(line);
	json_object_put(object);
}

static void test_a_flow_is_as_documented(void **state)
{
	struct flow_record record = full_record();

	(void)state;
	expect_line(report_flow(&record), FULL);
}

static void test_what_is_not_known_is_absent(void **state)
{
	struct flow_record record = {.transport = TRANSPORT_ICMP, .action = POLICY_ALLOW};

	(void)state;
	record.waiting = true;
	expect_line(report_flow(&record), "{\"transport\":\"icmp\",\"action\":\"allow\",\"waiting\""
					  ":true,\"packets\":0,\"bytes_up\":0,\"bytes_down\":0}\n");
}

static void test_a_dns_flow_has_its_question(void **state)
{
	struct flow_record record = {
		.transport = TRANSPORT_UDP,
		.src_port = 5,
		.dst_port = 53,
		.protocol = PROTOCOL_DNS,
		.is_dns = true,
		.name_count = 2,
		.name_from = NAME_FROM_DNS,
		.question_type = 65,
		.action = POLICY_BLOCK,
		.observed = true,
	};

	(void)state;
	assert_true(name_parse_text("a.example", &record.names[0]));
	assert_true(name_parse_text("b.example", &record.names[1]));
	record.question = record.names[0];
	expect_line(report_flow(&record),
		    "{\"transport\":\"udp\",\"sport\":5,\"dport\":53,\"protocol\":\"dns\","
		    "\"names\":[\"a.example\",\"b.example\"],\"name_from\":\"dns\","
		    "\"qname\":\"a.example\",\"qtype\":\"HTTPS\",\"action\":\"block\","
		    "\"observed\":true,\"packets\":0,\"bytes_up\":0,\"bytes_down\":0}\n");
}

static void test_the_root_can_be_asked_for(void **state)
{
	struct flow_record record = {.is_dns = true, .question_type = 2};
	struct json_object *object = report_flow(&record);

	(void)state;
	assert_string_equal(json_object_get_string(json_object_object_get(object, "qname")), ".");
	json_object_put(object);
}

static void test_events_say_when_and_what(void **state)
{
	struct event event = {.kind = EVENT_NEW_DEVICE, .time = 1774782000 * SECOND_US};

	(void)state;
	snprintf(event.record.device, sizeof(event.record.device), "tv");
	snprintf(event.record.policy, sizeof(event.record.policy), "guest");
	assert_true(address_parse("2001:db8::1", &event.record.src));
	expect_line(report_event(&event),
		    "{\"time\":\"2026-03-29T11:00:00Z\",\"event\":\"new-device\","
		    "\"device\":\"tv\",\"policy\":\"guest\",\"src\":\"2001:db8::1\"}\n");
}

static void test_every_event_has_a_name(void **state)
{
	(void)state;
	for (int kind = EVENT_DECISION; kind <= EVENT_SECRET; kind++)
		assert_string_not_equal(report_event_name((enum event_kind)kind), "unknown");
}

static void test_question_types(void **state)
{
	char text[12];

	(void)state;
	report_question_type(28, text);
	assert_string_equal(text, "AAAA");
	report_question_type(65535, text);
	assert_string_equal(text, "TYPE65535");
	report_question_type(33, text);
	assert_string_equal(text, "SRV");
}

static void test_a_device_lists_what_it_is(void **state)
{
	struct device_record record = {.name = "tv", .named = true, .address_count = 1};

	(void)state;
	assert_true(address_parse("192.0.2.9", &record.addresses[0]));
	country_set_add(&record.countries, country_from_text("US"));
	country_set_add(&record.countries, country_from_text("AA"));
	country_set_add(&record.countries, country_from_text("ZZ"));
	expect_line(report_device(&record, "Acme", NULL, NULL),
		    "{\"device\":\"tv\",\"named\":true,\"vendor\":\"Acme\","
		    "\"addresses\":[\"192.0.2.9\"],\"packets\":0,\"bytes_up\":0,\"bytes_down\":0,"
		    "\"questions\":0,\"questions_refused\":0,\"flows\":0,\"flows_blocked\":0,"
		    "\"flows_stripped\":0,\"observed\":0,\"countries\":[\"AA\",\"US\",\"ZZ\"]}\n");
}

/* Names of policy files may hold anything; a line must stay JSON. */
static void test_what_is_no_utf8_or_a_command_is_replaced(void **state)
{
	struct flow_record record = {
		.organisation = "Caf\xc3\xa9 \xff\xc3 \xed\xa0\x80 \xc2\x9b\x7f\xc2\xa0"};
	struct json_object *object = report_flow(&record);

	(void)state;
	assert_string_equal(json_object_get_string(json_object_object_get(object, "organisation")),
			    "Caf\xc3\xa9 ?? ??? ??\xc2\xa0");
	json_object_put(object);
}

static void test_long_texts_are_cut_between_characters(void **state)
{
	char text[1200];
	struct json_object *object;
	const char *cut;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[sizeof(text) - 2] = '\0';
	object = report_string(text);
	cut = json_object_get_string(object);
	assert_true(strlen(cut) > 490 && strlen(cut) < 512 && strlen(cut) % 2 == 0);
	json_object_put(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_flow_is_as_documented),
		cmocka_unit_test(test_what_is_not_known_is_absent),
		cmocka_unit_test(test_a_dns_flow_has_its_question),
		cmocka_unit_test(test_the_root_can_be_asked_for),
		cmocka_unit_test(test_events_say_when_and_what),
		cmocka_unit_test(test_every_event_has_a_name),
		cmocka_unit_test(test_question_types),
		cmocka_unit_test(test_a_device_lists_what_it_is),
		cmocka_unit_test(test_what_is_no_utf8_or_a_command_is_replaced),
		cmocka_unit_test(test_long_texts_are_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
