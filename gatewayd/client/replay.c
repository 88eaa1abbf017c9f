/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay: what is printed of it, as JSON lines or as tables. */
#include "client/replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/table.h"
#include "client/text.h"
#include "device_report.h"
#include "json_add.h"
#include "report.h"

#define REFUSALS_SHOWN 30

/* ---- the summary ---- */

struct totals {
	uint64_t devices, flows, blocked, blocked_dns, stripped, waiting, observed;
	uint64_t bytes_up, bytes_down;
};

static void add_device(void *context, const struct device_record *record)
{
	struct totals *totals = context;

	totals->devices++;
	totals->bytes_up += record->bytes_up;
	totals->bytes_down += record->bytes_down;
}

static void add_up(const struct replay_side *side, struct totals *totals)
{
	memset(totals, 0, sizeof(*totals));
	engine_each_device(side->engine, add_device, totals);
	totals->flows = side->flow_count;
	for (size_t i = 0; i < side->flow_count; i++) {
		totals->blocked += side->flows[i].action == POLICY_BLOCK;
		totals->blocked_dns +=
			side->flows[i].action == POLICY_BLOCK && side->flows[i].is_dns;
		totals->stripped += side->flows[i].action == POLICY_STRIP;
		totals->waiting += side->flows[i].waiting;
		totals->observed += side->flows[i].observed;
	}
}

static void add_time(struct json_object *object, const char *key, time_us time)
{
	char text[REPORT_TIME_SIZE];

	report_time(time, text);
	json_object_object_add(object, key, json_object_new_string(text));
}

/* ---- what the devices may be ---- */

struct guesses {
	const struct device_tables tables;
	struct json_object *array;
};

static void add_guess(void *context, const struct device_record *record)
{
	const struct guesses *guesses = context;
	struct json_object *device = device_report(&guesses->tables, record);

	if (device && (json_member(device, "guess") || json_member(device, "says")))
		json_object_array_add(guesses->array, device);
	else
		json_object_put(device);
}

/* Every device that said something or that tells by what it asks; the caller frees the array. */
static struct json_object *guess_devices(const struct replay *replay)
{
	const struct replay_side *side = &replay->sides[0];
	struct guesses guesses = {
		{side->vendor, side->identify, side->set, side->engine, replay->last},
		json_object_new_array()};

	engine_each_device(side->engine, add_guess, &guesses);
	return guesses.array;
}

/* Of each: who it is and what speaks for it. */
static struct json_object *guesses_json(const struct replay *replay)
{
	static const char *const kept[] = {"device", "mac",      "vendor",  "class", "profile",
					   "guess",  "evidence", "same_as", "says"};
	struct json_object *devices = guess_devices(replay), *array = json_object_new_array();

	for (size_t i = 0; i < json_length(devices); i++) {
		struct json_object *object = json_object_new_object();

		json_add_kept(object, json_object_array_get_idx(devices, i), JSON_ALL(kept));
		json_object_array_add(array, object);
	}
	json_object_put(devices);
	return array;
}

static void print_guesses(const struct replay *replay)
{
	struct json_object *devices = guess_devices(replay);
	bool first = true;

	for (size_t i = 0; i < json_length(devices); i++) {
		struct json_object *device = json_object_array_get_idx(devices, i);

		if (!json_member(device, "guess"))
			continue;
		if (first)
			puts("\nPerhaps:");
		first = false;
		json_put(stdout, device, "{device}: {guess}\n");
	}
	json_object_put(devices);
}

static struct json_object *summary_json(const struct replay *replay, uint64_t changed)
{
	const struct replay_side *side = &replay->sides[0];
	struct json_object *object = json_object_new_object(), *identified;
	struct engine_counters counters;
	struct totals totals;

