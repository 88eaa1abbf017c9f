/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "redact/dns.h"
#include "tests/unit/support/records.h"

/* ---- edits ---- */

/* Addresses to be pruned, ended by NULL. */
static bool is_listed(void *context, const struct address *address)
{
	const char *const *list = context;
	char text[ADDRESS_TEXT_SIZE];

	address_print(address, text);
	for (; *list; list++) {
		if (strcmp(*list, text) == 0)
			return true;
	}
	return false;
}

struct edited {
	uint8_t room[1024];
	struct writer writer;
	struct redact_dns_result result;
	struct dns_message message;
};

static bool try_edit(struct bytes data, const struct redact_dns_edits *edits,
		     struct edited *ret_edited)
{
	struct bytes block = block_copy(data.data, data.len);
	struct dns_message message = read_message(block);
	bool done;

	ret_edited->writer = writer_on(ret_edited->room, sizeof(ret_edited->room));
	/* Something before it, as the length on TCP. */
	writer_u16(&ret_edited->writer, 0xabcd);
	done = redact_dns_edit(&message, edits, &ret_edited->writer, &ret_edited->result);
	block_free(block);
	return done;
}

static void edit(struct bytes data, const struct redact_dns_edits *edits, struct edited *ret_edited)
{
	struct bytes result;

	assert_true(try_edit(data, edits, ret_edited));
	assert_int_equal(ret_edited->room[0], 0xab);
	result = bytes_of(ret_edited->room + 2, ret_edited->writer.len - 2);
	ret_edited->message = read_message(result);
	assert_ldns_reads(result);
	if (edits->keep_length)
		assert_int_equal(result.len, data.len);
}

static struct redact_dns_edits pruning(const char *const *list)
{
	struct redact_dns_edits edits = {.prune = is_listed};

	/* The callback takes it back as what it is. */
	memcpy(&edits.context, &list, sizeof(list));
	return edits;
}

static void what_needs_no_edit_is_copied(void **state)
{
	(void)state;
	static const struct bytes messages[] = {
		{message_query, sizeof(message_query)},
		{message_answer, sizeof(message_answer)},
		{message_answer_https, sizeof(message_answer_https)},
		{message_answer_nxdomain, sizeof(message_answer_nxdomain)},
		{message_answer_signed, sizeof(message_answer_signed)},
		{message_query_subnet, sizeof(message_query_subnet)},
	};
	static const char *const nobody[] = {"192.0.2.99", NULL};

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		for (unsigned keep = 0; keep <= 1; keep++) {
			struct redact_dns_edits edits = pruning(nobody);
			struct edited edited;

			edits.keep_length = keep;
			edit(messages[i], &edits, &edited);
			assert_false(edited.result.changed);
			assert_bytes(edited.message.data, messages[i].data, messages[i].len);
		}
	}
}

static void prunes_addresses(void **state)
{
	(void)state;
	static const char *const one[] = {"203.0.113.3", NULL};
	static const char *const all[] = {"198.51.100.2", "203.0.113.3", "192.0.2.1", NULL};
	static const char *const six[] = {"2001:db8::1", NULL};
	struct redact_dns_edits edits = pruning(one);
	struct edited edited;

	edit(BYTES(message_answer), &edits, &edited);
	assert_true(edited.result.changed);
	assert_int_equal(edited.result.addresses_left, 2);
	assert_int_equal(edited.result.addresses_pruned, 1);
	assert_string_equal(records_of(&edited.message),
			    "www.example.com 1 c6336402;www.example.com 1 c0000201;");
	assert_int_equal(edited.message.id, 0xfddd);

	edits = pruning(all);
	edit(BYTES(message_answer), &edits, &edited);
	assert_int_equal(edited.result.addresses_left, 0);
	assert_int_equal(edited.result.addresses_pruned, 3);
	assert_string_equal(records_of(&edited.message), "");

	edits = pruning(six);
	edit(BYTES(message_answer_six), &edits, &edited);
	assert_string_equal(records_of(&edited.message),
			    "six.example.com 28 20010db8ffff00000000000000000002;|| 41 ;");
	assert_int_equal(edited.message.edns_payload_size, 1232);
	assert_true(edited.message.dnssec_ok);
}

