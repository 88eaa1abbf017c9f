/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "redact/dns.h"
#include "tests/unit/support/records.h"

/* ---- refusals ---- */

struct denied {
	uint8_t room[600];
	struct writer writer;
	struct dns_message message;
};

static void deny(struct bytes query, enum dns_denial denial, const char *reason,
		 struct denied *ret_denied)
{
	struct dns_message message = read_message(query);

	ret_denied->writer = writer_on(ret_denied->room, sizeof(ret_denied->room));
	redact_dns_deny(&message, denial, reason, &ret_denied->writer);
	assert_true(writer_ok(&ret_denied->writer));
	ret_denied->message = read_message(writer_bytes(&ret_denied->writer));
	assert_ldns_reads(writer_bytes(&ret_denied->writer));
	assert_true(ret_denied->message.response);
	assert_int_equal(ret_denied->message.id, message.id);
}

#define SOA                                                                       \
	"086761746577617964" /* gatewayd */                                       \
	"07696e76616c696400" /* invalid */                                        \
	"066e6f626f6479"     /* nobody */                                         \
	"07696e76616c696400"                                                      \
	"0000000100000e10000002580001518000" /* serial, refresh, retry, expire */ \
	"00012c"                             /* minimum: 300 */

static void denies_with_no_data(void **state)
{
	(void)state;
	struct denied denied;
	struct dns_record record;
	struct dns_walk walk;

	deny(BYTES(message_query), DNS_DENY_NODATA, "blocked by home/3", &denied);
	assert_int_equal(denied.message.rcode, DNS_NOERROR);
	assert_string_equal(records_of(&denied.message), "|www.example.com 6 " SOA ";");
	/* Question as it was, RD copied, RA set, nothing else. */
	assert_memory_equal(denied.room + 12, message_query + 12, sizeof(message_query) - 12);
	assert_int_equal(denied.room[2], 0x81);
	assert_int_equal(denied.room[3], 0x80);
	dns_walk_start(&walk, &denied.message);
	assert_true(dns_next_record(&walk, &record));
	assert_int_equal(record.ttl, DNS_DENIAL_TTL);
}

static void denies_that_there_is_such_a_name(void **state)
{
	(void)state;
	struct denied denied;

	deny(BYTES(message_query), DNS_DENY_NXDOMAIN, NULL, &denied);
	assert_int_equal(denied.message.rcode, DNS_NXDOMAIN);
	/* A zone that exists cannot be the name that does not. */
	assert_string_equal(records_of(&denied.message), "|example.com 6 " SOA ";");
}

static void denies_with_zero_addresses(void **state)
{
	(void)state;
	struct denied denied;
	uint8_t query[sizeof(message_query)];

	deny(BYTES(message_query), DNS_DENY_ZERO, NULL, &denied);
	assert_string_equal(records_of(&denied.message), "www.example.com 1 00000000;");
	deny(BYTES(message_query_dnssec), DNS_DENY_ZERO, NULL, &denied);
	assert_string_equal(records_of(&denied.message),
			    "six.example.com 28 00000000000000000000000000000000;"
			    "|| 41 000f0002000f;");
	deny(BYTES(message_query_https), DNS_DENY_ZERO, NULL, &denied);
	assert_string_equal(records_of(&denied.message),
			    "|svc.example.com 6 " SOA ";| 41 000f0002000f;");
	memcpy(query, message_query, sizeof(query));
	query[sizeof(query) - 1] = DNS_CLASS_CHAOS;
	deny(BYTES(query), DNS_DENY_ZERO, NULL, &denied);
	assert_int_equal(denied.message.record_count[DNS_ANSWER], 0);
	assert_int_equal(denied.message.record_count[DNS_AUTHORITY], 1);
}

static void denies_by_refusing(void **state)
{
	(void)state;
	struct denied denied;

	deny(BYTES(message_query), DNS_DENY_REFUSED, NULL, &denied);
	assert_int_equal(denied.message.rcode, DNS_REFUSED);
	assert_string_equal(records_of(&denied.message), "");
}

static void says_why_when_it_was_asked_with_edns(void **state)
{
	(void)state;
	struct denied denied;

	deny(BYTES(message_query_dnssec), DNS_DENY_REFUSED, "by A/1", &denied);
	/* Option 15, 8 bytes: info-code 15, text. */
	assert_string_equal(records_of(&denied.message), "|| 41 000f0008000f627920412f31;");
	assert_int_equal(denied.message.edns_payload_size, 1232);
	assert_true(denied.message.dnssec_ok);
	/* The client's subnet does not come back. */
	deny(BYTES(message_query_subnet), DNS_DENY_REFUSED, NULL, &denied);
	assert_string_equal(records_of(&denied.message), "|| 41 000f0002000f;");
	assert_false(denied.message.dnssec_ok);
}

static void a_long_reason_is_cut_between_characters(void **state)
{
	(void)state;
	struct denied denied;
	char reason[400];

	memset(reason, 'r', sizeof(reason));
	memcpy(reason + 127, "\xc3\xa4", 2);
	reason[399] = 0;
	deny(BYTES(message_query_dnssec), DNS_DENY_NODATA, reason, &denied);
	/* The last byte would be half an "ae"; so 127 remain. */
	assert_int_equal(denied.room[denied.writer.len - 1], 'r');
	assert_int_equal(denied.writer.len, 12 + 21 + 12 + 54 + 11 + 6 + 127);
}

