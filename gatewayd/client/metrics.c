/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics: the daemon's counters as OpenMetrics 1.0 text. The samples of one family stand together,
 * so devices are collected first. Names and addresses of destinations are not exported.
 */
#include "client/client.h"

#include <inttypes.h>
#include <string.h>

#include <json-c/json.h>

struct metrics {
	struct json_object *status;
	struct json_object *devices; /* array */
};

struct family {
	const char *name; /* without gatewayd_ and _total */
	const char *member;
	const char *help;
};

static void begin(const char *name, const char *type, const char *help)
{
	printf("# TYPE gatewayd_%s %s\n# HELP gatewayd_%s %s\n", name, type, name, help);
}

/* The value of a label: backslash, quote and line end are escaped. */
static void put_label(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", stdout);
		else if (*text == '\\' || *text == '"')
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void counters(struct json_object *object, const struct family *families, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		begin(families[i].name, "counter", families[i].help);
		printf("gatewayd_%s_total %" PRIu64 "\n", families[i].name,
		       json_number(object, families[i].member));
	}
}

static void gauge(const char *name, const char *help, uint64_t value)
{
	begin(name, "gauge", help);
	printf("gatewayd_%s %" PRIu64 "\n", name, value);
}

static void print_info(struct json_object *status)
{
	begin("build", "info", "The version that runs.");
	fputs("gatewayd_build_info{version=\"", stdout);
	put_label(json_text(status, "version"));
	fputs("\"} 1\n", stdout);
	gauge("enforcing", "1 when decisions are carried out, 0 in observe mode.",
	      !strcmp(json_text(status, "mode"), "enforce"));
	begin("uptime_seconds", "gauge", "How long the daemon runs.");
	puts("# UNIT gatewayd_uptime_seconds seconds");
	printf("gatewayd_uptime_seconds %" PRIu64 "\n", json_number(status, "uptime"));
	if (json_member(status, "rules"))
		gauge("rules_present", "1 when the kernel rules are in place.",
		      json_flag(json_member(status, "rules"), "present"));
	if (json_member(status, "offload"))
		gauge("inspection_bypassed", "1 when flowtables of others bypass inspection.",
		      json_flag(json_member(status, "offload"), "bypassed"));
}

static void print_policy(struct json_object *policy)
{
	static const struct family families[] = {
		{"reloads", "reloads", "Reloads that took effect."},
		{"reloads_refused", "reloads_refused", "Reloads refused for errors."},
	};

	gauge("policy_generation", "Goes up when decisions are made anew.",
	      json_number(policy, "generation"));
	gauge("policy_devices", "Devices that the files name.", json_number(policy, "devices"));
	counters(policy, families, sizeof(families) / sizeof(families[0]));
}

static void print_engine(struct json_object *object)
{
	static const struct family families[] = {
		{"packets", "packets", "Packets decided."},
		{"packets_accepted", "accepted", "Packets let through."},
		{"packets_dropped", "dropped", "Packets dropped."},
		{"packets_edited", "edited", "Packets changed on their way."},
		{"replies", "replies", "Refusals sent in the destination's name."},
		{"malformed_packets", "malformed", "Packets that could not be read."},
		{"malformed_dns", "malformed_dns", "DNS messages that could not be read."},
		{"fragments_dropped", "fragments_dropped", "Fragments dropped."},
		{"decoys_dropped", "decoys_dropped", "Packets made for us, not for the server."},
		{"questions", "questions", "DNS questions."},
		{"questions_refused", "questions_refused", "DNS questions refused."},
		{"answers", "answers", "DNS answers."},
		{"addresses_pruned", "addresses_pruned", "Addresses taken out of answers."},
		{"flows", "flows", "Flows."},
		{"flows_blocked", "flows_blocked", "Flows blocked."},
		{"flows_stripped", "flows_stripped", "Flows with personal data taken out."},
		{"observed", "observed", "Of those blocked and refused: let pass by the mode."},
		{"packets_held", "packets_held", "Packets of streams kept back for a while."},
		{"packets_not_held", "packets_not_held", "Packets dropped for want of such room."},
		{"strips_refused", "strips_refused", "Streams not read for want of room."},
		{"secrets_seen", "secrets_seen", "Known secrets that were let pass."},
		{"packets_over_limit", "packets_over_limit", "Packets refused for a spent limit."},
		{"events_lost", "events_lost", "Events that nobody fetched in time."},
	};

	counters(object, families, sizeof(families) / sizeof(families[0]));
}

static void print_queue(struct json_object *queue)
{
	static const struct family families[] = {
		{"queue_packets", "packets", "Packets that came from the kernel."},
		{"queue_overruns", "overruns", "Times that the socket buffer was full."},
		{"queue_drops", "queue_drops", "Packets lost as the queue was full."},
		{"queue_user_drops", "user_drops", "Packets lost as they were not read."},
		{"queue_truncated", "truncated", "Packets longer than what was copied."},
		{"queue_verdicts_failed", "verdicts_failed", "Verdicts the kernel refused."},
		{"queue_replies_failed", "replies_failed", "Replies that could not be sent."},
	};

	if (queue)
		counters(queue, families, sizeof(families) / sizeof(families[0]));
}

