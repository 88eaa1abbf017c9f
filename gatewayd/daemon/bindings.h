/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which names DNS gave to whom, kept below /run over a restart of the daemon,
 * so that no device looks as if it had used addresses of its own.
 *
 *	gatewayd-bindings 1
 *	MAC DEVICE-ADDRESS ADDRESS EXPIRES NAME [CNAME...]
 *	end
 *
 * EXPIRES in seconds since 1970; "-" stands for no device address. A file
 * that does not look like this is as good as none.
 */
#ifndef GATEWAYD_DAEMON_BINDINGS_H
#define GATEWAYD_DAEMON_BINDINGS_H

#include "engine/engine.h"

/* 0 or a negative errno. Nothing is written when nothing changed; *digest: 0 at first. */
int bindings_save(const struct engine *engine, const char *path, uint64_t *digest);
/*
 * How many were restored, or would be when engine is NULL; -ENOENT: there is
 * no file, -EINVAL: it is damaged.
 */
int bindings_load(struct engine *engine, const char *path, time_us now);

#endif
