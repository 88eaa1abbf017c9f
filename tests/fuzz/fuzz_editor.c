/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any stream with known secrets to look for, and the same bytes as a datagram:
 * whatever is held back is given back, and no secret is left in what could be
 * read.
 */
#include "tests/fuzz/redact_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct redact_plan *plan = fuzz_plan(true);
	struct redact_result result;
	struct fuzz_outcome whole;
	uint8_t *copy;

	if (!size || size > 4096)
		return 0;
	whole = fuzz_compare(plan, data, size);
	/* Right on the stream there is nothing that is not looked through. */
	if (!whole.opaque && memchr("{[", data[0], 2))
		ENSURE(!secrets_find(plan->secrets, bytes_of(whole.data, size)));
	free(whole.data);
	copy = malloc(size);
	memcpy(copy, data, size);
	editor_datagram(plan, copy, size, &result);
	ENSURE(!result.opaque || result.opaque_at < size);
	ENSURE(result.held == 0 && result.settled_len == 0);
	free(copy);
	return 0;
}
