/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device protocols and public binary ones, in a datagram and in a stream. */
#include "decode/p2p.h"
#include "decode/signature.h"
#include "tests/fuzz/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = bytes_of(data, size);
	struct first_facts facts;

	ENSURE(decode_p2p_datagram(bytes) < PROTOCOL_COUNT);
	ENSURE(decode_signature_datagram(bytes) < PROTOCOL_COUNT);
	if (decode_first_udp(NULL, bytes, false, &facts) == DECODE_OK)
		ensure_facts(&facts);
	ensure_stream(bytes, size / 2);
	return 0;
}
