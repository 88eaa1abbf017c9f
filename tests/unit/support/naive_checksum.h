/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the checksums of a packet are right, told the slow way and without
 * the code under test: byte by byte, in network order.
 */
#ifndef GATEWAYD_TESTS_NAIVE_CHECKSUM_H
#define GATEWAYD_TESTS_NAIVE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint32_t naive_sum(uint32_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* The sum over bytes that hold their own checksum is all ones. */
static inline bool naive_ipv4_header_is_right(const uint8_t *packet)
{
	return naive_sum(0, packet, 4 * (size_t)(packet[0] & 15)) == 0xffff;
}

/* len: of the transport header and its payload. */
static inline bool naive_transport_is_right(const uint8_t *packet, const uint8_t *transport,
					    size_t len, uint8_t ip_protocol)
{
	uint32_t sum = 0;

	if (ip_protocol != 1) {
		sum = packet[0] >> 4 == 4 ? naive_sum(sum, packet + 12, 8)
					  : naive_sum(sum, packet + 8, 32);
		sum += (uint32_t)(len >> 16) + (uint32_t)(len & 0xffff) + ip_protocol;
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
	}
	return naive_sum(sum, transport, len) == 0xffff;
}

#endif
