/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "capture/side.h"
#include "tests/unit/capture/frames.h"

static uint8_t buffer[256];

struct view {
	enum packet_direction direction;
	enum packet_hook hook;
	const char *mac; /* NULL: none */
};

static struct link_frame frame_of(const char *src_mac, const char *dst_mac, const char *src,
				  uint16_t sport, const char *dst, uint16_t dport)
{
	struct writer writer = writer_on(buffer, sizeof(buffer));
	struct link_frame frame = {.truncated = false};

	put_udp(&writer, src, sport, dst, dport, "x");
	frame.ip = writer_bytes(&writer);
	if (src_mac)
		frame.src = mac_of(src_mac);
	if (dst_mac)
		frame.dst = mac_of(dst_mac);
	return frame;
}

static void learn(struct sides *sides, const char *src_mac, const char *dst_mac, const char *src,
		  const char *dst)
{
	struct link_frame frame = frame_of(src_mac, dst_mac, src, 1000, dst, 2000);

	sides_learn(sides, &frame);
}

static void expect(const struct sides *sides, struct link_frame frame, struct view view)
{
	struct mac mac = {{0}};
	struct packet packet;

	memset(&packet, 0xff, sizeof(packet));
	sides_judge(sides, &frame, &packet);
	assert_int_equal(packet.direction, view.direction);
	assert_int_equal(packet.hook, view.hook);
	if (view.mac)
		mac = mac_of(view.mac);
	assert_true(mac_equal(&packet.mac, &mac));
}

static struct sides *new_sides(void)
{
	struct sides *sides = sides_new(NULL, 0);

	assert_non_null(sides);
	return sides;
}

static void tells_out_from_in(void **state)
{
	struct sides *sides = new_sides();

	(void)state;
	expect(sides, frame_of(DEVICE_MAC, ROUTER_MAC, "192.168.1.5", 1, "203.0.113.1", 2),
	       (struct view){PACKET_FROM_DEVICE, PACKET_FORWARD, DEVICE_MAC});
	expect(sides, frame_of(ROUTER_MAC, DEVICE_MAC, "203.0.113.1", 2, "192.168.1.5", 1),
	       (struct view){PACKET_TO_DEVICE, PACKET_FORWARD, DEVICE_MAC});
	expect(sides, frame_of(NULL, NULL, "10.1.2.3", 1, "203.0.113.1", 2),
	       (struct view){PACKET_FROM_DEVICE, PACKET_FORWARD, NULL});
	expect(sides, frame_of(DEVICE_MAC, NULL, "fd00::1", 1, "2001:db8::1", 2),
	       (struct view){PACKET_FROM_DEVICE, PACKET_FORWARD, DEVICE_MAC});
	expect(sides, frame_of(DEVICE_MAC, ROUTER_MAC, "203.0.113.9", 1, "198.51.100.1", 2),
	       (struct view){PACKET_ELSEWHERE, PACKET_FORWARD, NULL});
	sides_free(sides);
}

static void odd_senders_are_nobody(void **state)
{
	static const char *const odd[][2] = {
		{"127.0.0.1", "10.0.0.1"},
		{"224.0.0.1", "10.0.0.1"},
		{"ff02::1", "fd00::1"},
	};
	struct sides *sides = new_sides();

	(void)state;
	learn(sides, DEVICE_MAC, OTHER_MAC, "10.0.0.5", "10.0.0.6");
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		expect(sides, frame_of(DEVICE_MAC, "ff:ff:ff:ff:ff:ff", odd[i][0], 1, odd[i][1], 2),
		       (struct view){PACKET_ELSEWHERE, PACKET_FORWARD, NULL});
	/* One without an address yet is on no side, but is known. */
	expect(sides,
	       frame_of(DEVICE_MAC, "ff:ff:ff:ff:ff:ff", "0.0.0.0", 68, "255.255.255.255", 67),
	       (struct view){PACKET_ELSEWHERE, PACKET_FORWARD, DEVICE_MAC});
	expect(sides, frame_of(OTHER_MAC, "33:33:00:00:00:01", "::", 1, "ff02::1", 2),
	       (struct view){PACKET_ELSEWHERE, PACKET_FORWARD, OTHER_MAC});
	/* But a device may speak to all. */
	expect(sides,
	       frame_of(DEVICE_MAC, "ff:ff:ff:ff:ff:ff", "10.0.0.5", 1, "255.255.255.255", 2),
	       (struct view){PACKET_FROM_DEVICE, PACKET_FORWARD, DEVICE_MAC});
	expect(sides, frame_of(OTHER_MAC, "01:00:5e:00:00:01", "203.0.113.9", 1, "224.0.0.1", 2),
	       (struct view){PACKET_ELSEWHERE, PACKET_FORWARD, NULL});
	sides_free(sides);
}

