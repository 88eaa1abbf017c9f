/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/dns_check.h"

/* ---- what must not be believed ---- */

static enum decode decode_with_record(uint16_t type, uint16_t class, const void *data, size_t len,
				      unsigned times)
{
	uint8_t room[2048];
	struct writer writer = writer_on(room, sizeof(room));
	struct dns_message message;

	put_header(&writer, 0x8180, 1, 0);
	room[11] = (uint8_t)times;
	writer_u8(&writer, 0);
	put_question_end(&writer, DNS_TYPE_ANY);
	while (times--) {
		writer_u8(&writer, 0);
		writer_u16(&writer, type);
		writer_u16(&writer, class);
		writer_u32(&writer, 0);
		writer_u16(&writer, (uint16_t)len);
		writer_put(&writer, data, len);
	}
	assert_true(writer_ok(&writer));
	return decode(writer_bytes(&writer), &message);
}

static void addresses_have_their_length(void **state)
{
	(void)state;
	static const uint8_t data[20] = {0};

	for (size_t len = 0; len <= sizeof(data); len++) {
		assert_int_equal(decode_with_record(DNS_TYPE_A, DNS_CLASS_IN, data, len, 1),
				 len == 4 ? DECODE_OK : DECODE_BAD);
		assert_int_equal(decode_with_record(DNS_TYPE_AAAA, DNS_CLASS_IN, data, len, 1),
				 len == 16 ? DECODE_OK : DECODE_BAD);
		/* RFC 2136 section 2.5: other classes may say nothing. */
		assert_int_equal(decode_with_record(DNS_TYPE_A, DNS_CLASS_NONE, data, len, 1),
				 DECODE_OK);
	}
}

static void services_are_checked(void **state)
{
	(void)state;
	static const struct {
		const char *data;
		size_t len;
		enum decode decoded;
	} cases[] = {
		{"\0\1\0", 3, DECODE_OK},
		{"\0\1", 2, DECODE_BAD},
		{"\0", 1, DECODE_BAD},
		{"\0\1\0\0\4\0\4\1\2\3\4", 11, DECODE_OK},
		{"\0\1\0\0\4\0\3\1\2\3", 10, DECODE_BAD},           /* three quarters */
		{"\0\1\0\0\4\0\0", 7, DECODE_BAD},                  /* no address */
		{"\0\1\0\0\6\0\4\1\2\3\4", 11, DECODE_BAD},         /* a quarter of one */
		{"\0\1\0\0\5\0\0\0\4\0\4\1\2\3\4", 15, DECODE_BAD}, /* keys go up */
		{"\0\1\0\0\5\0\0\0\5\0\0", 11, DECODE_BAD},
		{"\0\1\0\0\5\0\0\0\x09\0\0", 11, DECODE_OK},
		{"\0\1\0\0\5\0", 6, DECODE_BAD},
		{"\0\0\0\0\5\0", 6, DECODE_OK},  /* alias: not looked at */
		{"\0\1\xc0\x0c", 4, DECODE_BAD}, /* compressed target */
		{"\0\1\1a\xc0\x0c", 6, DECODE_BAD},
		{"\0\1\1a\0", 5, DECODE_OK},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		enum decode decoded = decode_with_record(DNS_TYPE_HTTPS, DNS_CLASS_IN,
							 cases[i].data, cases[i].len, 1);

		if (decoded != cases[i].decoded)
			fail_msg("case %zu: %d", i, (int)decoded);
		assert_int_equal(decode_with_record(DNS_TYPE_SVCB, DNS_CLASS_IN, cases[i].data,
						    cases[i].len, 1),
				 decoded);
	}
}

static void there_is_one_opt(void **state)
{
	(void)state;
	assert_int_equal(decode_with_record(DNS_TYPE_OPT, 1232, "", 0, 1), DECODE_OK);
	assert_int_equal(decode_with_record(DNS_TYPE_OPT, 1232, "", 0, 2), DECODE_BAD);
	assert_int_equal(decode_with_record(DNS_TYPE_OPT, 1232, "\0\10\0\0", 4, 1), DECODE_OK);
	assert_int_equal(decode_with_record(DNS_TYPE_OPT, 1232, "\0\10\0\1", 4, 1), DECODE_BAD);
	assert_int_equal(decode_with_record(DNS_TYPE_OPT, 1232, "\0\10\0", 3, 1), DECODE_BAD);
}

