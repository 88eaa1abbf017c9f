/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first bytes that a client sends, put in order. Segments are let through
 * while they are collected; only the one that completes a hello waits for the
 * decision, so a refused server never has it whole.
 */
#include "engine/stream.h"

#include "engine/internal.h"

/*
 * Who takes a quarter of all for one device gives up its own; else the one that
 * was used longest ago goes. What it held has passed, so nothing more of it
 * may, or the server would read what we could not.
 */
static struct stream *evict(struct engine *engine, const struct flow *flow)
{
	struct stream *oldest = NULL, *own = NULL, *victim;
	uint32_t own_count = 0;

	for (uint32_t i = 0; i < engine->stream_count; i++) {
		struct stream *other = &engine->streams[i];

		if (!oldest || other->used < oldest->used)
			oldest = other;
		if (other->flow->device != flow->device)
			continue;
		own_count++;
		if (!own || other->used < own->used)
			own = other;
	}
	victim = own && own_count >= engine->stream_count / 4 ? own : oldest;
	engine->counters.streams_evicted++;
	victim->flow->bytes_lost = victim->flow->key.transport == TRANSPORT_TCP;
	stream_release(engine, victim->flow);
	return victim;
}

struct stream *stream_of(struct engine *engine, struct flow *flow)
{
	struct stream *stream = NULL;

	if (flow->stream)
		return &engine->streams[flow->stream - 1];
	/* The lowest free one, so that few pages are ever touched. */
	for (uint32_t i = 0; i < engine->stream_count; i++) {
		struct stream *other = &engine->streams[i];

		if (!other->flow) {
			stream = other;
			break;
		}
	}
	if (!stream)
		stream = evict(engine, flow);
	stream->flow = flow;
	stream->ready = 0;
	if (flow->key.transport == TRANSPORT_UDP)
		memset(&stream->assembly, 0, sizeof(stream->assembly));
	else
		memset(stream->filled, 0, sizeof(stream->filled));
	stream->used = engine->now;
	flow->stream = (uint32_t)(stream - engine->streams) + 1;
	engine->counters.streams_now++;
	return stream;
}

void stream_release(struct engine *engine, struct flow *flow)
{
	if (!flow->stream)
		return;
	engine->streams[flow->stream - 1].flow = NULL;
	flow->stream = 0;
	engine->counters.streams_now--;
}

static bool is_filled(const struct stream *stream, size_t at)
{
	return stream->filled[at / 8] >> (at % 8) & 1;
}

bool stream_put(struct stream *stream, size_t offset, struct bytes bytes)
{
	size_t end;

	if (offset >= STREAM_SIZE)
		return true;
	end = bytes.len < STREAM_SIZE - offset ? offset + bytes.len : STREAM_SIZE;
	for (size_t at = offset; at < end; at++) {
		if (is_filled(stream, at) && stream->data[at] != bytes.data[at - offset])
			return false;
	}
	for (size_t at = offset; at < end; at++) {
		stream->data[at] = bytes.data[at - offset];
		stream->filled[at / 8] |= (uint8_t)(1u << (at % 8));
	}
	while (stream->ready < STREAM_SIZE && is_filled(stream, stream->ready))
		stream->ready++;
	return true;
}
