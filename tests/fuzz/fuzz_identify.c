/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table that tells kinds of devices, and what a device says of itself: up
 * to the first NUL rows, then up to the next one a maker, then the device's
 * text. The row that is found is the first that an obvious matcher finds.
 */
#include "identify.h"

#include <ctype.h>
#include <stdlib.h>

#include "tests/fuzz/facts.h"

#define TEXT_MOST 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* For patterns with few stars: it is tried everywhere. */
static bool matches(const char *pattern, const char *text)
{
	if (!*pattern)
		return !*text;
	if (*pattern == '*')
		return matches(pattern + 1, text) || (*text && matches(pattern, text + 1));
	if (!*text)
		return false;
	if (*pattern == '#' ? !isxdigit((unsigned char)*text)
			    : tolower((unsigned char)*pattern) != tolower((unsigned char)*text))
		return false;
	return matches(pattern + 1, text + 1);
}

static bool few_stars(const char *pattern)
{
	unsigned stars = 0;

	for (; *pattern; pattern++)
		stars += *pattern == '*';
	return stars <= 3;
}

/* What is shown has nothing that a terminal obeys. */
static void check_text(const char *text)
{
	for (; *text; text++)
		ENSURE((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void check_found(const struct identify_row *row, enum identify_method method,
			const char *text, const char *maker)
{
	ENSURE(row->method == method && row->weight >= IDENTIFY_LOW &&
	       row->weight <= IDENTIFY_HIGH);
	check_text(row->pattern);
	check_text(row->maker);
	check_text(row->brand);
	if (few_stars(row->pattern))
		ENSURE(matches(row->pattern, text));
	if (row->maker[0] && few_stars(row->maker))
		ENSURE(matches(row->maker, maker));
}

/* Whatever a device says, the guess is text that ends. */
static void check_guess(const struct identify_table *table, const char *text, const char *maker)
{
	struct identify identify = {.table = table};
	struct traits traits;
	struct identify_guess guess;

	memset(&traits, 0, sizeof(traits));
	identify_vendor(&identify, maker);
	identify_traits(&identify, text, &traits, maker);
	ENSURE(identify.count <= IDENTIFY_EVIDENCE_MOST);
	for (unsigned i = 0; i < identify.count; i++)
		ENSURE(memchr(identify.evidence[i].text, 0, IDENTIFY_TEXT_SIZE));
	if (!identify_end(&identify, &guess))
		return;
	ENSURE(guess.kind && memchr(guess.words, 0, sizeof(guess.words)));
	ENSURE(guess.evidence_count <= IDENTIFY_EVIDENCE_MOST);
}

/* Up to the next NUL; the rest begins behind it. */
static struct bytes take(struct bytes *rest)
{
	const uint8_t *end = rest->len ? memchr(rest->data, 0, rest->len) : NULL;
	size_t len = end ? (size_t)(end - rest->data) : rest->len;
	struct bytes part = bytes_of(rest->data, len);

	rest->data += len + (end != NULL);
	rest->len -= len + (end != NULL);
	return part;
}

static void take_text(struct bytes *rest, char text[static TEXT_MOST])
{
	struct bytes part = take(rest);
	size_t len = part.len < TEXT_MOST ? part.len : TEXT_MOST - 1;

	if (len)
		memcpy(text, part.data, len);
	text[len] = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = bytes_of(data, size), rows = take(&rest);
	struct identify_table *table = identify_table_new();
	char maker[TEXT_MOST], text[TEXT_MOST];
	const char *error = NULL;
	unsigned line;

	ENSURE(table);
	take_text(&rest, maker);
	take_text(&rest, text);
	if (!identify_table_add(table, rows, &line, &error))
		ENSURE(error && line > 0);
	for (unsigned method = 0; method < IDENTIFY_METHODS; method++) {
		const struct identify_row *row =
			identify_table_find(table, (enum identify_method)method, text, maker);

		if (row)
			check_found(row, (enum identify_method)method, text, maker);
	}
	check_guess(table, text, maker);
	identify_table_free(table);
	return 0;
}
