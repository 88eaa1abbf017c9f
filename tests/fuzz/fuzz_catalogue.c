/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue: rows of text that a person or a pull request wrote. They load
 * whole or not at all; then each name and all below it find the row of the
 * longest suffix, which an obvious search of all rows finds, too, and what is
 * shown of a row has no control bytes.
 */
#include "policy/policy.h"

#include <stdlib.h>

#include "tests/fuzz/facts.h"

#define ROWS_MOST 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct policy_set *load(struct bytes catalogue, unsigned lines)
{
	static const char main_file[] = "home = [ \"DE\" ];\n";
	struct policy_source sources[2] = {
		{"gatewayd.conf", bytes_of(main_file, sizeof(main_file) - 1), SOURCE_MAIN},
		{"catalogue.tsv", catalogue, SOURCE_CATALOGUE},
	};
	struct policy_errors errors = {.count = 0}, warnings = {.count = 0};
	struct policy_set *set = policy_load(sources, 2, &errors, &warnings);

	ENSURE((set == NULL) == (errors.count > 0));
	for (size_t i = 0; i < errors.count; i++)
		ENSURE(errors.errors[i].text[0] && errors.errors[i].line <= lines);
	policy_errors_free(&errors);
	policy_errors_free(&warnings);
	return set;
}

static struct bytes next_line(struct bytes *rest)
{
	const uint8_t *end = memchr(rest->data, '\n', rest->len);
	size_t len = end ? (size_t)(end - rest->data) : rest->len;
	struct bytes line = bytes_of(rest->data, len);

	rest->data += len + (end != NULL);
	rest->len -= len + (end != NULL);
	return line;
}

static bool is_network(struct bytes key)
{
	size_t digits = 0;

	if (!bytes_start_with(key, "AS", 2))
		return false;
	for (size_t i = 2; i < key.len; i++)
		digits += key.data[i] >= '0' && key.data[i] <= '9';
	return digits > 0 && digits == key.len - 2;
}

/* The name of a row of a file that loaded. */
static bool read_name(struct bytes line, struct name *ret_name)
{
	const uint8_t *tab = line.len ? memchr(line.data, '\t', line.len) : NULL;
	struct bytes key = {NULL, 0};

	if (!tab || line.data[0] == '#' || bytes_start_with(line, "domain_suffix\t", 14))
		return false;
	key = bytes_of(line.data, (size_t)(tab - line.data));
	return !is_network(key) && name_parse(key, ret_name);
}

static bool is_below(const struct name *name, const struct name *suffix)
{
	size_t at = (size_t)name->len - suffix->len;

	return name->len >= suffix->len && strcmp(name->text + at, suffix->text) == 0 &&
	       (at == 0 || name->text[at - 1] == '.');
}

static void check_text(const char *text)
{
	for (; text && *text; text++)
		ENSURE((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void check_entry(const struct policy_set *set, const struct name *asked,
			const struct name *names, size_t count)
{
	const struct name *longest = NULL;
	struct policy_name found;

	for (size_t i = 0; i < count; i++)
		if (is_below(asked, &names[i]) && (!longest || names[i].len > longest->len))
			longest = &names[i];
	policy_describe(set, asked, &found);
	ENSURE((found.entry != NULL) == (longest != NULL));
	if (!longest)
		return;
	ENSURE(strcmp(found.entry->row, longest->text) == 0);
	check_text(found.entry->organisation);
	check_text(found.entry->device_class);
	check_text(found.entry->note);
	check_text(found.entry->source);
}

static void check_rows(const struct policy_set *set, struct bytes rest)
{
	static struct name names[ROWS_MOST];
	struct name below;
	size_t count = 0;

	while (rest.len && count < ROWS_MOST)
		count += read_name(next_line(&rest), &names[count]);
	if (rest.len)
		return;
	ENSURE(policy_catalogue_count(set) >= count);
	for (size_t i = 0; i < count; i++) {
		check_entry(set, &names[i], names, count);
		if (names[i].len > NAME_TEXT_SIZE - 4)
			continue;
		below = names[i];
		memmove(below.text + 2, names[i].text, names[i].len + 1u);
		memcpy(below.text, "x.", 2);
		below.len = (uint8_t)(names[i].len + 2);
		check_entry(set, &below, names, count);
		/* Letters before, but no label of their own. */
		memmove(below.text + 1, names[i].text, names[i].len + 1u);
		below.len = (uint8_t)(names[i].len + 1);
		check_entry(set, &below, names, count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes catalogue = bytes_of(data, size);
	struct policy_set *set;
	unsigned lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	set = load(catalogue, lines);
	if (set)
		check_rows(set, catalogue);
	policy_free(set);
	return 0;
}
