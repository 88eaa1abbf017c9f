/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first bytes of a TCP stream, in order. */
#ifndef GATEWAYD_ENGINE_STREAM_H
#define GATEWAYD_ENGINE_STREAM_H

#include "decode/first.h"
#include "engine/engine.h"

struct flow;

#define STREAM_SIZE FIRST_STREAM_MOST
#define DNS_UP_SIZE 2048

/* What is being collected of one flow, whose is told by its index + 1. */
struct stream {
	struct flow *flow; /* NULL: free */
	time_us used;
	size_t ready; /* bytes there from the beginning on without a hole */
	union {
		struct {
			uint8_t filled[STREAM_SIZE / 8]; /* a bit for each byte of data */
			uint8_t data[STREAM_SIZE];
		};
		struct first_assembly assembly; /* UDP */
		struct {                        /* DNS over TCP */
			uint8_t up[DNS_UP_SIZE];
			uint8_t down[STREAM_SIZE - DNS_UP_SIZE];
		} dns;
	};
};

struct stream *stream_of(struct engine *engine, struct flow *flow);
void stream_release(struct engine *engine, struct flow *flow);
/*
 * Puts bytes in their place. False: they contradict what is there, and the
 * server must not see them.
 */
bool stream_put(struct stream *stream, size_t offset, struct bytes bytes);

#endif
