/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer of status: everything the daemon knows of its own health. */
#include "daemon/commands_show.h"

#include <stdio.h>

#include <json-c/json.h>

#include "lists.h"
#include "report.h"
#include "system/nft.h"

#define STATUS_REFUSALS 5

static void add_flag(struct json_object *object, const char *key, bool set)
{
	json_object_object_add(object, key, json_object_new_boolean(set));
}

static void add_time(struct json_object *object, const char *key, time_us time)
{
	char text[REPORT_TIME_SIZE];

	report_time(time, text);
	if (time)
		commands_add_text(object, key, text);
}

static struct json_object *policy_json(const struct daemon *daemon)
{
	struct json_object *object = json_object_new_object();

	commands_add_text(object, "directory", daemon->options.directory);
	commands_add_number(object, "devices", policy_device_count(daemon->set));
	commands_add_number(object, "policies", policy_count(daemon->set));
	commands_add_number(object, "generation", engine_generation(daemon->engine));
	add_time(object, "loaded", daemon->loaded);
	commands_add_number(object, "reloads", daemon->reloads);
	commands_add_number(object, "reloads_refused", daemon->reloads_refused);
	return object;
}

static struct json_object *queue_json(const struct daemon *daemon)
{
	struct json_object *object = json_object_new_object();
	struct nfqueue_counters counters;

	nfqueue_counters(daemon->capture, &counters);
	commands_add_number(object, "number", policy_settings(daemon->set)->queue);
	if (daemon->queue_lost)
		add_flag(object, "lost", true);
	commands_add_number(object, "packets", counters.packets);
	commands_add_number(object, "overruns", counters.overruns);
	commands_add_number(object, "queue_drops", counters.queue_drops);
	commands_add_number(object, "user_drops", counters.user_drops);
	commands_add_number(object, "truncated", counters.truncated);
	commands_add_number(object, "verdicts_failed", counters.verdicts_failed);
	commands_add_number(object, "replies_failed", counters.replies_failed);
	commands_add_number(object, "receive_calls", counters.receive_calls);
	commands_add_number(object, "send_calls", counters.send_calls);
	return object;
}

static struct json_object *rules_json(const struct daemon *daemon)
{
	struct json_object *object = json_object_new_object();
	struct nft_features features;

	nft_features(daemon->nft, &features);
	add_flag(object, "present", nft_is_present(daemon->nft) == 1);
	commands_add_text(object, "queue",
			  features.native_queue ? "nft queue" : "xt NFQUEUE target");
	add_flag(object, "reject", features.reject);
	add_flag(object, "counters", features.counters);
	add_flag(object, "limits", features.limits);
	commands_add_number(object, "restored", daemon->rules_restored);
	return object;
}

static void add_flowtable(void *context, const struct nft_flowtable *flowtable)
{
	struct json_object *array = context;
	struct json_object *object = json_object_new_object();

	commands_add_text(object, "family", flowtable->family);
	commands_add_text(object, "table", flowtable->table);
	commands_add_text(object, "name", flowtable->name);
	add_flag(object, "hardware", flowtable->hardware);
	json_object_array_add(array, object);
}

static struct json_object *offload_json(const struct daemon *daemon)
{
	struct json_object *object = json_object_new_object();
	struct json_object *foreign = json_object_new_array();
	struct nft_features features;

	nft_features(daemon->nft, &features);
	nft_foreign_flowtables(daemon->nft, add_flowtable, foreign);
	add_flag(object, "bypassed", json_object_array_length(foreign) > 0);
	json_object_object_add(object, "foreign", foreign);
	add_flag(object, "managed", features.offload);
	return object;
}

static struct json_object *database_json(const struct daemon *daemon, enum geo_kind kind)
{
	struct json_object *object = json_object_new_object();
	struct geo_info info;

	geo_info(daemon->geo, kind, &info);
	if (!info.path[0]) {
		json_object_put(object);
		return NULL;
	}
	commands_add_text(object, "file", info.path);
	commands_add_text(object, "type", info.type);
	if (info.built)
		add_time(object, "built", (time_us)info.built * SECOND_US);
	commands_add_text(object, "error", info.error);
	commands_add_number(object, "records_failed", info.records_failed);
	return object;
}

static struct json_object *geo_json(const struct daemon *daemon)
{
	struct json_object *object = json_object_new_object();
	struct json_object *country_file = database_json(daemon, GEO_COUNTRY);
	struct json_object *asn_file = database_json(daemon, GEO_ASN);

