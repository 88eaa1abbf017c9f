/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/packet_check.h"

static void assert_address(const struct address *address, const char *expected)
{
	char text[ADDRESS_TEXT_SIZE];

	address_print(address, text);
	assert_string_equal(text, expected);
}

/* ---- real packets ---- */

static void reads_tcp(void **state)
{
	(void)state;
	struct packet_headers headers;

	assert_good(BYTES(packet_syn4), &headers);
	assert_address(&headers.src, "192.0.2.10");
	assert_address(&headers.dst, "203.0.113.5");
	assert_int_equal(headers.transport, TRANSPORT_TCP);
	assert_int_equal(headers.ip_protocol, 6);
	assert_int_equal(headers.hop_limit, 64);
	assert_int_equal(headers.src_port, 54554);
	assert_int_equal(headers.dst_port, 80);
	assert_int_equal(headers.seq, 0x7a050004);
	assert_int_equal(headers.ack, 0);
	assert_int_equal(headers.tcp_flags, TCP_SYN);
	assert_int_equal(headers.window, 65495);
	assert_int_equal(headers.transport_offset, 20);
	assert_int_equal(headers.payload_offset, 60);
	assert_int_equal(headers.payload.len, 0);
	assert_false(headers.fragment || headers.first_fragment || headers.icmp_error);

	assert_good(BYTES(packet_reset4), &headers);
	assert_int_equal(headers.tcp_flags, TCP_RST | TCP_ACK);
	assert_int_equal(headers.ack, 0x7a050005);

	assert_good(BYTES(packet_syn6), &headers);
	assert_address(&headers.src, "2001:db8::10");
	assert_address(&headers.dst, "2001:db8:1::5");
	assert_int_equal(headers.src_port, 57182);
	assert_int_equal(headers.transport_offset, 40);
	assert_int_equal(headers.payload_offset, 80);
}

static void reads_tcp_options(void **state)
{
	(void)state;
	static const uint8_t scale[] = {10};
	const size_t md5_at = 40; /* the first option */
	struct packet_headers headers;
	uint8_t packet[sizeof(packet_syn4)];
	struct bytes value;

	assert_good(BYTES(packet_syn4), &headers);
	assert_true(
		decode_tcp_option(BYTES(packet_syn4), &headers, TCP_OPTION_WINDOW_SCALE, &value));
	assert_bytes(value, scale, 1);
	assert_true(decode_tcp_option(BYTES(packet_syn4), &headers, 8, &value));
	assert_int_equal(value.len, 8);
	assert_true(decode_tcp_option(BYTES(packet_syn4), &headers, 4, &value));
	assert_int_equal(value.len, 0);
	assert_false(decode_tcp_option(BYTES(packet_syn4), &headers, TCP_OPTION_MD5, &value));
	/* The last one reaches to the end of the header, and one byte beyond. */
	memcpy(packet, packet_syn4, sizeof(packet));
	packet[md5_at] = TCP_OPTION_MD5;
	packet[md5_at + 1] = 20;
	assert_true(decode_tcp_option(BYTES(packet), &headers, TCP_OPTION_MD5, &value));
	assert_int_equal(value.len, 18);
	packet[md5_at + 1] = 21;
	assert_false(decode_tcp_option(BYTES(packet), &headers, TCP_OPTION_MD5, &value));
	/* What stands after the end, or after a length that lies, is none. */
	packet[md5_at] = 0;
	assert_false(decode_tcp_option(BYTES(packet), &headers, TCP_OPTION_WINDOW_SCALE, &value));
	packet[md5_at] = 2;
	packet[md5_at + 1] = 1;
	assert_false(decode_tcp_option(BYTES(packet), &headers, TCP_OPTION_WINDOW_SCALE, &value));
	/* Only TCP has them. */
	assert_good(BYTES(packet_udp4), &headers);
	assert_false(decode_tcp_option(BYTES(packet_udp4), &headers, 0x65, &value));
}

