/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "redact/forge.h"
#include "tests/unit/support/naive_checksum.h"
#include "tests/unit/support/packets.h"

#define BYTES(array) bytes_of((array), sizeof(array))

struct forged {
	uint8_t room[2048];
	struct writer writer;
	struct packet_headers headers; /* of the forged packet */
};

static void forge_start(struct forged *forged)
{
	memset(forged->room, 0xee, sizeof(forged->room));
	forged->writer = writer_on(forged->room, sizeof(forged->room));
}

static struct packet_headers headers_of(struct bytes packet)
{
	struct packet_headers headers;

	assert_int_equal(decode_packet(packet, false, &headers), DECODE_OK);
	return headers;
}

/* A good packet from src to dst, all checksums right, hop limit 64. */
static void assert_forged(struct forged *forged, const struct address *src,
			  const struct address *dst)
{
	const uint8_t *data = forged->room;

	assert_true(writer_ok(&forged->writer));
	forged->headers = headers_of(writer_bytes(&forged->writer));
	assert_true(address_equal(&forged->headers.src, src));
	assert_true(address_equal(&forged->headers.dst, dst));
	assert_int_equal(forged->headers.hop_limit, 64);
	if (src->family == ADDRESS_IPV4)
		assert_true(naive_ipv4_header_is_right(data));
	assert_true(naive_transport_is_right(data, data + forged->headers.transport_offset,
					     forged->writer.len - forged->headers.transport_offset,
					     forged->headers.ip_protocol));
}

static void assert_nothing(const struct forged *forged)
{
	assert_true(writer_ok(&forged->writer));
	assert_int_equal(forged->writer.len, 0);
}

/* ---- resets ---- */

/* The kernel's own answer to the same SYN is the model. */
static void resets_as_the_kernel_does(void **state)
{
	(void)state;
	struct packet_headers headers = headers_of(BYTES(packet_syn4));
	struct forged forged;

	forge_start(&forged);
	forge_reset(&headers, &forged.writer);
	assert_forged(&forged, &headers.dst, &headers.src);
	assert_bytes(writer_bytes(&forged.writer), packet_reset4, sizeof(packet_reset4));

	headers = headers_of(BYTES(packet_syn6));
	forge_start(&forged);
	forge_reset(&headers, &forged.writer);
	assert_forged(&forged, &headers.dst, &headers.src);
	assert_int_equal(forged.writer.len, sizeof(packet_reset6));
	/* But for the flow label, and the checksum that was left unfinished. */
	assert_memory_equal(forged.room + 4, packet_reset6 + 4, 40 - 4 + 16);
	assert_memory_equal(forged.room + 58, packet_reset6 + 58, 2);
}

/* RFC 9293 section 3.10.7.1. */
static void resets_have_the_right_numbers(void **state)
{
	(void)state;
	static const struct {
		uint8_t flags;
		size_t payload;
		uint32_t seq, ack;
		uint8_t expected_flags;
		uint32_t expected_seq, expected_ack;
	} cases[] = {
		{TCP_SYN, 0, 100, 0, TCP_RST | TCP_ACK, 0, 101},
		{TCP_SYN, 5, 100, 0, TCP_RST | TCP_ACK, 0, 106}, /* fast open */
		{TCP_SYN | TCP_FIN, 0, 100, 0, TCP_RST | TCP_ACK, 0, 102},
		{TCP_SYN, 0, UINT32_MAX, 0, TCP_RST | TCP_ACK, 0, 0},
		{TCP_FIN, 3, 100, 7, TCP_RST | TCP_ACK, 0, 104},
		{0, 0, 100, 7, TCP_RST | TCP_ACK, 0, 100},
		{TCP_ACK, 0, 100, 200, TCP_RST, 200, 0},
		{TCP_ACK | TCP_PSH, 9, 100, 200, TCP_RST, 200, 0},
		{TCP_SYN | TCP_ACK, 0, 100, 200, TCP_RST, 200, 0},
		{TCP_FIN | TCP_ACK, 0, 100, 0xfffffff0, TCP_RST, 0xfffffff0, 0},
	};
	struct packet_headers headers = headers_of(BYTES(packet_syn4));

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct forged forged;

		headers.tcp_flags = cases[i].flags;
		headers.payload = bytes_of("123456789", cases[i].payload);
		headers.seq = cases[i].seq;
		headers.ack = cases[i].ack;
		forge_start(&forged);
		forge_reset(&headers, &forged.writer);
		assert_forged(&forged, &headers.dst, &headers.src);
		assert_int_equal(forged.headers.tcp_flags, cases[i].expected_flags);
		assert_int_equal(forged.headers.seq, cases[i].expected_seq);
		assert_int_equal(forged.headers.ack, cases[i].expected_ack);
		assert_int_equal(forged.headers.src_port, 80);
		assert_int_equal(forged.headers.dst_port, 54554);
		assert_int_equal(forged.headers.payload.len, 0);
	}
}

