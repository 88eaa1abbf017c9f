/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Editing what a device sends, by sequence number. The last bytes that were
 * edited are kept as they left: a retransmission, however it is cut and
 * whatever it says, leaves as the same bytes again. The server's window is
 * held below what is kept (window.c), so no older byte can be asked for.
 *
 * What lies ahead of a hole is held; what cannot be read obeys the rule's
 * `opaque`. A stream's place stays its own after FIN and RST, since the last
 * bytes may be sent again, until another stream needs it.
 */
#include "engine/strip.h"

#include "engine/internal.h"
#include "engine/judge.h"
#include "engine/kept.h"
#include "engine/record.h"
#include "engine/refuse.h"
#include "engine/window.h"
#include "redact/checksum.h"

#define SETTLE_AFTER (50 * MILLISECOND_US)
#define IDLE_AFTER (2 * MINUTE_US) /* then another stream may have its place */

/* The editors go over a piece more than once, so it should be near at hand then. */
#define EDITED_AT_ONCE 16384

#define TCP_FLAGS_AT 13 /* RFC 9293 section 3.1 */
#define TCP_URGENT_AT 18

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

/* How many streams of this device are being read. */
static unsigned count_of_device(const struct engine *engine, const struct device *device)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < engine->strip_count; i++)
		count += engine->strips[i].flow && engine->strips[i].flow->device == device;
	return count;
}

/*
 * Who gives up his place first: a stream that is over, one that is idle, one
 * of a device that has more streams than the one that asks would have. 0: none.
 */
static unsigned dispensable(const struct engine *engine, const struct strip *strip, unsigned own)
{
	if (strip->flow->closed)
		return 3;
	if (engine->now - strip->used > IDLE_AFTER)
		return 2;
	return count_of_device(engine, strip->flow->device) > own + 1 ? 1 : 0;
}

/* The lowest free place, else the one that can best be missed; NULL: none. */
static struct strip *find_place(struct engine *engine, const struct flow *flow)
{
	unsigned own = count_of_device(engine, flow->device);
	struct strip *best = NULL;
	unsigned best_rank = 0;

	for (uint32_t i = 0; i < engine->strip_count; i++) {
		struct strip *strip = &engine->strips[i];
		unsigned rank;

		if (!strip->flow)
			return strip;
		rank = dispensable(engine, strip, own);
		if (rank > best_rank || (rank && rank == best_rank && strip->used < best->used)) {
			best = strip;
			best_rank = rank;
		}
	}
	if (best)
		strip_release(engine, best->flow, STRIP_ENDED);
	return best;
}

static struct strip *strip_start(struct engine *engine, struct flow *flow)
{
	struct strip *strip = find_place(engine, flow);

	if (!strip) {
		engine->counters.strips_refused++;
		return NULL;
	}
	strip->flow = flow;
	strip->edge = strip->oldest = strip->origin = flow->first_seq;
	strip->held = 0;
	strip->given_up = false;
	kept_start(strip);
	editor_start(&strip->editor);
	flow->strip = (uint32_t)(strip - engine->strips) + 1;
	flow->strip_state = STRIP_RUNNING;
	engine->counters.strips_now++;
	return strip;
}

/* ---- editing ---- */

static void move_edge(struct strip *strip, uint32_t edge)
{
	strip->edge = edge;
	if (edge - strip->oldest > strip->kept_size)
		strip->oldest = edge - strip->kept_size;
}

static void count(struct engine *engine, struct flow *flow, const struct redact_result *result)
{
	bool first_stripped = false, first_seen = false, any = false;

	for (unsigned i = 0; i < DATA_COUNT; i++) {
		any |= result->stripped[i] != 0;
		first_stripped |= result->stripped[i] && !flow->stripped[i];
		first_seen |= result->seen[i] && !flow->seen[i];
		flow->stripped[i] += result->stripped[i];
		flow->seen[i] += result->seen[i];
		engine->counters.secrets_seen += result->seen[i];
	}
	if (any && !flow->any_stripped) {
		flow->any_stripped = true;
		engine->counters.flows_stripped++;
		flow_device(engine, flow)->flows_stripped++;
	}
	if (first_stripped)
		record_event(engine, EVENT_STRIPPED, flow);
	if (first_seen)
		record_event(engine, EVENT_SECRET, flow);
}

