/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes by device, as the kernel counted them: most packets of a flow never
 * come to the queue, so the engine does not see them. The kernel counts what
 * was let through, from the last change of the rules on; this adds it up.
 */
#ifndef GATEWAYD_DAEMON_TRAFFIC_H
#define GATEWAYD_DAEMON_TRAFFIC_H

#include "base/addr.h"
#include "base/hash.h"

struct traffic;

/* NULL: no memory. */
struct traffic *traffic_new(const struct hash_key *hash_key);
void traffic_free(struct traffic *traffic);

/* Whose bytes those to this address are. */
void traffic_learn_address(struct traffic *traffic, const struct address *address,
			   const struct mac *mac);
/* A reading: exactly one of mac (sent) and address (received) is given. */
void traffic_add(struct traffic *traffic, const struct mac *mac, const struct address *address,
		 uint64_t bytes);
/* The kernel's counters begin at zero again. */
void traffic_restart(struct traffic *traffic);
/* False: nothing was counted for this device. */
bool traffic_find(const struct traffic *traffic, const struct mac *mac, uint64_t *ret_up,
		  uint64_t *ret_down);

#endif
