/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet headers: whatever the bytes, the answer is OK or BAD, an OK result
 * stays inside the packet, and the same packet with more captured says the
 * same. What is read is then used for every forged reply, which must be
 * readable itself and have the right addresses.
 */
#include "decode/packet.h"

#include <stdlib.h>

#include "redact/forge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(condition)         \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* An option's value lies in the header and says its own length. */
static void check_options(struct bytes packet, const struct packet_headers *headers)
{
	for (unsigned kind = 0; kind < 256; kind++) {
		struct bytes value;

		if (!decode_tcp_option(packet, headers, (uint8_t)kind, &value))
			continue;
		ENSURE(kind > 1 && headers->transport == TRANSPORT_TCP);
		ENSURE(value.data >= packet.data + headers->transport_offset + 22 &&
		       value.data + value.len <= packet.data + headers->payload_offset);
		ENSURE(value.data[-2] == kind && value.data[-1] == value.len + 2);
	}
}

static void check_result(struct bytes packet, const struct packet_headers *headers)
{
	size_t end = headers->payload_offset + headers->payload.len;

	ENSURE(headers->src.family == ADDRESS_IPV4 || headers->src.family == ADDRESS_IPV6);
	ENSURE(headers->src.family == headers->dst.family);
	ENSURE(headers->transport != TRANSPORT_NONE);
	ENSURE(headers->transport_offset <= headers->payload_offset && end <= packet.len);
	ENSURE(headers->payload.len == 0 ||
	       headers->payload.data == packet.data + headers->payload_offset);
	ENSURE(!headers->first_fragment || headers->fragment);
	if (headers->fragment && !headers->first_fragment)
		ENSURE(headers->src_port == 0 && headers->dst_port == 0);
	check_options(packet, headers);
}

static void check_reply(const struct writer *writer, const struct address *src,
			const struct address *dst)
{
	struct packet_headers headers;

	if (!writer_ok(writer) || writer->len == 0)
		return;
	ENSURE(decode_packet(writer_bytes(writer), false, &headers) == DECODE_OK);
	ENSURE(address_equal(&headers.src, src) && address_equal(&headers.dst, dst));
	ENSURE(!headers.fragment);
}

static void forge_all(struct bytes packet, const struct packet_headers *headers)
{
	static uint8_t room[70000];
	static const uint8_t text[] = "an answer";
	struct bytes payload = bytes_of(text, sizeof(text));
	struct writer writer = writer_on(room, sizeof(room));

	forge_reset(headers, &writer);
	check_reply(&writer, &headers->dst, &headers->src);
	writer = writer_on(room, sizeof(room));
	forge_reset_onward(headers, &writer);
	check_reply(&writer, &headers->src, &headers->dst);
	writer = writer_on(room, sizeof(room));
	forge_prohibited(packet, headers, &writer);
	ENSURE(writer_ok(&writer) && writer.len <= 1280);
	check_reply(&writer, &headers->dst, &headers->src);
	writer = writer_on(room, sizeof(room));
	forge_udp_answer(headers, payload, &writer);
	check_reply(&writer, &headers->dst, &headers->src);
	writer = writer_on(room, sizeof(room));
	forge_tcp_answer(headers, payload, &writer);
	check_reply(&writer, &headers->dst, &headers->src);
	writer = writer_on(room, sizeof(room));
	forge_udp_payload(packet, headers, payload, &writer);
	ENSURE(writer_ok(&writer) == (headers->transport == TRANSPORT_UDP && !headers->fragment));
	check_reply(&writer, &headers->src, &headers->dst);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct bytes packet = bytes_of(copy, size);
	struct packet_headers headers, less;
	enum decode decoded;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	decoded = decode_packet(packet, false, &headers);
	ENSURE(decoded == DECODE_OK || decoded == DECODE_BAD);
	if (decoded == DECODE_OK) {
		check_result(packet, &headers);
		/* Lenience must not change what strictness accepts. */
		ENSURE(decode_packet(packet, true, &less) == DECODE_OK);
		ENSURE(less.payload.data == headers.payload.data &&
		       less.payload.len == headers.payload.len);
		ENSURE(decode_quoted_packet(packet, &less) == DECODE_OK);
		ENSURE(less.src_port == headers.src_port && less.dst_port == headers.dst_port);
		forge_all(packet, &headers);
	} else if (decode_packet(packet, true, &headers) == DECODE_OK) {
		check_result(packet, &headers);
	}
	if (decode_quoted_packet(packet, &headers) == DECODE_OK)
		check_result(packet, &headers);
	free(copy);
	return 0;
}