static void resets_onward_are_in_the_devices_name(void **state)
{
	(void)state;
	struct packet_headers headers = headers_of(BYTES(packet_syn6));
	struct forged forged;

	headers.tcp_flags = TCP_ACK | TCP_PSH;
	headers.seq = 1000;
	headers.ack = 2000;
	headers.payload = bytes_of("hello", 5);
	forge_start(&forged);
	forge_reset_onward(&headers, &forged.writer);
	assert_forged(&forged, &headers.src, &headers.dst);
	/* RFC 5961: only the very next number is believed at once. */
	assert_int_equal(forged.headers.seq, 1000);
	assert_int_equal(forged.headers.ack, 2000);
	assert_int_equal(forged.headers.tcp_flags, TCP_RST | TCP_ACK);
	assert_int_equal(forged.headers.src_port, 57182);
	assert_int_equal(forged.headers.dst_port, 80);

	/* The receiver has not heard of a connection that begins. */
	headers.tcp_flags = TCP_SYN;
	forge_start(&forged);
	forge_reset_onward(&headers, &forged.writer);
	assert_nothing(&forged);
}

static void resets_only_what_can_be_reset(void **state)
{
	(void)state;
	struct packet_headers headers = headers_of(BYTES(packet_reset4));
	struct packet_headers later = headers_of(BYTES(packet_syn4));
	struct packet_headers udp = headers_of(BYTES(packet_udp4));
	struct forged forged;

	forge_start(&forged);
	forge_reset(&headers, &forged.writer);
	forge_reset_onward(&headers, &forged.writer);
	forge_tcp_answer(&headers, bytes_of("x", 1), &forged.writer);
	forge_reset(&udp, &forged.writer);
	later.fragment = true;
	later.tcp_flags = TCP_ACK;
	forge_reset(&later, &forged.writer);
	forge_reset_onward(&later, &forged.writer);
	forge_tcp_answer(&later, bytes_of("x", 1), &forged.writer);
	assert_nothing(&forged);
	later.first_fragment = true;
	forge_reset(&later, &forged.writer);
	assert_int_equal(forged.writer.len, 40);
}

/* ---- ICMP ---- */

static void prohibits_ipv4(void **state)
{
	(void)state;
	struct packet_headers headers = headers_of(BYTES(packet_udp4));
	struct forged forged;

	forge_start(&forged);
	forge_prohibited(BYTES(packet_udp4), &headers, &forged.writer);
	assert_forged(&forged, &headers.dst, &headers.src);
	assert_int_equal(forged.headers.icmp_type, 3);
	assert_int_equal(forged.headers.icmp_code, 13);
	assert_bytes(forged.headers.payload, packet_udp4, sizeof(packet_udp4));
	/* As the kernel's, but for TOS, identification, code and checksums. */
	assert_int_equal(forged.writer.len, sizeof(packet_unreachable4));
	assert_memory_equal(forged.room + 24, packet_unreachable4 + 24, 4 + sizeof(packet_udp4));
}