static void the_router_is_known_by_what_it_carries(void **state)
{
	struct sides *sides = new_sides();

	(void)state;
	expect(sides, frame_of(DEVICE_MAC, ROUTER_MAC, "192.168.1.5", 1, "192.168.1.1", 80),
	       (struct view){PACKET_FROM_DEVICE, PACKET_FORWARD, DEVICE_MAC});
	learn(sides, DEVICE_MAC, ROUTER_MAC, "192.168.1.5", "203.0.113.1");
	expect(sides, frame_of(DEVICE_MAC, ROUTER_MAC, "192.168.1.5", 1, "192.168.1.1", 80),
	       (struct view){PACKET_FROM_DEVICE, PACKET_INPUT, DEVICE_MAC});
	expect(sides, frame_of(ROUTER_MAC, DEVICE_MAC, "192.168.1.1", 80, "192.168.1.5", 1),
	       (struct view){PACKET_TO_DEVICE, PACKET_OUTPUT, DEVICE_MAC});
	expect(sides, frame_of(DEVICE_MAC, OTHER_MAC, "192.168.1.5", 1, "192.168.1.6", 80),
	       (struct view){PACKET_FROM_DEVICE, PACKET_FORWARD, DEVICE_MAC});
	sides_free(sides);
	/* By its answers alone, too. */
	sides = new_sides();
	learn(sides, ROUTER_MAC, DEVICE_MAC, "203.0.113.1", "192.168.1.5");
	expect(sides, frame_of(DEVICE_MAC, ROUTER_MAC, "192.168.1.5", 1, "192.168.1.1", 80),
	       (struct view){PACKET_FROM_DEVICE, PACKET_INPUT, DEVICE_MAC});
	sides_free(sides);
}

static void a_resolver_stands_for_the_router(void **state)
{
	struct sides *sides = new_sides();

	(void)state;
	expect(sides, frame_of(DEVICE_MAC, ROUTER_MAC, "192.168.1.5", 999, "192.168.1.1", 53),
	       (struct view){PACKET_FROM_DEVICE, PACKET_INPUT, DEVICE_MAC});
	expect(sides, frame_of(ROUTER_MAC, DEVICE_MAC, "192.168.1.1", 53, "192.168.1.5", 999),
	       (struct view){PACKET_TO_DEVICE, PACKET_OUTPUT, DEVICE_MAC});
	expect(sides, frame_of(ROUTER_MAC, DEVICE_MAC, "fe80::1", 53, "fe80::5", 999),
	       (struct view){PACKET_TO_DEVICE, PACKET_OUTPUT, DEVICE_MAC});
	sides_free(sides);
}

static void global_addresses_of_a_device_are_its_own(void **state)
{
	struct sides *sides = new_sides();

	(void)state;
	expect(sides, frame_of(DEVICE_MAC, ROUTER_MAC, "2001:db8:1::5", 1, "2001:db8:2::1", 2),
	       (struct view){PACKET_ELSEWHERE, PACKET_FORWARD, NULL});
	learn(sides, DEVICE_MAC, ROUTER_MAC, "192.168.1.5", "203.0.113.1");
	learn(sides, ROUTER_MAC, DEVICE_MAC, "192.168.1.1", "192.168.1.5");
	expect(sides, frame_of(DEVICE_MAC, ROUTER_MAC, "2001:db8:1::5", 1, "2001:db8:2::1", 2),
	       (struct view){PACKET_FROM_DEVICE, PACKET_FORWARD, DEVICE_MAC});
	expect(sides, frame_of(ROUTER_MAC, DEVICE_MAC, "2001:db8:2::1", 2, "2001:db8:1::5", 1),
	       (struct view){PACKET_TO_DEVICE, PACKET_FORWARD, DEVICE_MAC});
	sides_free(sides);
}

