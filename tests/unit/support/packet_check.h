/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading packets in tests, from an exact copy. */
#ifndef GATEWAYD_TESTS_PACKET_CHECK_H
#define GATEWAYD_TESTS_PACKET_CHECK_H

#include "base/writer.h"
#include "decode/packet.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/packets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(array) bytes_of((array), sizeof(array))

static inline enum decode decode(struct bytes data, bool captured_less,
				 struct packet_headers *ret_headers)
{
	struct bytes block = block_copy(data.data, data.len);
	enum decode decoded = decode_packet(block, captured_less, ret_headers);

	/* The payload is said as a place in the caller's bytes. */
	if (decoded == DECODE_OK && ret_headers->payload.len)
		ret_headers->payload.data = data.data + (ret_headers->payload.data - block.data);
	block_free(block);
	return decoded;
}

static inline void assert_good(struct bytes data, struct packet_headers *ret_headers)
{
	assert_int_equal(decode(data, false, ret_headers), DECODE_OK);
}

static inline void assert_bad(struct bytes data)
{
	struct packet_headers headers;

	memset(&headers, 0x5a, sizeof(headers));
	assert_int_equal(decode(data, false, &headers), DECODE_BAD);
	/* Untouched on failure. */
	assert_int_equal(headers.hop_limit, 0x5a);
}

#endif
