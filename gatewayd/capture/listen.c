// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two packet sockets, for IPv4 and IPv6, with a filter in the kernel that lets
 * through what came in on a LAN interface as an unfragmented UDP datagram to a
 * port of decode/traits.h. Bound to their protocols and not to "all", they see
 * neither what leaves nor what a flowtable carries.
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

#define FAMILIES 2
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
	int sockets[FAMILIES];
	unsigned at; /* the socket that is asked first */
	uint32_t lan[LAN_MOST];
	size_t lan_count;
	uint8_t data[PACKET_MOST];
};

static const uint16_t protocols[FAMILIES] = {ETH_P_IP, ETH_P_IPV6};

/* ---- the filter ---- */

#define FILTER_MOST (LAN_MOST + 24)

struct program {
	struct sock_filter code[FILTER_MOST];
	unsigned short count;
};

static void put(struct program *program, uint16_t code, uint32_t k)
{
	program->code[program->count++] = (struct sock_filter)BPF_STMT(code, k);
}

/* Is the value k? Else the packet is not for us; where it is so is known at the end. */
static void need(struct program *program, uint32_t k)
{
	program->code[program->count++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, 255);
}

/* Is it one of these? The last that is not refuses; the others try the next. */
static void need_any(struct program *program, const uint32_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		program->code[program->count++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, values[i], (uint8_t)(count - 1 - i),
			i + 1 < count ? 0 : 255);
}

/* The packet begins with its IP header. */
static void build(struct program *program, uint16_t protocol, const uint32_t *lan, size_t count)
{
	static const uint32_t ports4[] = {PORT_MDNS, PORT_DHCP, PORT_SSDP};
	static const uint32_t ports6[] = {PORT_MDNS, PORT_DHCPV6, PORT_SSDP};

	program->count = 0;
	put(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX));
	need_any(program, lan, count);
	if (protocol == ETH_P_IP) {
		put(program, BPF_LD | BPF_B | BPF_ABS, 9);
		need(program, IPPROTO_UDP);
		put(program, BPF_LD | BPF_H | BPF_ABS, 6);
		put(program, BPF_ALU | BPF_AND | BPF_K, 0x3fff);
		need(program, 0);
		put(program, BPF_LDX | BPF_B | BPF_MSH, 0);
		put(program, BPF_LD | BPF_H | BPF_IND, 2);
		need_any(program, ports4, sizeof(ports4) / sizeof(ports4[0]));
	} else {
		put(program, BPF_LD | BPF_B | BPF_ABS, 6);
		need(program, IPPROTO_UDP);
		put(program, BPF_LD | BPF_H | BPF_ABS, 40 + 2);
		need_any(program, ports6, sizeof(ports6) / sizeof(ports6[0]));
	}
	put(program, BPF_RET | BPF_K, PACKET_MOST);
	put(program, BPF_RET | BPF_K, 0);
	for (unsigned i = 0; i < program->count; i++)
		if (program->code[i].jf == 255)
			program->code[i].jf = (uint8_t)(program->count - 2 - i);
}

static int attach(int fd, struct program *program)
{
	struct sock_fprog filter = {program->count, program->code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0)
		return -errno;
	return 0;
}

static int attach_nothing(int fd)
{
	struct program program = {.count = 0};

	put(&program, BPF_RET | BPF_K, 0);
	return attach(fd, &program);
}

/* ---- sockets ---- */

/* Protocol 0: it receives nothing before it has its filter and is bound. */
static int open_socket(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int size = RECEIVE_BUFFER;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

struct listener *listen_open(char *error, size_t error_size)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener) {
		snprintf(error, error_size, "no memory");
		return NULL;
	}
	for (unsigned i = 0; i < FAMILIES; i++)
		listener->sockets[i] = -1;
	for (unsigned i = 0; i < FAMILIES; i++) {
		listener->sockets[i] = open_socket();
		if (listener->sockets[i] >= 0)
			continue;
		snprintf(error, error_size, "no packet socket: %s",
			 strerror(-listener->sockets[i]));
		listen_close(listener);
		return NULL;
	}
	return listener;
}

void listen_close(struct listener *listener)
{
	if (!listener)
		return;
	for (unsigned i = 0; i < FAMILIES; i++)
		if (listener->sockets[i] >= 0)
			close(listener->sockets[i]);
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

static int hear(int fd, uint16_t protocol, const uint32_t *lan, size_t count)
{
	struct sockaddr_ll place = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol)};
	struct program program;
	int error;

	build(&program, protocol, lan, count);
	error = attach(fd, &program);
	if (error)
		return error;
	if (bind(fd, (const struct sockaddr *)&place, sizeof(place)) < 0)
		return -errno;
	return 0;
}

int listen_set_lan(struct listener *listener, const uint32_t *lan, size_t count)
{
	int error = 0;

	if (count > LAN_MOST)
		count = LAN_MOST;
	for (size_t i = 0; i < listener->lan_count; i++)
		want_groups(listener->sockets[0], listener->lan[i], PACKET_DROP_MEMBERSHIP);
	listener->lan_count = count;
	if (count)
		memcpy(listener->lan, lan, count * sizeof(*lan));
	for (size_t i = 0; i < count; i++)
		want_groups(listener->sockets[0], lan[i], PACKET_ADD_MEMBERSHIP);
	for (unsigned i = 0; i < FAMILIES; i++) {
		int result = count ? hear(listener->sockets[i], protocols[i], lan, count)
				   : attach_nothing(listener->sockets[i]);

		if (result)
			error = result;
	}
	return error;
}

static bool is_lan(const struct listener *listener, int interface)
{
	for (size_t i = 0; i < listener->lan_count; i++)
		if (listener->lan[i] == (uint32_t)interface)
			return true;
	return false;
}

static bool receive(struct listener *listener, int fd, struct packet *packet)
{
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(fd, listener->data, sizeof(listener->data), MSG_TRUNC,
			       (struct sockaddr *)&from, &from_len);

	if (len < 0)
		return false;
	packet->truncated = (size_t)len > sizeof(listener->data);
	packet->data =
		bytes_of(listener->data, packet->truncated ? sizeof(listener->data) : (size_t)len);
	/* What was received before the filter changed, and what has no such address. */
	if (from_len < sizeof(from) || !is_lan(listener, from.sll_ifindex) ||
	    from.sll_hatype != ARPHRD_ETHER || from.sll_halen != ETH_ALEN ||
	    from.sll_pkttype == PACKET_OUTGOING)
		packet->direction = PACKET_ELSEWHERE;
	else
		memcpy(packet->mac.bytes, from.sll_addr, ETH_ALEN);
	return true;
}

bool listen_next(struct listener *listener, time_us now, struct packet *ret_packet)
{
	/* In turn, so that a flood of one family leaves the other its room. */
	for (unsigned i = 0; i < FAMILIES; i++) {
		unsigned at = (listener->at + i) % FAMILIES;
		struct packet packet = {
			.time = now, .hook = PACKET_INPUT, .direction = PACKET_FROM_DEVICE};

		if (!receive(listener, listener->sockets[at], &packet))
			continue;
		listener->at = (at + 1) % FAMILIES;
		*ret_packet = packet;
		return true;
	}
	return false;
}
