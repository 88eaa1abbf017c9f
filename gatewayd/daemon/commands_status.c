/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer of status: everything the daemon knows of its own health. */
#include "daemon/commands_show.h"

#include <stdio.h>

#include <json-c/json.h>

#include "json_add.h"
#include "lists.h"
#include "report.h"
#include "system/nft.h"

#define STATUS_REFUSALS 5

static struct json_object *policy_json(const struct daemon *daemon)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "directory", daemon->options.directory);
	json_add_number(object, "devices", policy_device_count(daemon->set));
	json_add_number(object, "policies", policy_count(daemon->set));
	json_add_number(object, "generation", engine_generation(daemon->engine));
	json_add_time(object, "loaded", daemon->loaded);
	json_add_number(object, "reloads", daemon->reloads);
	json_add_number(object, "reloads_refused", daemon->reloads_refused);
	return object;
}

static struct json_object *queue_json(const struct daemon *daemon)
{
	static const struct json_field fields[] = {
		JSON_FIELD(struct nfqueue_counters, packets),
		JSON_FIELD(struct nfqueue_counters, overruns),
		JSON_FIELD(struct nfqueue_counters, queue_drops),
		JSON_FIELD(struct nfqueue_counters, user_drops),
		JSON_FIELD(struct nfqueue_counters, truncated),
		JSON_FIELD(struct nfqueue_counters, verdicts_failed),
		JSON_FIELD(struct nfqueue_counters, replies_failed),
		JSON_FIELD(struct nfqueue_counters, receive_calls),
		JSON_FIELD(struct nfqueue_counters, send_calls),
	};
	struct json_object *object = json_object_new_object();
	struct nfqueue_counters counters;

	nfqueue_counters(daemon->capture, &counters);
	json_add_number(object, "number", policy_settings(daemon->set)->queue);
	json_add_true(object, "lost", daemon->queue_lost);
	json_add_fields(object, JSON_ALL(fields), &counters);
	return object;
}

static struct json_object *rules_json(const struct daemon *daemon)
{
	struct json_object *object = json_object_new_object();
	struct nft_features features;

	nft_features(daemon->nft, &features);
	json_add_flag(object, "present", nft_is_present(daemon->nft) == 1);
	json_add_text(object, "queue", features.native_queue ? "nft queue" : "xt NFQUEUE target");
	json_add_flag(object, "reject", features.reject);
	json_add_flag(object, "counters", features.counters);
	json_add_flag(object, "limits", features.limits);
	json_add_number(object, "restored", daemon->rules_restored);
	return object;
}

static void add_flowtable(void *context, const struct nft_flowtable *flowtable)
{
	struct json_object *array = context;
	struct json_object *object = json_object_new_object();

	json_add_text(object, "family", flowtable->family);
	json_add_text(object, "table", flowtable->table);
	json_add_text(object, "name", flowtable->name);
	json_add_flag(object, "hardware", flowtable->hardware);
	json_object_array_add(array, object);
}

static struct json_object *offload_json(const struct daemon *daemon)
{
	struct json_object *object = json_object_new_object();
	struct json_object *foreign = json_object_new_array();
	struct nft_features features;

	nft_features(daemon->nft, &features);
	nft_foreign_flowtables(daemon->nft, add_flowtable, foreign);
	json_add_flag(object, "bypassed", json_object_array_length(foreign) > 0);
	json_object_object_add(object, "foreign", foreign);
	json_add_flag(object, "managed", features.offload);
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
	json_add_text(object, "file", info.path);
	json_add_text(object, "type", info.type);
	json_add_time(object, "built", (time_us)info.built * SECOND_US);
	json_add_text(object, "error", info.error);
	json_add_number(object, "records_failed", info.records_failed);
	return object;
}

static struct json_object *geo_json(const struct daemon *daemon)
{
	struct json_object *object = json_object_new_object();

	json_add_member(object, "country", database_json(daemon, GEO_COUNTRY));
	json_add_member(object, "asn", database_json(daemon, GEO_ASN));
	return object;
}

static void add_table(struct json_object *object, const char *name, uint32_t used, uint32_t most,
		      uint64_t evicted)
{
	struct json_object *table = json_object_new_object();

	json_add_number(table, "used", used);
	json_add_number(table, "most", most);
	json_add_number(table, "given_up", evicted);
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
	static const struct json_field fields[] = {
		JSON_FIELD(struct history_day, since),
		JSON_FIELD(struct history_day, flows_blocked),
		JSON_FIELD(struct history_day, questions_refused),
		JSON_FIELD(struct history_day, flows_stripped),
		JSON_FIELD(struct history_day, observed),
	};
	static const struct json_field refused_fields[] = {
		JSON_FIELD(struct history_refusal, device),
		JSON_FIELD(struct history_refusal, destination),
		JSON_FIELD(struct history_refusal, count),
		JSON_FIELD(struct history_refusal, observed),
		JSON_FIELD(struct history_refusal, rule),
		JSON_FIELD(struct history_refusal, reason),
	};
	struct json_object *object = json_object_new_object();
	struct json_object *refused = json_object_new_array();
	const struct history_refusal *refusal;
	struct history_day day;

	history_day(history, &day);
	json_add_fields(object, JSON_ALL(fields), &day);
	for (size_t i = 0; i < STATUS_REFUSALS && (refusal = history_refusal_at(history, i)); i++) {
		struct json_object *row = json_object_new_object();

		json_add_fields(row, JSON_ALL(refused_fields), refusal);
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
	json_add_text(object, "version", GATEWAYD_VERSION);
	json_add_text(object, "mode", settings->mode == MODE_OBSERVE ? "observe" : "enforce");
	json_add_text(object, "on_failure", settings->on_failure == FAIL_OPEN ? "open" : "closed");
	json_add_time(object, "now", now);
	json_add_time(object, "since", daemon->started);
	json_add_number(object, "uptime", (uint64_t)time_in(now - daemon->started, SECOND_US));
	/* Until then nothing is called direct: addresses may be older than we are. */
	if (daemon->direct_from > now)
		json_add_time(object, "direct_from", daemon->direct_from);
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