static void note_result(struct engine *engine, struct strip *strip,
			const struct redact_result *result, uint32_t edge_before)
{
	kept_put(strip, edge_before - strip->held, result->settled, result->settled_len);
	strip->held = (uint32_t)result->held;
	count(engine, strip->flow, result);
}

/* Bytes that were kept as they came and lie in a row. False: they may not leave. */
static bool edit_run(struct engine *engine, struct strip *strip, uint8_t *data, size_t len)
{
	const struct strip_plan *plan = strip_plan_of(engine, strip->flow);
	struct redact_result result;

	if (!strip->given_up) {
		editor_feed(&strip->editor, &plan->plan, data, len, &result);
		note_result(engine, strip, &result, strip->edge);
		strip->given_up = strip->editor.kind == EDITOR_OPAQUE;
		if (result.opaque && plan->opaque_block)
			return false;
	}
	move_edge(strip, strip->edge + (uint32_t)len);
	return true;
}

/* New bytes at the edge, edited where they are kept. False: they may not leave. */
static bool edit(struct engine *engine, struct strip *strip, const uint8_t *data, size_t len)
{
	if (strip->given_up && strip_plan_of(engine, strip->flow)->opaque_block)
		return false; /* the policy has changed meanwhile */
	strip->fed = engine->now;
	for (size_t i = 0, run; i < len; i += run) {
		size_t most = len - i < EDITED_AT_ONCE ? len - i : EDITED_AT_ONCE;
		uint8_t *place = kept_place(strip, strip->edge, most, &run);

		memcpy(place, data + i, run);
		if (!edit_run(engine, strip, place, run))
			return false;
	}
	return true;
}

/* What was held back of the stream leaves as it is. */
static void flush(struct engine *engine, struct strip *strip)
{
	struct redact_result result;

	editor_flush(&strip->editor, &strip_plan_of(engine, strip->flow)->plan, &result);
	note_result(engine, strip, &result, strip->edge);
}

/*
 * Puts a segment's bytes as they are to leave: those that were kept, and none
 * that are urgent, which a server would take out of the stream (RFC 6093).
 */
static void write_kept(const struct strip *strip, uint8_t *packet, size_t packet_len,
		       const struct packet_headers *headers, uint32_t seq)
{
	uint8_t *tcp = packet + headers->transport_offset;

	kept_get(strip, seq, packet + headers->payload_offset, headers->payload.len);
	tcp[TCP_FLAGS_AT] &= (uint8_t)~TCP_URG;
	tcp[TCP_URGENT_AT] = tcp[TCP_URGENT_AT + 1] = 0;
	checksum_fix(packet, packet_len, headers->transport_offset, headers->ip_protocol);
}

/* Nothing of the segment was changed: the kernel's own copy will do. */
static bool is_as_it_was(const struct strip *strip, const struct packet *packet,
			 const struct packet_headers *headers, uint32_t seq)
{
	const uint8_t *tcp = packet->data.data + headers->transport_offset;

	return !(headers->tcp_flags & TCP_URG) && !tcp[TCP_URGENT_AT] && !tcp[TCP_URGENT_AT + 1] &&
	       kept_is(strip, seq, headers->payload);
}

static uint32_t payload_seq(const struct packet_headers *headers)
{
	return headers->seq + (headers->tcp_flags & TCP_SYN ? 1 : 0);
}

enum segment_fate {
	SEGMENT_AHEAD,  /* of a hole */
	SEGMENT_LOST,   /* older than what is kept, or far beyond any window */
	SEGMENT_READY,  /* its bytes are kept and final */
	SEGMENT_UNSURE, /* its last bytes may yet change */
	SEGMENT_OPAQUE,
};

