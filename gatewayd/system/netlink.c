/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmnl's own mnl_cb_run() stops at a dump that was interrupted and leaves
 * the rest of it in the socket; this goes on to the end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "system/netlink.h"

#define BUFFER_SIZE 32768

union buffer {
	struct nlmsghdr align;
	char bytes[BUFFER_SIZE];
};

struct mnl_socket *netlink_open(int bus, int receive_buffer)
{
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int fd, problem;

	if (!socket)
		return NULL;
	fd = mnl_socket_get_fd(socket);
	if (receive_buffer &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof(receive_buffer)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
				 sizeof(receive_buffer));
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return socket;
	problem = errno;
	mnl_socket_close(socket);
	errno = problem;
	return NULL;
}

void netlink_close(struct mnl_socket *socket)
{
	if (socket)
		mnl_socket_close(socket);
}

static int read_error(const struct nlmsghdr *message)
{
	int error = -EBADMSG;

	if (message->nlmsg_len >= sizeof(*message) + sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
	return error;
}

struct answer {
	uint32_t sequence;
	netlink_message *each;
	void *context;
	int result;
	bool interrupted, done;
};

static void read_messages(struct answer *answer, const union buffer *buffer, int left)
{
	const struct nlmsghdr *message = &buffer->align;

	for (; mnl_nlmsg_ok(message, left) && !answer->done;
	     message = mnl_nlmsg_next(message, &left)) {
		/* The rest of an answer that nobody waited for. */
		if (message->nlmsg_seq != answer->sequence)
			continue;
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			answer->interrupted = true;
		if (message->nlmsg_type == NLMSG_DONE) {
			answer->done = true;
		} else if (message->nlmsg_type == NLMSG_ERROR) {
			answer->done = true;
			answer->result = read_error(message);
		} else if (message->nlmsg_type >= NLMSG_MIN_TYPE && answer->each) {
			answer->each(answer->context, message);
		}
	}
}

int netlink_ask(struct mnl_socket *socket, const struct nlmsghdr *request, netlink_message *each,
		void *context)
{
	struct answer answer = {request->nlmsg_seq, each, context, 0, false, false};
	union buffer buffer;

	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	while (!answer.done) {
		ssize_t len = recv(mnl_socket_get_fd(socket), &buffer, sizeof(buffer), 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		read_messages(&answer, &buffer, (int)len);
	}
	if (answer.result == 0 && answer.interrupted)
		return -EINTR;
	return answer.result;
}

int netlink_listen(struct mnl_socket *socket, netlink_message *each, void *context)
{
	union buffer buffer;
	int result = 0;

	for (;;) {
		ssize_t len =
			recv(mnl_socket_get_fd(socket), &buffer, sizeof(buffer), MSG_DONTWAIT);
		const struct nlmsghdr *message = &buffer.align;
		int left = (int)len;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == ENOBUFS) {
			result = -ENOBUFS;
			continue;
		}
		if (len < 0 && errno != EAGAIN)
			return -errno;
		if (len <= 0)
			return result;
		for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
			if (message->nlmsg_type >= NLMSG_MIN_TYPE)
				each(context, message);
	}
}

static int note_attribute(const struct nlattr *attribute, void *context)
{
	struct netlink_attributes *attributes = context;

	if (mnl_attr_get_type(attribute) < NETLINK_ATTRIBUTES)
		attributes->of[mnl_attr_get_type(attribute)] = attribute;
	return MNL_CB_OK;
}

void netlink_read_attributes(const struct nlmsghdr *message, size_t header_size,
			     struct netlink_attributes *ret_attributes)
{
	memset(ret_attributes, 0, sizeof(*ret_attributes));
	(void)mnl_attr_parse(message, (unsigned)header_size, note_attribute, ret_attributes);
}

void netlink_read_nested(const struct nlattr *nest, struct netlink_attributes *ret_attributes)
{
	memset(ret_attributes, 0, sizeof(*ret_attributes));
	(void)mnl_attr_parse_nested(nest, note_attribute, ret_attributes);
}
