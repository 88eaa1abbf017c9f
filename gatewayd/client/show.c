/* SPDX-License-Identifier: GPL-2.0-or-later */
/* devices, flows, events: lists of what the daemon sees, as tables or lines. */
#define _POSIX_C_SOURCE 200809L /* localtime_r */

#include "client/client.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "client/text.h"

/* A table that objects are put into as they come. */
struct listing {
	const struct client *client;
	struct text_table *table;
	struct json_object *device;    /* of `devices DEVICE`: the first object */
	struct json_object *proposals; /* of `devices`: those with something to propose */
	uint64_t observed;             /* of `devices`: blocked, but for the mode */
};

void client_local_time(const char *utc, bool with_day, char ret_text[static CLIENT_TIME_SIZE])
{
	int64_t seconds;
	time_t when;
	struct tm local;

	ret_text[0] = '\0';
	if (!text_parse_time(utc, &seconds))
		return;
	when = (time_t)seconds;
	if (!localtime_r(&when, &local) ||
	    strftime(ret_text, CLIENT_TIME_SIZE, with_day ? "%Y-%m-%d %H:%M" : "%H:%M:%S",
		     &local) == 0)
		ret_text[0] = '\0';
}

static void bytes_cell(struct text_table *table, struct json_object *object, const char *key)
{
	char text[TEXT_NUMBER_SIZE];

	text_bytes(json_number(object, key), text);
	text_table_cell(table, text, COLOUR_NONE);
}

static void count_cell(struct text_table *table, uint64_t count, enum text_colour colour)
{
	char text[TEXT_NUMBER_SIZE];

	text_count(count, text);
	text_table_cell(table, count ? text : "-", count ? colour : COLOUR_DIM);
}

static struct json_object *device_request(const struct client *client)
{
	struct json_object *request = json_object_new_object();

	if (client->argument_count)
		json_object_object_add(request, "device",
				       json_object_new_string(client->arguments[0]));
	return request;
}

/* "US DE FR" */
static void join(struct json_object *array, char *ret_text, size_t size)
{
	size_t at = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < json_length(array); i++) {
		const char *word = json_object_get_string(json_object_array_get_idx(array, i));
		int n = snprintf(ret_text + at, size - at, "%s%s", at ? " " : "", word);

		if (n < 0 || (size_t)n >= size - at)
			return;
		at += (size_t)n;
	}
}

/* ---- devices ---- */

static const struct text_column device_columns[] = {
	{"DEVICE", false, 10},
	{"MAC", false, 0},
	{"VENDOR", false, 8 | TEXT_SPARE},
	{"PERHAPS", false, 8 | TEXT_SPARE},
	{"POLICY", false, 8},
	{"UP", true, 0},
	{"DOWN", true, 0},
	{"LIMIT", true, 0},
	{"BLOCKED", true, 0},
	{"STRIPPED", true, 0},
	{"COUNTRIES", false, 9},
};

static void add_device(void *context, struct json_object *object)
{
	struct listing *listing = context;
	struct text_table *table = listing->table;
	char countries[512], limit[CLIENT_LIMIT_SIZE];

	join(json_member(object, "countries"), countries, sizeof(countries));
	client_limit_text(json_member(object, "limits"), limit);
	text_table_cell(table, json_text(object, "device"),
			json_flag(object, "named") ? COLOUR_BOLD : COLOUR_NONE);
	text_table_cell(table, json_text(object, "mac"), COLOUR_NONE);
	text_table_cell(table, json_text(object, "vendor"), COLOUR_NONE);
	text_table_cell(table, json_text(object, "class"), COLOUR_NONE);
	text_table_cell(table, json_text(object, "policy"), COLOUR_NONE);
	bytes_cell(table, object, "bytes_up");
	bytes_cell(table, object, "bytes_down");
	text_table_cell(table, limit, strcmp(limit, "spent") ? COLOUR_NONE : COLOUR_RED);
	count_cell(table,
		   json_number(object, "flows_blocked") + json_number(object, "questions_refused"),
		   COLOUR_RED);
	count_cell(table, json_number(object, "flows_stripped"), COLOUR_YELLOW);
	listing->observed += json_number(object, "observed");
	text_table_cell(table, countries, COLOUR_NONE);
	if (client_has_proposal(object))
		json_object_array_add(listing->proposals, json_object_get(object));
}

static const struct text_column destination_columns[] = {
	{"DESTINATION", false, 16}, {"PORT", false, 0}, {"WHERE", false, 5}, {"DECISION", false, 0},
	{"RULE", false, 8},         {"UP", true, 0},    {"DOWN", true, 0},   {"REASON", false, 7},
};

