/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MUD files: whatever they hold, what comes out is a good policy or an error. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/mud.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mud_import import;
	char error[256] = "";

	if (!mud_import("fuzz.json", (const char *)data, size, &import, error, sizeof(error))) {
		/* A policy that is not good would be a fault of ours, not of the file. */
		if (!error[0] || strstr(error, "made of it is not good"))
			abort();
		return 0;
	}
	for (const char *at = import.text; *at; at++) {
		if ((unsigned char)*at < ' ' && *at != '\n')
			abort();
	}
	mud_import_free(&import);
	return 0;
}
