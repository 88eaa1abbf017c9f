/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "base/writer.h"
#include "decode/packet.h"
#include "tests/unit/support/packets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(array) bytes_of((array), sizeof(array))

static enum decode decode(struct bytes data, bool captured_less, struct packet_headers *ret_headers)
{
	struct bytes block = block_copy(data.data, data.len);
	enum decode decoded = decode_packet(block, captured_less, ret_headers);

	/* The payload is said as a place in the caller's bytes. */
	if (decoded == DECODE_OK && ret_headers->payload.len)
		ret_headers->payload.data = data.data + (ret_headers->payload.data - block.data);
	block_free(block);
	return decoded;
}

static void assert_good(struct bytes data, struct packet_headers *ret_headers)
{
	assert_int_equal(decode(data, false, ret_headers), DECODE_OK);
}

static void assert_bad(struct bytes data)
{
	struct packet_headers headers;

	memset(&headers, 0x5a, sizeof(headers));
	assert_int_equal(decode(data, false, &headers), DECODE_BAD);
	/* Untouched on failure. */
	assert_int_equal(headers.hop_limit, 0x5a);
}

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

/* ---- IPv4 options ---- */

/* packet_udp4 with options; len is a multiple of four. */
static struct bytes with_options(const uint8_t *options, size_t len, uint8_t *room, size_t size)
{
	struct writer writer = writer_on(room, size);

	writer_put(&writer, packet_udp4, 20);
	writer_put(&writer, options, len);
	writer_put(&writer, packet_udp4 + 20, sizeof(packet_udp4) - 20);
	assert_true(writer_ok(&writer));
	room[0] = (uint8_t)(0x45 + len / 4);
	room[3] = (uint8_t)writer.len;
	return writer_bytes(&writer);
}

static void skips_ipv4_options(void **state)
{
	(void)state;
	static const uint8_t router_alert[] = {0x94, 4, 0, 0};
	static const uint8_t nops[] = {1, 1, 1, 0, 0xff, 0xff, 0xff, 0xff};
	uint8_t room[128], most[40];
	struct packet_headers headers;

	assert_good(with_options(router_alert, sizeof(router_alert), room, sizeof(room)), &headers);
	assert_int_equal(headers.transport_offset, 24);
	assert_int_equal(headers.dst_port, 53);
	assert_good(with_options(nops, sizeof(nops), room, sizeof(room)), &headers);
	memset(most, 1, sizeof(most));
	assert_good(with_options(most, sizeof(most), room, sizeof(room)), &headers);
	assert_bytes(headers.payload, "hello", 5);
}

static void bad_ipv4_options_are_bad(void **state)
{
	(void)state;
	static const uint8_t options[][8] = {
		{0x94, 1, 0, 0, 0, 0, 0, 0}, /* shorter than itself */
		{0x94, 0, 0, 0, 0, 0, 0, 0},
		{0x94, 9, 0, 0, 0, 0, 0, 0},      /* beyond the header */
		{1, 1, 1, 1, 1, 1, 1, 0x94},      /* no length */
		{0x83, 7, 4, 198, 51, 100, 1, 0}, /* loose source route */
		{0x89, 7, 4, 198, 51, 100, 1, 0}, /* strict source route */
		{1, 0x83, 3, 4, 0, 0, 0, 0},
	};
	uint8_t room[128];

	for (size_t i = 0; i < COUNT(options); i++)
		assert_bad(with_options(options[i], 8, room, sizeof(room)));
}

/* ---- fragments ---- */

/* Of a packet whose IPv4 header is 20 bytes long: another offset field and length. */
static struct bytes as_fragment(struct bytes packet, unsigned field, size_t payload_len,
				uint8_t *room)
{
	memcpy(room, packet.data, packet.len);
	room[2] = (uint8_t)((20 + payload_len) >> 8);
	room[3] = (uint8_t)(20 + payload_len);
	room[6] = (uint8_t)(field >> 8);
	room[7] = (uint8_t)field;
	return bytes_of(room, 20 + payload_len);
}

static void reads_ipv4_fragments(void **state)
{
	(void)state;
	uint8_t room[128];
	struct packet_headers headers;

	assert_good(as_fragment(BYTES(packet_syn4), 0x2000, 40, room), &headers);
	assert_true(headers.fragment && headers.first_fragment);
	assert_int_equal(headers.fragment_id, 0x0b11);
	assert_int_equal(headers.dst_port, 80);

	assert_good(as_fragment(BYTES(packet_echo4), 0x2000, 16, room), &headers);
	assert_true(headers.first_fragment);

	/* A later one has no ports, whatever its bytes are. */
	assert_good(as_fragment(BYTES(packet_udp4), 0x0001, 13, room), &headers);
	assert_true(headers.fragment);
	assert_false(headers.first_fragment);
	assert_int_equal(headers.transport, TRANSPORT_UDP);
	assert_int_equal(headers.src_port, 0);
	assert_int_equal(headers.dst_port, 0);
	assert_int_equal(headers.payload.len, 13);
	assert_int_equal(headers.payload_offset, headers.transport_offset);

	/* UDP says the length of the whole datagram. */
	memcpy(room, packet_udp4, sizeof(packet_udp4));
	room[25] = 200;
	assert_good(as_fragment(bytes_of(memcpy(room + 64, room, 33), 33), 0x2000, 8, room),
		    &headers);
	assert_int_equal(headers.payload.len, 0);
}

