/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/traffic.h"

static const struct hash_key key = {1, 2};

static struct mac mac_of(const char *text)
{
	struct mac mac;

	assert_true(mac_parse(text, &mac));
	return mac;
}

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static void assert_bytes(const struct traffic *traffic, const struct mac *mac, uint64_t up,
			 uint64_t down)
{
	uint64_t its_up = 0, its_down = 0;

	assert_true(traffic_find(traffic, mac, &its_up, &its_down));
	assert_int_equal(its_up, up);
	assert_int_equal(its_down, down);
}

static void test_sums(void **state)
{
	struct traffic *traffic = traffic_new(&key);
	struct mac mac = mac_of("a4:cf:12:00:00:01"), other = mac_of("a4:cf:12:00:00:02");
	struct address v4 = address_of("192.0.2.1"), v6 = address_of("2001:db8::1");
	uint64_t up = 5, down = 5;

	(void)state;
	assert_false(traffic_find(traffic, &mac, &up, &down));
	assert_int_equal(up, 5);
	traffic_learn_address(traffic, &v4, &mac);
	traffic_add(traffic, &mac, NULL, 100);
	traffic_add(traffic, NULL, &v4, 1000);
	traffic_add(traffic, &mac, NULL, 150);
	traffic_add(traffic, NULL, &v4, 1500);
	assert_bytes(traffic, &mac, 150, 1500);
	/* Whose address it is comes later than its bytes. */
	traffic_add(traffic, NULL, &v6, 70);
	assert_bytes(traffic, &mac, 150, 1500);
	traffic_learn_address(traffic, &v6, &mac);
	traffic_learn_address(traffic, &v6, &mac);
	assert_bytes(traffic, &mac, 150, 1570);
	assert_false(traffic_find(traffic, &other, &up, &down));
	traffic_free(traffic);
}

static void test_rules_replaced(void **state)
{
	struct traffic *traffic = traffic_new(&key);
	struct mac mac = mac_of("a4:cf:12:00:00:01");
	struct address v4 = address_of("192.0.2.1");

	(void)state;
	traffic_learn_address(traffic, &v4, &mac);
	traffic_add(traffic, &mac, NULL, 100);
	traffic_add(traffic, NULL, &v4, 100);
	traffic_restart(traffic);
	traffic_add(traffic, &mac, NULL, 120); /* all of it new */
	traffic_add(traffic, NULL, &v4, 50);
	assert_bytes(traffic, &mac, 220, 150);
	/* Somebody else deleted the table, and nobody told us. */
	traffic_add(traffic, &mac, NULL, 10);
	assert_bytes(traffic, &mac, 230, 150);
	traffic_free(traffic);
	traffic_free(NULL);
}

/* An address that goes to another device takes along only what comes then. */
static void test_address_moves(void **state)
{
	struct traffic *traffic = traffic_new(&key);
	struct mac first = mac_of("a4:cf:12:00:00:01"), second = mac_of("a4:cf:12:00:00:02");
	struct address v4 = address_of("192.0.2.1");

	(void)state;
	traffic_learn_address(traffic, &v4, &first);
	traffic_add(traffic, NULL, &v4, 100);
	traffic_learn_address(traffic, &v4, &second);
	traffic_add(traffic, NULL, &v4, 130);
	assert_bytes(traffic, &first, 0, 100);
	assert_bytes(traffic, &second, 0, 30);
	traffic_free(traffic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_rules_replaced),
		cmocka_unit_test(test_address_moves),
	};

	return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
