/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/signature.h"

#define BITTORRENT_HELLO \
	"\x13"           \
	"BitTorrent protocol"
#define DNS_LENGTH_LEAST 17 /* a header and the shortest question */
#define DNS_LENGTH_MOST 2048
#define OPENVPN_LENGTH_LEAST 14
#define OPENVPN_LENGTH_MOST 1600
#define MQTT_LENGTH_LEAST 12

/* MQTT 3.1, 3.1.1 and 5, section 3.1: CONNECT with its protocol name and level. */
static enum decode check_mqtt(struct bytes stream)
{
	struct cursor cursor = cursor_on(stream);
	uint8_t type = cursor_u8(&cursor), byte, level;
	uint32_t remaining = 0;
	unsigned shift = 0;
	uint16_t name_len;
	struct bytes name;

	if (type != 0x10)
		return DECODE_NOT;
	do {
		byte = cursor_u8(&cursor);
		remaining |= (uint32_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && shift < 28);
	if (cursor_ok(&cursor) && (byte & 0x80 || remaining < MQTT_LENGTH_LEAST))
		return DECODE_NOT;
	name_len = cursor_u16(&cursor);
	if (cursor_ok(&cursor) && name_len != 4 && name_len != 6)
		return DECODE_NOT;
	name = cursor_take(&cursor, name_len);
	level = cursor_u8(&cursor);
	if (!cursor_ok(&cursor))
		return stream.len < 16 ? DECODE_MORE : DECODE_NOT;
	if (bytes_equal(name, bytes_of("MQTT", 4)))
		return (level & 0x7f) >= 3 && (level & 0x7f) <= 5 ? DECODE_OK : DECODE_NOT;
	return bytes_equal(name, bytes_of("MQIsdp", 6)) ? DECODE_OK : DECODE_NOT;
}

static enum decode check_bittorrent(struct bytes stream)
{
	size_t n = sizeof(BITTORRENT_HELLO) - 1, len = stream.len < n ? stream.len : n;

	if (memcmp(stream.data, BITTORRENT_HELLO, len) != 0)
		return DECODE_NOT;
	return len == n ? DECODE_OK : DECODE_MORE;
}

/* A request: what it lacks in a datagram's end it must have in its cookie. */
static enum decode check_stun_message(struct bytes stream)
{
	static const uint8_t cookie[4] = {0x21, 0x12, 0xa4, 0x42};
	struct cursor cursor = cursor_on(stream);
	uint16_t type = cursor_u16(&cursor), len = cursor_u16(&cursor);
	struct bytes rest = cursor_rest(&cursor);

	if (stream.data[0] > 1 || (stream.len >= 2 && (type == 0 || (type & 0xf) == 0)))
		return DECODE_NOT;
	if (stream.len >= 4 && len % 4)
		return DECODE_NOT;
	if (rest.len < 4)
		return memcmp(rest.len ? rest.data : cookie, cookie, rest.len) == 0 ? DECODE_MORE
										    : DECODE_NOT;
	return bytes_start_with(rest, cookie, 4) ? DECODE_OK : DECODE_NOT;
}

/* The same behind two bytes of length, RFC 4571, RFC 6544. */
static enum decode check_stun(struct bytes stream)
{
	enum decode answer = check_stun_message(stream), framed;
	struct cursor cursor = cursor_on(stream);
	uint16_t len = cursor_u16(&cursor);

	if (answer == DECODE_OK || !cursor_ok(&cursor) || len < 20 || len > 1500)
		return answer;
	framed = cursor_left(&cursor) ? check_stun_message(cursor_rest(&cursor)) : DECODE_MORE;
	return framed == DECODE_NOT ? answer : framed;
}

/* A length, then a packet; what is there of it must not speak against it. */
static enum decode check_openvpn(struct bytes stream)
{
	struct cursor cursor = cursor_on(stream);
	uint16_t len = cursor_u16(&cursor);
	uint8_t opcode = cursor_peek(&cursor);
	struct bytes packet;

	if (stream.len >= 2 && (len < OPENVPN_LENGTH_LEAST || len > OPENVPN_LENGTH_MOST))
		return DECODE_NOT;
	if (stream.len >= 3 && opcode != 0x38 && opcode != 0x50)
		return DECODE_NOT;
	packet = cursor_take(&cursor, len);
	if (!cursor_ok(&cursor))
		return DECODE_MORE;
	return decode_openvpn_looks_right(packet) ? DECODE_OK : DECODE_NOT;
}

/* RFC 1035 section 4.2.2: a length, then a query. */
static enum decode check_dns(struct bytes stream, enum protocol *ret_protocol)
{
	struct cursor cursor = cursor_on(stream), header;
	uint16_t len = cursor_u16(&cursor), counts[4];
	struct bytes message;

	if (stream.len >= 2 && (len < DNS_LENGTH_LEAST || len > DNS_LENGTH_MOST))
		return DECODE_NOT;
	header = cursor;
	cursor_skip(&header, 4); /* id, flags */
	for (int i = 0; i < 4; i++) {
		counts[i] = cursor_u16(&header);
		if (cursor_ok(&header) && counts[i] != (i == 0) && (i < 3 || counts[i] > 2))
			return DECODE_NOT;
	}
	message = cursor_take(&cursor, len);
	if (!cursor_ok(&cursor))
		return DECODE_MORE;
	return decode_dns_any_port(message, ret_protocol) ? DECODE_OK : DECODE_NOT;
}

enum decode decode_signature_stream(struct bytes stream, bool last, enum protocol *ret_protocol)
{
	static const struct {
		enum decode (*check)(struct bytes stream);
		enum protocol protocol;
	} checks[] = {
		{check_mqtt, PROTOCOL_MQTT},
		{check_bittorrent, PROTOCOL_BITTORRENT},
		{check_stun, PROTOCOL_STUN},
		{check_openvpn, PROTOCOL_OPENVPN},
	};
	enum decode answer;
	bool more = false;

	if (stream.len == 0)
		return last ? DECODE_NOT : DECODE_MORE;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		answer = checks[i].check(stream);
		if (answer == DECODE_OK) {
			*ret_protocol = checks[i].protocol;
			return DECODE_OK;
		}
		more |= answer == DECODE_MORE;
	}
	answer = check_dns(stream, ret_protocol);
	if (answer == DECODE_OK)
		return DECODE_OK;
	return (more || answer == DECODE_MORE) && !last ? DECODE_MORE : DECODE_NOT;
}