static void print_tables(struct json_object *tables)
{
	static const struct {
		const char *name, *member, *help;
	} families[] = {{"table_entries", "used", "Entries in a table."},
			{"table_limit", "most", "Entries that fit in a table."}};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		begin(families[i].name, "gauge", families[i].help);
		json_object_object_foreach(tables, name, table)
		{
			printf("gatewayd_%s{table=\"%s\"} %" PRIu64 "\n", families[i].name, name,
			       json_number(table, families[i].member));
		}
	}
	begin("table_evictions", "counter", "Entries given up because a table was full.");
	json_object_object_foreach(tables, name, table)
	{
		printf("gatewayd_table_evictions_total{table=\"%s\"} %" PRIu64 "\n", name,
		       json_number(table, "given_up"));
	}
}

static void device_sample(struct json_object *device, const char *name, const char *extra,
			  const char *member)
{
	printf("gatewayd_device_%s_total{device=\"", name);
	put_label(json_text(device, "device"));
	fputs("\",mac=\"", stdout);
	put_label(json_text(device, "mac"));
	printf("\"%s} %" PRIu64 "\n", extra, json_number(device, member));
}

static void print_devices(struct json_object *devices)
{
	static const struct family families[] = {
		{"flows", "flows", "Flows of a device."},
		{"flows_blocked", "flows_blocked", "Flows of a device that were blocked."},
		{"questions", "questions", "DNS questions of a device."},
		{"questions_refused", "questions_refused", "Those of them that were refused."},
		{"observed", "observed", "Of those blocked and refused: let pass by the mode."},
	};

	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		printf("# TYPE gatewayd_device_%s counter\n# HELP gatewayd_device_%s %s\n",
		       families[f].name, families[f].name, families[f].help);
		for (size_t i = 0; i < json_length(devices); i++)
			device_sample(json_object_array_get_idx(devices, i), families[f].name, "",
				      families[f].member);
	}
	begin("device_bytes", "counter", "Bytes of a device, up and down.");
	puts("# UNIT gatewayd_device_bytes bytes");
	for (size_t i = 0; i < json_length(devices); i++) {
		struct json_object *device = json_object_array_get_idx(devices, i);

		device_sample(device, "bytes", ",direction=\"up\"", "bytes_up");
		device_sample(device, "bytes", ",direction=\"down\"", "bytes_down");
	}
}

static void limit_sample(struct json_object *device, struct json_object *limit, const char *name,
			 const char *member)
{
	printf("gatewayd_%s{device=\"", name);
	put_label(json_text(device, "device"));
	fputs("\",mac=\"", stdout);
	put_label(json_text(device, "mac"));
	fputs("\",rule=\"", stdout);
	put_label(json_text(limit, "rule"));
	printf("\",direction=\"%s\"} %" PRIu64 "\n", json_text(limit, "direction"),
	       json_number(limit, member));
}

static void print_limits(struct json_object *devices)
{
	static const struct {
		const char *name, *member, *help;
	} families[] = {{"limit_used_bytes", "bytes", "Used of a limit in the window that runs."},
			{"limit_bytes", "limit", "Bytes that a limit allows in a window."}};

	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		begin(families[f].name, "gauge", families[f].help);
		printf("# UNIT gatewayd_%s bytes\n", families[f].name);
		for (size_t i = 0; i < json_length(devices); i++) {
			struct json_object *device = json_object_array_get_idx(devices, i);
			struct json_object *limits = json_member(device, "limits");

			for (size_t j = 0; j < json_length(limits); j++)
				limit_sample(device, json_object_array_get_idx(limits, j),
					     families[f].name, families[f].member);
		}
	}
}

static void collect(void *context, struct json_object *object)
{
	struct metrics *metrics = context;

	if (!metrics->status)
		metrics->status = json_object_get(object);
	else
		json_object_array_add(metrics->devices, json_object_get(object));
}

int client_metrics(const struct client *client)
{
	struct metrics metrics = {NULL, json_object_new_array()};
	int code = client_ask(client, "metrics", NULL, client->json ? client_print_json : collect,
			      &metrics);

	if (metrics.status) {
		print_info(metrics.status);
		print_policy(json_member(metrics.status, "policy"));
		print_engine(json_member(metrics.status, "counters"));
		print_queue(json_member(metrics.status, "queue"));
		print_tables(json_member(metrics.status, "tables"));
		print_devices(metrics.devices);
		print_limits(metrics.devices);
		puts("# EOF");
	}
	json_object_put(metrics.status);
	json_object_put(metrics.devices);
	return code;
}
