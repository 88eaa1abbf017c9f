/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Later fragments follow the first. */
#ifndef GATEWAYD_ENGINE_FRAGMENT_H
#define GATEWAYD_ENGINE_FRAGMENT_H

#include "engine/engine.h"

struct passage;

struct fragment_key {
	struct address src, dst;
	uint32_t id;
	uint32_t ip_protocol;
};

struct fragment {
	struct fragment_key key;
	time_us time;
	bool accept;
};

void fragment_remember(struct engine *engine, const struct passage *passage);
/* Is this a later fragment? Then its verdict is given. */
bool fragment_follow(struct engine *engine, struct passage *passage);

#endif
