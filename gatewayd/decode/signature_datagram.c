/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/dns.h"
#include "decode/lines.h"
#include "decode/signature.h"
#include "decode/text.h"

#define SECOND_16 0x10000 /* NTP's short format: 16 bits of seconds, 16 below */

/* ---- STUN ---- */

#define STUN_HEADER 20
#define STUN_COOKIE 0x2112a442

/* Do the attributes fill the message? The old form has no other mark. */
static bool stun_attributes_fit(struct cursor cursor)
{
	unsigned count = 0;

	for (; cursor_left(&cursor); count++) {
		uint16_t type = cursor_u16(&cursor), len = cursor_u16(&cursor);

		cursor_skip(&cursor, (len + 3u) & ~3u);
		if (type == 0 || (type > 0x0b && type < 0x8000 && type != 0x20))
			return false;
	}
	return cursor_ok(&cursor) && count > 0;
}

bool decode_stun_looks_right(struct bytes datagram)
{
	struct cursor cursor = cursor_on(datagram);
	uint16_t type = cursor_u16(&cursor), len = cursor_u16(&cursor);
	uint32_t cookie = cursor_u32(&cursor);

	cursor_skip(&cursor, 12);
	if (!cursor_ok(&cursor) || type & 0xc000 || len != cursor_left(&cursor))
		return false;
	if (cookie == STUN_COOKIE) /* some do not pad their last attribute */
		return type != 0;
	if (len % 4)
		return false;
	/* RFC 3489: binding and shared secret; a request may have no attributes. */
	if (type != 1 && type != 0x101 && type != 0x111 && type != 2 && type != 0x102)
		return false;
	return len == 0 ? type == 1 && cookie != 0 : stun_attributes_fit(cursor);
}

/* ---- DNS ---- */

static bool is_cert_question(const struct name *name)
{
	static const char prefix[] = "2.dnscrypt-cert.";

	return name->len > sizeof(prefix) - 1 &&
	       memcmp(name->text, prefix, sizeof(prefix) - 1) == 0;
}

bool decode_dns_any_port(struct bytes data, enum protocol *ret_protocol)
{
	struct dns_message message;
	bool local;

	if (decode_dns(data, &message) != DECODE_OK || message.opcode != 0)
		return false;
	/* mDNS, RFC 6762 section 18: id 0; only there may questions be many or none. */
	local = message.id == 0 &&
		(name_is_within(&message.question, "local", 5) || message.question.text[0] == '_' ||
		 (message.question_class & 0x8000) ||
		 (message.question_count == 0 && message.response));
	if (local) {
		*ret_protocol = PROTOCOL_MDNS;
		return true;
	}
	if (message.question_count != 1 || message.question_type == 0 ||
	    (message.question_class != 1 && message.question_class != 3 &&
	     message.question_class != 255))
		return false;
	if (!message.response && (message.record_count[DNS_ANSWER] || message.rcode))
		return false;
	*ret_protocol = is_cert_question(&message.question) ? PROTOCOL_DNSCRYPT : PROTOCOL_DNS;
	return true;
}

/* A query through a relay that hides who asks: ten fixed bytes, then a server. */
static bool is_dnscrypt_relayed(struct bytes datagram)
{
	static const uint8_t magic[10] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0};

	return datagram.len >= 28 + 68 && bytes_start_with(datagram, magic, sizeof(magic));
}

/* A resolver's answer, for flows that are seen from their other end. */
static bool is_dnscrypt_answer(struct bytes datagram)
{
	return datagram.len >= 48 && bytes_start_with(datagram, "r6fnvWj8", 8);
}

/* ---- NTP ---- */

