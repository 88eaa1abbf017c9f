/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QUIC. A first byte of 0: datagrams, each behind two bytes of length. Of 1
 * and 2: so are frames, which are sealed into Initials of version 1 and 2, so
 * that the fuzzer comes past the cipher.
 */
#include "tests/fuzz/facts.h"
#include "tests/unit/support/seal.h"

#define FRAMES_MOST 1500

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum decode give_frames(struct first_assembly *assembly, uint32_t version, uint32_t number,
			       struct bytes frames, struct first_facts *ret_facts)
{
	static const uint8_t id[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	const struct bytes connection_id = bytes_of(id, sizeof(id));
	const struct sealer sealer = {version, connection_id, connection_id, {NULL, 0}};
	uint8_t packet[FRAMES_MOST + 200];
	size_t len;

	if (frames.len > FRAMES_MOST)
		frames.len = FRAMES_MOST;
	len = quic_seal(&sealer, number, frames, packet, sizeof(packet));
	return decode_first_udp(assembly, bytes_of(packet, len), false, ret_facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct first_assembly *assembly = calloc(1, sizeof(*assembly));
	struct cursor cursor = cursor_on(bytes_of(data, size));
	uint8_t mode = cursor_u8(&cursor);

	ENSURE(assembly);
	for (uint32_t number = 0; cursor_left(&cursor) && number < 64; number++) {
		size_t len = cursor_u16(&cursor), left = cursor_left(&cursor);
		struct bytes part = cursor_take(&cursor, len < left ? len : left);
		struct first_facts facts;
		enum decode answer;

		answer = mode == 0 ? decode_first_udp(assembly, part, false, &facts)
				   : give_frames(assembly, mode == 2 ? VERSION_2 : VERSION_1,
						 number, part, &facts);
		ENSURE(answer != DECODE_NOT);
		if (answer == DECODE_OK)
			ensure_facts(&facts);
		if (answer != DECODE_MORE)
			break;
		if (decode_first_udp(assembly, part, true, &facts) == DECODE_OK)
			ensure_facts(&facts);
	}
	free(assembly);
	return 0;
}
