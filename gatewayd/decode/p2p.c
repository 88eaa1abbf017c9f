/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/p2p.h"

/* ---- Kalay ---- */

#define KALAY_BLOCK 16

static uint32_t rotate_left(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

static void rotate_words(uint8_t block[static KALAY_BLOCK], unsigned first)
{
	for (unsigned i = 0; i < KALAY_BLOCK; i += 4) {
		struct cursor cursor = cursor_on(bytes_of(block + i, 4));
		uint32_t word = rotate_left(cursor_le32(&cursor), i + first);

		for (unsigned k = 0; k < 4; k++)
			block[i + k] = (uint8_t)(word >> (8 * k));
	}
}

/* The keyless scrambling of IOTC, undone for the one block with its header. */
static void unscramble(const uint8_t from[static KALAY_BLOCK],
		       uint8_t ret_block[static KALAY_BLOCK])
{
	static const char key[KALAY_BLOCK + 1] = "Charlie is the d";
	static const uint8_t order[KALAY_BLOCK] = {11, 9, 8, 15, 13, 10, 12, 14,
						   2,  1, 5, 0,  6,  4,  7,  3};
	uint8_t block[KALAY_BLOCK];

	memcpy(block, from, sizeof(block));
	rotate_words(block, 3);
	for (unsigned i = 0; i < KALAY_BLOCK; i++)
		ret_block[i] = block[order[i]] ^ (uint8_t)key[i];
	rotate_words(ret_block, 1);
}

/*
 * 04 02, a version, flags; the length of what follows; a command whose second
 * byte is its group.
 */
static bool is_kalay_header(const uint8_t header[static KALAY_BLOCK], size_t datagram_len)
{
	size_t len = header[4] | (size_t)header[5] << 8;

	return header[0] == 0x04 && header[1] == 0x02 && header[2] >= 0x10 && header[2] <= 0x2f &&
	       len == datagram_len - KALAY_BLOCK && header[8] != 0 && header[8] < 0x40 &&
	       header[9] != 0 && header[9] < 0x20;
}

/* The newer carrier of DTLS: 51 cc, a command, and a length that ends it. */
static bool is_kalay_dtls(struct bytes datagram)
{
	struct cursor cursor = cursor_on(datagram);
	uint16_t magic = cursor_le16(&cursor), command;

	cursor_skip(&cursor, 2);
	command = cursor_le16(&cursor);
	return cursor_ok(&cursor) && magic == 0xcc51 && datagram.len >= 16 &&
	       (command == 0x1002 || command == 0x1202 || command == 0x1502);
}

static bool is_kalay(struct bytes datagram)
{
	uint8_t header[KALAY_BLOCK];

	if (datagram.len < KALAY_BLOCK)
		return false;
	if (is_kalay_dtls(datagram))
		return true;
	unscramble(datagram.data, header);
	return is_kalay_header(header, datagram.len);
}

/* ---- PPPP ---- */

#define PPPP_MAGIC 0xf1

/* Every message type in use has its place here; so has the least it carries. */
static const struct {
	uint8_t type, least;
} pppp_types[] = {
	{0x00, 0},  {0x01, 16}, {0x02, 0},  {0x03, 16}, {0x10, 20}, {0x11, 4},  {0x12, 20},
	{0x13, 4},  {0x14, 20}, {0x15, 4},  {0x16, 4},  {0x17, 4},  {0x18, 20}, {0x19, 4},
	{0x1a, 4},  {0x20, 20}, {0x21, 4},  {0x26, 20}, {0x30, 0},  {0x31, 4},  {0x32, 4},
	{0x40, 16}, {0x41, 20}, {0x42, 20}, {0x43, 20}, {0x67, 20}, {0x68, 0},  {0x69, 4},
	{0x6a, 20}, {0x70, 16}, {0x71, 0},  {0x72, 16}, {0x73, 4},  {0x74, 4},  {0x75, 4},
	{0x80, 4},  {0x81, 4},  {0x82, 4},  {0x83, 4},  {0x84, 4},  {0x8b, 4},  {0xd0, 4},
	{0xd1, 6},  {0xe0, 0},  {0xe1, 0},  {0xf0, 0},  {0xf9, 4},
};

/* The search for cameras under the key of the best known family. */
static const uint8_t pppp_hidden_search[] = {0x2c, 0xba, 0x5f, 0x5d};

static bool is_pppp(struct bytes datagram)
{
	struct cursor cursor = cursor_on(datagram);
	uint8_t magic = cursor_u8(&cursor), type = cursor_u8(&cursor);
	size_t len = cursor_u16(&cursor);

	if (bytes_equal(datagram, bytes_of(pppp_hidden_search, sizeof(pppp_hidden_search))))
		return true;
	if (!cursor_ok(&cursor) || magic != PPPP_MAGIC || len != cursor_left(&cursor))
		return false;
	if (type == 0xd0 && cursor_peek(&cursor) != 0xd1)
		return false;
	for (size_t i = 0; i < sizeof(pppp_types) / sizeof(pppp_types[0]); i++) {
		if (pppp_types[i].type == type)
			return len >= pppp_types[i].least;
	}
	return false;
}

/* ---- XMEye ---- */

#define DVRIP_HEADER 20
#define DVRIP_BODY_MOST 65536

/* Fixed bytes, a message id of the known range, JSON or nothing. */
static enum decode check_dvrip(struct bytes data)
{
	struct cursor cursor = cursor_on(data);
	uint8_t magic = cursor_u8(&cursor), version = cursor_u8(&cursor);
	uint16_t reserved = cursor_u16(&cursor), id;
	uint32_t len;

	if (data.len && magic != 0xff)
		return DECODE_NOT;
	if (data.len > 1 && version > 1)
		return DECODE_NOT;
	if (data.len >= 4 && reserved != 0)
		return DECODE_NOT;
	cursor_skip(&cursor, 10); /* session, sequence, two more */
	id = cursor_le16(&cursor);
	len = cursor_le32(&cursor);
	if (!cursor_ok(&cursor))
		return DECODE_MORE;
	if (id < 1000 || id > 3600 || len > DVRIP_BODY_MOST)
		return DECODE_NOT;
	if (len && cursor_left(&cursor) == 0)
		return DECODE_MORE;
	if (len && cursor_peek(&cursor) != '{' && id < 1400)
		return DECODE_NOT;
	return DECODE_OK;
}

/* ---- Tuya ---- */

#define TUYA_FRAME_MOST 4096

struct tuya_form {
	uint32_t prefix, suffix;
	size_t header; /* up to and with the length */
	size_t after;  /* bytes that follow what the length counts */
};

static const struct tuya_form tuya_forms[] = {
	{0x000055aa, 0x0000aa55, 16, 0},
	{0x00006699, 0x00009966, 18, 4},
};

/* One frame from its prefix to its suffix. */
static enum decode check_tuya_form(struct bytes data, const struct tuya_form *form)
{
	struct cursor cursor = cursor_on(data);
	uint32_t prefix = cursor_u32(&cursor);
	size_t len, least = form->after ? 28 : 8;

	if (!cursor_ok(&cursor)) {
		for (size_t i = 0; i < data.len; i++) {
			if (data.data[i] != (uint8_t)(form->prefix >> (24 - 8 * i)))
				return DECODE_NOT;
		}
		return DECODE_MORE;
	}
	if (prefix != form->prefix)
		return DECODE_NOT;
	cursor_skip(&cursor, form->header - 8); /* sequence, command */
	len = cursor_u32(&cursor);
	if (!cursor_ok(&cursor))
		return DECODE_MORE;
	if (len < least || len > TUYA_FRAME_MOST)
		return DECODE_NOT;
	cursor_skip(&cursor, len + form->after - 4);
	if (cursor_u32(&cursor) != form->suffix)
		return cursor_ok(&cursor) ? DECODE_NOT : DECODE_MORE;
	return DECODE_OK;
}

static enum decode check_tuya(struct bytes data)
{
	enum decode first = check_tuya_form(data, &tuya_forms[0]);

	return first == DECODE_NOT ? check_tuya_form(data, &tuya_forms[1]) : first;
}

/* ---- miIO ---- */

#define MIIO_HEADER 32

static enum decode check_miio(struct bytes data, bool datagram)
{
	struct cursor cursor = cursor_on(data);
	uint8_t magic = cursor_u8(&cursor), second = cursor_u8(&cursor);
	size_t len = cursor_u16(&cursor);
	uint16_t unused;

	if (data.len && magic != 0x21)
		return DECODE_NOT;
	if (data.len > 1 && second != 0x31)
		return DECODE_NOT;
	if (!cursor_ok(&cursor))
		return DECODE_MORE;
	if (len < MIIO_HEADER || (datagram && len != data.len))
		return DECODE_NOT;
	/* Only the hello has no payload; otherwise it is blocks of AES-CBC. */
	if (len > MIIO_HEADER && len % 16)
		return DECODE_NOT;
	/* The hello is filled with ones; a long device id reaches into the next two. */
	unused = cursor_u16(&cursor);
	if (cursor_ok(&cursor) && unused != 0 && unused != 0xffff)
		return DECODE_NOT;
	return data.len >= MIIO_HEADER ? DECODE_OK : DECODE_MORE;
}

/* ---- both transports ---- */

enum decode decode_p2p_stream(struct bytes stream, bool last, enum protocol *ret_protocol)
{
	const struct {
		enum decode answer;
		enum protocol protocol;
	} tried[] = {
		{check_tuya(stream), PROTOCOL_TUYA},
		{check_miio(stream, false), PROTOCOL_MIIO},
		{check_dvrip(stream), PROTOCOL_DVRIP},
	};
	bool more = false;

	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		if (tried[i].answer == DECODE_OK) {
			*ret_protocol = tried[i].protocol;
			return DECODE_OK;
		}
		more |= tried[i].answer == DECODE_MORE;
	}
	return more && !last ? DECODE_MORE : DECODE_NOT;
}

enum protocol decode_p2p_datagram(struct bytes datagram)
{
	if (datagram.len == 0)
		return PROTOCOL_UNKNOWN;
	if (is_pppp(datagram))
		return PROTOCOL_PPPP;
	if (check_tuya(datagram) == DECODE_OK)
		return PROTOCOL_TUYA;
	if (check_miio(datagram, true) == DECODE_OK)
		return PROTOCOL_MIIO;
	if (check_dvrip(datagram) == DECODE_OK)
		return PROTOCOL_DVRIP;
	return is_kalay(datagram) ? PROTOCOL_KALAY : PROTOCOL_UNKNOWN;
}
