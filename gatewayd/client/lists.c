/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lists: what the files name and what is there of it. Hits are the daemon's
 * and missing when it does not run.
 */
#include "client/client.h"

#include <inttypes.h>
#include <string.h>

#include <json-c/json.h>

#include "client/text.h"
#include "json_add.h"
#include "lists.h"
#include "policy/policy.h"
#include "report.h"
#include "system/clock.h"
#include "system/geo.h"

static const struct text_column columns[] = {
	{"LIST", false, 12}, {"FORMAT", false, 0}, {"ENTRIES", true, 0}, {"SKIPPED", true, 0},
	{"AGE", true, 0},    {"HITS", true, 0},    {"SIZE", true, 0},    {"FROM", false, 16},
};

static void number_cell(struct text_table *table, struct json_object *row, const char *key)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, json_number(row, key));
	text_table_cell(table, json_member(row, key) ? text : "-", COLOUR_NONE);
}

static void size_cell(struct text_table *table, struct json_object *row)
{
	char text[TEXT_NUMBER_SIZE];

	text_bytes(json_number(row, "bytes"), text);
	text_table_cell(table, json_member(row, "bytes") ? text : "-", COLOUR_NONE);
}

static void age_cell(struct text_table *table, const char *time)
{
	char text[TEXT_NUMBER_SIZE];
	int64_t then;

	if (!text_parse_time(time, &then)) {
		text_table_cell(table, "-", COLOUR_NONE);
		return;
	}
	text_duration(time_in(clock_now(), SECOND_US) - then, text);
	text_table_cell(table, text, COLOUR_NONE);
}

static void add_list(struct text_table *table, struct json_object *row)
{
	const char *format = json_text(row, "format");
	char text[TEXT_NUMBER_SIZE];

	text_table_cell(table, json_text(row, "list"), COLOUR_BOLD);
	text_table_cell(table, format[0] ? format : "missing",
			format[0] ? COLOUR_NONE : COLOUR_RED);
	snprintf(text, sizeof(text), "%" PRIu64,
		 json_number(row, "names") + json_number(row, "addresses"));
	text_table_cell(table, format[0] ? text : "-", COLOUR_NONE);
	number_cell(table, row, "skipped");
	age_cell(table, json_text(row, "compiled"));
	number_cell(table, row, "hits");
	size_cell(table, row);
	text_table_cell(table, json_text(row, json_member(row, "url") ? "url" : "file"),
			COLOUR_NONE);
}

static void add_database(struct text_table *table, struct json_object *row)
{
	bool good = json_text(row, "built")[0] != '\0';

	text_table_cell(table, json_text(row, "database"), COLOUR_BOLD);
	text_table_cell(table, good ? "mmdb" : "missing", good ? COLOUR_NONE : COLOUR_RED);
	number_cell(table, row, "networks");
	text_table_cell(table, "-", COLOUR_NONE);
	age_cell(table, json_text(row, "built"));
	text_table_cell(table, "-", COLOUR_NONE);
	size_cell(table, row);
	text_table_cell(table, json_text(row, json_member(row, "url") ? "url" : "file"),
			COLOUR_NONE);
}

/* Which lines were passed over, list by list. */
static void print_skipped(struct json_object *row)
{
	struct json_object *skipped = json_member(row, "skipped_lines");
	const char *before = "";

	if (!json_number(row, "skipped"))
		return;
	text_put(stdout, json_text(row, "list"));
	fputs(" passes over lines", stdout);
	json_object_object_foreach(skipped, why, count)
	{
		printf("%s %s (%" PRId64 ")", before, why, json_object_get_int64(count));
		before = ",";
	}
	putchar('\n');
}

static void print_table(const struct client *client, struct json_object *rows)
{
	struct text_table *table = text_table_new(columns, sizeof(columns) / sizeof(columns[0]));

	if (!table)
		return;
	for (size_t i = 0; i < json_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (json_member(row, "list"))
			add_list(table, row);
		else
			add_database(table, row);
	}
	text_table_print(table, stdout, text_terminal_width(stdout), client->colour);
	text_table_free(table);
	for (size_t i = 0; i < json_length(rows); i++)
		print_skipped(json_object_array_get_idx(rows, i));
}

/* ---- what there is ---- */

static void add_geo(struct json_object *rows, const struct geo *geo, enum geo_kind kind,
		    const char *name, const char *url)
{
	struct json_object *row;
	struct geo_contents contents;
	struct geo_info info;

	geo_info(geo, kind, &info);
	if (!info.path[0])
		return;
	row = json_object_new_object();
	json_add_text(row, "database", name);
	json_add_text(row, "file", info.path);
	json_add_text(row, "url", url);
	json_add_text(row, "type", info.type);
	if (info.open) {
		json_add_time(row, "built", (time_us)info.built * SECOND_US);
		json_add_number(row, "bytes", info.size);
	}
	if (info.open && geo_read_all(geo, kind, &contents)) {
		json_add_number(row, "networks", contents.networks);
		json_add_number(row, "known", contents.known);
	} else if (info.open) {
		json_add_text(row, "error", "it is damaged");
	}
	json_add_text(row, "error", info.error);
	json_object_array_add(rows, row);
}

/* The daemon's hits in place of ours, which asked nothing. */
static void take_hits(void *context, struct json_object *status)
{
	struct json_object *rows = context, *theirs = json_member(status, "lists");

	for (size_t i = 0; i < json_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		for (size_t k = 0; k < json_length(theirs); k++) {
			struct json_object *other = json_object_array_get_idx(theirs, k);

			if (!strcmp(json_text(row, "list"), json_text(other, "list")) &&
			    json_member(other, "hits"))
				json_object_object_add(row, "hits",
						       json_object_get(json_member(other, "hits")));
		}
	}
}

static struct json_object *collect(const struct client *client, struct policy_set *set)
{
	const struct policy_settings *settings = policy_settings(set);
	struct lists *lists = client_open_lists(client->directory, set);
	struct geo *geo = client_open_geo(client->directory, set);
	struct json_object *rows = lists_report(lists);

	for (size_t i = 0; i < json_length(rows); i++)
		json_object_object_del(json_object_array_get_idx(rows, i), "hits");
	if (geo) {
		add_geo(rows, geo, GEO_COUNTRY, "country", settings->geo_country_url);
		add_geo(rows, geo, GEO_ASN, "asn", settings->geo_asn_url);
	}
	if (!client->directory_given)
		(void)client_ask_quietly(client, "status", NULL, take_hits, rows);
	geo_free(geo);
	policy_free(set);
	lists_free(lists);
	return rows;
}

int client_lists(const struct client *client)
{
	struct json_object *rows;
	struct policy_set *set;

	if (client->argument_count) {
		if (!strcmp(client->arguments[0], "update"))
			return client_lists_update(client);
		client_error("lists: \"%s\": expected \"update\" or nothing", client->arguments[0]);
		return EXIT_USAGE;
	}
	set = client_load(client->directory);
	if (!set)
		return EXIT_NO;
	rows = collect(client, set);
	if (client->json) {
		for (size_t i = 0; i < json_length(rows); i++)
			client_print_json(NULL, json_object_array_get_idx(rows, i));
	} else if (!json_length(rows)) {
		puts("gatewayd.conf names no lists and no databases");
	} else {
		print_table(client, rows);
	}
	json_object_put(rows);
	return EXIT_DONE;
}
