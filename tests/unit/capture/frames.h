/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames for the tests of captures: a UDP packet inside each link layer.
 * Checksums are zero: nobody here looks at them.
 */
#ifndef GATEWAYD_TESTS_FRAMES_H
#define GATEWAYD_TESTS_FRAMES_H

#include "base/addr.h"
#include "base/writer.h"

#define DEVICE_MAC "a4:cf:12:00:00:01"
#define OTHER_MAC "a4:cf:12:00:00:02"
#define ROUTER_MAC "02:00:00:00:00:fe"

static inline struct address address_of(const char *text)
{
	struct address address = {.family = ADDRESS_NONE};

	(void)address_parse(text, &address);
	return address;
}

static inline struct mac mac_of(const char *text)
{
	struct mac mac = {{0}};

	(void)mac_parse(text, &mac);
	return mac;
}

/* An IP packet with UDP and this payload, from the addresses' family. */
static inline void put_udp(struct writer *writer, const char *src, uint16_t sport, const char *dst,
			   uint16_t dport, const char *payload)
{
	struct address from = address_of(src), to = address_of(dst);
	uint16_t udp = (uint16_t)(8 + strlen(payload));

	if (from.family == ADDRESS_IPV4) {
		writer_u16(writer, 0x4500);
		writer_u16(writer, (uint16_t)(20 + udp));
		writer_u32(writer, 0x00010000);
		writer_u16(writer, 64 << 8 | 17);
		writer_u16(writer, 0);
	} else {
		writer_u32(writer, 0x60000000);
		writer_u16(writer, udp);
		writer_u16(writer, 17 << 8 | 64);
	}
	writer_put(writer, from.bytes, address_len(&from));
	writer_put(writer, to.bytes, address_len(&to));
	writer_u16(writer, sport);
	writer_u16(writer, dport);
	writer_u16(writer, udp);
	writer_u16(writer, 0);
	writer_text(writer, payload);
}

static inline void put_macs(struct writer *writer, const char *src, const char *dst)
{
	struct mac from = mac_of(src), to = mac_of(dst);

	writer_put(writer, to.bytes, sizeof(to.bytes));
	writer_put(writer, from.bytes, sizeof(from.bytes));
}

#endif
