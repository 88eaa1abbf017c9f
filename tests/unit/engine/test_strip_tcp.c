/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strip, and the corners of TCP: what is no plain segment of a plain stream. */
#include "tests/unit/engine/server.h"

#define PORT 8080
#define FROM 4000

static struct verdict *segment(struct world *world, uint32_t seq, uint8_t flags, const void *data,
			       size_t len)
{
	struct segment segment = {FROM, PORT, seq, 5001, flags, bytes_of(data, len)};

	return world_tcp(world, COFFEE_ADDRESS, OTHER, segment, PACKET_FROM_DEVICE);
}

static void from_server(struct world *world, uint8_t flags)
{
	struct segment segment = {PORT, FROM, 5001, 1001, flags, {0}};

	world_tcp(world, OTHER, COFFEE_ADDRESS, segment, PACKET_TO_DEVICE);
}

static struct world *connected(const char *policies)
{
	struct world *world = world_new(policies);

	world_connect(world, COFFEE_ADDRESS, FROM, OTHER, PORT);
	return world;
}

static bool was_edited(const struct world *world, const char *expected)
{
	struct packet_headers headers;

	return world->verdict.action == VERDICT_ACCEPT && world->verdict.edited.len &&
	       decode_packet(world->verdict.edited, false, &headers) == DECODE_OK &&
	       headers.payload.len == strlen(expected) &&
	       memcmp(headers.payload.data, expected, strlen(expected)) == 0;
}

static const char *const orders[] = {STRIP_RULE(""), STRIP_RULE("opaque = \"allow\";")};

static void sequence_numbers_wrap(void **state)
{
	size_t len = sizeof(telemetry) - 1;

	(void)state;
	for (uint32_t before = 0; before <= len; before++) {
		uint32_t first = 0u - before;
		struct world *world = world_new(STRIP_RULE(""));
		struct server server = {.first = first};

		segment(world, first - 1, TCP_SYN, NULL, 0);
		segment(world, first + 70, TCP_ACK, telemetry + 70, len - 70);
		assert_int_equal(world->verdict.action, VERDICT_HOLD);
		carry_out(world, &server);
		segment(world, first, TCP_ACK, telemetry, 70);
		carry_out(world, &server);
		segment(world, first + 5, TCP_ACK, telemetry + 5, 100);
		carry_out(world, &server);
		assert_true(server_has(&server, len));
		assert_memory_equal(server.data, stripped, len);
		world_free(world);
	}
}

static void a_syn_with_data_is_read(void **state)
{
	struct world *world = world_new(STRIP_RULE(""));
	struct server server = {.first = 1001};
	size_t len = sizeof(telemetry) - 1;

	(void)state;
	/* TCP Fast Open; the server may take the data, or not. */
	segment(world, 1000, TCP_SYN, telemetry, len);
	carry_out(world, &server);
	assert_true(server_has(&server, len));
	segment(world, 1001, TCP_ACK | TCP_PSH, telemetry, len);
	carry_out(world, &server);
	assert_memory_equal(server.data, stripped, len);
	world_free(world);
}

static void bytes_sent_again_after_the_end_are_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *world = connected(orders[i]);
		struct server server = {.first = 1001};
		size_t len = sizeof(telemetry) - 1;

		segment(world, 1001, TCP_ACK | TCP_FIN, telemetry, len);
		carry_out(world, &server);
		from_server(world, TCP_ACK | TCP_FIN);
		segment(world, 1001, TCP_ACK | TCP_FIN, telemetry, len);
		assert_true(was_edited(world, stripped));
		from_server(world, TCP_RST);
		segment(world, 1001, TCP_ACK | TCP_FIN, telemetry, len);
		carry_out(world, &server);
		assert_memory_equal(server.data, stripped, len);
		world_free(world);
	}
}

