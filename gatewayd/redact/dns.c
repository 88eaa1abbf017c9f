/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals are written byte by byte (they are the fast path); answers and
 * questions that have to be edited are rewritten by ldns, which allocates for
 * the message at hand and frees it before return. Messages that need no edit
 * never reach ldns.
 *
 * RFC 1035, RFC 2308 (negative answers), RFC 6891 (EDNS), RFC 7871 (client
 * subnet), RFC 8914 (extended errors), RFC 9460 (SVCB), RFC 9619 (one question).
 */
#include "redact/dns.h"

#include <ldns/ldns.h>

#include "redact/dns_edit.h"

#define FLAG_RESPONSE 0x8000
#define FLAG_RECURSION_DESIRED 0x0100
#define FLAG_RECURSION_AVAILABLE 0x0080
#define FLAG_CHECKING_DISABLED 0x0010

/* A name that is the question's: it always follows the header. */
#define POINTER_TO_QUESTION (0xc000 | DNS_HEADER_SIZE)

#define OUR_PAYLOAD_SIZE 1232
#define ERROR_BLOCKED 15
/* With the longest question, the SOA and the rest, 512 bytes are kept. */
#define REASON_MOST 128

/* ---- refusals ---- */

struct refusal {
	uint8_t rcode;
	bool question; /* is sent back */
	bool soa;
	bool address;
};

static struct refusal refusal_of(const struct dns_message *query, enum dns_denial denial)
{
	struct refusal refusal = {.rcode = DNS_NOERROR, .question = query->question_count == 1};
	uint16_t type = query->question_type;

	if (query->opcode != DNS_OPCODE_QUERY) {
		refusal.rcode = DNS_NOTIMP;
		return refusal;
	}
	if (query->question_count != 1) {
		refusal.rcode = DNS_FORMERR;
		return refusal;
	}
	switch (denial) {
	case DNS_DENY_NODATA:
		refusal.soa = true;
		break;
	case DNS_DENY_NXDOMAIN:
		refusal.rcode = DNS_NXDOMAIN;
		refusal.soa = true;
		break;
	case DNS_DENY_ZERO:
		refusal.address = query->question_class == DNS_CLASS_IN &&
				  (type == DNS_TYPE_A || type == DNS_TYPE_AAAA);
		refusal.soa = !refusal.address;
		break;
	case DNS_DENY_REFUSED:
		refusal.rcode = DNS_REFUSED;
		break;
	}
	return refusal;
}

static void put_record_start(struct writer *writer, uint16_t type, uint16_t class, uint16_t len)
{
	writer_u16(writer, type);
	writer_u16(writer, class);
	writer_u32(writer, DNS_DENIAL_TTL);
	writer_u16(writer, len);
}

static void put_zero_address(struct writer *writer, const struct dns_message *query)
{
	uint16_t len = query->question_type == DNS_TYPE_A ? 4 : 16;

	writer_u16(writer, POINTER_TO_QUESTION);
	put_record_start(writer, query->question_type, DNS_CLASS_IN, len);
	writer_fill(writer, 0, len);
}

/* The zone of a name that does not exist is its parent; the root has none. */
static void put_soa(struct writer *writer, const struct dns_message *query, uint8_t rcode)
{
	static const uint8_t names[] = "\10gatewayd\7invalid\0\6nobody\7invalid";
	uint8_t label = query->data.data[DNS_HEADER_SIZE];
	uint16_t class = query->question_class;

	if (class == DNS_CLASS_ANY)
		class = DNS_CLASS_IN;
	if (label == 0)
		writer_u8(writer, 0);
	else if (rcode == DNS_NXDOMAIN)
		writer_u16(writer, (uint16_t)(POINTER_TO_QUESTION + 1 + label));
	else
		writer_u16(writer, POINTER_TO_QUESTION);
	put_record_start(writer, DNS_TYPE_SOA, class, sizeof(names) + 20);
	writer_put(writer, names, sizeof(names));
	writer_u32(writer, 1);              /* serial */
	writer_u32(writer, 3600);           /* refresh */
	writer_u32(writer, 600);            /* retry */
	writer_u32(writer, 86400);          /* expire */
	writer_u32(writer, DNS_DENIAL_TTL); /* minimum */
}

