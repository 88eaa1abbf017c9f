/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain: which rule decides, and why. Works without the daemon; when it
 * runs, it is asked for what the user decided by hand, too.
 */
#define _POSIX_C_SOURCE 200809L /* open_memstream */
#include "client/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/text.h"
#include "system/clock.h"

/* ---- as text ---- */

static void put_place(FILE *out, struct json_object *object)
{
	if (json_text(object, "file")[0])
		json_put(out, object, " ({file}:{line})");
}

static const char *reading_title(const char *reading)
{
	static const char *const titles[][2] = {
		{"question", "The DNS question"},
		{"answer", "The address in the answer"},
		{"flow", "The flow's first packet"},
		{"payload", "The flow's first bytes, if they are what is usual at that port"},
	};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		if (!strcmp(titles[i][0], reading))
			return titles[i][1];
	}
	return reading;
}

static void add_step(struct text_table *table, struct json_object *step)
{
	const char *holds = json_text(step, "holds");
	enum text_colour colour = COLOUR_DIM;
	const char *word = "fails";

	if (!strcmp(holds, "yes")) {
		colour = text_action_colour(json_text(step, "action"));
		word = "HOLDS";
	} else if (!strcmp(holds, "maybe")) {
		colour = COLOUR_YELLOW;
		word = "may still hold";
	}
	text_table_cell(table, " ", COLOUR_NONE);
	text_table_cell(table, json_text(step, "rule"), COLOUR_NONE);
	text_table_cell(table, json_text(step, "action"), COLOUR_NONE);
	text_table_cell(table, word, colour);
	text_table_cell(table, json_text(step, "because"), COLOUR_NONE);
}

static void print_reading(FILE *out, struct json_object *reading, size_t number, bool colour)
{
	static const struct text_column columns[] = {
		{"", false, 0}, {"", false, 12}, {"", false, 0}, {"", false, 0}, {"", false, 20}};
	struct json_object *steps = json_member(reading, "steps");
	const char *action = json_text(reading, "action");
	struct text_table *table = text_table_new(columns, 5);

	fprintf(out, "\n%s%zu. %s%s\n", text_colour(colour, COLOUR_BOLD), number,
		reading_title(json_text(reading, "reading")), text_colour(colour, COLOUR_NONE));
	for (size_t i = 0; table && i < json_length(steps); i++)
		add_step(table, json_object_array_get_idx(steps, i));
	if (table && json_length(steps))
		text_table_print_rows(table, out, 0, colour);
	text_table_free(table);
	if (json_flag(reading, "waits")) {
		fputs("   => waits for what the first bytes tell\n", out);
		return;
	}
	fputs("   => ", out);
	text_put_coloured(out, action, colour, text_action_colour(action));
	if (json_flag(reading, "let_through"))
		fputs(" (the flow will tell)", out);
	json_put(out, reading, " by {rule}");
	put_place(out, reading);
	if (json_text(reading, "reason")[0])
		json_put(out, reading, ": {reason}");
	putc('\n', out);
}

static void print_database(FILE *out, const char *title, struct json_object *database)
{
	struct json_object *value = json_member(database, "value");

	if (!database)
		return;
	fprintf(out, "  %-12s", title);
	json_put(out, database, value ? "{value}, by {database}" : "not known, by {database}");
	if (json_text(database, "error")[0])
		json_put(out, database, ": {error}");
	if (json_text(database, "built")[0])
		fprintf(out, " of %.10s", json_text(database, "built"));
	if (json_text(database, "record")[0]) {
		fprintf(out, "\n  %-12s", "");
		text_put(out, json_text(database, "record"));
	} else if (!json_text(database, "error")[0]) {
		fputs(": no record", out);
	}
	putc('\n', out);
}

/* Which row spoke, and where its facts come from. */
static void print_row(FILE *out, struct json_object *entry)
{
	static const char *const fields[][2] = {
		{"row", ""}, {"note", "note: "}, {"source", "source: "}};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *text = json_text(entry, fields[i][0]);

		if (!text[0])
			continue;
		fprintf(out, "  %-12s%s", i ? "" : "  row", fields[i][1]);
		text_put(out, text);
		putc('\n', out);
	}
}