/* RFC 9327 section 2: an opcode, no status yet in a command, and a count of bytes. */
static bool is_ntp_control(struct bytes datagram)
{
	struct cursor cursor = cursor_on(datagram);
	uint8_t opcode;
	size_t count;

	cursor_skip(&cursor, 1);
	opcode = cursor_u8(&cursor);
	if (opcode == 0 || opcode > 31)
		return false;
	cursor_skip(&cursor, 8); /* sequence, status, association, offset */
	count = cursor_u16(&cursor);
	return cursor_ok(&cursor) && cursor_left(&cursor) == (count + 3) / 4 * 4;
}

/* RFC 5905 section 7.3; the fields of a client are mostly zero, but never large. */
static bool is_ntp(struct bytes datagram)
{
	struct cursor cursor = cursor_on(datagram);
	uint8_t first = cursor_u8(&cursor), stratum = cursor_u8(&cursor);
	uint8_t poll = cursor_u8(&cursor), precision = cursor_u8(&cursor);
	uint32_t delay = cursor_u32(&cursor), dispersion = cursor_u32(&cursor);
	uint8_t version = first >> 3 & 7, mode = first & 7;

	if (version < 1 || version > 4)
		return false;
	if (mode == 6)
		return is_ntp_control(datagram);
	if (mode < 1 || mode > 5 || datagram.len < 48 || datagram.len % 4)
		return false;
	/* An extension or a MAC has at least 16 bytes. */
	if (datagram.len != 48 && datagram.len < 64)
		return false;
	return stratum <= 16 && (poll <= 17 || poll >= 0xfd) &&
	       (precision == 0 || precision >= 0xd8 || precision <= 10) &&
	       delay <= 64 * SECOND_16 && dispersion <= 4096u * SECOND_16;
}

/* ---- CoAP ---- */

/* RFC 7252 section 5.10, RFC 7641, 7959, 7967, 8613; a vendor's own are even. */
static bool is_coap_option(uint32_t number)
{
	static const uint16_t known[] = {1,  3,  4,  5,  6,  7,  8,  9,  11,  12,  14, 15,
					 17, 20, 23, 27, 28, 35, 39, 60, 252, 258, 292};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i] == number)
			return true;
	}
	return number >= 2048 && number % 2 == 0;
}

static uint32_t read_coap_number(struct cursor *cursor, uint8_t nibble)
{
	if (nibble == 13)
		return 13u + cursor_u8(cursor);
	if (nibble == 14)
		return 269u + cursor_u16(cursor);
	if (nibble == 15)
		cursor_fail(cursor);
	return nibble;
}

/* Every option in order and known; *ret_paths: how many say what is wanted. */
static bool read_coap_options(struct cursor *cursor, unsigned *ret_paths)
{
	uint32_t number = 0;

	while (cursor_left(cursor)) {
		uint8_t byte = cursor_u8(cursor);
		struct bytes value;
		uint32_t len;

		if (byte == 0xff)
			return cursor_left(cursor) > 0; /* the payload follows */
		number += read_coap_number(cursor, byte >> 4);
		len = read_coap_number(cursor, byte & 15);
		value = cursor_take(cursor, len);
		if (!cursor_ok(cursor) || !is_coap_option(number))
			return false;
		if (number == 3 || number == 11 || number == 15 || number == 35) {
			if (!lines_printable(value))
				return false;
			++*ret_paths;
		}
	}
	return cursor_ok(cursor);
}

static bool is_coap(struct bytes datagram)
{
	struct cursor cursor = cursor_on(datagram);
	uint8_t first = cursor_u8(&cursor), code = cursor_u8(&cursor);
	unsigned paths = 0;

	cursor_skip(&cursor, 2); /* message id */
	if (!cursor_ok(&cursor) || first >> 6 != 1 || (first & 15) > 8)
		return false;
	if (code == 0) /* ping */
		return datagram.len == 4 && first == 0x40;
	cursor_skip(&cursor, first & 15);
	/* A request says what it wants; an answer alone is too little to tell. */
	return code <= 7 && (first >> 4 & 3) <= 1 && read_coap_options(&cursor, &paths) && paths;
}

/* ---- DHCP ---- */

