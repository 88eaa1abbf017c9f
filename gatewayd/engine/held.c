/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that wait for a later one: the kernel (or the capture) keeps them,
 * we keep a copy of their bytes. How many is bounded; one too many is dropped,
 * and its sender sends it again.
 */
#include "engine/held.h"

#include "engine/internal.h"

#define HELD_LIFE (5 * SECOND_US) /* the sender has sent it again by then */

/* A retransmission of what waits already. */
static bool is_waiting(const struct engine *engine, const struct passage *passage)
{
	for (unsigned i = 0; i < HELD_MOST && passage->flow->held; i++) {
		const struct held *held = &engine->held[i];

		if (held->state == HELD_WAITING && held->flow == passage->flow &&
		    held->headers.seq == passage->headers.seq &&
		    held->headers.payload.len == passage->headers.payload.len)
			return true;
	}
	return false;
}

/*
 * However many devices take what they can, some places are left for the next:
 * one may have twice what is free.
 */
static bool is_greedy(const struct engine *engine, const struct device *device)
{
	unsigned own = 0, free = 0;

	for (unsigned i = 0; i < HELD_MOST; i++) {
		const struct held *held = &engine->held[i];

		free += held->state == HELD_FREE;
		own += held->state == HELD_WAITING && held->flow->device == device;
	}
	return own >= 2 * free;
}

bool held_add(struct engine *engine, struct passage *passage)
{
	const struct packet *packet = passage->packet;
	struct held *held = NULL;

	passage->verdict->action = VERDICT_DROP;
	if (is_waiting(engine, passage))
		return false;
	for (unsigned i = 0; i < HELD_MOST && !held; i++) {
		if (engine->held[i].state == HELD_FREE)
			held = &engine->held[i];
	}
	if (!held || packet->data.len > sizeof(held->data) ||
	    passage->flow->held >= HELD_MOST_OF_FLOW || is_greedy(engine, passage->device)) {
		engine->counters.held_dropped++;
		return false;
	}
	memcpy(held->data, packet->data.data, packet->data.len);
	held->packet = *packet;
	held->packet.data.data = held->data;
	held->headers = passage->headers;
	held->headers.payload.data = held->data + passage->headers.payload_offset;
	held->flow = passage->flow;
	held->number = ++engine->next_serial;
	held->state = HELD_WAITING;
	passage->flow->held++;
	passage->held = held;
	passage->verdict->action = VERDICT_HOLD;
	engine->counters.held++;
	return true;
}

void held_settle(struct held *held, enum verdict_action action, enum flow_mark mark)
{
	held->flow->held--;
	held->flow = NULL;
	held->action = action;
	held->mark = mark;
	held->state = HELD_SETTLED;
}

void held_take_back(struct passage *passage)
{
	struct held *held = passage->held;

	if (held->state == HELD_WAITING)
		held->flow->held--;
	held->state = HELD_FREE;
	held->changed = false;
}

void held_settle_all(struct engine *engine, struct flow *flow, enum verdict_action action,
		     enum flow_mark mark)
{
	for (unsigned i = 0; i < HELD_MOST && flow->held; i++) {
		if (engine->held[i].state == HELD_WAITING && engine->held[i].flow == flow)
			held_settle(&engine->held[i], action, mark);
	}
}

void held_expire(struct engine *engine)
{
	for (unsigned i = 0; i < HELD_MOST; i++) {
		struct held *held = &engine->held[i];

		if (held->state == HELD_WAITING && engine->now - held->packet.time > HELD_LIFE)
			held_settle(held, VERDICT_DROP, MARK_UNDECIDED);
	}
}

/* In the order in which they came. */
static struct held *first_settled(struct engine *engine)
{
	struct held *first = NULL;

	for (unsigned i = 0; i < HELD_MOST; i++) {
		struct held *held = &engine->held[i];

		if (held->state == HELD_SETTLED && (!first || held->number < first->number))
			first = held;
	}
	return first;
}

bool engine_next_release(struct engine *engine, struct packet *ret_packet,
			 struct verdict *ret_verdict)
{
	struct held *held = first_settled(engine);

	if (!held)
		return false;
	*ret_packet = held->packet;
	memset(ret_verdict, 0, sizeof(*ret_verdict));
	ret_verdict->action = held->action;
	ret_verdict->mark = held->mark;
	if (held->changed && held->action == VERDICT_ACCEPT)
		ret_verdict->edited = held->packet.data;
	engine->counters.accepted += held->action == VERDICT_ACCEPT;
	engine->counters.dropped += held->action == VERDICT_DROP;
	engine->counters.edited += ret_verdict->edited.len != 0;
	held->state = HELD_FREE;
	held->changed = false;
	return true;
}