/* The signature goes with what it was over; names are still the right ones. */
static void signatures_go_with_their_addresses(void **state)
{
	(void)state;
	static const char *const one[] = {"192.0.2.7", NULL};
	static const char *const glue[] = {"198.51.100.9", NULL};
	struct redact_dns_edits edits = pruning(one);
	struct edited edited;

	edit(BYTES(message_answer_signed), &edits, &edited);
	assert_string_equal(records_of(&edited.message),
			    "cam.example.com 5 04656467650363646e076578616d706c6500;"
			    "|cdn.example 2 026e73c032;"
			    "|ns.cdn.example 1 c6336409; 41 ;");
	assert_int_equal(edited.result.addresses_pruned, 1);
	assert_int_equal(edited.result.addresses_left, 0);
	assert_int_equal(message_answer_signed[3] & 0x20, 0x20);
	assert_int_equal(edited.message.data.data[3] & 0x20, 0);

	/* Beside the answer it is edited, but does not count. */
	edits = pruning(glue);
	edit(BYTES(message_answer_signed), &edits, &edited);
	assert_true(edited.result.changed);
	assert_int_equal(edited.result.addresses_pruned, 0);
	assert_int_equal(edited.result.addresses_left, 1);
	assert_int_equal(edited.message.record_count[DNS_ADDITIONAL], 1);
}

#define MANDATORY_BOTH "0000000400010004"
#define MANDATORY_ALPN "000000020001"
#define ALPN               \
	"0001000602683202" \
	"6833"
#define HINT_IPV4 "00040008c0000201cb007103"
#define ECH                                \
	"0005000f0045fe0d0041a50020002078" \
	"43d91d"
#define HINT_IPV6 "0006001020010db8000000000000000000000001"

static void assert_service(const struct edited *edited, const char *params)
{
	char expected[512];
	int len =
		snprintf(expected, sizeof(expected), "svc.example.com 65 000100%s;|| 41 ;", params);

	assert_true(len > 0 && (size_t)len < sizeof(expected));
	assert_string_equal(records_of(&edited->message), expected);
}

static void edits_services(void **state)
{
	(void)state;
	static const char *const nobody[] = {NULL};
	static const char *const one[] = {"203.0.113.3", NULL};
	static const char *const four[] = {"203.0.113.3", "192.0.2.1", NULL};
	static const char *const all[] = {"203.0.113.3", "192.0.2.1", "2001:db8::1", NULL};
	struct redact_dns_edits edits = pruning(nobody);
	struct edited edited;

	edit(BYTES(message_answer_https), &edits, &edited);
	assert_service(&edited, MANDATORY_BOTH ALPN HINT_IPV4 ECH HINT_IPV6);
	assert_int_equal(edited.result.addresses_left, 3);

	edits.strip_ech = true;
	edit(BYTES(message_answer_https), &edits, &edited);
	assert_service(&edited, MANDATORY_BOTH ALPN HINT_IPV4 HINT_IPV6);
	assert_int_equal(edited.result.ech_stripped, 1);
	assert_int_equal(edited.result.addresses_left, 3);

	edits = pruning(one);
	edit(BYTES(message_answer_https), &edits, &edited);
	assert_service(&edited, MANDATORY_BOTH ALPN "00040004c0000201" ECH HINT_IPV6);
	assert_int_equal(edited.result.addresses_left, 2);
	assert_int_equal(edited.result.addresses_pruned, 1);

	/* What goes is not mandatory any more. */
	edits = pruning(four);
	edit(BYTES(message_answer_https), &edits, &edited);
	assert_service(&edited, MANDATORY_ALPN ALPN ECH HINT_IPV6);

	edits = pruning(all);
	edits.strip_ech = true;
	edit(BYTES(message_answer_https), &edits, &edited);
	assert_service(&edited, MANDATORY_ALPN ALPN);
	assert_int_equal(edited.result.addresses_left, 0);
	assert_int_equal(edited.result.addresses_pruned, 3);
}

/* An answer with one HTTPS record of this RDATA; returns its whole length. */
static struct bytes with_service(uint8_t *room, size_t size, const void *data, size_t len)
{
	struct writer writer = writer_on(room, size);

