/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device whose firmware wants to get around its policy. */
#include "tests/unit/engine/world.h"

#define CAMERA_POLICY "{ name = \"camera\"; default = \"allow\"; rules = (); }"
#define POLICY(rest) "{ name = \"test\"; " rest " }, " CAMERA_POLICY
#define RULES(rules) POLICY("default = \"allow\"; rules = ( " rules " );")
#define NO_EVIL RULES("{ action = \"block\"; domain = \"evil.example\"; }")

static const char evil[] = "POST /v1 HTTP/1.1\r\nHost: api.evil.example\r\n\r\n";
static const char harmless[] = "POST /v1 HTTP/1.1\r\nHost: api.good.example\r\n\r\n";

static struct verdict *send_with(struct world *world, uint32_t seq, uint8_t flags, const char *text)
{
	struct segment segment = {4000, 8080, seq, 5001, flags, bytes_of(text, strlen(text))};

	return world_tcp(world, COFFEE_ADDRESS, OTHER, segment, PACKET_FROM_DEVICE);
}

/* After what the device tried, its real request is refused. */
static void assert_evil_is_refused(struct world *world)
{
	send_with(world, 1001, TCP_ACK | TCP_PSH, evil);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_string_equal(world_record(world, 8080).names[0].text, "api.evil.example");
}

static void segments_that_servers_ignore_tell_nothing(void **state)
{
	static const uint8_t flags[] = {TCP_PSH, TCP_RST | TCP_ACK, TCP_URG | TCP_ACK,
					TCP_SYN | TCP_ACK};

	(void)state;
	for (size_t i = 0; i < sizeof(flags); i++) {
		struct world *world = world_new(NO_EVIL);

		world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
		send_with(world, 1001, flags[i], harmless);
		assert_int_equal(world->verdict.action, VERDICT_DROP);
		assert_evil_is_refused(world);
		world_free(world);
	}
}

static void data_in_a_syn_tell_nothing(void **state)
{
	struct world *world = world_new(NO_EVIL);

	(void)state;
	send_with(world, 1000, TCP_SYN, harmless);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	send_with(world, 1000, TCP_SYN, "");
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_evil_is_refused(world);
	world_free(world);
}

static void a_second_syn_ends_what_the_first_began(void **state)
{
	struct world *world = world_new(NO_EVIL);
	struct packet_headers headers;

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	send_with(world, 1001, TCP_ACK, "POST ");
	send_with(world, 500000, TCP_SYN, "");
	headers = world_reply(world, 0);
	assert_address(headers.dst, OTHER);
	assert_int_equal(headers.seq, 1006);
	assert_true(headers.tcp_flags & TCP_RST);
	world_free(world);
}

