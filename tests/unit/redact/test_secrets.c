/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known secrets in all their spellings, in the middle of segments and cut at
 * every place: none may leave in whole or in part.
 */
#include "tests/unit/support/stream.h"

#include <stdio.h>

#define NETWORK 5

static const uint8_t mac[6] = {0xa4, 0xcf, 0x12, 0x00, 0x00, 0x01};
static struct redact_keys *keys;
static struct redact_secrets *secrets;

static int set_up(void **state)
{
	(void)state;
	keys = keys_new(NULL);
	secrets = secrets_new();
	assert_int_equal(secrets_add(secrets, bytes_of("My Home/WiFi", 12), NETWORK), SECRETS_OK);
	assert_int_equal(secrets_add(secrets, bytes_of("Zo\xc3\xab net", 8), NETWORK), SECRETS_OK);
	assert_int_equal(secrets_add(secrets, bytes_of("4915112345", 10), 1), SECRETS_OK);
	assert_int_equal(secrets_add(secrets, bytes_of("nabcd", 5), 1), SECRETS_OK);
	assert_int_equal(secrets_add_mac(secrets, mac, NETWORK), SECRETS_OK);
	assert_true(secrets_compile(secrets));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	secrets_free(secrets);
	keys_free(keys);
	return 0;
}

/* Whole, at every cut, and byte by byte; expected NULL: only that all are the same. */
static void check(const char *input, size_t len, const char *expected, unsigned category,
		  unsigned count)
{
	struct redact_plan plan = {keys, secrets, UINT32_MAX};
	uint8_t *whole = malloc(len), *cut = malloc(len);
	struct streamed streamed;

	memcpy(whole, input, len);
	streamed = stream_edit(&plan, whole, len, len, len);
	if (streamed.stripped[category] != count || streamed.partial)
		print_message("%u times in %s -> %.*s\n", streamed.stripped[category], input,
			      (int)len, (char *)whole);
	assert_int_equal(streamed.stripped[category], count);
	assert_int_equal(streamed.partial, 0);
	if (expected)
		assert_memory_equal(whole, expected, len);
	for (size_t first = 1; first <= len; first++) {
		memcpy(cut, input, len);
		streamed = stream_edit(&plan, cut, len, first, first % 2 ? 1 : len);
		assert_memory_equal(cut, whole, len);
		assert_int_equal(streamed.stripped[category], count);
		assert_int_equal(streamed.partial, 0);
		assert_in_range(streamed.held_most, 0, REDACT_HELD_MOST);
	}
	free(whole);
	free(cut);
}

static void check_json(const char *value)
{
	char text[512];
	int len = snprintf(text, sizeof(text), "{\"k\":\"<%s>\"}\n", value);

	check(text, (size_t)len, NULL, NETWORK, 1);
}

