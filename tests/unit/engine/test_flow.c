/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections through the engine: first packets, first payloads, refusals. */
#include "tests/unit/engine/world.h"

#define CAMERA_POLICY "{ name = \"camera\"; default = \"allow\"; rules = (); }"
#define POLICY(rest) "{ name = \"test\"; " rest " }, " CAMERA_POLICY
#define RULES(rules) POLICY("default = \"allow\"; rules = ( " rules " );")

static const char request[] = "POST /v1 HTTP/1.1\r\nHost: api.evil.example\r\n\r\n";
static const char harmless[] = "POST /v1 HTTP/1.1\r\nHost: api.good.example\r\n\r\n";

static void tcp_is_reset_at_its_first_packet(void **state)
{
	struct world *world = world_new(RULES("{ action = \"block\"; country = \"CN\"; }"));
	struct packet_headers headers;
	struct flow_record record;

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, CLOUD, 443);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_int_equal(world->verdict.reply_count, 1);
	headers = world_reply(world, 0);
	assert_address(headers.src, CLOUD);
	assert_address(headers.dst, COFFEE_ADDRESS);
	assert_int_equal(headers.tcp_flags, TCP_RST | TCP_ACK);
	assert_int_equal(headers.ack, 1001);
	record = world_record(world, 443);
	assert_int_equal(record.action, POLICY_BLOCK);
	assert_string_equal(record.rule, "test/1");
	assert_string_equal(record.reason, "country CN");
	world_free(world);
}

static void udp_gets_an_icmp_error_and_drop_gets_nothing(void **state)
{
	struct world *world =
		world_new(RULES("{ action = \"block\"; port = 7000; with = \"drop\"; },"
				"{ action = \"block\"; country = \"CN\"; }"));
	struct packet_headers headers;

	(void)state;
	world_udp(world, COFFEE_ADDRESS, 5000, CLOUD, 9999, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	headers = world_reply(world, 0);
	assert_int_equal(headers.icmp_type, 3);
	assert_int_equal(headers.icmp_code, 13);
	world_udp(world, COFFEE_ADDRESS, 5000, CLOUD, 7000, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_int_equal(world->verdict.reply_count, 0);
	world_free(world);
}

static void the_name_in_the_request_decides_at_every_split(void **state)
{
	size_t len = sizeof(request) - 1;

	(void)state;
	for (size_t cut = 1; cut < len; cut++) {
		struct world *world =
			world_new(RULES("{ action = \"block\"; domain = \"evil.example\"; }"));
		struct flow_record record;

		world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
		assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
		assert_int_equal(world->verdict.mark, MARK_UNDECIDED);
		/* The second part first: order must not matter. */
		world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, (uint32_t)cut, request + cut,
			   len - cut);
		assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
		world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, request, cut);
		assert_int_equal(world->verdict.action, VERDICT_DROP);
		assert_int_equal(world->verdict.reply_count, 2);
		record = world_record(world, 8080);
		assert_int_equal(record.protocol, PROTOCOL_HTTP);
		assert_int_equal(record.name_from, NAME_FROM_HOST);
		assert_string_equal(record.names[0].text, "api.evil.example");
		world_free(world);
	}
}

static void a_decided_flow_is_left_to_the_kernel(void **state)
{
	struct world *world =
		world_new(RULES("{ action = \"block\"; domain = \"evil.example\"; }"));

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	assert_int_equal(world->verdict.mark, MARK_UNDECIDED);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, harmless, sizeof(harmless) - 1);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(world->verdict.mark, MARK_PASS);
	world_free(world);
}

static void contradicting_bytes_are_not_let_through(void **state)
{
	struct world *world =
		world_new(RULES("{ action = \"block\"; domain = \"evil.example\"; }"));

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, harmless, 30);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, request, sizeof(request) - 1);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	/* Far outside of what the server can take. */
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 900000, request, 10);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void decoys_tell_nothing(void **state)
{
	struct world *world =
		world_new(RULES("{ action = \"block\"; domain = \"evil.example\"; }"));

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	world->checksum_wrong = true;
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, harmless, sizeof(harmless) - 1);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world->checksum_wrong = false;
	world->hop_limit = 2;
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, harmless, sizeof(harmless) - 1);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world->hop_limit = 63;
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, request, sizeof(request) - 1);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_string_equal(world_record(world, 8080).names[0].text, "api.evil.example");
	world_free(world);
}

