/* SPDX-License-Identifier: GPL-2.0-or-later */
/* import-mud: the maker's description of a device as a policy, on standard output. */
#include "client/client.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/mud.h"
#include "client/text.h"
#include "json_add.h"
#include "report.h"
#include "system/state.h"

static void print_json(const struct mud_import *import)
{
	struct json_object *object = json_object_new_object();
	struct json_object *skipped = json_object_new_array();

	json_add_text(object, "policy", import->name);
	json_add_number(object, "rules", import->rule_count);
	/* Whole, with its lines: what came from the file was cleaned when it was put in. */
	json_object_object_add(object, "text", json_object_new_string(import->text));
	for (const char *at = import->skipped; *at;) {
		size_t len = strcspn(at, "\n");

		json_object_array_add(skipped, json_object_new_string_len(at, (int)len));
		at += len + (at[len] != 0);
	}
	json_object_object_add(object, "skipped", skipped);
	client_print_json(NULL, object);
	json_object_put(object);
}

int client_import_mud(const struct client *client)
{
	const char *path = client->arguments[0];
	struct mud_import import;
	char *json = NULL, error[256];
	size_t len;
	int failed = state_load(path, MUD_FILE_MOST, &json, &len);
	bool done;

	if (failed) {
		client_error("%s: %s", path, strerror(-failed));
		return EXIT_NO;
	}
	done = mud_import(path, json, len, &import, error, sizeof(error));
	free(json);
	if (!done) {
		client_error("%s: %s", path, error);
		return EXIT_NO;
	}
	if (client->json) {
		print_json(&import);
	} else {
		fputs(import.text, stdout);
		fprintf(stderr, "%s: %zu rule%s, %zu without a rule\n", import.name,
			import.rule_count, import.rule_count == 1 ? "" : "s", import.skipped_count);
	}
	mud_import_free(&import);
	return EXIT_DONE;
}
