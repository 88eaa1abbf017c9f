/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS messages, and whether ldns reads them alike: of a message that both can
 * read, question and addresses are the same; and one that ldns wrote itself
 * from what it read must be readable here.
 */
#include "decode/dns.h"

#include <ldns/ldns.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(condition)         \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_record(const struct dns_message *message, const struct dns_record *record)
{
	struct dns_hints hints;
	struct dns_hint hint;
	size_t hint_bytes = 0;

	ENSURE(record->data_offset + record->data.len <= message->data.len);
	ENSURE(record->offset < record->data_offset);
	ENSURE(strlen(record->name.text) == record->name.len);
	ENSURE(strlen(record->target.text) == record->target.len);
	if (record->address.family != ADDRESS_NONE)
		ENSURE(address_len(&record->address) == record->data.len);
	if (!dns_hints_start(&hints, message, record))
		return;
	while (dns_next_hint(&hints, &hint))
		hint_bytes += 4 + hint.value.len;
	/* A message that was accepted has no parameter that cannot be read. */
	ENSURE(cursor_done(&hints.cursor) && hint_bytes <= record->data.len);
}

static void check_walk(const struct dns_message *message)
{
	struct dns_walk walk;
	struct dns_record record;
	unsigned count[3] = {0, 0, 0};

	dns_walk_start(&walk, message);
	while (dns_next_record(&walk, &record)) {
		count[record.section]++;
		check_record(message, &record);
	}
	for (int section = DNS_ANSWER; section <= DNS_ADDITIONAL; section++)
		ENSURE(count[section] == message->record_count[section]);
	ENSURE(walk.offset == message->data.len);
}

/* ---- beside ldns ---- */

/* False: it does not fit, escaped. */
static bool name_of_ldns(const ldns_rdf *field, struct name *ret_name)
{
	struct cursor cursor = cursor_on(bytes_of(ldns_rdf_data(field), ldns_rdf_size(field)));
	struct name name = {.len = 0};

	for (;;) {
		struct bytes label = cursor_take(&cursor, cursor_u8(&cursor));

		if (label.len == 0)
			break;
		if (!name_append_label(&name, label))
			return false;
	}
	*ret_name = name;
	return true;
}

/* Things that ldns takes and we do not: see decode/dns.h. */
static bool we_are_stricter(const ldns_pkt *packet, const ldns_rr_list *all)
{
	struct name name;

	if (ldns_pkt_edns_data(packet) || ldns_pkt_get_opcode(packet) != LDNS_PACKET_QUERY)
		return true;
	for (size_t i = 0; i < ldns_rr_list_rr_count(all); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(all, i);
		int type = (int)ldns_rr_get_type(rr);

		if (type == DNS_TYPE_SVCB || type == DNS_TYPE_HTTPS || type == DNS_TYPE_OPT)
			return true;
		if (!name_of_ldns(ldns_rr_owner(rr), &name))
			return true;
		if (type != DNS_TYPE_A && type != DNS_TYPE_AAAA && type != DNS_TYPE_CNAME)
			continue;
		if (ldns_rr_rd_count(rr) == 0)
			return true;
		if (type == DNS_TYPE_CNAME && !name_of_ldns(ldns_rr_rdf(rr, 0), &name))
			return true;
	}
	return false;
}

static bool is_address(const ldns_rr *rr)
{
	ldns_rr_type type = ldns_rr_get_type(rr);

	return ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
	       (type == LDNS_RR_TYPE_A || type == LDNS_RR_TYPE_AAAA);
}

static void compare_addresses(const ldns_rr_list *all, const struct dns_message *message)
{
	struct dns_walk walk;
	struct dns_record record;
	size_t i = 0;

	dns_walk_start(&walk, message);
	while (dns_next_record(&walk, &record)) {
		const ldns_rdf *field;
		struct name owner;

		if (record.address.family == ADDRESS_NONE)
			continue;
		while (i < ldns_rr_list_rr_count(all) && !is_address(ldns_rr_list_rr(all, i)))
			i++;
		ENSURE(i < ldns_rr_list_rr_count(all));
		field = ldns_rr_rdf(ldns_rr_list_rr(all, i), 0);
		ENSURE(field && ldns_rdf_size(field) == record.data.len);
		ENSURE(memcmp(ldns_rdf_data(field), record.address.bytes, record.data.len) == 0);
		ENSURE(name_of_ldns(ldns_rr_owner(ldns_rr_list_rr(all, i)), &owner));
		ENSURE(name_equal(&owner, &record.name));
		i++;
	}
	for (; i < ldns_rr_list_rr_count(all); i++)
		ENSURE(!is_address(ldns_rr_list_rr(all, i)));
}

