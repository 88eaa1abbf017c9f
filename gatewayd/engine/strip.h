/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edits by sequence number. */
#ifndef GATEWAYD_ENGINE_STRIP_H
#define GATEWAYD_ENGINE_STRIP_H

#include "engine/flow.h"
#include "redact/editor.h"

/* Bytes that can be asked for again; powers of two. */
#define STRIP_KEPT 262144
#define STRIP_KEPT_LARGE 1048576 /* of a stream that sends more, while there is room */
#define STRIP_LARGE_MOST 4

struct strip {
	struct flow *flow; /* NULL: free */
	time_us used;
	time_us fed;     /* when the last new bytes came */
	uint32_t origin; /* sequence number of the stream's first byte */
	uint32_t oldest; /* of the oldest byte kept */
	uint32_t edge;   /* of the next byte to be edited */
	uint32_t held;   /* bytes before the edge that may yet change */
	bool given_up;   /* opaque, and the rule lets it pass */
	struct stream_editor editor;
	uint8_t *kept; /* by distance from the origin, modulo its size: own or a large one */
	uint32_t kept_size;
	uint8_t own[STRIP_KEPT];
};

/* A packet of a flow that a strip rule decided; gives its verdict. */
void strip_packet(struct engine *engine, struct passage *passage);
/* Forgets the stream; what is still held of it is dropped. */
void strip_release(struct engine *engine, struct flow *flow, enum strip_state state);
void strip_advance(struct engine *engine);
/* Before other plans take the place of those that the streams were read with. */
void strip_forget_secrets(struct engine *engine);

#endif
