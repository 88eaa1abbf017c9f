/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "base/addr.h"

static struct address address(const char *text)
{
	struct address parsed;

	assert_true(address_parse(text, &parsed));
	return parsed;
}

static void parses_macs(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"a4",
		"a4:cf:12:00:00",
		"a4:cf:12:00:00:0",
		"a4:cf:12:00:00:01:",
		"a4:cf:12:00:00:01 ",
		"a4cf12000001",
		"g4:cf:12:00:00:01",
		"a4:cf:12:00:00:1g",
		"a4.cf.12.00.00.01",
		":::::",
	};
	static const uint8_t expected[6] = {0xa4, 0xcf, 0x12, 0x00, 0x00, 0x0f};
	struct mac mac = {{9, 9, 9, 9, 9, 9}};
	char text[MAC_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bytes block = block_copy(bad[i], strlen(bad[i]) + 1);

		assert_false(mac_parse((const char *)block.data, &mac));
		assert_int_equal(mac.bytes[0], 9);
		block_free(block);
	}
	assert_true(mac_parse("A4-cf-12-00-00-0F", &mac));
	assert_memory_equal(mac.bytes, expected, 6);
	mac_print(&mac, text);
	assert_string_equal(text, "a4:cf:12:00:00:0f");
}

static void knows_kinds_of_macs(void **state)
{
	(void)state;
	struct mac zero = {{0}}, local = {{0x02}}, global = {{0xa4}};

	assert_true(mac_is_zero(&zero));
	assert_false(mac_is_zero(&local));
	assert_true(mac_is_local(&local));
	assert_false(mac_is_local(&global));
	assert_true(mac_equal(&local, &local));
	assert_false(mac_equal(&local, &global));
}

static void parses_and_prints_addresses(void **state)
{
	(void)state;
	static const char *const same[] = {"192.0.2.1",   "255.255.255.255",        "0.0.0.0",
					   "2001:db8::1", "fe80::1:2:3:4",          "::",
					   "::1",         "2001:db8:1:2:3:4:5:6666"};
	static const char *const bad[] = {"",     "192.0.2",     "192.0.2.256", "192.0.2.1 ",
					  ":::1", "2001:db8::g", "example.com", "1.2.3.4/32"};
	char text[ADDRESS_TEXT_SIZE];
	struct address parsed;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		parsed = address(same[i]);
		address_print(&parsed, text);
		assert_string_equal(text, same[i]);
		assert_int_equal(address_len(&parsed), strchr(same[i], ':') ? 16 : 4);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(address_parse(bad[i], &parsed));
	memset(&parsed, 0, sizeof(parsed));
	address_print(&parsed, text);
	assert_string_equal(text, "-");
	assert_int_equal(address_len(&parsed), 0);
}

/* An IPv4 address must be the same bytes however it came about. */
static void unused_bytes_are_zero(void **state)
{
	(void)state;
	static const uint8_t bytes[4] = {192, 0, 2, 1};
	struct address a = address("192.0.2.1"), b = address_ipv4(bytes);
	struct address mapped = address("::ffff:192.0.2.1");
	struct address c = address_unmapped(&mapped);

	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_equal(&a, &c, sizeof(a));
	assert_true(address_equal(&a, &c));
	assert_false(address_equal(&a, &mapped));
	a = address("2001:db8::1");
	b = address_unmapped(&a);
	assert_true(address_equal(&a, &b));
}