static void fragments_that_hide_something_are_bad(void **state)
{
	(void)state;
	uint8_t room[128];

	/* The first holds less than the transport header. */
	assert_bad(as_fragment(BYTES(packet_syn4), 0x2000, 16, room));
	assert_bad(as_fragment(BYTES(packet_syn4), 0x2000, 32, room));
	/* The second would write over TCP flags. */
	assert_bad(as_fragment(BYTES(packet_syn4), 0x0001, 40, room));
	assert_bad(as_fragment(BYTES(packet_syn4), 0x2002, 40, room));
	assert_good(as_fragment(BYTES(packet_syn4), 0x2003, 40, room), &(struct packet_headers){0});
	/* More to come, but not in units of eight. */
	assert_bad(as_fragment(BYTES(packet_syn4), 0x2003, 39, room));
	/* Beyond 64 KiB, RFC 791's largest. */
	assert_bad(as_fragment(BYTES(packet_syn4), 0x1fff, 40, room));
	assert_good(as_fragment(BYTES(packet_syn4), 0x1fff, 7, room), &(struct packet_headers){0});
	/* Nothing in it. */
	assert_bad(as_fragment(BYTES(packet_syn4), 0x2003, 0, room));
	assert_bad(as_fragment(BYTES(packet_syn4), 0x0003, 0, room));
}

/* ---- IPv6 extension headers ---- */

struct chain {
	uint8_t room[512];
	struct writer writer;
	size_t next_at; /* where the next header's number goes */
};

static void chain_start(struct chain *chain)
{
	chain->writer = writer_on(chain->room, sizeof(chain->room));
	writer_put(&chain->writer, packet_udp6, 40);
	chain->next_at = 6;
}

static void chain_add(struct chain *chain, uint8_t type, const void *header, size_t len)
{
	chain->room[chain->next_at] = type;
	chain->next_at = chain->writer.len;
	writer_put(&chain->writer, header, len);
}

/* Eight bytes of options that are all padding. */
static void chain_add_options(struct chain *chain, uint8_t type)
{
	static const uint8_t options[8] = {0, 0, 1, 4, 0, 0, 0, 0};

	chain_add(chain, type, options, sizeof(options));
}

static void chain_add_fragment(struct chain *chain, unsigned offset, bool more)
{
	uint8_t header[8] = {0, 0, (uint8_t)(offset >> 8), (uint8_t)(offset | more), 1, 2, 3, 4};

	chain_add(chain, 44, header, sizeof(header));
}

static struct bytes chain_end(struct chain *chain, uint8_t type, size_t len)
{
	size_t payload_len;

	chain->room[chain->next_at] = type;
	writer_put(&chain->writer, packet_udp6 + 40, len);
	assert_true(writer_ok(&chain->writer));
	payload_len = chain->writer.len - 40;
	chain->room[4] = (uint8_t)(payload_len >> 8);
	chain->room[5] = (uint8_t)payload_len;
	return writer_bytes(&chain->writer);
}

static struct bytes chain_end_udp(struct chain *chain)
{
	return chain_end(chain, 17, 13);
}

static void walks_extension_headers(void **state)
{
	(void)state;
	static const uint8_t routing[8] = {0, 0, 2, 0, 0, 0, 0, 0};
	static const uint8_t authentication[16] = {0, 2, 0, 0, 0, 0, 0, 1};
	struct packet_headers headers;
	struct chain chain;

	chain_start(&chain);
	chain_add_options(&chain, 0);
	chain_add_options(&chain, 60);
	chain_add(&chain, 43, routing, sizeof(routing));
	chain_add_fragment(&chain, 0, false);
	chain_add(&chain, 51, authentication, sizeof(authentication));
	chain_add_options(&chain, 60);
	assert_good(chain_end_udp(&chain), &headers);
	assert_int_equal(headers.transport, TRANSPORT_UDP);
	assert_int_equal(headers.dst_port, 5353);
	assert_int_equal(headers.transport_offset, 40 + 5 * 8 + 16);
	assert_bytes(headers.payload, "hello", 5);
	/* An atomic fragment is none. */
	assert_false(headers.fragment);

	/* No next header: nothing that has ports. */
	chain_start(&chain);
	assert_good(chain_end(&chain, 59, 0), &headers);
	assert_int_equal(headers.transport, TRANSPORT_OTHER);
	/* ICMPv4 over IPv6 is not ICMP. */
	chain_start(&chain);
	assert_good(chain_end(&chain, 1, 13), &headers);
	assert_int_equal(headers.transport, TRANSPORT_OTHER);
}

