/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that have a default route, of IPv4 or IPv6: the other end of
 * what a flowtable of ours would carry.
 */
#ifndef GATEWAYD_UPLINKS_H
#define GATEWAYD_UPLINKS_H

#include <stddef.h>

#define UPLINKS_MOST 8
#define UPLINK_NAME_SIZE 16 /* IFNAMSIZ */

struct uplinks {
	char names[UPLINKS_MOST][UPLINK_NAME_SIZE];
	size_t count;
};

/* From /proc/net; none when that cannot be read. */
void uplinks_read(struct uplinks *ret_uplinks);

#endif
