/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ClientHellos: a browser's, cut and changed in every way, and made ones. */
#include "tests/unit/support/check.h"

#include "base/writer.h"
#include "decode/first.h"
#include "decode/tls.h"
#include "tests/unit/decode/samples.h"

static enum decode decode_copy(struct bytes stream, bool last, struct first_facts *ret_facts)
{
	struct bytes copy = block_copy(stream.data, stream.len);
	enum decode answer = decode_first_tcp(copy, last, ret_facts);

	block_free(copy);
	return answer;
}

static void assert_sample(struct bytes stream)
{
	struct first_facts facts;

	assert_int_equal(decode_copy(stream, false, &facts), DECODE_OK);
	assert_int_equal(facts.protocol, PROTOCOL_TLS);
	assert_int_equal(facts.name_count, 1);
	assert_string_equal(facts.names[0].text, SAMPLE_NAME);
	assert_int_equal(facts.source, FIRST_SNI);
	assert_true(facts.ech);
	assert_int_equal(facts.alpn, ALPN_HTTP1 | ALPN_HTTP2);
	assert_false(facts.incomplete || facts.name_odd || facts.upgradable);
}

static void test_sample(void **state)
{
	(void)state;
	assert_sample(bytes_of(sample_hello, sizeof(sample_hello)));
}

/* Every beginning of it waits; with `last` it is TLS, whose name may be missing. */
static void test_every_prefix(void **state)
{
	size_t named_from = 0;

	(void)state;
	for (size_t n = 0; n < sizeof(sample_hello); n++) {
		struct first_facts facts;

		assert_int_equal(decode_copy(bytes_of(sample_hello, n), false, &facts),
				 DECODE_MORE);
		assert_int_equal(decode_copy(bytes_of(sample_hello, n), true, &facts), DECODE_OK);
		assert_int_equal(facts.protocol, n < 3 ? PROTOCOL_UNKNOWN : PROTOCOL_TLS);
		assert_int_equal(facts.incomplete, n >= 3);
		if (facts.name_count && !named_from)
			named_from = n;
		if (named_from)
			assert_string_equal(facts.names[0].text, SAMPLE_NAME);
	}
	assert_true(named_from > 0);
}

/* The handshake in records of the given sizes; 0: the rest. */
static size_t cut_records(uint8_t *stream, size_t size, size_t first, size_t each)
{
	struct writer writer = writer_on(stream, size);
	struct bytes rest = bytes_of(sample_hello + 5, sizeof(sample_hello) - 5);

	for (size_t n = first; rest.len; n = each ? each : rest.len) {
		if (n > rest.len)
			n = rest.len;
		writer_u8(&writer, 22);
		writer_u16(&writer, 0x0301);
		writer_u16(&writer, (uint16_t)n);
		writer_put(&writer, rest.data, n);
		rest = bytes_of(rest.data + n, rest.len - n);
	}
	assert_true(writer_ok(&writer));
	return writer.len;
}

static void test_every_record_cut(void **state)
{
	uint8_t stream[FIRST_STREAM_MOST];
	struct first_facts facts;
	size_t len;

	(void)state;
	for (size_t first = 1; first < sizeof(sample_hello) - 5; first++) {
		len = cut_records(stream, sizeof(stream), first, 0);
		assert_sample(bytes_of(stream, len));
		assert_int_equal(decode_copy(bytes_of(stream, len - 1), false, &facts),
				 DECODE_MORE);
	}
	for (size_t each = 1; each < 64; each++) {
		len = cut_records(stream, sizeof(stream), each, each);
		if (len < sizeof(stream))
			assert_sample(bytes_of(stream, len));
	}
}

/* A byte changed: never a crash, and never another protocol without BAD. */
static void test_every_mutation(void **state)
{
	uint8_t changed[sizeof(sample_hello)];
	unsigned bad = 0, named = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(changed); i++) {
		/* All values where lengths are, some in the middle of key shares. */
		for (unsigned step = i < 300 ? 1 : 37, value = 0; value < 256; value += step) {
			struct first_facts facts = {.protocol = PROTOCOL_COUNT};
			enum decode answer;

			memcpy(changed, sample_hello, sizeof(changed));
			changed[i] = (uint8_t)value;
			answer = decode_first_tcp(bytes_of(changed, sizeof(changed)), true, &facts);
			bad += answer == DECODE_BAD;
			if (answer != DECODE_OK)
				assert_int_equal(facts.protocol, PROTOCOL_COUNT);
			else
				named += facts.name_count == 1;
		}
	}
	assert_true(bad > 1000);
	assert_true(named > 10000);
}