static void port_cell(struct text_table *table, struct json_object *object)
{
	char text[40];

	snprintf(text, sizeof(text), "%" PRIu64 "/%s", json_number(object, "dport"),
		 json_text(object, "transport"));
	if (json_member(object, "dport"))
		text_table_cell(table, text, COLOUR_NONE);
	else
		text_table_cell(table,
				*json_text(object, "transport") ? json_text(object, "transport")
								: json_text(object, "protocol"),
				COLOUR_NONE);
}

/* "CN", "US law CN", "unknown" */
static void where_cell(struct text_table *table, struct json_object *object)
{
	const char *country = json_text(object, "country");
	const char *law = json_text(object, "jurisdiction");
	char text[64];

	if (law[0] && strcmp(law, country) != 0)
		snprintf(text, sizeof(text), "%s%slaw %s", country, country[0] ? " " : "", law);
	else
		snprintf(text, sizeof(text), "%s", country);
	text_table_cell(table, text, COLOUR_NONE);
}

static void decision_text(struct json_object *object, char *ret_text, size_t size)
{
	if (json_flag(object, "waiting"))
		snprintf(ret_text, size, "waits");
	else
		snprintf(ret_text, size, "%s%s", json_text(object, "action"),
			 json_flag(object, "observed") ? " (observed)" : "");
}

static void decision_cell(struct text_table *table, struct json_object *object)
{
	char text[64];

	decision_text(object, text, sizeof(text));
	text_table_cell(table, text, text_action_colour(json_text(object, "action")));
}

static void add_destination(struct text_table *table, struct json_object *object)
{
	text_table_cell(table, json_text(object, "destination"), COLOUR_NONE);
	port_cell(table, object);
	where_cell(table, object);
	decision_cell(table, object);
	text_table_cell(table, json_text(object, "rule"), COLOUR_NONE);
	if (json_member(object, "bytes_up")) {
		bytes_cell(table, object, "bytes_up");
		bytes_cell(table, object, "bytes_down");
	} else {
		text_table_cell(table, "", COLOUR_NONE);
		text_table_cell(table, "", COLOUR_NONE);
	}
	text_table_cell(table, json_text(object, "reason"), COLOUR_DIM);
}

static void print_device(struct json_object *device)
{
	char addresses[512], up[TEXT_NUMBER_SIZE], down[TEXT_NUMBER_SIZE];
	char first[CLIENT_TIME_SIZE], last[CLIENT_TIME_SIZE];

	join(json_member(device, "addresses"), addresses, sizeof(addresses));
	text_bytes(json_number(device, "bytes_up"), up);
	text_bytes(json_number(device, "bytes_down"), down);
	client_local_time(json_text(device, "first_seen"), true, first);
	client_local_time(json_text(device, "last_seen"), true, last);
	json_put(stdout, device, "{device}  {mac}  {vendor}\npolicy {policy}");
	printf(", up %s, down %s\n", up, down);
	if (addresses[0])
		printf("at %s\n", addresses);
	client_print_guess(device);
	client_print_limits(json_member(device, "limits"));
	if (first[0])
		printf("seen from %s to %s\n", first, last);
	else
		puts("not seen yet");
	json_put(stdout, device,
		 "{flows} flows, {flows_blocked} blocked; {questions} questions, "
		 "{questions_refused} refused");
	json_put(stdout, device,
		 json_number(device, "observed")
			 ? "\n{observed} of these only observed: they passed\n\n"
			 : "\n\n");
}

/* First the device, then its destinations. */
static void add_one_device(void *context, struct json_object *object)
{
	struct listing *listing = context;

	if (json_member(object, "destination")) {
		add_destination(listing->table, object);
	} else if (!listing->device) {
		listing->device = json_object_get(object);
		print_device(object);
	}
}

static int print_listing(struct listing *listing, const char *command, const char *empty,
			 client_each *each)
{
	const struct client *client = listing->client;
	int code;

	if (client->json)
		code = client_ask(client, command, device_request(client), client_print_json, NULL);
	else
		code = client_ask(client, command, device_request(client), each, listing);
	if (code == EXIT_DONE && !client->json) {
		if (text_table_rows(listing->table))
			text_table_print(listing->table, stdout, text_terminal_width(stdout),
					 client->colour);
		else
			puts(empty);
	}
	if (listing->observed)
		printf("%" PRIu64 " of the blocked only observed: they passed\n",
		       listing->observed);
	for (size_t i = 0; code == EXIT_DONE && i < json_length(listing->proposals); i++)
		client_print_proposal(json_object_array_get_idx(listing->proposals, i), i == 0);
	json_object_put(listing->device);
	json_object_put(listing->proposals);
	text_table_free(listing->table);
	return code;
}

