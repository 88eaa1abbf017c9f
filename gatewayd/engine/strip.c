/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Editing what a device sends, by sequence number. The last bytes that were
 * edited are kept as they left: a retransmission, however it is cut and
 * whatever it says, leaves as the same bytes again. The server's window is
 * held below what is kept, so no older byte can be asked for.
 *
 * What lies ahead of a hole is held; what cannot be read obeys the rule's
 * `opaque`.
 */
#include "engine/internal.h"

#include "redact/checksum.h"

#define WINDOW_OFFERED (STRIP_KEPT / 2)
#define SETTLE_AFTER (50 * SECOND_US / 1000)
#define IDLE_AFTER (2 * MINUTE_US) /* then another stream may have its place */

static struct strip *strip_of(struct engine *engine, const struct flow *flow)
{
	return flow->strip ? &engine->strips[flow->strip - 1] : NULL;
}

void strip_release(struct engine *engine, struct flow *flow, enum strip_state state)
{
	struct strip *strip = strip_of(engine, flow);

	if (!strip)
		return;
	held_settle_all(engine, flow, VERDICT_DROP, MARK_INSPECT);
	strip->flow = NULL;
	flow->strip = 0;
	flow->strip_state = state;
	engine->counters.strips_now--;
}

/* The lowest free one, else the one that was idle longest; NULL: all are busy. */
static struct strip *find_free(struct engine *engine)
{
	struct strip *idle = NULL;

	for (uint32_t i = 0; i < engine->strip_count; i++) {
		struct strip *strip = &engine->strips[i];

		if (!strip->flow)
			return strip;
		if (engine->now - strip->used > IDLE_AFTER && (!idle || strip->used < idle->used))
			idle = strip;
	}
	if (idle)
		strip_release(engine, idle->flow, STRIP_ENDED);
	return idle;
}

static struct strip *strip_start(struct engine *engine, struct flow *flow)
{
	struct strip *strip = find_free(engine);

	if (!strip) {
		engine->counters.strips_refused++;
		return NULL;
	}
	strip->flow = flow;
	strip->edge = strip->first = flow->first_seq;
	strip->held = 0;
	strip->given_up = false;
	editor_start(&strip->editor);
	flow->strip = (uint32_t)(strip - engine->strips) + 1;
	flow->strip_state = STRIP_RUNNING;
	engine->counters.strips_now++;
	return strip;
}

/* ---- what was edited, kept ---- */

static void keep(struct strip *strip, uint32_t seq, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t at = (seq + (uint32_t)i) % STRIP_KEPT;
		size_t run = len - i < STRIP_KEPT - at ? len - i : STRIP_KEPT - at;

		memcpy(strip->kept + at, data + i, run);
		i += run;
	}
}

static void recall(const struct strip *strip, uint32_t seq, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t at = (seq + (uint32_t)i) % STRIP_KEPT;
		size_t run = len - i < STRIP_KEPT - at ? len - i : STRIP_KEPT - at;

		memcpy(data + i, strip->kept + at, run);
		i += run;
	}
}

/* Are the bytes from seq up to the edge still there? */
static bool is_kept(const struct strip *strip, uint32_t seq)
{
	uint32_t back = strip->edge - seq;

	return back <= STRIP_KEPT && back <= strip->edge - strip->first;
}

/* ---- editing ---- */

static void count(struct engine *engine, struct flow *flow, const struct redact_result *result)
{
	bool any = false;

	for (unsigned i = 0; i < DATA_COUNT; i++) {
		flow->stripped[i] += result->stripped[i];
		flow->seen[i] += result->seen[i];
		any |= result->stripped[i] != 0;
	}
	if (!any || flow->any_stripped)
		return;
	flow->any_stripped = true;
	engine->counters.flows_stripped++;
	flow_device(engine, flow)->flows_stripped++;
}

static void note_result(struct engine *engine, struct strip *strip,
			const struct redact_result *result, uint32_t edge_before)
{
	keep(strip, edge_before - strip->held, result->settled, result->settled_len);
	strip->held = (uint32_t)result->held;
	count(engine, strip->flow, result);
}

/* New bytes at the edge, edited in place. False: they may not leave. */
static bool edit(struct engine *engine, struct strip *strip, uint8_t *data, size_t len)
{
	const struct strip_plan *plan = strip_plan_of(engine, strip->flow);
	uint32_t before = strip->edge;
	struct redact_result result;

	if (!strip->given_up) {
		editor_feed(&strip->editor, &plan->plan, data, len, &result);
		note_result(engine, strip, &result, before);
		strip->given_up = strip->editor.kind == EDITOR_OPAQUE;
		if (result.opaque && plan->opaque_block)
			return false;
	}
	keep(strip, before, data, len);
	strip->edge = before + (uint32_t)len;
	return true;
}

