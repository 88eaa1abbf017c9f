/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet queue of the kernel's, bound and set up: whole packets, not cut at
 * the MTU (GSO), large buffers.
 */
#ifndef GATEWAYD_CAPTURE_QUEUE_BIND_H
#define GATEWAYD_CAPTURE_QUEUE_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnl_socket;

/* NULL: the error buffer says who has the queue, or what is missing. */
struct mnl_socket *queue_bind(uint16_t queue, char *error, size_t error_size);

/*
 * Is there a packet queue, and may we have one? Takes none. 0 or a negative
 * errno: -EPERM without CAP_NET_ADMIN.
 */
int queue_try(void);

/*
 * The number of the packet in a message that may be cut: its header comes
 * first. False: it is not about a packet.
 */
bool queue_read_number(const void *message, size_t len, uint32_t *ret_id);

#endif