#define COLUMNS(columns) (columns), sizeof(columns) / sizeof((columns)[0])

int client_devices(const struct client *client)
{
	struct listing listing = {.client = client};

	if (client->argument_count) {
		listing.table = text_table_new(COLUMNS(destination_columns));
		return print_listing(&listing, "devices", "no destinations now", add_one_device);
	}
	listing.proposals = json_object_new_array();
	listing.table = text_table_new(COLUMNS(device_columns));
	return print_listing(&listing, "devices", "no devices yet", add_device);
}

/* ---- flows ---- */

static const struct text_column flow_columns[] = {
	{"DEVICE", false, 8}, {"DESTINATION", false, 14},
	{"PORT", false, 0},   {"PROTOCOL", false, 4 | TEXT_SPARE},
	{"WHERE", false, 5},  {"DECISION", false, 0},
	{"RULE", false, 8},   {"UP", true, 0},
	{"DOWN", true, 0},    {"REASON", false, 7 | TEXT_SPARE},
};

/* The name that says most, and else the address. */
const char *client_destination(struct json_object *flow)
{
	struct json_object *names = json_member(flow, "names");

	if (json_text(flow, "qname")[0])
		return json_text(flow, "qname");
	if (json_length(names))
		return json_object_get_string(json_object_array_get_idx(names, 0));
	return json_text(flow, "dst");
}

static void add_flow(void *context, struct json_object *object)
{
	struct text_table *table = ((struct listing *)context)->table;

	text_table_cell(table, json_text(object, "device"), COLOUR_NONE);
	text_table_cell(table, client_destination(object), COLOUR_NONE);
	port_cell(table, object);
	text_table_cell(table, json_text(object, "protocol"), COLOUR_NONE);
	where_cell(table, object);
	decision_cell(table, object);
	text_table_cell(table, json_text(object, "rule"), COLOUR_NONE);
	bytes_cell(table, object, "bytes_up");
	bytes_cell(table, object, "bytes_down");
	text_table_cell(table, json_text(object, "reason"), COLOUR_DIM);
}

int client_flows(const struct client *client)
{
	struct listing listing = {.client = client};

	listing.table = text_table_new(COLUMNS(flow_columns));
	return print_listing(&listing, "flows", "no flows now", add_flow);
}

/* ---- events ---- */

/* "location 2, payment 1"; nothing when there are none. */
static void put_categories(struct json_object *counts)
{
	bool first = true;

	if (!counts)
		return;
	json_object_object_foreach(counts, name, count)
	{
		printf("%s%s %" PRIi64, first ? " (" : ", ", name, json_object_get_int64(count));
		first = false;
	}
	if (!first)
		putchar(')');
}

static void put_event_action(struct json_object *event, bool colour)
{
	const char *kind = json_text(event, "event");
	const char *action = json_text(event, "action");
	char decision[64];

	if (!strcmp(kind, "secret")) {
		putchar(' ');
		text_put_coloured(stdout, "known secret", colour, COLOUR_YELLOW);
		put_categories(json_member(event, "seen"));
		fputs(" to ", stdout);
		return;
	}
	decision_text(event, decision, sizeof(decision));
	putchar(' ');
	text_put_coloured(stdout, !strcmp(kind, "stripped") ? "stripped" : decision, colour,
			  text_action_colour(action));
	if (!strcmp(kind, "stripped"))
		put_categories(json_member(event, "stripped"));
	putchar(' ');
}

/* HH:MM:SS device action destination rule reason */
static void print_event(void *context, struct json_object *event)
{
	const struct client *client = context;
	char time[CLIENT_TIME_SIZE];

	client_local_time(json_text(event, "time"), false, time);
	fputs(time, stdout);
	json_put(stdout, event, " {device}");
	if (!strcmp(json_text(event, "event"), "new-device")) {
		putchar(' ');
		text_put_coloured(stdout, "new", client->colour, COLOUR_BOLD);
		json_put(stdout, event, " at {src}, policy {policy}\n");
		return;
	}
	put_event_action(event, client->colour);
	text_put(stdout, client_destination(event));
	if (json_text(event, "qtype")[0])
		json_put(stdout, event, " {qtype}?");
	else if (json_member(event, "dport"))
		json_put(stdout, event, ":{dport}/{transport}");
	json_put(stdout, event, " {rule} ");
	text_put_coloured(stdout, json_text(event, "reason"), client->colour, COLOUR_DIM);
	putchar('\n');
}

int client_events(const struct client *client)
{
	struct json_object *request = device_request(client);
	struct client copy = *client;

	if (client->follow)
		json_object_object_add(request, "follow", json_object_new_int(1));
	return client_ask(client, "events", request, client->json ? client_print_json : print_event,
			  &copy);
}
