/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QUIC Initials: the vectors of RFC 9001 and RFC 9369, a browser's two
 * datagrams, and the sample ClientHello sealed here by libmbedcrypto's own GCM
 * in every cut and order.
 */
#include "tests/unit/support/check.h"

#include "decode/first.h"
#include "tests/unit/decode/samples.h"
#include "tests/unit/support/seal.h"

static const uint8_t rfc_id[8] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};

static void from_hex(const char *hex, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)strtoul((char[]){hex[2 * i], hex[2 * i + 1], 0}, NULL, 16);
}

static void assert_hex(const uint8_t *data, const char *hex)
{
	uint8_t expected[64];
	size_t len = strlen(hex) / 2;

	from_hex(hex, expected, len);
	assert_memory_equal(data, expected, len);
}

static void put_crypto(struct writer *frames, struct bytes message, size_t from, size_t n)
{
	writer_u8(frames, 6);
	writer_u16(frames, (uint16_t)(0x4000 | from));
	writer_u16(frames, (uint16_t)(0x4000 | n));
	writer_put(frames, message.data + from, n);
}

static struct bytes sample_message(void)
{
	return bytes_of(sample_hello + 5, sizeof(sample_hello) - 5);
}

static const struct sealer sealer_1 = {
	VERSION_1, {rfc_id, sizeof(rfc_id)}, {rfc_id, sizeof(rfc_id)}, {NULL, 0}};

static enum decode give(struct first_assembly *assembly, const uint8_t *data, size_t len, bool last,
			struct first_facts *ret_facts)
{
	struct bytes copy = block_copy(data, len);
	enum decode answer = decode_first_udp(assembly, copy, last, ret_facts);

	block_free(copy);
	return answer;
}

static void assert_sample(const struct first_facts *facts)
{
	assert_int_equal(facts->protocol, PROTOCOL_QUIC);
	assert_int_equal(facts->name_count, 1);
	assert_string_equal(facts->names[0].text, SAMPLE_NAME);
	assert_false(facts->incomplete);
}

/* ---- tests ---- */

static void test_keys(void **state)
{
	struct quic_keys keys;
	struct bytes id = bytes_of(rfc_id, sizeof(rfc_id));

	(void)state;
	assert_true(quic_crypto_derive(salt_1, "quic ", "client in", id, &keys));
	assert_hex(keys.key, "1f369613dd76d5467730efcbe3b1a22d");
	assert_hex(keys.iv, "fa044b2f42a3fd3b46fb255c");
	assert_hex(keys.header, "9f50449e04a0e810283a1e9933adedd2");
	assert_true(quic_crypto_derive(salt_1, "quic ", "server in", id, &keys));
	assert_hex(keys.key, "cf3a5331653c364c88f0f379b6067e37");
	assert_true(quic_crypto_derive(salt_2, "quicv2 ", "client in", id, &keys));
	assert_hex(keys.key, "8b1a0bc121284290a29e0971b5cd045d");
	assert_hex(keys.iv, "91f73e2351d8fa91660e909f");
	assert_hex(keys.header, "45b95e15235d6f45a6b19cbcb0294ba9");
}

/* RFC 9001 A.2 and RFC 9369 A.2: the same frames under both versions. */
static const char rfc_crypto[] =
	"060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c"
	"00000413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006"
	"001d0017001800100007000504616c706e000500050100000000003300260024001d00209370b2c9caa4"
	"7fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e040305"
	"0306030203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ff"
	"ff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff";

static void test_rfc_initial(void **state)
{
	uint8_t frames[245], packet[1300];
	struct first_facts facts;
	struct sealer sealer = sealer_1;
	size_t len;

	(void)state;
	from_hex(rfc_crypto, frames, sizeof(frames));
	len = quic_seal(&sealer, 2, bytes_of(frames, sizeof(frames)), packet, sizeof(packet));
	assert_int_equal(len, 1200);
	assert_hex(packet,
		   "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b");
	assert_hex(packet + len - 16, "e221af44860018ab0856972e194cd934");
	assert_int_equal(give(NULL, packet, len, false, &facts), DECODE_OK);
	assert_string_equal(facts.names[0].text, "example.com");
	assert_int_equal(facts.alpn, ALPN_OTHER);

	sealer.version = VERSION_2;
	len = quic_seal(&sealer, 2, bytes_of(frames, sizeof(frames)), packet, sizeof(packet));
	assert_hex(packet,
		   "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071");
	assert_int_equal(give(NULL, packet, len, false, &facts), DECODE_OK);
	assert_string_equal(facts.names[0].text, "example.com");
}

