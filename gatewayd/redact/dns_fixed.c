/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The edit that keeps every length and every offset (see redact_dns_edits):
 * bytes are overwritten in a copy of the message, nothing moves but the
 * parameters within one SVCB record. The message has been read before.
 *
 * A pruned address becomes one that stays: of the same name and type, from the
 * answer section. Where there is none, its record gets a private-use type
 * (RFC 6895 section 3.1) and no data; a hint that goes whole gets a
 * private-use key (RFC 9460 section 14.3.1) behind the other parameters, since
 * keys must go up.
 */
#include "redact/dns_edit.h"

#define PRIVATE_TYPE 65280
#define PRIVATE_KEY_FIRST 65280
#define PRIVATE_KEY_LAST 65534

#define AD_BYTE 3
#define AD_BIT 0x20

/* Of a record's RDATA, back to its type. */
#define TYPE_BEFORE_DATA 10

struct fixed_edit {
	const struct dns_message *message;
	const struct redact_dns_edits *edits;
	const struct dns_survey *survey;
	uint8_t *copy;
	/* The first address that stays: IPv4, IPv6. */
	struct name owner[2];
	struct address stays[2];
};

static unsigned slot_of(const struct address *address)
{
	return address->family == ADDRESS_IPV6;
}

static void put_u16(uint8_t *data, size_t value)
{
	data[0] = (uint8_t)(value >> 8);
	data[1] = (uint8_t)value;
}

static void find_what_stays(struct fixed_edit *edit)
{
	struct dns_record record;
	struct dns_walk walk;

	dns_walk_start(&walk, edit->message);
	while (dns_next_record(&walk, &record) && record.section == DNS_ANSWER) {
		unsigned slot = slot_of(&record.address);

		if (record.address.family == ADDRESS_NONE || edit->stays[slot].family ||
		    dns_edit_prunes(edit->edits, &record.address))
			continue;
		edit->stays[slot] = record.address;
		edit->owner[slot] = record.name;
	}
}

static void make_private(struct fixed_edit *edit, const struct dns_record *record)
{
	put_u16(edit->copy + record->data_offset - TYPE_BEFORE_DATA, PRIVATE_TYPE);
}

static void edit_address(struct fixed_edit *edit, const struct dns_record *record)
{
	unsigned slot = slot_of(&record->address);
	uint8_t *data = edit->copy + record->data_offset;

	if (!dns_edit_prunes(edit->edits, &record->address))
		return;
	if (record->section == DNS_ANSWER && edit->stays[slot].family &&
	    name_equal(&record->name, &edit->owner[slot])) {
		memcpy(data, edit->stays[slot].bytes, record->data.len);
		return;
	}
	memset(data, 0, record->data.len);
	make_private(edit, record);
}

/* ---- SVCB and HTTPS ---- */

/*
 * The private-use keys that take the place of the two hints; keys that the
 * record already uses are below the first.
 */
struct params_edit {
	struct dns_params_survey survey;
	uint16_t key_of[DNS_SVCB_IPV6HINT + 1];
};

static bool key_is_gone(const struct params_edit *params, uint16_t key)
{
	return key <= DNS_SVCB_IPV6HINT && params->survey.gone[key];
}

static bool choose_keys(struct dns_hints hints, struct params_edit *params)
{
	uint32_t next = PRIVATE_KEY_FIRST;
	struct dns_hint hint;

	while (dns_next_hint(&hints, &hint)) {
		if (hint.key >= next)
			next = hint.key + 1u;
	}
	for (unsigned key = 0; key <= DNS_SVCB_IPV6HINT; key++) {
		if (!params->survey.gone[key])
			continue;
		if (next > PRIVATE_KEY_LAST)
			return false;
		params->key_of[key] = (uint16_t)next++;
	}
	return true;
}

/* Keys that are gone go to the end, as what they have become. */
static void put_mandatory(struct writer *writer, struct bytes keys,
			  const struct params_edit *params)
{
	for (int gone = 0; gone <= 1; gone++) {
		struct cursor cursor = cursor_on(keys);

		while (cursor_left(&cursor) >= 2) {
			uint16_t key = cursor_u16(&cursor);

			if (key_is_gone(params, key) == gone)
				writer_u16(writer, gone ? params->key_of[key] : key);
		}
		if (gone)
			writer_bytes_put(writer, cursor_rest(&cursor));
	}
}

/* Some address stays, or the whole hint would be gone. */
static void put_addresses(struct writer *writer, const struct dns_hint *hint,
			  const struct redact_dns_edits *edits)
{
	struct address stays = {.family = ADDRESS_NONE};
	size_t count = dns_edit_hint_count(hint);

	for (size_t n = 0; n < count && stays.family == ADDRESS_NONE; n++) {
		struct address address = dns_edit_hint_address(hint, n);

		if (!dns_edit_prunes(edits, &address))
			stays = address;
	}
	for (size_t n = 0; n < count; n++) {
		struct address address = dns_edit_hint_address(hint, n);

		if (dns_edit_prunes(edits, &address))
			address = stays;
		writer_put(writer, address.bytes, address_len(&address));
	}
}

