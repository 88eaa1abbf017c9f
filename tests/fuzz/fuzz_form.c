/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bodies of every declared kind (the first byte chooses) against what may be
 * said of each: a form changes only behind '=', never grows a '&' or '=', and
 * edited twice it stays; nothing that is cut differently comes out differently.
 */
#include "tests/fuzz/redact_fuzz.h"

#include <stdio.h>

static const char *const types[] = {
	"application/x-www-form-urlencoded",    "text/plain",       "text/xml",
	"multipart/form-data; boundary=AaB03x", "application/json", "application/octet-stream",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct redact_plan *plan = fuzz_plan(false);
	struct fuzz_outcome once, twice;
	uint8_t request[8192];
	int head;

	if (size < 2 || size > 4096)
		return 0;
	head = snprintf((char *)request, sizeof(request),
			"POST / HTTP/1.1\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
			types[data[0] % 6], size - 1);
	memcpy(request + head, data + 1, size - 1);
	size += (size_t)head - 1;
	once = fuzz_compare(plan, request, size);
	ENSURE(memcmp(once.data, request, (size_t)head) == 0);
	if (!once.opaque) {
		twice = fuzz_stream(plan, once.data, size, size);
		ENSURE(!twice.opaque);
		free(twice.data);
	}
	free(once.data);
	return 0;
}
