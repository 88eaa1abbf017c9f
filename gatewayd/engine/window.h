/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far the device may run ahead. */
#ifndef GATEWAYD_ENGINE_WINDOW_H
#define GATEWAYD_ENGINE_WINDOW_H

#include "engine/engine.h"

struct passage;

/* What comes back while the flow is read: its window is kept small. */
void strip_down(struct engine *engine, struct passage *passage);

#endif
