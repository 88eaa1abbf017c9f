/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/dns_check.h"

static void assert_next(struct dns_walk *walk, enum dns_section section, const char *name,
			uint16_t type, struct dns_record *ret_record)
{
	assert_true(dns_next_record(walk, ret_record));
	assert_int_equal(ret_record->section, section);
	assert_string_equal(ret_record->name.text, name);
	assert_int_equal(ret_record->type, type);
}

static void assert_address(const struct address *address, const char *expected)
{
	char text[ADDRESS_TEXT_SIZE];

	address_print(address, text);
	assert_string_equal(text, expected);
}

/* ---- real messages ---- */

static void reads_a_question(void **state)
{
	(void)state;
	struct dns_message message;
	struct dns_record record;
	struct dns_walk walk;

	assert_reads(BYTES(message_query), &message);
	assert_int_equal(message.id, 0xfddd);
	assert_false(message.response || message.truncated || message.edns);
	assert_int_equal(message.opcode, DNS_OPCODE_QUERY);
	assert_int_equal(message.question_count, 1);
	assert_string_equal(message.question.text, "www.example.com");
	assert_int_equal(message.question_type, DNS_TYPE_A);
	assert_int_equal(message.question_class, DNS_CLASS_IN);
	assert_int_equal(message.answers_offset, sizeof(message_query));
	dns_walk_start(&walk, &message);
	assert_false(dns_next_record(&walk, &record));
}

static void reads_edns(void **state)
{
	(void)state;
	struct dns_message message;

	assert_reads(BYTES(message_query_subnet), &message);
	assert_true(message.edns && message.client_subnet);
	assert_false(message.dnssec_ok);
	assert_int_equal(message.edns_payload_size, 4096);

	assert_reads(BYTES(message_query_dnssec), &message);
	assert_true(message.edns && message.dnssec_ok);
	assert_false(message.client_subnet);
	assert_int_equal(message.edns_payload_size, 1232);
}

static void reads_addresses(void **state)
{
	(void)state;
	static const char *const expected[] = {"198.51.100.2", "203.0.113.3", "192.0.2.1"};
	struct dns_message message;
	struct dns_record record;
	struct dns_walk walk;

	assert_reads(BYTES(message_answer), &message);
	assert_true(message.response);
	assert_int_equal(message.record_count[DNS_ANSWER], 3);
	dns_walk_start(&walk, &message);
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_next(&walk, DNS_ANSWER, "www.example.com", DNS_TYPE_A, &record);
		assert_int_equal(record.ttl, 300);
		assert_address(&record.address, expected[i]);
		assert_int_equal(record.data.len, 4);
		assert_ptr_equal(record.data.data, message_answer + record.data_offset);
		assert_int_equal(record.offset, 33 + 16 * i);
	}
	assert_false(dns_next_record(&walk, &record));

	assert_reads(BYTES(message_answer_six), &message);
	dns_walk_start(&walk, &message);
	assert_next(&walk, DNS_ANSWER, "six.example.com", DNS_TYPE_AAAA, &record);
	assert_address(&record.address, "2001:db8:ffff::2");
	assert_next(&walk, DNS_ANSWER, "six.example.com", DNS_TYPE_AAAA, &record);
	assert_next(&walk, DNS_ADDITIONAL, "", DNS_TYPE_OPT, &record);
	assert_int_equal(record.address.family, ADDRESS_NONE);
	assert_false(dns_next_record(&walk, &record));
}