	add_up(side, &totals);
	engine_counters(side->engine, &counters);
	json_add_text(object, "file", replay->client->arguments[0]);
	json_add_flag(object, "complete", replay->error[0] == '\0');
	json_add_text(object, "error", replay->error);
	if (replay->packets) {
		add_time(object, "first", replay->first);
		add_time(object, "last", replay->last);
	}
	json_add_number(object, "packets", replay->packets);
	json_add_number(object, "skipped", replay->skipped);
	json_add_number(object, "devices", totals.devices);
	json_add_number(object, "flows", totals.flows);
	json_add_number(object, "flows_blocked", totals.blocked);
	json_add_number(object, "flows_stripped", totals.stripped);
	json_add_number(object, "flows_waiting", totals.waiting);
	json_add_number(object, "flows_observed", totals.observed);
	json_add_number(object, "questions", counters.questions);
	json_add_number(object, "questions_refused", counters.questions_refused);
	json_add_number(object, "answers", counters.answers);
	json_add_number(object, "addresses_pruned", counters.addresses_pruned);
	json_add_number(object, "packets_dropped", counters.dropped);
	json_add_number(object, "packets_edited", counters.edited);
	json_add_number(object, "replies", counters.replies);
	json_add_number(object, "malformed", counters.malformed);
	json_add_number(object, "malformed_dns", counters.malformed_dns);
	json_add_number(object, "bytes_up", totals.bytes_up);
	json_add_number(object, "bytes_down", totals.bytes_down);
	if (replay->side_count > 1)
		json_add_number(object, "changed", changed);
	identified = guesses_json(replay);
	if (json_length(identified))
		json_object_object_add(object, "identified", json_object_get(identified));
	json_object_put(identified);
	return object;
}

static void print_json_summary(const struct replay *replay, uint64_t changed)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "summary", summary_json(replay, changed));
	client_print_json(NULL, object);
	json_object_put(object);
}

static void put_count(uint64_t count, const char *one, const char *many)
{
	char text[TEXT_NUMBER_SIZE];

	text_count(count, text);
	printf("%s %s", text, count == 1 ? one : many);
}

static void print_totals(const struct replay *replay)
{
	const struct replay_side *side = &replay->sides[0];
	struct engine_counters counters;
	char up[TEXT_NUMBER_SIZE], down[TEXT_NUMBER_SIZE];
	struct totals totals;

	add_up(side, &totals);
	engine_counters(side->engine, &counters);
	text_bytes(totals.bytes_up, up);
	text_bytes(totals.bytes_down, down);
	putchar('\n');
	put_count(replay->packets, "packet", "packets");
	fputs(" of ", stdout);
	put_count(totals.devices, "device", "devices");
	printf(", %s up, %s down", up, down);
	if (replay->skipped) {
		fputs("; ", stdout);
		put_count(replay->skipped, "frame", "frames");
		fputs(" without IP", stdout);
	}
	putchar('\n');
	put_count(totals.flows, "flow", "flows");
	printf(", %" PRIu64 " blocked", totals.blocked);
	if (totals.blocked_dns)
		printf(" (%" PRIu64 " of DNS)", totals.blocked_dns);
	printf(", %" PRIu64 " stripped", totals.stripped);
	if (totals.observed)
		printf(" (%" PRIu64 " of them only observed)", totals.observed);
	if (totals.waiting)
		printf(", %" PRIu64 " never decided", totals.waiting);
	putchar('\n');
	put_count(counters.questions, "DNS question", "DNS questions");
	printf(", %" PRIu64 " refused; %" PRIu64 " address%s pruned\n", counters.questions_refused,
	       counters.addresses_pruned, counters.addresses_pruned == 1 ? "" : "es");
	if (counters.malformed || counters.malformed_dns)
		printf("malformed: %" PRIu64 " packets, %" PRIu64 " DNS messages\n",
		       counters.malformed, counters.malformed_dns);
}

/* ---- as tables ---- */

static const struct text_column device_columns[] = {
	{"DEVICE", false, 12}, {"POLICY", false, 8},    {"FLOWS", true, 0},   {"BLOCKED", true, 0},
	{"STRIPPED", true, 0}, {"QUESTIONS", true, 0},  {"REFUSED", true, 0}, {"UP", true, 0},
	{"DOWN", true, 0},     {"COUNTRIES", false, 5},
};

static void count_cell(struct text_table *table, uint64_t count, enum text_colour colour)
{
	char text[TEXT_NUMBER_SIZE];

	text_count(count, text);
	text_table_cell(table, count ? text : "-", count ? colour : COLOUR_DIM);
}

static void bytes_cell(struct text_table *table, uint64_t bytes)
{
	char text[TEXT_NUMBER_SIZE];

	text_bytes(bytes, text);
	text_table_cell(table, text, COLOUR_NONE);
}

static void countries_text(const struct country_set *set, char *ret_text, size_t size)
{
	size_t at = 0;
	char text[8];

	ret_text[0] = '\0';
	for (country code = 1; code <= COUNTRY_MOST && at + 4 < size; code++) {
		if (!country_set_has(set, code))
			continue;
		country_print(code, text);
		at += (size_t)snprintf(ret_text + at, size - at, "%s%s", at ? " " : "", text);
	}
}

