/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text and proxied streams: HTTP/1 and 2, CONNECT, SOCKS, STARTTLS. */
#include "tests/fuzz/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct first_facts facts;

	ensure_stream(bytes_of(data, size), size / 2);
	if (size)
		ensure_stream(bytes_of(data + 1, size - 1), data[0]);
	if (decode_first_udp(NULL, bytes_of(data, size), false, &facts) == DECODE_OK)
		ensure_facts(&facts);
	return 0;
}