static bool is_dhcp4(struct bytes datagram)
{
	static const uint8_t cookie[4] = {0x63, 0x82, 0x53, 0x63};

	return datagram.len >= 240 && (datagram.data[0] == 1 || datagram.data[0] == 2) &&
	       datagram.data[2] <= 16 && memcmp(datagram.data + 236, cookie, 4) == 0;
}

/* RFC 8415 section 8: options to the end, with a client's or a server's id. */
static bool is_dhcp6(struct bytes datagram)
{
	struct cursor cursor = cursor_on(datagram);
	uint8_t type = cursor_u8(&cursor);
	bool identified = false;

	cursor_skip(&cursor, 3);
	if (!cursor_ok(&cursor) || type == 0 || type > 11 || cursor_left(&cursor) < 8)
		return false;
	while (cursor_left(&cursor)) {
		uint16_t code = cursor_u16(&cursor), len = cursor_u16(&cursor);

		cursor_skip(&cursor, len);
		if (code == 0 || code > 150)
			return false;
		identified |= (code == 1 || code == 2) && len >= 6 && len <= 130;
	}
	return cursor_ok(&cursor) && identified;
}

/* ---- RTP ---- */

/* Sound of fixed rate fills whole 10 ms; a video stream of MPEG fills packets. */
static bool is_rtp(struct bytes datagram)
{
	struct cursor cursor = cursor_on(datagram);
	uint8_t first = cursor_u8(&cursor), type = cursor_u8(&cursor) & 0x7f;
	size_t len;

	cursor_skip(&cursor, 10);
	if (!cursor_ok(&cursor) || first != 0x80)
		return false;
	len = cursor_left(&cursor);
	switch (type) {
	case 0: /* PCMU */
	case 8: /* PCMA */
	case 9: /* G722 */
		return len == 80 || len == 160 || len == 240 || len == 320 || len == 480;
	case 3: /* GSM */
		return (len == 33 || len == 66) && cursor_peek(&cursor) >> 4 == 0xd;
	case 18: /* G729 */
		return len == 10 || len == 20 || len == 30 || len == 40;
	case 33: /* MPEG transport stream */
		return len && len % 188 == 0 && cursor_peek(&cursor) == 0x47;
	default:
		return false;
	}
}

/* RFC 3550 section 6.1: reports whose lengths add up to the datagram. */
static bool is_rtcp(struct bytes datagram)
{
	struct cursor cursor = cursor_on(datagram);
	unsigned count = 0;

	for (; cursor_left(&cursor); count++) {
		uint8_t first = cursor_u8(&cursor), type = cursor_u8(&cursor);
		uint16_t len = cursor_u16(&cursor);

		/* A compound begins with a report of at least an SSRC. */
		if (first >> 6 != 2 || type < 200 || type > (count ? 207 : 201) ||
		    (count == 0 && len < (type == 200 ? 6 : 1)))
			return false;
		cursor_skip(&cursor, (size_t)len * 4);
	}
	return cursor_ok(&cursor) && count > 0;
}

/* ---- tunnels ---- */

/* WireGuard, section 5.4: the type, three zeros, and one length for each type. */
static bool is_wireguard(struct bytes datagram)
{
	struct cursor cursor = cursor_on(datagram);
	uint32_t type = cursor_le32(&cursor), counter_high;

	if (type == 1)
		return datagram.len == 148;
	if (type == 2)
		return datagram.len == 92;
	if (type == 3)
		return datagram.len == 64;
	cursor_skip(&cursor, 8); /* receiver, low half of the counter */
	counter_high = cursor_le32(&cursor);
	return cursor_ok(&cursor) && type == 4 && datagram.len >= 32 && datagram.len % 16 == 0 &&
	       counter_high == 0;
}

#define OPENVPN_RESET_2 0x38 /* hard reset of a client, key 0 */
#define OPENVPN_RESET_3 0x50 /* the same with tls-crypt-v2 */

