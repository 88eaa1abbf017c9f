/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _POSIX_C_SOURCE 200809L /* fileno */

#include "client/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/table.h"
#include "capture/capture.h"
#include "client/offload.h"
#include "client/text.h"
#include "configuration.h"
#include "identify_table.h"
#include "lists.h"
#include "payload_keys.h"
#include "report.h"
#include "system/clock.h"
#include "system/geo.h"
#include "system/vendor.h"

#define PROGRESS_MS 100
#define PROGRESS_PACKETS 4096 /* between two looks at the clock */
#define REFUSALS_MOST 4096
#define AFTER_THE_END SECOND_US

/* A capture holds more at a time than a home does. */
static const struct engine_limits limits_large = {
	.devices = 4096,
	.flows = 32768,
	.bindings = 65536,
	.names = 32768,
	.streams = 4096,
	.strips = 1024,
	.fragments = 4096,
	.events = 4096,
};

/* A replay is the same each time; nobody attacks it but with a file of his own. */
static const struct hash_key hash_key = {0x7265706c6179, 1};

/* ---- beginning ---- */

static bool geo_country_of(void *context, const struct address *address, country *ret_country)
{
	return geo_country(context, address, ret_country);
}

static bool geo_asn_of(void *context, const struct address *address, uint32_t *ret_asn)
{
	return geo_asn(context, address, ret_asn);
}

static const struct policy *wanted_policy(const struct replay_side *side, const char *name)
{
	const struct policy *policy = policy_by_name(side->set, name);
	const char *nearest = policy_nearest_policy(side->set, name);

	if (policy)
		return policy;
	if (nearest)
		client_error("%s: no policy \"%s\"; did you mean \"%s\"?", side->directory, name,
			     nearest);
	else
		client_error("%s: no policy \"%s\"", side->directory, name);
	return NULL;
}

static bool uses_strip(const struct policy_set *set)
{
	for (size_t i = 0; i < policy_count(set); i++) {
		const struct policy *policy = policy_at(set, i);

		for (size_t j = 0; j < policy_rule_count(policy); j++) {
			if (policy_rule_action(policy_rule_at(policy, j)) == POLICY_STRIP)
				return true;
		}
	}
	return false;
}

static void say(const char *error)
{
	client_error("%s", error);
}

static void open_tables(struct replay_side *side)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/oui.tsv", configuration_data_directory());
	side->vendor = vendor_open(path);
	side->identify = identify_table_load(side->directory, say);
}

static bool open_side(struct replay_side *side, const char *directory, const char *policy)
{
	struct engine_config config = {.limits = limits_large};
	char error[512];

	side->directory = directory;
	side->set = client_load(directory);
	if (!side->set)
		return false;
	side->lists = client_open_lists(directory, side->set);
	config.only = policy ? wanted_policy(side, policy) : NULL;
	if (policy && !config.only)
		return false;
	config.hash_key = hash_key;
	open_tables(side);
	side->geo = client_open_geo(directory, side->set);
	config.geo.context = side->geo;
	config.geo.country = geo_country_of;
	config.geo.asn = geo_asn_of;
	side->keys = payload_keys_load(error, sizeof(error));
	if (!side->keys && uses_strip(side->set))
		client_error("%s; strip rules know their own keys only", error);
	config.keys = side->keys;
	side->refusals = table_new(REFUSALS_MOST, offsetof(struct replay_refusal, count),
				   sizeof(struct replay_refusal), &hash_key);
	if (side->geo && side->refusals)
		side->engine = engine_new(&config, side->set);
	if (!side->engine) {
		/* Small machines: what a router works with has to do. */
		config.limits = engine_default_limits;
		if (side->geo && side->refusals)
			side->engine = engine_new(&config, side->set);
	}
	if (!side->engine)
		client_error("no memory");
	return side->engine != NULL;
}

bool replay_open(struct replay *replay, const struct client *client)
{
	memset(replay, 0, sizeof(*replay));
	replay->client = client;
	replay->side_count = client->against ? 2 : 1;
	replay->senders = offload_new(&hash_key);
	return replay->senders && open_side(&replay->sides[0], client->directory, client->policy) &&
	       (!client->against || open_side(&replay->sides[1], client->against, client->policy));
}

