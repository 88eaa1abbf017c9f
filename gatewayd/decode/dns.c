/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS messages (see dns.h; RFC 1035 section 4, RFC 6891, RFC 7871, RFC 9460).
 *
 * Whoever decides by a DNS name must read it as the resolver does: whatever a
 * resolver might answer counts as DNS here, however odd its header is, and
 * what two readers could understand differently is DECODE_BAD. Bytes after the
 * last record are, too: no resolver sends any.
 *
 * Not looked at: DNSSEC, the RDATA of types that carry no address.
 */
#include "decode/dns.h"

#define NAME_WIRE_MOST 255
/* More labels than this, each with a pointer of its own, fit in no name. */
#define POINTERS_MOST 127

/*
 * Cursors here run over the message from its first byte, so that a position
 * is an offset; RDATA is the same cursor, ending earlier.
 */
static struct cursor cursor_within(struct bytes message, size_t offset, size_t len)
{
	struct cursor cursor = {message.data, offset + len, offset, false};

	return cursor;
}

/*
 * Reads the name at the cursor, following compression pointers. Each must go
 * to before the labels that led to it, so the loop ends.
 */
static bool read_name(struct cursor *cursor, struct bytes message, struct name *ret_name)
{
	struct cursor here = *cursor;
	size_t start = here.pos, wire_len = 0;
	unsigned pointers = 0;

	ret_name->len = 0;
	ret_name->text[0] = 0;
	for (;;) {
		uint8_t len = cursor_u8(&here);
		struct bytes label;

		if (len >= 0xc0) {
			size_t target = (size_t)(len & 0x3f) << 8 | cursor_u8(&here);

			if (!cursor_ok(&here) || target >= start || target >= message.len ||
			    target < DNS_HEADER_SIZE || ++pointers > POINTERS_MOST)
				return false;
			if (pointers == 1)
				cursor->pos = here.pos;
			here = cursor_within(message, target, message.len - target);
			start = target;
			continue;
		}
		wire_len += 1u + len;
		label = cursor_take(&here, len);
		if (!cursor_ok(&here) || len > 63 || wire_len > NAME_WIRE_MOST)
			return false;
		if (len == 0)
			break;
		if (!name_append_label(ret_name, label))
			return false;
	}
	if (pointers == 0)
		cursor->pos = here.pos;
	return true;
}

/* ---- records ---- */

static bool is_service(uint16_t type)
{
	return type == DNS_TYPE_SVCB || type == DNS_TYPE_HTTPS;
}

/* Reads one parameter; keys must go up, RFC 9460 section 2.2. */
static bool read_hint(struct cursor *cursor, int32_t last_key, struct dns_hint *ret_hint)
{
	struct dns_hint hint;

	hint.key = cursor_u16(cursor);
	hint.value = cursor_take(cursor, cursor_u16(cursor));
	if (!cursor_ok(cursor) || hint.key <= last_key)
		return false;
	if (hint.key == DNS_SVCB_IPV4HINT && (hint.value.len == 0 || hint.value.len % 4))
		return false;
	if (hint.key == DNS_SVCB_IPV6HINT && (hint.value.len == 0 || hint.value.len % 16))
		return false;
	*ret_hint = hint;
	return true;
}

/*
 * The target must not be compressed (RFC 9460 section 2.2): read as a message
 * of its own, it has nothing to point back to. In alias mode (priority 0) the
 * parameters mean nothing.
 */
static bool read_service(struct cursor *cursor, struct dns_record *record)
{
	uint16_t priority = cursor_u16(cursor);
	int32_t last_key = -1;
	struct dns_hint hint;

	if (!cursor_ok(cursor) || !read_name(cursor, bytes_of(NULL, 0), &record->target))
		return false;
	while (priority && cursor_left(cursor)) {
		if (!read_hint(cursor, last_key, &hint))
			return false;
		last_key = hint.key;
	}
	return true;
}

/* The RDATA that somebody decides by must be right; the rest may be anything. */
static bool read_data(struct bytes message, struct dns_record *record)
{
	struct cursor cursor = cursor_within(message, record->data_offset, record->data.len);

	record->address.family = ADDRESS_NONE;
	record->target.len = 0;
	record->target.text[0] = 0;
	if (record->class != DNS_CLASS_IN)
		return true;
	if (record->type == DNS_TYPE_A) {
		if (record->data.len != 4)
			return false;
		record->address = address_ipv4(record->data.data);
	} else if (record->type == DNS_TYPE_AAAA) {
		if (record->data.len != 16)
			return false;
		record->address = address_ipv6(record->data.data);
	} else if (record->type == DNS_TYPE_CNAME) {
		return read_name(&cursor, message, &record->target) && cursor_done(&cursor);
	} else if (is_service(record->type)) {
		return read_service(&cursor, record);
	}
	return true;
}