static void reads_compressed_names_and_sections(void **state)
{
	(void)state;
	struct dns_message message;
	struct dns_record record;
	struct dns_walk walk;

	assert_reads(BYTES(message_answer_signed), &message);
	assert_string_equal(message.question.text, "cam.example.com");
	dns_walk_start(&walk, &message);
	assert_next(&walk, DNS_ANSWER, "cam.example.com", DNS_TYPE_CNAME, &record);
	assert_string_equal(record.target.text, "edge.cdn.example");
	assert_next(&walk, DNS_ANSWER, "edge.cdn.example", DNS_TYPE_A, &record);
	assert_address(&record.address, "192.0.2.7");
	assert_string_equal(record.target.text, "");
	assert_next(&walk, DNS_ANSWER, "edge.cdn.example", DNS_TYPE_RRSIG, &record);
	assert_next(&walk, DNS_AUTHORITY, "cdn.example", DNS_TYPE_NS, &record);
	assert_next(&walk, DNS_ADDITIONAL, "ns.cdn.example", DNS_TYPE_A, &record);
	assert_address(&record.address, "198.51.100.9");
	assert_next(&walk, DNS_ADDITIONAL, "", DNS_TYPE_OPT, &record);
	assert_false(dns_next_record(&walk, &record));
	assert_true(message.dnssec_ok);
}

static void reads_services(void **state)
{
	(void)state;
	static const uint16_t keys[] = {0, 1, 4, 5, 6};
	static const size_t lens[] = {4, 6, 8, 15, 16};
	struct dns_message message;
	struct dns_record record;
	struct dns_walk walk;
	struct dns_hints hints;
	struct dns_hint hint;

	assert_reads(BYTES(message_answer_https), &message);
	dns_walk_start(&walk, &message);
	assert_next(&walk, DNS_ANSWER, "svc.example.com", DNS_TYPE_HTTPS, &record);
	assert_string_equal(record.target.text, "");
	assert_true(dns_hints_start(&hints, &message, &record));
	for (size_t i = 0; i < COUNT(keys); i++) {
		assert_true(dns_next_hint(&hints, &hint));
		assert_int_equal(hint.key, keys[i]);
		assert_int_equal(hint.value.len, lens[i]);
	}
	assert_false(dns_next_hint(&hints, &hint));
	assert_next(&walk, DNS_ADDITIONAL, "", DNS_TYPE_OPT, &record);
	assert_false(dns_hints_start(&hints, &message, &record));
}

static void reads_a_negative_answer(void **state)
{
	(void)state;
	struct dns_message message;

	assert_reads(BYTES(message_answer_nxdomain), &message);
	assert_int_equal(message.rcode, DNS_NXDOMAIN);
	assert_int_equal(message.record_count[DNS_AUTHORITY], 1);
}

/* ---- every prefix, every byte ---- */

static const struct bytes all_messages[] = {
	{message_query, sizeof(message_query)},
	{message_query_subnet, sizeof(message_query_subnet)},
	{message_query_dnssec, sizeof(message_query_dnssec)},
	{message_query_https, sizeof(message_query_https)},
	{message_answer, sizeof(message_answer)},
	{message_answer_six, sizeof(message_answer_six)},
	{message_answer_https, sizeof(message_answer_https)},
	{message_answer_nxdomain, sizeof(message_answer_nxdomain)},
	{message_answer_signed, sizeof(message_answer_signed)},
};

/* Cut off behind its header a message is still known to be DNS. */
static void every_prefix_is_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all_messages); i++) {
		for (size_t len = 0; len < all_messages[i].len; len++)
			assert_answers(bytes_of(all_messages[i].data, len),
				       len < DNS_HEADER_SIZE ? DECODE_NOT : DECODE_BAD);
	}
}

static void bytes_too_many_are_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all_messages); i++) {
		uint8_t longer[512] = {0};

		memcpy(longer, all_messages[i].data, all_messages[i].len);
		assert_answers(bytes_of(longer, all_messages[i].len + 1), DECODE_BAD);
	}
}

