/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was used of each limit, kept over a restart.
 *
 *	gatewayd-limits 1
 *	MAC ADDRESS UP DOWN RULE
 *	end
 *
 * UP and DOWN: window, seconds of a window, bytes in it, the limit, the
 * kernel's count at that time, 1 when it is spent; see struct limit_use. "-"
 * stands for no address. A file that does not look like this is as good as none.
 */
#ifndef GATEWAYD_DAEMON_LIMIT_COUNTS_H
#define GATEWAYD_DAEMON_LIMIT_COUNTS_H

#include "engine/engine.h"

/* What the kernel's counters say that an earlier process left. */
struct limit_counts_reading {
	uint64_t limit, count;
	bool up;
};
struct limit_counts_readings {
	struct limit_counts_reading *readings;
	size_t count, size;
};
/* Is a nft_limit_counted. What finds no memory is lost. */
void limit_counts_add_reading(void *readings, uint64_t limit, bool up, uint64_t count);

/* 0 or a negative errno. Nothing is written when nothing changed; *digest: 0 at first. */
int limit_counts_save(const struct engine *engine, const char *path, uint64_t *digest);
/* How many were restored, or a negative errno as of bindings_load(). */
int limit_counts_load(struct engine *engine, const char *path,
		      const struct limit_counts_readings *readings);

#endif
