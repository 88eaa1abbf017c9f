/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What long work calls between its parts, so that packets do not wait for its
 * end. Whoever calls it must be in a state in which others may look at all but
 * the work itself. NULL: nobody waits.
 */
#ifndef GATEWAYD_BASE_PAUSE_H
#define GATEWAYD_BASE_PAUSE_H

#include <stddef.h>

struct pause {
	void (*take)(void *context);
	void *context;
};

static inline void pause_take(const struct pause *pause)
{
	if (pause)
		pause->take(pause->context);
}

#endif