static void reads_udp(void **state)
{
	(void)state;
	struct packet_headers headers;

	assert_good(BYTES(packet_udp4), &headers);
	assert_int_equal(headers.transport, TRANSPORT_UDP);
	assert_int_equal(headers.src_port, 40002);
	assert_int_equal(headers.dst_port, 53);
	assert_bytes(headers.payload, "hello", 5);
	assert_ptr_equal(headers.payload.data, packet_udp4 + 28);

	assert_good(BYTES(packet_udp6), &headers);
	assert_int_equal(headers.dst_port, 5353);
	assert_bytes(headers.payload, "hello", 5);
}

static void reads_icmp(void **state)
{
	(void)state;
	struct packet_headers headers;

	assert_good(BYTES(packet_echo4), &headers);
	assert_int_equal(headers.transport, TRANSPORT_ICMP);
	assert_int_equal(headers.icmp_type, 8);
	assert_int_equal(headers.icmp_id, 0x14ee);
	assert_int_equal(headers.payload.len, 8);
	assert_false(headers.icmp_error);

	assert_good(BYTES(packet_echo6), &headers);
	assert_int_equal(headers.transport, TRANSPORT_ICMP);
	assert_int_equal(headers.ip_protocol, 58);
	assert_int_equal(headers.icmp_type, 128);
	assert_int_equal(headers.icmp_id, 0x14ef);
	assert_false(headers.icmp_error);
}

static void reads_what_an_error_quotes(void **state)
{
	(void)state;
	struct packet_headers headers, quoted;

	assert_good(BYTES(packet_unreachable4), &headers);
	assert_true(headers.icmp_error);
	assert_int_equal(headers.icmp_type, 3);
	assert_int_equal(headers.icmp_code, 3);
	assert_bytes(headers.payload, packet_udp4, sizeof(packet_udp4));
	assert_int_equal(decode_quoted_packet(headers.payload, &quoted), DECODE_OK);
	assert_int_equal(quoted.src_port, 40002);
	assert_int_equal(quoted.dst_port, 53);

	assert_good(BYTES(packet_unreachable6), &headers);
	assert_true(headers.icmp_error);
	assert_bytes(headers.payload, packet_udp6, sizeof(packet_udp6));
}

/* RFC 792: the IP header and eight bytes are all that old routers quote. */
static void eight_bytes_of_a_quoted_transport_are_enough(void **state)
{
	(void)state;
	static const struct bytes packets[] = {
		{packet_syn4, 20 + 8},
		{packet_syn6, 40 + 8},
		{packet_udp4, 20 + 8},
		{packet_echo4, 20 + 8},
	};

	for (size_t i = 0; i < COUNT(packets); i++) {
		struct bytes block = block_copy(packets[i].data, packets[i].len);
		struct bytes less = block_copy(packets[i].data, packets[i].len - 1);
		struct packet_headers headers;

		assert_int_equal(decode_quoted_packet(block, &headers), DECODE_OK);
		assert_int_equal(decode_quoted_packet(less, &headers), DECODE_BAD);
		assert_true(headers.src_port || headers.icmp_id);
		block_free(block);
		block_free(less);
	}
	assert_int_equal(decode(packets[0], true, &(struct packet_headers){0}), DECODE_BAD);
}

/* ---- every prefix, every byte, every length ---- */

static const struct bytes all_packets[] = {
	{packet_syn4, sizeof(packet_syn4)},
	{packet_reset4, sizeof(packet_reset4)},
	{packet_syn6, sizeof(packet_syn6)},
	{packet_reset6, sizeof(packet_reset6)},
	{packet_echo4, sizeof(packet_echo4)},
	{packet_echo6, sizeof(packet_echo6)},
	{packet_udp4, sizeof(packet_udp4)},
	{packet_udp6, sizeof(packet_udp6)},
	{packet_unreachable4, sizeof(packet_unreachable4)},
	{packet_unreachable6, sizeof(packet_unreachable6)},
};

