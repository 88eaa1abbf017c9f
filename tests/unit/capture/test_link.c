/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "capture/link.h"
#include "tests/unit/capture/frames.h"

static uint8_t ip[256], frame[512], built[600];

/* The header of each link layer by hand, from its specification. */
struct form {
	enum link_kind kind;
	const uint8_t header[40];
	size_t len;
	bool has_src, has_dst;
	size_t pppoe_at;
};

#define MAC_TO 0x02, 0, 0, 0, 0, 0xfe
#define MAC_FROM 0xa4, 0xcf, 0x12, 0, 0, 1

static const struct form forms[] = {
	{LINK_ETHERNET, {MAC_TO, MAC_FROM, 8, 0}, 14, true, true, 0},
	{LINK_ETHERNET, {MAC_TO, MAC_FROM, 0x81, 0, 0, 7, 8, 0}, 18, true, true, 0},
	{LINK_ETHERNET,
	 {MAC_TO, MAC_FROM, 0x88, 0xa8, 0, 9, 0x81, 0, 0, 7, 8, 0},
	 22,
	 true,
	 true,
	 0},
	/* The PPPoE length is that of "hello" in UDP in IPv4, and PPP's two bytes. */
	{LINK_ETHERNET,
	 {MAC_TO, MAC_FROM, 0x88, 0x64, 0x11, 0, 0, 1, 0, 35, 0, 0x21},
	 22,
	 true,
	 true,
	 18},
	{LINK_ETHERNET,
	 {MAC_TO, MAC_FROM, 0x81, 0, 0, 7, 0x88, 0x64, 0x11, 0, 0, 1, 0, 34, 0x21},
	 25,
	 true,
	 true,
	 22},
	{LINK_SLL, {0, 0, 0, 1, 0, 6, MAC_FROM, 0, 0, 8, 0}, 16, true, false, 0},
	{LINK_SLL, {0, 0, 0, 1, 0, 6, MAC_FROM, 0, 0, 0x81, 0, 0, 7, 8, 0}, 20, true, false, 0},
	{LINK_SLL, {0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0}, 16, false, false, 0},
	{LINK_SLL2, {8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, MAC_FROM, 0, 0}, 20, true, false, 0},
	{LINK_LOOPBACK, {2, 0, 0, 0}, 4, false, false, 0},
	{LINK_LOOPBACK, {0, 0, 0, 2}, 4, false, false, 0},
	{LINK_RAW, {0}, 0, false, false, 0},
};

static struct bytes make_ip(const char *payload)
{
	struct writer writer = writer_on(ip, sizeof(ip));

	put_udp(&writer, "192.0.2.10", 1000, "203.0.113.5", 53, payload);
	assert_true(writer_ok(&writer));
	return writer_bytes(&writer);
}

static struct bytes make_frame(const struct form *form, struct bytes packet, size_t padding)
{
	struct writer writer = writer_on(frame, sizeof(frame));

	writer_put(&writer, form->header, form->len);
	writer_bytes_put(&writer, packet);
	writer_fill(&writer, 0xee, padding);
	assert_true(writer_ok(&writer));
	return writer_bytes(&writer);
}

static void finds_ip_in_every_link_layer(void **state)
{
	const struct mac from = mac_of(DEVICE_MAC), to = mac_of(ROUTER_MAC), none = {{0}};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct bytes packet = make_ip("hello");
		struct bytes whole = make_frame(&forms[i], packet, 7);
		struct link_frame read;

		assert_true(link_read(forms[i].kind, whole, whole.len, &read));
		assert_bytes(read.ip, packet.data, packet.len);
		assert_int_equal(read.header.len, forms[i].len);
		assert_int_equal(read.pppoe_length_at, forms[i].pppoe_at);
		assert_false(read.truncated);
		assert_true(mac_equal(&read.src, forms[i].has_src ? &from : &none));
		assert_true(mac_equal(&read.dst, forms[i].has_dst ? &to : &none));
	}
}

static void every_prefix_is_cut_or_no_ip(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct bytes packet = make_ip("hello");
		struct bytes whole = make_frame(&forms[i], packet, 0);

		for (size_t len = 0; len < whole.len; len++) {
			struct bytes part = block_copy(whole.data, len);
			struct link_frame read;

			if (link_read(forms[i].kind, part, whole.len, &read)) {
				assert_true(len >= forms[i].len);
				assert_true(read.truncated);
				assert_int_equal(read.ip.len, len - forms[i].len);
			}
			block_free(part);
		}
	}
}

