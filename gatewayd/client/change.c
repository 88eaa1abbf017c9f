/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reload, and the overrides on top of the policy: allow, block, pause. */
#include "client/client.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/text.h"
#include "configuration.h"
#include "json_add.h"
#include "lists.h"

#define PAUSE_SECONDS 600

/* ---- reload ---- */

static void print_problems(struct json_object *array, const char *kind)
{
	fflush(stdout);
	for (size_t i = 0; i < json_length(array); i++) {
		struct json_object *row = json_object_array_get_idx(array, i);

		json_put(stderr, row, json_member(row, "line") ? "{file}:{line}: " : "{file}: ");
		fputs(kind, stderr);
		json_put(stderr, row, "{text}\n");
	}
}

void client_print_reload(void *context, struct json_object *object)
{
	(void)context;
	print_problems(json_member(object, "errors"), "");
	print_problems(json_member(object, "warnings"), "warning: ");
	if (json_flag(object, "reloaded"))
		json_put(stdout, object,
			 json_number(object, "devices") == 1
				 ? "in force: {devices} device, {policies} policies\n"
				 : "in force: {devices} devices, {policies} policies\n");
}

/*
 * Lists that are newer than what was compiled of them, so that the daemon
 * only maps them. What is wrong with the files, the daemon tells.
 */
static void compile_lists(const struct client *client)
{
	struct policy_errors errors = {0};
	struct policy_set *set = configuration_load(client->directory, &errors, NULL);
	struct lists *lists = NULL;

	if (set)
		lists = lists_open(client->directory, set, NULL, LISTS_COMPILE, NULL, NULL);
	policy_free(set);
	lists_free(lists);
	policy_errors_free(&errors);
}

int client_reload(const struct client *client)
{
	compile_lists(client);
	return client_ask(client, "reload", NULL,
			  client->json ? client_print_json : client_print_reload, NULL);
}

/* ---- overrides ---- */

static void print_override(void *context, struct json_object *object)
{
	const char *action = json_text(object, "action");
	const char *until = json_text(object, "until");
	char time[CLIENT_TIME_SIZE];

	(void)context;
	json_put(stdout, object,
		 !strcmp(json_text(object, "destination"), "*") ? "{device}: everything"
								: "{device}: {destination}");
	if (!strcmp(action, "ended")) {
		puts(" is as the policy says again");
		return;
	}
	printf(" is %s", !strcmp(action, "block") ? "blocked" : "allowed");
	client_local_time(until, true, time);
	if (until[0])
		printf(" until %s\n", time);
	else
		puts(" until gatewayd is restarted");
}

static int ask_override(const struct client *client, const char *command, int64_t seconds)
{
	struct json_object *request = json_object_new_object();

	json_object_object_add(request, "device", json_object_new_string(client->arguments[0]));
	if (client->argument_count > 1)
		json_object_object_add(request, "destination",
				       json_object_new_string(client->arguments[1]));
	if (client->for_given && !client->for_seconds)
		json_add_number(request, "end", 1);
	else if (seconds)
		json_add_number(request, "seconds", (uint64_t)seconds);
	return client_ask(client, command, request,
			  client->json ? client_print_json : print_override, NULL);
}

int client_allow(const struct client *client)
{
	return ask_override(client, "allow", client->for_seconds);
}

int client_block(const struct client *client)
{
	return ask_override(client, "block", client->for_seconds);
}

int client_pause(const struct client *client)
{
	return ask_override(client, "pause",
			    client->for_given ? client->for_seconds : PAUSE_SECONDS);
}