static void cnames_fill_their_data(void **state)
{
	(void)state;
	assert_int_equal(decode_with_record(DNS_TYPE_CNAME, DNS_CLASS_IN, "\1a", 3, 1), DECODE_OK);
	assert_int_equal(decode_with_record(DNS_TYPE_CNAME, DNS_CLASS_IN, "\1a\0\0", 4, 1),
			 DECODE_BAD);
	assert_int_equal(decode_with_record(DNS_TYPE_CNAME, DNS_CLASS_IN, "\1a", 2, 1), DECODE_BAD);
	assert_int_equal(decode_with_record(DNS_TYPE_CNAME, DNS_CLASS_IN, "\xc0\x0c", 2, 1),
			 DECODE_OK);
}

/* 65535 records in 30 bytes must not take longer than the bytes do. */
static void counts_are_bounded_by_the_bytes(void **state)
{
	(void)state;
	uint8_t copy[sizeof(message_answer)];

	for (size_t at = 6; at < 12; at += 2) {
		memcpy(copy, message_answer, sizeof(copy));
		copy[at] = copy[at + 1] = 0xff;
		assert_answers(BYTES(copy), DECODE_BAD);
	}
	memcpy(copy, message_answer, sizeof(copy));
	copy[4] = copy[5] = 0xff;
	assert_answers(BYTES(copy), DECODE_BAD);
}

/* ---- DNS or not ---- */

static void several_questions_are_readable(void **state)
{
	(void)state;
	uint8_t room[64];
	struct writer writer = writer_on(room, sizeof(room));
	struct dns_message message;

	put_header(&writer, 0x0100, 2, 0);
	writer_put(&writer, "\1a", 3);
	put_question_end(&writer, DNS_TYPE_A);
	writer_put(&writer, "\1b", 3);
	put_question_end(&writer, DNS_TYPE_AAAA);
	assert_reads(writer_bytes(&writer), &message);
	assert_int_equal(message.question_count, 2);
	assert_string_equal(message.question.text, "a");
	assert_int_equal(message.question_type, DNS_TYPE_A);
	assert_int_equal(message.answers_offset, writer.len);
	assert_answers(bytes_of(room, writer.len - 1), DECODE_BAD);
}

/* What a resolver would answer is DNS, whatever the bits that it ignores say. */
static void odd_questions_are_dns(void **state)
{
	(void)state;
	static const uint16_t flags[] = {0x0000, 0x0140, 0x0105, 0x07ff, 0x8000, 0x0200};
	uint8_t copy[sizeof(message_query)];

	for (size_t i = 0; i < COUNT(flags); i++) {
		struct dns_message message;

		memcpy(copy, message_query, sizeof(copy));
		copy[2] = (uint8_t)(flags[i] >> 8);
		copy[3] = (uint8_t)flags[i];
		assert_reads(BYTES(copy), &message);
		assert_string_equal(message.question.text, "www.example.com");
	}
	/* An answer count in a question: readable up to there, so broken DNS. */
	memcpy(copy, message_query, sizeof(copy));
	copy[3] |= 0x40;
	copy[7] = 9;
	assert_answers(BYTES(copy), DECODE_BAD);
}

/* Some resolvers follow pointers forwards, and take two questions, whatever the Z bit. */
static void names_that_only_others_can_read_are_bad(void **state)
{
	(void)state;
	static const uint8_t names[] = "\xc0\x12\0\1\0\1\3www\7example\0\0\1\0\1";

	for (uint16_t flags = 0x0100; flags <= 0x0140; flags += 0x40) {
		for (uint16_t questions = 1; questions <= 2; questions++) {
			uint8_t room[64];
			struct writer writer = writer_on(room, sizeof(room));

			put_header(&writer, flags, questions, 0);
			writer_put(&writer, names, sizeof(names) - 1);
			assert_answers(writer_bytes(&writer), DECODE_BAD);
		}
	}
}

