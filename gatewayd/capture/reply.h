/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends whole IP packets in somebody else's name through raw sockets. They
 * carry a packet mark of state "pass", by which the rules know them: they are
 * neither queued nor tracked (see system/nft_rules.c).
 */
#ifndef GATEWAYD_CAPTURE_REPLY_H
#define GATEWAYD_CAPTURE_REPLY_H

#include "base/bytes.h"

struct reply_sender;

struct reply_counters {
	uint64_t failed;
	uint64_t send_calls;
};

/* Needs CAP_NET_RAW. NULL: the error buffer says why. */
struct reply_sender *reply_open(char *error, size_t error_size);
void reply_close(struct reply_sender *sender);
/* Of all that is sent from now on; needs CAP_NET_ADMIN or CAP_NET_RAW. */
int reply_set_mark(struct reply_sender *sender, uint32_t mark);
/*
 * Copies the packet; it leaves at the next flush, or sooner. scope: interface
 * by which a link-local destination is reached.
 */
void reply_add(struct reply_sender *sender, struct bytes packet, uint32_t scope);
void reply_flush(struct reply_sender *sender);
void reply_counters(const struct reply_sender *sender, struct reply_counters *ret_counters);

#endif
