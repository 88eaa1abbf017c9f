/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells about its queues: /proc/net/netfilter/nfnetlink_queue.
 */
#ifndef GATEWAYD_CAPTURE_QUEUE_STATE_H
#define GATEWAYD_CAPTURE_QUEUE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue_state {
	uint32_t port_id; /* of the netlink socket that has the queue */
	uint32_t waiting; /* packets without a verdict yet */
	uint32_t queue_drops, user_drops;
};

/* One line of that file; false: it is not about this queue. */
bool queue_state_parse(const char *line, uint16_t queue, struct queue_state *ret_state);
/* False: nobody has this queue, or the kernel does not tell. */
bool queue_state_read(uint16_t queue, struct queue_state *ret_state);
/* "process 123 (name)" or "port ID 123": whose socket it is. */
void queue_state_print_owner(uint32_t port_id, char *text, size_t size);
/* "process 123 (name)", which has the socket with that inode; false: none is seen to. */
bool queue_state_print_process(unsigned long inode, char *text, size_t size);

#endif