void replay_close(struct replay *replay)
{
	table_free(replay->senders);
	for (unsigned s = 0; s < 2; s++) {
		struct replay_side *side = &replay->sides[s];

		for (size_t i = 0; i < side->flow_count; i++)
			free(side->flows[i].line);
		free(side->flows);
		table_free(side->refusals);
		engine_free(side->engine);
		keys_free(side->keys);
		vendor_close(side->vendor);
		identify_table_free(side->identify);
		geo_free(side->geo);
		policy_free(side->set);
		lists_free(side->lists);
	}
}

#if HAVE_PCAP

/* ---- what the engine tells ---- */

static void keep_flow(struct replay_side *side, const struct flow_record *record)
{
	struct json_object *object = report_flow(record);
	struct replay_flow *flow;
	char *line = object ? report_line(object) : NULL;

	json_object_put(object);
	if (side->flow_count == side->flow_capacity) {
		size_t capacity = side->flow_capacity ? 2 * side->flow_capacity : 1024;
		struct replay_flow *flows = realloc(side->flows, capacity * sizeof(*flows));

		if (flows) {
			side->flows = flows;
			side->flow_capacity = capacity;
		}
	}
	if (!line || side->flow_count == side->flow_capacity) {
		side->no_memory = true;
		free(line);
		return;
	}
	flow = &side->flows[side->flow_count++];
	flow->number = record->number;
	flow->action = record->action;
	flow->waiting = record->waiting;
	flow->observed = record->observed;
	flow->is_dns = record->is_dns;
	flow->line = line;
}

static void count_refusal(struct replay_side *side, const struct flow_record *record, bool question)
{
	struct replay_refusal key, *refusal;

	memset(&key, 0, sizeof(key));
	snprintf(key.device, sizeof(key.device), "%s", record->device);
	if (question)
		snprintf(key.destination, sizeof(key.destination), "%s", record->question.text);
	else if (record->name_count)
		snprintf(key.destination, sizeof(key.destination), "%s", record->names[0].text);
	else
		address_print(&record->dst, key.destination);
	key.action = (uint8_t)record->action;
	key.question = question;
	key.observed = record->observed;
	refusal = table_find(side->refusals, &key);
	if (!refusal)
		refusal = table_add(side->refusals, &key);
	refusal->count++;
	snprintf(refusal->rule, sizeof(refusal->rule), "%s", record->rule);
	snprintf(refusal->reason, sizeof(refusal->reason), "%s", record->reason);
}

static void end_flow(void *context, const struct flow_record *record)
{
	struct replay_side *side = context;

	keep_flow(side, record);
	/* Refused questions were told one by one. */
	if (!record->is_dns && (record->action == POLICY_BLOCK || record->action == POLICY_STRIP))
		count_refusal(side, record, false);
}

static void take_events(struct replay_side *side)
{
	struct event event;

	while (engine_next_event(side->engine, &event)) {
		switch (event.kind) {
		case EVENT_FLOW_END:
			end_flow(side, &event.record);
			break;
		case EVENT_QUESTION:
			count_refusal(side, &event.record, true);
			break;
		case EVENT_DECISION:
		case EVENT_NEW_DEVICE:
		case EVENT_STRIPPED:
		case EVENT_SECRET:
			break;
		}
	}
}

static int by_number(const void *a, const void *b)
{
	const struct replay_flow *first = a, *second = b;

	return first->number < second->number ? -1 : first->number > second->number;
}

/* ---- running ---- */

struct progress {
	bool shown, wanted;
	uint64_t packets;
	int64_t next_ms;
};

static void show_progress(struct progress *progress, const struct capture *capture)
{
	struct pcap_progress done;
	char text[TEXT_NUMBER_SIZE];

	if (!progress->wanted || ++progress->packets % PROGRESS_PACKETS ||
	    clock_monotonic_ms() < progress->next_ms)
		return;
	progress->next_ms = clock_monotonic_ms() + PROGRESS_MS;
	pcap_capture_progress(capture, &done);
	text_count(done.packets, text);
	if (done.bytes_total)
		fprintf(stderr, "\r%3d %%, %s packets ",
			(int)(100 * done.bytes_read / done.bytes_total), text);
	else
		fprintf(stderr, "\r%s packets ", text);
	progress->shown = true;
}

static void end_progress(const struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}

static bool is_due(const struct replay *replay, time_us now)
{
	for (unsigned i = 0; i < replay->side_count; i++) {
		time_us deadline = engine_next_deadline(replay->sides[i].engine);

		if (deadline && deadline <= now)
			return true;
	}
	return now >= replay->advanced + SECOND_US;
}