static void test_browser(void **state)
{
	struct first_assembly assembly = {.protocol = PROTOCOL_UNKNOWN};
	struct first_facts facts;

	(void)state;
	assert_int_equal(give(&assembly, sample_quic_1, sizeof(sample_quic_1), false, &facts),
			 DECODE_MORE);
	assert_int_equal(give(&assembly, sample_quic_2, sizeof(sample_quic_2), false, &facts),
			 DECODE_OK);
	assert_string_equal(facts.names[0].text, "mastodon.social");
	assert_true(facts.ech);
	/* The other way round. */
	memset(&assembly, 0, sizeof(assembly));
	assert_int_equal(give(&assembly, sample_quic_2, sizeof(sample_quic_2), false, &facts),
			 DECODE_MORE);
	assert_int_equal(give(&assembly, sample_quic_1, sizeof(sample_quic_1), false, &facts),
			 DECODE_OK);
	assert_string_equal(facts.names[0].text, "mastodon.social");
	/* One alone, when no more is waited for. */
	assert_int_equal(give(NULL, sample_quic_2, sizeof(sample_quic_2), false, &facts),
			 DECODE_OK);
	assert_true(facts.incomplete);
}

#define PARTS 5

/* The next order of the numbers below PARTS; false after the last. */
static bool next_order(unsigned *order)
{
	int i = PARTS - 2, k = PARTS - 1;
	unsigned swap;

	while (i >= 0 && order[i] > order[i + 1])
		i--;
	if (i < 0)
		return false;
	while (order[k] < order[i])
		k--;
	swap = order[i], order[i] = order[k], order[k] = swap;
	for (int a = i + 1, b = PARTS - 1; a < b; a++, b--)
		swap = order[a], order[a] = order[b], order[b] = swap;
	return true;
}

/* Five frames that overlap, in every order, over one to five datagrams. */
static void test_every_order(void **state)
{
	struct bytes message = sample_message();
	const size_t each = message.len / PARTS + 1;
	unsigned order[PARTS] = {0, 1, 2, 3, 4}, orders = 0;

	(void)state;
	do {
		struct first_assembly assembly = {.protocol = PROTOCOL_UNKNOWN};
		struct first_facts facts;

		for (unsigned i = 0; i < PARTS; i++) {
			uint8_t room[2048], packet[2200];
			struct writer frames = writer_on(room, sizeof(room));
			size_t from = order[i] * each, len;
			size_t n = from + each + 9 < message.len ? each + 9 : message.len - from;

			writer_u8(&frames, i % 2); /* PADDING or PING between */
			put_crypto(&frames, message, from, n);
			len = quic_seal(&sealer_1, i, writer_bytes(&frames), packet,
					sizeof(packet));
			assert_int_equal(give(&assembly, packet, len, false, &facts),
					 i + 1 < PARTS ? DECODE_MORE : DECODE_OK);
		}
		assert_sample(&facts);
		orders++;
	} while (next_order(order));
	assert_int_equal(orders, 120);
}

