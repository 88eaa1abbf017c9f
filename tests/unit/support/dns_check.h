/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading DNS messages in tests, from an exact copy and with every record. */
#ifndef GATEWAYD_TESTS_DNS_CHECK_H
#define GATEWAYD_TESTS_DNS_CHECK_H

#include "base/writer.h"
#include "decode/dns.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/messages.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(array) bytes_of((array), sizeof(array))

static inline enum decode decode(struct bytes data, struct dns_message *ret_message)
{
	struct bytes block = block_copy(data.data, data.len);
	enum decode decoded = decode_dns(block, ret_message);

	assert_int_equal(decode_dns_looks_right(block), decoded != DECODE_NOT);
	if (decoded == DECODE_OK) {
		struct dns_walk walk;
		struct dns_record record;
		struct dns_hints hints;
		struct dns_hint hint;

		/* Over the exact copy, so that a sanitizer sees too long a reach. */
		dns_walk_start(&walk, ret_message);
		while (dns_next_record(&walk, &record)) {
			if (dns_hints_start(&hints, ret_message, &record)) {
				while (dns_next_hint(&hints, &hint))
					continue;
			}
		}
		assert_int_equal(walk.offset, data.len);
		ret_message->data = data;
	}
	block_free(block);
	return decoded;
}

static inline void assert_reads(struct bytes data, struct dns_message *ret_message)
{
	assert_int_equal(decode(data, ret_message), DECODE_OK);
}

static inline void assert_answers(struct bytes data, enum decode expected)
{
	struct dns_message message;

	memset(&message, 0x5a, sizeof(message));
	assert_int_equal(decode(data, &message), expected);
	assert_int_equal(message.id, 0x5a5a);
}

static inline void put_header(struct writer *writer, uint16_t flags, uint16_t questions,
			      uint16_t answers)
{
	writer_u16(writer, 0x1234);
	writer_u16(writer, flags);
	writer_u16(writer, questions);
	writer_u16(writer, answers);
	writer_u32(writer, 0);
}

static inline void put_question_end(struct writer *writer, uint16_t type)
{
	writer_u16(writer, type);
	writer_u16(writer, DNS_CLASS_IN);
}

#endif