	writer_put(&writer, message_answer_https, 12 + 21 + 10);
	writer_u16(&writer, (uint16_t)len);
	writer_put(&writer, data, len);
	assert_true(writer_ok(&writer));
	room[11] = 0; /* no OPT */
	return writer_bytes(&writer);
}

static void a_mandatory_list_of_what_goes_goes(void **state)
{
	(void)state;
	static const char data[] = "\0\1\1t\0"
				   "\0\0\0\2\0\5"
				   "\0\5\0\1e"
				   "\xff\x01\0\2zz";
	struct redact_dns_edits edits = {.strip_ech = true};
	struct edited edited;
	uint8_t room[128];

	edit(with_service(room, sizeof(room), data, sizeof(data) - 1), &edits, &edited);
	assert_string_equal(records_of(&edited.message), "svc.example.com 65 0001017400"
							 "ff0100027a7a;");
}

static void an_alias_is_left_alone(void **state)
{
	(void)state;
	static const char data[] = "\0\0\1t\0"
				   "\0\4\0\4\xcb\0\x71\3";
	static const char *const one[] = {"203.0.113.3", NULL};
	struct redact_dns_edits edits = pruning(one);
	struct edited edited;
	uint8_t room[128];

	edits.strip_ech = true;
	edit(with_service(room, sizeof(room), data, sizeof(data) - 1), &edits, &edited);
	assert_false(edited.result.changed);
}

/* ---- client subnet ---- */

static void strips_the_client_subnet(void **state)
{
	(void)state;
	struct redact_dns_edits edits = {.strip_client_subnet = true};
	struct edited edited;

	edit(BYTES(message_query_subnet), &edits, &edited);
	assert_true(edited.result.changed);
	assert_int_equal(edited.result.subnets_stripped, 1);
	assert_string_equal(records_of(&edited.message), "|| 41 ;");
	assert_int_equal(edited.message.edns_payload_size, 4096);
	assert_int_equal(edited.writer.len - 2, sizeof(message_query_subnet) - 11);

	edits.keep_length = true;
	edit(BYTES(message_query_subnet), &edits, &edited);
	assert_int_equal(edited.result.subnets_stripped, 1);
	assert_string_equal(records_of(&edited.message), "|| 41 0008000700010000000000;");
}

/* Others stay, in their order; prefix 0 says nothing (RFC 7871 section 7.1.2). */
static void other_options_stay(void **state)
{
	(void)state;
	static const char options[] = "\0\12\0\10cookies!"
				      "\0\10\0\10\0\1\x20\0\xc0\0\2\1"
				      "\0\10\0\4\0\1\0\0"
				      "\0\14\0\2\0\0";
	struct redact_dns_edits edits = {.strip_client_subnet = true};
	uint8_t room[128];
	struct writer writer = writer_on(room, sizeof(room));
	struct edited edited;

	writer_put(&writer, message_query_dnssec, sizeof(message_query_dnssec) - 2);
	writer_u16(&writer, sizeof(options) - 1);
	writer_put(&writer, options, sizeof(options) - 1);
	edit(writer_bytes(&writer), &edits, &edited);
	assert_string_equal(records_of(&edited.message), "|| 41 000a0008636f6f6b69657321"
							 "0008000400010000"
							 "000c00020000;");
	edits.keep_length = true;
	edit(writer_bytes(&writer), &edits, &edited);
	assert_string_equal(records_of(&edited.message), "|| 41 000a0008636f6f6b69657321"
							 "000800080001000000000000"
							 "0008000400010000"
							 "000c00020000;");
}

/* ---- where the length must stay ---- */

static void an_address_becomes_one_that_stays(void **state)
{
	(void)state;
	static const char *const one[] = {"198.51.100.2", NULL};
	static const char *const two[] = {"198.51.100.2", "192.0.2.1", NULL};
	struct redact_dns_edits edits = pruning(one);
	struct edited edited;

	edits.keep_length = true;
	edit(BYTES(message_answer), &edits, &edited);
	assert_string_equal(records_of(&edited.message),
			    "www.example.com 1 cb007103;www.example.com 1 cb007103;"
			    "www.example.com 1 c0000201;");
	assert_int_equal(edited.result.addresses_left, 2);
	edits = pruning(two);
	edits.keep_length = true;
	edit(BYTES(message_answer), &edits, &edited);
	assert_string_equal(records_of(&edited.message),
			    "www.example.com 1 cb007103;www.example.com 1 cb007103;"
			    "www.example.com 1 cb007103;");
}

