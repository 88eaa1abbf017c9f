/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads policy files and prints the canonical text of the set, or every error
 * and exits 1. Warnings go before, as comments. Used by tests/config/run.sh.
 *
 *	config_print FILE...
 *	config_print -r FILE...		print, read that back, print again
 *	config_print -k			every keyword
 *
 * gatewayd.conf is the main file, *.tsv are catalogues, profiles/ are profiles,
 * a file alone is a main file, all else is policy.d. Messages hold the last
 * part of a path only, so that they are the same everywhere.
 */
#include <stdio.h>
#include <stdlib.h>

#include "policy/policy.h"
#include "policy/schema.h"

#define SOURCES_MOST 64
#define TEXT_MOST (16 << 20)
#define FILE_MOST (2 << 20)

static struct bytes read_file(const char *path, uint8_t **ret_owner)
{
	FILE *file = fopen(path, "rb");
	uint8_t *text = malloc(FILE_MOST);
	size_t size = 0;

	if (!file || !text) {
		perror(path);
		exit(2);
	}
	size = fread(text, 1, FILE_MOST, file);
	fclose(file);
	*ret_owner = text;
	return bytes_of(text, size);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static enum policy_source_kind kind_of(const char *path, bool alone)
{
	if (ends_with(path, ".tsv"))
		return SOURCE_CATALOGUE;
	if (strstr(path, "profiles/"))
		return SOURCE_PROFILE;
	return alone || ends_with(path, "/gatewayd.conf") ? SOURCE_MAIN : SOURCE_USER;
}

static void show(const struct policy_errors *errors, const char *before)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct policy_error *error = &errors->errors[i];

		printf("%s%s:%u: %s\n", before, error->file, error->line, error->text);
	}
	if (errors->omitted)
		printf("%s%zu more\n", before, errors->omitted);
}

static size_t print_set(const struct policy_source *sources, size_t count, bool warn, char *text)
{
	struct policy_errors errors = {NULL, 0, 0, 0}, warnings = {NULL, 0, 0, 0};
	struct policy_set *set = policy_load(sources, count, &errors, &warnings);
	struct writer writer = writer_on(text, TEXT_MOST);

	if (warn)
		show(&warnings, "// ");
	if (!set) {
		show(&errors, "");
		exit(1);
	}
	policy_print(set, &writer);
	if (!writer_ok(&writer))
		exit(2);
	policy_free(set);
	policy_errors_free(&errors);
	policy_errors_free(&warnings);
	return writer.len;
}

static int print_keywords(void)
{
	size_t count;
	const struct schema_keyword *keywords = schema_keywords(&count);

	for (size_t i = 0; i < count; i++)
		puts(keywords[i].name);
	return 0;
}

int main(int argc, char **argv)
{
	static char text[TEXT_MOST], again[TEXT_MOST];
	struct policy_source sources[SOURCES_MOST] = {{NULL, {NULL, 0}, SOURCE_USER}}, printed;
	uint8_t *owners[SOURCES_MOST] = {NULL};
	size_t count = 0, len;
	bool twice = argc > 1 && strcmp(argv[1], "-r") == 0;

	if (argc > 1 && strcmp(argv[1], "-k") == 0)
		return print_keywords();
	for (int i = 1 + twice; i < argc && count < SOURCES_MOST; i++) {
		const char *slash = strrchr(argv[i], '/');

		sources[count].kind = kind_of(argv[i], argc - twice == 2);
		sources[count].file = slash ? slash + 1 : argv[i];
		sources[count].text = read_file(argv[i], &owners[count]);
		count++;
	}
	len = print_set(sources, count, !twice, text);
	if (twice) {
		printed = (struct policy_source){"printed", bytes_of(text, len), SOURCE_MAIN};
		/* Rows that assertions lean on are not in the printed text. */
		for (size_t i = 0; i < count; i++) {
			if (sources[i].kind != SOURCE_CATALOGUE)
				sources[i] = (struct policy_source){"none", {NULL, 0}, SOURCE_USER};
		}
		sources[count < SOURCES_MOST ? count++ : 0] = printed;
		len = print_set(sources, count, false, again);
		memcpy(text, again, len);
	}
	fwrite(text, 1, len, stdout);
	for (size_t i = 0; i < SOURCES_MOST; i++)
		free(owners[i]);
	return 0;
}
