/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status: what the daemon says of itself, on one screen of 80 columns. */

#include "client/client.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/text.h"

#define LABEL_WIDTH 14

static void label(const char *text)
{
	printf("%-*s", LABEL_WIDTH, text);
}

static void begin_warning(const struct client *client)
{
	label("");
	fputs(text_colour(client->colour, COLOUR_YELLOW), stdout);
}

static void end_warning(const struct client *client)
{
	puts(text_colour(client->colour, COLOUR_NONE));
}

static void warning(const struct client *client, const char *text)
{
	begin_warning(client);
	fputs(text, stdout);
	end_warning(client);
}

/* "123 packets", with one thing or many of it. */
static void put_number(uint64_t count, const char *one, const char *many)
{
	char text[TEXT_NUMBER_SIZE];

	text_count(count, text);
	printf("%s %s", text, count == 1 ? one : many);
}

static void print_state(const struct client *client, struct json_object *status)
{
	bool observe = !strcmp(json_text(status, "mode"), "observe");
	bool lost = json_flag(json_member(status, "queue"), "lost");
	bool no_rules =
		json_member(status, "rules") && !json_flag(json_member(status, "rules"), "present");
	char time[CLIENT_TIME_SIZE], uptime[TEXT_NUMBER_SIZE];
	enum text_colour colour = lost || no_rules ? COLOUR_RED
				  : observe        ? COLOUR_YELLOW
						   : COLOUR_GREEN;

	client_local_time(json_text(status, "since"), true, time);
	text_duration((int64_t)json_number(status, "uptime"), uptime);
	label("gatewayd");
	text_put_coloured(stdout,
			  lost || no_rules ? "NOT WORKING"
			  : observe        ? "observing"
					   : "enforcing",
			  client->colour, colour);
	printf(" since %s (%s)", time, uptime);
	json_put(stdout, status, ", version {version}\n");
	if (observe)
		warning(client, "nothing is blocked until mode = \"enforce\" in gatewayd.conf");
	if (json_text(status, "direct_from")[0]) {
		client_local_time(json_text(status, "direct_from"), true, time);
		label("");
		printf("direct addresses are told apart from %s on\n", time);
	}
}

static void print_policy(struct json_object *status)
{
	struct json_object *policy = json_member(status, "policy");
	char time[CLIENT_TIME_SIZE];

	client_local_time(json_text(policy, "loaded"), true, time);
	label("policy");
	json_put(stdout, policy, "{directory}, read ");
	puts(time);
	label("");
	put_number(json_number(policy, "devices"), "device", "devices");
	fputs(" named, ", stdout);
	put_number(json_number(policy, "policies"), "policy", "policies");
	json_put(stdout, policy, ", generation {generation}\n");
	label("");
	printf("while gatewayd is gone, devices %s\n",
	       !strcmp(json_text(status, "on_failure"), "open") ? "pass" : "wait");
}

static void print_queue(const struct client *client, struct json_object *queue)
{
	uint64_t lost = json_number(queue, "overruns") + json_number(queue, "queue_drops") +
			json_number(queue, "user_drops");
	uint64_t failed =
		json_number(queue, "verdicts_failed") + json_number(queue, "replies_failed");

	if (!queue)
		return;
	label("queue");
	json_put(stdout, queue, "number {number}, ");
	put_number(json_number(queue, "packets"), "packet", "packets");
	if (!lost && !failed)
		fputs(", none lost", stdout);
	putchar('\n');
	if (lost) {
		begin_warning(client);
		json_put(stdout, queue,
			 "lost: overruns {overruns}, queue full {queue_drops}, "
			 "not read {user_drops}");
		end_warning(client);
	}
	if (failed) {
		begin_warning(client);
		json_put(stdout, queue,
			 "failed: verdicts {verdicts_failed}, replies {replies_failed}");
		end_warning(client);
	}
	if (json_flag(queue, "lost"))
		warning(client, "another program has taken the queue: nothing is decided");
}

static void print_rules(const struct client *client, struct json_object *rules)
{
	uint64_t restored = json_number(rules, "restored");

	if (!rules)
		return;
	label("rules");
	if (json_flag(rules, "present"))
		json_put(stdout, rules, "in place, through the {queue}");
	else
		text_put_coloured(stdout, "NOT in place: packets pass unseen", client->colour,
				  COLOUR_RED);
	if (restored)
		printf("; put back %" PRIu64 " time%s", restored, restored == 1 ? "" : "s");
	putchar('\n');
}

static void print_offload(const struct client *client, struct json_object *offload)
{
	struct json_object *foreign = json_member(offload, "foreign");

	if (!json_flag(offload, "bypassed")) {
		if (json_flag(offload, "managed"))
			label("offload"), puts("our own, for flows that are decided");
		return;
	}
	label("offload");
	printf("%sINSPECTION IS BYPASSED by the flowtable%s",
	       text_colour(client->colour, COLOUR_RED), json_length(foreign) == 1 ? "" : "s");
	for (size_t i = 0; i < json_length(foreign); i++) {
		struct json_object *row = json_object_array_get_idx(foreign, i);

		json_put(stdout, row, i ? ", {family} {table} {name}" : " {family} {table} {name}");
	}
	puts(text_colour(client->colour, COLOUR_NONE));
	warning(client, "turn flow offloading off, or set network.offload = \"manage\"");
}

static void print_database(const struct client *client, const char *name,
			   struct json_object *database)
{
	const char *file = json_text(database, "file"), *error = json_text(database, "error");

