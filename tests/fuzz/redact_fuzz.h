/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets of the editors share: keys, secrets and a way to feed
 * the same bytes whole and in pieces, which must come to the same.
 */
#ifndef GATEWAYD_TESTS_REDACT_FUZZ_H
#define GATEWAYD_TESTS_REDACT_FUZZ_H

#include <stdlib.h>

#include "redact/editor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(condition)         \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define FUZZ_ALL UINT32_C(0xffff)

/* Made once, by the first call, and kept. */
static inline const struct redact_plan *fuzz_plan(bool with_secrets)
{
	static const char *const texts[] = {"lat", "lon", "owner", "payment", "wifi.name", "geo*"};
	static struct redact_plan plans[2];

	if (!plans[0].keys) {
		struct redact_keys *keys = keys_new(NULL);
		struct redact_secrets *secrets = secrets_new();

		ENSURE(keys && secrets);
		for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			ENSURE(keys_add(keys, bytes_of(texts[i], strlen(texts[i])), i) == KEYS_OK);
		ENSURE(secrets_add(secrets, bytes_of("My Net", 6), 7) == SECRETS_OK);
		ENSURE(secrets_add(secrets, bytes_of("491511", 6), 7) == SECRETS_OK);
		ENSURE(secrets_compile(secrets));
		plans[0] = (struct redact_plan){keys, NULL, FUZZ_ALL};
		plans[1] = (struct redact_plan){keys, secrets, FUZZ_ALL};
	}
	return &plans[with_secrets];
}

struct fuzz_outcome {
	uint8_t *data; /* the caller frees it */
	bool opaque;
	size_t opaque_at;
	uint32_t stripped;
};

/* Pieces of `piece` bytes, growing a little; each a block of its own. */
static inline struct fuzz_outcome fuzz_stream(const struct redact_plan *plan, const uint8_t *data,
					      size_t size, size_t piece)
{
	struct fuzz_outcome outcome = {malloc(size + 1), false, 0, 0};
	struct stream_editor editor;
	struct redact_result result;
	size_t held = 0;

	memcpy(outcome.data, data, size);
	editor_start(&editor);
	for (size_t at = 0; at < size; piece += piece < size) {
		size_t len = piece < size - at ? piece : size - at;
		uint8_t *block = malloc(len);

		memcpy(block, outcome.data + at, len);
		editor_feed(&editor, plan, block, len, &result);
		memcpy(outcome.data + at, block, len);
		free(block);
		ENSURE(result.settled_len <= held && result.held <= held + len);
		ENSURE(!result.opaque || result.opaque_at < len);
		memcpy(outcome.data + at - held, result.settled, result.settled_len);
		if (result.opaque && !outcome.opaque)
			outcome.opaque_at = at + result.opaque_at;
		outcome.opaque |= result.opaque;
		for (unsigned i = 0; i < REDACT_CATEGORIES; i++)
			outcome.stripped += result.stripped[i];
		held = result.held;
		at += len;
	}
	editor_flush(&editor, plan, &result);
	memcpy(outcome.data + size - held, result.settled, result.settled_len);
	return outcome;
}

/* Whole, in pieces of several sizes; ret: of the whole. */
static inline struct fuzz_outcome fuzz_compare(const struct redact_plan *plan, const uint8_t *data,
					       size_t size)
{
	struct fuzz_outcome whole = fuzz_stream(plan, data, size, size ? size : 1);

	for (size_t piece = 1; piece <= 9; piece += 4) {
		struct fuzz_outcome cut = fuzz_stream(plan, data, size, piece);

		bool all = !whole.opaque || !plan->secrets;

		/* In what cannot be read nothing is held, so cuts matter to secrets. */
		ENSURE(memcmp(whole.data, cut.data, all ? size : whole.opaque_at) == 0);
		ENSURE(whole.opaque == cut.opaque && whole.opaque_at == cut.opaque_at);
		ENSURE(!all || whole.stripped == cut.stripped);
		free(cut.data);
	}
	return whole;
}

#endif
