/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small world for engine tests: a policy written in the test, devices that
 * send packets made here, and the verdict of the last one.
 */
#ifndef TESTS_UNIT_ENGINE_WORLD_H
#define TESTS_UNIT_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/writer.h"
#include "decode/dns.h"
#include "decode/packet.h"
#include "engine/engine.h"
#include "redact/checksum.h"

#define COFFEE "a4:cf:12:00:00:01"
#define COFFEE_SECOND "a4:cf:12:00:00:09"
#define CAMERA "b0:f1:ec:00:00:02"
#define COFFEE_ADDRESS "192.0.2.10"
#define CAMERA_ADDRESS "192.0.2.11"
#define ROUTER "192.0.2.1"
#define RESOLVER "198.51.100.53"
#define CLOUD "203.0.113.5"  /* in CN */
#define OTHER "198.51.100.9" /* in US */

#define MAIN_TEXT "home = [ \"US\" ]; network = { lan = [ \"br-lan\" ]; };\n"
#define DEVICES_TEXT                                                                        \
	"devices = ( { name = \"coffee\"; mac = [ \"" COFFEE "\", \"" COFFEE_SECOND "\" ];" \
	" policy = \"test\"; }, { name = \"camera\"; mac = \"" CAMERA                       \
	"\"; policy = \"camera\"; } );"
#define OBSERVE_TEXT \
	"policies = ( { name = \"observe\"; default = \"allow\"; mode = \"observe\"; } );"

/* The main file; a test may have its own. */
static const char *world_main_text = MAIN_TEXT;

/* What dns.bypass knows. */
#define BYPASS_TEXT                                                                         \
	"# comment\ndoh.example\tdoh\ttest\nhttpdns.example\thttpdns\n198.51.100.88\tdoh\n" \
	"odoh.example\todoh\nuse-application-dns.net\tcanary\nresolver.arpa\tddr\n"         \
	"2001:db8:88::/48\tdoh\n"

struct world {
	struct engine *engine;
	struct policy_set *set;
	time_us now;
	uint32_t next_id;
	struct packet packet;
	struct verdict verdict;
	uint8_t bytes[70000];
	const char *mac;
	enum packet_hook hook;
	bool checksum_wrong;
	bool over_limit, returned;
	uint8_t hop_limit;
};

static bool world_country(void *context, const struct address *address, country *ret_country)
{
	(void)context;
	if (address_scope(address) != SCOPE_GLOBAL)
		return false;
	*ret_country = COUNTRY_UNKNOWN;
	if (address->family == ADDRESS_IPV4 && address->bytes[0] == 203)
		*ret_country = country_from_text("CN");
	else if (address->family == ADDRESS_IPV4 && address->bytes[0] == 198)
		*ret_country = country_from_text("US");
	return true;
}

static struct policy_set *world_policy(const char *policies)
{
	char text[8192];
	struct policy_errors errors = {0};
	struct policy_set *set;

	snprintf(text, sizeof(text), "%s\npolicies = ( %s );\n", DEVICES_TEXT, policies);
	struct policy_source sources[] = {
		{"observe.conf", bytes_of(OBSERVE_TEXT, strlen(OBSERVE_TEXT)), SOURCE_PROFILE},
		{"gatewayd.conf", bytes_of(world_main_text, strlen(world_main_text)), SOURCE_MAIN},
		{"test.conf", bytes_of(text, strlen(text)), SOURCE_USER},
		{"doh.tsv", bytes_of(BYPASS_TEXT, strlen(BYPASS_TEXT)), SOURCE_BYPASS},
	};
	set = policy_load(sources, 4, &errors, NULL);
	for (size_t i = 0; i < errors.count; i++)
		print_error("%s:%u: %s\n", errors.errors[i].file, errors.errors[i].line,
			    errors.errors[i].text);
	policy_errors_free(&errors);
	assert_non_null(set);
	return set;
}

/* policies: the inside of "policies = ( ... )"; needs "test" and "camera". */
static struct world *world_new(const char *policies)
{
	struct world *world = calloc(1, sizeof(*world));
	struct engine_config config = {
		.limits = engine_default_limits,
		.hash_key = {1, 2},
		.geo = {.country = world_country},
		.start = 1000 * SECOND_US,
	};

	assert_non_null(world);
	world->set = world_policy(policies);
	world->now = config.start;
	world->engine = engine_new(&config, world->set);
	assert_non_null(world->engine);
	world->mac = COFFEE;
	world->hop_limit = 63;
	engine_advance(world->engine, world->now, 600);
	return world;
}

static void world_free(struct world *world)
{
	engine_free(world->engine);
	policy_free(world->set);
	free(world);
}

static inline void world_reload(struct world *world, const char *policies)
{
	struct policy_set *set = world_policy(policies);

	assert_true(engine_prepare(world->engine, set));
	assert_ptr_equal(engine_swap_policy(world->engine, set), world->set);
	policy_free(world->set);
	world->set = set;
}