static void lost_padding_is_no_loss(void **state)
{
	struct bytes packet = make_ip("hello");
	struct bytes whole = make_frame(&forms[0], packet, 0);
	struct link_frame read;

	(void)state;
	assert_true(link_read(LINK_ETHERNET, whole, whole.len + 12, &read));
	assert_false(read.truncated);
}

static void changed_bytes_do_not_crash(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct bytes whole = make_frame(&forms[i], make_ip("hello"), 0);
		struct bytes copy = block_copy(whole.data, whole.len);

		for (size_t at = 0; at < copy.len; at++) {
			for (unsigned value = 0; value < 256; value++) {
				struct link_frame read;

				((uint8_t *)(uintptr_t)copy.data)[at] = (uint8_t)value;
				if (!link_read(forms[i].kind, copy, copy.len, &read))
					continue;
				assert_true(read.ip.data >= copy.data);
				assert_true(read.ip.data + read.ip.len <= copy.data + copy.len);
			}
			((uint8_t *)(uintptr_t)copy.data)[at] = whole.data[at];
		}
		block_free(copy);
	}
}

static void what_is_no_ip_is_said_so(void **state)
{
	static const uint8_t arp[] = {MAC_TO, MAC_FROM, 8, 6, 0, 1, 8, 0};
	static const uint8_t discovery[] = {MAC_TO, MAC_FROM, 0x88, 0x63, 0x11, 9, 0, 0, 0, 4};
	static const uint8_t lcp[] = {MAC_TO, MAC_FROM, 0x88, 0x64, 0x11, 0,
				      0,      1,        0,    4,    0xc0, 0x21};
	static const struct {
		const uint8_t *data;
		size_t len;
	} others[] = {{arp, sizeof(arp)}, {discovery, sizeof(discovery)}, {lcp, sizeof(lcp)}};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct link_frame read;

		assert_false(link_read(LINK_ETHERNET, bytes_of(others[i].data, others[i].len),
				       others[i].len, &read));
	}
}

/* Tags upon tags end with the frame, however many there are. */
static void endless_tags_end(void **state)
{
	struct writer writer = writer_on(frame, sizeof(frame));
	struct link_frame read;

	(void)state;
	put_macs(&writer, DEVICE_MAC, ROUTER_MAC);
	for (unsigned i = 0; i < 120; i++)
		writer_u32(&writer, 0x81000001);
	assert_true(writer_ok(&writer));
	assert_false(link_read(LINK_ETHERNET, writer_bytes(&writer), writer.len, &read));
	writer_u16(&writer, 0x0800);
	assert_false(link_read(LINK_ETHERNET, writer_bytes(&writer), 2000, &read));
}

static void frames_are_built_as_they_were(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct bytes whole = make_frame(&forms[i], make_ip("hello"), 0);
		struct writer writer = writer_on(built, sizeof(built));
		struct link_frame read;

		assert_true(link_read(forms[i].kind, whole, whole.len, &read));
		link_write(forms[i].kind, &read, read.ip, false, &writer);
		assert_true(writer_ok(&writer));
		assert_bytes(writer_bytes(&writer), whole.data, whole.len);
	}
}

static void longer_packets_and_answers_fit_in(void **state)
{
	const struct mac from = mac_of(DEVICE_MAC), to = mac_of(ROUTER_MAC), none = {{0}};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct bytes whole = make_frame(&forms[i], make_ip("hello"), 0);
		struct writer writer = writer_on(built, sizeof(built));
		struct link_frame read, again;
		struct bytes longer;

		assert_true(link_read(forms[i].kind, whole, whole.len, &read));
		longer = make_ip("a much longer payload than before");
		link_write(forms[i].kind, &read, longer, true, &writer);
		assert_true(link_read(forms[i].kind, writer_bytes(&writer), writer.len, &again));
		assert_bytes(again.ip, longer.data, longer.len);
		assert_true(mac_equal(&again.src, forms[i].has_dst ? &to : &none));
		assert_true(mac_equal(&again.dst, forms[i].has_dst ? &from : &none));
		if (forms[i].pppoe_at)
			assert_int_equal(built[forms[i].pppoe_at + 1],
					 forms[i].header[forms[i].pppoe_at + 1] + 28);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_ip_in_every_link_layer),
		cmocka_unit_test(every_prefix_is_cut_or_no_ip),
		cmocka_unit_test(lost_padding_is_no_loss),
		cmocka_unit_test(changed_bytes_do_not_crash),
		cmocka_unit_test(what_is_no_ip_is_said_so),
		cmocka_unit_test(endless_tags_end),
		cmocka_unit_test(frames_are_built_as_they_were),
		cmocka_unit_test(longer_packets_and_answers_fit_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
