/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/offload.h"

#include <string.h>

#include "base/table.h"
#include "decode/packet.h"
#include "redact/checksum.h"

#define SENDERS_MOST 4096
#define COUNT_MOST 1000

struct sender {
	struct address address;
	uint8_t transport;
	/* ---- the key ends here ---- */
	uint32_t right, wrong;
};

struct table *offload_new(const struct hash_key *key)
{
	return table_new(SENDERS_MOST, offsetof(struct sender, right), sizeof(struct sender), key);
}

static uint32_t add_words(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

/*
 * What the sender's kernel leaves for the card to finish: the sum of the pseudo
 * header (RFC 9293 section 3.1, RFC 8200 section 8.1) without its complement.
 */
static bool is_pseudo_sum(const struct packet *packet, const struct packet_headers *headers,
			  size_t transport_len)
{
	bool tcp = headers->transport == TRANSPORT_TCP;
	struct cursor cursor = cursor_on(packet->data);
	uint32_t sum = headers->ip_protocol + (uint32_t)transport_len;
	uint16_t written;

	sum = add_words(sum, headers->src.bytes, address_len(&headers->src));
	sum = add_words(sum, headers->dst.bytes, address_len(&headers->dst));
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	cursor_skip(&cursor, headers->transport_offset + (tcp ? 16 : 6));
	written = cursor_u16(&cursor);
	return cursor_ok(&cursor) && written == sum;
}

bool offload_is_pending(struct table *senders, const struct packet *packet)
{
	struct packet_headers headers;
	struct sender key, *sender;
	size_t transport_len;

	if (packet->truncated || decode_packet(packet->data, false, &headers) != DECODE_OK ||
	    headers.fragment ||
	    (headers.transport != TRANSPORT_TCP && headers.transport != TRANSPORT_UDP))
		return false;
	transport_len = headers.payload_offset - headers.transport_offset + headers.payload.len;
	if (is_pseudo_sum(packet, &headers, transport_len))
		return true;
	memset(&key, 0, sizeof(key));
	key.address = headers.src;
	key.transport = (uint8_t)headers.transport;
	sender = table_find(senders, &key);
	if (!sender)
		sender = table_add(senders, &key);
	if (checksum_is_right(packet->data, headers.transport_offset, transport_len,
			      headers.ip_protocol)) {
		sender->right += sender->right < COUNT_MOST;
		return false;
	}
	sender->wrong += sender->wrong < COUNT_MOST;
	return sender->wrong > sender->right;
}