static void compare(const ldns_pkt *packet, const ldns_rr_list *all,
		    const struct dns_message *message)
{
	const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(packet), 0);
	struct name name;

	ENSURE(message->id == ldns_pkt_id(packet));
	ENSURE(message->response == ldns_pkt_qr(packet));
	ENSURE(message->truncated == ldns_pkt_tc(packet));
	ENSURE(message->question_type == (uint16_t)ldns_rr_get_type(question));
	ENSURE(message->question_class == (uint16_t)ldns_rr_get_class(question));
	if (name_of_ldns(ldns_rr_owner(question), &name))
		ENSURE(name_equal(&name, &message->question));
	compare_addresses(all, message);
}

/*
 * ldns goes on after the bytes that a type is known to have, not after the
 * length that the record gives: such messages it reads in its own way.
 */
static bool is_cut_alike(const ldns_rr_list *all, const struct dns_message *message)
{
	struct dns_walk walk;
	struct dns_record record;
	size_t i = 0;

	dns_walk_start(&walk, message);
	while (dns_next_record(&walk, &record)) {
		const ldns_rr *rr = ldns_rr_list_rr(all, i);
		struct name owner;

		if (record.section == DNS_ADDITIONAL && record.type == DNS_TYPE_OPT)
			continue;
		if (!rr || ldns_rr_get_type(rr) != (ldns_rr_type)record.type ||
		    ldns_rr_get_class(rr) != (ldns_rr_class)record.class ||
		    ldns_rr_ttl(rr) != record.ttl || !name_of_ldns(ldns_rr_owner(rr), &owner) ||
		    !name_equal(&owner, &record.name))
			return false;
		i++;
	}
	return i == ldns_rr_list_rr_count(all);
}

/* ldns forgets the first of two TSIG records without freeing it. */
static bool may_hold_tsig(struct bytes data)
{
	for (size_t i = 1; i < data.len; i++) {
		if (data.data[i - 1] == 0 && data.data[i] == LDNS_RR_TYPE_TSIG)
			return true;
	}
	return false;
}

static void beside_ldns(struct bytes data, const struct dns_message *message)
{
	ldns_pkt *packet = NULL;
	struct dns_message again;
	uint8_t *wire = NULL;
	ldns_rr_list *all;
	size_t wire_len;
	struct name name;

	if (may_hold_tsig(data) || ldns_wire2pkt(&packet, data.data, data.len) != LDNS_STATUS_OK)
		return;
	all = ldns_pkt_all_noquestion(packet);
	if (all && ldns_rr_list_rr_count(ldns_pkt_question(packet)) == 1) {
		const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(packet), 0);

		if (message && is_cut_alike(all, message))
			compare(packet, all, message);
		if (ldns_rr_get_class(question) == LDNS_RR_CLASS_IN &&
		    name_of_ldns(ldns_rr_owner(question), &name) && !we_are_stricter(packet, all) &&
		    ldns_pkt2wire(&wire, packet, &wire_len) == LDNS_STATUS_OK) {
			ENSURE(decode_dns(bytes_of(wire, wire_len), &again) == DECODE_OK);
			compare(packet, all, &again);
		}
	}
	free(wire);
	ldns_rr_list_deep_free(all);
	ldns_pkt_free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct bytes bytes = bytes_of(copy, size);
	struct dns_message message;
	enum decode decoded;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	decoded = decode_dns(bytes, &message);
	ENSURE(decoded != DECODE_MORE);
	ENSURE(decode_dns_looks_right(bytes) == (decoded != DECODE_NOT));
	if (decoded == DECODE_OK)
		check_walk(&message);
	beside_ldns(bytes, decoded == DECODE_OK ? &message : NULL);
	free(copy);
	return 0;
}