static void every_prefix_is_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all_packets); i++) {
		struct packet_headers whole, headers;

		assert_good(all_packets[i], &whole);
		for (size_t len = 0; len < all_packets[i].len; len++) {
			struct bytes prefix = bytes_of(all_packets[i].data, len);

			assert_bad(prefix);
			/* A capture that holds less will do when all headers are there. */
			assert_int_equal(decode(prefix, true, &headers),
					 len >= whole.payload_offset ? DECODE_OK : DECODE_BAD);
			if (len < whole.payload_offset)
				continue;
			assert_int_equal(headers.payload.len, len - whole.payload_offset);
			assert_int_equal(headers.src_port, whole.src_port);
		}
	}
}

/* How many of the 256 * length variants are still good: a change is a change of mind. */
static void every_byte_may_be_anything(void **state)
{
	(void)state;
	static const unsigned good[COUNT(all_packets)] = {14433, 9121, 19566, 14366, 8457,
							  13591, 7049, 12307, 14755, 25155};

	for (size_t i = 0; i < COUNT(all_packets); i++) {
		uint8_t copy[256];
		unsigned count = 0;

		memcpy(copy, all_packets[i].data, all_packets[i].len);
		for (size_t at = 0; at < all_packets[i].len; at++) {
			for (unsigned value = 0; value < 256; value++) {
				struct packet_headers headers;

				copy[at] = (uint8_t)value;
				if (decode(bytes_of(copy, all_packets[i].len), false, &headers) ==
				    DECODE_OK)
					count++;
			}
			copy[at] = all_packets[i].data[at];
		}
		if (count != good[i])
			fail_msg("packet %zu: %u variants are good", i, count);
	}
}

static void with_u16(struct bytes packet, size_t at, int change, uint8_t *ret_copy)
{
	unsigned value = (unsigned)packet.data[at] << 8 | packet.data[at + 1];

	memcpy(ret_copy, packet.data, packet.len);
	value += (unsigned)change;
	ret_copy[at] = (uint8_t)(value >> 8);
	ret_copy[at + 1] = (uint8_t)value;
}

static void every_length_off_by_one_is_bad(void **state)
{
	(void)state;
	static const struct {
		struct bytes packet;
		size_t at;
		bool less_is_good; /* the rest is then padding, or trailing bytes */
	} lengths[] = {
		{{packet_udp4, sizeof(packet_udp4)}, 2, false},
		{{packet_udp6, sizeof(packet_udp6)}, 4, false},
		{{packet_echo4, sizeof(packet_echo4)}, 2, true},
		{{packet_syn4, sizeof(packet_syn4)}, 2, false},
		{{packet_udp4, sizeof(packet_udp4)}, 24, true},
		{{packet_udp6, sizeof(packet_udp6)}, 44, true},
	};
	uint8_t copy[256];

	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct bytes changed = bytes_of(copy, lengths[i].packet.len);
		struct packet_headers whole, headers;

		with_u16(lengths[i].packet, lengths[i].at, 1, copy);
		assert_bad(changed);
		with_u16(lengths[i].packet, lengths[i].at, -1, copy);
		if (!lengths[i].less_is_good) {
			assert_bad(changed);
			continue;
		}
		assert_good(lengths[i].packet, &whole);
		assert_good(changed, &headers);
		assert_int_equal(headers.payload.len, whole.payload.len - 1);
	}
}

