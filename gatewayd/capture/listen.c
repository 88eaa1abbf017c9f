/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet socket with a filter in the kernel that lets through what came in
 * on a LAN interface as an unfragmented UDP datagram to a port of
 * decode/traits.h.
 *
 * It takes all protocols and filters, and is not bound to IP: where the bridge
 * goes through conntrack (br_netfilter), a listener for IP alone stands behind
 * the IP stack (from Linux 6.16 on; on one interface, always), which then works
 * on a copy, and the packet queue drops a first packet of which there are two.
 * One for all protocols has let go of the packet before. What leaves is not
 * shown to it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/in.h>

#include "capture/listen.h"

#define LAN_MOST 64
#define PACKET_MOST 2048
#define RECEIVE_BUFFER (128 * 1024)

enum {
	PORT_DHCP = 67,
	PORT_DHCPV6 = 547,
	PORT_SSDP = 1900,
	PORT_MDNS = 5353,
};

struct listener {
	int fd;
	uint32_t lan[LAN_MOST];
	size_t lan_count;
	uint8_t data[PACKET_MOST];
};

/* ---- the filter ---- */

#define FILTER_MOST (LAN_MOST + 32)
#define REFUSE 255 /* a jump to the end, whose place is known there */

struct program {
	struct sock_filter code[FILTER_MOST];
	unsigned short count;
};

static void put(struct program *program, uint16_t code, uint32_t k)
{
	program->code[program->count++] = (struct sock_filter)BPF_STMT(code, k);
}

/* Goes on where the value is k, else over `over` instructions. */
static void put_equal(struct program *program, uint32_t k, uint8_t over)
{
	program->code[program->count++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, over);
}

/* Is it one of these? The last that is not refuses; the others try the next. */
static void put_any(struct program *program, const uint32_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		program->code[program->count++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, values[i], (uint8_t)(count - 1 - i),
			i + 1 < count ? 0 : REFUSE);
}

/* The packet begins with its IP header. */
static void build(struct program *program, const uint32_t *lan, size_t count)
{
	static const uint32_t ports4[] = {PORT_MDNS, PORT_DHCP, PORT_SSDP};
	static const uint32_t ports6[] = {PORT_MDNS, PORT_DHCPV6, PORT_SSDP};

	program->count = 0;
	put(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX));
	put_any(program, lan, count);
	put(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
	put_equal(program, ETH_P_IP, 12);
	put(program, BPF_LD | BPF_B | BPF_ABS, 9);
	put_equal(program, IPPROTO_UDP, REFUSE);
	put(program, BPF_LD | BPF_H | BPF_ABS, 6);
	put(program, BPF_ALU | BPF_AND | BPF_K, 0x3fff); /* more to come, or not the first */
	put_equal(program, 0, REFUSE);
	put(program, BPF_LDX | BPF_B | BPF_MSH, 0);
	put(program, BPF_LD | BPF_H | BPF_IND, 2);
	put_any(program, ports4, sizeof(ports4) / sizeof(ports4[0]));
	put(program, BPF_RET | BPF_K, PACKET_MOST);
	put_equal(program, ETH_P_IPV6, REFUSE); /* where the twelve instructions end */
	put(program, BPF_LD | BPF_B | BPF_ABS, 6);
	put_equal(program, IPPROTO_UDP, REFUSE);
	put(program, BPF_LD | BPF_H | BPF_ABS, 40 + 2);
	put_any(program, ports6, sizeof(ports6) / sizeof(ports6[0]));
	put(program, BPF_RET | BPF_K, PACKET_MOST);
	put(program, BPF_RET | BPF_K, 0);
	for (unsigned i = 0; i < program->count; i++)
		if (BPF_CLASS(program->code[i].code) == BPF_JMP && program->code[i].jf == REFUSE)
			program->code[i].jf = (uint8_t)(program->count - 2 - i);
}

static int attach(int fd, struct program *program)
{
	struct sock_fprog filter = {program->count, program->code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0)
		return -errno;
	return 0;
}

/* ---- the socket ---- */

