/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nft, conntrack and interfaces share: a netlink socket, and a question
 * to the kernel with all of its answer.
 */
#ifndef GATEWAYD_SYSTEM_NETLINK_H
#define GATEWAYD_SYSTEM_NETLINK_H

#include <stdbool.h>
#include <stddef.h>

#include <libmnl/libmnl.h>

/*
 * bus: NETLINK_NETFILTER or NETLINK_ROUTE; receive_buffer 0: as the system has
 * it. NULL: errno says why.
 */
struct mnl_socket *netlink_open(int bus, int receive_buffer);
void netlink_close(struct mnl_socket *socket);

typedef void netlink_message(void *context, const struct nlmsghdr *message);

/*
 * Sends a request, which must have NLM_F_DUMP or NLM_F_ACK, and reads to the
 * end of the answer. 0 or a negative errno; -EINTR: all was read, but it
 * changed meanwhile.
 */
int netlink_ask(struct mnl_socket *socket, const struct nlmsghdr *request, netlink_message *each,
		void *context);

/*
 * Messages that wait on a socket which listens. 0; -ENOBUFS: there was more
 * than the socket could hold; or another negative errno.
 */
int netlink_listen(struct mnl_socket *socket, netlink_message *each, void *context);

/* Puts attributes into a table of that many, by type. */
#define NETLINK_ATTRIBUTES 64
struct netlink_attributes {
	const struct nlattr *of[NETLINK_ATTRIBUTES];
};
/* Of a message whose own header is header_size long. */
void netlink_read_attributes(const struct nlmsghdr *message, size_t header_size,
			     struct netlink_attributes *ret_attributes);
void netlink_read_nested(const struct nlattr *nest, struct netlink_attributes *ret_attributes);

#endif