static void print_catalogue(FILE *out, struct json_object *entry)
{
	static const char *const fields[][2] = {
		{"organisation", ""}, {"jurisdiction", "law of "}, {"purpose", "for "}};
	bool first = true;

	if (!entry)
		return;
	fprintf(out, "  %-12s", "catalogue");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *text = json_text(entry, fields[i][0]);

		if (!text[0])
			continue;
		fprintf(out, "%s%s", first ? "" : ", ", fields[i][1]);
		text_put(out, text);
		first = false;
	}
	if (json_member(entry, "essential"))
		fprintf(out, "%s%s", first ? "" : ", ",
			json_flag(entry, "essential") ? "essential" : "not essential");
	putc('\n', out);
	print_row(out, entry);
}

static void print_list_entries(FILE *out, struct json_object *entries)
{
	for (size_t i = 0; i < json_length(entries); i++) {
		struct json_object *row = json_object_array_get_idx(entries, i);

		fprintf(out, "  %-12s", i ? "" : "entries");
		json_put(out, row,
			 json_flag(row, "exception") ? "{entry}, let pass by {list}\n"
						     : "{entry} of {list}\n");
	}
}

static void print_subject(FILE *out, struct json_object *result)
{
	struct json_object *lists = json_member(result, "lists");

	json_put(out, result, json_text(result, "mac")[0] ? "{device} ({mac})" : "{device}");
	json_put(out, result, ", policy {policy}");
	if (!json_flag(result, "named"))
		fputs(" (no file names the device)", out);
	json_put(out, result, "\nto {name}");
	if (json_text(result, "name")[0] && json_text(result, "address")[0])
		fputs(" at ", out);
	if (json_text(result, "address")[0])
		json_put(out, result, "{address}, port {port}/{transport}");
	putc('\n', out);
	print_database(out, "country", json_member(result, "country"));
	print_database(out, "AS number", json_member(result, "asn"));
	print_catalogue(out, json_member(result, "catalogue"));
	for (size_t i = 0; i < json_length(lists); i++) {
		fprintf(out, "  %-12s", i ? "" : "on lists");
		text_put(out, json_object_get_string(json_object_array_get_idx(lists, i)));
		putc('\n', out);
	}
	print_list_entries(out, json_member(result, "list_entries"));
}

static void print_decision(FILE *out, struct json_object *result, bool colour)
{
	const char *action = json_text(result, "action");

	putc('\n', out);
	text_put_coloured(out, action, colour, text_action_colour(action));
	json_put(out, result, ": {rule}");
	put_place(out, result);
	json_put(out, result, ", {reason}\n");
}

/* Reasons are long and none of it may be cut, so lines are broken when all is written. */
static void print_wrapped(struct json_object *result, bool colour, size_t width)
{
	struct json_object *readings = json_member(result, "readings");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	print_subject(out, result);
	for (size_t i = 0; i < json_length(readings); i++)
		print_reading(out, json_object_array_get_idx(readings, i), i + 1, colour);
	print_decision(out, result, colour);
	if (fclose(out) == 0)
		text_put_wrapped(stdout, text, width);
	free(text);
}

static void explain_print(struct json_object *result, bool colour, size_t width)
{
	const char *action = json_text(result, "action");

	print_wrapped(result, colour, width);
	if (!strcmp(action, "strip"))
		explain_print_strip(json_member(result, "strip"), width);
	client_print_limits(json_member(result, "limits"));
	if (!strcmp(json_text(result, "mode"), "observe") && !strcmp(action, "block"))
		puts("The mode is to observe: it passes, and is noted.");
	if (json_text(result, "resolver")[0])
		puts("A plain question there is answered by the router (dns.resolver), in its\n"
		     "name; what it asks for is judged. This is about all else.");
	if (!json_text(result, "address")[0] && strcmp(action, "block") != 0)
		puts("Where it is may matter, too: ask again with NAME@ADDRESS.");
}