static void impossible_lengths_are_bad(void **state)
{
	(void)state;
	static const struct {
		struct bytes packet;
		size_t at;
		uint16_t value;
	} cases[] = {
		{{packet_udp4, sizeof(packet_udp4)}, 2, 0},
		{{packet_syn4, sizeof(packet_syn4)}, 2, 19}, /* less than the header */
		{{packet_udp6, sizeof(packet_udp6)}, 4, 0},
		{{packet_echo6, sizeof(packet_echo6)}, 4, 0},
		{{packet_udp4, sizeof(packet_udp4)}, 24, 0}, /* UDP: none */
		{{packet_udp4, sizeof(packet_udp4)}, 24, 7}, /* UDP: less than the header */
		{{packet_udp6, sizeof(packet_udp6)}, 44, 0},
	};
	uint8_t copy[256];

	for (size_t i = 0; i < COUNT(cases); i++) {
		memcpy(copy, cases[i].packet.data, cases[i].packet.len);
		copy[cases[i].at] = (uint8_t)(cases[i].value >> 8);
		copy[cases[i].at + 1] = (uint8_t)cases[i].value;
		assert_bad(bytes_of(copy, cases[i].packet.len));
	}
}

/* As a sender's own capture has them, and the queue those over 64 KiB. */
static void segments_to_be_cut_end_with_the_data(void **state)
{
	(void)state;
	static uint8_t large[70000];
	struct packet_headers headers;

	memcpy(large, packet_syn4, sizeof(packet_syn4));
	large[2] = large[3] = 0;
	assert_good(BYTES(large), &headers);
	assert_int_equal(headers.payload.len, sizeof(large) - 60);
	memcpy(large, packet_syn6, sizeof(packet_syn6));
	large[4] = large[5] = 0;
	assert_good(BYTES(large), &headers);
	assert_int_equal(headers.payload.len, sizeof(large) - 80);
	/* An IPv6 jumbogram (RFC 2675) has an option before; nobody sends any. */
	large[6] = 0;
	assert_bad(BYTES(large));
}

static void padding_is_not_payload(void **state)
{
	(void)state;
	uint8_t padded[60] = {0};
	struct packet_headers headers;

	memcpy(padded, packet_udp4, sizeof(packet_udp4));
	assert_good(BYTES(padded), &headers);
	assert_bytes(headers.payload, "hello", 5);
	memset(padded, 0, sizeof(padded));
	memcpy(padded, packet_reset4, sizeof(packet_reset4));
	assert_good(BYTES(padded), &headers);
	assert_int_equal(headers.payload.len, 0);
}

static void data_offset_must_fit(void **state)
{
	(void)state;
	uint8_t copy[sizeof(packet_syn4)];

	for (unsigned words = 0; words < 16; words++) {
		struct packet_headers headers;

		memcpy(copy, packet_syn4, sizeof(copy));
		copy[32] = (uint8_t)(words << 4);
		if (words < 5 || words > 10) {
			assert_bad(BYTES(copy));
			continue;
		}
		assert_good(BYTES(copy), &headers);
		assert_int_equal(headers.payload_offset, 20 + 4 * words);
	}
}

static void other_versions_are_bad(void **state)
{
	(void)state;
	for (unsigned version = 0; version < 16; version++) {
		uint8_t copy[sizeof(packet_udp4)];

		memcpy(copy, packet_udp4, sizeof(copy));
		copy[0] = (uint8_t)(version << 4 | 5);
		if (version != 4)
			assert_bad(BYTES(copy));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tcp),
		cmocka_unit_test(reads_tcp_options),
		cmocka_unit_test(reads_udp),
		cmocka_unit_test(reads_icmp),
		cmocka_unit_test(reads_what_an_error_quotes),
		cmocka_unit_test(eight_bytes_of_a_quoted_transport_are_enough),
		cmocka_unit_test(every_prefix_is_bad),
		cmocka_unit_test(every_byte_may_be_anything),
		cmocka_unit_test(every_length_off_by_one_is_bad),
		cmocka_unit_test(impossible_lengths_are_bad),
		cmocka_unit_test(segments_to_be_cut_end_with_the_data),
		cmocka_unit_test(padding_is_not_payload),
		cmocka_unit_test(data_offset_must_fit),
		cmocka_unit_test(other_versions_are_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
