/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strip through the engine: what leaves, what is refused and what is told. That
 * it does not matter how a stream is cut and ordered is in test_strip_property.c.
 */
#include "tests/unit/engine/server.h"

static void every_split_in_both_orders(void **state)
{
	size_t len = sizeof(telemetry) - 1;

	(void)state;
	for (size_t cut = 1; cut < len; cut++) {
		for (int reversed = 0; reversed < 2; reversed++) {
			struct world *world = world_new(STRIP_RULE(""));
			struct server server = {.first = 1001};
			struct flow_record record;

			world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
			assert_int_equal(world->verdict.mark, MARK_INSPECT);
			send(world, &server, telemetry, reversed ? cut : 0, reversed ? len : cut);
			send(world, &server, telemetry, reversed ? 0 : cut, reversed ? cut : len);
			/* The first piece again, as a sender in doubt would. */
			send(world, &server, telemetry, 0, cut);
			assert_true(server_has(&server, len));
			assert_memory_equal(server.data, stripped, len);
			record = world_record(world, 8080);
			assert_int_equal(record.action, POLICY_STRIP);
			assert_int_equal(record.stripped[DATA_LOCATION], 2);
			world_free(world);
		}
	}
}

static void opaque_is_blocked_or_let_through(void **state)
{
	static const char binary[] = "\x00\x01\x02\xff\xfe binary of nobody's making";
	struct world *world = world_new(STRIP_RULE(""));
	struct server server = {.first = 1001};

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, binary, sizeof(binary) - 1);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_int_equal(world->verdict.reply_count, 2);
	assert_int_equal(world_record(world, 8080).action, POLICY_BLOCK);
	world_reload(world, STRIP_RULE("opaque = \"allow\";"));
	world_connect(world, COFFEE_ADDRESS, 4001, OTHER, 8081);
	world_send(world, COFFEE_ADDRESS, 4001, OTHER, 8081, 0, binary, sizeof(binary) - 1);
	carry_out(world, &server);
	assert_memory_equal(server.data, binary, sizeof(binary) - 1);
	assert_int_equal(world->verdict.mark, MARK_PASS);
	world_free(world);
}

/* Ping, and an IPsec tunnel: nothing in them can be read. */
static void what_has_no_ports_is_opaque(void **state)
{
	static const uint8_t protocols[] = {1, 50};
	static const uint8_t echo[16] = {8, 0, 0xf7, 0xfd, 0, 1, 0, 1};

	(void)state;
	for (size_t i = 0; i < sizeof(protocols); i++) {
		for (int allowed = 0; allowed < 2; allowed++) {
			struct world *world = world_new(allowed ? STRIP_RULE("opaque = \"allow\";")
								: STRIP_RULE(""));

			world_transport(world, COFFEE_ADDRESS, OTHER, protocols[i], echo,
					sizeof(echo), bytes_of(NULL, 0), PACKET_FROM_DEVICE);
			assert_int_equal(world->verdict.action,
					 allowed ? VERDICT_ACCEPT : VERDICT_DROP);
			world_free(world);
		}
	}
}

