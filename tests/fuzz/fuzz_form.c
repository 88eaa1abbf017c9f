/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bodies of every declared kind (the first byte chooses) against what may be
 * said of each: a form changes only behind '=', never grows a '&' or '=', and
 * edited twice it stays; nothing that is cut differently comes out differently.
 * The reference of the unit tests, which shares no code with the editors, makes
 * the same of what both can read.
 */
#include "tests/fuzz/redact_fuzz.h"
#include "tests/unit/support/reference.h"

#include <stdio.h>

static const char *const types[] = {
	"application/x-www-form-urlencoded",    "text/plain",       "text/xml",
	"multipart/form-data; boundary=AaB03x", "application/json", "application/octet-stream",
};

#define MULTIPART 3

static void check_by_reference(const uint8_t *request, size_t size, const uint8_t *edited)
{
	static const struct reference_key keys[] = {
		{"lat", 0}, {"lon", 1}, {"owner", 2}, {"payment", 3}, {"wifi.name", 4}, {"geo*", 5},
	};
	struct reference reference = {keys, sizeof(keys) / sizeof(keys[0]), FUZZ_ALL, {0}};
	uint8_t *expected = malloc(size);

	memcpy(expected, request, size);
	if (reference_http(&reference, expected, size))
		ENSURE(memcmp(expected, edited, size) == 0);
	free(expected);
}

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
		/* It takes any header of a part for one that it knows, and short keys. */
		if (data[0] % 6 != MULTIPART && size < 1000)
			check_by_reference(request, size, once.data);
	}
	free(once.data);
	return 0;
}