static void every_prefix_of_a_chain_is_bad(void **state)
{
	(void)state;
	struct packet_headers headers;
	struct chain chain;
	struct bytes packet;

	chain_start(&chain);
	chain_add_options(&chain, 0);
	chain_add_options(&chain, 60);
	chain_add_fragment(&chain, 0, true);
	packet = chain_end(&chain, 17, 8);
	assert_good(packet, &headers);
	for (size_t len = 0; len < packet.len; len++) {
		assert_bad(bytes_of(packet.data, len));
		assert_int_equal(decode(bytes_of(packet.data, len), true, &headers), DECODE_BAD);
	}
}

static void the_chain_is_bounded(void **state)
{
	(void)state;
	struct packet_headers headers;

	for (unsigned count = 0; count < 20; count++) {
		struct chain chain;

		chain_start(&chain);
		for (unsigned i = 0; i < count; i++)
			chain_add_options(&chain, 60);
		if (count <= 8)
			assert_good(chain_end_udp(&chain), &headers);
		else
			assert_bad(chain_end_udp(&chain));
	}
}

static void odd_chains_are_bad(void **state)
{
	(void)state;
	static const uint8_t type0[24] = {0, 2, 0, 1};
	static const uint8_t segments_left[8] = {0, 0, 4, 1};
	static const uint8_t too_long[8] = {0, 200, 1, 4};
	struct chain chain;

	chain_start(&chain);
	chain_add_options(&chain, 60);
	chain_add_options(&chain, 0); /* hop-by-hop, not first */
	assert_bad(chain_end_udp(&chain));

	chain_start(&chain);
	chain_add_options(&chain, 0);
	chain_add_options(&chain, 0); /* twice */
	assert_bad(chain_end_udp(&chain));

	chain_start(&chain);
	chain_add(&chain, 43, type0, sizeof(type0)); /* goes on elsewhere */
	assert_bad(chain_end_udp(&chain));

	chain_start(&chain);
	chain_add(&chain, 43, segments_left, sizeof(segments_left));
	assert_bad(chain_end_udp(&chain));

	chain_start(&chain);
	chain_add(&chain, 60, too_long, sizeof(too_long));
	assert_bad(chain_end_udp(&chain));

	chain_start(&chain);
	chain_add_fragment(&chain, 0, true);
	chain_add_fragment(&chain, 0, true); /* a fragment of a fragment */
	assert_bad(chain_end(&chain, 17, 8));
}

static void reads_ipv6_fragments(void **state)
{
	(void)state;
	struct packet_headers headers;
	struct chain chain;

	chain_start(&chain);
	chain_add_options(&chain, 0);
	chain_add_fragment(&chain, 0, true);
	chain_add_options(&chain, 60);
	assert_good(chain_end(&chain, 17, 8), &headers);
	assert_true(headers.fragment && headers.first_fragment);
	assert_int_equal(headers.fragment_id, 0x01020304);
	assert_int_equal(headers.dst_port, 5353);

	/* What is behind a later fragment header is not a header. */
	chain_start(&chain);
	chain_add_fragment(&chain, 64, false);
	assert_good(chain_end(&chain, 60, 13), &headers);
	assert_true(headers.fragment);
	assert_false(headers.first_fragment);
	assert_int_equal(headers.transport, TRANSPORT_OTHER);
	assert_int_equal(headers.dst_port, 0);
	assert_int_equal(headers.payload.len, 13);

	/* RFC 7112: the first fragment holds the whole chain. */
	chain_start(&chain);
	chain_add_fragment(&chain, 0, true);
	chain_add_options(&chain, 60);
	assert_bad(chain_end(&chain, 17, 0));
	/* Over TCP flags. */
	chain_start(&chain);
	chain_add_fragment(&chain, 8, false);
	assert_bad(chain_end(&chain, 6, 13));
	chain_start(&chain);
	chain_add_fragment(&chain, 0xfff8, false);
	assert_bad(chain_end(&chain, 17, 13));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tcp),
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
		cmocka_unit_test(skips_ipv4_options),
		cmocka_unit_test(bad_ipv4_options_are_bad),
		cmocka_unit_test(reads_ipv4_fragments),
		cmocka_unit_test(fragments_that_hide_something_are_bad),
		cmocka_unit_test(walks_extension_headers),
		cmocka_unit_test(every_prefix_of_a_chain_is_bad),
		cmocka_unit_test(the_chain_is_bounded),
		cmocka_unit_test(odd_chains_are_bad),
		cmocka_unit_test(reads_ipv6_fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