/* Neighbour discovery from a link-local to a global address makes no router. */
static void neighbours_are_no_routers(void **state)
{
	struct sides *sides = new_sides();

	(void)state;
	learn(sides, DEVICE_MAC, OTHER_MAC, "fe80::5", "2001:db8:1::6");
	learn(sides, OTHER_MAC, DEVICE_MAC, "2001:db8:1::6", "fe80::5");
	learn(sides, OTHER_MAC, DEVICE_MAC, "fd00::6", "2001:db8:1::5");
	expect(sides, frame_of(DEVICE_MAC, OTHER_MAC, "10.0.0.5", 1, "10.0.0.6", 80),
	       (struct view){PACKET_FROM_DEVICE, PACKET_FORWARD, DEVICE_MAC});
	sides_free(sides);
}

static void given_prefixes_replace_the_private_ones(void **state)
{
	struct prefix lan[2];
	struct sides *sides;

	(void)state;
	assert_true(prefix_parse("192.0.2.0/24", &lan[0]));
	assert_true(prefix_parse("2001:db8:1::/64", &lan[1]));
	sides = sides_new(lan, 2);
	assert_non_null(sides);
	expect(sides, frame_of(DEVICE_MAC, ROUTER_MAC, "192.0.2.5", 1, "192.168.1.1", 2),
	       (struct view){PACKET_FROM_DEVICE, PACKET_FORWARD, DEVICE_MAC});
	expect(sides, frame_of(DEVICE_MAC, ROUTER_MAC, "192.168.1.5", 1, "203.0.113.1", 2),
	       (struct view){PACKET_ELSEWHERE, PACKET_FORWARD, NULL});
	learn(sides, DEVICE_MAC, ROUTER_MAC, "2001:db8:1::5", "2001:db8:2::1");
	expect(sides, frame_of(DEVICE_MAC, ROUTER_MAC, "2001:db8:1::5", 1, "2001:db8:1::1", 80),
	       (struct view){PACKET_FROM_DEVICE, PACKET_INPUT, DEVICE_MAC});
	sides_free(sides);
}

static void cut_packets_do_not_crash(void **state)
{
	static const char *const pairs[][2] = {{"10.0.0.1", "203.0.113.1"}, {"fd00::1", "fd00::2"}};
	struct sides *sides = new_sides();

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct link_frame frame =
			frame_of(DEVICE_MAC, OTHER_MAC, pairs[i][0], 1, pairs[i][1], 53);
		struct bytes whole = frame.ip;

		for (size_t len = 0; len <= whole.len; len++) {
			struct packet packet;

			frame.ip = block_copy(whole.data, len);
			sides_learn(sides, &frame);
			sides_judge(sides, &frame, &packet);
			assert_int_equal(packet.direction, len < (i ? 40u : 20u)
								   ? PACKET_ELSEWHERE
								   : PACKET_FROM_DEVICE);
			block_free(frame.ip);
		}
	}
	sides_free(sides);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_out_from_in),
		cmocka_unit_test(odd_senders_are_nobody),
		cmocka_unit_test(the_router_is_known_by_what_it_carries),
		cmocka_unit_test(a_resolver_stands_for_the_router),
		cmocka_unit_test(global_addresses_of_a_device_are_its_own),
		cmocka_unit_test(neighbours_are_no_routers),
		cmocka_unit_test(given_prefixes_replace_the_private_ones),
		cmocka_unit_test(cut_packets_do_not_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
