/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ClientHellos for engine tests. */
#ifndef TESTS_UNIT_ENGINE_HELLO_H
#define TESTS_UNIT_ENGINE_HELLO_H

#include "tests/unit/engine/world.h"

/* An extension of a ClientHello, RFC 8446 section 4.2. */
static inline void extension(struct writer *writer, uint16_t type, struct bytes data)
{
	writer_u16(writer, type);
	writer_u16(writer, (uint16_t)data.len);
	writer_bytes_put(writer, data);
}

/* name and alpn may be NULL. */
static inline struct bytes make_hello(uint8_t *buffer, size_t size, const char *name,
				      const char *alpn, bool ech)
{
	/* The outer kind, RFC 9849 section 5: suite, config id, enc, payload. */
	static const uint8_t outer[] = {0, 0, 1, 0, 1, 42, 0, 4, 1, 2, 3, 4, 0, 4, 9, 9, 9, 9};
	uint8_t extensions[512], sni[300];
	struct writer at = writer_on(extensions, sizeof(extensions));
	struct writer list = writer_on(sni, sizeof(sni));
	struct writer writer = writer_on(buffer, size);
	size_t name_len = name ? strlen(name) : 0, body;

	writer_u16(&list, (uint16_t)(name_len + 3));
	writer_u8(&list, 0);
	writer_u16(&list, (uint16_t)name_len);
	writer_text(&list, name ? name : "");
	if (name)
		extension(&at, 0, writer_bytes(&list));
	if (alpn) {
		list.len = 0;
		writer_u16(&list, (uint16_t)(strlen(alpn) + 1));
		writer_u8(&list, (uint8_t)strlen(alpn));
		writer_text(&list, alpn);
		extension(&at, 16, writer_bytes(&list));
	}
	if (ech)
		extension(&at, 0xfe0d, bytes_of(outer, sizeof(outer)));
	body = 2 + 32 + 1 + 4 + 2 + 2 + at.len;
	writer_u8(&writer, 22);
	writer_u16(&writer, 0x0301);
	writer_u16(&writer, (uint16_t)(body + 4));
	writer_u32(&writer, 1u << 24 | (uint32_t)body);
	writer_u16(&writer, 0x0303);
	writer_fill(&writer, 7, 32);
	writer_u8(&writer, 0);
	writer_u16(&writer, 2);
	writer_u16(&writer, 0x1301);
	writer_u16(&writer, 0x0100);
	writer_u16(&writer, (uint16_t)at.len);
	writer_bytes_put(&writer, writer_bytes(&at));
	assert_true(writer_ok(&writer));
	return writer_bytes(&writer);
}

#endif