/* Keeps and edits what is new of the segment. */
static enum segment_fate take(struct engine *engine, struct strip *strip,
			      const struct packet_headers *headers)
{
	uint32_t seq = payload_seq(headers);
	const uint8_t *payload = headers->payload.data;
	size_t len = headers->payload.len;
	uint32_t end = seq + (uint32_t)len;
	int32_t ahead = (int32_t)(seq - strip->edge);

	if (ahead > (int32_t)strip->kept_size)
		return SEGMENT_LOST;
	if (ahead > 0)
		return SEGMENT_AHEAD;
	if (!kept_has(strip, seq))
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

/* Bytes that nobody here can see: in a fragment, in a capture that was cut, in ICMP or ESP. */
static void cannot_see(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	bool is_tcp = passage->headers.transport == TRANSPORT_TCP;

	if (strip_plan_of(engine, flow)->opaque_block || (is_tcp && flow->any_stripped)) {
		refuse_opaque(engine, passage);
		return;
	}
	if (!is_tcp)
		return;
	strip_release(engine, flow, STRIP_PASSING);
	flow->payload_passed = true;
	passage->verdict->mark = MARK_PASS;
}

static void release_held(const struct strip *strip, struct held *held)
{
	uint32_t seq = payload_seq(&held->headers);

	held->changed = !is_as_it_was(strip, &held->packet, &held->headers, seq);
	if (held->changed)
		write_kept(strip, held->data, held->packet.data.len, &held->headers, seq);
	held_settle(held, VERDICT_ACCEPT, mark_of(strip));
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

			if (held->state != HELD_WAITING || held->flow != flow)
				continue;
			switch (take(engine, strip, &held->headers)) {
			case SEGMENT_AHEAD:
			case SEGMENT_UNSURE:
				break;
			case SEGMENT_LOST:
				held_settle(held, VERDICT_DROP, MARK_INSPECT);
				break;
			case SEGMENT_READY:
				release_held(strip, held);
				break;
			case SEGMENT_OPAQUE:
				return false;
			}
		}
		moved = strip->edge != edge;
	}
	return true;
}

/* A keep-alive before the first byte of all: nothing that is in the stream. */
static bool is_early_probe(const struct strip *strip, uint32_t seq, size_t len)
{
	return len == 1 && seq + 1 == strip->edge && !kept_has(strip, seq);
}

static void pass_early_probe(struct engine *engine, struct passage *passage)
{
	const struct packet_headers *headers = &passage->headers;
	size_t len = passage->packet->data.len;

	memcpy(engine->edited, passage->packet->data.data, len);
	engine->edited[headers->payload_offset] = 0;
	checksum_fix(engine->edited, len, headers->transport_offset, headers->ip_protocol);
	passage->verdict->edited = bytes_of(engine->edited, len);
}

static bool is_corrupt(const struct passage *passage)
{
	const struct packet_headers *headers = &passage->headers;

	return !passage->packet->checksum_pending &&
	       !checksum_is_right(passage->packet->data, headers->transport_offset,
				  headers->payload_offset - headers->transport_offset +
					  headers->payload.len,
				  headers->ip_protocol);
}

/* The segment as it is to leave, when that is not as it came. */
static void give_kept(struct engine *engine, struct passage *passage, const struct strip *strip,
		      uint32_t seq)
{
	const struct packet_headers *headers = &passage->headers;
	struct bytes data = passage->packet->data;
	size_t end = headers->payload_offset + headers->payload.len;

	if (is_as_it_was(strip, passage->packet, headers, seq))
		return;
	memcpy(engine->edited, data.data, headers->payload_offset);
	memcpy(engine->edited + end, data.data + end, data.len - end);
	write_kept(strip, engine->edited, data.len, headers, seq);
	passage->verdict->edited = bytes_of(engine->edited, data.len);
}

static void strip_segment(struct engine *engine, struct passage *passage, struct strip *strip)
{
	uint32_t seq = payload_seq(&passage->headers);

	if (is_early_probe(strip, seq, passage->headers.payload.len)) {
		pass_early_probe(engine, passage);
		return;
	}
	switch (take(engine, strip, &passage->headers)) {
	case SEGMENT_AHEAD:
	case SEGMENT_UNSURE:
		held_add(engine, passage);
		break;
	case SEGMENT_LOST:
		passage->verdict->action = VERDICT_DROP;
		return;
	case SEGMENT_READY:
		give_kept(engine, passage, strip, seq);
		break;
	case SEGMENT_OPAQUE:
		refuse_opaque(engine, passage);
		return;
	}
	passage->verdict->mark = mark_of(strip);
	if (!settle_held(engine, strip))
		refuse_opaque(engine, passage);
}

