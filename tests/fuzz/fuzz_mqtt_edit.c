/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MQTT streams: the same however cut, and readable again when edited. */
#include "tests/fuzz/redact_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_outcome once, twice;

	if (!size || size > 8192 || data[0] != 0x10)
		return 0;
	once = fuzz_compare(fuzz_plan(false), data, size);
	if (!once.opaque) {
		twice = fuzz_stream(fuzz_plan(false), once.data, size, size);
		ENSURE(!twice.opaque);
		free(twice.data);
	}
	free(once.data);
	return 0;
}
