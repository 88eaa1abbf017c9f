/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data in DNS names is told from names, however odd those are. */
#include "tests/unit/engine/world.h"

#define CAMERA_POLICY "{ name = \"camera\"; default = \"allow\"; rules = (); }"
#define POLICY                                                                   \
	"{ name = \"test\"; default = \"allow\"; dns = { answers = \"keep\"; };" \
	" rules = ( { action = \"block\"; tunnel = true; } ); }, " CAMERA_POLICY

static enum verdict_action ask(struct world *world, const char *name, uint16_t type)
{
	uint8_t buffer[512];
	struct writer query = dns_question(buffer, sizeof(buffer), 7, name, type, false);

	assert_true(writer_ok(&query));
	return world_udp(world, COFFEE_ADDRESS, 40007, RESOLVER, 53, writer_bytes(&query),
			 PACKET_FROM_DEVICE)
		->action;
}

/* How many of `most` different questions pass. */
static unsigned passed(struct world *world, const char *before, const char *after, uint16_t type,
		       unsigned most)
{
	static uint32_t number;
	char name[256];
	unsigned count = 0;

	for (unsigned i = 0; i < most; i++) {
		number += 2654435761u;
		snprintf(name, sizeof(name), "%s%08x%s", before, (unsigned)number, after);
		if (ask(world, name, type) == VERDICT_ACCEPT)
			count++;
	}
	return count;
}

#define HEX "05a901fdf525f24195b8e0eeb5d7f6f65ed4e6f9636579461a69"

static void a_tunnel_is_seen_soon(void **state)
{
	static const char *const formats[][2] = {
		{HEX, "." HEX ".tunnel.example"}, /* two labels of hexadecimal */
		{HEX, ".tunnel.co.uk"},
		{"dnscat." HEX, ""}, /* to a server of one's own, without a domain */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct world *world = world_new(POLICY);
		unsigned count = passed(world, formats[i][0], formats[i][1], DNS_TYPE_TXT, 100);

		assert_in_range(count, 5, 40);
		assert_true(world_record(world, 53).tunnel);
		assert_string_equal(world_record(world, 53).reason, "tunnel");
		/* Other names are still answered. */
		assert_int_equal(ask(world, "www.shop.example", DNS_TYPE_A), VERDICT_ACCEPT);
		world_free(world);
	}
}

static void odd_types_weigh_more(void **state)
{
	struct world *world = world_new(POLICY);

	(void)state;
	assert_in_range(passed(world, "x", ".tunnel.example", 10, 200), 20, 80);
	world_free(world);
}

static void names_are_no_tunnel(void **state)
{
	struct world *world = world_new(POLICY);

	(void)state;
	/* The same long one again and again: an endpoint of a cloud. */
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(ask(world,
				     "a1b2c3d4e5f6g7h8i9j0k1l2m3n4-ats.iot.us-east-1.cloud.example",
				     DNS_TYPE_A),
				 VERDICT_ACCEPT);
	/* Many short ones. */
	assert_int_equal(passed(world, "e", ".cdn.example", DNS_TYPE_A, 500), 500);
	/* Reverse lookups of many addresses. */
	assert_int_equal(passed(world, "",
				".0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
				DNS_TYPE_PTR, 200),
			 200);
	/* Lookups of files in a cloud's list of bad ones, now and then. */
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(passed(world, "0.0.0.0.1.0.0.4e.13cfus2drmdq", ".av.example",
					DNS_TYPE_A, 1),
				 1);
		world->now += 20 * SECOND_US;
	}
	world_free(world);
}

static void it_is_forgotten(void **state)
{
	struct world *world = world_new(POLICY);

	(void)state;
	passed(world, HEX, ".tunnel.example", DNS_TYPE_TXT, 100);
	assert_int_equal(ask(world, "www.tunnel.example", DNS_TYPE_A), VERDICT_DROP);
	world->now += 31 * MINUTE_US;
	assert_int_equal(ask(world, "www.tunnel.example", DNS_TYPE_A), VERDICT_ACCEPT);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tunnel_is_seen_soon),
		cmocka_unit_test(odd_types_weigh_more),
		cmocka_unit_test(names_are_no_tunnel),
		cmocka_unit_test(it_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
