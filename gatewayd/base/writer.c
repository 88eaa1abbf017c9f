/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/writer.h"

void writer_decimal(struct writer *writer, uint64_t value)
{
	char digits[20];
	size_t n = 0;

	do {
		digits[sizeof(digits) - ++n] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	writer_put(writer, digits + sizeof(digits) - n, n);
}

void writer_terminate(struct writer *writer)
{
	if (writer->len == writer->size) {
		writer->failed = true;
		writer->len--;
	}
	writer->data[writer->len] = 0;
}