/* One cut at every place, both frames in one packet, the second first. */
static void test_every_cut(void **state)
{
	uint8_t frames[245], message[241];
	struct bytes all = bytes_of(message, sizeof(message));

	(void)state;
	from_hex(rfc_crypto, frames, sizeof(frames));
	memcpy(message, frames + 4, sizeof(message));
	for (size_t cut = 0; cut <= sizeof(message); cut++) {
		uint8_t room[1024], packet[1300];
		struct writer writer = writer_on(room, sizeof(room));
		struct first_facts facts;
		size_t len;

		put_crypto(&writer, all, cut, sizeof(message) - cut);
		writer_put(&writer, "\x02\x00\x00\x00\x00", 5); /* ACK */
		put_crypto(&writer, all, 0, cut);
		len = quic_seal(&sealer_1, 7, writer_bytes(&writer), packet, sizeof(packet));
		assert_int_equal(give(NULL, packet, len, false, &facts), DECODE_OK);
		assert_string_equal(facts.names[0].text, "example.com");
		assert_false(facts.incomplete);
	}
}

/* Half of it with the first connection id, then all of it after a Retry. */
static void test_retry(void **state)
{
	static const uint8_t server_id[5] = {9, 8, 7, 6, 5};
	struct bytes message = sample_message(), id = bytes_of(server_id, sizeof(server_id));
	const struct sealer retried = {VERSION_1, id, id, bytes_of("token", 5)};
	const struct sealer moved = {VERSION_1, {rfc_id, sizeof(rfc_id)}, id, {NULL, 0}};
	struct first_assembly assembly = {.protocol = PROTOCOL_UNKNOWN}, again;
	uint8_t room[2048], first[2200], second[2200];
	struct writer frames = writer_on(room, sizeof(room));
	struct first_facts facts;
	size_t len;

	(void)state;
	put_crypto(&frames, message, 0, 1000);
	len = quic_seal(&sealer_1, 0, writer_bytes(&frames), first, sizeof(first));
	assert_int_equal(give(&assembly, first, len, false, &facts), DECODE_MORE);
	again = assembly;
	frames = writer_on(room, sizeof(room));
	put_crypto(&frames, message, 900, message.len - 900);
	/* The server chose another id, the keys stayed. */
	len = quic_seal(&moved, 1, writer_bytes(&frames), second, sizeof(second));
	assert_int_equal(give(&assembly, second, len, false, &facts), DECODE_OK);
	assert_sample(&facts);
	/* A Retry: new keys, from the start. */
	len = quic_seal(&retried, 1, writer_bytes(&frames), second, sizeof(second));
	assert_int_equal(give(&again, second, len, false, &facts), DECODE_MORE);
	frames = writer_on(room, sizeof(room));
	put_crypto(&frames, message, 0, 1000);
	len = quic_seal(&retried, 2, writer_bytes(&frames), second, sizeof(second));
	assert_int_equal(give(&again, second, len, false, &facts), DECODE_OK);
	assert_sample(&facts);
}

/* 0-RTT first in its datagram, and in one of its own before the Initial. */
static void test_coalesced(void **state)
{
	static const uint8_t zero_rtt[] = {0xd0, 0,    0,    0,    1,  8,  0x83, 0x94, 0xc8,
					   0xf0, 0x3e, 0x51, 0x57, 8,  0,  0x14, 1,    2,
					   3,    4,    5,    6,    7,  8,  9,    10,   11,
					   12,   13,   14,   15,   16, 17, 18,   19,   20};
	struct first_assembly assembly = {.protocol = PROTOCOL_UNKNOWN};
	uint8_t frames[245], datagram[1400];
	struct first_facts facts;
	size_t len;

	(void)state;
	from_hex(rfc_crypto, frames, sizeof(frames));
	memcpy(datagram, zero_rtt, sizeof(zero_rtt));
	len = quic_seal(&sealer_1, 0, bytes_of(frames, sizeof(frames)), datagram + sizeof(zero_rtt),
			sizeof(datagram) - sizeof(zero_rtt));
	assert_int_equal(give(NULL, datagram, len + sizeof(zero_rtt), false, &facts), DECODE_OK);
	assert_string_equal(facts.names[0].text, "example.com");
	assert_int_equal(give(&assembly, zero_rtt, sizeof(zero_rtt), false, &facts), DECODE_MORE);
	assert_int_equal(give(&assembly, zero_rtt, sizeof(zero_rtt), true, &facts), DECODE_OK);
	assert_true(facts.protocol == PROTOCOL_QUIC && facts.incomplete);
	assert_int_equal(give(&assembly, datagram + sizeof(zero_rtt), len, false, &facts),
			 DECODE_OK);
	assert_string_equal(facts.names[0].text, "example.com");
}

