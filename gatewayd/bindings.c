// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "bindings.h"
#include "saved.h"
#include "system/state.h"

#define FILE_MOST (8u << 20)
#define HEAD "gatewayd-bindings 1\n"

/* Text that grows; failed for good when there is no memory. */
struct text {
	char *data;
	size_t len, size;
	bool failed;
};

static void put(struct text *text, const char *piece)
{
	size_t len = strlen(piece);

	if (text->failed)
		return;
	if (text->size - text->len < len) {
		size_t size = 2 * text->size + len + 4096;
		char *data = size > FILE_MOST ? NULL : realloc(text->data, size);

		if (!data) {
			text->failed = true;
			return;
		}
		text->data = data;
		text->size = size;
	}
	memcpy(text->data + text->len, piece, len);
	text->len += len;
}

static void put_binding(void *context, const struct engine_binding *binding)
{
	struct text *text = context;
	char mac[MAC_TEXT_SIZE], device[ADDRESS_TEXT_SIZE] = "-", address[ADDRESS_TEXT_SIZE];
	char line[MAC_TEXT_SIZE + 2 * ADDRESS_TEXT_SIZE + 32];

	mac_print(&binding->mac, mac);
	if (binding->device_address.family != ADDRESS_NONE)
		address_print(&binding->device_address, device);
	address_print(&binding->address, address);
	snprintf(line, sizeof(line), "%s %s %s %" PRId64, mac, device, address,
		 binding->expires / SECOND_US);
	put(text, line);
	for (unsigned i = 0; i < binding->name_count; i++) {
		put(text, " ");
		put(text, binding->names[i].text);
	}
	put(text, "\n");
}

int bindings_save(const struct engine *engine, const char *path, uint64_t *digest)
{
	static const struct hash_key key = {1, 2};
	struct text text = {0};
	uint64_t now;
	int error = 0;

	put(&text, HEAD);
	engine_each_binding(engine, put_binding, &text);
	put(&text, SAVED_TAIL);
	if (text.failed) {
		free(text.data);
		return -ENOMEM;
	}
	now = hash_bytes(&key, text.data, text.len);
	if (now != *digest)
		error = state_save(path, bytes_of(text.data, text.len), 0600);
	if (!error)
		*digest = now;
	free(text.data);
	return error;
}

/* The names were canonical when they were written: no space, no control. */
static bool read_name(const char *word, struct name *ret_name)
{
	size_t len = strlen(word);

	if (len == 0 || len >= NAME_TEXT_SIZE)
		return false;
	for (size_t i = 0; i < len; i++)
		if (word[i] <= ' ' || word[i] >= 0x7f)
			return false;
	memcpy(ret_name->text, word, len + 1);
	ret_name->len = (uint8_t)len;
	return true;
}

static bool read_binding(char *line, struct engine_binding *ret_binding)
{
	struct engine_binding *binding = ret_binding;
	char *words[4], *rest = NULL, *word = strtok_r(line, " ", &rest);

	memset(binding, 0, sizeof(*binding));
	for (size_t i = 0; i < 4; i++, word = strtok_r(NULL, " ", &rest)) {
		if (!word)
			return false;
		words[i] = word;
	}
	if (!mac_parse(words[0], &binding->mac) ||
	    (strcmp(words[1], "-") != 0 && !address_parse(words[1], &binding->device_address)) ||
	    !address_parse(words[2], &binding->address) ||
	    !saved_seconds(words[3], &binding->expires))
		return false;
	for (; word; word = strtok_r(NULL, " ", &rest)) {
		if (binding->name_count == POLICY_NAMES_MOST ||
		    !read_name(word, &binding->names[binding->name_count]))
			return false;
		binding->name_count++;
	}
	return binding->name_count > 0;
}

int bindings_load(struct engine *engine, const char *path, time_us now)
{
	struct engine_binding binding;
	char *text, *line, *rest = NULL;
	size_t len;
	int count = 0, error = state_load(path, FILE_MOST, &text, &len);

	if (error)
		return error;
	line = saved_lines(text, len, HEAD);
	if (!line) {
		free(text);
		return -EINVAL;
	}
	for (line = strtok_r(line, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!read_binding(line, &binding)) {
			count = -EINVAL;
			break;
		}
		if (binding.expires <= now)
			continue;
		if (engine)
			engine_restore_binding(engine, &binding);
		count++;
	}
	free(text);
	return count;
}