static void test_spellings(void **state)
{
	static const char *const spellings[] = {
		"My Home/WiFi",
		"My Home\\/WiFi",
		"My%20Home%2FWiFi",
		"My%20Home%2fWiFi",
		"My+Home%2FWiFi",
		"%4D%79%20%48%6F%6D%65%2F%57%69%46%69",
		"4d7920486f6d652f57694669",
		"4D7920486F6D652F57694669",
		"TXkgSG9tZS9XaUZp",     /* nothing before it */
		"eE15IEhvbWUvV2lGaQ==", /* one byte before it */
		"eHhNeSBIb21lL1dpRmk=", /* two */
		"Zo\xc3\xab net",
		"Zo\\u00eb net",
		"Zo\\u00EB net",
		"Zo%C3%AB%20net",
		"a4:cf:12:00:00:01",
		"A4:CF:12:00:00:01",
		"A4-CF-12-00-00-01",
		"a4cf12000001",
		"a4cf.1200.0001",
		"a4_cf_12_00_00_01",
		"a4%3Acf%3A12%3A00%3A00%3A01",
		"pM8SAAAB",
		"YTQ6Y2Y6MTI6MDA6MDA6MDE=",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		check_json(spellings[i]);
}

#define CHECK(input, output, category, count) \
	check(input, sizeof(input) - 1, output, category, count)

static void test_what_comes_of_them(void **state)
{
	(void)state;
	CHECK("{\"s\":\"My Home/WiFi\",\"m\":\"a4:cf:12:00:00:01\"}",
	      "{\"s\":\"xxxxxxxxxxxx\",\"m\":\"x0xxxx00x00x00x00\"}", NETWORK, 2);
	/* A number stays one. */
	CHECK("{\"tel\":4915112345,\"t\":-4915112345.5}",
	      "{\"tel\":1000000000,\"t\":-1000000000.5}", 1, 2);
	/* Beginnings and ends only. */
	CHECK("{\"s\":\"My Home/WiF\",\"t\":\"y Home/WiFi\"}",
	      "{\"s\":\"My Home/WiF\",\"t\":\"y Home/WiFi\"}", NETWORK, 0);
	/* A beginning that begins again. */
	CHECK("{\"s\":\"My HomMy Home/WiFi\"}", "{\"s\":\"My Homxxxxxxxxxxxx\"}", NETWORK, 1);
	/* An escape sequence is overwritten whole or not at all. */
	CHECK("{\"s\":\"\\nabcd \\\\nabcd\"}", "{\"s\":\"xxxxxx \\\\xxxxx\"}", 1, 2);
	/* Not over the border of two messages. */
	CHECK("POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nMy Home"
	      "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n/WiFi",
	      "POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nMy Home"
	      "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n/WiFi",
	      NETWORK, 0);
}

static void test_everywhere_in_http(void **state)
{
	(void)state;
	CHECK("GET /d/a4cf12000001?m=A4:CF:12:00:00:01 HTTP/1.1\r\nHost: a4cf12000001.example\r\n"
	      "X-Id: a4cf12000001\r\nCookie: q=a4cf12000001\r\n\r\n",
	      NULL, NETWORK, 4);
	/* Over any number of chunks. */
	CHECK("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	      "3\r\n{\"a\r\n4\r\n\":\"M\r\n1\r\ny\r\n7\r\n Home/W\r\n5\r\niFi\"}\r\n0\r\n\r\n",
	      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	      "3\r\n{\"a\r\n4\r\n\":\"x\r\n1\r\nx\r\n7\r\nxxxxxxx\r\n5\r\nxxx\"}\r\n0\r\n\r\n",
	      NETWORK, 1);
}

static void test_in_mqtt_and_websocket(void **state)
{
	char frames[256] = "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
	size_t len = strlen(frames);
	const char *parts[] = {"{\"a\":\"My H", "ome/WiFi\"}"};

	(void)state;
	CHECK("\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04"
	      "abcd\x30\x0f\x00\x01tMy Home/WiFi",
	      "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04"
	      "abcd\x30\x0f\x00\x01txxxxxxxxxxxx",
	      NETWORK, 1);
	for (unsigned i = 0; i < 2; i++) {
		size_t size = strlen(parts[i]);

		frames[len++] = i ? (char)0x80 : 1;
		frames[len++] = (char)(0x80 | size);
		memcpy(frames + len, "abcd", 4);
		len += 4;
		for (size_t k = 0; k < size; k++)
			frames[len++] = (char)(parts[i][k] ^ "abcd"[k & 3]);
	}
	check(frames, len, NULL, NETWORK, 1);
}

static void test_seen_but_not_stripped(void **state)
{
	struct redact_plan plan = {keys, secrets, 1 << 0};
	uint8_t data[] = "{\"s\":\"My Home/WiFi\"}";
	struct streamed streamed = stream_edit(&plan, data, sizeof(data) - 1, 1, 3);

	(void)state;
	assert_string_equal((char *)data, "{\"s\":\"My Home/WiFi\"}");
	assert_int_equal(streamed.seen[NETWORK], 1);
	assert_int_equal(streamed.stripped[NETWORK], 0);
}

/* What must stay as it is for the message to arrive: it is told, never changed. */
static void test_seen_where_nothing_changes(void **state)
{
#define CASE(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}
	static const struct {
		const char *text;
		size_t len;
	} cases[] = {
		/* The topic; the client's name; a subscription. */
		CASE("\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04"
		     "abcd\x30\x10\x00\x0cMy Home/WiFi{}"),
		CASE("\x10\x18\x00\x04MQTT\x04\x02\x00\x3c\x00\x0cMy Home/WiFi"),
		CASE("\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04"
		     "abcd\x82\x11\x00\x01\x00\x0cMy Home/WiFi\x00"),
		CASE("GET / HTTP/1.1\r\nHost: a4cf12000001.example\r\n\r\n"),
		CASE("POST / HTTP/1.1\r\nContent-Type: a4cf12000001/x\r\n\r\n"),
	};
#undef CASE
	struct redact_plan plan = {keys, secrets, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t first = 1; first <= cases[i].len; first++) {
			uint8_t data[64];
			struct streamed streamed;

			memcpy(data, cases[i].text, cases[i].len);
			streamed = stream_edit(&plan, data, cases[i].len, first, cases[i].len);
			assert_memory_equal(data, cases[i].text, cases[i].len);
			assert_int_equal(streamed.seen[NETWORK], 1);
			assert_int_equal(streamed.stripped[NETWORK], 0);
			assert_int_equal(streamed.held_most, 0);
			assert_false(streamed.opaque);
		}
	}
}

/* A caller that cannot hold any longer: the rest goes, and it is said. */
static void test_flushed_in_the_middle(void **state)
{
	struct redact_plan plan = {keys, secrets, UINT32_MAX};
	uint8_t first[] = "{\"s\":\"My Ho", second[] = "me/WiFi\"}";
	struct stream_editor editor;
	struct redact_result result;

	(void)state;
	editor_start(&editor);
	editor_feed(&editor, &plan, first, sizeof(first) - 1, &result);
	assert_int_equal(result.held, 5);
	editor_flush(&editor, &plan, &result);
	assert_int_equal(result.settled_len, 5);
	assert_memory_equal(result.settled, "My Ho", 5);
	editor_feed(&editor, &plan, second, sizeof(second) - 1, &result);
	assert_int_equal(result.partial, 1);
	assert_int_equal(result.held, 0);
	assert_string_equal((char *)second, "xxxxxxx\"}");
}

static void test_refused(void **state)
{
	struct redact_secrets *other = secrets_new();
	char longest[SECRETS_VALUE_MOST + 1];

	(void)state;
	memset(longest, 'q', sizeof(longest));
	assert_int_equal(secrets_add(other, bytes_of("abc", 3), 1), SECRETS_TOO_SHORT);
	assert_int_equal(secrets_add(other, bytes_of(longest, sizeof(longest)), 1),
			 SECRETS_TOO_LONG);
	assert_int_equal(secrets_add(other, bytes_of(longest, sizeof(longest) - 1), 1), SECRETS_OK);
	assert_true(secrets_compile(other));
	assert_int_equal(secrets_find(other, bytes_of(longest, sizeof(longest))), 1 << 1);
	assert_int_equal(secrets_find(other, bytes_of(longest, sizeof(longest) - 2)), 0);
	secrets_free(other);
}

/* The automaton finds what searching for each spelling finds. */
static void test_random_texts(void **state)
{
	uint64_t random = 0x2545f4914f6cdd1d;
	static const char *const words[] = {"abab", "babb", "bbbba", "abbabba"};

	(void)state;
	struct redact_secrets *other = secrets_new();

	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(secrets_add(other, bytes_of(words[i], strlen(words[i])), i),
				 SECRETS_OK);
	assert_true(secrets_compile(other));
	for (unsigned round = 0; round < 100000; round++) {
		char text[25];
		uint32_t expected = 0;

		for (unsigned i = 0; i < 24; i++)
			text[i] = "ab"[random_next(&random) % 2];
		text[24] = 0;
		for (unsigned i = 0; i < 4; i++)
			expected |= strstr(text, words[i]) ? 1u << i : 0;
		assert_int_equal(secrets_find(other, bytes_of(text, 24)), expected);
	}
	secrets_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_what_comes_of_them),
		cmocka_unit_test(test_everywhere_in_http),
		cmocka_unit_test(test_in_mqtt_and_websocket),
		cmocka_unit_test(test_seen_but_not_stripped),
		cmocka_unit_test(test_seen_where_nothing_changes),
		cmocka_unit_test(test_flushed_in_the_middle),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_random_texts),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
