/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "payload_keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "configuration.h"

#define FILE_MOST (1024 * 1024)

static const char *fault(enum keys_error error)
{
	switch (error) {
	case KEYS_OK:
		break;
	case KEYS_EMPTY:
		return "a key without a letter or digit";
	case KEYS_WILD_FULL:
		return "too many keys with '*'";
	case KEYS_NO_MEMORY:
		return "no memory";
	case KEYS_BAD_LINE:
		return "expected: key, tab, category";
	case KEYS_BAD_CATEGORY:
		return "no such category";
	}
	return "fine";
}

static struct redact_keys *read_table(const char *path, struct bytes text, char *error,
				      size_t error_size)
{
	const char *names[DATA_COUNT];
	struct redact_keys *keys = keys_new(NULL);
	enum keys_error result;
	unsigned line = 0;

	for (int i = 0; i < DATA_COUNT; i++)
		names[i] = policy_data_name((enum policy_data)i);
	if (!keys) {
		snprintf(error, error_size, "%s: no memory", path);
		return NULL;
	}
	result = keys_add_table(keys, text, names, DATA_COUNT, &line);
	if (result == KEYS_OK)
		return keys;
	snprintf(error, error_size, "%s:%u: %s", path, line, fault(result));
	keys_free(keys);
	return NULL;
}

/* The whole table, to be freed by the caller; ret_path: where it should be. */
static char *read_file(char *path, size_t path_size, size_t *ret_len, char *error,
		       size_t error_size)
{
	size_t len;
	char *text;
	FILE *file;

	snprintf(path, path_size, "%s/payload_keys.tsv", configuration_data_directory());
	file = fopen(path, "r");
	if (!file) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return NULL;
	}
	text = malloc(FILE_MOST);
	len = text ? fread(text, 1, FILE_MOST, file) : 0;
	if (text && !ferror(file) && len < FILE_MOST) {
		text[len] = 0;
		*ret_len = len;
	} else {
		snprintf(error, error_size, "%s: cannot be read, or is larger than %d bytes", path,
			 FILE_MOST);
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

struct redact_keys *payload_keys_load(char *error, size_t error_size)
{
	struct redact_keys *keys;
	char path[4096];
	size_t len;
	char *text = read_file(path, sizeof(path), &len, error, error_size);

	if (!text)
		return NULL;
	keys = read_table(path, bytes_of(text, len), error, error_size);
	free(text);
	return keys;
}

bool payload_keys_each(void (*each)(void *context, const char *key, const char *category),
		       void *context)
{
	char path[4096], error[512];
	size_t len;
	char *text = read_file(path, sizeof(path), &len, error, sizeof(error));

	if (!text)
		return false;
	for (char *line = text, *next; line && *line; line = next) {
		char *category = strchr(line, '\t');

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (*line == '#' || !category || (next && category >= next))
			continue;
		*category++ = 0;
		category[strcspn(category, "\t")] = 0;
		if (strcmp(category, "category") != 0)
			each(context, line, category);
	}
	free(text);
	return true;
}
