/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: reads all files as the daemon would, and changes nothing. */
#include "client/client.h"

#include <json-c/json.h>

#include "client/text.h"
#include "configuration.h"
#include "json_add.h"
#include "lists.h"
#include "report.h"

static void print_result(const struct client *client, const char *directory,
			 const struct policy_set *set, const struct policy_errors *errors)
{
	size_t wrong = errors->count + errors->omitted;

	if (!set) {
		printf("%zu error%s in %s\n", wrong, wrong == 1 ? "" : "s", directory);
		return;
	}
	printf("%sgood%s: ", text_colour(client->colour, COLOUR_GREEN),
	       text_colour(client->colour, COLOUR_NONE));
	text_put(stdout, directory);
	printf(" has %zu device%s and %zu policies\n", policy_device_count(set),
	       policy_device_count(set) == 1 ? "" : "s", policy_count(set));
}

static void print_json(const char *directory, const struct policy_set *set,
		       const struct policy_errors *errors, const struct policy_errors *warnings)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "directory", json_object_new_string(directory));
	json_add_flag(object, "good", set != NULL);
	if (set) {
		json_add_number(object, "devices", policy_device_count(set));
		json_add_number(object, "policies", policy_count(set));
	}
	json_object_object_add(object, "errors", report_errors(errors));
	json_object_object_add(object, "warnings", report_errors(warnings));
	json_add_count(object, "omitted", errors->omitted);
	client_print_json(NULL, object);
	json_object_put(object);
}

int client_check(const struct client *client)
{
	const char *directory = client->argument_count ? client->arguments[0] : client->directory;
	struct policy_errors errors = {0}, warnings = {0};
	struct policy_set *set = configuration_load(directory, &errors, &warnings);
	struct lists *lists =
		set ? lists_open(directory, set, NULL, LISTS_COMPILE, NULL, &warnings) : NULL;
	int code = set ? EXIT_DONE : EXIT_NO;

	if (client->json) {
		print_json(directory, set, &errors, &warnings);
	} else {
		client_print_errors(&errors, "");
		client_print_errors(&warnings, "warning: ");
		print_result(client, directory, set, &errors);
	}
	policy_errors_free(&errors);
	policy_errors_free(&warnings);
	policy_free(set);
	lists_free(lists);
	return code;
}