static void messages_without_a_question_are_read(void **state)
{
	(void)state;
	static const uint8_t format_error[12] = {0x12, 0x34, 0x81, 0x81};
	static const uint8_t nothing[12] = {0x12, 0x34, 0x01, 0x00};
	static const uint8_t nothing_back[12] = {0x12, 0x34, 0x81, 0x80};
	static const uint8_t stateful[12] = {0x12, 0x34, 0x30, 0x00};
	static const uint8_t zeroes[64] = {0};
	uint8_t cookie[23] = {0x12, 0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 41, 4, 208};
	struct dns_message message;

	assert_reads(BYTES(format_error), &message);
	assert_int_equal(message.question_count, 0);
	assert_string_equal(message.question.text, "");
	assert_reads(BYTES(stateful), &message);
	assert_reads(BYTES(cookie), &message);
	assert_answers(BYTES(nothing), DECODE_NOT);
	assert_answers(BYTES(nothing_back), DECODE_NOT);
	assert_answers(BYTES(zeroes), DECODE_NOT);
	cookie[22] = 1;
	assert_answers(BYTES(cookie), DECODE_NOT);
}

static void other_traffic_is_not_dns(void **state)
{
	(void)state;
	static const struct bytes others[] = {
		{(const uint8_t *)"GET /index.html HTTP/1.1\r\nHost: example.com\r\n\r\n", 47},
		{(const uint8_t *)"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", 40},
		/* WireGuard: handshake initiation, data. */
		{(const uint8_t *)"\1\0\0\0\x9a\x31\xfe\x02kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", 40},
		{(const uint8_t *)"\4\0\0\0\x9a\x31\xfe\x02\1\0\0\0\0\0\0\0kkkkkkkkkkkkkkkkkkkkk",
		 36},
		/* TLS ClientHello, with and without the two bytes of a TCP length. */
		{(const uint8_t *)"\x16\3\1\2\0\1\0\1\xfc\3\3rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\x20",
		 44},
		{(const uint8_t *)"\1\2\0\1\0\1\xfc\3\3rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\x20", 42},
		/* QUIC long header, version 1. */
		{(const uint8_t *)"\xc3\0\0\0\1\x08kkkkkkkk\0\0\x44\x9ekkkkkkkkkkkkkkkkkkkkkkkk",
		 42},
		/* NTP, STUN, BitTorrent. */
		{(const uint8_t *)"\x23\0\6\xec\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0kkkkkkkkkkkkkkkkkkkk"
				  "kkkkkkkk",
		 48},
		{(const uint8_t *)"\0\1\0\0\x21\x12\xa4\x42tttttttttttt", 20},
		{(const uint8_t *)"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe", 56},
	};

	for (size_t i = 0; i < COUNT(others); i++) {
		struct dns_message message;
		enum decode decoded = decode(others[i], &message);

		if (decoded != DECODE_NOT)
			fail_msg("case %zu: %d", i, (int)decoded);
	}
}

static void random_bytes_are_not_dns(void **state)
{
	(void)state;
	uint64_t seed = 0x2545f4914f6cdd1d;

	for (unsigned round = 0; round < 300000; round++) {
		uint64_t data[64];
		struct dns_message message;
		size_t len = 12 + random_next(&seed) % (sizeof(data) - 12);

		for (size_t i = 0; i < COUNT(data); i++)
			data[i] = random_next(&seed);
		assert_int_equal(decode_dns(bytes_of(data, len), &message), DECODE_NOT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_their_length),
		cmocka_unit_test(services_are_checked),
		cmocka_unit_test(there_is_one_opt),
		cmocka_unit_test(cnames_fill_their_data),
		cmocka_unit_test(counts_are_bounded_by_the_bytes),
		cmocka_unit_test(several_questions_are_readable),
		cmocka_unit_test(odd_questions_are_dns),
		cmocka_unit_test(names_that_only_others_can_read_are_bad),
		cmocka_unit_test(messages_without_a_question_are_read),
		cmocka_unit_test(other_traffic_is_not_dns),
		cmocka_unit_test(random_bytes_are_not_dns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
