/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of a DNS message as text, and whether ldns can read it. */
#ifndef GATEWAYD_TESTS_RECORDS_H
#define GATEWAYD_TESTS_RECORDS_H

#include <ldns/ldns.h>

#include "base/writer.h"
#include "decode/dns.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/messages.h"

#define BYTES(array) bytes_of((array), sizeof(array))

static inline struct dns_message read_message(struct bytes data)
{
	struct dns_message message;

	assert_int_equal(decode_dns(data, &message), DECODE_OK);
	return message;
}

/* Somebody else must be able to read what we write, too. */
static inline void assert_ldns_reads(struct bytes data)
{
	ldns_pkt *packet = NULL;

	assert_int_equal(ldns_wire2pkt(&packet, data.data, data.len), LDNS_STATUS_OK);
	ldns_pkt_free(packet);
}

/* Records as one text: "name TYPE rdata-in-hex;", sections by "|". */
static inline const char *records_of(const struct dns_message *message)
{
	static const char digits[] = "0123456789abcdef";
	static char text[4096];
	struct writer writer = writer_on(text, sizeof(text));
	enum dns_section section = DNS_ANSWER;
	struct dns_record record;
	struct dns_walk walk;

	dns_walk_start(&walk, message);
	while (dns_next_record(&walk, &record)) {
		for (; section < record.section; section++)
			writer_u8(&writer, '|');
		writer_text(&writer, record.name.text);
		writer_u8(&writer, ' ');
		writer_decimal(&writer, record.type);
		writer_u8(&writer, ' ');
		for (size_t i = 0; i < record.data.len; i++) {
			writer_u8(&writer, (uint8_t)digits[record.data.data[i] >> 4]);
			writer_u8(&writer, (uint8_t)digits[record.data.data[i] & 15]);
		}
		writer_u8(&writer, ';');
	}
	writer_terminate(&writer);
	assert_true(writer_ok(&writer));
	return text;
}

#endif