static struct address world_address(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static size_t world_ip(uint8_t *at, const char *src, const char *dst, uint8_t protocol, size_t len,
		       uint8_t hop_limit)
{
	struct writer writer = writer_on(at, 64);
	struct address from = world_address(src), to = world_address(dst);

	if (from.family == ADDRESS_IPV4) {
		writer_u16(&writer, 0x4500);
		writer_u16(&writer, (uint16_t)(20 + len));
		writer_u32(&writer, 0x12344000);
		writer_u8(&writer, hop_limit);
		writer_u8(&writer, protocol);
		writer_u16(&writer, 0);
	} else {
		writer_u32(&writer, 0x60000000);
		writer_u16(&writer, (uint16_t)len);
		writer_u8(&writer, protocol);
		writer_u8(&writer, hop_limit);
	}
	writer_put(&writer, from.bytes, address_len(&from));
	writer_put(&writer, to.bytes, address_len(&to));
	return writer.len;
}

/* Runs world->bytes through the engine. */
static struct verdict *world_run(struct world *world, size_t len, enum packet_direction direction)
{
	struct packet *packet = &world->packet;

	memset(packet, 0, sizeof(*packet));
	packet->data = bytes_of(world->bytes, len);
	packet->time = world->now += 1000;
	packet->direction = direction;
	packet->hook = world->hook;
	packet->id = ++world->next_id;
	packet->over_limit = world->over_limit;
	packet->returned = world->returned;
	if (world->mac && direction == PACKET_FROM_DEVICE)
		assert_true(mac_parse(world->mac, &packet->mac));
	engine_packet(world->engine, packet, &world->verdict);
	return &world->verdict;
}

static struct verdict *world_transport(struct world *world, const char *src, const char *dst,
				       uint8_t protocol, const void *header, size_t header_len,
				       struct bytes payload, enum packet_direction direction)
{
	size_t at = world_ip(world->bytes, src, dst, protocol, header_len + payload.len,
			     world->hop_limit);
	size_t len = at + header_len + payload.len;

	memcpy(world->bytes + at, header, header_len);
	if (payload.len)
		memcpy(world->bytes + at + header_len, payload.data, payload.len);
	checksum_fix(world->bytes, len, at, protocol);
	if (world->checksum_wrong)
		world->bytes[len - 1] ^= 1;
	return world_run(world, len, direction);
}

static struct verdict *world_udp(struct world *world, const char *src, uint16_t src_port,
				 const char *dst, uint16_t dst_port, struct bytes payload,
				 enum packet_direction direction)
{
	uint8_t header[8];
	struct writer writer = writer_on(header, sizeof(header));

	writer_u16(&writer, src_port);
	writer_u16(&writer, dst_port);
	writer_u16(&writer, (uint16_t)(8 + payload.len));
	writer_u16(&writer, 0);
	return world_transport(world, src, dst, 17, header, sizeof(header), payload, direction);
}

struct segment {
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint8_t flags;
	struct bytes payload;
};

static struct verdict *world_tcp(struct world *world, const char *src, const char *dst,
				 struct segment segment, enum packet_direction direction)
{
	uint8_t header[20];
	struct writer writer = writer_on(header, sizeof(header));

	writer_u16(&writer, segment.src_port);
	writer_u16(&writer, segment.dst_port);
	writer_u32(&writer, segment.seq);
	writer_u32(&writer, segment.ack);
	writer_u8(&writer, 5 << 4);
	writer_u8(&writer, segment.flags);
	writer_u16(&writer, 64240);
	writer_u32(&writer, 0);
	return world_transport(world, src, dst, 6, header, sizeof(header), segment.payload,
			       direction);
}

/* The handshake as the engine sees it; the client's first byte is seq 1001. */
static inline struct verdict *world_connect(struct world *world, const char *src, uint16_t src_port,
					    const char *dst, uint16_t dst_port)
{
	struct segment syn = {src_port, dst_port, 1000, 0, TCP_SYN, {0}};
	struct segment ack = {src_port, dst_port, 1001, 5001, TCP_ACK, {0}};
	struct verdict *verdict = world_tcp(world, src, dst, syn, PACKET_FROM_DEVICE);

	if (verdict->action == VERDICT_DROP)
		return verdict;
	return world_tcp(world, src, dst, ack, PACKET_FROM_DEVICE);
}

static inline struct verdict *world_send(struct world *world, const char *src, uint16_t src_port,
					 const char *dst, uint16_t dst_port, uint32_t offset,
					 const void *data, size_t len)
{
	struct segment segment = {src_port, dst_port,          1001 + offset,
				  5001,     TCP_ACK | TCP_PSH, bytes_of(data, len)};

	return world_tcp(world, src, dst, segment, PACKET_FROM_DEVICE);
}

/* ---- DNS ---- */

static void dns_name(struct writer *writer, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");

		writer_u8(writer, (uint8_t)len);
		writer_put(writer, name, len);
		name += len + (name[len] == '.');
	}
	writer_u8(writer, 0);
}