/* With so many others meanwhile that its place is another's now. */
static void what_was_forgotten_does_not_leave(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *world = connected(orders[i]);
		size_t len = sizeof(telemetry) - 1;

		segment(world, 1001, TCP_ACK, telemetry, len);
		segment(world, 1001 + (uint32_t)len, TCP_RST, NULL, 0);
		for (uint16_t port = 1; port <= engine_default_limits.strips; port++) {
			world_connect(world, COFFEE_ADDRESS, port, OTHER, 9000);
			world_send(world, COFFEE_ADDRESS, port, OTHER, 9000, 0, telemetry, len);
			assert_true(was_edited(world, stripped));
		}
		segment(world, 1001, TCP_ACK, telemetry, len);
		assert_int_equal(world->verdict.action, VERDICT_DROP);
		world_free(world);
	}
}

static void keep_alives_pass_and_tell_nothing(void **state)
{
	struct world *world = connected(STRIP_RULE(""));
	size_t len = sizeof(telemetry) - 1;

	(void)state;
	segment(world, 1000, TCP_ACK, "s", 1);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	segment(world, 1001, TCP_ACK, telemetry, 114);
	segment(world, 1000, TCP_ACK, "s", 1);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	/* The last byte again, which it says was another. */
	segment(world, 1001 + 113, TCP_ACK, "#", 1);
	assert_true(was_edited(world, (char[]){stripped[113], 0}));
	segment(world, 1001 + 113, TCP_ACK, NULL, 0);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	segment(world, 1001 + 114, TCP_ACK, telemetry + 114, len - 114);
	assert_true(was_edited(world, stripped + 114));
	world_free(world);
}

static void an_early_keep_alive_while_undecided(void **state)
{
	struct world *world = connected(
		"{ name = \"test\"; default = \"allow\"; rules = ( { action = \"strip\"; protocol "
		"= \"http\"; data = [ \"location\" ]; keys = [ \"lat\", \"owner\" ]; } ); "
		"}, " CAMERA_POLICY);

	(void)state;
	segment(world, 1000, TCP_ACK, "s", 1);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	segment(world, 1001, TCP_ACK, telemetry, sizeof(telemetry) - 1);
	assert_true(was_edited(world, stripped));
	world_free(world);
}

static void a_probed_window_opens_byte_by_byte(void **state)
{
	struct world *world = connected(STRIP_RULE(""));
	struct server server = {.first = 1001};
	size_t len = sizeof(telemetry) - 1;

	(void)state;
	for (size_t at = 0; at < len; at++) {
		for (unsigned again = 0; again < 3; again++)
			send(world, &server, telemetry, at, at + 1);
	}
	assert_memory_equal(server.data, stripped, len);
	world_free(world);
}

static void the_first_of_two_contents_counts(void **state)
{
	struct world *world = connected(STRIP_RULE(""));
	struct server server = {.first = 1001};
	char other[sizeof(telemetry)];
	size_t len = sizeof(telemetry) - 1;

	(void)state;
	memcpy(other, telemetry, sizeof(telemetry));
	memcpy(strstr(other, "owner"), "drink", 5);
	send(world, &server, telemetry, 0, len - 20);
	send(world, &server, other, 0, len - 20);
	send(world, &server, other, 60, len);
	assert_memory_equal(server.data, stripped, len);
	world_free(world);
}

/* Once the hole is filled nothing waits for one more packet. */
static void all_that_waited_leaves_at_once(void **state)
{
	struct world *world = connected(STRIP_RULE(""));
	struct server server = {.first = 1001};
	size_t len = sizeof(telemetry) - 1;

	(void)state;
	for (size_t piece = 10; piece-- > 0;)
		send(world, &server, telemetry, len * piece / 10, len * (piece + 1) / 10);
	assert_true(server_has(&server, len));
	assert_memory_equal(server.data, stripped, len);
	world_free(world);
}

