/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include <stdio.h>

#include "redact/keys.h"

static struct bytes of(const char *text)
{
	return bytes_of(text, strlen(text));
}

static uint32_t look_up(const struct redact_keys *keys, const char *key)
{
	return keys_lookup(keys, of(key));
}

static void test_case_and_marks_do_not_count(void **state)
{
	struct redact_keys *keys = keys_new(NULL);

	(void)state;
	assert_int_equal(keys_add(keys, of("Device_Id"), 4), KEYS_OK);
	assert_int_equal(look_up(keys, "deviceid"), 1 << 4);
	assert_int_equal(look_up(keys, "$DEVICE-ID."), 1 << 4);
	assert_int_equal(look_up(keys, "d.e.v.i.c.e.i.d"), 1 << 4);
	assert_int_equal(look_up(keys, "device id"), 0);
	assert_int_equal(look_up(keys, "deviceids"), 0);
	assert_int_equal(look_up(keys, "devicei"), 0);
	assert_int_equal(look_up(keys, ""), 0);
	keys_free(keys);
}

static void test_star_is_any_run(void **state)
{
	struct redact_keys *keys = keys_new(NULL);

	(void)state;
	assert_int_equal(keys_add(keys, of("coord*"), 0), KEYS_OK);
	assert_int_equal(keys_add(keys, of("*_token"), 1), KEYS_OK);
	assert_int_equal(keys_add(keys, of("a*b*c"), 2), KEYS_OK);
	assert_int_equal(look_up(keys, "coord"), 1 << 0);
	assert_int_equal(look_up(keys, "Coordinates"), 1 << 0);
	assert_int_equal(look_up(keys, "mycoord"), 0);
	assert_int_equal(look_up(keys, "token"), 1 << 1);
	assert_int_equal(look_up(keys, "push_to_token"), 1 << 1);
	assert_int_equal(look_up(keys, "tokens"), 0);
	assert_int_equal(look_up(keys, "coord_token"), 1 << 0 | 1 << 1);
	assert_int_equal(look_up(keys, "abc"), 1 << 2);
	assert_int_equal(look_up(keys, "axxbxxbxxcxc"), 1 << 2);
	assert_int_equal(look_up(keys, "acb"), 0);
	keys_free(keys);
}

/* The obvious matcher, for random keys with stars. */
static bool glob(const char *pattern, const char *text)
{
	if (!*pattern)
		return !*text;
	if (*pattern == '*')
		return glob(pattern + 1, text) || (*text && glob(pattern, text + 1));
	return *pattern == *text && glob(pattern + 1, text + 1);
}

static void test_random_stars(void **state)
{
	uint64_t random = 88172645463325252u;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		struct redact_keys *keys = keys_new(NULL);
		char patterns[8][12];
		uint32_t expected;
		char key[16];

		for (unsigned i = 0; i < 8; i++) {
			size_t len = 1 + random_next(&random) % 10;

			for (size_t k = 0; k < len; k++)
				patterns[i][k] = "ab*"[random_next(&random) % 3];
			patterns[i][len] = 0;
			if (keys_add(keys, of(patterns[i]), i) == KEYS_EMPTY)
				strcpy(patterns[i], "never");
		}
		for (unsigned tries = 0; tries < 20; tries++) {
			size_t len = random_next(&random) % 12;

			for (size_t k = 0; k < len; k++)
				key[k] = "ab"[random_next(&random) % 2];
			key[len] = 0;
			expected = 0;
			for (unsigned i = 0; i < 8; i++)
				expected |= (uint32_t)glob(patterns[i], key) << i;
			assert_int_equal(look_up(keys, key), expected);
		}
		keys_free(keys);
	}
}

static void test_dots_are_paths(void **state)
{
	struct redact_keys *keys = keys_new(NULL);
	struct key_match outer, inner;

	(void)state;
	assert_int_equal(keys_add(keys, of("wifi.name"), 5), KEYS_OK);
	assert_int_equal(keys_add(keys, of("user_id"), 1), KEYS_OK);
	keys_begin(keys, keys_no_parent, &outer);
	keys_feed(keys, &outer, (const uint8_t *)"Wi-Fi", 5);
	keys_begin(keys, outer.hash, &inner);
	keys_feed(keys, &inner, (const uint8_t *)"name", 4);
	assert_int_equal(keys_end(keys, &inner), 1 << 5);
	assert_int_equal(look_up(keys, "name"), 0);
	assert_int_equal(look_up(keys, "wifi_name"), 1 << 5);
	/* A key without a dot is no path. */
	keys_begin(keys, keys_no_parent, &outer);
	keys_feed(keys, &outer, (const uint8_t *)"user", 4);
	keys_begin(keys, outer.hash, &inner);
	keys_feed(keys, &inner, (const uint8_t *)"id", 2);
	assert_int_equal(keys_end(keys, &inner), 0);
	keys_free(keys);
}

static void test_base_is_shared(void **state)
{
	struct redact_keys *base = keys_new(NULL);
	struct redact_keys *keys;

	(void)state;
	assert_int_equal(keys_add(base, of("lat"), 0), KEYS_OK);
	assert_int_equal(keys_add(base, of("geo*"), 0), KEYS_OK);
	keys = keys_new(base);
	assert_int_equal(keys_add(keys, of("bean*"), 15), KEYS_OK);
	assert_int_equal(keys_add(keys, of("lat"), 15), KEYS_OK);
	assert_int_equal(look_up(keys, "lat"), 1 << 0 | 1 << 15);
	assert_int_equal(look_up(keys, "geometry"), 1 << 0);
	assert_int_equal(look_up(keys, "beans"), 1 << 15);
	assert_int_equal(look_up(base, "beans"), 0);
	assert_int_equal(look_up(base, "lat"), 1 << 0);
	assert_int_equal(keys_count(keys), 2);
	keys_free(keys);
	keys_free(base);
}

