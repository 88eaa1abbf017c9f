/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits as devices and explain show them: what was used, where that is known. */
#include "client/client.h"

#include <inttypes.h>
#include <string.h>

#include <json-c/json.h>

#include "client/explain.h"
#include "client/text.h"
#include "json_add.h"
#include "report.h"

static void print_limit(struct json_object *limit)
{
	char most[TEXT_NUMBER_SIZE];

	printf("  %s ", json_text(limit, "direction"));
	if (json_member(limit, "use")) {
		fputs(json_text(limit, "use"), stdout);
		puts(json_flag(limit, "spent") ? ", spent" : "");
		return;
	}
	text_bytes(json_number(limit, "limit"), most);
	printf("%s in a %s\n", most, json_text(limit, "per"));
}

void client_print_limits(struct json_object *limits)
{
	const char *before = "";

	for (size_t i = 0; i < json_length(limits); i++) {
		struct json_object *limit = json_object_array_get_idx(limits, i);

		if (strcmp(before, json_text(limit, "rule")) != 0) {
			before = json_text(limit, "rule");
			fputs("limit ", stdout);
			text_put(stdout, before);
			putchar('\n');
		}
		print_limit(limit);
	}
}

void client_limit_text(struct json_object *limits, char text[static CLIENT_LIMIT_SIZE])
{
	uint64_t highest = 0;

	text[0] = 0;
	for (size_t i = 0; i < json_length(limits); i++) {
		struct json_object *limit = json_object_array_get_idx(limits, i);
		uint64_t most = json_number(limit, "limit");
		double part = most ? (double)json_number(limit, "bytes") / (double)most : 0;

		if ((uint64_t)(100 * part) >= highest)
			highest = (uint64_t)(100 * part);
		snprintf(text, CLIENT_LIMIT_SIZE, "%" PRIu64 "%%", highest);
		if (!json_flag(limit, "spent"))
			continue;
		snprintf(text, CLIENT_LIMIT_SIZE, "spent");
		return;
	}
}

/* ---- explain ---- */

static void take_limits(void *context, struct json_object *device)
{
	struct json_object **limits = context;

	if (!*limits && json_member(device, "limits"))
		*limits = json_object_get(json_member(device, "limits"));
}

/* Those of the rule that decides, and no others. */
static struct json_object *only_of(struct json_object *limits, const char *rule)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < json_length(limits); i++) {
		struct json_object *limit = json_object_array_get_idx(limits, i);

		if (!strcmp(json_text(limit, "rule"), rule))
			json_object_array_add(array, json_object_get(limit));
	}
	json_object_put(limits);
	return array;
}

struct json_object *explain_limits(const struct client *client, const struct explain *explain,
				   const char *rule)
{
	struct json_object *request = json_object_new_object(), *limits = NULL;

	json_add_text(request, "device", explain->device.name);
	if (client->directory_given)
		json_object_put(request);
	else
		(void)client_ask_quietly(client, "devices", request, take_limits, &limits);
	if (!limits)
		limits = report_limits(explain->policy, NULL, NULL);
	return only_of(limits, rule);
}
