/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What devices say of themselves is kept with them, and several MACs become one. */
#include "tests/unit/engine/world.h"

#define PLAIN \
	"{ name = \"test\"; default = \"allow\"; }, { name = \"camera\"; default = \"allow\"; }"
#define STRANGER "02:11:22:33:44:55"
#define NOTIFY                                                                                     \
	"NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\nNT: urn:x:device:lamp:1\r\nUSN: uuid:0a1b::x\r\n" \
	"\r\n"

/* As the listener gives it: no verdict is asked for. */
static bool hear(struct world *world, const char *mac, const char *src, uint16_t port,
		 struct bytes payload, enum packet_direction direction)
{
	world_udp(world, src, port, "239.255.255.250", port, payload, PACKET_ELSEWHERE);
	world->packet.direction = direction;
	assert_true(mac_parse(mac, &world->packet.mac));
	return engine_overhear(world->engine, &world->packet);
}

struct found {
	const char *mac;
	struct device_record record;
	unsigned count, all;
};

static void match(void *context, const struct device_record *record)
{
	struct found *found = context;
	char mac[MAC_TEXT_SIZE];

	found->all++;
	mac_print(&record->mac, mac);
	if (strcmp(mac, found->mac) != 0)
		return;
	found->record = *record;
	found->count++;
}

static struct found find(struct world *world, const char *mac)
{
	struct found found = {.mac = mac};

	engine_each_device(world->engine, match, &found);
	return found;
}

static unsigned count_new_devices(struct world *world)
{
	struct event event;
	unsigned count = 0;

	while (engine_next_event(world->engine, &event))
		count += event.kind == EVENT_NEW_DEVICE;
	return count;
}

static void test_a_device_is_heard(void **state)
{
	struct world *world = world_new(PLAIN);
	struct bytes notify = bytes_of(NOTIFY, sizeof(NOTIFY) - 1);
	struct found found;

	(void)state;
	assert_true(hear(world, STRANGER, "192.0.2.77", 1900, notify, PACKET_FROM_DEVICE));
	assert_false(hear(world, STRANGER, "192.0.2.77", 1900, notify, PACKET_FROM_DEVICE));
	found = find(world, STRANGER);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.record.traits.services[0], "urn:x:device:lamp:1");
	assert_string_equal(found.record.traits.serial, "0a1b");
	assert_int_equal(found.record.address_count, 1);
	assert_int_equal(found.record.packets, 0);
	assert_int_equal(count_new_devices(world), 1);
	/* Not a word: another port, another protocol, to a device, from nobody. */
	assert_false(hear(world, CAMERA, "192.0.2.78", 1901, notify, PACKET_FROM_DEVICE));
	assert_false(hear(world, CAMERA, "192.0.2.78", 5353, notify, PACKET_FROM_DEVICE));
	assert_false(hear(world, CAMERA, "192.0.2.78", 1900, notify, PACKET_TO_DEVICE));
	assert_false(
		hear(world, "00:00:00:00:00:00", "192.0.2.78", 1900, notify, PACKET_ELSEWHERE));
	assert_int_equal(find(world, CAMERA).count, 0);
	world_free(world);
}

/* Its source may be anybody's address, so nothing is believed of that. */
static void test_no_address_is_learned(void **state)
{
	struct world *world = world_new(PLAIN);
	struct found found;

	(void)state;
	world_udp(world, COFFEE_ADDRESS, 5000, OTHER, 7000, bytes_of("x", 1), PACKET_FROM_DEVICE);
	assert_true(hear(world, STRANGER, COFFEE_ADDRESS, 1900,
			 bytes_of(NOTIFY, sizeof(NOTIFY) - 1), PACKET_FROM_DEVICE));
	/* A packet whose MAC is not known is still the coffee maker's. */
	world->mac = NULL;
	world_udp(world, COFFEE_ADDRESS, 5001, OTHER, 7000, bytes_of("x", 1), PACKET_FROM_DEVICE);
	found = find(world, COFFEE);
	assert_int_equal(found.record.packets, 2);
	world_free(world);
}