static void prohibits_ipv6(void **state)
{
	(void)state;
	struct packet_headers headers = headers_of(BYTES(packet_udp6));
	struct forged forged;

	forge_start(&forged);
	forge_prohibited(BYTES(packet_udp6), &headers, &forged.writer);
	assert_forged(&forged, &headers.dst, &headers.src);
	assert_int_equal(forged.headers.icmp_type, 1);
	assert_int_equal(forged.headers.icmp_code, 1);
	assert_bytes(forged.headers.payload, packet_udp6, sizeof(packet_udp6));
}

/* RFC 1812: at most 576 bytes; RFC 4443: at most 1280. */
static void quotes_as_much_as_may_be(void **state)
{
	(void)state;
	static uint8_t packet[1500];
	struct packet_headers headers;
	struct forged forged;

	memcpy(packet, packet_udp4, sizeof(packet_udp4));
	packet[2] = 1500 >> 8;
	packet[3] = 1500 & 0xff;
	packet[24] = 1480 >> 8;
	packet[25] = 1480 & 0xff;
	headers = headers_of(BYTES(packet));
	forge_start(&forged);
	forge_prohibited(BYTES(packet), &headers, &forged.writer);
	assert_forged(&forged, &headers.dst, &headers.src);
	assert_int_equal(forged.writer.len, 576);

	memcpy(packet, packet_udp6, sizeof(packet_udp6));
	packet[4] = 1460 >> 8;
	packet[5] = 1460 & 0xff;
	packet[44] = 1460 >> 8;
	packet[45] = 1460 & 0xff;
	headers = headers_of(BYTES(packet));
	forge_start(&forged);
	forge_prohibited(BYTES(packet), &headers, &forged.writer);
	assert_forged(&forged, &headers.dst, &headers.src);
	assert_int_equal(forged.writer.len, 1280);
}

static void padding_is_not_quoted(void **state)
{
	(void)state;
	uint8_t padded[60] = {0};
	struct packet_headers headers;
	struct forged forged;

	memcpy(padded, packet_udp4, sizeof(packet_udp4));
	headers = headers_of(BYTES(padded));
	forge_start(&forged);
	forge_prohibited(BYTES(padded), &headers, &forged.writer);
	assert_forged(&forged, &headers.dst, &headers.src);
	assert_int_equal(forged.headers.payload.len, sizeof(packet_udp4));
}

static void some_are_not_told(void **state)
{
	(void)state;
	struct packet_headers headers = headers_of(BYTES(packet_unreachable4));
	struct forged forged;

	forge_start(&forged);
	forge_prohibited(BYTES(packet_unreachable4), &headers, &forged.writer);
	headers = headers_of(BYTES(packet_unreachable6));
	forge_prohibited(BYTES(packet_unreachable6), &headers, &forged.writer);
	headers = headers_of(BYTES(packet_echo6));
	headers.icmp_type = 137; /* redirect */
	forge_prohibited(BYTES(packet_echo6), &headers, &forged.writer);
	headers = headers_of(BYTES(packet_udp4));
	headers.fragment = true; /* a later one */
	forge_prohibited(BYTES(packet_udp4), &headers, &forged.writer);
	headers = headers_of(BYTES(packet_udp4));
	assert_true(address_parse("239.255.255.250", &headers.dst));
	forge_prohibited(BYTES(packet_udp4), &headers, &forged.writer);
	headers = headers_of(BYTES(packet_udp4));
	assert_true(address_parse("0.0.0.0", &headers.src));
	forge_prohibited(BYTES(packet_udp4), &headers, &forged.writer);
	headers = headers_of(BYTES(packet_udp6));
	assert_true(address_parse("ff02::1", &headers.src));
	forge_prohibited(BYTES(packet_udp6), &headers, &forged.writer);
	assert_nothing(&forged);

	headers = headers_of(BYTES(packet_udp4));
	headers.fragment = headers.first_fragment = true;
	forge_prohibited(BYTES(packet_udp4), &headers, &forged.writer);
	assert_forged(&forged, &headers.dst, &headers.src);
}

