/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/quic.h"

#include "decode/assembly.h"
#include "decode/facts.h"
#include "decode/gquic.h"
#include "decode/quic_crypto.h"
#include "decode/tls.h"

#define CONNECTION_ID_MOST 20
#define PACKET_MOST 4096      /* of an Initial; datagrams on the Internet are smaller */
#define COALESCED_MOST 16     /* packets in one datagram */
#define INITIAL_DATAGRAM 1200 /* the least a client sends, RFC 9000 section 14.1 */
#define HANDSHAKE_HEADER 4
#define HANDSHAKE_CLIENT_HELLO 1

enum packet_type {
	PACKET_INITIAL,
	PACKET_ZERO_RTT,
	PACKET_HANDSHAKE,
	PACKET_RETRY,
};

enum frames {
	FRAMES_IETF,   /* RFC 9000 section 19 */
	FRAMES_GOOGLE, /* Q050 and T050: CRYPTO is 8 */
};

struct version {
	uint32_t first, last;
	uint8_t salt[QUIC_SALT_SIZE];
	const char *label_prefix;
	enum frames frames;
};

#define SALT_22                                                                               \
	{                                                                                     \
		0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, \
			0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a                              \
	}
#define SALT_23                                                                               \
	{                                                                                     \
		0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, \
			0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02                              \
	}
#define SALT_29                                                                               \
	{                                                                                     \
		0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, \
			0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99                              \
	}
#define SALT_1                                                                                \
	{                                                                                     \
		0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, \
			0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a                              \
	}
#define SALT_2                                                                                \
	{                                                                                     \
		0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, \
			0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9                              \
	}
#define SALT_Q050                                                                             \
	{                                                                                     \
		0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, \
			0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45                              \
	}
#define SALT_T050                                                                             \
	{                                                                                     \
		0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, \
			0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10                              \
	}
#define SALT_T051                                                                             \
	{                                                                                     \
		0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, \
			0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d                              \
	}

#define VERSION_2 0x6b3343cf

static const struct version versions[] = {
	{0x00000001, 0x00000001, SALT_1, "quic ", FRAMES_IETF},
	{VERSION_2, VERSION_2, SALT_2, "quicv2 ", FRAMES_IETF},
	{0xff000015, 0xff000016, SALT_22, "quic ", FRAMES_IETF},
	{0xff000017, 0xff00001c, SALT_23, "quic ", FRAMES_IETF},
	{0xff00001d, 0xff000020, SALT_29, "quic ", FRAMES_IETF},
	{0xff000021, 0xff000022, SALT_1, "quic ", FRAMES_IETF},
	{0xfaceb001, 0xfaceb001, SALT_22, "quic ", FRAMES_IETF},
	{0xfaceb002, 0xfaceb002, SALT_23, "quic ", FRAMES_IETF},
	{0x51303530, 0x51303530, SALT_Q050, "quic ", FRAMES_GOOGLE},
	{0x54303530, 0x54303530, SALT_T050, "quic ", FRAMES_GOOGLE},
	{0x54303531, 0x54303531, SALT_T051, "quic ", FRAMES_GOOGLE},
};

static const struct version *find_version(uint32_t number)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (number >= versions[i].first && number <= versions[i].last)
			return &versions[i];
	}
	return NULL;
}

/* ---- headers, RFC 9000 section 17.2 ---- */

struct header {
	uint32_t version;
	enum packet_type type;
	struct bytes connection_id; /* the destination's */
	struct bytes packet;        /* the whole of it, of one with a length */
	size_t number_offset;
};

static enum packet_type packet_type(uint32_t version, uint8_t first)
{
	unsigned type = first >> 4 & 3;

	/* Version 2 turns the four by one, RFC 9369 section 3.2. */
	return (enum packet_type)(version == VERSION_2 ? (type + 3) & 3 : type);
}

/* The part that every version has, RFC 8999. */
static bool read_invariant(struct cursor *cursor, struct header *header, uint8_t *ret_first)
{
	uint8_t first = cursor_u8(cursor), source_len;

	header->version = cursor_u32(cursor);
	header->connection_id = cursor_take(cursor, cursor_u8(cursor));
	source_len = cursor_u8(cursor);
	cursor_skip(cursor, source_len);
	*ret_first = first;
	return cursor_ok(cursor) && first & 0x80 &&
	       header->connection_id.len <= CONNECTION_ID_MOST && source_len <= CONNECTION_ID_MOST;
}

