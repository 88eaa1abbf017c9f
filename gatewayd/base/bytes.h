/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read-only byte slices and the cursor through which every byte that came
 * from the network is read.
 *
 * The cursor's error is sticky: a read past the end marks it failed, and from
 * then on every read gives zero or an empty slice. A decoder is written
 * straight down and asks cursor_ok() once, before it believes anything.
 * Multi-byte integers are big-endian unless the name says le.
 * Nothing here allocates; slices point into the caller's buffer.
 */
#ifndef GATEWAYD_BASE_BYTES_H
#define GATEWAYD_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *data;
	size_t len;
};

struct cursor {
	const uint8_t *data;
	size_t len;
	size_t pos;
	bool failed;
};

static inline struct bytes bytes_of(const void *data, size_t len)
{
	struct bytes bytes = {data, len};

	return bytes;
}

/* Equal in length and content. */
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Does the slice begin with these n bytes? */
static inline bool bytes_start_with(struct bytes bytes, const void *prefix, size_t n)
{
	return bytes.len >= n && memcmp(bytes.data, prefix, n) == 0;
}

static inline struct cursor cursor_on(struct bytes bytes)
{
	struct cursor cursor = {bytes.data, bytes.len, 0, false};

	return cursor;
}

static inline bool cursor_ok(const struct cursor *cursor)
{
	return !cursor->failed;
}

/* Bytes not read yet; 0 once failed. */
static inline size_t cursor_left(const struct cursor *cursor)
{
	return cursor->failed ? 0 : cursor->len - cursor->pos;
}

/* All read, nothing failed, nothing left over. */
static inline bool cursor_done(const struct cursor *cursor)
{
	return !cursor->failed && cursor->pos == cursor->len;
}

static inline void cursor_fail(struct cursor *cursor)
{
	cursor->failed = true;
}

/* The next n bytes, or an empty slice and a failed cursor. */
static inline struct bytes cursor_take(struct cursor *cursor, size_t n)
{
	struct bytes bytes = {NULL, 0};

	if (cursor_left(cursor) < n) {
		cursor->failed = true;
		return bytes;
	}
	bytes.data = cursor->data + cursor->pos;
	bytes.len = n;
	cursor->pos += n;
	return bytes;
}

static inline void cursor_skip(struct cursor *cursor, size_t n)
{
	(void)cursor_take(cursor, n);
}

/* Everything that is left. */
static inline struct bytes cursor_rest(struct cursor *cursor)
{
	return cursor_take(cursor, cursor_left(cursor));
}

/*
 * A bounded reader over the next n bytes. When they are not there, both the
 * parent and the child are failed.
 */
static inline struct cursor cursor_sub(struct cursor *cursor, size_t n)
{
	struct cursor child = cursor_on(cursor_take(cursor, n));

	child.failed = cursor->failed;
	return child;
}

static inline uint8_t cursor_u8(struct cursor *cursor)
{
	struct bytes b = cursor_take(cursor, 1);

	return b.len ? b.data[0] : 0;
}

/* The next byte without consuming it; 0 at the end, which is not a failure. */
static inline uint8_t cursor_peek(const struct cursor *cursor)
{
	return cursor_left(cursor) ? cursor->data[cursor->pos] : 0;
}

static inline uint16_t cursor_u16(struct cursor *cursor)
{
	struct bytes b = cursor_take(cursor, 2);

	return b.len ? (uint16_t)(b.data[0] << 8 | b.data[1]) : 0;
}

static inline uint32_t cursor_u24(struct cursor *cursor)
{
	struct bytes b = cursor_take(cursor, 3);

	return b.len ? (uint32_t)b.data[0] << 16 | (uint32_t)b.data[1] << 8 | b.data[2] : 0;
}

static inline uint32_t cursor_u32(struct cursor *cursor)
{
	uint32_t high = cursor_u16(cursor);

	return high << 16 | cursor_u16(cursor);
}

static inline uint64_t cursor_u64(struct cursor *cursor)
{
	uint64_t high = cursor_u32(cursor);

	return high << 32 | cursor_u32(cursor);
}

static inline uint16_t cursor_le16(struct cursor *cursor)
{
	struct bytes b = cursor_take(cursor, 2);

	return b.len ? (uint16_t)(b.data[1] << 8 | b.data[0]) : 0;
}

static inline uint32_t cursor_le32(struct cursor *cursor)
{
	uint32_t low = cursor_le16(cursor);

	return low | (uint32_t)cursor_le16(cursor) << 16;
}

/* A variable-length integer, RFC 9000 section 16. */
static inline uint64_t cursor_varint(struct cursor *cursor)
{
	uint8_t first = cursor_u8(cursor);
	uint64_t value = first & 0x3f;

	for (unsigned more = (1u << (first >> 6)) - 1; more; more--)
		value = value << 8 | cursor_u8(cursor);
	return cursor->failed ? 0 : value;
}

#endif