static void a_name_that_dns_did_not_give_hides_nothing(void **state)
{
	struct world *world =
		world_new(RULES("{ action = \"allow\"; domain = \"good.example\"; },"
				"{ action = \"block\"; domain = \"evil.example\"; }"));

	(void)state;
	/* The device resolved another name to this address, so Host is a lie. */
	world_reload(world, RULES("{ action = \"allow\"; domain = \"good.example\"; }"));
	assert_true(world_resolve(world, COFFEE_ADDRESS, 1, "api.evil.example", OTHER));
	world_reload(world, RULES("{ action = \"allow\"; domain = \"good.example\"; },"
				  "{ action = \"block\"; domain = \"evil.example\"; }"));
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	/* Two names at one address: the request tells which one it is. */
	assert_true(world_resolve(world, COFFEE_ADDRESS, 2, "api.good.example", OTHER));
	world_connect(world, COFFEE_ADDRESS, 4001, OTHER, 8081);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(world->verdict.mark, MARK_UNDECIDED);
	world_send(world, COFFEE_ADDRESS, 4001, OTHER, 8081, 0, harmless, sizeof(harmless) - 1);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(world->verdict.mark, MARK_PASS);
	/* One that does not say which it is may be the blocked one. */
	world_connect(world, COFFEE_ADDRESS, 4002, OTHER, 8082);
	world_send(world, COFFEE_ADDRESS, 4002, OTHER, 8082, 0, "\x01\x02\x03\x04nothing known",
		   17);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void direct_is_what_was_never_resolved(void **state)
{
	static const char *const names[] = {"x.example", NULL};
	static const char *const addresses[] = {OTHER, NULL};
	struct world *world = world_new(RULES("{ action = \"block\"; direct = true; }"));

	(void)state;
	/* A hard-coded resolver is itself direct; the router's is not judged. */
	assert_int_equal(world_ask(world, COFFEE_ADDRESS, RESOLVER, 1, "x.example")->action,
			 VERDICT_DROP);
	world->hook = PACKET_INPUT;
	assert_int_equal(world_ask(world, COFFEE_ADDRESS, ROUTER, 2, "x.example")->action,
			 VERDICT_ACCEPT);
	world->hook = PACKET_OUTPUT;
	world_answer(world, COFFEE_ADDRESS, ROUTER, 2, names, addresses);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world->hook = PACKET_FORWARD;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 443);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_connect(world, COFFEE_ADDRESS, 4001, CLOUD, 443);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	/* Older than the daemon: whether it was resolved nobody knows. */
	world_send(world, COFFEE_ADDRESS, 4002, CLOUD, 444, 0, "later", 5);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

static void a_reload_judges_live_flows_again(void **state)
{
	struct world *world = world_new(RULES(""));

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, CLOUD, 443);
	world_send(world, COFFEE_ADDRESS, 4000, CLOUD, 443, 0, harmless, sizeof(harmless) - 1);
	assert_int_equal(world->verdict.mark, MARK_PASS);
	world_reload(world, RULES("{ action = \"block\"; country = \"CN\"; }"));
	world_send(world, COFFEE_ADDRESS, 4000, CLOUD, 443, 45, "anything", 8);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_int_equal(world->verdict.reply_count, 2);
	world_reload(world, RULES(""));
	world_send(world, COFFEE_ADDRESS, 4000, CLOUD, 443, 45, "anything", 8);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

static void several_macs_are_one_device_others_are_unknown(void **state)
{
	struct world *world = world_new(RULES("{ action = \"block\"; country = \"CN\"; }"));
	struct flow_record record;

	(void)state;
	world->mac = COFFEE_SECOND;
	world_connect(world, "2001:db8:1::99", 4000, "2001:db8:2::1", 443);
	record = world_record(world, 443);
	assert_string_equal(record.device, "coffee");
	assert_string_equal(record.policy, "test");
	world->mac = "02:00:00:00:00:77";
	world_connect(world, "192.0.2.77", 4000, CLOUD, 444);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	record = world_record(world, 444);
	assert_string_equal(record.device, "02:00:00:00:00:77");
	assert_string_equal(record.policy, "observe");
	world_free(world);
}

static void overrides_come_first_and_end(void **state)
{
	struct world *world = world_new(RULES("{ action = \"block\"; country = \"CN\"; }"));
	char error[128];
	struct policy_rule *rule = policy_override_new(POLICY_ALLOW, CLOUD, error, sizeof(error));

	(void)state;
	assert_non_null(rule);
	assert_true(engine_override(world->engine, "coffee", rule, world->now + 60 * SECOND_US));
	world_connect(world, COFFEE_ADDRESS, 4000, CLOUD, 443);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world->now += 61 * SECOND_US;
	engine_advance(world->engine, world->now, 600);
	world_connect(world, COFFEE_ADDRESS, 4001, CLOUD, 444);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void multicast_and_neighbours_pass(void **state)
{
	struct world *world = world_new(POLICY("default = \"block\";"));

	(void)state;
	world_udp(world, COFFEE_ADDRESS, 5353, "224.0.0.251", 5353, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	/* A neighbour solicitation, RFC 4861 section 4.3. */
	world_transport(world, "fe80::1", "ff02::1:ff00:2", 58,
			"\x87\x00\x00\x00\x00\x00\x00\x00\xfe\x80\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x02",
			24, bytes_of(NULL, 0), PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

static void later_fragments_follow_the_first(void **state)
{
	struct world *world = world_new(RULES("{ action = \"block\"; country = \"CN\"; }"));

	(void)state;
	for (int blocked = 0; blocked < 2; blocked++) {
		const char *dst = blocked ? CLOUD : OTHER;
		enum verdict_action expected = blocked ? VERDICT_DROP : VERDICT_ACCEPT;
		size_t at = world_ip(world->bytes, COFFEE_ADDRESS, dst, 17, 24, 63);

		memcpy(world->bytes + at, "\x13\x88\x1b\x58\x00\x20\x00\x00 sixteen bytes..", 24);
		world->bytes[6] = 0x20; /* more fragments */
		checksum_fix(world->bytes, at + 24, at, 17);
		world_run(world, at + 24, PACKET_FROM_DEVICE);
		assert_int_equal(world->verdict.action, expected);
		at = world_ip(world->bytes, COFFEE_ADDRESS, dst, 17, 8, 63);
		memcpy(world->bytes + at, "the rest", 8);
		world->bytes[6] = 0;
		world->bytes[7] = 3; /* offset 24 */
		checksum_fix(world->bytes, at + 8, at, 17);
		world_run(world, at + 8, PACKET_FROM_DEVICE);
		assert_int_equal(world->verdict.action, expected);
		/* Of a packet whose first fragment nobody saw. */
		world->bytes[4] ^= 1;
		world_run(world, at + 8, PACKET_FROM_DEVICE);
		assert_int_equal(world->verdict.action, VERDICT_DROP);
	}
	world_free(world);
}

static void an_error_goes_with_its_flow(void **state)
{
	struct world *world =
		world_new(POLICY("default = \"block\"; rules = ("
				 "{ action = \"allow\"; address = \"" OTHER "\"; } );"));
	uint8_t quoted[64];
	uint8_t icmp[72] = {3, 3};

	(void)state;
	world_udp(world, COFFEE_ADDRESS, 5000, OTHER, 7000, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	/* What came back could not be delivered. */
	world_udp(world, OTHER, 7000, COFFEE_ADDRESS, 5000, bytes_of("hello", 5), PACKET_TO_DEVICE);
	memcpy(quoted, world->bytes, 33);
	memcpy(icmp + 8, quoted, 33);
	world_transport(world, COFFEE_ADDRESS, OTHER, 1, icmp, 41, bytes_of(NULL, 0),
			PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	/* About no flow at all: a way to carry data out. */
	icmp[8 + 23] ^= 1;
	world_transport(world, COFFEE_ADDRESS, OTHER, 1, icmp, 41, bytes_of(NULL, 0),
			PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void full_tables_give_up_the_oldest(void **state)
{
	struct world *world = world_new(RULES(""));
	struct engine_counters counters;
	struct event event;
	unsigned ends = 0;

	(void)state;
	for (unsigned i = 0; i < engine_default_limits.flows + 10; i++) {
		world_udp(world, COFFEE_ADDRESS, (uint16_t)(1000 + i), OTHER, 7000,
			  bytes_of("hello", 5), PACKET_FROM_DEVICE);
		while (engine_next_event(world->engine, &event))
			ends += event.kind == EVENT_FLOW_END;
	}
	engine_counters(world->engine, &counters);
	assert_int_equal(counters.flows_now, engine_default_limits.flows);
	assert_int_equal(counters.flows_evicted, 10);
	assert_int_equal(counters.events_lost, 0);
	assert_int_equal(ends, 10);
	world_free(world);
}

static void hammering_is_left_to_the_kernel(void **state)
{
	struct world *world =
		world_new(RULES("{ action = \"block\"; country = \"CN\"; },"
				"{ action = \"block\"; domain = \"evil.example\"; }"));
	struct engine_pair pair;

	(void)state;
	for (uint16_t i = 0; i < 5; i++) {
		assert_false(engine_next_pair(world->engine, &pair));
		world_connect(world, COFFEE_ADDRESS, (uint16_t)(4000 + i), CLOUD, 443);
		assert_int_equal(world->verdict.action, VERDICT_DROP);
	}
	assert_true(engine_next_pair(world->engine, &pair));
	assert_true(pair.blocked);
	assert_address(pair.address, CLOUD);
	assert_int_equal(pair.port, 443);
	assert_int_equal(pair.transport, TRANSPORT_TCP);
	assert_false(pair.silent);
	assert_false(engine_next_pair(world->engine, &pair));
	/* A new name for the address: it has to be asked about again. */
	assert_true(world_resolve(world, COFFEE_ADDRESS, 1, "x.example", OTHER));
	assert_false(engine_next_pair(world->engine, &pair));
	world_reload(world, RULES("{ action = \"block\"; domain = \"evil.example\"; }"));
	assert_true(world_resolve(world, COFFEE_ADDRESS, 2, "x.example", CLOUD));
	assert_true(engine_next_pair(world->engine, &pair));
	assert_false(pair.blocked);
	/* What only the payload told is not certain for the next flow. */
	for (uint16_t i = 0; i < 10; i++)
		world_udp(world, COFFEE_ADDRESS, (uint16_t)(5000 + i), OTHER, 80,
			  bytes_of(request, sizeof(request) - 1), PACKET_FROM_DEVICE);
	assert_false(engine_next_pair(world->engine, &pair));
	world_free(world);
}

static void a_flow_that_came_to_nothing_is_settled(void **state)
{
	struct world *world = world_new(POLICY("default = \"block\"; rules = ( { action = "
					       "\"allow\"; domain = \"good.example\"; } );"));
	struct flow_record record;

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 443);
	record = world_record(world, 443);
	assert_true(record.waiting);
	engine_settle(world->engine);
	record = world_record(world, 443);
	assert_false(record.waiting);
	assert_int_equal(record.action, POLICY_BLOCK);
	assert_string_equal(record.rule, "test/default");
	world_free(world);
}

static void observing_lets_everything_pass(void **state)
{
	struct world *world = world_new(POLICY("mode = \"observe\"; default = \"block\";"));
	struct engine_counters counters;
	struct flow_record record;

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, CLOUD, 443);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	record = world_record(world, 443);
	assert_int_equal(record.action, POLICY_BLOCK);
	assert_true(record.observed);
	engine_counters(world->engine, &counters);
	assert_int_equal(counters.flows_blocked, 1);
	assert_int_equal(counters.observed, 1);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_is_reset_at_its_first_packet),
		cmocka_unit_test(udp_gets_an_icmp_error_and_drop_gets_nothing),
		cmocka_unit_test(the_name_in_the_request_decides_at_every_split),
		cmocka_unit_test(a_decided_flow_is_left_to_the_kernel),
		cmocka_unit_test(contradicting_bytes_are_not_let_through),
		cmocka_unit_test(decoys_tell_nothing),
		cmocka_unit_test(a_name_that_dns_did_not_give_hides_nothing),
		cmocka_unit_test(direct_is_what_was_never_resolved),
		cmocka_unit_test(a_reload_judges_live_flows_again),
		cmocka_unit_test(several_macs_are_one_device_others_are_unknown),
		cmocka_unit_test(overrides_come_first_and_end),
		cmocka_unit_test(multicast_and_neighbours_pass),
		cmocka_unit_test(later_fragments_follow_the_first),
		cmocka_unit_test(an_error_goes_with_its_flow),
		cmocka_unit_test(full_tables_give_up_the_oldest),
		cmocka_unit_test(hammering_is_left_to_the_kernel),
		cmocka_unit_test(a_flow_that_came_to_nothing_is_settled),
		cmocka_unit_test(observing_lets_everything_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
