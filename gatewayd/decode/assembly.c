/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/assembly.h"

static bool is_present(const struct first_assembly *assembly, size_t i)
{
	return assembly->present[i / 8] >> (i % 8) & 1;
}

void assembly_start(struct first_assembly *assembly, enum protocol protocol)
{
	/* data needs no clearing: only what is present is ever read. */
	memset(assembly->present, 0, sizeof(assembly->present));
	assembly->protocol = protocol;
	assembly->version = 0;
	assembly->message_sequence = 0;
	assembly->length = 0;
}

bool assembly_put(struct first_assembly *assembly, uint64_t offset, struct bytes piece)
{
	size_t start;

	if (offset >= FIRST_ASSEMBLY_MOST)
		return true;
	start = (size_t)offset;
	if (piece.len > FIRST_ASSEMBLY_MOST - start)
		piece.len = FIRST_ASSEMBLY_MOST - start;
	for (size_t i = 0; i < piece.len; i++) {
		size_t at = start + i;

		if (is_present(assembly, at)) {
			if (assembly->data[at] != piece.data[i])
				return false;
			continue;
		}
		assembly->data[at] = piece.data[i];
		assembly->present[at / 8] |= (uint8_t)(1 << (at % 8));
	}
	return true;
}

struct bytes assembly_run(const struct first_assembly *assembly)
{
	size_t len = 0;

	while (len < FIRST_ASSEMBLY_MOST && len % 8 == 0 && assembly->present[len / 8] == 0xff)
		len += 8;
	while (len < FIRST_ASSEMBLY_MOST && is_present(assembly, len))
		len++;
	return bytes_of(assembly->data, len);
}
