/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes a packet queue of the kernel's and says in words why it cannot.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>

#include "capture/queue_bind.h"
#include "capture/queue_state.h"

#define QUEUE_LENGTH 4096
#define COPY_RANGE 0xffff
#define RECEIVE_BUFFER (4 * 1024 * 1024)
#define SEND_BUFFER (512 * 1024)

bool queue_read_number(const void *message, size_t len, uint32_t *ret_id)
{
	struct nlmsghdr header;
	struct nlattr attribute;
	struct nfqnl_msg_packet_hdr packet;
	size_t offset = sizeof(header) + sizeof(struct nfgenmsg);

	if (len < offset + sizeof(attribute) + sizeof(packet))
		return false;
	memcpy(&header, message, sizeof(header));
	memcpy(&attribute, (const char *)message + offset, sizeof(attribute));
	memcpy(&packet, (const char *)message + offset + sizeof(attribute), sizeof(packet));
	if (header.nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET) ||
	    attribute.nla_type != NFQA_PACKET_HDR)
		return false;
	*ret_id = ntohl(packet.packet_id);
	return true;
}

/* The rules were there first and a packet came before the kernel's answer. */
static void repeat_packet(struct mnl_socket *socket, uint16_t queue, uint32_t id)
{
	char buffer[256];
	struct nlmsghdr *header = nfq_nlmsg_put(buffer, NFQNL_MSG_VERDICT, queue);

	nfq_nlmsg_verdict_put(header, (int)id, NF_REPEAT);
	(void)mnl_socket_sendto(socket, header, header->nlmsg_len);
}

static int await_answer(struct mnl_socket *socket, uint16_t queue)
{
	char answer[1024];
	struct nlmsghdr header;
	uint32_t id;
	int error;

	for (;;) {
		ssize_t len = recv(mnl_socket_get_fd(socket), answer, sizeof(answer), 0);

		if (len < 0 && (errno == EINTR || errno == ENOBUFS))
			continue;
		if (len < 0)
			return -errno;
		if (queue_read_number(answer, (size_t)len, &id)) {
			repeat_packet(socket, queue, id);
			continue;
		}
		if ((size_t)len < sizeof(header) + sizeof(error))
			continue;
		memcpy(&header, answer, sizeof(header));
		if (header.nlmsg_type != NLMSG_ERROR)
			continue;
		memcpy(&error, answer + sizeof(header), sizeof(error));
		return error;
	}
}

/* An obsolete command that does nothing; without the capability it is refused. */
static int ask_nothing(struct mnl_socket *socket)
{
	char buffer[256];
	struct nlmsghdr *header = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, 0);

	nfq_nlmsg_cfg_put_cmd(header, AF_INET, NFQNL_CFG_CMD_PF_BIND);
	header->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		return -errno;
	return await_answer(socket, 0);
}

int queue_try(void)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int problem = -EPROTONOSUPPORT;

	if (socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0)
		problem = ask_nothing(socket);
	if (socket)
		mnl_socket_close(socket);
	return problem;
}

/* All in one message, so that no packet finds the queue half set up. */
static int configure(struct mnl_socket *socket, uint16_t queue)
{
	char buffer[256];
	struct nlmsghdr *header = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, queue);

	nfq_nlmsg_cfg_put_cmd(header, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	nfq_nlmsg_cfg_put_params(header, NFQNL_COPY_PACKET, COPY_RANGE);
	nfq_nlmsg_cfg_put_qmaxlen(header, QUEUE_LENGTH);
	mnl_attr_put_u32(header, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO));
	mnl_attr_put_u32(header, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
	header->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		return -errno;
	return await_answer(socket, queue);
}

static void explain(struct mnl_socket *socket, uint16_t queue, int problem, char *error,
		    size_t size)
{
	unsigned number = queue;
	struct queue_state state;
	char owner[128];

	if (problem == -EPERM && ask_nothing(socket) == -EPERM) {
		snprintf(error, size,
			 "queue %u: needs CAP_NET_ADMIN: run as root, or give the service that "
			 "capability",
			 number);
	} else if ((problem == -EPERM || problem == -EBUSY) && queue_state_read(queue, &state)) {
		queue_state_print_owner(state.port_id, owner, sizeof(owner));
		snprintf(error, size, "queue %u is taken by %s: stop it, or set network.queue",
			 number, owner);
	} else if (problem == -EINVAL || problem == -EOPNOTSUPP) {
		snprintf(error, size,
			 "queue %u: this kernel has no packet queue "
			 "(CONFIG_NETFILTER_NETLINK_QUEUE; OpenWrt: kmod-nft-queue, "
			 "kmod-nfnetlink-queue)",
			 number);
	} else {
		snprintf(error, size, "queue %u: %s", number, strerror(-problem));
	}
}

static void set_buffers(int fd)
{
	int receive = RECEIVE_BUFFER, sending = SEND_BUFFER;

	/* Beyond the system's limit with CAP_NET_ADMIN, else up to it. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof(receive)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sending, sizeof(sending)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sending, sizeof(sending));
}

struct mnl_socket *queue_bind(uint16_t queue, char *error, size_t error_size)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int problem;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		if (errno == EPROTONOSUPPORT)
			snprintf(error, error_size,
				 "this kernel has no nfnetlink (CONFIG_NETFILTER_NETLINK; OpenWrt: "
				 "kmod-nfnetlink)");
		else
			snprintf(error, error_size, "netlink socket: %s", strerror(errno));
		if (socket)
			mnl_socket_close(socket);
		return NULL;
	}
	set_buffers(mnl_socket_get_fd(socket));
	problem = configure(socket, queue);
	if (problem == 0)
		return socket;
	explain(socket, queue, problem, error, error_size);
	mnl_socket_close(socket);
	return NULL;
}
