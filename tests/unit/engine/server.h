/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server that takes what a stripped device sends, for engine tests. */
#ifndef TESTS_UNIT_ENGINE_SERVER_H
#define TESTS_UNIT_ENGINE_SERVER_H

#include "tests/unit/engine/world.h"

#define SERVER_SIZE 70000

#define CAMERA_POLICY "{ name = \"camera\"; default = \"allow\"; rules = (); }"
#define STRIP_RULE(rest)                                                                    \
	"{ name = \"test\"; default = \"allow\"; rules = ( { action = \"strip\"; data = [ " \
	"\"location\" ]; keys = [ \"lat\", \"owner\" ]; " rest " } ); }, " CAMERA_POLICY

static const char telemetry[] __attribute__((unused)) =
	"POST /v1/report HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/json\r\n"
	"Content-Length: 65\r\n\r\n"
	"{\"machine\":\"K95\",\"owner\":\"A. Smith\",\"lat\":48.137,\"drink\":\"latte\"}";

static const char stripped[] __attribute__((unused)) =
	"POST /v1/report HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/json\r\n"
	"Content-Length: 65\r\n\r\n"
	"{\"machine\":\"K95\",\"owner\":\"\"        ,\"lat\":0     ,\"drink\":\"latte\"}";

/* What the server has got: each byte, and that it never changed. */
struct server {
	uint8_t data[SERVER_SIZE];
	bool there[SERVER_SIZE];
	uint32_t first;
	unsigned packets;
};

static void server_gets(struct server *server, struct bytes packet)
{
	struct packet_headers headers;
	uint32_t at;

	assert_int_equal(decode_packet(packet, false, &headers), DECODE_OK);
	assert_true(checksum_is_right(
		packet, headers.transport_offset,
		headers.payload_offset - headers.transport_offset + headers.payload.len, 6));
	server->packets++;
	at = headers.seq + (headers.tcp_flags & TCP_SYN ? 1 : 0) - server->first;
	if (at == UINT32_MAX || headers.payload.len == 0)
		return; /* a keep-alive: no byte of the stream */
	assert_true(at + headers.payload.len <= SERVER_SIZE);
	for (size_t i = 0; i < headers.payload.len; i++) {
		if (server->there[at + i])
			assert_int_equal(server->data[at + i], headers.payload.data[i]);
		server->data[at + i] = headers.payload.data[i];
		server->there[at + i] = true;
	}
}

/* The verdict of the last packet, and whatever it set free. */
static void carry_out(struct world *world, struct server *server)
{
	struct verdict verdict = world->verdict;
	struct packet packet = world->packet;

	do {
		if (verdict.action == VERDICT_ACCEPT)
			server_gets(server, verdict.edited.len ? verdict.edited : packet.data);
	} while (engine_next_release(world->engine, &packet, &verdict));
}

static inline bool server_has(const struct server *server, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!server->there[i])
			return false;
	}
	return true;
}

static inline void send(struct world *world, struct server *server, const char *text, size_t from,
			size_t to)
{
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 8080, (uint32_t)from, text + from,
		   to - from);
	carry_out(world, server);
}

#endif