static bool read_record(struct cursor *cursor, struct bytes message, enum dns_section section,
			struct dns_record *record)
{
	record->section = section;
	record->offset = cursor->pos;
	if (!read_name(cursor, message, &record->name))
		return false;
	record->type = cursor_u16(cursor);
	record->class = cursor_u16(cursor);
	record->ttl = cursor_u32(cursor);
	record->data.len = cursor_u16(cursor);
	record->data_offset = cursor->pos;
	record->data = cursor_take(cursor, record->data.len);
	return cursor_ok(cursor) && read_data(message, record);
}

/* RFC 6891 section 6.1: one, of the root, in the additional section. */
static bool read_options(const struct dns_record *record, struct dns_message *message)
{
	struct cursor options = cursor_on(record->data);

	if (message->edns || record->name.len)
		return false;
	message->edns = true;
	message->edns_payload_size = record->class;
	message->dnssec_ok = record->ttl & 0x8000;
	while (cursor_left(&options)) {
		if (cursor_u16(&options) == DNS_OPTION_CLIENT_SUBNET)
			message->client_subnet = true;
		cursor_skip(&options, cursor_u16(&options));
	}
	return cursor_ok(&options);
}

static bool read_records(struct cursor *cursor, struct dns_message *message)
{
	struct dns_record record;

	message->answers_offset = cursor->pos;
	for (int section = DNS_ANSWER; section <= DNS_ADDITIONAL; section++) {
		for (uint16_t left = message->record_count[section]; left; left--) {
			if (!read_record(cursor, message->data, (enum dns_section)section, &record))
				return false;
			if (record.type == DNS_TYPE_OPT && section == DNS_ADDITIONAL &&
			    !read_options(&record, message))
				return false;
		}
	}
	return cursor_done(cursor);
}

/* ---- the message ---- */

struct header {
	struct dns_message message;
	bool reserved; /* the Z bit */
};

static void read_header(struct cursor *cursor, struct header *header)
{
	struct dns_message *message = &header->message;
	uint16_t flags;

	message->id = cursor_u16(cursor);
	flags = cursor_u16(cursor);
	message->response = flags & 0x8000;
	message->opcode = flags >> 11 & 0x0f;
	message->truncated = flags & 0x0200;
	header->reserved = flags & 0x0040;
	message->rcode = flags & 0x0f;
	message->question_count = cursor_u16(cursor);
	for (int section = DNS_ANSWER; section <= DNS_ADDITIONAL; section++)
		message->record_count[section] = cursor_u16(cursor);
}

static bool is_known_opcode(uint8_t opcode)
{
	switch (opcode) {
	case DNS_OPCODE_QUERY:
	case DNS_OPCODE_INVERSE_QUERY:
	case DNS_OPCODE_STATUS:
	case DNS_OPCODE_NOTIFY:
	case DNS_OPCODE_UPDATE:
	case DNS_OPCODE_STATEFUL:
		return true;
	}
	return false;
}

/* The top bit is mDNS's. */
static bool is_known_class(uint16_t class)
{
	switch (class & 0x7fff) {
	case DNS_CLASS_IN:
	case DNS_CLASS_CHAOS:
	case DNS_CLASS_HESIOD:
	case DNS_CLASS_NONE:
	case DNS_CLASS_ANY:
		return true;
	}
	return false;
}

/*
 * So regular that it is DNS even when nothing behind it can be read: chance
 * makes one header in 2^45 so. Not the Z bit, nor anything else that resolvers
 * do not care about: some follow names that we would not.
 */
static bool is_strong(const struct dns_message *message)
{
	const uint16_t *count = message->record_count;

	if (message->opcode != DNS_OPCODE_QUERY)
		return false;
	if (message->response)
		return message->question_count == 1 && count[DNS_ANSWER] < 256 &&
		       count[DNS_AUTHORITY] < 256 && count[DNS_ADDITIONAL] < 256;
	return message->question_count < 256 && count[DNS_ANSWER] == 0 && count[DNS_AUTHORITY] == 0;
}

