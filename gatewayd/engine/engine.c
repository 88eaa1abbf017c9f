/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of one packet through the engine, start and end, the passing of time. */
#include "engine/engine.h"

#include <stdlib.h>

#include "engine/first.h"
#include "engine/fragment.h"
#include "engine/internal.h"
#include "engine/judge.h"
#include "engine/record.h"
#include "engine/refuse.h"
#include "engine/resolve.h"
#include "engine/tunnel.h"
#include "engine/window.h"

#define SWEEP_INTERVAL (5 * SECOND_US)
#define UNNAMED_PACKETS_MOST 8

const struct engine_limits engine_default_limits = {
	.devices = 256,
	.flows = 4096,
	.bindings = 8192,
	.names = 4096,
	.streams = 256,
	.strips = 24,
	.fragments = 256,
	.events = 256,
};

static void flow_removed(void *context, void *entry)
{
	struct engine *engine = context;
	struct flow *flow = entry;

	flow_settle(engine, flow);
	limit_end(engine, flow);
	stream_release(engine, flow);
	held_settle_all(engine, flow, VERDICT_DROP, MARK_UNDECIDED);
	strip_release(engine, flow, STRIP_ENDED);
	record_event(engine, EVENT_FLOW_END, flow);
	if (flow->device->serial == flow->device_serial && flow->device->flows_now)
		flow->device->flows_now--;
}

/* The plans that engine_prepare() made take the place of the old. */
static void adopt_plans(struct engine *engine)
{
	strip_plans_free(engine->plans);
	engine->plans = engine->next_plans;
	engine->next_plans = NULL;
}

struct engine *engine_new(const struct engine_config *config, const struct policy_set *set)
{
	const struct engine_limits *limits = &config->limits;
	struct engine *engine = calloc(1, sizeof(*engine));
	const struct hash_key *key = &config->hash_key;

	if (!engine)
		return NULL;
	engine->set = set;
	engine->only = config->only;
	engine->set_serial = 1;
	engine->generation = ENGINE_FIRST_GENERATION;
	engine->geo = config->geo;
	engine->hash_key = config->hash_key;
	engine->now = config->start;
	engine->direct_from = config->direct_from;
	engine->devices =
		table_new(limits->devices, sizeof(struct device_key), sizeof(struct device), key);
	engine->addresses = table_new((size_t)limits->devices * DEVICE_ADDRESSES_MOST,
				      sizeof(struct address), sizeof(struct address_entry), key);
	engine->chains = table_new(limits->names, sizeof(uint64_t), sizeof(struct chain), key);
	engine->bindings = table_new(limits->bindings, sizeof(struct binding_key),
				     sizeof(struct binding), key);
	engine->flows = table_new(limits->flows, sizeof(struct flow_key), sizeof(struct flow), key);
	engine->fragments = table_new(limits->fragments, sizeof(struct fragment_key),
				      sizeof(struct fragment), key);
	engine->ech = table_new(limits->names, sizeof(struct ech_key), sizeof(struct ech_key), key);
	engine->spent = table_new(ENGINE_LIMITS_MOST, sizeof(uint64_t), sizeof(struct spent), key);
	engine->hammers =
		table_new(limits->devices, sizeof(struct hammer_key), sizeof(struct hammer), key);
	engine->tunnels =
		table_new(TUNNELS_MOST, sizeof(struct tunnel_key), sizeof(struct tunnel), key);
	engine->streams = calloc(limits->streams, sizeof(*engine->streams));
	engine->stream_count = limits->streams;
	engine->strips = calloc(limits->strips, sizeof(*engine->strips));
	engine->strip_count = limits->strips;
	engine->large = calloc(STRIP_LARGE_MOST, sizeof(*engine->large));
	engine->held = calloc(HELD_MOST, sizeof(*engine->held));
	engine->keys = config->keys;
	engine->networks = config->networks;
	engine->network_count = config->network_count;
	engine->events = calloc(limits->events, sizeof(*engine->events));
	engine->events_most = limits->events;
	if (!engine->devices || !engine->addresses || !engine->chains || !engine->bindings ||
	    !engine->flows || !engine->fragments || !engine->ech || !engine->tunnels ||
	    !engine->hammers || !engine->spent || !engine->streams || !engine->strips ||
	    !engine->large || !engine->held || !engine->events || !engine_prepare(engine, set)) {
		engine_free(engine);
		return NULL;
	}
	table_on_remove(engine->flows, flow_removed, engine);
	adopt_plans(engine);
	return engine;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	for (unsigned i = 0; i < engine->override_count; i++)
		policy_override_free(engine->overrides[i].rule);
	table_free(engine->devices);
	table_free(engine->addresses);
	table_free(engine->chains);
	table_free(engine->bindings);
	table_free(engine->flows);
	table_free(engine->fragments);
	table_free(engine->ech);
	table_free(engine->tunnels);
	table_free(engine->hammers);
	table_free(engine->spent);
	strip_plans_free(engine->plans);
	strip_plans_free(engine->next_plans);
	free(engine->streams);
	free(engine->strips);
	free(engine->large);
	free(engine->held);
	free(engine->events);
	free(engine);
}