/* ---- made hellos ---- */

struct extension {
	uint16_t type;
	const void *data;
	size_t len;
};

static size_t make_hello(uint8_t *stream, size_t size, const struct extension *extensions,
			 size_t count)
{
	struct writer writer = writer_on(stream, size);
	size_t extensions_len = 0, hello_len;

	for (size_t i = 0; i < count; i++)
		extensions_len += 4 + extensions[i].len;
	hello_len = 2 + 32 + 1 + 4 + 2 + 2 + extensions_len;
	writer_u8(&writer, 22);
	writer_u16(&writer, 0x0301);
	writer_u16(&writer, (uint16_t)(hello_len + 4));
	writer_u8(&writer, 1);
	writer_u8(&writer, 0);
	writer_u16(&writer, (uint16_t)hello_len);
	writer_u16(&writer, 0x0303);
	writer_fill(&writer, 0x5a, 32);
	writer_u8(&writer, 0);
	writer_u16(&writer, 2);
	writer_u16(&writer, 0xc02f);
	writer_u16(&writer, 0x0100); /* one method, null */
	writer_u16(&writer, (uint16_t)extensions_len);
	for (size_t i = 0; i < count; i++) {
		writer_u16(&writer, extensions[i].type);
		writer_u16(&writer, (uint16_t)extensions[i].len);
		writer_put(&writer, extensions[i].data, extensions[i].len);
	}
	assert_true(writer_ok(&writer));
	return writer.len;
}

static enum decode decode_extension(uint16_t type, const void *data, size_t len,
				    struct first_facts *ret_facts)
{
	struct extension extension = {type, data, len};
	uint8_t stream[1024];
	size_t n = make_hello(stream, sizeof(stream), &extension, 1);

	return decode_copy(bytes_of(stream, n), false, ret_facts);
}

static void test_server_names(void **state)
{
	struct first_facts facts;

	(void)state;
	assert_int_equal(decode_extension(0,
					  "\0\x0e\0\0\x0b"
					  "Example.ORG",
					  16, &facts),
			 DECODE_OK);
	assert_string_equal(facts.names[0].text, "example.org");
	/* Another type of name before it, and two names. */
	assert_int_equal(decode_extension(0,
					  "\0\x10\x07\0\x02zz\0\0\x01"
					  "a\0\0\x01"
					  "b\0\0\0",
					  18, &facts),
			 DECODE_OK);
	assert_int_equal(facts.name_count, 2);
	assert_string_equal(facts.names[1].text, "b");
	assert_true(facts.name_odd);
	/* An address is no name; a port is cut; what no host name holds is odd. */
	assert_int_equal(decode_extension(0,
					  "\0\x0c\0\0\x09"
					  "192.0.2.1",
					  14, &facts),
			 DECODE_OK);
	assert_int_equal(facts.name_count, 0);
	assert_int_equal(facts.address.family, ADDRESS_IPV4);
	assert_int_equal(decode_extension(0,
					  "\0\x08\0\0\x05"
					  "a:443",
					  10, &facts),
			 DECODE_OK);
	assert_string_equal(facts.names[0].text, "a");
	assert_int_equal(decode_extension(0,
					  "\0\x06\0\0\x03"
					  "a/b",
					  8, &facts),
			 DECODE_OK);
	assert_true(facts.name_odd && facts.name_count == 0);
	/* The server's empty form. */
	assert_int_equal(decode_extension(0, "", 0, &facts), DECODE_OK);
	assert_int_equal(facts.name_count, 0);
}