/*
 * Without a question: errors, later messages of a zone transfer, stateful
 * operations, cookie queries. Only when it can be read whole.
 */
static enum decode decode_without_question(struct cursor *cursor, struct header *header)
{
	struct dns_message *message = &header->message;
	bool records;

	if (header->reserved || !read_records(cursor, message))
		return DECODE_NOT;
	records = message->record_count[DNS_ANSWER] || message->record_count[DNS_AUTHORITY] ||
		  message->record_count[DNS_ADDITIONAL];
	if (message->response ? records || message->rcode : message->edns)
		return DECODE_OK;
	return message->opcode == DNS_OPCODE_STATEFUL ? DECODE_OK : DECODE_NOT;
}

static bool read_question(struct cursor *cursor, struct bytes data, struct name *ret_name,
			  uint16_t *ret_type, uint16_t *ret_class)
{
	if (!read_name(cursor, data, ret_name))
		return false;
	*ret_type = cursor_u16(cursor);
	*ret_class = cursor_u16(cursor);
	return cursor_ok(cursor);
}

static enum decode decode_with_question(struct cursor *cursor, struct header *header)
{
	struct dns_message *message = &header->message;
	enum decode doubt = is_strong(message) ? DECODE_BAD : DECODE_NOT;
	struct name name;
	uint16_t type, class;

	if (!read_question(cursor, message->data, &message->question, &message->question_type,
			   &message->question_class))
		return doubt;
	if (!is_known_class(message->question_class) && doubt == DECODE_NOT)
		return DECODE_NOT;
	for (uint16_t left = message->question_count; left > 1; left--) {
		if (!read_question(cursor, message->data, &name, &type, &class))
			return DECODE_BAD;
	}
	return read_records(cursor, message) ? DECODE_OK : DECODE_BAD;
}

enum decode decode_dns(struct bytes data, struct dns_message *ret_message)
{
	struct cursor cursor = cursor_within(data, 0, data.len);
	struct header header = {.message = {.data = data}};
	enum decode decoded;

	read_header(&cursor, &header);
	if (!cursor_ok(&cursor) || !is_known_opcode(header.message.opcode))
		return DECODE_NOT;
	/* Resolvers answer a plain query whatever its Z bit; other opcodes are rare. */
	if (header.reserved && header.message.opcode != DNS_OPCODE_QUERY)
		return DECODE_NOT;
	if (header.message.question_count == 0)
		decoded = decode_without_question(&cursor, &header);
	else
		decoded = decode_with_question(&cursor, &header);
	if (decoded == DECODE_OK)
		*ret_message = header.message;
	return decoded;
}

bool decode_dns_looks_right(struct bytes data)
{
	struct dns_message message;

	return decode_dns(data, &message) != DECODE_NOT;
}

/* ---- walking ---- */

void dns_walk_start(struct dns_walk *walk, const struct dns_message *message)
{
	walk->message = message;
	walk->offset = message->answers_offset;
	memcpy(walk->left, message->record_count, sizeof(walk->left));
}

bool dns_next_record(struct dns_walk *walk, struct dns_record *ret_record)
{
	struct bytes data = walk->message->data;
	struct cursor cursor = cursor_within(data, walk->offset, data.len - walk->offset);

	for (int section = DNS_ANSWER; section <= DNS_ADDITIONAL; section++) {
		if (walk->left[section] == 0)
			continue;
		walk->left[section]--;
		if (!read_record(&cursor, data, (enum dns_section)section, ret_record))
			return false;
		walk->offset = cursor.pos;
		return true;
	}
	return false;
}

bool dns_hints_start(struct dns_hints *hints, const struct dns_message *message,
		     const struct dns_record *record)
{
	struct cursor cursor = cursor_within(message->data, record->data_offset, record->data.len);
	struct name target;

	if (!is_service(record->type) || record->class != DNS_CLASS_IN)
		return false;
	if (cursor_u16(&cursor) == 0 || !read_name(&cursor, bytes_of(NULL, 0), &target))
		return false;
	hints->cursor = cursor;
	return true;
}

bool dns_next_hint(struct dns_hints *hints, struct dns_hint *ret_hint)
{
	return cursor_left(&hints->cursor) && read_hint(&hints->cursor, -1, ret_hint);
}
