/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bad link: scramble QUEUE SEED LOSE DUPLICATE DELAY, the last three in
 * percent. Packets that a firewall rule sends to the queue are lost, sent
 * twice, or wait until some others have gone first. Copies carry the mark 1,
 * so that the rule can leave them alone. It stands in for netem, which not
 * every kernel has. Prints what it did to each when it gets SIGTERM.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>

#define WAITING_MOST 8
#define OTHERS_FIRST 3 /* packets that overtake one that waits */
#define PATIENCE_MS 15
#define COPY_MARK 1

static struct mnl_socket *netlink;
static uint16_t queue;
static struct {
	uint32_t id;
	int left;
} waiting[WAITING_MOST];
static unsigned waiting_count, passed, lost, doubled, delayed;
static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static int chance(unsigned percent)
{
	return (unsigned)(rand() >> 4) % 100 < percent;
}

static void answer(uint32_t id, int verdict)
{
	char buffer[128];
	struct nlmsghdr *header = nfq_nlmsg_put(buffer, NFQNL_MSG_VERDICT, queue);

	nfq_nlmsg_verdict_put(header, (int)id, verdict);
	(void)mnl_socket_sendto(netlink, header, header->nlmsg_len);
}

static void release(int all)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < waiting_count; i++) {
		if (all || --waiting[i].left <= 0)
			answer(waiting[i].id, NF_ACCEPT);
		else
			waiting[kept++] = waiting[i];
	}
	waiting_count = kept;
}

static void send_copy(const uint8_t *packet, size_t len)
{
	int v6 = packet[0] >> 4 == 6, mark = COPY_MARK;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_RAW);
	struct sockaddr_in to4 = {.sin_family = AF_INET};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};

	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	memcpy(&to4.sin_addr, packet + 16, 4);
	memcpy(&to6.sin6_addr, packet + 24, 16);
	if (v6)
		(void)sendto(fd, packet, len, 0, (struct sockaddr *)&to6, sizeof(to6));
	else
		(void)sendto(fd, packet, len, 0, (struct sockaddr *)&to4, sizeof(to4));
	close(fd);
}

static int handle(const struct nlmsghdr *header, void *rates)
{
	const unsigned *percent = rates;
	struct nlattr *attributes[NFQA_MAX + 1] = {NULL};
	const struct nfqnl_msg_packet_hdr *packet;
	uint32_t id;

	if (nfq_nlmsg_parse(header, attributes) < 0 || !attributes[NFQA_PACKET_HDR])
		return MNL_CB_OK;
	packet = mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]);
	id = ntohl(packet->packet_id);
	passed++;
	if (chance(percent[0])) {
		lost++;
		answer(id, NF_DROP);
	} else if (chance(percent[2]) && waiting_count < WAITING_MOST) {
		delayed++;
		waiting[waiting_count].id = id;
		waiting[waiting_count++].left = OTHERS_FIRST + 1;
	} else {
		if (chance(percent[1]) && attributes[NFQA_PAYLOAD]) {
			doubled++;
			send_copy(mnl_attr_get_payload(attributes[NFQA_PAYLOAD]),
				  mnl_attr_get_payload_len(attributes[NFQA_PAYLOAD]));
		}
		answer(id, NF_ACCEPT);
	}
	release(0);
	return MNL_CB_OK;
}

static int configure(void)
{
	char buffer[512];
	struct nlmsghdr *header = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, queue);

	nfq_nlmsg_cfg_put_cmd(header, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	if (mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0)
		return -1;
	header = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, queue);
	nfq_nlmsg_cfg_put_params(header, NFQNL_COPY_PACKET, 0xffff);
	return mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	static char buffer[0xffff + 4096];
	unsigned percent[3] = {0, 0, 0};
	struct sigaction action = {.sa_handler = stop};

	if (argc != 6)
		return 2;
	queue = (uint16_t)strtoul(argv[1], NULL, 10);
	srand((unsigned)strtoul(argv[2], NULL, 10));
	for (int i = 0; i < 3; i++)
		percent[i] = (unsigned)strtoul(argv[3 + i], NULL, 10);
	sigaction(SIGTERM, &action, NULL);
	netlink = mnl_socket_open(NETLINK_NETFILTER);
	if (!netlink || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 || configure() < 0) {
		perror("scramble");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (!stopped) {
		struct pollfd poll_fd = {.fd = mnl_socket_get_fd(netlink), .events = POLLIN};
		int ready = poll(&poll_fd, 1, PATIENCE_MS);
		ssize_t len;

		if (ready == 0)
			release(1);
		if (ready <= 0)
			continue;
		len = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));
		if (len > 0)
			mnl_cb_run(buffer, (size_t)len, 0, 0, handle, percent);
	}
	printf("packets %u lost %u doubled %u delayed %u\n", passed, lost, doubled, delayed);
	mnl_socket_close(netlink);
	return 0;
}
