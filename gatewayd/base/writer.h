/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded writer into a buffer of the caller's. Overflow is sticky: what
 * does not fit is not written at all, and writer_ok() is asked once at the
 * end. Integers are written big-endian.
 */
#ifndef GATEWAYD_BASE_WRITER_H
#define GATEWAYD_BASE_WRITER_H

#include "base/bytes.h"

struct writer {
	uint8_t *data;
	size_t size;
	size_t len;
	bool failed;
};

static inline struct writer writer_on(void *data, size_t size)
{
	struct writer writer = {data, size, 0, false};

	return writer;
}

static inline bool writer_ok(const struct writer *writer)
{
	return !writer->failed;
}

static inline struct bytes writer_bytes(const struct writer *writer)
{
	return bytes_of(writer->data, writer->len);
}

/* Room for n bytes to be filled by the caller, or NULL. */
static inline uint8_t *writer_reserve(struct writer *writer, size_t n)
{
	uint8_t *room = writer->data + writer->len;

	if (writer->failed || writer->size - writer->len < n) {
		writer->failed = true;
		return NULL;
	}
	writer->len += n;
	return room;
}

static inline void writer_put(struct writer *writer, const void *data, size_t n)
{
	uint8_t *room = writer_reserve(writer, n);

	if (room && n)
		memcpy(room, data, n);
}

static inline void writer_bytes_put(struct writer *writer, struct bytes bytes)
{
	writer_put(writer, bytes.data, bytes.len);
}

static inline void writer_fill(struct writer *writer, uint8_t value, size_t n)
{
	uint8_t *room = writer_reserve(writer, n);

	if (room && n)
		memset(room, value, n);
}

static inline void writer_u8(struct writer *writer, uint8_t value)
{
	writer_put(writer, &value, 1);
}

static inline void writer_u16(struct writer *writer, uint16_t value)
{
	uint8_t b[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	writer_put(writer, b, sizeof(b));
}

static inline void writer_u32(struct writer *writer, uint32_t value)
{
	writer_u16(writer, (uint16_t)(value >> 16));
	writer_u16(writer, (uint16_t)value);
}

/* Text without its terminator. */
static inline void writer_text(struct writer *writer, const char *text)
{
	writer_put(writer, text, strlen(text));
}

/* A number in decimal. */
void writer_decimal(struct writer *writer, uint64_t value);

/*
 * Ends the text with a NUL that is not counted in len. When something did not
 * fit, the text is cut at the last byte instead, so it is always terminated;
 * size must be at least 1.
 */
void writer_terminate(struct writer *writer);

/* Fills a text of its own with another, cut where it does not fit; size at least 1. */
void writer_set_text(char *target, size_t size, const char *text);

#endif