/* How many of the 256 * length variants are OK and BAD: a change is a change of mind. */
static void every_byte_may_be_anything(void **state)
{
	(void)state;
	static const unsigned expected[COUNT(all_messages)][2] = {
		{5231, 3056},  {9589, 4330},  {7282, 3821},  {7282, 3821},  {14496, 6079},
		{19604, 5835}, {22930, 9677}, {16510, 4833}, {36029, 10402}};

	for (size_t i = 0; i < COUNT(all_messages); i++) {
		uint8_t copy[512];
		unsigned count[DECODE_BAD + 1] = {0};

		memcpy(copy, all_messages[i].data, all_messages[i].len);
		for (size_t at = 0; at < all_messages[i].len; at++) {
			for (unsigned value = 0; value < 256; value++) {
				struct dns_message message;

				copy[at] = (uint8_t)value;
				count[decode(bytes_of(copy, all_messages[i].len), &message)]++;
			}
			copy[at] = all_messages[i].data[at];
		}
		assert_int_equal(count[DECODE_MORE], 0);
		if (count[DECODE_OK] != expected[i][0] || count[DECODE_BAD] != expected[i][1])
			fail_msg("message %zu: {%u, %u}", i, count[DECODE_OK], count[DECODE_BAD]);
	}
}

/* ---- each length and count, one more and one less ---- */

static void assert_off_by_one_is_bad(struct bytes message, size_t at, size_t width)
{
	for (int change = -1; change <= 1; change += 2) {
		uint8_t copy[512];

		memcpy(copy, message.data, message.len);
		copy[at + width - 1] = (uint8_t)(copy[at + width - 1] + change);
		assert_answers(bytes_of(copy, message.len), DECODE_BAD);
	}
}

static void every_length_off_by_one_is_bad(void **state)
{
	(void)state;
	/* RDLENGTH of A; of HTTPS and its parameters; of OPT and its option. */
	assert_off_by_one_is_bad(BYTES(message_answer), 43, 2);
	assert_off_by_one_is_bad(BYTES(message_answer), 59, 2);
	assert_off_by_one_is_bad(BYTES(message_answer_https), 43, 2);
	assert_off_by_one_is_bad(BYTES(message_answer_https), 50, 2);
	assert_off_by_one_is_bad(BYTES(message_answer_https), 58, 2);
	assert_off_by_one_is_bad(BYTES(message_answer_https), 68, 2);
	assert_off_by_one_is_bad(BYTES(message_answer_https), 80, 2);
	assert_off_by_one_is_bad(BYTES(message_answer_https), 99, 2);
	assert_off_by_one_is_bad(BYTES(message_query_subnet), 42, 2);
	assert_off_by_one_is_bad(BYTES(message_query_subnet), 46, 2);
	/* The counts of answers and of the rest. */
	assert_off_by_one_is_bad(BYTES(message_answer), 6, 2);
	assert_off_by_one_is_bad(BYTES(message_answer_signed), 8, 2);
	assert_off_by_one_is_bad(BYTES(message_answer_signed), 10, 2);
}

/* ---- names ---- */

/* A response whose question is the root and whose only record is a TXT of this name. */
static enum decode decode_with_name(const void *name, size_t len)
{
	uint8_t room[1024];
	struct writer writer = writer_on(room, sizeof(room));
	struct dns_message message;

	put_header(&writer, 0x8180, 1, 1);
	writer_u8(&writer, 0);
	put_question_end(&writer, DNS_TYPE_TXT);
	writer_put(&writer, name, len);
	put_question_end(&writer, DNS_TYPE_TXT);
	writer_u32(&writer, 0);
	writer_u16(&writer, 0);
	assert_true(writer_ok(&writer));
	return decode(writer_bytes(&writer), &message);
}

static void pointers_go_strictly_backwards(void **state)
{
	(void)state;
	/* The record's name begins at 17. */
	assert_int_equal(decode_with_name("\xc0\x0c", 2), DECODE_OK);
	assert_int_equal(decode_with_name("\xc0\x11", 2), DECODE_BAD); /* to itself */
	assert_int_equal(decode_with_name("\xc0\x12", 2), DECODE_BAD); /* into itself */
	assert_int_equal(decode_with_name("\xc0\x13", 2), DECODE_BAD); /* forwards */
	assert_int_equal(decode_with_name("\xc0\x00", 2), DECODE_BAD); /* into the header */
	assert_int_equal(decode_with_name("\xc0\x0b", 2), DECODE_BAD);
	assert_int_equal(decode_with_name("\xff\xff", 2), DECODE_BAD);
	/* Labels, then to where they began: a loop. */
	assert_int_equal(decode_with_name("\1a\xc0\x11", 4), DECODE_BAD);
	assert_int_equal(decode_with_name("\1a\xc0\x0c", 4), DECODE_OK);
	/* The two kinds of label that nobody uses. */
	assert_int_equal(decode_with_name("\x40", 1), DECODE_BAD);
	assert_int_equal(decode_with_name("\x80", 1), DECODE_BAD);
	assert_int_equal(decode_with_name("\xbf\x0c", 2), DECODE_BAD);
}