	label(name);
	if (!database) {
		puts("no database configured; conditions on it do not hold");
		return;
	}
	text_put(stdout, strrchr(file, '/') ? strrchr(file, '/') + 1 : file);
	if (error[0]) {
		fputs(": ", stdout);
		text_put_coloured(stdout, error, client->colour, COLOUR_RED);
		putchar('\n');
		warning(client, "conditions on it do not hold; the cure: gatewayctl doctor");
		return;
	}
	json_put(stdout, database, ", {type}");
	/* The day is what counts for its age. */
	printf(", of %.10s", json_text(database, "built"));
	if (json_number(database, "records_failed"))
		json_put(stdout, database, ", {records_failed} lookups failed");
	putchar('\n');
}

static void print_tables(struct json_object *tables)
{
	static const struct {
		const char *key, *text;
	} rows[] = {{"devices", "devices"},
		    {"flows", "flows"},
		    {"bindings", "addresses from DNS"},
		    {"names", "names"},
		    {"streams", "streams being read"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_object *table = json_member(tables, rows[i].key);
		char used[TEXT_NUMBER_SIZE], most[TEXT_NUMBER_SIZE], given[TEXT_NUMBER_SIZE];

		text_count(json_number(table, "used"), used);
		text_count(json_number(table, "most"), most);
		text_count(json_number(table, "given_up"), given);
		label(i ? "" : "in memory");
		printf("%-20s %8s of %s", rows[i].text, used, most);
		if (json_number(table, "given_up"))
			printf(", %s given up", given);
		putchar('\n');
	}
}

/* Pairs of numbers, two to a line. */
static void print_counters(struct json_object *counters)
{
	static const struct {
		const char *key, *text;
	} rows[] = {{"packets", "packets decided"},
		    {"dropped", "packets dropped"},
		    {"flows", "flows"},
		    {"flows_blocked", "flows blocked"},
		    {"questions", "DNS questions"},
		    {"questions_refused", "questions refused"},
		    {"answers", "DNS answers"},
		    {"addresses_pruned", "addresses pruned"},
		    {"replies", "refusals sent"},
		    {"flows_stripped", "flows stripped"},
		    {"observed", "only observed"},
		    {"decoys_dropped", "decoys dropped"},
		    {"malformed", "malformed packets"},
		    {"malformed_dns", "malformed DNS"},
		    {"fragments_dropped", "fragments dropped"},
		    {"events_lost", "events lost"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char count[TEXT_NUMBER_SIZE];

		text_count(json_number(counters, rows[i].key), count);
		if (i % 2 == 0)
			label(i ? "" : "since start");
		printf("%-17s %11s%s", rows[i].text, count, i % 2 ? "\n" : "    ");
	}
}

static void print_refused(const struct client *client, struct json_object *refused)
{
	static const struct text_column columns[] = {
		{"", false, 0}, {"", false, 10}, {"", false, 14}, {"", true, 0}, {"", false, 12}};
	struct text_table *table = text_table_new(columns, 5);

	if (!table || !json_length(refused)) {
		text_table_free(table);
		return;
	}
	for (size_t i = 0; i < json_length(refused); i++) {
		struct json_object *row = json_object_array_get_idx(refused, i);
		char count[TEXT_NUMBER_SIZE], times[TEXT_NUMBER_SIZE + 8];

		text_count(json_number(row, "count"), count);
		snprintf(times, sizeof(times), "%s x", count);
		/* The gap between two columns is part of the label's width. */
		text_table_cell(table, i ? "            " : "most often  ", COLOUR_NONE);
		text_table_cell(table, json_text(row, "device"), COLOUR_NONE);
		text_table_cell(table, json_text(row, "destination"), COLOUR_NONE);
		text_table_cell(table, times, COLOUR_NONE);
		text_table_cell(table, json_text(row, "reason"), COLOUR_DIM);
	}
	text_table_print_rows(table, stdout, 80, client->colour);
	text_table_free(table);
}

static void print_today(const struct client *client, struct json_object *today)
{
	uint64_t observed = json_number(today, "observed");

	label("today");
	put_number(json_number(today, "flows_blocked"), "flow", "flows");
	fputs(" and ", stdout);
	put_number(json_number(today, "questions_refused"), "question", "questions");
	fputs(" blocked, ", stdout);
	put_number(json_number(today, "flows_stripped"), "flow", "flows");
	puts(" stripped");
	if (observed) {
		label("");
		put_number(observed, "more", "more");
		puts(" would have been, but the mode is to observe");
	}
	print_refused(client, json_member(today, "most_refused"));
}

static void print_overrides(struct json_object *overrides)
{
	for (size_t i = 0; i < json_length(overrides); i++) {
		struct json_object *row = json_object_array_get_idx(overrides, i);
		char left[TEXT_NUMBER_SIZE];

		label(i ? "" : "by hand");
		json_put(stdout, row, "{action} {device} {destination}");
		if (json_text(row, "until")[0]) {
			text_duration((int64_t)json_number(row, "seconds_left"), left);
			printf(", for %s more", left);
		}
		putchar('\n');
	}
}

static void print_status(void *context, struct json_object *status)
{
	const struct client *client = context;
	struct json_object *geo = json_member(status, "geo");

	print_state(client, status);
	print_policy(status);
	print_rules(client, json_member(status, "rules"));
	print_offload(client, json_member(status, "offload"));
	print_queue(client, json_member(status, "queue"));
	print_database(client, "countries", json_member(geo, "country"));
	print_database(client, "AS numbers", json_member(geo, "asn"));
	print_overrides(json_member(status, "overrides"));
	print_today(client, json_member(status, "today"));
	print_counters(json_member(status, "counters"));
	print_tables(json_member(status, "tables"));
}

int client_status(const struct client *client)
{
	struct client copy = *client;

	return client_ask(client, "status", NULL, client->json ? client_print_json : print_status,
			  &copy);
}