static void knows_scopes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum address_scope scope;
	} cases[] = {
		{"8.8.8.8", SCOPE_GLOBAL},
		{"9.255.255.255", SCOPE_GLOBAL},
		{"10.0.0.0", SCOPE_PRIVATE},
		{"10.255.255.255", SCOPE_PRIVATE},
		{"11.0.0.0", SCOPE_GLOBAL},
		{"172.15.255.255", SCOPE_GLOBAL},
		{"172.16.0.0", SCOPE_PRIVATE},
		{"172.31.255.255", SCOPE_PRIVATE},
		{"172.32.0.0", SCOPE_GLOBAL},
		{"192.167.255.255", SCOPE_GLOBAL},
		{"192.168.0.0", SCOPE_PRIVATE},
		{"192.169.0.0", SCOPE_GLOBAL},
		{"100.63.255.255", SCOPE_GLOBAL},
		{"100.64.0.0", SCOPE_PRIVATE},
		{"100.127.255.255", SCOPE_PRIVATE},
		{"100.128.0.0", SCOPE_GLOBAL},
		{"127.0.0.1", SCOPE_LOOPBACK},
		{"127.255.255.255", SCOPE_LOOPBACK},
		{"169.254.1.1", SCOPE_LINK_LOCAL},
		{"169.255.0.0", SCOPE_GLOBAL},
		{"223.255.255.255", SCOPE_GLOBAL},
		{"224.0.0.1", SCOPE_MULTICAST},
		{"239.255.255.250", SCOPE_MULTICAST},
		{"255.255.255.255", SCOPE_MULTICAST},
		{"0.0.0.0", SCOPE_UNSPECIFIED},
		{"192.0.2.1", SCOPE_GLOBAL},
		{"198.51.100.1", SCOPE_GLOBAL},
		{"203.0.113.1", SCOPE_GLOBAL},
		{"2001:db8::1", SCOPE_GLOBAL},
		{"::", SCOPE_UNSPECIFIED},
		{"::1", SCOPE_LOOPBACK},
		{"::2", SCOPE_GLOBAL},
		{"fe80::1", SCOPE_LINK_LOCAL},
		{"febf::1", SCOPE_LINK_LOCAL},
		{"fec0::1", SCOPE_GLOBAL},
		{"fc00::1", SCOPE_PRIVATE},
		{"fdff::1", SCOPE_PRIVATE},
		{"fe00::1", SCOPE_GLOBAL},
		{"ff02::fb", SCOPE_MULTICAST},
		{"::ffff:192.168.1.1", SCOPE_PRIVATE},
		{"::ffff:8.8.8.8", SCOPE_GLOBAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address a = address(cases[i].text);

		if (address_scope(&a) != cases[i].scope)
			fail_msg("%s: scope %d", cases[i].text, (int)address_scope(&a));
	}
}

static void parses_prefixes(void **state)
{
	(void)state;
	static const struct {
		const char *text, *printed;
	} good[] = {
		{"192.0.2.77/24", "192.0.2.0/24"},    {"192.0.2.1", "192.0.2.1/32"},
		{"255.255.255.255/0", "0.0.0.0/0"},   {"10.255.0.0/9", "10.128.0.0/9"},
		{"2001:db8::1/64", "2001:db8::/64"},  {"2001:db8::1", "2001:db8::1/128"},
		{"fe80::ffff/127", "fe80::fffe/127"}, {"192.0.2.1/032", "192.0.2.1/32"},
	};
	static const char *const bad[] = {"192.0.2.0/33",
					  "192.0.2.0/",
					  "192.0.2.0/-1",
					  "192.0.2.0/2 4",
					  "192.0.2.0/99999999999999999999",
					  "2001:db8::/129",
					  "/24",
					  "",
					  "192.0.2/24",
					  "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111/64"};
	char text[PREFIX_TEXT_SIZE];
	struct prefix prefix;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(prefix_parse(good[i].text, &prefix));
		prefix_print(&prefix, text);
		assert_string_equal(text, good[i].printed);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (prefix_parse(bad[i], &prefix))
			fail_msg("accepted: %s", bad[i]);
	}
}

/* Against a comparison bit by bit, for every length. */
static void a_prefix_contains_what_its_bits_say(void **state)
{
	(void)state;
	uint64_t seed = 88172645463325252;

	for (unsigned round = 0; round < 20000; round++) {
		struct prefix prefix = {.length = (uint8_t)(random_next(&seed) % 129)};
		uint8_t bytes[16];
		struct address a;
		char text[PREFIX_TEXT_SIZE];
		bool same = true;

		for (unsigned i = 0; i < 16; i++)
			bytes[i] = (uint8_t)random_next(&seed);
		prefix.address = address_ipv6(bytes);
		prefix_print(&prefix, text);
		assert_true(prefix_parse(text, &prefix));
		bytes[random_next(&seed) % 16] ^= (uint8_t)(1 << random_next(&seed) % 8);
		a = address_ipv6(bytes);
		for (unsigned bit = 0; bit < prefix.length; bit++) {
			unsigned mask = 0x80u >> bit % 8;

			same &= (a.bytes[bit / 8] & mask) == (prefix.address.bytes[bit / 8] & mask);
		}
		assert_int_equal(prefix_contains(&prefix, &a), same);
	}
}

static void families_do_not_mix(void **state)
{
	(void)state;
	struct prefix all4, all6;
	struct address four = address("192.0.2.1"), six = address("2001:db8::1");

	assert_true(prefix_parse("0.0.0.0/0", &all4));
	assert_true(prefix_parse("::/0", &all6));
	assert_true(prefix_contains(&all4, &four) && prefix_contains(&all6, &six));
	assert_false(prefix_contains(&all4, &six) || prefix_contains(&all6, &four));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_macs),
		cmocka_unit_test(knows_kinds_of_macs),
		cmocka_unit_test(parses_and_prints_addresses),
		cmocka_unit_test(unused_bytes_are_zero),
		cmocka_unit_test(knows_scopes),
		cmocka_unit_test(parses_prefixes),
		cmocka_unit_test(a_prefix_contains_what_its_bits_say),
		cmocka_unit_test(families_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