static void names_are_bounded(void **state)
{
	(void)state;
	uint8_t name[300];

	/* 255 bytes on the wire are the most: 3 * 64 + 62 + 1. */
	memset(name, 'x', sizeof(name));
	name[0] = name[64] = name[128] = 63;
	name[192] = 61;
	name[254] = 0;
	assert_int_equal(decode_with_name(name, 255), DECODE_OK);
	name[192] = 62;
	name[254] = 'x';
	name[255] = 0;
	assert_int_equal(decode_with_name(name, 256), DECODE_BAD);
	/* As many labels as there can be, and one more. */
	for (size_t i = 0; i < 256; i += 2)
		name[i] = 1;
	name[254] = 0;
	assert_int_equal(decode_with_name(name, 255), DECODE_OK);
	name[254] = 1;
	name[255] = 'x';
	name[256] = 0;
	assert_int_equal(decode_with_name(name, 257), DECODE_BAD);
}

/* A chain of pointers, each to the one before, ends at some length. */
static void pointers_are_counted(void **state)
{
	(void)state;
	for (unsigned count = 1; count < 200; count += 1) {
		uint8_t room[1024];
		struct writer writer = writer_on(room, sizeof(room));
		struct dns_message message;
		size_t at;

		put_header(&writer, 0x8180, 1, 2);
		writer_u8(&writer, 0);
		put_question_end(&writer, DNS_TYPE_TXT);
		writer_u8(&writer, 0);
		put_question_end(&writer, DNS_TYPE_TXT);
		writer_u32(&writer, 0);
		writer_u16(&writer, (uint16_t)(2 * count));
		at = writer.len;
		writer_u16(&writer, 0xc000 | DNS_HEADER_SIZE);
		for (unsigned i = 1; i < count; i++)
			writer_u16(&writer, (uint16_t)(0xc000 | (at + 2 * i - 2)));
		writer_u16(&writer, (uint16_t)(0xc000 | (at + 2 * count - 2)));
		put_question_end(&writer, DNS_TYPE_TXT);
		writer_u32(&writer, 0);
		writer_u16(&writer, 0);
		assert_int_equal(decode(writer_bytes(&writer), &message),
				 count < 127 ? DECODE_OK : DECODE_BAD);
	}
}

static void names_are_in_the_canonical_form(void **state)
{
	(void)state;
	static const uint8_t question[] = "\5A.b\\\1\3CoM";
	uint8_t room[64];
	struct writer writer = writer_on(room, sizeof(room));
	struct dns_message message;

	put_header(&writer, 0x0100, 1, 0);
	writer_put(&writer, question, sizeof(question));
	put_question_end(&writer, DNS_TYPE_A);
	assert_reads(writer_bytes(&writer), &message);
	assert_string_equal(message.question.text, "a\\046b\\092\\001.com");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_question),
		cmocka_unit_test(reads_edns),
		cmocka_unit_test(reads_addresses),
		cmocka_unit_test(reads_compressed_names_and_sections),
		cmocka_unit_test(reads_services),
		cmocka_unit_test(reads_a_negative_answer),
		cmocka_unit_test(every_prefix_is_bad),
		cmocka_unit_test(bytes_too_many_are_bad),
		cmocka_unit_test(every_byte_may_be_anything),
		cmocka_unit_test(every_length_off_by_one_is_bad),
		cmocka_unit_test(pointers_go_strictly_backwards),
		cmocka_unit_test(names_are_bounded),
		cmocka_unit_test(pointers_are_counted),
		cmocka_unit_test(names_are_in_the_canonical_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
