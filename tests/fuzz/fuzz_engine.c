/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole engine: a run of packets under a policy that uses every action.
 * Each packet is a byte of flags (1: to the device, 2: hook input or output, 4: a
 * second device, 8: ten seconds later), two of length, and the packet. Every
 * one gets exactly one verdict, and what the engine writes is a packet.
 */
#include <stdlib.h>

#include "decode/packet.h"
#include "engine/engine.h"
#include "redact/keys.h"

#define HELD_AT_MOST 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy_text[] =
	"home = [ \"US\" ];"
	"devices = ( { name = \"one\"; mac = \"02:00:00:00:00:01\"; policy = \"all\"; },"
	"{ name = \"two\"; mac = \"02:00:00:00:00:02\"; policy = \"none\"; } );"
	"policies = ( { name = \"all\"; default = \"allow\"; rules = ("
	"{ action = \"block\"; domain = \"evil.example\"; },"
	"{ action = \"block\"; port = 8443; with = \"drop\"; },"
	"{ action = \"strip\"; data = [ \"location\", \"identity\" ]; keys = [ \"owner\" ]; } );"
	"dns = { deny = \"zero\"; strip = [ \"ecs\", \"ech\" ]; answers = \"prune\"; }; },"
	"{ name = \"none\"; default = \"block\"; rules = ("
	"{ action = \"allow\"; domain = \"example\"; protocol = [ \"tls\", \"http\", \"dns\" ]; },"
	"{ action = \"strip\"; data = [ \"location\" ]; opaque = \"allow\"; direct = true; } ); } "
	");";

static void ensure(bool holds)
{
	if (!holds)
		abort();
}

static bool country_of(void *context, const struct address *address, country *ret_country)
{
	(void)context;
	*ret_country = country_from_text(address->bytes[3] & 1 ? "CN" : "US");
	return true;
}

static struct policy_set *load(void)
{
	struct policy_source source = {"fuzz.conf", bytes_of(policy_text, sizeof(policy_text) - 1),
				       SOURCE_MAIN};
	struct policy_errors errors = {0};
	struct policy_set *set = policy_load(&source, 1, &errors, NULL);

	ensure(set != NULL);
	return set;
}

static void check_written(const struct verdict *verdict)
{
	struct packet_headers headers;

	for (unsigned i = 0; i < verdict->reply_count; i++)
		ensure(decode_packet(verdict->replies[i], false, &headers) == DECODE_OK);
	if (verdict->edited.len) {
		ensure(verdict->action == VERDICT_ACCEPT);
		ensure(decode_packet(verdict->edited, true, &headers) == DECODE_OK);
	}
}

/* Packets that wait: each comes back once, and no other does. */
struct waiting {
	uint32_t ids[HELD_AT_MOST];
	unsigned count;
};

static void give_back(struct engine *engine, struct waiting *waiting)
{
	struct verdict verdict;
	struct packet packet;
	unsigned i;

	while (engine_next_release(engine, &packet, &verdict)) {
		ensure(verdict.action != VERDICT_HOLD);
		check_written(&verdict);
		for (i = 0; i < waiting->count && waiting->ids[i] != packet.id; i++)
			;
		ensure(i < waiting->count);
		waiting->ids[i] = waiting->ids[--waiting->count];
	}
}

static void run_packet(struct engine *engine, const struct packet *packet, struct waiting *waiting)
{
	struct verdict verdict;
	struct event event;
	struct engine_pair pair;

	engine_packet(engine, packet, &verdict);
	check_written(&verdict);
	if (verdict.action == VERDICT_HOLD) {
		ensure(waiting->count < HELD_AT_MOST);
		waiting->ids[waiting->count++] = packet->id;
	}
	give_back(engine, waiting);
	while (engine_next_event(engine, &event))
		;
	while (engine_next_pair(engine, &pair))
		;
}

static struct packet read_packet(struct cursor *cursor, time_us *now, uint32_t id)
{
	uint8_t flags = cursor_u8(cursor);
	struct packet packet = {.id = id, .checksum_pending = true};
	size_t len = cursor_u16(cursor);

	*now += flags & 8 ? 10 * SECOND_US : 1000;
	packet.time = *now;
	packet.direction = flags & 1 ? PACKET_TO_DEVICE : PACKET_FROM_DEVICE;
	if (flags & 2)
		packet.hook = flags & 1 ? PACKET_OUTPUT : PACKET_INPUT;
	if (!(flags & 1)) {
		packet.mac.bytes[0] = 2;
		packet.mac.bytes[5] = flags & 4 ? 2 : 1;
	}
	if (len > cursor_left(cursor))
		len = cursor_left(cursor);
	packet.data = cursor_take(cursor, len);
	return packet;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct policy_set *set;
	static struct redact_keys *keys;
	struct engine_config config = {
		.limits = {.devices = 8,
			   .flows = 16,
			   .bindings = 16,
			   .names = 16,
			   .streams = 4,
			   .strips = 2,
			   .fragments = 4,
			   .events = 32},
		.hash_key = {1, 2},
		.geo = {.country = country_of},
		.start = SECOND_US,
	};
	struct cursor cursor = cursor_on(bytes_of(data, size));
	struct waiting waiting = {.count = 0};
	time_us now = config.start;
	struct engine *engine;

	if (!set) {
		set = load();
		keys = keys_new(NULL);
		ensure(keys && keys_add(keys, bytes_of("lat", 3), DATA_LOCATION) == KEYS_OK);
	}
	config.keys = keys;
	engine = engine_new(&config, set);
	ensure(engine != NULL);
	for (uint32_t id = 1; cursor_left(&cursor) && id < 300; id++) {
		struct packet packet = read_packet(&cursor, &now, id);

		if (id % 16 == 0) {
			engine_advance(engine, now, 600);
			give_back(engine, &waiting);
		}
		run_packet(engine, &packet, &waiting);
	}
	/* What waits is given up in the end. */
	engine_advance(engine, now + MINUTE_US, 600);
	give_back(engine, &waiting);
	ensure(waiting.count == 0);
	engine_settle(engine);
	engine_free(engine);
	return 0;
}
