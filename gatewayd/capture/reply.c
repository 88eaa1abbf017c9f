/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forged packets are collected and leave with one system call for each family.
 * The sender owns a fixed buffer; nothing is allocated after reply_open().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/reply.h"

#define REPLIES_MOST 64 /* collected of one family */
#define BUFFER_SIZE 65536
#define IPV4_HEADER 20
#define IPV6_HEADER 40

union destination {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct outbox {
	int fd;
	unsigned count;
	struct mmsghdr messages[REPLIES_MOST];
	struct iovec parts[REPLIES_MOST];
	union destination to[REPLIES_MOST];
};

struct reply_sender {
	struct outbox v4, v6;
	struct reply_counters counters;
	size_t used;
	uint8_t buffer[BUFFER_SIZE];
};

static int open_raw(int family)
{
	/* IPPROTO_RAW: the header comes from us, in both families. */
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);

	return fd < 0 ? -errno : fd;
}

struct reply_sender *reply_open(char *error, size_t error_size)
{
	struct reply_sender *sender = calloc(1, sizeof(*sender));

	if (!sender) {
		snprintf(error, error_size, "no memory for the raw sockets");
		return NULL;
	}
	sender->v4.fd = open_raw(AF_INET);
	/* A kernel without IPv6 has nobody to answer there. */
	sender->v6.fd = open_raw(AF_INET6);
	if (sender->v4.fd < 0 || (sender->v6.fd < 0 && sender->v6.fd != -EAFNOSUPPORT)) {
		int problem = sender->v4.fd < 0 ? sender->v4.fd : sender->v6.fd;

		if (problem == -EPERM || problem == -EACCES)
			snprintf(error, error_size,
				 "a raw socket for refusals needs CAP_NET_RAW: run as root, "
				 "or give the service that capability");
		else
			snprintf(error, error_size, "cannot open a raw socket: %s",
				 strerror(-problem));
		reply_close(sender);
		return NULL;
	}
	return sender;
}

void reply_close(struct reply_sender *sender)
{
	if (!sender)
		return;
	if (sender->v4.fd >= 0)
		close(sender->v4.fd);
	if (sender->v6.fd >= 0)
		close(sender->v6.fd);
	free(sender);
}

int reply_set_mark(struct reply_sender *sender, uint32_t mark)
{
	if (setsockopt(sender->v4.fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0)
		return -errno;
	if (sender->v6.fd >= 0 &&
	    setsockopt(sender->v6.fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0)
		return -errno;
	return 0;
}

static void send_outbox(struct reply_sender *sender, struct outbox *outbox)
{
	unsigned done = 0;

	while (done < outbox->count) {
		int sent = sendmmsg(outbox->fd, outbox->messages + done, outbox->count - done,
				    MSG_DONTWAIT);

		sender->counters.send_calls++;
		if (sent > 0) {
			done += (unsigned)sent;
		} else if (errno != EINTR) {
			/* The first of them cannot be sent; the others may. */
			sender->counters.failed++;
			done++;
		}
	}
	outbox->count = 0;
}

void reply_flush(struct reply_sender *sender)
{
	send_outbox(sender, &sender->v4);
	send_outbox(sender, &sender->v6);
	sender->used = 0;
}

/* Where the packet says it goes; 0: it is no whole IP header. */
static socklen_t read_destination(struct bytes packet, uint32_t scope, union destination *ret_to)
{
	union destination to;

	memset(&to, 0, sizeof(to));
	if (packet.len >= IPV4_HEADER && packet.data[0] >> 4 == 4) {
		to.v4.sin_family = AF_INET;
		memcpy(&to.v4.sin_addr, packet.data + 16, 4);
		*ret_to = to;
		return sizeof(to.v4);
	}
	if (packet.len >= IPV6_HEADER && packet.data[0] >> 4 == 6) {
		to.v6.sin6_family = AF_INET6;
		memcpy(&to.v6.sin6_addr, packet.data + 24, 16);
		if (IN6_IS_ADDR_LINKLOCAL(&to.v6.sin6_addr))
			to.v6.sin6_scope_id = scope;
		*ret_to = to;
		return sizeof(to.v6);
	}
	return 0;
}

void reply_add(struct reply_sender *sender, struct bytes packet, uint32_t scope)
{
	union destination to;
	socklen_t to_len = read_destination(packet, scope, &to);
	struct outbox *outbox;
	struct mmsghdr *message;

	if (!to_len || packet.len > BUFFER_SIZE) {
		sender->counters.failed++;
		return;
	}
	outbox = to.any.sa_family == AF_INET ? &sender->v4 : &sender->v6;
	if (outbox->fd < 0) {
		sender->counters.failed++;
		return;
	}
	if (outbox->count == REPLIES_MOST || BUFFER_SIZE - sender->used < packet.len)
		reply_flush(sender);
	message = &outbox->messages[outbox->count];
	outbox->to[outbox->count] = to;
	outbox->parts[outbox->count].iov_base = sender->buffer + sender->used;
	outbox->parts[outbox->count].iov_len = packet.len;
	memcpy(sender->buffer + sender->used, packet.data, packet.len);
	sender->used += packet.len;
	memset(message, 0, sizeof(*message));
	message->msg_hdr.msg_name = &outbox->to[outbox->count];
	message->msg_hdr.msg_namelen = to_len;
	message->msg_hdr.msg_iov = &outbox->parts[outbox->count];
	message->msg_hdr.msg_iovlen = 1;
	outbox->count++;
}

void reply_counters(const struct reply_sender *sender, struct reply_counters *ret_counters)
{
	*ret_counters = sender->counters;
}
