/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine tells the kernel about counting bytes under limit rules:
 * which flows, and how far.
 */
#ifndef GATEWAYD_BASE_LIMIT_H
#define GATEWAYD_BASE_LIMIT_H

#include "base/addr.h"
#include "base/protocol.h"

/* One direction: the kernel's count now, and the one at which it must ask. */
struct limit_range {
	uint64_t from, to;
};

#define LIMIT_UNLIMITED ((uint64_t)INT64_MAX) /* in the place of `to` */

struct limit_change {
	enum limit_change_kind {
		LIMIT_SET,    /* how far a limit goes now */
		LIMIT_COUNT,  /* the same, and count this flow under it */
		LIMIT_END,    /* count this flow no longer */
		LIMIT_FORGET, /* the limit is gone */
	} kind;
	uint64_t limit;                /* which; the same number after a restart */
	struct limit_range up, down;   /* all but END */
	struct address device, remote; /* COUNT, END: addresses and ports as forwarded */
	uint16_t device_port, remote_port;
	enum transport transport; /* TCP or UDP */
};

#endif
