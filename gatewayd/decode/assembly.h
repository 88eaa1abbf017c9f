/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message put together from pieces in any order (struct first_assembly). The
 * same byte may come many times, but always the same: two end points that
 * choose differently would read two different names.
 */
#ifndef GATEWAYD_DECODE_ASSEMBLY_H
#define GATEWAYD_DECODE_ASSEMBLY_H

#include "decode/first.h"

/* Forgets what is there and begins to collect for this protocol. */
void assembly_start(struct first_assembly *assembly, enum protocol protocol);

/*
 * False: a byte contradicts one that is there. What lies beyond the bound is
 * left out.
 */
bool assembly_put(struct first_assembly *assembly, uint64_t offset, struct bytes piece);

/* The bytes from the beginning on, up to the first that is missing. */
struct bytes assembly_run(const struct first_assembly *assembly);

#endif
