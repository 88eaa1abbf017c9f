/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first payload: what a flow is and whose name it asks for. */
#ifndef GATEWAYD_ENGINE_FIRST_H
#define GATEWAYD_ENGINE_FIRST_H

#include "engine/engine.h"

struct passage;

/* False: the packet is not to be let through whatever the policy says. */
bool first_read(struct engine *engine, struct passage *passage);

#endif
