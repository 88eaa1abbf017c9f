/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon remembers of the past for people who ask: the latest
 * events, and what was blocked since midnight, by device and destination. All
 * memory is taken by history_new(); the rarest destination gives way when
 * there are too many.
 */
#ifndef GATEWAYD_DAEMON_HISTORY_H
#define GATEWAYD_DAEMON_HISTORY_H

#include "engine/engine.h"

#define HISTORY_EVENTS 128
#define HISTORY_REFUSALS 128

struct history;

struct history_refusal {
	char device[64];
	char destination[NAME_TEXT_SIZE]; /* a name, else an address */
	bool question;                    /* refused as a DNS question */
	bool observed;                    /* would have been, but the mode let it pass */
	uint64_t count;
	time_us last;
	char rule[80];
	char reason[128];
};

struct history_day {
	time_us since; /* midnight, or when the daemon began; 0: nothing yet */
	uint64_t flows_blocked, questions_refused, flows_stripped, observed;
};

/* NULL: no memory. */
struct history *history_new(void);
void history_free(struct history *history);

/* The time goes on, so that yesterday ends without an event, too. */
void history_advance(struct history *history, time_us now);
void history_add(struct history *history, const struct event *event);

void history_day(const struct history *history, struct history_day *ret_day);
/* Most often refused first; NULL past the last. Good until the next history_add(). */
const struct history_refusal *history_refusal_at(struct history *history, size_t index);
/* Oldest first. */
void history_each_event(const struct history *history,
			void (*each)(void *context, const struct event *event), void *context);

#endif
