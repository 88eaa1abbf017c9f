/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One capture through one or two engines, and what came of it. The run is in
 * replay_run.c, what is printed in replay.c. Private to gatewayctl.
 */
#ifndef GATEWAYD_CLIENT_REPLAY_H
#define GATEWAYD_CLIENT_REPLAY_H

#include "client/client.h"
#include "engine/engine.h"

/* A flow that is over: kept as the line of JSON that it will be printed as. */
struct replay_flow {
	uint64_t number;
	enum policy_action action;
	bool waiting, observed, is_dns;
	char *line;
};

/* What was refused or stripped, by device and destination. */
struct replay_refusal {
	char device[64];
	char destination[NAME_TEXT_SIZE];
	uint8_t action;
	uint8_t question;
	uint8_t observed;
	/* ---- the key ends here ---- */
	uint64_t count;
	char rule[80];
	char reason[128];
};

struct table;
struct geo;
struct lists;
struct vendor;
struct identify_table;

/* One policy and what it makes of the capture. */
struct replay_side {
	const char *directory;
	struct policy_set *set;
	struct geo *geo;
	struct lists *lists;
	struct engine *engine;
	struct replay_flow *flows;
	size_t flow_count, flow_capacity;
	struct redact_keys *keys; /* shipped */
	struct vendor *vendor;    /* may be NULL, as may the next */
	struct identify_table *identify;
	struct table *refusals;
	bool no_memory;
};

struct replay {
	const struct client *client;
	struct replay_side sides[2];
	unsigned side_count;
	struct table *senders; /* see offload.h */
	uint64_t packets, skipped;
	time_us first, last; /* of the packets */
	time_us advanced;    /* the engines' clocks */
	char error[512];     /* why the capture ended early; empty: it did not */
};

/* Reads the files, checks the policy's name. False: a message was printed. */
bool replay_open(struct replay *replay, const struct client *client);
void replay_close(struct replay *replay);
/* False: the capture could not be opened at all; a message was printed. */
bool replay_run(struct replay *replay);

#endif