static void an_address_without_company_becomes_unknown(void **state)
{
	(void)state;
	static const char *const all[] = {"198.51.100.2", "203.0.113.3", "192.0.2.1", NULL};
	static const char *const signed_one[] = {"192.0.2.7", NULL};
	static const char *const both[] = {"192.0.2.7", "198.51.100.9", NULL};
	struct redact_dns_edits edits = pruning(all);
	struct edited edited;

	edits.keep_length = true;
	edit(BYTES(message_answer), &edits, &edited);
	assert_string_equal(records_of(&edited.message),
			    "www.example.com 65280 00000000;www.example.com 65280 00000000;"
			    "www.example.com 65280 00000000;");

	/* Glue of another name is no company; the signature is of an unknown type, too. */
	edits = pruning(signed_one);
	edits.keep_length = true;
	edit(BYTES(message_answer_signed), &edits, &edited);
	assert_non_null(strstr(records_of(&edited.message), "edge.cdn.example 65280 00000000;"
							    "edge.cdn.example 65280 0001080300"));
	assert_non_null(strstr(records_of(&edited.message), "|ns.cdn.example 1 c6336409;"));
	assert_int_equal(edited.message.data.data[3] & 0x20, 0);

	edits = pruning(both);
	edits.keep_length = true;
	edit(BYTES(message_answer_signed), &edits, &edited);
	assert_non_null(strstr(records_of(&edited.message), "|ns.cdn.example 65280 00000000;"));
}

/* Two names in one answer: each has its own addresses. */
static void company_is_of_the_same_name(void **state)
{
	(void)state;
	static const char *const one[] = {"192.0.2.7", NULL};
	struct redact_dns_edits edits = pruning(one);
	uint8_t room[128];
	struct writer writer = writer_on(room, sizeof(room));
	struct edited edited;

	writer_put(&writer, message_answer, 33);
	writer_put(&writer, "\xc0\x0c\0\1\0\1\0\0\0\0\0\4\xc0\0\2\1", 16);
	writer_put(&writer, "\1b\0\0\1\0\1\0\0\0\0\0\4\xc0\0\2\7", 17);
	room[7] = 2;
	edits.keep_length = true;
	edit(writer_bytes(&writer), &edits, &edited);
	assert_string_equal(records_of(&edited.message),
			    "www.example.com 1 c0000201;b 65280 00000000;");
}

static void hints_are_overwritten_or_become_private(void **state)
{
	(void)state;
	static const char *const one[] = {"203.0.113.3", NULL};
	static const char *const four[] = {"203.0.113.3", "192.0.2.1", NULL};
	static const char *const all[] = {"203.0.113.3", "192.0.2.1", "2001:db8::1", NULL};
	struct redact_dns_edits edits = pruning(one);
	struct edited edited;

	edits.keep_length = edits.strip_ech = true;
	edit(BYTES(message_answer_https), &edits, &edited);
	assert_service(&edited, MANDATORY_BOTH ALPN "00040008c0000201c0000201" ECH HINT_IPV6);
	assert_int_equal(edited.result.ech_stripped, 0);

	/* Keys go up, so what has become private is at the end. */
	edits = pruning(four);
	edits.keep_length = true;
	edit(BYTES(message_answer_https), &edits, &edited);
	assert_service(&edited, "000000040001ff00" ALPN ECH HINT_IPV6 "ff0000080000000000000000");

	edits = pruning(all);
	edits.keep_length = true;
	edit(BYTES(message_answer_https), &edits, &edited);
	assert_service(&edited, "000000040001ff00" ALPN ECH "ff0000080000000000000000"
				"ff01001000000000000000000000000000000000");
}