static inline struct writer dns_question(uint8_t *buffer, size_t size, uint16_t id,
					 const char *name, uint16_t type, bool edns)
{
	struct writer writer = writer_on(buffer, size);

	writer_u16(&writer, id);
	writer_u16(&writer, 0x0100);
	writer_u16(&writer, 1);
	writer_u32(&writer, 0);
	writer_u16(&writer, edns ? 1 : 0);
	dns_name(&writer, name);
	writer_u16(&writer, type);
	writer_u16(&writer, 1);
	if (edns) {
		writer_u8(&writer, 0);
		writer_u16(&writer, DNS_TYPE_OPT);
		writer_u16(&writer, 1232);
		writer_u32(&writer, 0);
		writer_u16(&writer, 0);
	}
	return writer;
}

/* An answer of CNAMEs from name to name, NULL at the end, then addresses. */
static inline struct writer dns_answer(uint8_t *buffer, size_t size, uint16_t id,
				       const char *const *names, const char *const *addresses)
{
	struct writer writer = writer_on(buffer, size);
	uint16_t count = 0;
	const char *last = names[0];

	for (const char *const *name = names + 1; *name; name++)
		count++;
	for (const char *const *address = addresses; *address; address++)
		count++;
	writer_u16(&writer, id);
	writer_u16(&writer, 0x8180);
	writer_u16(&writer, 1);
	writer_u16(&writer, count);
	writer_u32(&writer, 0);
	dns_name(&writer, names[0]);
	writer_u16(&writer, DNS_TYPE_A);
	writer_u16(&writer, 1);
	for (const char *const *name = names + 1; *name; name++) {
		uint8_t target[256];
		struct writer at = writer_on(target, sizeof(target));

		dns_name(&at, *name);
		dns_name(&writer, last);
		writer_u16(&writer, DNS_TYPE_CNAME);
		writer_u16(&writer, 1);
		writer_u32(&writer, 300);
		writer_u16(&writer, (uint16_t)at.len);
		writer_bytes_put(&writer, writer_bytes(&at));
		last = *name;
	}
	for (const char *const *text = addresses; *text; text++) {
		struct address address = world_address(*text);

		dns_name(&writer, last);
		writer_u16(&writer, address.family == ADDRESS_IPV4 ? DNS_TYPE_A : DNS_TYPE_AAAA);
		writer_u16(&writer, 1);
		writer_u32(&writer, 300);
		writer_u16(&writer, (uint16_t)address_len(&address));
		writer_put(&writer, address.bytes, address_len(&address));
	}
	assert_true(writer_ok(&writer));
	return writer;
}

static inline struct verdict *world_ask(struct world *world, const char *device,
					const char *resolver, uint16_t id, const char *name)
{
	uint8_t buffer[512];
	struct writer query = dns_question(buffer, sizeof(buffer), id, name, DNS_TYPE_A, false);

	return world_udp(world, device, (uint16_t)(40000 + id), resolver, 53, writer_bytes(&query),
			 PACKET_FROM_DEVICE);
}

static inline struct verdict *world_answer(struct world *world, const char *device,
					   const char *resolver, uint16_t id,
					   const char *const *names, const char *const *addresses)
{
	uint8_t buffer[1024];
	struct writer message = dns_answer(buffer, sizeof(buffer), id, names, addresses);

	return world_udp(world, resolver, 53, device, (uint16_t)(40000 + id),
			 writer_bytes(&message), PACKET_TO_DEVICE);
}

/* Asks and gets the answer; true when both went through unchanged. */
static inline bool world_resolve(struct world *world, const char *device, uint16_t id,
				 const char *name, const char *address)
{
	const char *names[] = {name, NULL}, *addresses[] = {address, NULL};

	if (world_ask(world, device, RESOLVER, id, name)->action != VERDICT_ACCEPT)
		return false;
	return world_answer(world, device, RESOLVER, id, names, addresses)->action ==
		       VERDICT_ACCEPT &&
	       world->verdict.edited.len == 0;
}

static struct packet_headers world_reply(const struct world *world, unsigned i)
{
	struct packet_headers headers;

	assert_true(i < world->verdict.reply_count);
	assert_int_equal(decode_packet(world->verdict.replies[i], false, &headers), DECODE_OK);
	return headers;
}

static inline struct dns_message world_reply_dns(const struct world *world)
{
	struct packet_headers headers = world_reply(world, 0);
	struct dns_message message;

	assert_int_equal(decode_dns(headers.payload, &message), DECODE_OK);
	return message;
}

static inline void assert_address(struct address address, const char *text)
{
	char got[ADDRESS_TEXT_SIZE];

	address_print(&address, got);
	assert_string_equal(got, text);
}

/* The newest record of a flow to that port. */
struct world_search {
	uint16_t port;
	bool found;
	struct flow_record record;
};

static void world_match(void *context, const struct flow_record *record)
{
	struct world_search *search = context;

	if (record->dst_port != search->port)
		return;
	search->found = true;
	search->record = *record;
}

static inline struct flow_record world_record(struct world *world, uint16_t port)
{
	struct world_search search = {.port = port};

	engine_each_flow(world->engine, world_match, &search);
	assert_true(search.found);
	return search.record;
}

#endif
