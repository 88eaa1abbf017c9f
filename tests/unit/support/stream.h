/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of the editors: a whole stream through stream_editor in pieces,
 * with what is held given back as a caller does.
 */
#ifndef GATEWAYD_TESTS_STREAM_H
#define GATEWAYD_TESTS_STREAM_H

#include "tests/unit/support/check.h"

#include "redact/editor.h"

struct streamed {
	uint32_t stripped[REDACT_CATEGORIES];
	uint32_t seen[REDACT_CATEGORIES];
	uint32_t partial;
	bool opaque;
	size_t opaque_at;
	size_t held_most;
	enum editor_kind kind;
};

static inline void streamed_add(struct streamed *streamed, const struct redact_result *result,
				size_t at)
{
	for (unsigned i = 0; i < REDACT_CATEGORIES; i++) {
		streamed->stripped[i] += result->stripped[i];
		streamed->seen[i] += result->seen[i];
	}
	streamed->partial += result->partial;
	if (result->held > streamed->held_most)
		streamed->held_most = result->held;
	if (result->opaque && !streamed->opaque) {
		streamed->opaque = true;
		streamed->opaque_at = at + result->opaque_at;
	}
}

/* Pieces of `piece` bytes, but the first of `first`; each is a block of its own. */
static inline struct streamed stream_edit(const struct redact_plan *plan, uint8_t *data, size_t len,
					  size_t first, size_t piece)
{
	struct streamed streamed;
	struct stream_editor editor;
	struct redact_result result;
	size_t held = 0;

	memset(&streamed, 0, sizeof(streamed));
	editor_start(&editor);
	for (size_t at = 0; at < len;) {
		size_t size = at == 0 ? first : piece;
		uint8_t *block;

		if (size == 0 || size > len - at)
			size = at == 0 && size == 0 ? 1 : len - at;
		block = malloc(size);
		memcpy(block, data + at, size);
		editor_feed(&editor, plan, block, size, &result);
		memcpy(data + at, block, size);
		free(block);
		assert_in_range(result.held, 0, held + size);
		assert_in_range(result.settled_len, 0, held);
		memcpy(data + at - held, result.settled, result.settled_len);
		streamed_add(&streamed, &result, at);
		held = result.held;
		at += size;
	}
	editor_flush(&editor, plan, &result);
	assert_int_equal(result.settled_len, held);
	memcpy(data + len - held, result.settled, held);
	streamed.kind = editor.kind;
	return streamed;
}

#endif
