/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS hellos through the engine: names, disagreement, real and pretended ECH. */
#include "tests/unit/decode/samples.h"
#include "tests/unit/engine/hello.h"

#define CAMERA_POLICY "{ name = \"camera\"; default = \"allow\"; rules = (); }"
#define POLICY(rest) "{ name = \"test\"; default = \"allow\"; " rest " }, " CAMERA_POLICY

static struct flow_record say_hello(struct world *world, uint16_t port, const char *name, bool ech)
{
	uint8_t buffer[1024];
	struct bytes hello = make_hello(buffer, sizeof(buffer), name, NULL, ech);

	world_connect(world, COFFEE_ADDRESS, (uint16_t)(port + 20000), OTHER, port);
	world_send(world, COFFEE_ADDRESS, (uint16_t)(port + 20000), OTHER, port, 0, hello.data,
		   hello.len);
	return world_record(world, port);
}

/* An HTTPS record in service mode with an ech parameter, RFC 9460, RFC 9848. */
static void answer_with_ech(struct world *world, const char *name, const char *public_name)
{
	uint8_t buffer[512], config[128];
	struct writer at = writer_on(config, sizeof(config));
	struct writer writer = writer_on(buffer, sizeof(buffer));
	size_t len = strlen(public_name), contents = 1 + 2 + 2 + 4 + 2 + 4 + 1 + 1 + len + 2;

	writer_u16(&at, (uint16_t)(contents + 4));
	writer_u16(&at, 0xfe0d);
	writer_u16(&at, (uint16_t)contents);
	writer_u8(&at, 42);
	writer_u16(&at, 0x20);
	writer_u16(&at, 4);
	writer_u32(&at, 0x01020304);
	writer_u16(&at, 4);
	writer_u32(&at, 0x00010001);
	writer_u8(&at, 0);
	writer_u8(&at, (uint8_t)len);
	writer_text(&at, public_name);
	writer_u16(&at, 0);
	writer_u16(&writer, 5);
	writer_u16(&writer, 0x8180);
	writer_u32(&writer, 0x00010001);
	writer_u32(&writer, 0);
	dns_name(&writer, name);
	writer_u16(&writer, DNS_TYPE_HTTPS);
	writer_u16(&writer, 1);
	writer_u16(&writer, 0xc00c);
	writer_u16(&writer, DNS_TYPE_HTTPS);
	writer_u16(&writer, 1);
	writer_u32(&writer, 300);
	writer_u16(&writer, (uint16_t)(2 + 1 + 4 + at.len));
	writer_u16(&writer, 1);
	writer_u8(&writer, 0);
	writer_u16(&writer, DNS_SVCB_ECH);
	writer_u16(&writer, (uint16_t)at.len);
	writer_bytes_put(&writer, writer_bytes(&at));
	world_udp(world, RESOLVER, 53, COFFEE_ADDRESS, 40005, writer_bytes(&writer),
		  PACKET_TO_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
}

static const char block_hidden[] =
	POLICY("rules = ( { action = \"block\"; encrypted_name = true; } );"
	       " dns = { strip = []; };");

static void grease_is_no_reason_to_block(void **state)
{
	struct world *world = world_new(block_hidden);
	struct flow_record record;

	(void)state;
	assert_true(world_resolve(world, COFFEE_ADDRESS, 1, "shop.example", OTHER));
	record = say_hello(world, 443, "shop.example", true);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_false(record.encrypted_name);
	assert_false(record.mismatch);
	assert_string_equal(record.names[0].text, "shop.example");
	world_free(world);
}

static void a_hidden_name_is_seen_to_be_hidden(void **state)
{
	struct world *world = world_new(block_hidden);
	struct flow_record record;

	(void)state;
	world_ask(world, COFFEE_ADDRESS, RESOLVER, 5, "secret.example");
	answer_with_ech(world, "secret.example", "public.example");
	assert_true(world_resolve(world, COFFEE_ADDRESS, 1, "secret.example", OTHER));
	record = say_hello(world, 443, "public.example", true);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_true(record.encrypted_name);
	assert_true(record.mismatch);
	assert_string_equal(record.names[0].text, "public.example");
	/* The same hello without the extension hides nothing. */
	record = say_hello(world, 444, "public.example", false);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_false(record.encrypted_name);
	world_free(world);
}

static void stripped_ech_is_not_given(void **state)
{
	struct world *world =
		world_new(POLICY("rules = ( { action = \"block\"; encrypted_name = true; } );"
				 " dns = { strip = [ \"ech\" ]; };"));

	(void)state;
	world_ask(world, COFFEE_ADDRESS, RESOLVER, 5, "secret.example");
	answer_with_ech(world, "secret.example", "public.example");
	assert_true(world->verdict.edited.len > 0);
	assert_true(world->verdict.edited.len < world->packet.data.len);
	say_hello(world, 443, "secret.example", true);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

static void a_lie_is_a_fact(void **state)
{
	struct world *world =
		world_new(POLICY("rules = ( { action = \"block\"; mismatch = true; } );"));

	(void)state;
	assert_true(world_resolve(world, COFFEE_ADDRESS, 1, "shop.example", OTHER));
	say_hello(world, 443, "shop.example", false);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_true(say_hello(world, 444, "front.example", false).mismatch);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

/* Three pieces of a browser's hello in one order; true: the last one was refused. */
static void send_pieces(const size_t *cuts, const unsigned *order)
{
	struct world *world = world_new(
		POLICY("rules = ( { action = \"block\"; domain = \"=" SAMPLE_NAME "\"; } );"));
	unsigned sent = 0;

	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 443);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	for (unsigned i = 0; i < 3; i++) {
		size_t from = cuts[order[i]], to = cuts[order[i] + 1];
		unsigned others = 3 - ++sent;

		world_send(world, COFFEE_ADDRESS, 4000, OTHER, 443, (uint32_t)from,
			   sample_hello + from, to - from);
		/* The server never has the hello whole. */
		assert_int_equal(world->verdict.action, others ? VERDICT_ACCEPT : VERDICT_DROP);
		assert_int_equal(world->verdict.reply_count, others ? 0 : 2);
	}
	assert_string_equal(world_record(world, 443).names[0].text, SAMPLE_NAME);
	world_free(world);
}

static void a_real_hello_in_every_order(void **state)
{
	static const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	size_t len = sizeof(sample_hello);

	(void)state;
	/* Every first cut, with a second one somewhere behind it. */
	for (size_t first = 1; first + 1 < len; first++) {
		size_t second = first + 1 + first * 7 % (len - first - 1);
		size_t cuts[] = {0, first, second, len};

		send_pieces(cuts, orders[first % 6]);
	}
	/* Some cuts in every order. */
	for (size_t first = 3; first + 200 < len; first += 97) {
		size_t cuts[] = {0, first, first + 150, len};

		for (unsigned i = 0; i < 6; i++)
			send_pieces(cuts, orders[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grease_is_no_reason_to_block),
		cmocka_unit_test(a_hidden_name_is_seen_to_be_hidden),
		cmocka_unit_test(stripped_ech_is_not_given),
		cmocka_unit_test(a_lie_is_a_fact),
		cmocka_unit_test(a_real_hello_in_every_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
