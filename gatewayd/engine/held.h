/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that wait for a later one. */
#ifndef GATEWAYD_ENGINE_HELD_H
#define GATEWAYD_ENGINE_HELD_H

#include "decode/packet.h"
#include "engine/engine.h"

struct flow;
struct passage;

#define HELD_MOST 32
#define HELD_MOST_OF_FLOW 12
#define HELD_SIZE 66000

struct held {
	enum {
		HELD_FREE,
		HELD_WAITING,
		HELD_SETTLED
	} state;
	struct flow *flow;
	uint64_t number; /* in the order in which they came */
	enum verdict_action action;
	enum flow_mark mark;
	bool changed;
	struct packet packet;
	struct packet_headers headers;
	uint8_t data[HELD_SIZE];
};

/* Keeps the packet back, or drops it when there is no room. */
bool held_add(struct engine *engine, struct passage *passage);
/* It need not wait after all: its verdict is given at once. */
void held_take_back(struct passage *passage);
/* Gives up what has waited for too long. */
void held_expire(struct engine *engine);
void held_settle(struct held *held, enum verdict_action action, enum flow_mark mark);
void held_settle_all(struct engine *engine, struct flow *flow, enum verdict_action action,
		     enum flow_mark mark);

#endif