/* ---- answers ---- */

static void answers_over_udp(void **state)
{
	(void)state;
	struct packet_headers headers = headers_of(BYTES(packet_udp4));
	struct forged forged;

	for (size_t len = 0; len < 6; len++) {
		forge_start(&forged);
		forge_udp_answer(&headers, bytes_of("world", len), &forged.writer);
		assert_forged(&forged, &headers.dst, &headers.src);
		assert_int_equal(forged.headers.src_port, 53);
		assert_int_equal(forged.headers.dst_port, 40002);
		assert_bytes(forged.headers.payload, "world", len);
	}
	headers = headers_of(BYTES(packet_udp6));
	forge_start(&forged);
	forge_udp_answer(&headers, bytes_of("world", 5), &forged.writer);
	assert_forged(&forged, &headers.dst, &headers.src);
	headers = headers_of(BYTES(packet_syn4));
	forge_start(&forged);
	forge_udp_answer(&headers, bytes_of("world", 5), &forged.writer);
	assert_nothing(&forged);
}

/* RFC 768, RFC 8200 section 8.1: whatever the bytes, the field is not 0. */
static void udp_answers_always_have_a_checksum(void **state)
{
	(void)state;
	struct packet_headers headers = headers_of(BYTES(packet_udp6));
	unsigned ones = 0;

	for (unsigned value = 0; value < 65536; value++) {
		uint8_t payload[2] = {(uint8_t)(value >> 8), (uint8_t)value};
		struct forged forged;

		forged.writer = writer_on(forged.room, sizeof(forged.room));
		forge_udp_answer(&headers, BYTES(payload), &forged.writer);
		assert_true(forged.room[46] || forged.room[47]);
		ones += forged.room[46] == 0xff && forged.room[47] == 0xff;
	}
	assert_int_equal(ones, 1);
}

static void answers_over_tcp(void **state)
{
	(void)state;
	struct packet_headers headers = headers_of(BYTES(packet_syn4));
	struct forged forged;

	headers.tcp_flags = TCP_ACK | TCP_PSH;
	headers.seq = 0xfffffffe;
	headers.ack = 500;
	headers.payload = bytes_of("12345", 5);
	forge_start(&forged);
	forge_tcp_answer(&headers, bytes_of("answer", 6), &forged.writer);
	assert_forged(&forged, &headers.dst, &headers.src);
	assert_int_equal(forged.headers.seq, 500);
	assert_int_equal(forged.headers.ack, 3);
	assert_int_equal(forged.headers.tcp_flags, TCP_ACK | TCP_PSH | TCP_FIN);
	assert_bytes(forged.headers.payload, "answer", 6);

	headers.tcp_flags = TCP_SYN;
	forge_start(&forged);
	forge_tcp_answer(&headers, bytes_of("answer", 6), &forged.writer);
	assert_nothing(&forged);
}

/* ---- another payload ---- */

static void assert_payload_changed(struct bytes packet, const char *text)
{
	struct packet_headers headers = headers_of(packet);
	struct forged forged;

	forge_start(&forged);
	forge_udp_payload(packet, &headers, bytes_of(text, strlen(text)), &forged.writer);
	assert_forged(&forged, &headers.src, &headers.dst);
	assert_bytes(forged.headers.payload, text, strlen(text));
	assert_int_equal(forged.headers.src_port, headers.src_port);
	assert_int_equal(forged.headers.dst_port, headers.dst_port);
	assert_int_equal(forged.headers.transport_offset, headers.transport_offset);
	assert_int_equal(forged.writer.len, headers.payload_offset + strlen(text));
}