/* One packet of a datagram; the cursor goes on to the next. */
static bool read_header(struct cursor *cursor, struct header *ret_header)
{
	struct cursor start = *cursor;
	struct header header = {.version = 0};
	uint64_t token_len, len;
	uint8_t first;

	if (!read_invariant(cursor, &header, &first) || !find_version(header.version))
		return false;
	header.type = packet_type(header.version, first);
	if (header.type == PACKET_RETRY) {
		cursor_skip(cursor, cursor_left(cursor));
		*ret_header = header;
		return true;
	}
	if (header.type == PACKET_INITIAL) {
		token_len = cursor_varint(cursor);
		if (token_len > cursor_left(cursor))
			return false;
		cursor_skip(cursor, (size_t)token_len);
	}
	len = cursor_varint(cursor);
	header.number_offset = cursor->pos - start.pos;
	if (!cursor_ok(cursor) || len > cursor_left(cursor))
		return false;
	cursor_skip(cursor, (size_t)len);
	header.packet = cursor_take(&start, header.number_offset + (size_t)len);
	*ret_header = header;
	return true;
}

/* ---- frames of an Initial, RFC 9000 section 19 ---- */

static void skip_ack(struct cursor *cursor, bool counts)
{
	uint64_t ranges;

	(void)cursor_varint(cursor); /* largest */
	(void)cursor_varint(cursor); /* delay */
	ranges = cursor_varint(cursor);
	(void)cursor_varint(cursor); /* first range */
	for (; ranges && cursor_left(cursor); ranges--) {
		(void)cursor_varint(cursor);
		(void)cursor_varint(cursor);
	}
	for (int i = 0; counts && i < 3; i++)
		(void)cursor_varint(cursor);
}

/* False: a frame that is broken, or contradicts one that came before. */
static bool put_frames(struct first_assembly *assembly, struct bytes plain, enum frames frames)
{
	const uint64_t crypto = frames == FRAMES_GOOGLE ? 8 : 6;
	struct cursor cursor = cursor_on(plain);

	while (cursor_left(&cursor)) {
		uint64_t type = cursor_varint(&cursor), offset, len;

		if (type == 0 || (type == 1 && frames == FRAMES_IETF) ||
		    (type == 7 && frames == FRAMES_GOOGLE))
			continue; /* PADDING, PING */
		if (frames == FRAMES_IETF && (type == 2 || type == 3)) {
			skip_ack(&cursor, type == 3);
			continue;
		}
		if (type != crypto && type != 6)
			return true; /* a close, or what Google sends later: no name follows */
		offset = cursor_varint(&cursor);
		len = cursor_varint(&cursor);
		if (!cursor_ok(&cursor) || len > cursor_left(&cursor))
			return false;
		if (!assembly_put(assembly, offset, cursor_take(&cursor, (size_t)len)))
			return false;
	}
	return cursor_ok(&cursor);
}

/* ---- the datagram ---- */

static bool derive_keys(const struct version *version, struct bytes connection_id,
			struct quic_keys *ret_keys)
{
	return quic_crypto_derive(version->salt, version->label_prefix, "client in", connection_id,
				  ret_keys);
}

/*
 * One Initial. It is tried with the keys of those before it, as its own
 * connection id may be one that the server chose; then with its own, which is
 * a new beginning: the client was sent a Retry, or took the port again.
 * DECODE_NOT: it cannot be opened.
 */
static enum decode put_initial(struct first_assembly *assembly, const struct header *header)
{
	const struct version *version = find_version(header->version);
	uint8_t plain_room[PACKET_MOST];
	struct quic_keys keys;
	struct bytes plain;