/* Puts a segment's bytes as they are to leave. */
static void write_kept(const struct strip *strip, uint8_t *packet, size_t packet_len,
		       const struct packet_headers *headers, uint32_t seq)
{
	recall(strip, seq, packet + headers->payload_offset, headers->payload.len);
	checksum_fix(packet, packet_len, headers->transport_offset, headers->ip_protocol);
}

static uint32_t payload_seq(const struct packet_headers *headers)
{
	return headers->seq + (headers->tcp_flags & TCP_SYN ? 1 : 0);
}

enum segment_fate {
	SEGMENT_AHEAD,  /* of a hole */
	SEGMENT_LOST,   /* older than what is kept */
	SEGMENT_READY,  /* its bytes are kept and final */
	SEGMENT_UNSURE, /* its last bytes may yet change */
	SEGMENT_OPAQUE,
};

/* Edits what is new of the segment; payload is scratch and is written over. */
static enum segment_fate take(struct engine *engine, struct strip *strip, uint32_t seq,
			      uint8_t *payload, size_t len)
{
	uint32_t end = seq + (uint32_t)len;
	int32_t ahead = (int32_t)(seq - strip->edge);

	if (ahead > 0)
		return SEGMENT_AHEAD;
	if (!is_kept(strip, seq))
		return SEGMENT_LOST;
	if ((int32_t)(end - strip->edge) > 0) {
		size_t old = (size_t)(uint32_t)-ahead;

		if (!edit(engine, strip, payload + old, len - old))
			return SEGMENT_OPAQUE;
	}
	return (int32_t)(end - (strip->edge - strip->held)) <= 0 ? SEGMENT_READY : SEGMENT_UNSURE;
}

static enum flow_mark mark_of(const struct strip *strip)
{
	/* Nothing to edit any more and nothing that was edited: the kernel's. */
	return strip->given_up && !strip->flow->any_stripped ? MARK_PASS : MARK_INSPECT;
}

static void refuse_opaque(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;

	strip_release(engine, flow, STRIP_ENDED);
	judge_opaque(engine, flow);
	refuse_packet(engine, passage, flow->with);
}

/* Held packets whose turn has come. False: one of them turned out opaque. */
static bool settle_held(struct engine *engine, struct strip *strip)
{
	struct flow *flow = strip->flow;
	bool moved = true;

	while (moved) {
		uint32_t edge = strip->edge;

		for (unsigned i = 0; i < HELD_MOST && flow->held; i++) {
			struct held *held = &engine->held[i];
			uint32_t seq = payload_seq(&held->headers);

			if (held->state != HELD_WAITING || held->flow != flow)
				continue;
			switch (take(engine, strip, seq, held->data + held->headers.payload_offset,
				     held->headers.payload.len)) {
			case SEGMENT_AHEAD:
			case SEGMENT_UNSURE:
				break;
			case SEGMENT_LOST:
				held_settle(held, VERDICT_DROP, MARK_INSPECT);
				break;
			case SEGMENT_READY:
				write_kept(strip, held->data, held->packet.data.len, &held->headers,
					   seq);
				held->changed = true;
				held_settle(held, VERDICT_ACCEPT, mark_of(strip));
				break;
			case SEGMENT_OPAQUE:
				return false;
			}
		}
		moved = strip->edge != edge;
	}
	return true;
}

static void strip_up(struct engine *engine, struct passage *passage, struct strip *strip)
{
	const struct packet_headers *headers = &passage->headers;
	const struct packet *packet = passage->packet;
	uint32_t seq = payload_seq(headers);

	passage->verdict->mark = mark_of(strip);
	if (headers->payload.len == 0)
		return;
	if (packet->data.len > sizeof(engine->edited) || packet->truncated) {
		refuse_opaque(engine, passage);
		return;
	}
	memcpy(engine->edited, packet->data.data, packet->data.len);
	switch (take(engine, strip, seq, engine->edited + headers->payload_offset,
		     headers->payload.len)) {
	case SEGMENT_AHEAD:
	case SEGMENT_UNSURE:
		held_add(engine, passage);
		break;
	case SEGMENT_LOST:
		passage->verdict->action = VERDICT_DROP;
		return;
	case SEGMENT_READY:
		write_kept(strip, engine->edited, packet->data.len, headers, seq);
		passage->verdict->edited = bytes_of(engine->edited, packet->data.len);
		break;
	case SEGMENT_OPAQUE:
		refuse_opaque(engine, passage);
		return;
	}
	passage->verdict->mark = mark_of(strip);
	if (!settle_held(engine, strip))
		refuse_opaque(engine, passage);
}

/* ---- the server's window ---- */