static void test_lengths_that_lie(void **state)
{
	struct first_facts facts;
	uint8_t stream[256];
	size_t n;

	(void)state;
	assert_int_equal(decode_extension(0,
					  "\0\x05\0\0\x01"
					  "a",
					  6, &facts),
			 DECODE_BAD);
	assert_int_equal(decode_extension(0,
					  "\0\x03\0\0\x01"
					  "a",
					  6, &facts),
			 DECODE_BAD);
	assert_int_equal(decode_extension(0,
					  "\0\x04\0\0\x02"
					  "a",
					  6, &facts),
			 DECODE_BAD);
	assert_int_equal(decode_extension(16, "\0\x03\x03h2", 5, &facts), DECODE_BAD);
	n = make_hello(stream, sizeof(stream), NULL, 0);
	stream[8]++; /* the hello is longer than its fields */
	assert_int_equal(decode_copy(bytes_of(stream, n), false, &facts), DECODE_MORE);
	stream[8] -= 2; /* shorter */
	assert_int_equal(decode_copy(bytes_of(stream, n), false, &facts), DECODE_BAD);
	n = make_hello(stream, sizeof(stream), NULL, 0);
	stream[6] = 0x10; /* a megabyte */
	assert_int_equal(decode_copy(bytes_of(stream, n), false, &facts), DECODE_BAD);
	n = make_hello(stream, sizeof(stream), NULL, 0);
	stream[3] = 0x41; /* more than a record holds */
	assert_int_equal(decode_copy(bytes_of(stream, n), false, &facts), DECODE_BAD);
	n = make_hello(stream, sizeof(stream), NULL, 0);
	stream[3] = stream[4] = 0; /* an empty record */
	assert_int_equal(decode_copy(bytes_of(stream, n), false, &facts), DECODE_BAD);
}

/* Early data or another record may follow the hello at once. */
static void test_what_follows(void **state)
{
	uint8_t stream[sizeof(sample_hello) + 6];

	(void)state;
	memcpy(stream, sample_hello, sizeof(sample_hello));
	memcpy(stream + sizeof(sample_hello), "\x14\x03\x03\0\x01\x01", 6);
	assert_sample(bytes_of(stream, sizeof(stream)));
	assert_sample(bytes_of(stream, sizeof(stream) - 3));
}

static void test_session_id(void **state)
{
	/* version, random, an id of 33 bytes, one cipher suite, one method */
	uint8_t body[2 + 32 + 1 + 33 + 4 + 2] = {3, 3};
	struct first_facts facts;

	(void)state;
	body[34] = 33;
	body[69] = 2;
	body[72] = 1;
	assert_int_equal(decode_tls_hello(bytes_of(body, sizeof(body)), true, false, &facts),
			 DECODE_BAD);
	body[34] = 32;
	memmove(body + 67, body + 68, 6);
	assert_int_equal(decode_tls_hello(bytes_of(body, sizeof(body) - 1), true, false, &facts),
			 DECODE_OK);
}

static void test_ech(void **state)
{
	struct first_facts facts;

	(void)state;
	assert_int_equal(decode_extension(0xfe0d, "\0\0\x01\0\x01\x2a\0\0\0\x01x", 11, &facts),
			 DECODE_OK);
	assert_true(facts.ech);
	assert_int_equal(facts.ech_config_id, 0x2a);
	assert_int_equal(decode_extension(0xfe0d, "\x01", 1, &facts), DECODE_OK);
	assert_false(facts.ech); /* the inner kind hides nothing */
	assert_int_equal(decode_extension(0xfe0d, "\0\0", 2, &facts), DECODE_OK);
	assert_false(facts.ech);
}

static void test_alpn(void **state)
{
	struct first_facts facts;

	(void)state;
	assert_int_equal(decode_extension(16,
					  "\0\x04\x03"
					  "dot",
					  6, &facts),
			 DECODE_OK);
	assert_int_equal(facts.protocol, PROTOCOL_DOT);
	assert_int_equal(decode_extension(16, "\0\x0f\x0ex-amzn-mqtt-ca", 17, &facts), DECODE_OK);
	assert_int_equal(facts.alpn, ALPN_MQTT);
	assert_int_equal(facts.protocol, PROTOCOL_TLS);
	assert_int_equal(decode_extension(16, "\0\x04\x03zzz", 6, &facts), DECODE_OK);
	assert_int_equal(facts.alpn, ALPN_OTHER);
}

