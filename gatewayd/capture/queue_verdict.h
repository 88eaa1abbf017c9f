/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts on the way back to the kernel's queue: many in one sendmsg(), as
 * netlink takes them. Private to capture/.
 */
#ifndef GATEWAYD_CAPTURE_QUEUE_VERDICT_H
#define GATEWAYD_CAPTURE_QUEUE_VERDICT_H

#include <sys/uio.h>

#include <linux/netlink.h>

#include "capture/capture.h"

#define VERDICT_BATCH 32

struct verdict_batch {
	int fd; /* the netlink socket, not ours */
	uint16_t queue;
	uint64_t calls, failed; /* of sendmsg(); verdicts that the kernel did not take */

	/* Each message up to the bytes of an edited packet. */
	union {
		struct nlmsghdr align;
		char bytes[64];
	} heads[VERDICT_BATCH];
	struct iovec parts[3 * VERDICT_BATCH];
	/* Sixteen bits fit into msg_iovlen of every C library without a warning. */
	uint16_t first_part[VERDICT_BATCH]; /* of each verdict */
	uint16_t part_count;
	unsigned count;
	size_t bytes;
};

/*
 * decision: NF_ACCEPT and so on. edited: the packet's new bytes, or none; they
 * must stay where they are until the batch is sent, which a full one is at once.
 */
void verdict_batch_add(struct verdict_batch *batch, uint32_t id, uint32_t decision, uint32_t mark,
		       struct bytes edited);
void verdict_batch_send(struct verdict_batch *batch);

#endif