static void an_error_goes_nowhere_else(void **state)
{
	struct world *world = world_new(RULES("{ action = \"block\"; country = \"CN\"; }"));
	uint8_t icmp[72] = {3, 3};

	(void)state;
	world_udp(world, COFFEE_ADDRESS, 5000, OTHER, 7000, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	world_udp(world, OTHER, 7000, COFFEE_ADDRESS, 5000, bytes_of("hello", 5), PACKET_TO_DEVICE);
	memcpy(icmp + 8, world->bytes, 33);
	world_transport(world, COFFEE_ADDRESS, CLOUD, 1, icmp, 41, bytes_of(NULL, 0),
			PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void an_error_waits_for_its_flow(void **state)
{
	struct world *world = world_new(NO_EVIL);
	uint8_t icmp[72] = {3, 3};

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	world_tcp(world, OTHER, COFFEE_ADDRESS,
		  (struct segment){8080, 4000, 5001, 1001, TCP_ACK, {0}}, PACKET_TO_DEVICE);
	memcpy(icmp + 8, world->bytes, 40);
	world_transport(world, COFFEE_ADDRESS, OTHER, 1, icmp, 48, bytes_of(NULL, 0),
			PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void discovery_does_not_leave_the_link(void **state)
{
	struct world *world = world_new(POLICY("default = \"block\";"));

	(void)state;
	world_transport(world, "2001:db8:1::9", "2001:db8:2::1", 58, "\x87\0\0\0\0\0\0\0secret", 14,
			bytes_of(NULL, 0), PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void a_spoofed_sender_is_no_neighbour(void **state)
{
	struct world *world = world_new(POLICY("default = \"block\"; rules = ("
					       "{ action = \"allow\"; lan = true; } );"));
	struct address router = world_address(ROUTER), camera = world_address(CAMERA_ADDRESS);
	struct mac mac;

	(void)state;
	assert_true(mac_parse(CAMERA, &mac));
	engine_learn_address(world->engine, &router, &mac);
	engine_learn_address(world->engine, &camera, &mac);
	world_udp(world, CLOUD, 7000, COFFEE_ADDRESS, 5000, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	world_udp(world, COFFEE_ADDRESS, 5001, CLOUD, 7001, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_udp(world, COFFEE_ADDRESS, 5002, CAMERA_ADDRESS, 7002, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

static void a_translated_address_is_where_it_leads(void **state)
{
	static const char *const addresses[] = {"64:ff9b::203.0.113.5", "2002:cb00:7105::1"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *world = world_new(RULES("{ action = \"block\"; country = \"CN\"; }"));

		world_udp(world, "2001:db8:1::9", 5000, addresses[i], 7000, bytes_of("hello", 5),
			  PACKET_FROM_DEVICE);
		assert_int_equal(world->verdict.action, VERDICT_DROP);
		world_free(world);
	}
}

static void a_message_without_a_question_does_not_leave(void **state)
{
	/* An OPT record with an option of four bytes. */
	static const char message[] = "\x12\x34\1\0\0\0\0\0\0\0\0\1"
				      "\0\0\x29\4\xd0\0\0\0\0\0\x8\0\xa\0\4data";
	struct world *world = world_new(RULES("{ action = \"block\"; country = \"CN\"; }"));

	(void)state;
	world_udp(world, COFFEE_ADDRESS, 5000, CLOUD, 53, bytes_of(message, sizeof(message) - 1),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void half_a_question_does_not_reach_a_refused_resolver(void **state)
{
	struct world *world = world_new(RULES("{ action = \"block\"; country = \"CN\"; }"));

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, CLOUD, 53);
	world_send(world, COFFEE_ADDRESS, 4000, CLOUD, 53, 0, "\7\xffsecret bytes of the home", 27);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void half_a_question_is_not_asked_anew(void **state)
{
	struct world *world = world_new(NO_EVIL);
	uint8_t bad[128] = {0}, good[128] = {0};
	struct writer one = dns_question(bad + 2, 126, 7, "data.evil.example", 1, false);
	struct writer two = dns_question(good + 2, 126, 7, "data.good.example", 1, false);

	(void)state;
	bad[1] = (uint8_t)one.len;
	good[1] = (uint8_t)two.len;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 53);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 53, 0, bad, 30);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 53, 0, good, two.len + 2);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 53, 0, bad, 20);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 53, 30, bad + 30, one.len + 2 - 30);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void an_end_ahead_of_a_hole_tells_nothing(void **state)
{
	struct world *world = world_new(NO_EVIL);

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	send_with(world, 1021, TCP_ACK | TCP_FIN, evil + 20);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, evil, 20);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void a_name_behind_padding_is_no_way_out(void **state)
{
	struct world *world = world_new(NO_EVIL);
	static char padding[1000];

	(void)state;
	memset(padding, 'a', sizeof(padding));
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, "GET / HTTP/1.1\r\nX: ", 19);
	for (uint32_t at = 19; at < 16384; at += sizeof(padding))
		world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, at, padding, sizeof(padding));
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_int_equal(world_record(world, 8080).action, POLICY_BLOCK);
	world_free(world);
}

static void a_forgotten_beginning_is_not_gone_on_with(void **state)
{
	struct world *world = world_new(NO_EVIL);

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, evil, 20);
	for (unsigned i = 0; i < engine_default_limits.streams; i++) {
		world_connect(world, COFFEE_ADDRESS, (uint16_t)(5000 + i), OTHER, 8081);
		world_send(world, COFFEE_ADDRESS, (uint16_t)(5000 + i), OTHER, 8081, 0, evil, 20);
	}
	send_with(world, 1021, TCP_ACK, evil + 20);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void many_flows_push_out_only_ones_own(void **state)
{
	struct world *world = world_new(RULES(""));
	struct engine_counters counters;

	(void)state;
	world->mac = CAMERA;
	world_udp(world, CAMERA_ADDRESS, 5000, OTHER, 7777, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	world->mac = COFFEE;
	for (unsigned i = 0; i < 2 * engine_default_limits.flows; i++)
		world_udp(world, COFFEE_ADDRESS, (uint16_t)(1000 + i), OTHER, 7000,
			  bytes_of("hello", 5), PACKET_FROM_DEVICE);
	(void)world_record(world, 7777);
	engine_counters(world->engine, &counters);
	assert_int_equal(counters.flows_evicted, engine_default_limits.flows + 1);
	world_free(world);
}

static void many_answers_push_out_few_names(void **state)
{
	struct world *world = world_new(RULES("{ action = \"block\"; country = \"CN\"; }"));
	struct engine_counters counters;
	char address[24];

	(void)state;
	for (unsigned i = 0; i < 4000; i++) {
		snprintf(address, sizeof(address), "198.51.%u.%u", i / 250, i % 250 + 1);
		assert_true(world_resolve(world, COFFEE_ADDRESS, 1, "x.example", address));
	}
	engine_counters(world->engine, &counters);
	assert_int_equal(counters.bindings_now, engine_default_limits.bindings / 16);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_that_servers_ignore_tell_nothing),
		cmocka_unit_test(data_in_a_syn_tell_nothing),
		cmocka_unit_test(a_second_syn_ends_what_the_first_began),
		cmocka_unit_test(an_error_goes_nowhere_else),
		cmocka_unit_test(an_error_waits_for_its_flow),
		cmocka_unit_test(discovery_does_not_leave_the_link),
		cmocka_unit_test(a_spoofed_sender_is_no_neighbour),
		cmocka_unit_test(a_translated_address_is_where_it_leads),
		cmocka_unit_test(a_message_without_a_question_does_not_leave),
		cmocka_unit_test(half_a_question_does_not_reach_a_refused_resolver),
		cmocka_unit_test(half_a_question_is_not_asked_anew),
		cmocka_unit_test(an_end_ahead_of_a_hole_tells_nothing),
		cmocka_unit_test(a_name_behind_padding_is_no_way_out),
		cmocka_unit_test(a_forgotten_beginning_is_not_gone_on_with),
		cmocka_unit_test(many_flows_push_out_only_ones_own),
		cmocka_unit_test(many_answers_push_out_few_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