/* ---- the command ---- */

/* Overrides that the daemon has for this device. */
static void take_overrides(void *context, struct json_object *status)
{
	struct explain *explain = context;
	struct json_object *overrides = json_member(status, "overrides");

	for (size_t i = 0; i < json_length(overrides); i++) {
		struct json_object *row = json_object_array_get_idx(overrides, i);
		bool block = !strcmp(json_text(row, "action"), "block");
		struct policy_rule *rule;
		char error[256];

		if (strcmp(json_text(row, "device"), explain->device.name) != 0 ||
		    explain->override_count == EXPLAIN_OVERRIDES_MOST)
			continue;
		rule = policy_override_new(block ? POLICY_BLOCK : POLICY_ALLOW,
					   json_text(row, "destination"), error, sizeof(error));
		if (!rule)
			continue;
		explain->own[explain->override_count] = rule;
		explain->overrides[explain->override_count++] = rule;
	}
}

static void drop_overrides(struct explain *explain)
{
	for (unsigned i = 0; i < explain->override_count; i++)
		policy_override_free(explain->own[i]);
}

static bool read_destination(const char *text, struct policy_destination *ret_destination)
{
	char error[256];

	if (!policy_destination_parse(text, ret_destination, error, sizeof(error))) {
		client_error("%s", error);
		return false;
	}
	if (ret_destination->any) {
		client_error("\"*\" is no destination to explain; name one");
		return false;
	}
	/* What most flows are; the answer says that it was assumed. */
	if (!ret_destination->port && ret_destination->transport != TRANSPORT_ICMP)
		ret_destination->port = 443;
	if (ret_destination->transport == TRANSPORT_NONE)
		ret_destination->transport = TRANSPORT_TCP;
	return true;
}

static int explain_with(const struct client *client, struct explain *explain)
{
	struct json_object *result = explain_read(explain);
	int code = EXIT_DONE;

	if (!result)
		return EXIT_NO;
	if (!strcmp(json_text(result, "action"), "limit"))
		json_object_object_add(result, "limits",
				       explain_limits(client, explain, json_text(result, "rule")));
	if (client->json)
		client_print_json(NULL, result);
	else
		explain_print(result, client->colour, text_terminal_width(stdout));
	if (client->exit_code && !strcmp(json_text(result, "action"), "block"))
		code = EXIT_NO;
	json_object_put(result);
	return code;
}

static int explain_in(const struct client *client, struct explain *explain)
{
	struct clock_local clock = {0};
	struct geo *geo;
	int code;

	if (!client_find_device(client, explain->set, client->arguments[0], &explain->device))
		return EXIT_NO;
	/* The running policy may be another one than what the files say now. */
	explain->policy = policy_by_name(explain->set, explain->device.policy);
	if (!explain->policy)
		explain->policy = policy_settings(explain->set)->unknown_device;
	geo = client_open_geo(client->directory, explain->set);
	if (!geo)
		return EXIT_NO;
	explain->geo = geo;
	explain->local_minute = clock_local_minute(&clock, clock_now());
	if (!client->directory_given)
		(void)client_ask_quietly(client, "status", NULL, take_overrides, explain);
	code = explain_with(client, explain);
	drop_overrides(explain);
	geo_free(geo);
	return code;
}

int client_explain(const struct client *client)
{
	struct explain explain = {.destination_text = client->arguments[1]};
	struct policy_set *set;
	struct lists *lists;
	int code;

	if (!read_destination(client->arguments[1], &explain.destination))
		return EXIT_USAGE;
	set = client_load(client->directory);
	if (!set)
		return EXIT_NO;
	lists = client_open_lists(client->directory, set);
	explain.set = set;
	explain.lists = lists;
	code = explain_in(client, &explain);
	policy_free(set);
	lists_free(lists);
	return code;
}