/* Two frames that say different things about a byte. */
static void test_contradiction(void **state)
{
	struct bytes message = sample_message();
	uint8_t room[1024], packet[1300], other[100];
	struct writer frames = writer_on(room, sizeof(room));
	struct first_facts facts;
	size_t len;

	(void)state;
	memcpy(other, message.data, sizeof(other));
	other[50] ^= 1;
	put_crypto(&frames, message, 0, 100);
	put_crypto(&frames, bytes_of(other, sizeof(other)), 40, 20);
	len = quic_seal(&sealer_1, 0, writer_bytes(&frames), packet, sizeof(packet));
	assert_int_equal(give(NULL, packet, len, false, &facts), DECODE_BAD);
}

/* Whatever is changed, the tag does not fit, or it is another protocol. */
static void test_every_mutation(void **state)
{
	uint8_t changed[sizeof(sample_quic_1)];

	(void)state;
	for (size_t i = 0; i < sizeof(changed); i++) {
		for (unsigned bit = 0; bit < 8; bit += i < 64 ? 1 : 3) {
			struct first_facts facts;

			memcpy(changed, sample_quic_1, sizeof(changed));
			changed[i] ^= (uint8_t)(1 << bit);
			assert_int_equal(give(NULL, changed, sizeof(changed), false, &facts),
					 DECODE_OK);
			assert_int_equal(facts.name_count, 0);
		}
	}
	for (size_t n = 0; n < sizeof(changed); n++) {
		struct first_facts facts = {.name_count = 0};

		(void)give(NULL, sample_quic_1, n, false, &facts);
		assert_int_equal(facts.name_count, 0);
	}
}

static void test_unknown_version(void **state)
{
	uint8_t datagram[1200] = {0xc0, 0xba, 0xba, 0xba, 0xba, 8};
	struct first_assembly assembly = {.protocol = PROTOCOL_UNKNOWN};
	uint8_t frames[245], packet[1300];
	struct first_facts facts;
	size_t len;

	(void)state;
	from_hex(rfc_crypto, frames, sizeof(frames));
	assert_int_equal(give(&assembly, datagram, sizeof(datagram), false, &facts), DECODE_MORE);
	len = quic_seal(&sealer_1, 0, bytes_of(frames, sizeof(frames)), packet, sizeof(packet));
	assert_int_equal(give(&assembly, packet, len, false, &facts), DECODE_OK);
	assert_string_equal(facts.names[0].text, "example.com");
	assert_int_equal(give(NULL, datagram, sizeof(datagram), false, &facts), DECODE_OK);
	assert_true(facts.protocol == PROTOCOL_QUIC && facts.incomplete);
}

/* Q043: flags, connection id, version, number, hash, STREAM 1 with a CHLO. */
static void test_google(void **state)
{
	static const uint8_t datagram[] = "\x09"
					  "abcdefgh"
					  "Q043"
					  "\x01"
					  "hash of 12 b"
					  "\xa0\x01\x00\x1b"
					  "CHLO\x01\0\0\0SNI\0\x0b\0\0\0example.com";
	struct first_facts facts;

	(void)state;
	assert_int_equal(give(NULL, datagram, sizeof(datagram) - 1, false, &facts), DECODE_OK);
	assert_int_equal(facts.protocol, PROTOCOL_QUIC);
	assert_string_equal(facts.names[0].text, "example.com");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),           cmocka_unit_test(test_rfc_initial),
		cmocka_unit_test(test_browser),        cmocka_unit_test(test_every_order),
		cmocka_unit_test(test_every_cut),      cmocka_unit_test(test_retry),
		cmocka_unit_test(test_coalesced),      cmocka_unit_test(test_contradiction),
		cmocka_unit_test(test_every_mutation), cmocka_unit_test(test_unknown_version),
		cmocka_unit_test(test_google),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