static void test_ssl2(void **state)
{
	uint8_t hello[46] = {0x80, 44, 1, 3, 1, 0, 3, 0, 0, 0, 32, 1, 2, 3};
	struct first_facts facts;

	(void)state;
	for (size_t n = 1; n < 11; n++)
		assert_int_equal(decode_copy(bytes_of(hello, n), false, &facts), DECODE_MORE);
	assert_int_equal(decode_copy(bytes_of(hello, sizeof(hello)), false, &facts), DECODE_OK);
	assert_int_equal(facts.protocol, PROTOCOL_TLS);
	hello[6] = 4;
	assert_int_equal(decode_copy(bytes_of(hello, sizeof(hello)), true, &facts), DECODE_OK);
	assert_int_equal(facts.protocol, PROTOCOL_UNKNOWN);
}

/* ---- DTLS ---- */

/* One record with one fragment of the hello's body. */
static size_t make_fragment(uint8_t *datagram, size_t size, struct bytes body, size_t from,
			    size_t n)
{
	struct writer writer = writer_on(datagram, size);

	writer_u8(&writer, 22);
	writer_u16(&writer, 0xfefd);
	writer_fill(&writer, 0, 8);
	writer_u16(&writer, (uint16_t)(12 + n));
	writer_u8(&writer, 1);
	writer_u8(&writer, 0);
	writer_u16(&writer, (uint16_t)body.len);
	writer_u16(&writer, 0);
	writer_u8(&writer, 0);
	writer_u16(&writer, (uint16_t)from);
	writer_u8(&writer, 0);
	writer_u16(&writer, (uint16_t)n);
	writer_put(&writer, body.data + from, n);
	assert_true(writer_ok(&writer));
	return writer.len;
}

static void test_dtls(void **state)
{
	static const uint8_t name[] = "\0\x04\0\0\x01"
				      "d";
	struct extension extension = {0, name, 6};
	uint8_t stream[256], body[256], datagram[512];
	size_t n = make_hello(stream, sizeof(stream), &extension, 1) - 9, len;
	struct first_facts facts;

	(void)state;
	/* The body with an empty cookie behind the empty session id. */
	memcpy(body, stream + 9, 35);
	body[35] = 0;
	memcpy(body + 36, stream + 9 + 35, n - 35);
	n++;
	len = make_fragment(datagram, sizeof(datagram), bytes_of(body, n), 0, n);
	assert_int_equal(decode_first_udp(NULL, bytes_of(datagram, len), false, &facts), DECODE_OK);
	assert_int_equal(facts.protocol, PROTOCOL_DTLS);
	assert_string_equal(facts.names[0].text, "d");
	for (size_t cut = 1; cut < n; cut++) {
		struct first_assembly assembly = {.protocol = PROTOCOL_UNKNOWN};

		/* The second part first. */
		len = make_fragment(datagram, sizeof(datagram), bytes_of(body, n), cut, n - cut);
		assert_int_equal(
			decode_first_udp(&assembly, bytes_of(datagram, len), false, &facts),
			DECODE_MORE);
		len = make_fragment(datagram, sizeof(datagram), bytes_of(body, n), 0, cut);
		assert_int_equal(
			decode_first_udp(&assembly, bytes_of(datagram, len), false, &facts),
			DECODE_OK);
		assert_string_equal(facts.names[0].text, "d");
	}
	/* Two fragments that disagree about a byte. */
	{
		struct first_assembly assembly = {.protocol = PROTOCOL_UNKNOWN};

		len = make_fragment(datagram, sizeof(datagram), bytes_of(body, n), 0, 20);
		assert_int_equal(
			decode_first_udp(&assembly, bytes_of(datagram, len), false, &facts),
			DECODE_MORE);
		body[10] ^= 1;
		len = make_fragment(datagram, sizeof(datagram), bytes_of(body, n), 5, 20);
		assert_int_equal(
			decode_first_udp(&assembly, bytes_of(datagram, len), false, &facts),
			DECODE_BAD);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_every_record_cut),
		cmocka_unit_test(test_every_mutation),
		cmocka_unit_test(test_server_names),
		cmocka_unit_test(test_lengths_that_lie),
		cmocka_unit_test(test_what_follows),
		cmocka_unit_test(test_session_id),
		cmocka_unit_test(test_ech),
		cmocka_unit_test(test_alpn),
		cmocka_unit_test(test_ssl2),
		cmocka_unit_test(test_dtls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