static void put_query(struct writer *writer, uint16_t flags, uint16_t questions,
		      struct bytes name_and_type)
{
	writer_u16(writer, 0x1234);
	writer_u16(writer, flags);
	writer_u16(writer, questions);
	writer_u32(writer, 0);
	writer_u16(writer, 1);
	for (unsigned i = 0; i < questions; i++)
		writer_bytes_put(writer, name_and_type);
	writer_put(writer, "\0\0\x29\x04\xd0\0\0\0\0\0", 11);
}

/* 512 bytes are what a device takes in any case. */
static void the_longest_question_leaves_room(void **state)
{
	(void)state;
	uint8_t room[512], question[259], long_reason[200];
	struct writer writer = writer_on(room, sizeof(room));
	struct denied denied;

	memset(question, 'x', sizeof(question));
	question[0] = question[64] = question[128] = 63;
	question[192] = 61;
	memcpy(question + 254, "\0\0\1\0\1", 5);
	put_query(&writer, 0x0100, 1, BYTES(question));
	memset(long_reason, 'r', sizeof(long_reason));
	long_reason[199] = 0;
	for (int denial = DNS_DENY_NODATA; denial <= DNS_DENY_REFUSED; denial++) {
		deny(writer_bytes(&writer), (enum dns_denial)denial, (const char *)long_reason,
		     &denied);
		assert_true(denied.writer.len <= 512);
	}
}

static void the_root_can_be_denied(void **state)
{
	(void)state;
	uint8_t room[64];
	struct writer writer = writer_on(room, sizeof(room));
	struct denied denied;

	put_query(&writer, 0x0100, 1, bytes_of("\0\0\2\0\1", 5));
	for (int denial = DNS_DENY_NODATA; denial <= DNS_DENY_REFUSED; denial++)
		deny(writer_bytes(&writer), (enum dns_denial)denial, NULL, &denied);
	deny(writer_bytes(&writer), DNS_DENY_NXDOMAIN, NULL, &denied);
	assert_string_equal(records_of(&denied.message), "| 6 " SOA ";| 41 000f0002000f;");
}

static void odd_questions_get_an_error(void **state)
{
	(void)state;
	uint8_t room[64];
	struct writer writer = writer_on(room, sizeof(room));
	struct bytes question = bytes_of("\1a\0\0\1\0\1", 7);
	struct denied denied;

	put_query(&writer, 0x0110, 2, question);
	deny(writer_bytes(&writer), DNS_DENY_ZERO, NULL, &denied);
	assert_int_equal(denied.message.rcode, DNS_FORMERR);
	assert_int_equal(denied.message.question_count, 0);
	assert_int_equal(denied.room[3], 0x91); /* RA, CD, FORMERR */
	assert_string_equal(records_of(&denied.message), "|| 41 000f0002000f;");

	writer = writer_on(room, sizeof(room));
	put_query(&writer, DNS_OPCODE_NOTIFY << 11, 1, question);
	deny(writer_bytes(&writer), DNS_DENY_NODATA, NULL, &denied);
	assert_int_equal(denied.message.rcode, DNS_NOTIMP);
	assert_int_equal(denied.message.opcode, DNS_OPCODE_NOTIFY);
	assert_int_equal(denied.message.question_count, 1);
}

/* An answer of which nothing may stay becomes a refusal of its question. */
static void an_answer_can_be_denied(void **state)
{
	(void)state;
	struct denied denied;

	deny(BYTES(message_answer_signed), DNS_DENY_NODATA, NULL, &denied);
	assert_string_equal(records_of(&denied.message),
			    "|cam.example.com 6 " SOA ";| 41 000f0002000f;");
	assert_memory_equal(denied.room + 12, message_answer_signed + 12, 21);
	/* Not authenticated any more. */
	assert_int_equal(denied.room[3], 0x80);
}

static void a_denial_without_room_fails_the_writer(void **state)
{
	(void)state;
	struct dns_message message = read_message(BYTES(message_query_dnssec));

	for (size_t size = 0; size < 110; size++) {
		uint8_t zero[110] = {0};
		struct bytes block = block_copy(zero, size);
		struct writer writer = writer_on((uint8_t *)(uintptr_t)block.data, size);

		redact_dns_deny(&message, DNS_DENY_NODATA, "why", &writer);
		assert_false(writer_ok(&writer));
		block_free(block);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(denies_with_no_data),
		cmocka_unit_test(denies_that_there_is_such_a_name),
		cmocka_unit_test(denies_with_zero_addresses),
		cmocka_unit_test(denies_by_refusing),
		cmocka_unit_test(says_why_when_it_was_asked_with_edns),
		cmocka_unit_test(a_long_reason_is_cut_between_characters),
		cmocka_unit_test(the_longest_question_leaves_room),
		cmocka_unit_test(the_root_can_be_denied),
		cmocka_unit_test(odd_questions_get_an_error),
		cmocka_unit_test(an_answer_can_be_denied),
		cmocka_unit_test(a_denial_without_room_fails_the_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
