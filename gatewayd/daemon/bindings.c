/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/bindings.h"
#include "daemon/saved.h"

#define HEAD "gatewayd-bindings 1"

static void put_binding(void *context, const struct engine_binding *binding)
{
	char mac[MAC_TEXT_SIZE], device[ADDRESS_TEXT_SIZE] = "-", address[ADDRESS_TEXT_SIZE];
	FILE *out = context;

	mac_print(&binding->mac, mac);
	if (binding->device_address.family != ADDRESS_NONE)
		address_print(&binding->device_address, device);
	address_print(&binding->address, address);
	fprintf(out, "%s %s %s %" PRId64, mac, device, address,
		time_in(binding->expires, SECOND_US));
	for (unsigned i = 0; i < binding->name_count; i++)
		fprintf(out, " %s", binding->names[i].text);
	putc('\n', out);
}

int bindings_save(const struct engine *engine, const char *path, uint64_t *digest)
{
	struct saved saved;

	if (!saved_begin(&saved, HEAD))
		return -ENOMEM;
	engine_each_binding(engine, put_binding, saved.out);
	return saved_end(&saved, path, digest);
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

static bool restore_line(void *context, char *line)
{
	struct saved_restoring *restoring = context;
	struct engine_binding binding;

	if (!read_binding(line, &binding))
		return false;
	if (binding.expires <= restoring->now)
		return true;
	if (restoring->engine)
		engine_restore_binding(restoring->engine, &binding);
	restoring->count++;
	return true;
}

int bindings_load(struct engine *engine, const char *path, time_us now)
{
	return saved_restore(engine, now, path, HEAD, restore_line);
}