static void test_characters_are_utf8(void **state)
{
	struct redact_keys *keys = keys_new(NULL);
	struct key_match match;

	(void)state;
	/* U+00E9, U+20AC, U+1F600. */
	assert_int_equal(keys_add(keys, of("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 3), KEYS_OK);
	keys_begin(keys, keys_no_parent, &match);
	keys_feed_character(keys, &match, 0xe9);
	keys_feed_character(keys, &match, 0x20ac);
	keys_feed_character(keys, &match, 0x1f600);
	assert_int_equal(keys_end(keys, &match), 1 << 3);
	keys_free(keys);
}

static void test_refused(void **state)
{
	struct redact_keys *keys = keys_new(NULL);
	char longest[KEYS_WILD_WORDS * 64 + 2];

	(void)state;
	assert_int_equal(keys_add(keys, of(""), 0), KEYS_EMPTY);
	assert_int_equal(keys_add(keys, of("_.-$"), 0), KEYS_EMPTY);
	assert_int_equal(keys_add(keys, of("*"), 0), KEYS_EMPTY);
	assert_int_equal(keys_add(keys, of("a"), REDACT_CATEGORIES), KEYS_BAD_CATEGORY);
	memset(longest, 'a', sizeof(longest));
	longest[0] = '*';
	longest[sizeof(longest) - 1] = 0;
	assert_int_equal(keys_add(keys, of(longest), 0), KEYS_WILD_FULL);
	longest[sizeof(longest) - 2] = 0;
	assert_int_equal(keys_add(keys, of(longest), 0), KEYS_OK);
	assert_int_equal(keys_add(keys, of("a*"), 0), KEYS_WILD_FULL);
	keys_free(keys);
}

static void test_table(void **state)
{
	static const char *const names[] = {"location", "identity"};
	struct redact_keys *keys = keys_new(NULL);
	unsigned line = 0;

	(void)state;
	assert_int_equal(
		keys_add_table(keys,
			       of("# a comment\nkey\tcategory\tsource\nlat\tlocation\tx\r\n"
				  "\nkey\tidentity\n"),
			       names, 2, &line),
		KEYS_OK);
	assert_int_equal(look_up(keys, "lat"), 1);
	assert_int_equal(look_up(keys, "key"), 2);
	assert_int_equal(keys_add_table(keys, of("lat\tlocation\nlon\n"), names, 2, &line),
			 KEYS_BAD_LINE);
	assert_int_equal(line, 2);
	assert_int_equal(keys_add_table(keys, of("lat\tplace\n"), names, 2, &line),
			 KEYS_BAD_CATEGORY);
	assert_int_equal(line, 1);
	keys_free(keys);
}

/* The table that ships: what it must know, and what it must leave alone. */
static void test_shipped_table(void **state)
{
	static const char *const names[] = {"location",  "identity",   "contact", "payment",
					    "device-id", "network-id", "usage",   "sensor",
					    "calendar",  "media"};
	static const char *const alone[] = {"id",        "name",          "time",
					    "timestamp", "status",        "state",
					    "token",     "model",         "version",
					    "speed",     "mode",          "drink",
					    "machine",   "type",          "no",
					    "value",     "host",          "url",
					    "method",    "params",        "result",
					    "cmd",       "msgid",         "topic",
					    "code",      "Authorization", "Content-Length"};
	static char text[1 << 18];
	FILE *file = fopen("policy/catalogue/payload_keys.tsv", "r");
	struct redact_keys *keys;
	unsigned line = 0;
	size_t len;

	(void)state;
	if (!file)
		skip();
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	keys = keys_new(NULL);
	assert_int_equal(keys_add_table(keys, bytes_of(text, len), names, 10, &line), KEYS_OK);
	assert_int_equal(look_up(keys, "lat"), 1 << 0);
	assert_int_equal(look_up(keys, "Latitude"), 1 << 0);
	assert_int_equal(look_up(keys, "owner"), 1 << 1);
	assert_int_equal(look_up(keys, "payment"), 1 << 3);
	assert_int_equal(look_up(keys, "paymentInfo"), 1 << 3);
	assert_int_equal(look_up(keys, "deviceId"), 1 << 4);
	assert_int_equal(look_up(keys, "SSID"), 1 << 5);
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		assert_int_equal(look_up(keys, alone[i]), 0);
	keys_free(keys);
}

/* However many there are, each is found and nothing else. */
static void test_many(void **state)
{
	struct redact_keys *keys = keys_new(NULL);
	char key[32];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "key%u", i);
		assert_int_equal(keys_add(keys, of(key), i % 16), KEYS_OK);
	}
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "k_ey%u", i);
		assert_int_equal(look_up(keys, key), i < 5000 ? 1u << i % 16 : 0);
	}
	keys_free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case_and_marks_do_not_count),
		cmocka_unit_test(test_star_is_any_run),
		cmocka_unit_test(test_random_stars),
		cmocka_unit_test(test_dots_are_paths),
		cmocka_unit_test(test_base_is_shared),
		cmocka_unit_test(test_characters_are_utf8),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_shipped_table),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