	_Static_assert(sizeof(keys) == sizeof(assembly->keys), "keys fit in an assembly");
	if (header->packet.len > sizeof(plain_room))
		return DECODE_NOT;
	if (assembly->protocol == PROTOCOL_QUIC && assembly->version == header->version) {
		memcpy(&keys, assembly->keys, sizeof(keys));
		if (quic_crypto_open(&keys, header->packet, header->number_offset, plain_room,
				     &plain))
			return put_frames(assembly, plain, version->frames) ? DECODE_OK
									    : DECODE_BAD;
	}
	if (!derive_keys(version, header->connection_id, &keys) ||
	    !quic_crypto_open(&keys, header->packet, header->number_offset, plain_room, &plain))
		return DECODE_NOT;
	assembly_start(assembly, PROTOCOL_QUIC);
	assembly->version = header->version;
	memcpy(assembly->keys, &keys, sizeof(keys));
	return put_frames(assembly, plain, version->frames) ? DECODE_OK : DECODE_BAD;
}

static enum decode settle(const struct first_assembly *assembly, bool last,
			  struct first_facts *ret_facts)
{
	struct first_facts facts = {.incomplete = true};
	struct bytes run = bytes_of(NULL, 0);
	struct cursor cursor;
	size_t length;
	bool whole;

	if (assembly->protocol == PROTOCOL_QUIC)
		run = assembly_run(assembly);
	if (decode_gquic_is_chlo(run)) {
		enum decode answer = decode_gquic_chlo(run, ret_facts);

		if (answer != DECODE_MORE || !last)
			return answer;
		run.len = 0;
	}
	cursor = cursor_on(run);
	if (run.len && cursor_u8(&cursor) != HANDSHAKE_CLIENT_HELLO)
		return DECODE_BAD;
	length = cursor_u24(&cursor);
	whole = cursor_ok(&cursor) && cursor_left(&cursor) >= length;
	if (!whole && !last)
		return DECODE_MORE;
	if (cursor_ok(&cursor) &&
	    decode_tls_hello(whole ? cursor_take(&cursor, length) : cursor_rest(&cursor), whole,
			     false, &facts) != DECODE_OK)
		return DECODE_BAD;
	facts.protocol = facts.alpn & ALPN_DOQ ? PROTOCOL_DOQ : PROTOCOL_QUIC;
	*ret_facts = facts;
	return DECODE_OK;
}

/*
 * A version nobody knows: a client that wants to be told which ones the server
 * has, or one of the future. RFC 8999 tells only a little about it.
 */
static bool is_unknown_version(struct bytes datagram)
{
	struct cursor cursor = cursor_on(datagram);
	struct header header;
	uint8_t first;

	if (!read_invariant(&cursor, &header, &first) || (first & 0x40) == 0)
		return false;
	if (header.version == 0) /* version negotiation, from the other end */
		return cursor_left(&cursor) && cursor_left(&cursor) % 4 == 0;
	if ((header.version & 0x0f0f0f0f) == 0x0a0a0a0a)
		return true;
	return datagram.len >= INITIAL_DATAGRAM && header.connection_id.len >= 8 &&
	       ((header.version >> 8) == 0xff0000 || (header.version >> 8) == 0xfaceb0);
}

static enum decode without_name(bool last, struct first_facts *ret_facts)
{
	if (!last)
		return DECODE_MORE;
	*ret_facts = (struct first_facts){.protocol = PROTOCOL_QUIC, .incomplete = true};
	return DECODE_OK;
}

enum decode decode_quic(struct first_assembly *assembly, struct bytes datagram, bool last,
			struct first_facts *ret_facts)
{
	struct cursor cursor = cursor_on(datagram);
	enum decode answer = decode_gquic(datagram, ret_facts);
	struct header header;
	int count = 0;

	if (answer == DECODE_MORE)
		return without_name(last, ret_facts);
	if (answer != DECODE_NOT)
		return answer;
	while (count < COALESCED_MOST && cursor_left(&cursor) && read_header(&cursor, &header)) {
		count++;
		if (header.type == PACKET_INITIAL && put_initial(assembly, &header) == DECODE_BAD)
			return DECODE_BAD;
	}
	if (count == 0 && assembly->protocol != PROTOCOL_QUIC) {
		if (!is_unknown_version(datagram))
			return DECODE_NOT;
		return without_name(last, ret_facts);
	}
	return settle(assembly, last, ret_facts);
}