static void add_device_row(void *context, const struct device_record *record)
{
	struct text_table *table = context;
	char countries[256];

	countries_text(&record->countries, countries, sizeof(countries));
	text_table_cell(table, record->name, record->named ? COLOUR_BOLD : COLOUR_NONE);
	text_table_cell(table, record->policy, COLOUR_NONE);
	count_cell(table, record->flows, COLOUR_NONE);
	count_cell(table, record->flows_blocked, COLOUR_RED);
	count_cell(table, record->flows_stripped, COLOUR_YELLOW);
	count_cell(table, record->questions, COLOUR_NONE);
	count_cell(table, record->questions_refused, COLOUR_RED);
	bytes_cell(table, record->bytes_up);
	bytes_cell(table, record->bytes_down);
	text_table_cell(table, countries, COLOUR_NONE);
}

static void print_devices(const struct replay *replay, size_t width)
{
	struct text_table *table =
		text_table_new(device_columns, sizeof(device_columns) / sizeof(device_columns[0]));

	if (!table)
		return;
	engine_each_device(replay->sides[0].engine, add_device_row, table);
	if (text_table_rows(table))
		text_table_print(table, stdout, width, replay->client->colour);
	else
		puts("no device: nothing in the capture sends from the LAN; see --lan");
	text_table_free(table);
}

static const struct text_column refusal_columns[] = {
	{"DEVICE", false, 10}, {"DESTINATION", false, 20}, {"DECISION", false, 0},
	{"TIMES", true, 0},    {"RULE", false, 10},        {"REASON", false, 12},
};

static int by_count(const void *a, const void *b)
{
	const struct replay_refusal *first = *(const struct replay_refusal *const *)a;
	const struct replay_refusal *second = *(const struct replay_refusal *const *)b;

	if (first->count != second->count)
		return first->count < second->count ? 1 : -1;
	return strcmp(first->destination, second->destination);
}

static void add_refusal_row(struct text_table *table, const struct replay_refusal *refusal)
{
	const char *action = policy_action_name((enum policy_action)refusal->action);
	char text[64];

	snprintf(text, sizeof(text), "%s%s%s", action, refusal->question ? " DNS" : "",
		 refusal->observed ? " (observed)" : "");
	text_table_cell(table, refusal->device, COLOUR_NONE);
	text_table_cell(table, refusal->destination, COLOUR_NONE);
	text_table_cell(table, text, text_action_colour(action));
	count_cell(table, refusal->count, COLOUR_NONE);
	text_table_cell(table, refusal->rule, COLOUR_NONE);
	text_table_cell(table, refusal->reason, COLOUR_DIM);
}

static void print_refusals(const struct replay *replay, size_t width)
{
	const struct table *refusals = replay->sides[0].refusals;
	size_t count = table_count(refusals), at = 0;
	const struct replay_refusal **sorted = calloc(count ? count : 1, sizeof(const void *));
	struct text_table *table = text_table_new(
		refusal_columns, sizeof(refusal_columns) / sizeof(refusal_columns[0]));

	if (count && sorted && table) {
		for (void *entry = table_oldest(refusals); entry;
		     entry = table_younger(refusals, entry))
			sorted[at++] = entry;
		qsort(sorted, count, sizeof(sorted[0]), by_count);
		for (size_t i = 0; i < count && i < REFUSALS_SHOWN; i++)
			add_refusal_row(table, sorted[i]);
		putchar('\n');
		text_table_print(table, stdout, width, replay->client->colour);
		if (count > REFUSALS_SHOWN)
			printf("and %zu more; --json has every flow\n", count - REFUSALS_SHOWN);
	}
	text_table_free(table);
	free(sorted);
}

/* ---- the difference of two policies ---- */

struct difference {
	const struct replay *replay;
	struct text_table *table;
	uint64_t changed;
};

static const struct text_column difference_columns[] = {
	{"DEVICE", false, 10}, {"DESTINATION", false, 20},
	{"PORT", false, 0},    {"BEFORE", false, 10},
	{"", false, 0},        {"AFTER", false, 10},
};

static struct json_object *decision_json(struct json_object *flow)
{
	static const char *const kept[] = {"policy",   "action", "waiting",
					   "observed", "rule",   "reason"};
	struct json_object *object = json_object_new_object();

	json_add_kept(object, flow, JSON_ALL(kept));
	return object;
}