static void the_middle_of_a_stream_is_opaque(void **state)
{
	struct world *world = world_new(STRIP_RULE(""));

	(void)state;
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 500, telemetry, sizeof(telemetry) - 1);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void the_servers_window_is_kept_small(void **state)
{
	struct world *world = world_new(STRIP_RULE(""));
	struct segment syn_ack = {8080, 4000, 5000, 1001, TCP_SYN | TCP_ACK, {0}};
	struct segment ack = {8080, 4000, 5001, 1001, TCP_ACK, {0}};
	struct packet_headers headers;
	uint8_t header[28];

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	(void)syn_ack;
	/* A SYN with a window scale of 7. */
	memcpy(header,
	       "\x1f\x90\x0f\xa0\x00\x00\x13\x88\x00\x00\x03\xe9\x70\x12\xff\xff\x00\x00\x00\x00"
	       "\x02\x04\x05\xb4\x01\x03\x03\x07",
	       28);
	world_transport(world, OTHER, COFFEE_ADDRESS, 6, header, 28, bytes_of(NULL, 0),
			PACKET_TO_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_tcp(world, OTHER, COFFEE_ADDRESS, ack, PACKET_TO_DEVICE);
	assert_int_equal(decode_packet(world->verdict.edited, false, &headers), DECODE_OK);
	assert_int_equal(headers.window, 196608 >> 7);
	world_free(world);
}

static void a_datagram_is_stripped(void **state)
{
	static const char json[] = "{\"owner\":\"A. Smith\",\"n\":1}";
	struct world *world = world_new(STRIP_RULE(""));
	struct packet_headers headers;

	(void)state;
	world_udp(world, COFFEE_ADDRESS, 4000, OTHER, 9000, bytes_of(json, sizeof(json) - 1),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(decode_packet(world->verdict.edited, false, &headers), DECODE_OK);
	assert_memory_equal(headers.payload.data, "{\"owner\":\"\"        ,\"n\":1}",
			    sizeof(json) - 1);
	world_udp(world, COFFEE_ADDRESS, 4000, OTHER, 9000, bytes_of("\x80\x01\x02\x03", 4),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void many_half_open_streams_cost_what_the_limits_say(void **state)
{
	struct world *world = world_new(STRIP_RULE(""));
	struct engine_counters counters;
	struct event event;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		uint16_t port = (uint16_t)(4000 + i);

		world_connect(world, COFFEE_ADDRESS, port, OTHER, 8080);
		world_send(world, COFFEE_ADDRESS, port, OTHER, 8080, 0, telemetry, 60);
		while (engine_next_release(world->engine, &world->packet, &world->verdict))
			assert_int_not_equal(world->verdict.action, VERDICT_HOLD);
		while (engine_next_event(world->engine, &event))
			;
	}
	engine_counters(world->engine, &counters);
	assert_true(counters.strips_now <= engine_default_limits.strips);
	assert_true(counters.held_dropped + counters.strips_refused > 0);
	world_free(world);
}

static unsigned count_events(struct world *world, enum event_kind kind,
			     struct flow_record *ret_record)
{
	struct event event;
	unsigned count = 0;

	while (engine_next_event(world->engine, &event)) {
		if (event.kind != kind)
			continue;
		*ret_record = event.record;
		count++;
	}
	return count;
}

static void events_tell_of_the_first_of_each_kind(void **state)
{
	static const char twice[] = "{\"owner\":\"a\",\"lat\":1,\"n\":\"HomeWiFi-5G\"}\n"
				    "{\"owner\":\"a\",\"lat\":1,\"n\":\"HomeWiFi-5G\"}\n";
	struct flow_record record;
	struct world *world;

	(void)state;
	world_main_text =
		MAIN_TEXT "identifiers = ( { data = \"network-id\"; value = \"HomeWiFi-5G\"; } );";
	for (int i = 0; i < 2; i++) {
		world = world_new(STRIP_RULE(""));
		world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
		world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, 0, twice, sizeof(twice) - 1);
		assert_int_equal(count_events(world, i ? EVENT_SECRET : EVENT_STRIPPED, &record),
				 1);
		assert_int_equal(record.stripped[DATA_LOCATION], 4);
		assert_int_equal(record.seen[DATA_NETWORK_ID], 2);
		world_free(world);
	}
	world_main_text = MAIN_TEXT;
}

static void secrets_in_names_that_are_asked(void **state)
{
	static const char *const categories[] = {"location", "network-id"};
	struct flow_record record;
	struct world *world;

	(void)state;
	world_main_text =
		MAIN_TEXT "identifiers = ( { data = \"network-id\"; value = \"HomeWiFi-5G\"; } );";
	for (int i = 0; i < 2; i++) {
		char policy[512];

		snprintf(policy, sizeof(policy),
			 "{ name = \"test\"; default = \"allow\"; rules = ( { action = "
			 "\"strip\"; data = \"%s\"; domain = \"cloud.example\"; } ); }, %s",
			 categories[i], CAMERA_POLICY);
		world = world_new(policy);
		world_ask(world, COFFEE_ADDRESS, RESOLVER, 1, "HomeWiFi-5G.cloud.example");
		assert_int_equal(world->verdict.action, i ? VERDICT_DROP : VERDICT_ACCEPT);
		assert_int_equal(world->verdict.reply_count, i);
		assert_int_equal(count_events(world, i ? EVENT_QUESTION : EVENT_SECRET, &record),
				 1);
		assert_string_equal(record.question.text, "homewifi-5g.cloud.example");
		assert_int_equal(
			i ? record.stripped[DATA_NETWORK_ID] : record.seen[DATA_NETWORK_ID], 1);
		world_ask(world, COFFEE_ADDRESS, RESOLVER, 2, "www.cloud.example");
		assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
		world_free(world);
	}
	world_main_text = MAIN_TEXT;
}

static void the_homes_own_networks_are_secrets(void **state)
{
	static const char networks[][33] = {"Smith Family"};
	struct engine_config config = {.limits = engine_default_limits,
				       .start = 1000 * SECOND_US,
				       .networks = networks,
				       .network_count = 1};
	struct world *world = world_new(
		"{ name = \"test\"; default = \"allow\"; rules = ( { action = \"strip\"; data = "
		"\"network-id\"; } ); }, " CAMERA_POLICY);
	static const char json[] = "{\"n\":\"Smith Family\"}";
	struct packet_headers headers;

	(void)state;
	engine_free(world->engine);
	world->engine = engine_new(&config, world->set);
	world_udp(world, COFFEE_ADDRESS, 4000, OTHER, 9000, bytes_of(json, sizeof(json) - 1),
		  PACKET_FROM_DEVICE);
	assert_int_equal(decode_packet(world->verdict.edited, false, &headers), DECODE_OK);
	assert_memory_equal(headers.payload.data, "{\"n\":\"xxxxxxxxxxxx\"}", sizeof(json) - 1);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_split_in_both_orders),
		cmocka_unit_test(opaque_is_blocked_or_let_through),
		cmocka_unit_test(what_has_no_ports_is_opaque),
		cmocka_unit_test(the_middle_of_a_stream_is_opaque),
		cmocka_unit_test(the_servers_window_is_kept_small),
		cmocka_unit_test(a_datagram_is_stripped),
		cmocka_unit_test(events_tell_of_the_first_of_each_kind),
		cmocka_unit_test(secrets_in_names_that_are_asked),
		cmocka_unit_test(the_homes_own_networks_are_secrets),
		cmocka_unit_test(many_half_open_streams_cost_what_the_limits_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