/* ---- the way of a packet ---- */

/* A keep-alive before the first byte (RFC 9293 section 3.8.4): not in the stream. */
static bool is_early_probe(const struct passage *passage)
{
	return passage->headers.payload.len == 1 &&
	       passage->headers.seq + 1 == passage->flow->first_seq;
}

/* Let through, as it is or for now. */
static void pass(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	struct verdict *verdict = passage->verdict;
	bool is_data = passage->up && passage->headers.transport == TRANSPORT_TCP &&
		       passage->headers.payload.len && !is_early_probe(passage);

	if (!flow->decided && passage->device->may_strip) {
		/* It may come to be stripped: both directions are wanted, whole. */
		verdict->mark = MARK_INSPECT;
		if (is_data)
			held_add(engine, passage);
		else if (!passage->up)
			strip_down(engine, passage);
		return;
	}
	flow->payload_passed |= is_data;
	/*
	 * Decided before its payload was seen means that no rule asks for it. It
	 * is only waited for to give the flow a name in the reports.
	 */
	if (flow->decided && !flow->upgradable &&
	    (flow->told || flow->names.count || flow->packets > UNNAMED_PACKETS_MOST))
		verdict->mark = MARK_PASS;
	if (flow->decided) {
		held_settle_all(engine, flow, VERDICT_ACCEPT, verdict->mark);
		strip_release(engine, flow, STRIP_ENDED);
	}
}

/* What the kernel counts is marked "inspect", and so is what comes to be counted here. */
static void limit_packet(struct engine *engine, struct passage *passage)
{
	if (limit_is_the_kernels(engine, passage)) {
		passage->verdict->mark = MARK_INSPECT;
		passage->verdict->again = true;
		return;
	}
	if (!limit_count(engine, passage)) {
		judge_spent(engine, passage->flow);
		refuse_flow(engine, passage);
		return;
	}
	pass(engine, passage);
	if (passage->verdict->mark == MARK_PASS)
		limit_leave(engine, passage->flow);
	passage->verdict->mark = MARK_INSPECT;
}

static void carry_out(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;

	if (flow->decided && !flow->observed) {
		if (flow->action == POLICY_BLOCK) {
			refuse_flow(engine, passage);
			return;
		}
		if (flow->action == POLICY_STRIP) {
			strip_packet(engine, passage);
			return;
		}
		if (flow->action == POLICY_LIMIT) {
			limit_packet(engine, passage);
			return;
		}
	}
	pass(engine, passage);
}

static void judge_packet(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	bool may_pass = first_read(engine, passage);

	if (flow->generation != engine->generation)
		flow->decided = false;
	/* What comes in is judged when the device answers, as in the kernel. */
	if (!flow->decided && (passage->up || flow->announced)) {
		judge_flow(engine, flow);
		flow->strip_from_start = !flow->mid_stream && !flow->inbound &&
					 flow->first_seq_known && !flow->payload_passed;
	}
	if (passage->unread && (!flow->decided || flow->upgradable) &&
	    flow->action != POLICY_STRIP) {
		engine->counters.decoys_dropped++;
		may_pass = false;
	}
	if (!may_pass && !flow->observed && !(flow->decided && flow->action == POLICY_BLOCK)) {
		passage->verdict->action = VERDICT_DROP;
		return;
	}
	carry_out(engine, passage);
}

static void flow_packet(struct engine *engine, struct passage *passage)
{
	struct flow *flow;

	flow_of_packet(engine, passage);
	flow_count(engine, passage);
	flow = passage->flow;
	if (resolve_packet(engine, passage))
		return;
	if (flow->multicast || flow->local) {
		/* A question may still come to port 53 of the router. */
		if (!flow->decided)
			judge_fixed(flow, POLICY_ALLOW,
				    flow->multicast ? "multicast" : "the router itself");
		return;
	}
	judge_packet(engine, passage);
}

static bool may_tell_errors(const struct flow *flow)
{
	return flow->observed || flow->multicast || flow->local ||
	       (flow->decided && flow->action != POLICY_BLOCK);
}

