/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/packet_check.h"

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
