/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP requests and WebSocket frames: the same however cut; what frames them
 * stays as it was, so that the edited stream is read the same way again.
 */
#include "tests/fuzz/redact_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_outcome once, twice;
	bool masked = false;

	if (!size || size > 8192 || !http_may_start_with(data[0]))
		return 0;
	once = fuzz_compare(fuzz_plan(false), data, size);
	for (size_t i = 0; i < size; i++) {
		/* Line ends make the framing of heads and chunks; masked bytes may be any. */
		masked |= size - i >= 7 && memcmp(data + i, "ebsocke", 7) == 0;
		if (!masked && !once.opaque && once.data[i] != data[i])
			ENSURE(once.data[i] != '\r' && once.data[i] != '\n');
	}
	if (!once.opaque) {
		twice = fuzz_stream(fuzz_plan(false), once.data, size, size);
		ENSURE(!twice.opaque);
		free(twice.data);
	}
	free(once.data);
	return 0;
}