/* Errors and discovery: what belongs to an allowed flow, or to none but the link. */
static bool pass_icmp(struct engine *engine, struct passage *passage)
{
	const struct packet_headers *headers = &passage->headers;
	const struct flow *flow;

	if (headers->transport != TRANSPORT_ICMP)
		return false;
	/* RFC 4861, RFC 3810. A router forwards those that name a host elsewhere. */
	if (headers->src.family == ADDRESS_IPV6 && headers->icmp_type >= 130 &&
	    headers->icmp_type <= 143 && address_scope(&headers->dst) != SCOPE_GLOBAL)
		return true;
	if (!headers->icmp_error)
		return false;
	flow = flow_of_error(engine, passage);
	/* One that waits is allowed nothing yet that could carry data out. */
	if (passage->packet->direction == PACKET_FROM_DEVICE && (!flow || !may_tell_errors(flow)))
		passage->verdict->action = VERDICT_DROP;
	return true;
}

static void unreadable(struct engine *engine, struct passage *passage)
{
	struct device *device = NULL;

	engine->counters.malformed++;
	/* A device under observation is never in anyone's way. */
	if (!mac_is_zero(&passage->packet->mac))
		device = device_of_mac(engine, &passage->packet->mac);
	if (!device || policy_mode(device_policy(engine, device)) == MODE_ENFORCE)
		passage->verdict->action = VERDICT_DROP;
}

static void decide(struct engine *engine, struct passage *passage)
{
	const struct packet *packet = passage->packet;

	if (packet->direction == PACKET_ELSEWHERE)
		return;
	if (decode_packet(packet->data, packet->truncated, &passage->headers) != DECODE_OK) {
		unreadable(engine, passage);
		return;
	}
	if (fragment_follow(engine, passage) || pass_icmp(engine, passage))
		return;
	flow_packet(engine, passage);
	if (passage->headers.fragment)
		fragment_remember(engine, passage);
}

void engine_packet(struct engine *engine, const struct packet *packet, struct verdict *ret_verdict)
{
	struct passage passage = {.packet = packet, .verdict = ret_verdict};
	struct engine_counters *counters = &engine->counters;

	memset(ret_verdict, 0, sizeof(*ret_verdict));
	ret_verdict->action = VERDICT_ACCEPT;
	if (packet->time > engine->now)
		engine->now = packet->time;
	decide(engine, &passage);
	/* A packet gets one verdict, not another one later. */
	if (passage.held && ret_verdict->action != VERDICT_HOLD)
		held_take_back(&passage);
	counters->packets++;
	counters->accepted += ret_verdict->action == VERDICT_ACCEPT;
	counters->dropped += ret_verdict->action == VERDICT_DROP;
	counters->edited += ret_verdict->edited.len != 0;
	counters->replies += ret_verdict->reply_count;
}

/* ---- the passing of time ---- */

static void expire_overrides(struct engine *engine)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < engine->override_count; i++) {
		struct override *override = &engine->overrides[i];

		if (override->until && override->until <= engine->now)
			policy_override_free(override->rule);
		else
			engine->overrides[kept++] = *override;
	}
	if (kept == engine->override_count)
		return;
	engine->override_count = kept;
	engine_judge_again(engine);
}

void engine_advance(struct engine *engine, time_us now, int local_minute)
{
	engine->now = now;
	engine->local_minute = local_minute;
	expire_overrides(engine);
	limit_advance(engine);
	strip_advance(engine);
	if (now < engine->next_sweep && engine->next_sweep - now <= SWEEP_INTERVAL)
		return;
	engine->next_sweep = now + SWEEP_INTERVAL;
	flow_sweep(engine);
}

const struct policy_set *engine_swap_policy(struct engine *engine, const struct policy_set *set)
{
	const struct policy_set *old = engine->set;
	struct device *device;

	engine->set = set;
	engine->set_serial++;
	/* Not prepared: what a strip rule decides is opaque until it is. */
	if (engine->next_plans && engine->next_plans->set != set) {
		strip_plans_free(engine->next_plans);
		engine->next_plans = NULL;
	}
	strip_forget_secrets(engine);
	adopt_plans(engine);
	/* Nothing may point into the old set once its owner frees it. */
	for (device = table_oldest(engine->devices); device;
	     device = table_younger(engine->devices, device))
		device_policy(engine, device);
	device_fold_all(engine);
	engine_judge_again(engine);
	return old;
}

void engine_judge_again(struct engine *engine)
{
	engine->generation++;
	/* The kernel's rules are made anew, without the pairs. */
	engine->pair_count = 0;
	engine_restart_counting(engine);
}

uint32_t engine_generation(const struct engine *engine)
{
	return engine->generation;
}