/* Never half a character of UTF-8. */
static size_t reason_len(const char *reason)
{
	size_t len = reason ? strlen(reason) : 0;

	if (len <= REASON_MOST)
		return len;
	len = REASON_MOST;
	while (len && ((uint8_t)reason[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static void put_options(struct writer *writer, const struct dns_message *query, const char *reason)
{
	size_t text_len = reason_len(reason);

	writer_u8(writer, 0);
	writer_u16(writer, DNS_TYPE_OPT);
	writer_u16(writer, OUR_PAYLOAD_SIZE);
	writer_u16(writer, 0); /* extended rcode, version */
	writer_u16(writer, query->dnssec_ok ? 0x8000 : 0);
	writer_u16(writer, (uint16_t)(6 + text_len));
	writer_u16(writer, DNS_OPTION_ERROR);
	writer_u16(writer, (uint16_t)(2 + text_len));
	writer_u16(writer, ERROR_BLOCKED);
	writer_put(writer, reason, text_len);
}

void redact_dns_deny(const struct dns_message *query, enum dns_denial denial, const char *reason,
		     struct writer *writer)
{
	struct refusal refusal = refusal_of(query, denial);
	struct cursor cursor = cursor_on(query->data);
	uint16_t flags;

	cursor_skip(&cursor, 2);
	flags = cursor_u16(&cursor) & (FLAG_RECURSION_DESIRED | FLAG_CHECKING_DISABLED);
	flags |= (uint16_t)(FLAG_RESPONSE | query->opcode << 11 | FLAG_RECURSION_AVAILABLE |
			    refusal.rcode);
	writer_u16(writer, query->id);
	writer_u16(writer, flags);
	writer_u16(writer, refusal.question);
	writer_u16(writer, refusal.address);
	writer_u16(writer, refusal.soa);
	writer_u16(writer, query->edns);
	if (refusal.question)
		writer_put(writer, query->data.data + DNS_HEADER_SIZE,
			   query->answers_offset - DNS_HEADER_SIZE);
	if (refusal.address)
		put_zero_address(writer, query);
	if (refusal.soa)
		put_soa(writer, query, refusal.rcode);
	if (query->edns)
		put_options(writer, query, reason);
}

/* ---- what there is to be edited ---- */

enum dns_edit_kind dns_edit_kind_of(uint16_t type)
{
	switch (type) {
	case DNS_TYPE_A:
		return DNS_EDIT_A;
	case DNS_TYPE_AAAA:
		return DNS_EDIT_AAAA;
	case DNS_TYPE_SVCB:
		return DNS_EDIT_SVCB;
	case DNS_TYPE_HTTPS:
		return DNS_EDIT_HTTPS;
	}
	return DNS_EDIT_KINDS;
}

bool dns_edit_prunes(const struct redact_dns_edits *edits, const struct address *address)
{
	return edits->prune && edits->prune(edits->context, address);
}

size_t dns_edit_hint_count(const struct dns_hint *hint)
{
	if (hint->key == DNS_SVCB_IPV4HINT)
		return hint->value.len / 4;
	if (hint->key == DNS_SVCB_IPV6HINT)
		return hint->value.len / 16;
	return 0;
}

struct address dns_edit_hint_address(const struct dns_hint *hint, size_t n)
{
	if (hint->key == DNS_SVCB_IPV4HINT)
		return address_ipv4(hint->value.data + 4 * n);
	return address_ipv6(hint->value.data + 16 * n);
}

void dns_edit_survey_params(struct dns_hints hints, const struct redact_dns_edits *edits,
			    struct dns_params_survey *ret_survey)
{
	struct dns_params_survey survey = {.changed = false};
	struct dns_hint hint;

	while (dns_next_hint(&hints, &hint)) {
		size_t count = dns_edit_hint_count(&hint);
		unsigned pruned = 0;

		for (size_t n = 0; n < count; n++) {
			struct address address = dns_edit_hint_address(&hint, n);

			if (dns_edit_prunes(edits, &address))
				pruned++;
		}
		survey.pruned += pruned;
		survey.left += (unsigned)count - pruned;
		if (count && pruned == count)
			survey.gone[hint.key] = true;
		if (hint.key == DNS_SVCB_ECH && edits->strip_ech && !edits->keep_length)
			survey.gone[hint.key] = survey.changed = true;
	}
	survey.changed |= survey.pruned != 0;
	*ret_survey = survey;
}

bool dns_edit_subnet_tells(struct bytes option)
{
	struct cursor cursor = cursor_on(option);
	uint8_t told = 0;

	cursor_skip(&cursor, 2);
	told |= cursor_u8(&cursor);
	cursor_skip(&cursor, 1);
	while (cursor_left(&cursor))
		told |= cursor_u8(&cursor);
	return told;
}

static unsigned count_telling_subnets(struct bytes options)
{
	struct cursor cursor = cursor_on(options);
	unsigned count = 0;

	while (cursor_left(&cursor)) {
		uint16_t code = cursor_u16(&cursor);
		struct bytes option = cursor_take(&cursor, cursor_u16(&cursor));

		if (code == DNS_OPTION_CLIENT_SUBNET && dns_edit_subnet_tells(option))
			count++;
	}
	return count;
}

static void count_addresses(struct dns_survey *survey, const struct dns_record *record,
			    unsigned left, unsigned pruned)
{
	if (pruned)
		survey->result.changed = survey->edited[dns_edit_kind_of(record->type)] = true;
	if (record->section != DNS_ANSWER)
		return;
	survey->result.addresses_left += left;
	survey->result.addresses_pruned += pruned;
}

static void survey_record(const struct dns_message *message, const struct dns_record *record,
			  const struct redact_dns_edits *edits, struct dns_survey *survey)
{
	struct dns_params_survey params;
	struct dns_hints hints;

	if (record->address.family != ADDRESS_NONE) {
		bool pruned = dns_edit_prunes(edits, &record->address);

		count_addresses(survey, record, !pruned, pruned);
	} else if (record->type == DNS_TYPE_OPT && record->section == DNS_ADDITIONAL) {
		if (edits->strip_client_subnet)
			survey->result.subnets_stripped += count_telling_subnets(record->data);
		if (survey->result.subnets_stripped)
			survey->result.changed = true;
	} else if (record->type == DNS_TYPE_TSIG) {
		survey->is_signed = true;
	} else if (dns_hints_start(&hints, message, record)) {
		dns_edit_survey_params(hints, edits, &params);
		count_addresses(survey, record, params.left, params.pruned);
		if (params.gone[DNS_SVCB_ECH]) {
			survey->result.ech_stripped++;
			survey->result.changed = true;
			survey->edited[dns_edit_kind_of(record->type)] = true;
		}
	}
}

void dns_edit_survey(const struct dns_message *message, const struct redact_dns_edits *edits,
		     struct dns_survey *ret_survey)
{
	struct dns_survey survey = {.result = {.changed = false}};
	struct dns_record record;
	struct dns_walk walk;

	dns_walk_start(&walk, message);
	while (dns_next_record(&walk, &record))
		survey_record(message, &record, edits, &survey);
	*ret_survey = survey;
}

/* ---- the edit by ldns ---- */

/* Moves bytes within one buffer, towards its start; returns their end. */
static size_t move(uint8_t *data, size_t at, struct bytes from)
{
	if (from.len)
		memmove(data + at, from.data, from.len);
	return at + from.len;
}

static size_t put_u16(uint8_t *data, size_t at, size_t value)
{
	data[at] = (uint8_t)(value >> 8);
	data[at + 1] = (uint8_t)value;
	return at + 2;
}

/* The keys that all clients must understand, without those that are gone. */
static size_t move_mandatory(uint8_t *data, size_t at, struct bytes keys, const bool *gone)
{
	struct cursor cursor = cursor_on(keys);

	while (cursor_left(&cursor) >= 2) {
		uint16_t key = cursor_u16(&cursor);

		if (key > DNS_SVCB_IPV6HINT || !gone[key])
			at = put_u16(data, at, key);
	}
	return at;
}

static size_t move_addresses(uint8_t *data, size_t at, const struct dns_hint *hint,
			     const struct redact_dns_edits *edits)
{
	for (size_t n = 0; n < dns_edit_hint_count(hint); n++) {
		struct address address = dns_edit_hint_address(hint, n);
		struct bytes bytes = bytes_of(address.bytes, address_len(&address));

		if (!dns_edit_prunes(edits, &address))
			at = move(data, at, bytes);
	}
	return at;
}

/* Only ever shorter, so it is done where the parameters are. */
static size_t edit_params(uint8_t *params, size_t len, const struct redact_dns_edits *edits)
{
	struct dns_hints hints = {cursor_on(bytes_of(params, len))};
	struct dns_params_survey survey;
	struct dns_hint hint;
	size_t at = 0;

	dns_edit_survey_params(hints, edits, &survey);
	while (dns_next_hint(&hints, &hint)) {
		size_t start = at + 4;
		size_t end;

		if (hint.key <= DNS_SVCB_IPV6HINT && survey.gone[hint.key])
			continue;
		if (hint.key == DNS_SVCB_MANDATORY)
			end = move_mandatory(params, start, hint.value, survey.gone);
		else if (dns_edit_hint_count(&hint))
			end = move_addresses(params, start, &hint, edits);
		else
			end = move(params, start, hint.value);
		if (hint.key == DNS_SVCB_MANDATORY && end == start)
			continue;
		put_u16(params, at, hint.key);
		put_u16(params, at + 2, end - start);
		at = end;
	}
	return at;
}

/* Where the parameters begin in the last RDATA field, or its size. */
static size_t params_offset(const ldns_rr *rr, struct bytes field)
{
	struct cursor cursor = cursor_on(field);
	uint8_t label;

	/* A library that knows the type gives them as a field of their own. */
	if (ldns_rr_rd_count(rr) > 1)
		return ldns_rr_rd_count(rr) > 2 ? 0 : field.len;
	cursor_skip(&cursor, 2);
	do {
		label = cursor_u8(&cursor);
		cursor_skip(&cursor, label);
	} while (label && cursor_ok(&cursor));
	return cursor_ok(&cursor) ? cursor.pos : field.len;
}

static bool is_alias(const ldns_rr *rr)
{
	const ldns_rdf *first = ldns_rr_rdf(rr, 0);
	const uint8_t *data = ldns_rdf_data(first);

	return ldns_rdf_size(first) < 2 || (data[0] | data[1]) == 0;
}

static void edit_service(ldns_rr *rr, const struct redact_dns_edits *edits)
{
	size_t count = ldns_rr_rd_count(rr);
	ldns_rdf *field = count ? ldns_rr_rdf(rr, count - 1) : NULL;
	size_t offset;

	if (!field || is_alias(rr))
		return;
	offset = params_offset(rr, bytes_of(ldns_rdf_data(field), ldns_rdf_size(field)));
	offset += edit_params(ldns_rdf_data(field) + offset, ldns_rdf_size(field) - offset, edits);
	ldns_rdf_set_size(field, offset);
}

static bool goes(const ldns_rr *rr, const struct redact_dns_edits *edits)
{
	const ldns_rdf *field = ldns_rr_rdf(rr, 0);
	struct address address = {.family = ADDRESS_NONE};

	if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN || !field)
		return false;
	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_A && ldns_rdf_size(field) == 4)
		address = address_ipv4(ldns_rdf_data(field));
	else if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_AAAA && ldns_rdf_size(field) == 16)
		address = address_ipv6(ldns_rdf_data(field));
	return address.family != ADDRESS_NONE && dns_edit_prunes(edits, &address);
}

/* A signature over records that were edited, of whatever name. */
static bool signature_goes(const ldns_rr *rr, const struct dns_survey *survey)
{
	const ldns_rdf *covered;
	enum dns_edit_kind kind;

	if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_RRSIG || ldns_rr_rd_count(rr) == 0)
		return false;
	covered = ldns_rr_rrsig_typecovered(rr);
	kind = dns_edit_kind_of((uint16_t)ldns_rdf2rr_type(covered));
	return kind != DNS_EDIT_KINDS && survey->edited[kind];
}

