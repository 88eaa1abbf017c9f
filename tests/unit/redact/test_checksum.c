/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "redact/checksum.h"
#include "tests/unit/support/naive_checksum.h"
#include "tests/unit/support/packets.h"

/* What the kernel had computed in full, RFC 1071 by somebody else. */
static void agrees_with_the_kernel(void **state)
{
	(void)state;
	static const struct {
		const uint8_t *packet;
		size_t len, transport_offset;
		uint8_t ip_protocol;
	} cases[] = {
		{packet_reset4, sizeof(packet_reset4), 20, 6},
		{packet_echo4, sizeof(packet_echo4), 20, 1},
		{packet_unreachable4, sizeof(packet_unreachable4), 20, 1},
		{packet_echo6, sizeof(packet_echo6), 40, 58},
		{packet_unreachable6, sizeof(packet_unreachable6), 40, 58},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes block = block_copy(cases[i].packet, cases[i].len);
		uint8_t *data = (uint8_t *)(uintptr_t)block.data;

		/* Wrong first, so that leaving it alone is not right. */
		if (data[0] >> 4 == 4)
			data[10] ^= 0x55;
		data[cases[i].transport_offset + (cases[i].ip_protocol == 6 ? 16 : 2)] ^= 0x55;
		checksum_fix(data, block.len, cases[i].transport_offset, cases[i].ip_protocol);
		assert_memory_equal(data, cases[i].packet, block.len);
		block_free(block);
	}
}

/* A packet of any length, with any bytes in it. */
static size_t make_packet(uint8_t *room, bool ipv4, uint8_t ip_protocol, size_t len, uint64_t *seed)
{
	size_t header_len = ipv4 ? 20 : 40;

	for (size_t i = 0; i < header_len + len; i++)
		room[i] = (uint8_t)random_next(seed);
	room[0] = ipv4 ? 0x45 : 0x60;
	room[6] = ipv4 ? 0x40 : ip_protocol;
	if (ipv4) {
		room[7] = 0;
		room[9] = ip_protocol;
	}
	if (ip_protocol == 17) {
		room[header_len + 4] = (uint8_t)(len >> 8);
		room[header_len + 5] = (uint8_t)len;
	}
	return header_len;
}

static void is_right_for_any_packet(void **state)
{
	(void)state;
	static const uint8_t protocols[2][3] = {{58, 6, 17}, {1, 6, 17}};
	static uint8_t room[70000];
	uint64_t seed = 0x853c49e6748fea9b;

	for (unsigned round = 0; round < 3000; round++) {
		bool ipv4 = round % 2;
		uint8_t ip_protocol = protocols[ipv4][round / 2 % 3];
		size_t most = round % 100 == 99 ? 65000 : 200;
		size_t len = 20 + random_next(&seed) % most;
		size_t header_len = make_packet(room, ipv4, ip_protocol, len, &seed);

		checksum_fix(room, header_len + len, header_len, ip_protocol);
		if (ipv4)
			assert_true(naive_ipv4_header_is_right(room));
		assert_true(naive_transport_is_right(room, room + header_len, len, ip_protocol));
	}
}

/* RFC 768: 0 would say that there is none. */
static void udp_is_never_zero(void **state)
{
	(void)state;
	for (unsigned ipv4 = 0; ipv4 <= 1; ipv4++) {
		uint64_t seed = 42;
		uint8_t room[64], *checksum;
		size_t header_len = make_packet(room, ipv4, 17, 16, &seed);

		checksum = room + header_len + 6;
		/* What makes the rest sum up to all ones. */
		memset(room + header_len + 14, 0, 2);
		checksum_fix(room, header_len + 16, header_len, 17);
		memcpy(room + header_len + 14, checksum, 2);
		checksum_fix(room, header_len + 16, header_len, 17);
		assert_int_equal(checksum[0], 0xff);
		assert_int_equal(checksum[1], 0xff);
	}
}

static void fragments_keep_their_transport_checksum(void **state)
{
	(void)state;
	uint8_t room[128], before[128];
	uint64_t seed = 7;

	make_packet(room, true, 17, 40, &seed);
	for (unsigned field = 0; field < 2; field++) {
		room[6] = field ? 0 : 0x20;
		room[7] = field ? 5 : 0;
		memcpy(before, room, sizeof(before));
		checksum_fix(room, 60, 20, 17);
		assert_true(naive_ipv4_header_is_right(room));
		assert_memory_equal(room + 20, before + 20, 40);
	}

	make_packet(room, false, 44, 48, &seed);
	memcpy(room + 40, "\21\0\0\1\0\0\0\7", 8); /* first fragment */
	memcpy(before, room, sizeof(before));
	checksum_fix(room, 88, 48, 17);
	assert_memory_equal(room, before, 88);
	memcpy(room + 40, "\21\0\0\0\0\0\0\7", 8); /* atomic: no fragment */
	room[52] = 0;
	room[53] = 40;
	checksum_fix(room, 88, 48, 17);
	assert_true(naive_transport_is_right(room, room + 48, 40, 17));
}

static void walks_extension_headers(void **state)
{
	(void)state;
	uint8_t room[128];
	uint64_t seed = 11;

	make_packet(room, false, 0, 8 + 24 + 20, &seed);
	memcpy(room + 40, "\x33\0\1\4\0\0\0\0", 8);        /* hop-by-hop, then AH */
	memcpy(room + 48, "\6\4\0\0\0\0\0\1\0\0\0\1", 12); /* AH of 24 bytes, then TCP */
	checksum_fix(room, 92, 72, 6);
	assert_true(naive_transport_is_right(room, room + 72, 20, 6));
}

/* What cannot be right must not be written beyond. */
static void short_packets_are_left_alone(void **state)
{
	(void)state;
	static const uint8_t protocols[] = {1, 6, 17, 58, 47};

	for (size_t i = 0; i < sizeof(protocols); i++) {
		for (size_t len = 0; len < 70; len++) {
			for (unsigned version = 4; version <= 6; version += 2) {
				uint8_t zero[70] = {0};
				struct bytes block = block_copy(zero, len);
				uint8_t *data = (uint8_t *)(uintptr_t)block.data;

				if (len)
					data[0] = (uint8_t)(version << 4 | 5);
				checksum_fix(data, len, version == 4 ? 20 : 40, protocols[i]);
				checksum_fix(data, len, 69, protocols[i]);
				checksum_fix(data, len, SIZE_MAX, protocols[i]);
				block_free(block);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_kernel),
		cmocka_unit_test(is_right_for_any_packet),
		cmocka_unit_test(udp_is_never_zero),
		cmocka_unit_test(fragments_keep_their_transport_checksum),
		cmocka_unit_test(walks_extension_headers),
		cmocka_unit_test(short_packets_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
