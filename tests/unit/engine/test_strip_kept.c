/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device that sends a lot, and sends some of it again: far back, and cut in other ways. */
#include "tests/unit/engine/server.h"

#define LARGE_WINDOW ((1 << 20) - 65536)

static const char head[] = "POST / HTTP/1.1\r\nHost: api.example\r\nContent-Type: "
			   "application/x-ndjson\r\nContent-Length: 99999999\r\n\r\n";
static const char line[] = "{\"lat\":48.137,\"drink\":\"latte\"}\n";
static const char line_stripped[] = "{\"lat\":0     ,\"drink\":\"latte\"}\n";

/* Segments end with a line, where nothing can go on to be a known secret. */
#define HEAD (sizeof(head) - 1)
#define SEGMENT (1300 * (sizeof(line) - 1))
#define STREAM (HEAD + 57 * SEGMENT)

static char sent[STREAM], expected[STREAM];

static void fill(char *stream, const char *text)
{
	memcpy(stream, head, HEAD);
	for (size_t at = HEAD; at < STREAM; at++)
		stream[at] = text[(at - HEAD) % (sizeof(line) - 1)];
}

static int set_up(void **state)
{
	(void)state;
	fill(sent, line);
	fill(expected, line_stripped);
	return 0;
}

static void send_from(struct world *world, size_t at, size_t len)
{
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, (uint32_t)at, sent + at, len);
}

/* What the last packet left with, which must be what is expected there. */
static void check_left(const struct world *world, size_t at, size_t len)
{
	struct packet_headers headers;
	struct bytes left = world->verdict.edited.len ? world->verdict.edited : world->packet.data;

	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(decode_packet(left, false, &headers), DECODE_OK);
	assert_int_equal(headers.payload.len, len);
	assert_memory_equal(headers.payload.data, expected + at, len);
}

/* In whole segments, from the beginning on, up to `end` or a little more. */
static size_t send_up_to(struct world *world, uint16_t port, size_t end)
{
	size_t at = 0;

	for (size_t len = HEAD; at < end; at += len, len = SEGMENT) {
		world_send(world, COFFEE_ADDRESS, port, OTHER, 8080, (uint32_t)at, sent + at, len);
		check_left(world, at, len);
	}
	return at;
}

static struct world *connected(void)
{
	struct world *world = world_new(STRIP_RULE(""));

	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 8080);
	return world;
}

static void a_lot_is_stripped_and_sent_again(void **state)
{
	struct world *world = connected();

	(void)state;
	send_up_to(world, 4000, STREAM);
	/* Anything that the window allows to be under way. */
	for (size_t at = STREAM - LARGE_WINDOW; at < STREAM; at += 1409) {
		size_t len = STREAM - at < 1409 ? STREAM - at : 1409;

		send_from(world, at, len);
		check_left(world, at, len);
	}
	/* What is older is forgotten, and has reached the server long ago. */
	send_from(world, 1000, 1000);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

/* Kept in the small place at first: nothing is lost on the way to the large one. */
static void what_was_kept_moves_along(void **state)
{
	struct world *world = connected();

	(void)state;
	for (size_t edge = HEAD; edge < 600000; edge += SEGMENT) {
		if (edge == HEAD)
			send_up_to(world, 4000, HEAD);
		send_from(world, edge, SEGMENT);
		check_left(world, edge, SEGMENT);
		for (size_t at = edge > 150000 ? edge - 150000 : 0; at < edge; at += 7000) {
			send_from(world, at, 7000);
			check_left(world, at, 7000);
		}
	}
	world_free(world);
}

static uint16_t window_now(struct world *world)
{
	struct segment ack = {8080, 4000, 5001, 1001, TCP_ACK, {0}};
	struct packet_headers headers;

	world_tcp(world, OTHER, COFFEE_ADDRESS, ack, PACKET_TO_DEVICE);
	assert_int_equal(decode_packet(world->verdict.edited, false, &headers), DECODE_OK);
	return headers.window;
}

/* A SYN ACK with a window scale of 7. */
static void server_answers(struct world *world)
{
	static const uint8_t header[] =
		"\x1f\x90\x0f\xa0\x00\x00\x13\x88\x00\x00\x03\xe9\x70\x12\xff\xff\x00\x00\x00\x00"
		"\x02\x04\x05\xb4\x01\x03\x03\x07";

	world_transport(world, OTHER, COFFEE_ADDRESS, 6, header, 28, bytes_of(NULL, 0),
			PACKET_TO_DEVICE);
}

static void the_window_grows_while_there_is_room(void **state)
{
	struct world *world = connected();
	unsigned large = 0;

	(void)state;
	server_answers(world);
	send_from(world, 0, 1000);
	assert_int_equal(window_now(world), (262144 - 65536) >> 7);
	world_free(world);
	world = world_new(STRIP_RULE(""));
	for (uint16_t port = 4000; port < 4008; port++) {
		world_connect(world, COFFEE_ADDRESS, port, OTHER, 8080);
		send_up_to(world, port, 600000);
		/* Is a byte from far back still there? */
		world_send(world, COFFEE_ADDRESS, port, OTHER, 8080, 100000, sent + 100000, 1000);
		large += world->verdict.action == VERDICT_ACCEPT;
	}
	assert_int_equal(large, 4);
	world_free(world);
	world = connected();
	server_answers(world);
	send_up_to(world, 4000, STREAM);
	assert_int_equal(window_now(world), LARGE_WINDOW >> 7);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lot_is_stripped_and_sent_again),
		cmocka_unit_test(what_was_kept_moves_along),
		cmocka_unit_test(the_window_grows_while_there_is_room),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