static size_t put_discover(uint8_t *room, size_t size, const char *mac)
{
	struct writer writer = writer_on(room, size);
	struct mac client;

	assert_true(mac_parse(mac, &client));
	writer_u32(&writer, 0x01010600);
	writer_fill(&writer, 0, 24);
	writer_put(&writer, client.bytes, 6);
	writer_fill(&writer, 0, 10 + 64 + 128);
	writer_u32(&writer, 0x63825363);
	writer_put(&writer, "\x0c\x05phone\xff", 8);
	return writer.len;
}

/* It is told of when it has an address, not while it asks for one. */
static void test_a_device_without_an_address(void **state)
{
	struct world *world = world_new(PLAIN);
	uint8_t room[400];
	size_t len = put_discover(room, sizeof(room), STRANGER);

	(void)state;
	assert_true(hear(world, STRANGER, "0.0.0.0", 67, bytes_of(room, len), PACKET_ELSEWHERE));
	assert_string_equal(find(world, STRANGER).record.traits.hostname, "phone");
	assert_int_equal(find(world, STRANGER).record.address_count, 0);
	assert_int_equal(count_new_devices(world), 0);
	world->mac = STRANGER;
	world_udp(world, "192.0.2.77", 5000, OTHER, 7000, bytes_of("x", 1), PACKET_FROM_DEVICE);
	assert_int_equal(count_new_devices(world), 1);
	world_free(world);
}

static struct policy_set *without_devices(void)
{
	static const char text[] = MAIN_TEXT OBSERVE_TEXT;
	const struct policy_source source = {"gatewayd.conf", bytes_of(text, sizeof(text) - 1),
					     SOURCE_MAIN};
	struct policy_errors errors = {0};
	struct policy_set *set = policy_load(&source, 1, &errors, NULL);

	policy_errors_free(&errors);
	assert_non_null(set);
	return set;
}

/* A file that says that two MACs are one device makes one of the two that were known. */
static void test_two_addresses_become_one_device(void **state)
{
	struct world *world = world_new(PLAIN);
	struct policy_set *none = without_devices();
	struct found found;

	(void)state;
	assert_true(engine_prepare(world->engine, none));
	assert_ptr_equal(engine_swap_policy(world->engine, none), world->set);
	policy_free(world->set);
	world->set = none;
	world_udp(world, COFFEE_ADDRESS, 5000, OTHER, 7000, bytes_of("x", 1), PACKET_FROM_DEVICE);
	world->mac = COFFEE_SECOND;
	world_udp(world, "192.0.2.20", 5000, OTHER, 7000, bytes_of("x", 1), PACKET_FROM_DEVICE);
	assert_true(hear(world, COFFEE_SECOND, "192.0.2.20", 1900,
			 bytes_of(NOTIFY, sizeof(NOTIFY) - 1), PACKET_FROM_DEVICE));
	assert_int_equal(find(world, COFFEE).all, 2);

	world_reload(world, PLAIN);
	found = find(world, COFFEE);
	assert_int_equal(found.all, 1);
	assert_string_equal(found.record.name, "coffee");
	assert_int_equal(found.record.packets, 2);
	assert_int_equal(found.record.address_count, 2);
	assert_int_equal(found.record.traits.service_count, 1);
	/* Its flows go on, and are the one device's. */
	world_udp(world, "192.0.2.20", 5000, OTHER, 7000, bytes_of("x", 1), PACKET_FROM_DEVICE);
	assert_int_equal(find(world, COFFEE).record.packets, 3);
	assert_int_equal(find(world, COFFEE).all, 1);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_device_is_heard),
		cmocka_unit_test(test_no_address_is_learned),
		cmocka_unit_test(test_a_device_without_an_address),
		cmocka_unit_test(test_two_addresses_become_one_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
