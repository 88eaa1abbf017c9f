/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams: CoAP with JSON and CBOR, syslog, JSON, forms. */
#include "tests/unit/support/keys.h"

#include "redact/cbor.h"
#include "redact/coap.h"
#include "redact/editor.h"

static struct redact_result edit(const char *input, size_t len, const char *output)
{
	struct redact_plan plan = {keys, NULL, UINT32_MAX};
	struct bytes block = block_copy(input, len);
	struct redact_result result;

	editor_datagram(&plan, (uint8_t *)(uintptr_t)block.data, len, &result);
	assert_bytes(block, output, len);
	block_free(block);
	return result;
}

static void check(const char *input, size_t len, const char *output, size_t output_len)
{
	struct redact_result result;

	assert_int_equal(len, output_len);
	result = edit(input, len, output);
	assert_false(result.opaque);
	assert_true(result.stripped[0] || result.stripped[1] || memcmp(input, output, len) == 0);
}

#define CHECK(input, output) check(input, sizeof(input) - 1, output, sizeof(output) - 1)
#define OPAQUE(input) assert_true(edit(input, sizeof(input) - 1, input).opaque)

static void test_text(void **state)
{
	(void)state;
	CHECK("{\"lat\":48.1}", "{\"lat\":0   }");
	CHECK("lat=48.1&a=b&owner=A", "lat=00x0&a=b&owner=x");
	CHECK("<34>1 2024-05-01T10:00:00Z host app 1 - [x@1 owner=\"A. S\" lat=\"1\"] drink=1",
	      "<34>1 2024-05-01T10:00:00Z host app 1 - [x@1 owner=\"xxxx\" lat=\"0\"] drink=1");
	CHECK("<a lat=\"5\"><owner>x</owner></a>", "<a lat=\" \"><owner> </owner></a>");
	CHECK("plain words", "plain words");
	OPAQUE("\x21\x31\x00\x20\xff\xff");
	OPAQUE("\x01\x02");
}

/* Confirmable POST, message 0x1234, token "t". */
#define POST "\x41\x02\x12\x34t"

static void test_coap(void **state)
{
	(void)state;
	/* Uri-Path "a", Content-Format 50, JSON. */
	CHECK(POST "\xb1"
		   "a\x11\x32\xff{\"lat\":5}",
	      POST "\xb1"
		   "a\x11\x32\xff{\"lat\":0}");
	/* Uri-Query. */
	CHECK(POST "\xd6\x02lat=48\x07owner=A", POST "\xd6\x02lat=00\x07owner=x");
	/* A response with CBOR: {"lat": 48.5, "a": 1}. */
	CHECK("\x60\x45\x00\x01\xc1\x3c\xff\xa2"
	      "clat\xf9\x52\x10"
	      "aa\x01",
	      "\x60\x45\x00\x01\xc1\x3c\xff\xa2"
	      "clat\xf9\x00\x00"
	      "aa\x01");
	/* No format: by its first byte. */
	CHECK(POST "\xff\xa1"
		   "clat\x05",
	      POST "\xff\xa1"
		   "clat\x00");
	/* The second block alone. */
	OPAQUE(POST "\xc1\x32\xd1\x02\x1a\xff\"lat\":5}");
	/* OSCORE. */
	OPAQUE(POST "\x91\x09\xff\x01\x02\x03");
	/* An option that leaves the message. */
	OPAQUE(POST "\xbc"
		    "a\xff");
}

/* Known secrets: only where there is text, so that the message stays sound. */
static void test_secrets_in_coap(void **state)
{
#define CASE(input, output, opaque)                      \
	{                                                \
		input, output, sizeof(input) - 1, opaque \
	}
	static const struct {
		const char *input, *output;
		size_t len;
		bool opaque;
	} cases[] = {
		/* {"lat": 0} spells it together with the head of its key, and keeps it. */
		CASE(POST "\xc1\x3c\xff\xa1"
			  "cnet\x00",
		     POST "\xc1\x3c\xff\xa1"
			  "cnet\x00",
		     false),
		/* A text, a text in pieces, and two texts that are not one. */
		CASE(POST "\xc1\x3c\xff\x82"
			  "ecnets\x7f"
			  "ccne"
			  "at\xff",
		     POST "\xc1\x3c\xff\x82"
			  "exxxxs\x7f"
			  "cxxx"
			  "ax\xff",
		     false),
		CASE(POST "\xc1\x3c\xff\x82"
			  "bcn"
			  "bet",
		     POST "\xc1\x3c\xff\x82"
			  "bcn"
			  "bet",
		     false),
		/* The path; not the host, without which nothing arrives. */
		CASE(POST "\x34"
			  "cnet\x84"
			  "cnet",
		     POST "\x34"
			  "cnet\x84"
			  "xxxx",
		     false),
		/* What cannot be read: a block, and broken CBOR. */
		CASE(POST "\xc0\xd1\x02\x1a\xff"
			  "cnet",
		     POST "\xc0\xd1\x02\x1a\xff"
			  "xxxx",
		     true),
		CASE(POST "\xc1\x3c\xff\xa2"
			  "dcnet",
		     POST "\xc1\x3c\xff\xa2"
			  "dxxxx",
		     true),
	};
#undef CASE
	struct redact_secrets *secrets = secrets_new();
	struct redact_plan plan = {keys, secrets, UINT32_MAX};

	(void)state;
	assert_int_equal(secrets_add(secrets, bytes_of("cnet", 4), 1), SECRETS_OK);
	assert_true(secrets_compile(secrets));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes block = block_copy(cases[i].input, cases[i].len);
		struct redact_result result;

		editor_datagram(&plan, (uint8_t *)(uintptr_t)block.data, block.len, &result);
		assert_bytes(block, cases[i].output, cases[i].len);
		assert_int_equal(result.opaque, cases[i].opaque);
		block_free(block);
	}
	secrets_free(secrets);
}