static void strip_up(struct engine *engine, struct passage *passage, struct strip *strip)
{
	const struct packet_headers *headers = &passage->headers;
	const struct packet *packet = passage->packet;
	uint32_t end = payload_seq(headers) + (uint32_t)headers->payload.len;

	passage->verdict->mark = mark_of(strip);
	if (headers->payload.len) {
		if (packet->data.len > sizeof(engine->edited) || packet->truncated ||
		    headers->fragment) {
			cannot_see(engine, passage);
			return;
		}
		/* To give it a right checksum would make it true. */
		if (is_corrupt(passage)) {
			engine->counters.decoys_dropped++;
			passage->verdict->action = VERDICT_DROP;
			return;
		}
		strip_segment(engine, passage, strip);
	}
	if (headers->tcp_flags & TCP_FIN && passage->flow->strip && end == strip->edge &&
	    strip->held) {
		flush(engine, strip);
		(void)settle_held(engine, strip);
	}
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
		cannot_see(engine, passage);
		return;
	}
	if (is_corrupt(passage)) {
		engine->counters.decoys_dropped++;
		passage->verdict->action = VERDICT_DROP;
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
	if (memcmp(engine->edited, packet->data.data, packet->data.len) == 0)
		return;
	checksum_fix(engine->edited, packet->data.len, headers->transport_offset,
		     headers->ip_protocol);
	passage->verdict->edited = bytes_of(engine->edited, packet->data.len);
}

/* ---- the way in ---- */

/* Not seen from its first byte, no room to read it, or over. */
static void without_strip(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	bool blocks = strip_plan_of(engine, flow)->opaque_block;

	if (!blocks && !flow->any_stripped) {
		flow->payload_passed |= passage->headers.payload.len != 0;
		passage->verdict->mark = MARK_PASS;
	} else if (passage->headers.payload.len == 0) {
		return;
	} else if (flow->closed && flow->strip_state == STRIP_ENDED) {
		/* Bytes that left edited, sent again; what they became is forgotten. */
		passage->verdict->action = VERDICT_DROP;
	} else {
		refuse_opaque(engine, passage);
	}
}

static void strip_tcp(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	struct strip *strip = strip_of(engine, flow);
	bool may_start = flow->strip_state == STRIP_NOT_YET && flow->strip_from_start;

	if (!strip && may_start) {
		/* A place is for those that have something to say. */
		if (passage->headers.payload.len == 0)
			return;
		strip = strip_start(engine, flow);
	}
	if (!strip) {
		without_strip(engine, passage);
		return;
	}
	strip->used = engine->now;
	kept_grow(engine, strip);
	strip_up(engine, passage, strip);
	if (flow->strip && strip->given_up && !flow->any_stripped && !flow->held)
		strip_release(engine, flow, STRIP_PASSING);
}

void strip_packet(struct engine *engine, struct passage *passage)
{
	passage->verdict->mark = MARK_INSPECT;
	if (!passage->up) {
		strip_down(engine, passage);
		return;
	}
	if (!strip_plan_of(engine, passage->flow)->plan.keys) {
		refuse_opaque(engine, passage);
		return;
	}
	switch (passage->headers.transport) {
	case TRANSPORT_UDP:
		strip_datagram(engine, passage);
		return;
	case TRANSPORT_TCP:
		strip_tcp(engine, passage);
		return;
	case TRANSPORT_NONE:
	case TRANSPORT_ICMP:
	case TRANSPORT_OTHER:
		cannot_see(engine, passage);
		return;
	}
}

/* ---- the passing of time ---- */

time_us engine_next_deadline(const struct engine *engine)
{
	time_us next = 0;

	for (uint32_t i = 0; i < engine->strip_count && engine->counters.strips_now; i++) {
		const struct strip *strip = &engine->strips[i];

		if (strip->flow && strip->held && (!next || strip->fed + SETTLE_AFTER < next))
			next = strip->fed + SETTLE_AFTER;
	}
	return next;
}

void strip_advance(struct engine *engine)
{
	for (uint32_t i = 0; i < engine->strip_count && engine->counters.strips_now; i++) {
		struct strip *strip = &engine->strips[i];

		if (!strip->flow || strip->held == 0 || engine->now - strip->fed < SETTLE_AFTER)
			continue;
		flush(engine, strip);
		(void)settle_held(engine, strip);
	}
	held_expire(engine);
}

void strip_forget_secrets(struct engine *engine)
{
	for (uint32_t i = 0; i < engine->strip_count && engine->counters.strips_now; i++) {
		struct strip *strip = &engine->strips[i];

		if (!strip->flow)
			continue;
		flush(engine, strip);
		(void)settle_held(engine, strip);
		memset(&strip->editor.scan, 0, sizeof(strip->editor.scan));
	}
}