static void private_keys_in_use_are_not_taken_again(void **state)
{
	(void)state;
	static const char used[] = "\0\1\0"
				   "\0\4\0\4\xcb\0\x71\3"
				   "\xff\x07\0\1z";
	static const char last_used[] = "\0\1\0"
					"\0\4\0\4\xcb\0\x71\3"
					"\xff\xfe\0\1z";
	static const char *const one[] = {"203.0.113.3", NULL};
	struct redact_dns_edits edits = pruning(one);
	struct edited edited;
	uint8_t room[128];

	edits.keep_length = true;
	edit(with_service(room, sizeof(room), used, sizeof(used) - 1), &edits, &edited);
	assert_string_equal(records_of(&edited.message), "svc.example.com 65 000100"
							 "ff0700017a"
							 "ff08000400000000;");
	/* None is free: it cannot be done, so it is not let through. */
	assert_false(try_edit(with_service(room, sizeof(room), last_used, sizeof(last_used) - 1),
			      &edits, &edited));
	assert_int_equal(edited.writer.len, 2);
}

/* ---- what cannot be edited ---- */

/* The owner of the second record is compressed into the first one's address. */
static void names_out_of_addresses_are_not_let_through(void **state)
{
	(void)state;
	static const char *const one[] = {"1.97.0.0", NULL};
	struct redact_dns_edits edits = pruning(one);
	uint8_t room[128];
	struct writer writer = writer_on(room, sizeof(room));
	struct edited edited;

	writer_put(&writer, message_answer, 33);
	writer_put(&writer, "\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1a\0\0", 16);
	writer_put(&writer, "\xc0\x2d\0\x10\0\1\0\0\0\0\0\0", 12);
	room[7] = 2;
	edits.keep_length = true;
	assert_false(try_edit(writer_bytes(&writer), &edits, &edited));
	/* Written anew it is all right. */
	edits.keep_length = false;
	edit(writer_bytes(&writer), &edits, &edited);
	assert_string_equal(records_of(&edited.message), "a 16 ;");
}

static void what_is_signed_as_a_whole_is_not_edited(void **state)
{
	(void)state;
	static const char *const one[] = {"203.0.113.3", NULL};
	struct redact_dns_edits edits = pruning(one);
	uint8_t room[128];
	struct writer writer = writer_on(room, sizeof(room));
	struct edited edited;

	writer_put(&writer, message_answer, sizeof(message_answer));
	writer_put(&writer, "\1k\0\0\xfa\0\xff\0\0\0\0\0\x11", 13);
	writer_put(&writer, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17);
	room[11] = 1;
	assert_false(try_edit(writer_bytes(&writer), &edits, &edited));
	edits.prune = NULL;
	assert_true(try_edit(writer_bytes(&writer), &edits, &edited));
}

static void an_edit_without_room_fails(void **state)
{
	(void)state;
	static const char *const one[] = {"203.0.113.3", NULL};

	for (unsigned keep = 0; keep <= 1; keep++) {
		struct redact_dns_edits edits = pruning(one);
		struct dns_message message = read_message(BYTES(message_answer));
		struct redact_dns_result result = {.addresses_left = 77};

		edits.keep_length = keep;
		for (size_t size = 0; size < sizeof(message_answer) - (keep ? 0 : 16); size++) {
			uint8_t zero[sizeof(message_answer)] = {0};
			struct bytes block = block_copy(zero, size);
			struct writer writer = writer_on((uint8_t *)(uintptr_t)block.data, size);

			assert_false(redact_dns_edit(&message, &edits, &writer, &result));
			assert_int_equal(result.addresses_left, 77);
			block_free(block);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_needs_no_edit_is_copied),
		cmocka_unit_test(prunes_addresses),
		cmocka_unit_test(signatures_go_with_their_addresses),
		cmocka_unit_test(edits_services),
		cmocka_unit_test(a_mandatory_list_of_what_goes_goes),
		cmocka_unit_test(an_alias_is_left_alone),
		cmocka_unit_test(strips_the_client_subnet),
		cmocka_unit_test(other_options_stay),
		cmocka_unit_test(an_address_becomes_one_that_stays),
		cmocka_unit_test(an_address_without_company_becomes_unknown),
		cmocka_unit_test(company_is_of_the_same_name),
		cmocka_unit_test(hints_are_overwritten_or_become_private),
		cmocka_unit_test(private_keys_in_use_are_not_taken_again),
		cmocka_unit_test(names_out_of_addresses_are_not_let_through),
		cmocka_unit_test(what_is_signed_as_a_whole_is_not_edited),
		cmocka_unit_test(an_edit_without_room_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