static void edit_section(ldns_pkt *packet, ldns_pkt_section section, ldns_rr_list *list,
			 const struct redact_dns_edits *edits, const struct dns_survey *survey)
{
	size_t kept = 0;

	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (goes(rr, edits) || signature_goes(rr, survey)) {
			ldns_rr_free(rr);
			continue;
		}
		if (ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
		    ((int)ldns_rr_get_type(rr) == DNS_TYPE_SVCB ||
		     (int)ldns_rr_get_type(rr) == DNS_TYPE_HTTPS))
			edit_service(rr, edits);
		ldns_rr_list_set_rr(list, rr, kept++);
	}
	ldns_rr_list_set_rr_count(list, kept);
	ldns_pkt_set_section_count(packet, section, (uint16_t)kept);
}

static void edit_options(ldns_pkt *packet)
{
	ldns_rdf *field = ldns_pkt_edns_data(packet);
	struct cursor cursor;
	size_t at = 0;

	if (!field)
		return;
	cursor = cursor_on(bytes_of(ldns_rdf_data(field), ldns_rdf_size(field)));
	while (cursor_left(&cursor)) {
		uint16_t code = cursor_u16(&cursor);
		struct bytes option = cursor_take(&cursor, cursor_u16(&cursor));

		if (code == DNS_OPTION_CLIENT_SUBNET && dns_edit_subnet_tells(option))
			continue;
		at = put_u16(ldns_rdf_data(field), at, code);
		at = put_u16(ldns_rdf_data(field), at, option.len);
		at = move(ldns_rdf_data(field), at, option);
	}
	ldns_rdf_set_size(field, at);
}