/* The engines' clocks follow the packets', which may step back a little. */
static void advance(struct replay *replay, struct clock_local *clock, time_us now)
{
	if (replay->packets && !is_due(replay, now))
		return;
	replay->advanced = now;
	for (unsigned i = 0; i < replay->side_count; i++) {
		engine_advance(replay->sides[i].engine, now, clock_local_minute(clock, now));
		take_events(&replay->sides[i]);
	}
}

static void give_releases(struct replay *replay, const struct capture_ops *ops,
			  struct capture *capture)
{
	struct packet packet;
	struct verdict verdict;

	while (engine_next_release(replay->sides[0].engine, &packet, &verdict))
		ops->give(capture, &packet, &verdict);
}

static void take_packet(struct replay *replay, const struct capture_ops *ops,
			struct capture *capture, const struct packet *packet)
{
	struct verdict verdict;
	struct packet released;

	if (!replay->packets)
		replay->first = replay->last = packet->time;
	if (packet->time > replay->last)
		replay->last = packet->time;
	/* What leaves is what the first policy lets out; the second one only looks. */
	if (replay->side_count > 1) {
		engine_packet(replay->sides[1].engine, packet, &verdict);
		take_events(&replay->sides[1]);
		while (engine_next_release(replay->sides[1].engine, &released, &verdict))
			;
	}
	engine_packet(replay->sides[0].engine, packet, &verdict);
	take_events(&replay->sides[0]);
	ops->give(capture, packet, &verdict);
	give_releases(replay, ops, capture);
	replay->packets++;
}

static void read_capture(struct replay *replay, const struct capture_ops *ops,
			 struct capture *capture)
{
	struct progress progress = {.wanted = isatty(fileno(stderr))};
	struct clock_local clock = {0};
	struct pcap_progress done;
	struct packet packet;
	int more;

	while ((more = ops->next(capture, &packet)) > 0) {
		advance(replay, &clock, packet.time);
		give_releases(replay, ops, capture);
		for (unsigned i = 0; i < replay->side_count; i++)
			(void)engine_overhear(replay->sides[i].engine, &packet);
		packet.checksum_pending = offload_is_pending(replay->senders, &packet);
		take_packet(replay, ops, capture, &packet);
		show_progress(&progress, capture);
	}
	end_progress(&progress);
	/* What is still held leaves, or is given up. */
	if (replay->packets) {
		advance(replay, &clock, replay->last + AFTER_THE_END);
		give_releases(replay, ops, capture);
	}
	if (more < 0)
		snprintf(replay->error, sizeof(replay->error), "%s", capture_error(capture));
	ops->flush(capture);
	pcap_capture_progress(capture, &done);
	replay->skipped = done.skipped;
	for (unsigned i = 0; i < replay->side_count; i++) {
		struct replay_side *side = &replay->sides[i];

		take_events(side);
		engine_settle(side->engine);
		engine_each_flow(side->engine, end_flow, side);
		if (side->flow_count)
			qsort(side->flows, side->flow_count, sizeof(side->flows[0]), by_number);
	}
}

/* Writing over the capture that is being read would lose it. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	return stat(a, &first) == 0 && stat(b, &second) == 0 && S_ISREG(first.st_mode) &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static const struct prefix *lan_prefixes(const struct client *client, size_t *ret_count)
{
	static struct prefix prefixes[CLIENT_LAN_MOST];

	for (unsigned i = 0; i < client->lan_count; i++)
		(void)prefix_parse(client->lan[i], &prefixes[i]);
	*ret_count = client->lan_count;
	return client->lan_count ? prefixes : NULL;
}

bool replay_run(struct replay *replay)
{
	const struct client *client = replay->client;
	struct pcap_config config = {.path = client->arguments[0], .write_path = client->write};
	struct capture *capture;
	char error[512];

	if (config.write_path && is_same_file(config.path, config.write_path)) {
		client_error("%s: is the capture itself", config.write_path);
		return false;
	}
	config.lan = lan_prefixes(client, &config.lan_count);
	capture = pcap_capture_open(&config, error, sizeof(error));
	if (!capture) {
		client_error("%s", error);
		return false;
	}
	read_capture(replay, &pcap_ops, capture);
	pcap_ops.close(capture);
	if (replay->sides[0].no_memory || replay->sides[1].no_memory)
		snprintf(replay->error, sizeof(replay->error), "no memory for all flows");
	return true;
}
#else

bool replay_run(struct replay *replay)
{
	(void)replay;
	client_error("this gatewayctl was built without libpcap, so it reads no captures");
	return false;
}

#endif
