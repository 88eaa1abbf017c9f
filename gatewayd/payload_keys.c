// SPDX-License-Identifier: GPL-2.0-or-later
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

struct redact_keys *payload_keys_load(char *error, size_t error_size)
{
	struct redact_keys *keys = NULL;
	char path[4096];
	size_t len;
	char *text;
	FILE *file;

	snprintf(path, sizeof(path), "%s/payload_keys.tsv", configuration_data_directory());
	file = fopen(path, "r");
	if (!file) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return NULL;
	}
	text = malloc(FILE_MOST);
	len = text ? fread(text, 1, FILE_MOST, file) : 0;
	if (!text || ferror(file))
		snprintf(error, error_size, "%s: cannot be read", path);
	else if (len == FILE_MOST)
		snprintf(error, error_size, "%s: larger than %d bytes", path, FILE_MOST);
	else
		keys = read_table(path, bytes_of(text, len), error, error_size);
	free(text);
	fclose(file);
	return keys;
}