/*
 * A client's first packet: session id, then with tls-auth an HMAC, then with
 * tls-auth or tls-crypt a packet id (1) and the time, then nothing to
 * acknowledge and message 0, or that sealed.
 */
bool decode_openvpn_looks_right(struct bytes packet)
{
	static const uint8_t digests[] = {16, 20, 28, 32, 48, 64};
	static const uint8_t nothing[5] = {0};
	struct cursor cursor = cursor_on(packet);
	uint8_t opcode = cursor_u8(&cursor);
	uint32_t id;

	if (packet.len < 14 || (opcode != OPENVPN_RESET_2 && opcode != OPENVPN_RESET_3))
		return false;
	if (opcode == OPENVPN_RESET_2 && memcmp(packet.data + packet.len - 5, nothing, 5) == 0) {
		if (packet.len == 14)
			return true;
		for (size_t i = 0; i < sizeof(digests); i++) {
			cursor = cursor_on(packet);
			cursor_skip(&cursor, 9u + digests[i]);
			id = cursor_u32(&cursor);
			if (id == 1 && packet.len == 9u + digests[i] + 8 + 5)
				return true;
		}
	}
	cursor = cursor_on(packet);
	cursor_skip(&cursor, 9);
	id = cursor_u32(&cursor);
	if (opcode == OPENVPN_RESET_2)
		return id == 1 && packet.len == 54;
	/* The wrapped key follows, and its length ends it. */
	cursor = cursor_on(packet);
	cursor_skip(&cursor, packet.len - 2);
	return packet.len > 54 + 2 && packet.len == 54u + cursor_u16(&cursor);
}

/* ---- BitTorrent ---- */

static bool is_bittorrent(struct bytes datagram)
{
	static const uint8_t tracker[12] = {0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80, 0, 0, 0, 0};
	struct cursor cursor = cursor_on(datagram);

	if (datagram.len == 16 && bytes_start_with(datagram, tracker, sizeof(tracker)))
		return true;
	/* DHT, BEP 5: a dictionary that begins with the query's or answer's id. */
	if (bytes_start_with(datagram, "d1:ad2:id20:", 12) ||
	    bytes_start_with(datagram, "d1:rd2:id20:", 12))
		return datagram.data[datagram.len - 1] == 'e';
	/* uTP, BEP 29: SYN, no extension; nothing was received, so two fields are zero. */
	if (datagram.len < 20 || cursor_u16(&cursor) != 0x4100)
		return false;
	cursor_skip(&cursor, 6); /* connection, time stamp */
	return cursor_u32(&cursor) == 0 && cursor_u32(&cursor) != 0 && cursor_u16(&cursor) == 1 &&
	       cursor_u16(&cursor) == 0;
}

enum protocol decode_signature_datagram(struct bytes datagram)
{
	enum protocol dns;

	if (datagram.len == 0)
		return PROTOCOL_UNKNOWN;
	if (is_dhcp4(datagram))
		return PROTOCOL_DHCP;
	if (is_wireguard(datagram))
		return PROTOCOL_WIREGUARD;
	if (is_bittorrent(datagram))
		return PROTOCOL_BITTORRENT;
	if (decode_openvpn_looks_right(datagram))
		return PROTOCOL_OPENVPN;
	if (is_dnscrypt_relayed(datagram) || is_dnscrypt_answer(datagram))
		return PROTOCOL_DNSCRYPT;
	if (is_ntp(datagram))
		return PROTOCOL_NTP;
	if (decode_dns_any_port(datagram, &dns))
		return dns;
	if (is_rtp(datagram) || is_rtcp(datagram))
		return PROTOCOL_RTP;
	if (is_coap(datagram))
		return PROTOCOL_COAP;
	if (is_dhcp6(datagram))
		return PROTOCOL_DHCP;
	return decode_syslog_looks_right(datagram) ? PROTOCOL_SYSLOG : PROTOCOL_UNKNOWN;
}