static bool cbor(const char *input, size_t len, const char *output)
{
	struct redact_plan plan = {keys, NULL, UINT32_MAX};
	struct redact_result result;
	struct bytes block = block_copy(input, len);
	uint8_t *data = (uint8_t *)(uintptr_t)block.data;
	struct redact_feed feed = {&plan, &result, NULL, data, len, 0, false};
	bool fine;

	memset(&result, 0, sizeof(result));
	fine = cbor_edit(&feed, data, len);
	assert_bytes(block, output, len);
	assert_int_equal(result.opaque, !fine);
	block_free(block);
	return fine;
}

#define CBOR(input, output)                                          \
	do {                                                         \
		assert_int_equal(sizeof(input), sizeof(output));     \
		assert_true(cbor(input, sizeof(input) - 1, output)); \
	} while (0)
#define NO_CBOR(input) assert_false(cbor(input, sizeof(input) - 1, input))

static void test_cbor_values(void **state)
{
	(void)state;
	CBOR("\xa1"
	     "clat\x17",
	     "\xa1"
	     "clat\x00");
	CBOR("\xa1"
	     "clat\x19\x12\x34",
	     "\xa1"
	     "clat\x19\x00\x00");
	CBOR("\xa1"
	     "clat\x3a\x00\x01\x02\x03",
	     "\xa1"
	     "clat\x1a\x00\x00\x00\x00");
	CBOR("\xa1"
	     "clat\xfb\x40\x48\x11\x89\x37\x4b\xc6\xa8",
	     "\xa1"
	     "clat\xfb\x00\x00\x00\x00\x00\x00\x00\x00");
	CBOR("\xa1"
	     "clat\xf5",
	     "\xa1"
	     "clat\xf6");
	CBOR("\xa1"
	     "clat\xf6",
	     "\xa1"
	     "clat\xf6");
	CBOR("\xa1"
	     "clat"
	     "eA. Sm",
	     "\xa1"
	     "clat"
	     "e     ");
	CBOR("\xa1"
	     "clat\x43"
	     "abc",
	     "\xa1"
	     "clat\x43\x00\x00\x00");
	/* All of what is inside; keys stay different. */
	CBOR("\xa1"
	     "clat\x82\x01\xa2"
	     "aa\x02"
	     "bbc"
	     "cxyz",
	     "\xa1"
	     "clat\x82\x00\xa2"
	     "a0\x00"
	     "b01"
	     "c   ");
	/* A tagged value, indefinite lengths, strings in pieces. */
	CBOR("\xa1"
	     "clat\xc1\x1a\x01\x02\x03\x04",
	     "\xa1"
	     "clat\xc1\x1a\x00\x00\x00\x00");
	CBOR("\xbf"
	     "clat\x7f"
	     "aa"
	     "ab\xff"
	     "aa\x05\xff",
	     "\xbf"
	     "clat\x7f"
	     "a "
	     "a \xff"
	     "aa\x05\xff");
	CBOR("\xa1"
	     "aa\xa1"
	     "clat\x9f\x01\x02\xff",
	     "\xa1"
	     "aa\xa1"
	     "clat\x9f\x00\x00\xff");
	/* What follows a covered value is not covered. */
	CBOR("\xa2"
	     "clat\x80"
	     "aa\x05",
	     "\xa2"
	     "clat\x80"
	     "aa\x05");
	CBOR("\xa2"
	     "clat\xa0"
	     "aa\x05",
	     "\xa2"
	     "clat\xa0"
	     "aa\x05");
	CBOR("\xa2\x01\x05"
	     "clat\x05",
	     "\xa2\x01\x05"
	     "clat\x00");
}

static void test_cbor_that_is_none(void **state)
{
	char deep[64];

	(void)state;
	NO_CBOR("\xa1"
		"clat");
	NO_CBOR("\xa1"
		"clat\x19\x12");
	NO_CBOR("\xa1"
		"dlat");
	NO_CBOR("\xa1"
		"clat\x1c");
	NO_CBOR("\xbf"
		"clat\xff");
	NO_CBOR("\xff");
	NO_CBOR("\x7f\x01\xff");
	NO_CBOR("\xa1\x7f"
		"alabat\xff\x05");
	NO_CBOR("\xa1\x81"
		"clat\x05");
	NO_CBOR("\xbb\xff\xff\xff\xff\xff\xff\xff\xff");
	NO_CBOR("\x5b\xff\xff\xff\xff\xff\xff\xff\xff");
	memset(deep, 0x81, sizeof(deep));
	assert_false(cbor(deep, sizeof(deep), deep));
}

/* Cut short anywhere: never read as whole, never changed in part. */
static void test_cbor_prefixes(void **state)
{
	static const char message[] = "\xa2"
				      "clat\x82\x01\x02"
				      "eowner\xa1"
				      "aa"
				      "cxyz";

	(void)state;
	for (size_t len = 1; len < sizeof(message) - 1; len++)
		assert_false(cbor(message, len, message));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_coap),
		cmocka_unit_test(test_secrets_in_coap),
		cmocka_unit_test(test_cbor_values),
		cmocka_unit_test(test_cbor_that_is_none),
		cmocka_unit_test(test_cbor_prefixes),
	};

	return cmocka_run_group_tests(tests, make_two_keys, free_keys);
}
