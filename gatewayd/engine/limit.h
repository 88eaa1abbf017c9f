/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes counted under limit rules, here and by the kernel. */
#ifndef GATEWAYD_ENGINE_LIMIT_H
#define GATEWAYD_ENGINE_LIMIT_H

#include "engine/engine.h"

#define COUNTS_MOST 512

struct flow;
struct passage;

/* One direction. */
struct spent_bytes {
	uint64_t bytes;   /* in this window, ours and the kernel's; never above most */
	uint64_t most;    /* 0: no limit this way */
	uint64_t reading; /* the kernel's count when it was told last */
	int64_t window;   /* minutes, hours or days of the local clock since 1970 */
	uint32_t seconds; /* that a window has */
	bool spent;       /* a packet did not fit */
	time_us behind;   /* the clock is before the window since then; 0: it is not */
};

struct spent {
	uint64_t id; /* the key: the same after a restart */
	struct mac mac;
	struct address address; /* of a device that has no MAC */
	char rule[80];
	struct spent_bytes up, down;
	uint32_t flows; /* that the kernel counts */
	bool in_kernel; /* it has counters for it */
	bool dirty;     /* and they may go to another number of bytes than they were told */
	uint32_t untold;
};

/* What the kernel is to be told, in order. */
struct count_queue {
	struct limit_change changes[COUNTS_MOST];
	unsigned first, count;
	bool dirty; /* so is some limit */
};

/*
 * Counts the packet of a flow that a limit rule decided. False: it does not
 * fit, and the limit is spent.
 */
bool limit_count(struct engine *engine, struct passage *passage);
/* A packet that was on its way here when the kernel began to count its flow. */
bool limit_is_the_kernels(const struct engine *engine, struct passage *passage);
/* Is the limit that decided the flow spent already? */
bool limit_is_spent(struct engine *engine, struct flow *flow);
/* "limit spent (2.0 of 2 MB today)" */
void limit_reason(struct engine *engine, struct flow *flow, char *text, size_t size);
/* The kernel may count the rest of the flow. */
void limit_leave(struct engine *engine, struct flow *flow);
/* The kernel need not count it any longer. */
void limit_end(struct engine *engine, struct flow *flow);
/* Windows end. */
void limit_advance(struct engine *engine);

#endif