static void put_param(struct writer *writer, const struct dns_hint *hint,
		      const struct params_edit *params, const struct redact_dns_edits *edits)
{
	bool gone = key_is_gone(params, hint->key);

	writer_u16(writer, gone ? params->key_of[hint->key] : hint->key);
	writer_u16(writer, (uint16_t)hint->value.len);
	if (gone)
		writer_fill(writer, 0, hint->value.len);
	else if (hint->key == DNS_SVCB_MANDATORY)
		put_mandatory(writer, hint->value, params);
	else if (dns_edit_hint_count(hint))
		put_addresses(writer, hint, edits);
	else
		writer_bytes_put(writer, hint->value);
}

static bool edit_service(struct fixed_edit *edit, struct dns_hints hints)
{
	size_t offset = hints.cursor.pos;
	struct writer writer = writer_on(edit->copy + offset, hints.cursor.len - offset);
	struct params_edit params = {.key_of = {0}};
	struct dns_hint hint;

	dns_edit_survey_params(hints, edit->edits, &params.survey);
	if (!params.survey.changed)
		return true;
	if (!choose_keys(hints, &params))
		return false;
	for (int gone = 0; gone <= 1; gone++) {
		struct dns_hints again = hints;

		while (dns_next_hint(&again, &hint)) {
			if (key_is_gone(&params, hint.key) == gone)
				put_param(&writer, &hint, &params, edit->edits);
		}
	}
	return writer_ok(&writer) && writer.len == writer.size;
}

/* ---- the rest ---- */

static void edit_options(struct fixed_edit *edit, const struct dns_record *record)
{
	struct cursor cursor = cursor_on(record->data);

	while (cursor_left(&cursor)) {
		uint16_t code = cursor_u16(&cursor);
		size_t len = cursor_u16(&cursor);
		size_t offset = record->data_offset + cursor.pos;

		cursor_skip(&cursor, len);
		if (code != DNS_OPTION_CLIENT_SUBNET || !cursor_ok(&cursor))
			continue;
		/* Family and scope say nothing about the device. */
		if (len > 2)
			edit->copy[offset + 2] = 0;
		if (len > 4)
			memset(edit->copy + offset + 4, 0, len - 4);
	}
}

static void edit_signature(struct fixed_edit *edit, const struct dns_record *record)
{
	struct cursor cursor = cursor_on(record->data);
	enum dns_edit_kind kind = dns_edit_kind_of(cursor_u16(&cursor));

	if (kind != DNS_EDIT_KINDS && edit->survey->edited[kind])
		make_private(edit, record);
}

static bool edit_record(struct fixed_edit *edit, const struct dns_record *record)
{
	struct dns_hints hints;

	if (record->address.family != ADDRESS_NONE)
		edit_address(edit, record);
	else if (record->type == DNS_TYPE_RRSIG)
		edit_signature(edit, record);
	else if (record->type == DNS_TYPE_OPT && record->section == DNS_ADDITIONAL &&
		 edit->edits->strip_client_subnet)
		edit_options(edit, record);
	else if (dns_hints_start(&hints, edit->message, record))
		return edit_service(edit, hints);
	return true;
}

/* A name that was compressed into bytes that are overwritten would change. */
static bool names_are_the_same(const struct dns_message *message, struct bytes copy)
{
	struct dns_record before, after;
	struct dns_walk walk, copy_walk;
	struct dns_message read;

	if (decode_dns(copy, &read) != DECODE_OK)
		return false;
	dns_walk_start(&walk, message);
	dns_walk_start(&copy_walk, &read);
	while (dns_next_record(&walk, &before)) {
		if (!dns_next_record(&copy_walk, &after) || !name_equal(&before.name, &after.name))
			return false;
		if (before.type == after.type && !name_equal(&before.target, &after.target))
			return false;
	}
	return true;
}

bool dns_edit_fixed(const struct dns_message *message, const struct redact_dns_edits *edits,
		    const struct dns_survey *survey, uint8_t *copy)
{
	struct fixed_edit edit = {
		.message = message, .edits = edits, .survey = survey, .copy = copy};
	struct dns_record record;
	struct dns_walk walk;

	find_what_stays(&edit);
	dns_walk_start(&walk, message);
	while (dns_next_record(&walk, &record)) {
		if (!edit_record(&edit, &record))
			return false;
	}
	copy[AD_BYTE] &= (uint8_t)~AD_BIT;
	return names_are_the_same(message, bytes_of(copy, message->data.len));
}