static bool edit_by_ldns(const struct dns_message *message, const struct redact_dns_edits *edits,
			 const struct dns_survey *survey, struct writer *writer)
{
	ldns_pkt *packet = NULL;
	uint8_t *wire = NULL;
	size_t wire_len = 0;
	bool written;

	if (ldns_wire2pkt(&packet, message->data.data, message->data.len) != LDNS_STATUS_OK)
		return false;
	edit_section(packet, LDNS_SECTION_ANSWER, ldns_pkt_answer(packet), edits, survey);
	edit_section(packet, LDNS_SECTION_AUTHORITY, ldns_pkt_authority(packet), edits, survey);
	edit_section(packet, LDNS_SECTION_ADDITIONAL, ldns_pkt_additional(packet), edits, survey);
	if (edits->strip_client_subnet)
		edit_options(packet);
	ldns_pkt_set_ad(packet, false);
	written = ldns_pkt2wire(&wire, packet, &wire_len) == LDNS_STATUS_OK;
	if (written)
		writer_put(writer, wire, wire_len);
	LDNS_FREE(wire);
	ldns_pkt_free(packet);
	return written && writer_ok(writer);
}

/* ---- both edits ---- */

/* Whatever went wrong in between: what is let out has nothing left to edit. */
static bool came_out_right(const struct dns_message *message, struct bytes edited,
			   const struct redact_dns_edits *edits)
{
	struct dns_message result;
	struct dns_survey survey;

	if (decode_dns(edited, &result) != DECODE_OK || result.id != message->id ||
	    result.response != message->response || result.rcode != message->rcode ||
	    result.question_count != message->question_count ||
	    result.question_type != message->question_type ||
	    !name_equal(&result.question, &message->question))
		return false;
	dns_edit_survey(&result, edits, &survey);
	return !survey.result.changed;
}

bool redact_dns_edit(const struct dns_message *message, const struct redact_dns_edits *edits,
		     struct writer *writer, struct redact_dns_result *ret_result)
{
	size_t start = writer->len;
	struct dns_survey survey;
	bool done = true;

	dns_edit_survey(message, edits, &survey);
	if (survey.result.changed && survey.is_signed)
		return false;
	if (!survey.result.changed || edits->keep_length) {
		writer_bytes_put(writer, message->data);
		done = writer_ok(writer);
		if (done && survey.result.changed)
			done = dns_edit_fixed(message, edits, &survey, writer->data + start);
	} else {
		done = edit_by_ldns(message, edits, &survey, writer);
	}
	if (done && survey.result.changed)
		done = came_out_right(message, bytes_of(writer->data + start, writer->len - start),
				      edits);
	if (done)
		*ret_result = survey.result;
	else
		writer->len = start;
	return done;
}
