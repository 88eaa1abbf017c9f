/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rival: an NFQUEUE program that accepts every packet and looks at none.
 * What it loses against plain forwarding is the price of the queue itself.
 * It reads and answers the way gatewayd does (GSO, recvmmsg, sendmmsg), so the
 * difference between the two is the work of deciding. With a second argument
 * it gives the kernel each packet's bytes back, unchanged: what a program must
 * pay that edits them, before it has edited any.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <libnetfilter_queue/libnetfilter_queue_tcp.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>

#define BATCH 64
#define BUFFER (0xffff + 4096)
#define VERDICT 128

static struct mmsghdr in[BATCH], out[BATCH];
static struct iovec in_vector[BATCH], out_vector[BATCH][2];
static char verdicts[BATCH][VERDICT];
static bool replace;

static int configure(struct mnl_socket *socket, uint16_t queue)
{
	static char buffer[8192];
	struct nlmsghdr *header = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, queue);
	nfq_nlmsg_cfg_put_cmd(header, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		return -1;
	header = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, queue);
	header->nlmsg_flags |= NLM_F_ACK;
	nfq_nlmsg_cfg_put_params(header, NFQNL_COPY_PACKET, 0xffff);
	nfq_nlmsg_cfg_put_qmaxlen(header, 8192);
	mnl_attr_put_u32(header, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO));
	mnl_attr_put_u32(header, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO));
	if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		return -1;
	ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
	if (length < 0)
		return -1;
	return mnl_cb_run(buffer, (size_t)length, 0, mnl_socket_get_portid(socket), NULL, NULL);
}

/*
 * The kernel takes bytes that are given back for whole ones, so the checksum
 * must be filled in where it was not; when it has to cut the packet first, it
 * does so itself.
 */
static void fill_checksum(const struct nlattr *info, struct nlattr *payload)
{
	uint32_t flags = info ? ntohl(mnl_attr_get_u32(info)) : 0;
	struct iphdr *ip = mnl_attr_get_payload(payload);
	if ((flags & NFQA_SKB_CSUMNOTREADY) && !(flags & NFQA_SKB_GSO) && ip->version == 4 &&
	    ip->protocol == IPPROTO_TCP)
		nfq_tcp_compute_checksum_ipv4((struct tcphdr *)(void *)((char *)ip + 4 * ip->ihl),
					      ip);
}

/* The packet's id; 0: this was no packet. */
static uint32_t read_packet(const struct nlmsghdr *header, struct nlattr **ret_payload)
{
	struct nlattr *attributes[NFQA_MAX + 1] = {NULL};
	if (nfq_nlmsg_parse(header, attributes) < 0 || !attributes[NFQA_PACKET_HDR])
		return 0;
	const struct nfqnl_msg_packet_hdr *packet =
		mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]);
	*ret_payload = attributes[NFQA_PAYLOAD];
	if (replace && *ret_payload)
		fill_checksum(attributes[NFQA_SKB_INFO], *ret_payload);
	return ntohl(packet->packet_id);
}

static void put_verdict(unsigned slot, uint16_t queue, uint32_t id, struct nlattr *payload)
{
	struct nlmsghdr *header = nfq_nlmsg_put(verdicts[slot], NFQNL_MSG_VERDICT, queue);
	nfq_nlmsg_verdict_put(header, (int)id, NF_ACCEPT);
	out_vector[slot][0].iov_len = header->nlmsg_len;
	out_vector[slot][1].iov_len = 0;
	if (!replace || !payload)
		return;
	/* The attribute as it came, with its padding, is the one that goes back. */
	out_vector[slot][1].iov_base = payload;
	out_vector[slot][1].iov_len = MNL_ALIGN(payload->nla_len);
	header->nlmsg_len += (uint32_t)MNL_ALIGN(payload->nla_len);
}

static void answer(struct mnl_socket *socket, uint16_t queue, int count)
{
	unsigned ready = 0;
	for (int i = 0; i < count; i++) {
		struct nlattr *payload = NULL;
		uint32_t id = read_packet(in_vector[i].iov_base, &payload);
		if (id)
			put_verdict(ready++, queue, id, payload);
	}
	for (unsigned sent = 0; sent < ready;) {
		int now = sendmmsg(mnl_socket_get_fd(socket), out + sent, ready - sent, 0);
		if (now <= 0)
			break;
		sent += (unsigned)now;
	}
}

static void prepare(void)
{
	static struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	for (int i = 0; i < BATCH; i++) {
		in_vector[i].iov_base = malloc(BUFFER);
		if (!in_vector[i].iov_base)
			abort();
		in_vector[i].iov_len = BUFFER;
		in[i].msg_hdr.msg_iov = &in_vector[i];
		in[i].msg_hdr.msg_iovlen = 1;
		out_vector[i][0].iov_base = verdicts[i];
		out[i].msg_hdr.msg_iov = out_vector[i];
		out[i].msg_hdr.msg_iovlen = 2;
		out[i].msg_hdr.msg_name = &kernel;
		out[i].msg_hdr.msg_namelen = sizeof(kernel);
	}
}

int main(int argc, char **argv)
{
	uint16_t queue = argc > 1 ? (uint16_t)strtoul(argv[1], NULL, 10) : 1;
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
	int one = 1, size = 16 << 20, sending = 1 << 20;
	replace = argc > 2;
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    configure(socket, queue) < 0) {
		perror("accept_all");
		return 1;
	}
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUFFORCE, &sending,
		   sizeof(sending));
	mnl_socket_setsockopt(socket, NETLINK_NO_ENOBUFS, &one, sizeof(one));
	prepare();
	puts("ready");
	fflush(stdout);
	for (;;) {
		int count = recvmmsg(mnl_socket_get_fd(socket), in, BATCH, MSG_WAITFORONE, NULL);
		if (count > 0)
			answer(socket, queue, count);
		else if (errno != EINTR && errno != ENOBUFS)
			break;
	}
	perror("accept_all");
	return 1;
}