/* Protocol 0: it receives nothing before it has its filter and is bound. */
static int open_socket(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int size = RECEIVE_BUFFER, yes = 1;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	/* Every packet that leaves would be copied for it, only to be refused. */
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

struct listener *listen_open(char *error, size_t error_size)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener) {
		snprintf(error, error_size, "no memory");
		return NULL;
	}
	listener->fd = open_socket();
	if (listener->fd < 0) {
		snprintf(error, error_size, "no packet socket: %s", strerror(-listener->fd));
		free(listener);
		return NULL;
	}
	return listener;
}

void listen_close(struct listener *listener)
{
	if (!listener)
		return;
	close(listener->fd);
	free(listener);
}

/* A network card lets through the groups that somebody wants. */
static void want_groups(int fd, uint32_t interface, int option)
{
	static const uint8_t groups[][6] = {
		{0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb}, /* 224.0.0.251 */
		{0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa}, /* 239.255.255.250 */
		{0x33, 0x33, 0x00, 0x00, 0x00, 0xfb}, /* ff02::fb */
		{0x33, 0x33, 0x00, 0x00, 0x00, 0x0c}, /* ff02::c */
		{0x33, 0x33, 0x00, 0x01, 0x00, 0x02}, /* ff02::1:2 */
	};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct packet_mreq group = {.mr_ifindex = (int)interface,
					    .mr_type = PACKET_MR_MULTICAST,
					    .mr_alen = ETH_ALEN};

		memcpy(group.mr_address, groups[i], ETH_ALEN);
		(void)setsockopt(fd, SOL_PACKET, option, &group, sizeof(group));
	}
}

/* A bound socket cannot be unbound; this keeps everything from it. */
static int hear_nothing(int fd)
{
	struct program program = {.count = 0};

	put(&program, BPF_RET | BPF_K, 0);
	return attach(fd, &program);
}

/* To the one interface of most homes, so that the others' packets cost nothing. */
static int hear(int fd, const uint32_t *lan, size_t count)
{
	struct sockaddr_ll place = {.sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_ALL),
				    .sll_ifindex = count == 1 ? (int)lan[0] : 0};
	struct program program;
	int error;

	build(&program, lan, count);
	error = attach(fd, &program);
	if (!error && bind(fd, (const struct sockaddr *)&place, sizeof(place)) < 0)
		error = -errno;
	return error;
}

int listen_set_lan(struct listener *listener, const uint32_t *lan, size_t count)
{
	if (count > LAN_MOST)
		count = LAN_MOST;
	for (size_t i = 0; i < listener->lan_count; i++)
		want_groups(listener->fd, listener->lan[i], PACKET_DROP_MEMBERSHIP);
	listener->lan_count = count;
	if (count)
		memcpy(listener->lan, lan, count * sizeof(*lan));
	for (size_t i = 0; i < count; i++)
		want_groups(listener->fd, lan[i], PACKET_ADD_MEMBERSHIP);
	return count ? hear(listener->fd, lan, count) : hear_nothing(listener->fd);
}

static bool is_lan(const struct listener *listener, int interface)
{
	for (size_t i = 0; i < listener->lan_count; i++)
		if (listener->lan[i] == (uint32_t)interface)
			return true;
	return false;
}

bool listen_next(struct listener *listener, time_us now, struct packet *ret_packet)
{
	struct packet packet = {.time = now, .hook = PACKET_INPUT, .direction = PACKET_FROM_DEVICE};
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(listener->fd, listener->data, sizeof(listener->data), MSG_TRUNC,
			       (struct sockaddr *)&from, &from_len);

	if (len < 0)
		return false;
	packet.truncated = (size_t)len > sizeof(listener->data);
	packet.data =
		bytes_of(listener->data, packet.truncated ? sizeof(listener->data) : (size_t)len);
	/* What was received under an earlier filter, and what has no such address. */
	if (!is_lan(listener, from.sll_ifindex) || from.sll_hatype != ARPHRD_ETHER ||
	    from.sll_halen != ETH_ALEN)
		packet.direction = PACKET_ELSEWHERE;
	else
		memcpy(packet.mac.bytes, from.sll_addr, ETH_ALEN);
	*ret_packet = packet;
	return true;
}