static void changes_a_udp_payload(void **state)
{
	(void)state;
	/* With an option; with a hop-by-hop header; padding goes. */
	static const uint8_t option[4] = {0x94, 4, 0, 0};
	static const uint8_t hop_by_hop[8] = {17, 0, 1, 4, 0, 0, 0, 0};
	uint8_t longer[64] = {0};

	assert_payload_changed(BYTES(packet_udp4), "");
	assert_payload_changed(BYTES(packet_udp4), "hello");
	assert_payload_changed(BYTES(packet_udp4), "a longer text than before");
	assert_payload_changed(BYTES(packet_udp6), "short");
	assert_payload_changed(BYTES(packet_udp6), "a longer text than before");

	memcpy(longer, packet_udp4, 20);
	memcpy(longer + 20, option, sizeof(option));
	memcpy(longer + 24, packet_udp4 + 20, sizeof(packet_udp4) - 20);
	longer[0] = 0x46;
	longer[3] = (uint8_t)(sizeof(packet_udp4) + 4);
	assert_payload_changed(BYTES(longer), "another");

	memset(longer, 0, sizeof(longer));
	memcpy(longer, packet_udp6, 40);
	memcpy(longer + 40, hop_by_hop, sizeof(hop_by_hop));
	memcpy(longer + 48, packet_udp6 + 40, sizeof(packet_udp6) - 40);
	longer[5] = (uint8_t)(longer[5] + 8);
	longer[6] = 0;
	assert_payload_changed(BYTES(longer), "another");
}

static void what_cannot_be_written_fails(void **state)
{
	(void)state;
	struct packet_headers headers = headers_of(BYTES(packet_udp4));
	static uint8_t large[65536];
	struct forged forged;
	static uint8_t room[70000];

	forge_start(&forged);
	headers.fragment = headers.first_fragment = true;
	forge_udp_payload(BYTES(packet_udp4), &headers, bytes_of("x", 1), &forged.writer);
	assert_false(writer_ok(&forged.writer));

	headers = headers_of(BYTES(packet_udp4));
	forged.writer = writer_on(room, sizeof(room));
	forge_udp_payload(BYTES(packet_udp4), &headers, bytes_of(large, 65536 - 28),
			  &forged.writer);
	assert_false(writer_ok(&forged.writer));
	forged.writer = writer_on(room, sizeof(room));
	forge_udp_answer(&headers, bytes_of(large, 65536 - 28), &forged.writer);
	assert_false(writer_ok(&forged.writer));
	forged.writer = writer_on(room, sizeof(room));
	forge_udp_answer(&headers, bytes_of(large, 65535 - 28), &forged.writer);
	assert_true(writer_ok(&forged.writer));

	/* No room: whatever the size, nothing is written beyond it. */
	headers.transport = TRANSPORT_TCP;
	headers.tcp_flags = TCP_ACK;
	for (size_t size = 0; size < 46; size++) {
		struct bytes block = block_copy(large, size);
		struct writer writer = writer_on((uint8_t *)(uintptr_t)block.data, size);

		forge_tcp_answer(&headers, bytes_of("answer", 6), &writer);
		assert_false(writer_ok(&writer));
		block_free(block);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resets_as_the_kernel_does),
		cmocka_unit_test(resets_have_the_right_numbers),
		cmocka_unit_test(resets_onward_are_in_the_devices_name),
		cmocka_unit_test(resets_only_what_can_be_reset),
		cmocka_unit_test(prohibits_ipv4),
		cmocka_unit_test(prohibits_ipv6),
		cmocka_unit_test(quotes_as_much_as_may_be),
		cmocka_unit_test(padding_is_not_quoted),
		cmocka_unit_test(some_are_not_told),
		cmocka_unit_test(answers_over_udp),
		cmocka_unit_test(udp_answers_always_have_a_checksum),
		cmocka_unit_test(answers_over_tcp),
		cmocka_unit_test(changes_a_udp_payload),
		cmocka_unit_test(what_cannot_be_written_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