static void urgent_bytes_are_plain(void **state)
{
	struct world *world = connected(STRIP_RULE(""));
	size_t len = sizeof(telemetry) - 1;
	uint8_t header[20] = {
		FROM >> 8, FROM & 255, PORT >> 8, PORT & 255,        0, 0, 3, 0xe9, 0, 0,
		0x13,      0x89,       0x50,      TCP_ACK | TCP_URG, 1, 0, 0, 0,    0, 40};
	struct packet_headers headers;

	(void)state;
	world_transport(world, COFFEE_ADDRESS, OTHER, 6, header, sizeof(header),
			bytes_of(telemetry, len), PACKET_FROM_DEVICE);
	assert_true(was_edited(world, stripped));
	assert_int_equal(decode_packet(world->verdict.edited, false, &headers), DECODE_OK);
	assert_int_equal(headers.tcp_flags & TCP_URG, 0);
	world_free(world);
}

static void a_wrong_checksum_is_not_made_right(void **state)
{
	struct world *world = connected(STRIP_RULE(""));
	size_t len = sizeof(telemetry) - 1;

	(void)state;
	segment(world, 1001, TCP_ACK, telemetry, 60);
	world->checksum_wrong = true;
	segment(world, 1061, TCP_ACK, telemetry + 60, len - 60);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world->checksum_wrong = false;
	segment(world, 1061, TCP_ACK, telemetry + 60, len - 60);
	assert_true(was_edited(world, stripped + 60));
	world_free(world);
}

static void packets_of_64_kib(void **state)
{
	static char body[65400], head[256];
	struct world *world = connected(STRIP_RULE(""));
	static struct server server;
	int head_len = snprintf(head, sizeof(head),
				"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
				"Content-Length: %zu\r\n\r\n",
				sizeof(body));
	struct packet_headers headers;

	(void)state;
	memset(&server, 0, sizeof(server));
	server.first = 1001;
	memset(body, ' ', sizeof(body));
	memcpy(body, "{\"n\":1,", 7);
	memcpy(body + sizeof(body) - 16, "\"owner\":\"Smith\"}", 16);
	segment(world, 1001, TCP_ACK, head, (size_t)head_len);
	carry_out(world, &server);
	segment(world, 1001 + (uint32_t)head_len, TCP_ACK, body, sizeof(body));
	assert_int_equal(decode_packet(world->verdict.edited, false, &headers), DECODE_OK);
	carry_out(world, &server);
	assert_memory_equal(server.data + head_len + sizeof(body) - 16, "\"owner\":\"\"     }", 16);
	world_free(world);
}

/* Nothing to change: the kernel's own packet goes on. */
static void what_does_not_change_is_not_sent_anew(void **state)
{
	struct world *world = connected(STRIP_RULE(""));

	(void)state;
	segment(world, 1001, TCP_ACK, telemetry, 60);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(world->verdict.edited.len, 0);
	assert_int_equal(world->verdict.mark, MARK_INSPECT);
	world_free(world);
}