/* "block, camera/2: country CN" */
static void decision_text(struct json_object *flow, char *ret_text, size_t size)
{
	if (json_flag(flow, "waiting"))
		snprintf(ret_text, size, "waits");
	else
		snprintf(ret_text, size, "%s%s, %s: %s", json_text(flow, "action"),
			 json_flag(flow, "observed") ? " (observed)" : "", json_text(flow, "rule"),
			 json_text(flow, "reason"));
}

static void show_difference(struct difference *difference, struct json_object *before,
			    struct json_object *after)
{
	struct text_table *table = difference->table;
	char text[512];

	difference->changed++;
	if (difference->replay->client->json) {
		json_object_object_add(after, "before", decision_json(before));
		client_print_json(NULL, after);
		return;
	}
	text_table_cell(table, json_text(after, "device"), COLOUR_NONE);
	text_table_cell(table, client_destination(after), COLOUR_NONE);
	snprintf(text, sizeof(text), "%" PRIu64 "/%s", json_number(after, "dport"),
		 json_text(after, "transport"));
	text_table_cell(table, json_member(after, "dport") ? text : json_text(after, "transport"),
			COLOUR_NONE);
	decision_text(before, text, sizeof(text));
	text_table_cell(table, text, text_action_colour(json_text(before, "action")));
	text_table_cell(table, "->", COLOUR_NONE);
	decision_text(after, text, sizeof(text));
	text_table_cell(table, text, text_action_colour(json_text(after, "action")));
}

/* What becomes of its packets; one that waits is let through. */
static bool is_decided_alike(const struct replay_flow *before, const struct replay_flow *after)
{
	return before->action == after->action && before->observed == after->observed;
}

static void compare(struct difference *difference, const struct replay_flow *before,
		    const struct replay_flow *after)
{
	struct json_object *old, *new;

	if (is_decided_alike(before, after))
		return;
	old = json_tokener_parse(before->line);
	new = json_tokener_parse(after->line);
	if (old && new)
		show_difference(difference, old, new);
	json_object_put(old);
	json_object_put(new);
}

/*
 * Flows have the same numbers on both sides, for both engines saw the same
 * packets; one whose table was too small for it is passed over.
 */
static uint64_t print_difference(const struct replay *replay, size_t width)
{
	const struct replay_side *a = &replay->sides[0], *b = &replay->sides[1];
	struct difference difference = {.replay = replay};
	size_t i = 0, j = 0;

	difference.table = text_table_new(
		difference_columns, sizeof(difference_columns) / sizeof(difference_columns[0]));
	while (difference.table && i < a->flow_count && j < b->flow_count) {
		if (a->flows[i].number < b->flows[j].number)
			i++;
		else if (a->flows[i].number > b->flows[j].number)
			j++;
		else
			compare(&difference, &a->flows[i++], &b->flows[j++]);
	}
	if (!replay->client->json) {
		if (difference.changed)
			text_table_print(difference.table, stdout, width, replay->client->colour);
		printf("%" PRIu64 " of %zu flows are decided differently\n", difference.changed,
		       a->flow_count);
	}
	text_table_free(difference.table);
	return difference.changed;
}

/* ---- the command ---- */

static void print_result(const struct replay *replay)
{
	size_t width = text_terminal_width(stdout);
	uint64_t changed = 0;

	if (replay->client->against) {
		changed = print_difference(replay, width);
	} else if (replay->client->json) {
		for (size_t i = 0; i < replay->sides[0].flow_count; i++)
			fputs(replay->sides[0].flows[i].line, stdout);
	} else {
		print_devices(replay, width);
		print_guesses(replay);
		print_refusals(replay, width);
		print_totals(replay);
	}
	if (replay->client->json)
		print_json_summary(replay, changed);
}

static bool check_lan(const struct client *client)
{
	struct prefix prefix;

	for (unsigned i = 0; i < client->lan_count; i++) {
		if (prefix_parse(client->lan[i], &prefix))
			continue;
		client_error("--lan %s: expected addresses like 192.168.1.0/24 or 2001:db8::/64",
			     client->lan[i]);
		return false;
	}
	return true;
}

int client_replay(const struct client *client)
{
	struct replay replay;
	int code = EXIT_NO;

	if (!check_lan(client))
		return EXIT_USAGE;
	if (replay_open(&replay, client) && replay_run(&replay)) {
		print_result(&replay);
		code = replay.error[0] ? EXIT_NO : EXIT_DONE;
		if (replay.error[0])
			client_error("%s", replay.error);
	}
	replay_close(&replay);
	return code;
}
