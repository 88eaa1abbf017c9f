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
#ifndef GATEWAYD_LIMITS_H
#define GATEWAYD_LIMITS_H

#include "engine/engine.h"

/* What the kernel's counters say that an earlier process left. */
struct limits_reading {
	uint64_t limit, count;
	bool up;
};
struct limits_readings {
	struct limits_reading *readings;
	size_t count, size;
};
/* Is a nft_limit_counted. What finds no memory is lost. */
void limits_add_reading(void *readings, uint64_t limit, bool up, uint64_t count);

/* 0 or a negative errno. Nothing is written when nothing changed; *digest: 0 at first. */
int limits_save(const struct engine *engine, const char *path, uint64_t *digest);
/* How many were restored, or a negative errno as of bindings_load(). */
int limits_load(struct engine *engine, const char *path, const struct limits_readings *readings);

#endif
