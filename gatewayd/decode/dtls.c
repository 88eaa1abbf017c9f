/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DTLS 1.0 to 1.3: RFC 6347 section 4.2, RFC 9147 section 5. A hello that is
 * sent again with the cookie counts as another one; the first that is whole
 * tells the name.
 */
#include "decode/assembly.h"
#include "decode/facts.h"
#include "decode/tls.h"

#define RECORD_HANDSHAKE 22
#define RECORD_MOST_TYPE 26 /* ack, RFC 9147 */
#define RECORD_LEAST_TYPE 20
#define HANDSHAKE_CLIENT_HELLO 1

struct record {
	uint8_t type;
	uint16_t version, epoch;
	struct bytes data;
};

/* 1.0, 1.2, and what OpenSSL had before there was a standard. */
static bool is_version(uint16_t version)
{
	return version == 0xfeff || version == 0xfefd || version == 0xfefc || version == 0x0100;
}

static bool read_record(struct cursor *cursor, struct record *ret_record)
{
	struct record record;

	record.type = cursor_u8(cursor);
	record.version = cursor_u16(cursor);
	record.epoch = cursor_u16(cursor);
	cursor_skip(cursor, 6); /* sequence number */
	record.data = cursor_take(cursor, cursor_u16(cursor));
	if (!cursor_ok(cursor) || record.type < RECORD_LEAST_TYPE ||
	    record.type > RECORD_MOST_TYPE || !is_version(record.version) || record.data.len == 0)
		return false;
	*ret_record = record;
	return true;
}

/* One fragment of a handshake message; false: it is broken. */
static bool put_fragment(struct first_assembly *assembly, struct cursor *cursor)
{
	uint8_t type = cursor_u8(cursor);
	uint32_t length = cursor_u24(cursor);
	uint16_t sequence = cursor_u16(cursor);
	uint32_t offset = cursor_u24(cursor);
	uint32_t fragment_len = cursor_u24(cursor);
	struct bytes fragment = cursor_take(cursor, fragment_len);

	if (!cursor_ok(cursor) || offset > length || fragment_len > length - offset)
		return false;
	if (type != HANDSHAKE_CLIENT_HELLO)
		return true;
	if (assembly->protocol != PROTOCOL_DTLS || assembly->message_sequence != sequence) {
		assembly_start(assembly, PROTOCOL_DTLS);
		assembly->message_sequence = sequence;
	}
	/* A length beyond the assembly is kept as just beyond it: never whole. */
	if (length > FIRST_ASSEMBLY_MOST)
		length = FIRST_ASSEMBLY_MOST + 1;
	if (assembly->length != 0 && assembly->length != length)
		return false;
	assembly->length = (uint16_t)length;
	return assembly_put(assembly, offset, fragment);
}

static enum decode settle(const struct first_assembly *assembly, bool last,
			  struct first_facts *ret_facts)
{
	struct bytes body = assembly_run(assembly);
	bool whole = assembly->length != 0 && body.len >= assembly->length;
	struct first_facts facts = {.incomplete = true};

	if (!whole && !last)
		return DECODE_MORE;
	if (whole)
		body.len = assembly->length;
	if (assembly->length && decode_tls_hello(body, whole, true, &facts) != DECODE_OK)
		return DECODE_BAD;
	facts.protocol = PROTOCOL_DTLS;
	*ret_facts = facts;
	return DECODE_OK;
}

enum decode decode_dtls(struct first_assembly *assembly, struct bytes datagram, bool last,
			struct first_facts *ret_facts)
{
	struct cursor cursor = cursor_on(datagram);
	bool collecting = assembly->protocol == PROTOCOL_DTLS;
	struct record record;

	if (!read_record(&cursor, &record))
		return collecting && !last ? DECODE_MORE : DECODE_NOT;
	if (!collecting && (record.type != RECORD_HANDSHAKE || record.epoch != 0)) {
		*ret_facts = (struct first_facts){.protocol = PROTOCOL_DTLS, .incomplete = true};
		return DECODE_OK;
	}
	do {
		struct cursor handshake = cursor_on(record.data);

		if (record.type != RECORD_HANDSHAKE || record.epoch != 0)
			continue;
		while (cursor_left(&handshake)) {
			if (!put_fragment(assembly, &handshake))
				return DECODE_BAD;
		}
	} while (cursor_left(&cursor) && read_record(&cursor, &record));
	return settle(assembly, last || assembly->protocol != PROTOCOL_DTLS, ret_facts);
}
