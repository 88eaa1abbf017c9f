/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that were seen and what they said of themselves, in a file of
 * our own, so that a restart does not make strangers of them.
 */
#ifndef GATEWAYD_DAEMON_KNOWN_H
#define GATEWAYD_DAEMON_KNOWN_H

#include "engine/engine.h"

/* *digest is of what was written last: the same again is not written. 0 or a negative errno. */
int known_save(const struct engine *engine, const char *path, uint64_t *digest);
/* How many, or a negative errno; -EINVAL: not such a file. Those long gone are left out. */
int known_load(struct engine *engine, const char *path, time_us now);

#endif
