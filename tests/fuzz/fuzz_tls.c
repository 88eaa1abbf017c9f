/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS streams, and the same bytes as a ClientHello's body and as DTLS datagrams. */
#include "decode/tls.h"
#include "tests/fuzz/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_dtls(struct bytes data)
{
	static const size_t part = 256;
	struct first_assembly *assembly = calloc(1, sizeof(*assembly));
	struct first_facts facts;

	ENSURE(assembly);
	while (data.len) {
		size_t n = data.len < part ? data.len : part;

		if (decode_first_udp(assembly, bytes_of(data.data, n), false, &facts) !=
		    DECODE_MORE)
			break;
		data = bytes_of(data.data + n, data.len - n);
	}
	free(assembly);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes stream = bytes_of(data, size);
	struct first_facts facts;

	ensure_stream(stream, size / 2);
	if (decode_tls_hello(stream, true, false, &facts) == DECODE_OK)
		ensure_facts(&facts);
	if (decode_tls_hello(stream, false, true, &facts) == DECODE_OK)
		ensure_facts(&facts);
	if (decode_first_udp(NULL, stream, false, &facts) == DECODE_OK)
		ensure_facts(&facts);
	fuzz_dtls(stream);
	return 0;
}
