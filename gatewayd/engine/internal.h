/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's state, and a packet on its way through it. What the files of
 * the engine offer one another stands in a header beside each; of all these
 * only engine.h is for others.
 *
 *	engine.c    the way of one packet, start and end, the passing of time
 *	device.c    who is who: MACs, addresses, the policy of each
 *	overhear.c  what devices say of themselves and tell by what they ask
 *	names.c     which names DNS answers gave to which device for an address
 *	flow.c      the connections
 *	fragment.c  later fragments follow the first
 *	first.c     the first payload: what a flow is and whose name it asks for
 *	stream.c    the first bytes of a TCP stream, in order
 *	judge.c     a flow's facts and its policy's decision
 *	resolve.c   DNS: questions, answers; resolve_carry.c: over UDP and TCP
 *	tunnel.c    data carried in DNS names
 *	refuse.c    a refusal as a verdict with its replies
 *	hammer.c    refusals that the kernel may repeat without asking
 *	limit.c     bytes counted under limit rules, here and by the kernel
 *	strip.c     edits by sequence number; plans.c: what the rules take out;
 *		    window.c: how far the device may run ahead; kept.c: what was
 *		    sent, as it was and as it became
 *	held.c      packets that wait for a later one
 *	record.c    flows, devices and events as users see them
 */
#ifndef GATEWAYD_ENGINE_INTERNAL_H
#define GATEWAYD_ENGINE_INTERNAL_H

#include "base/table.h"
#include "decode/packet.h"
#include "engine/device.h"
#include "engine/engine.h"
#include "engine/flow.h"
#include "engine/hammer.h"
#include "engine/held.h"
#include "engine/limit.h"
#include "engine/plans.h"
#include "engine/stream.h"
#include "engine/strip.h"

struct override {
	struct policy_rule *rule;
	char device[64]; /* name or MAC; as typed */
	time_us until;
};

#define SCRATCH_SIZE 66000

struct engine {
	const struct policy_set *set;
	const struct policy *only; /* see engine_config */
	uint32_t set_serial;
	uint32_t generation;
	struct engine_geo geo;
	struct hash_key hash_key;
	time_us now, direct_from;
	int local_minute;

	struct table *devices;
	struct table *addresses;
	bool knows_neighbours; /* told so by the router, not by packets alone */
	struct table *chains;
	struct table *bindings;
	struct table *flows;
	struct table *fragments;
	struct table *ech;
	struct table *tunnels;
	struct table *hammers;
	struct table *spent;
	struct count_queue counts;
	uint32_t count_round; /* goes up when the kernel forgets all flows */
	bool kernel_counts;   /* else the packets of limit rules are all wanted */
	int minutes_ahead;    /* of UTC */
	time_us limits_minute;
	struct engine_pair pairs[PAIRS_MOST];
	unsigned pair_count;

	struct stream *streams;
	uint32_t stream_count;
	struct strip *strips;
	uint32_t strip_count;
	uint8_t (*large)[STRIP_KEPT_LARGE];
	struct held *held;
	const struct redact_keys *keys;
	const char (*networks)[33];
	size_t network_count;
	struct strip_plans *plans, *next_plans;

	struct override overrides[ENGINE_OVERRIDES_MOST];
	unsigned override_count;

	struct event *events;
	uint32_t events_most, events_first, events_count;

	uint64_t next_serial, next_flow;
	time_us next_sweep;
	struct engine_counters counters;

	/* Scratch, good until the next packet. */
	uint8_t edited[SCRATCH_SIZE];
	uint8_t replies[VERDICT_REPLIES_MOST][2048];
	uint8_t message[SCRATCH_SIZE];
	struct name names[POLICY_NAMES_MOST];
	const struct policy_rule *matching[ENGINE_OVERRIDES_MOST];
	struct flow_record record;
};

/* One packet on its way through the engine. */
struct passage {
	const struct packet *packet;
	struct packet_headers headers;
	struct device *device; /* NULL: nobody is known at that address */
	struct flow *flow;
	bool up;           /* from the flow's device */
	bool unread;       /* payload that must not tell what the flow is */
	struct held *held; /* our copy, when it was told to wait */
	struct verdict *verdict;
};

#endif