/* The shift of the window scale option (RFC 7323 section 2), or -1. */
static int window_scale(const struct passage *passage)
{
	const struct packet_headers *headers = &passage->headers;
	struct cursor options = cursor_on(passage->packet->data);
	size_t end = headers->payload_offset;

	cursor_skip(&options, headers->transport_offset + 20);
	while (cursor_ok(&options) && options.pos < end) {
		uint8_t kind = cursor_u8(&options);
		uint8_t len;

		if (kind == 0)
			break;
		if (kind == 1)
			continue;
		len = cursor_u8(&options);
		if (kind == 3 && len == 3)
			return cursor_u8(&options) & 15;
		if (len < 2)
			break;
		cursor_skip(&options, (size_t)len - 2);
	}
	return -1;
}

void strip_down(struct engine *engine, struct passage *passage)
{
	const struct packet_headers *headers = &passage->headers;
	const struct packet *packet = passage->packet;
	struct flow *flow = passage->flow;
	uint32_t most;

	if (headers->transport != TRANSPORT_TCP)
		return;
	if (headers->tcp_flags & TCP_SYN) {
		flow->window_scale = (int8_t)window_scale(passage);
		flow->window_scale_known = true;
		return; /* the window of a SYN is not scaled, and is small */
	}
	if (!flow->window_scale_known)
		return;
	most = WINDOW_OFFERED >> (flow->window_scale > 0 ? flow->window_scale : 0);
	if (headers->window <= most || packet->data.len > sizeof(engine->edited))
		return;
	memcpy(engine->edited, packet->data.data, packet->data.len);
	engine->edited[headers->transport_offset + 14] = (uint8_t)(most >> 8);
	engine->edited[headers->transport_offset + 15] = (uint8_t)most;
	checksum_fix(engine->edited, packet->data.len, headers->transport_offset,
		     headers->ip_protocol);
	passage->verdict->edited = bytes_of(engine->edited, packet->data.len);
}

/* ---- datagrams ---- */

static void strip_datagram(struct engine *engine, struct passage *passage)
{
	const struct strip_plan *plan = strip_plan_of(engine, passage->flow);
	const struct packet_headers *headers = &passage->headers;
	const struct packet *packet = passage->packet;
	struct redact_result result;

	passage->verdict->mark = MARK_INSPECT;
	if (headers->payload.len == 0)
		return;
	if (packet->data.len > sizeof(engine->edited) || headers->fragment || packet->truncated) {
		refuse_opaque(engine, passage);
		return;
	}
	memcpy(engine->edited, packet->data.data, packet->data.len);
	editor_datagram(&plan->plan, engine->edited + headers->payload_offset, headers->payload.len,
			&result);
	count(engine, passage->flow, &result);
	if (result.opaque && plan->opaque_block) {
		refuse_opaque(engine, passage);
		return;
	}
	checksum_fix(engine->edited, packet->data.len, headers->transport_offset,
		     headers->ip_protocol);
	passage->verdict->edited = bytes_of(engine->edited, packet->data.len);
}

/* ---- the way in ---- */

/* Not seen from its first byte, no room to read it, or over. */
static void without_strip(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;

	if (flow->strip_state == STRIP_PASSING || !strip_plan_of(engine, flow)->opaque_block)
		passage->verdict->mark = MARK_PASS;
	else if (passage->headers.payload.len)
		refuse_opaque(engine, passage);
}

void strip_packet(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	struct strip *strip = strip_of(engine, flow);

	passage->verdict->mark = MARK_INSPECT;
	if (!passage->up) {
		strip_down(engine, passage);
		return;
	}
	if (!strip_plan_of(engine, flow)->plan.keys) {
		refuse_opaque(engine, passage);
		return;
	}
	switch (passage->headers.transport) {
	case TRANSPORT_UDP:
		strip_datagram(engine, passage);
		return;
	case TRANSPORT_TCP:
		break;
	case TRANSPORT_NONE:
	case TRANSPORT_ICMP:
	case TRANSPORT_OTHER:
		refuse_opaque(engine, passage);
		return;
	}
	if (flow->strip_state == STRIP_NOT_YET && flow->strip_from_start)
		strip = strip_start(engine, flow);
	if (!strip) {
		without_strip(engine, passage);
		return;
	}
	strip->used = engine->now;
	strip_up(engine, passage, strip);
	if (flow->strip && strip->given_up && !flow->any_stripped && !flow->held)
		strip_release(engine, flow, STRIP_PASSING);
	else if (flow->closed)
		strip_release(engine, flow, STRIP_ENDED);
}

void strip_advance(struct engine *engine)
{
	for (uint32_t i = 0; i < engine->strip_count && engine->counters.strips_now; i++) {
		struct strip *strip = &engine->strips[i];
		struct redact_result result;

		if (!strip->flow || strip->held == 0 || engine->now - strip->used < SETTLE_AFTER)
			continue;
		editor_flush(&strip->editor, &strip_plan_of(engine, strip->flow)->plan, &result);
		note_result(engine, strip, &result, strip->edge);
		settle_held(engine, strip);
	}
	held_expire(engine);
}
