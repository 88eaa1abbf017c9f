/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/commands_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/table.h"
#include "device_report.h"
#include "json_add.h"
#include "lookup.h"
#include "report.h"

/* Destinations of one device that are told apart. */
#define DESTINATIONS_MOST 1024

void commands_send(struct control_client *client, struct json_object *object)
{
	char *line = report_line(object);

	json_object_put(object);
	if (!line)
		return;
	line[strlen(line) - 1] = '\0';
	control_reply(client, line);
	free(line);
}

/* ---- which device ---- */

struct search {
	const struct daemon *daemon;
	struct lookup lookup;
	size_t at, wanted; /* the second time: take the one with that number */
	struct commands_device *ret_device;
};

static void offer_record(void *context, const struct device_record *record)
{
	struct search *search = context;
	struct lookup_device device = {
		.name = record->name,
		.macs = &record->mac,
		.mac_count = 1,
		.addresses = record->addresses,
		.address_count = record->address_count,
	};

	if (!search->ret_device) {
		lookup_offer(&search->lookup, &device);
	} else if (search->at++ == search->wanted) {
		snprintf(search->ret_device->name, sizeof(search->ret_device->name), "%s",
			 record->name);
		search->ret_device->mac = record->mac;
	}
}

static void offer_row(struct search *search, const struct policy_device *row)
{
	struct device_record record = {0};
	size_t count;
	const struct mac *macs = policy_device_macs(row, &count);

	snprintf(record.name, sizeof(record.name), "%s", policy_device_name(row));
	for (size_t i = 0; i < count; i++) {
		record.mac = macs[i];
		offer_record(search, &record);
	}
}

static void offer_all(struct search *search)
{
	const struct policy_set *set = search->daemon->set;

	engine_each_device(search->daemon->engine, offer_record, search);
	for (size_t i = 0; i < policy_device_count(set); i++)
		offer_row(search, policy_device_at(set, i));
}

bool commands_find_device(const struct daemon *daemon, const char *word,
			  struct commands_device *ret_device, char *error, size_t error_size)
{
	struct search search = {.daemon = daemon};
	const char *nearest;

	lookup_start(&search.lookup, word);
	offer_all(&search);
	switch (lookup_end(&search.lookup, &search.wanted)) {
	case LOOKUP_FOUND:
		search.ret_device = ret_device;
		offer_all(&search);
		return true;
	case LOOKUP_AMBIGUOUS:
		snprintf(error, error_size, "\"%s\" may be \"%s\" or \"%s\"", word,
			 search.lookup.prefix_name, search.lookup.other_name);
		return false;
	case LOOKUP_NONE:
		break;
	}
	nearest = policy_nearest_device(daemon->set, word);
	if (nearest)
		snprintf(error, error_size, "no device \"%s\"; did you mean \"%s\"?", word,
			 nearest);
	else
		snprintf(error, error_size, "no device \"%s\"; gatewayctl devices lists them",
			 word);
	return false;
}

/* ---- devices ---- */

struct device_walk {
	const struct daemon *daemon;
	struct control_client *client;
	const char *only; /* a name, or NULL */
	const struct policy_device *row;
	bool seen;
};

struct use_walk {
	const struct mac *mac;
	struct limit_record *record;
};

static void take_use(void *context, const struct limit_record *record)
{
	const struct use_walk *walk = context;

	if (mac_equal(&record->mac, walk->mac) && !strcmp(record->rule, walk->record->rule))
		*walk->record = *record;
}

struct limit_walk {
	const struct engine *engine;
	const struct mac *mac;
};

static void find_use(void *context, struct limit_record *record)
{
	const struct limit_walk *walk = context;

	engine_each_limit(walk->engine, take_use, &(struct use_walk){walk->mac, record});
}

static void add_limits(const struct daemon *daemon, const struct device_record *record,
		       struct json_object *object)
{
	const struct policy *policy = policy_by_name(daemon->set, record->policy);
	struct limit_walk walk = {daemon->engine, &record->mac};

	json_add_member(object, "limits", policy ? report_limits(policy, find_use, &walk) : NULL);
}

static void send_device(const struct device_walk *walk, const struct device_record *record)
{
	const struct daemon *daemon = walk->daemon;
	const struct device_tables tables = {daemon->vendor, daemon->identify, daemon->set,
					     daemon->engine, clock_now()};
	struct device_record counted = *record;
	struct json_object *object;

	daemon_count_traffic(daemon, &counted);
	object = device_report(&tables, &counted);
	add_limits(daemon, record, object);
	commands_send(walk->client, object);
}

static void send_seen(void *context, const struct device_record *record)
{
	const struct device_walk *walk = context;

	if (!walk->only || !strcmp(walk->only, record->name))
		send_device(walk, record);
}

static void look_for_row(void *context, const struct device_record *record)
{
	struct device_walk *walk = context;

	if (!strcmp(record->name, policy_device_name(walk->row)))
		walk->seen = true;
}

