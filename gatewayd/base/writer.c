/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/writer.h"

#include <inttypes.h>
#include <stdio.h>

void writer_decimal(struct writer *writer, uint64_t value)
{
	char digits[21];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	writer_text(writer, digits);
}

void writer_terminate(struct writer *writer)
{
	if (writer->len == writer->size) {
		writer->failed = true;
		writer->len--;
	}
	writer->data[writer->len] = 0;
}

void writer_set_text(char *target, size_t size, const char *text)
{
	struct writer writer = writer_on(target, size);
	size_t len = strlen(text);

	writer_put(&writer, text, len < size ? len : size - 1);
	writer_terminate(&writer);
}