	if (country_file)
		json_object_object_add(object, "country", country_file);
	if (asn_file)
		json_object_object_add(object, "asn", asn_file);
	return object;
}

static void add_table(struct json_object *object, const char *name, uint32_t used, uint32_t most,
		      uint64_t evicted)
{
	struct json_object *table = json_object_new_object();

	commands_add_number(table, "used", used);
	commands_add_number(table, "most", most);
	commands_add_number(table, "given_up", evicted);
	json_object_object_add(object, name, table);
}

static struct json_object *tables_json(const struct engine_counters *counters)
{
	struct json_object *object = json_object_new_object();
	const struct engine_limits *limits = &engine_default_limits;

	add_table(object, "devices", counters->devices_now, limits->devices, 0);
	add_table(object, "flows", counters->flows_now, limits->flows, counters->flows_evicted);
	add_table(object, "bindings", counters->bindings_now, limits->bindings,
		  counters->bindings_evicted);
	add_table(object, "names", counters->names_now, limits->names, counters->names_evicted);
	add_table(object, "streams", counters->streams_now, limits->streams,
		  counters->streams_evicted);
	add_table(object, "strips", counters->strips_now, limits->strips, counters->strips_refused);
	add_table(object, "limits", counters->limits_now, ENGINE_LIMITS_MOST,
		  counters->limits_evicted);
	return object;
}

static struct json_object *today_json(struct history *history)
{
	struct json_object *object = json_object_new_object();
	struct json_object *refused = json_object_new_array();
	const struct history_refusal *refusal;
	struct history_day day;

	history_day(history, &day);
	add_time(object, "since", day.since);
	commands_add_number(object, "flows_blocked", day.flows_blocked);
	commands_add_number(object, "questions_refused", day.questions_refused);
	commands_add_number(object, "flows_stripped", day.flows_stripped);
	commands_add_number(object, "observed", day.observed);
	for (size_t i = 0; i < STATUS_REFUSALS && (refusal = history_refusal_at(history, i)); i++) {
		struct json_object *row = json_object_new_object();

		commands_add_text(row, "device", refusal->device);
		commands_add_text(row, "destination", refusal->destination);
		commands_add_number(row, "count", refusal->count);
		if (refusal->observed)
			add_flag(row, "observed", true);
		commands_add_text(row, "rule", refusal->rule);
		commands_add_text(row, "reason", refusal->reason);
		json_object_array_add(refused, row);
	}
	json_object_object_add(object, "most_refused", refused);
	return object;
}

struct json_object *commands_status(struct daemon *daemon, struct history *history)
{
	const struct policy_settings *settings = policy_settings(daemon->set);
	struct json_object *object = json_object_new_object();
	struct engine_counters counters;
	time_us now = clock_now();

	if (!object)
		return NULL;
	engine_counters(daemon->engine, &counters);
	commands_add_text(object, "version", GATEWAYD_VERSION);
	commands_add_text(object, "mode", settings->mode == MODE_OBSERVE ? "observe" : "enforce");
	commands_add_text(object, "on_failure",
			  settings->on_failure == FAIL_OPEN ? "open" : "closed");
	add_time(object, "now", now);
	add_time(object, "since", daemon->started);
	commands_add_number(object, "uptime",
			    now > daemon->started ? (uint64_t)((now - daemon->started) / SECOND_US)
						  : 0);
	/* Until then nothing is called direct: addresses may be older than we are. */
	if (daemon->direct_from > now)
		add_time(object, "direct_from", daemon->direct_from);
	json_object_object_add(object, "policy", policy_json(daemon));
	/* Both are there in every daemon that runs, but not in tests. */
	if (daemon->capture)
		json_object_object_add(object, "queue", queue_json(daemon));
	if (daemon->nft) {
		json_object_object_add(object, "rules", rules_json(daemon));
		json_object_object_add(object, "offload", offload_json(daemon));
	}
	json_object_object_add(object, "geo", geo_json(daemon));
	json_object_object_add(object, "lists", lists_report(daemon->lists));
	json_object_object_add(object, "tables", tables_json(&counters));
	json_object_object_add(object, "counters", report_counters(&counters));
	history_advance(history, now);
	json_object_object_add(object, "today", today_json(history));
	return object;
}