static void far_ahead_is_dropped(void **state)
{
	struct world *world = connected(STRIP_RULE(""));

	(void)state;
	segment(world, 1001, TCP_ACK, telemetry, 60);
	segment(world, 1001 + 1000000, TCP_ACK, telemetry, 60);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	segment(world, 1001u - 1000000u, TCP_ACK, telemetry, 60);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void observed_streams_are_left_alone(void **state)
{
	struct world *world = connected(
		"{ name = \"test\"; mode = \"observe\"; default = \"allow\"; rules = ( { action = "
		"\"strip\"; data = [ \"location\" ]; keys = [ \"lat\" ]; } ); }, " CAMERA_POLICY);

	(void)state;
	segment(world, 1001, TCP_ACK, telemetry, sizeof(telemetry) - 1);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(world->verdict.edited.len, 0);
	assert_true(world_record(world, PORT).observed);
	world_free(world);
}

/* ---- reloads ---- */

/* So many that the last has no place in the automaton of a set without them. */
static const char *with_many_secrets(void)
{
	static char text[8192];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s identifiers = (\n", MAIN_TEXT);

	for (unsigned i = 0; i < 50; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len,
			"{ data = \"network-id\"; value = \"%c%02u0123456789abcdefghijklm"
			"nopqrstuvwxyzABCDEFGHI\"; },\n",
			i < 49 ? 'Q' : 'K', i < 49 ? i : 95);
	snprintf(text + len - 2, sizeof(text) - len + 2, " );");
	return text;
}

static void a_reload_goes_on_with_the_stream(void **state)
{
	struct server server = {.first = 1001};
	size_t len = sizeof(telemetry) - 1;
	size_t cut = (size_t)(strstr(telemetry, "K95") + 3 - telemetry);
	struct world *world;

	(void)state;
	world_main_text = with_many_secrets();
	world = connected(STRIP_RULE(""));
	send(world, &server, telemetry, 0, cut);
	assert_false(server_has(&server, cut));
	world_main_text = MAIN_TEXT;
	world_reload(world, STRIP_RULE(""));
	while (engine_next_release(world->engine, &world->packet, &world->verdict)) {
		if (world->verdict.action == VERDICT_ACCEPT)
			server_gets(&server, world->verdict.edited.len ? world->verdict.edited
								       : world->packet.data);
	}
	send(world, &server, telemetry, cut, len);
	assert_true(server_has(&server, len));
	assert_memory_equal(server.data, stripped, len);
	world_free(world);
}

static void a_reload_that_blocks_the_opaque_holds(void **state)
{
	struct world *world = connected(STRIP_RULE("opaque = \"allow\";"));

	(void)state;
	segment(world, 1001, TCP_ACK, "\x01\x02\x03\x04", 4);
	assert_int_equal(world->verdict.mark, MARK_PASS);
	world_reload(world, STRIP_RULE(""));
	segment(world, 1005, TCP_ACK, "\x01\x02\x03\x04", 4);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

/* ---- room ---- */

static void take_every_place(struct world *world)
{
	for (uint16_t port = 1; port <= engine_default_limits.strips; port++) {
		world_connect(world, COFFEE_ADDRESS, port, OTHER, 9000);
		world_send(world, COFFEE_ADDRESS, port, OTHER, 9000, 0, telemetry, 30);
	}
}

static void a_device_cannot_take_every_place(void **state)
{
	struct world *world = world_new(
		"{ name = \"test\"; default = \"allow\"; rules = ( { action = \"strip\"; data = [ "
		"\"location\" ]; keys = [ \"lat\", \"owner\" ]; } ); }, { name = \"camera\"; "
		"extends = \"test\"; default = \"allow\"; }");

	(void)state;
	take_every_place(world);
	world->mac = CAMERA;
	for (uint16_t port = 1; port <= 8; port++) {
		world_connect(world, CAMERA_ADDRESS, port, OTHER, PORT);
		world_send(world, CAMERA_ADDRESS, port, OTHER, PORT, 0, telemetry,
			   sizeof(telemetry) - 1);
		assert_true(was_edited(world, stripped));
	}
	world_free(world);
}

static void no_room_is_opaque(void **state)
{
	struct engine_counters counters;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *world = world_new(orders[i]);

		take_every_place(world);
		world_connect(world, COFFEE_ADDRESS, FROM, OTHER, PORT);
		segment(world, 1001, TCP_ACK, telemetry, 60);
		assert_int_equal(world->verdict.action, i ? VERDICT_ACCEPT : VERDICT_DROP);
		engine_counters(world->engine, &counters);
		assert_int_equal(counters.strips_refused, 1);
		/* Its beginning has left unread: it is not begun in the middle. */
		world_reload(world, orders[i]);
		segment(world, 1061, TCP_ACK, telemetry + 60, 40);
		assert_int_equal(world->verdict.action, i ? VERDICT_ACCEPT : VERDICT_DROP);
		world_free(world);
	}
}

static void a_device_cannot_hold_everything(void **state)
{
	struct world *world = world_new(
		"{ name = \"test\"; default = \"allow\"; rules = ( { action = \"strip\"; data = [ "
		"\"location\" ]; } ); }, { name = \"camera\"; extends = \"test\"; default = "
		"\"allow\"; }");
	unsigned held = 0;

	(void)state;
	for (uint16_t port = 1; port <= 40; port++) {
		world_connect(world, COFFEE_ADDRESS, port, OTHER, PORT);
		world_send(world, COFFEE_ADDRESS, port, OTHER, PORT, 50, telemetry + 50, 30);
		held += world->verdict.action == VERDICT_HOLD;
		world_send(world, COFFEE_ADDRESS, port, OTHER, PORT, 90, telemetry + 90, 30);
		held += world->verdict.action == VERDICT_HOLD;
	}
	assert_in_range(held, 12, 24);
	world->mac = CAMERA;
	world_connect(world, CAMERA_ADDRESS, FROM, OTHER, PORT);
	world_send(world, CAMERA_ADDRESS, FROM, OTHER, PORT, 50, telemetry + 50, 30);
	assert_int_equal(world->verdict.action, VERDICT_HOLD);
	/* What nobody asks for any more is given up. */
	engine_advance(world->engine, world->now + 10 * SECOND_US, 600);
	for (unsigned i = 0; i < held + 1; i++) {
		assert_true(engine_next_release(world->engine, &world->packet, &world->verdict));
		assert_int_equal(world->verdict.action, VERDICT_DROP);
	}
	assert_false(engine_next_release(world->engine, &world->packet, &world->verdict));
	world_free(world);
}

/* The last bytes may begin a secret; nothing follows. */
static void what_is_held_leaves_in_time(void **state)
{
	struct world *world;
	time_us deadline;

	(void)state;
	world_main_text =
		MAIN_TEXT "identifiers = ( { data = \"network-id\"; value = \"K95-of-ours\"; } );";
	world = connected(STRIP_RULE(""));
	segment(world, 1001, TCP_ACK, telemetry,
		(size_t)(strstr(telemetry, "K95") + 3 - telemetry));
	assert_int_equal(world->verdict.action, VERDICT_HOLD);
	deadline = engine_next_deadline(world->engine);
	assert_in_range(deadline, world->now + 1, world->now + 100000);
	engine_advance(world->engine, deadline - 1, 600);
	assert_false(engine_next_release(world->engine, &world->packet, &world->verdict));
	engine_advance(world->engine, deadline, 600);
	assert_true(engine_next_release(world->engine, &world->packet, &world->verdict));
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(engine_next_deadline(world->engine), 0);
	world_main_text = MAIN_TEXT;
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequence_numbers_wrap),
		cmocka_unit_test(a_syn_with_data_is_read),
		cmocka_unit_test(bytes_sent_again_after_the_end_are_the_same),
		cmocka_unit_test(what_was_forgotten_does_not_leave),
		cmocka_unit_test(keep_alives_pass_and_tell_nothing),
		cmocka_unit_test(an_early_keep_alive_while_undecided),
		cmocka_unit_test(a_probed_window_opens_byte_by_byte),
		cmocka_unit_test(the_first_of_two_contents_counts),
		cmocka_unit_test(all_that_waited_leaves_at_once),
		cmocka_unit_test(urgent_bytes_are_plain),
		cmocka_unit_test(a_wrong_checksum_is_not_made_right),
		cmocka_unit_test(packets_of_64_kib),
		cmocka_unit_test(what_does_not_change_is_not_sent_anew),
		cmocka_unit_test(far_ahead_is_dropped),
		cmocka_unit_test(observed_streams_are_left_alone),
		cmocka_unit_test(a_reload_goes_on_with_the_stream),
		cmocka_unit_test(a_reload_that_blocks_the_opaque_holds),
		cmocka_unit_test(a_device_cannot_take_every_place),
		cmocka_unit_test(no_room_is_opaque),
		cmocka_unit_test(a_device_cannot_hold_everything),
		cmocka_unit_test(what_is_held_leaves_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