/* Named by a file, and no packet of it came yet. */
static void send_unseen(struct device_walk *walk)
{
	struct device_record record = {.named = true};
	const struct policy_device *row = walk->row;
	size_t count;
	const struct mac *macs = policy_device_macs(row, &count);

	walk->seen = false;
	engine_each_device(walk->daemon->engine, look_for_row, walk);
	if (walk->seen || (walk->only && strcmp(walk->only, policy_device_name(row)) != 0))
		return;
	snprintf(record.name, sizeof(record.name), "%s", policy_device_name(row));
	snprintf(record.policy, sizeof(record.policy), "%s",
		 policy_name(policy_device_policy(row)));
	if (count)
		record.mac = macs[0];
	send_device(walk, &record);
}

void commands_send_devices(const struct daemon *daemon, struct control_client *client,
			   const struct commands_device *only)
{
	struct device_walk walk = {.daemon = daemon, .client = client};

	walk.only = only ? only->name : NULL;
	engine_each_device(daemon->engine, send_seen, &walk);
	for (size_t i = 0; i < policy_device_count(daemon->set); i++) {
		walk.row = policy_device_at(daemon->set, i);
		send_unseen(&walk);
	}
}

/* ---- flows ---- */

struct flow_walk {
	struct control_client *client;
	const char *only;
	struct table *destinations;
};

static void send_flow(void *context, const struct flow_record *record)
{
	const struct flow_walk *walk = context;

	if (!walk->only || !strcmp(walk->only, record->device))
		commands_send(walk->client, report_flow(record));
}

void commands_send_flows(const struct daemon *daemon, struct control_client *client,
			 const struct commands_device *only)
{
	struct flow_walk walk = {.client = client, .only = only ? only->name : NULL};

	engine_each_flow(daemon->engine, send_flow, &walk);
}

/* ---- destinations ---- */

struct destination_key {
	char name[NAME_TEXT_SIZE]; /* or the address */
	uint16_t port;
	uint8_t transport;
	uint8_t action;
};

struct destination {
	struct destination_key key;
	struct flow_record last; /* the fields that all flows there have in common */
	uint64_t flows, bytes_up, bytes_down;
};

static void add_flow(void *context, const struct flow_record *record)
{
	struct flow_walk *walk = context;
	struct destination_key key;
	struct destination *destination;

	if (strcmp(walk->only, record->device) != 0)
		return;
	memset(&key, 0, sizeof(key));
	if (record->name_count && !record->is_dns)
		snprintf(key.name, sizeof(key.name), "%s", record->names[0].text);
	else
		address_print(&record->dst, key.name);
	key.port = record->dst_port;
	key.transport = (uint8_t)record->transport;
	key.action = (uint8_t)record->action;
	destination = table_find(walk->destinations, &key);
	if (!destination)
		destination = table_add(walk->destinations, &key);
	destination->last = *record;
	destination->flows++;
	destination->bytes_up += record->bytes_up;
	destination->bytes_down += record->bytes_down;
}

static struct json_object *destination_json(const struct destination *destination)
{
	struct json_object *flow = report_flow(&destination->last);
	struct json_object *object = json_object_new_object();
	static const char *const kept[] = {"device",  "transport", "dport",        "protocol",
					   "country", "asn",       "organisation", "jurisdiction",
					   "purpose", "action",    "waiting",      "observed",
					   "rule",    "reason"};

	json_add_text(object, "destination", destination->key.name);
	json_add_kept(object, flow, JSON_ALL(kept));
	json_object_put(flow);
	json_add_number(object, "flows", destination->flows);
	json_add_number(object, "bytes_up", destination->bytes_up);
	json_add_number(object, "bytes_down", destination->bytes_down);
	return object;
}

static void send_refusals(struct history *history, struct control_client *client,
			  const char *device)
{
	const struct history_refusal *refusal;

	for (size_t i = 0; (refusal = history_refusal_at(history, i)); i++) {
		struct json_object *object;

		/* Blocked flows are in the engine's table; questions leave nothing there. */
		if (!refusal->question || strcmp(refusal->device, device) != 0)
			continue;
		object = json_object_new_object();
		json_add_text(object, "destination", refusal->destination);
		json_add_text(object, "device", device);
		json_add_text(object, "protocol", "dns");
		json_add_text(object, "action", "block");
		json_add_true(object, "observed", refusal->observed);
		json_add_text(object, "rule", refusal->rule);
		json_add_text(object, "reason", refusal->reason);
		json_add_number(object, "questions_refused", refusal->count);
		commands_send(client, object);
	}
}

void commands_send_destinations(const struct daemon *daemon, struct history *history,
				struct control_client *client, const struct commands_device *device)
{
	/* Names are the device's to choose, but the table lives for one answer. */
	const struct hash_key key = {(uint64_t)(uintptr_t)client, (uint64_t)daemon->started};
	struct flow_walk walk = {.client = client, .only = device->name};

	walk.destinations = table_new(DESTINATIONS_MOST, sizeof(struct destination_key),
				      sizeof(struct destination), &key);
	if (!walk.destinations)
		return;
	engine_each_flow(daemon->engine, add_flow, &walk);
	for (struct destination *destination = table_oldest(walk.destinations); destination;
	     destination = table_younger(walk.destinations, destination))
		commands_send(client, destination_json(destination));
	table_free(walk.destinations);
	send_refusals(history, client, device->name);
}
