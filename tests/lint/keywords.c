/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints every keyword of the policy language, one per line. */
#include <stdio.h>

#include "policy/schema.h"

int main(void)
{
	size_t count;
	const struct schema_keyword *keywords = schema_keywords(&count);
	for (size_t i = 0; i < count; i++)
		puts(keywords[i].name);
	return count == 0;
}
