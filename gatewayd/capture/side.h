/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On which side of the gateway each end of a captured packet is. In a capture
 * there are no interfaces to tell, so it is told by the LAN's prefixes, and by
 * what was seen of each MAC: one that carries traffic of the LAN to and from
 * elsewhere is a router's; one that sends from an address of the LAN and is no
 * router's is a device's, whatever other addresses it uses.
 */
#ifndef GATEWAYD_CAPTURE_SIDE_H
#define GATEWAYD_CAPTURE_SIDE_H

#include "base/packet.h"
#include "capture/link.h"

struct sides;

/* count 0: the private ranges of v4 and v6. NULL: no memory. */
struct sides *sides_new(const struct prefix *lan, size_t count);
void sides_free(struct sides *sides);
void sides_learn(struct sides *sides, const struct link_frame *frame);
/* Fills in hook, direction and mac. */
void sides_judge(const struct sides *sides, const struct link_frame *frame, struct packet *packet);

#endif
