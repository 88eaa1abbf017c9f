/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that no ordinary client makes, to try what a firewall must not be
 * fooled by: send_packet KIND SOURCE DESTINATION PORT. Each packet or fragment
 * carries the word SMUGGLED, so that a look at the other side tells which came
 * through. Raw sockets, so it wants root in its namespace.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define UDP 17
#define TCP 6
#define WORD "SMUGGLED"

struct trip {
	int family;
	uint8_t src[16], dst[16];
	size_t address_size;
	uint16_t port;
	int fd;
	struct sockaddr_storage to;
	socklen_t to_size;
};

/* What goes into a packet behind its IP header. */
struct payload {
	uint8_t data[2048];
	size_t size;
};

static void add(struct payload *payload, const void *data, size_t size)
{
	if (payload->size + size > sizeof(payload->data))
		abort();
	memcpy(payload->data + payload->size, data, size);
	payload->size += size;
}

static void add_u8(struct payload *payload, unsigned value)
{
	uint8_t byte = (uint8_t)value;
	add(payload, &byte, 1);
}

static void add_u16(struct payload *payload, unsigned value)
{
	add_u8(payload, value >> 8);
	add_u8(payload, value & 0xff);
}

static uint16_t sum_up(const struct trip *trip, uint8_t protocol, const struct payload *payload)
{
	uint32_t sum = protocol + (uint32_t)payload->size;
	for (size_t i = 0; i + 1 < trip->address_size; i += 2)
		sum += (uint32_t)(trip->src[i] << 8 | trip->src[i + 1]) +
		       (uint32_t)(trip->dst[i] << 8 | trip->dst[i + 1]);
	for (size_t i = 0; i < payload->size; i += 2)
		sum += (uint32_t)(payload->data[i] << 8 |
				  (i + 1 < payload->size ? payload->data[i + 1] : 0));
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_u16(struct payload *payload, size_t at, unsigned value)
{
	payload->data[at] = (uint8_t)(value >> 8);
	payload->data[at + 1] = (uint8_t)value;
}

static void make_udp(const struct trip *trip, size_t words, struct payload *payload)
{
	payload->size = 0;
	add_u16(payload, 40000);
	add_u16(payload, trip->port);
	add_u16(payload, (unsigned)(8 + words * 8));
	add_u16(payload, 0);
	for (size_t i = 0; i < words; i++)
		add(payload, WORD, 8);
	put_u16(payload, 6, sum_up(trip, UDP, payload));
}

/* A SYN with data, as TCP Fast Open sends it. */
static void make_tcp(const struct trip *trip, size_t words, struct payload *payload)
{
	payload->size = 0;
	add_u16(payload, 40001);
	add_u16(payload, trip->port);
	add(payload, "\0\0\0\1\0\0\0\0\x50\x02\xff\xff\0\0\0\0", 16);
	for (size_t i = 0; i < words; i++)
		add(payload, WORD, 8);
	put_u16(payload, 16, sum_up(trip, TCP, payload));
}

static void send_all(const struct trip *trip, const struct payload *packet)
{
	if (sendto(trip->fd, packet->data, packet->size, 0, (const struct sockaddr *)&trip->to,
		   trip->to_size) < 0)
		perror("send_packet");
}

/* offset in bytes; options: a whole number of 32-bit words. */
static void send_v4(const struct trip *trip, uint8_t protocol, unsigned offset, bool more,
		    const struct payload *options, const uint8_t *data, size_t size)
{
	struct payload packet = {.size = 0};
	size_t header = 20 + (options ? options->size : 0);
	add_u8(&packet, (unsigned)(0x40 | header / 4));
	add_u8(&packet, 0);
	add_u16(&packet, (unsigned)(header + size));
	add_u16(&packet, 4711);
	add_u16(&packet, (more ? 0x2000u : 0) | offset / 8);
	add_u8(&packet, 64);
	add_u8(&packet, protocol);
	add_u16(&packet, 0); /* the kernel fills it in */
	add(&packet, trip->src, 4);
	add(&packet, trip->dst, 4);
	if (options)
		add(&packet, options->data, options->size);
	add(&packet, data, size);
	send_all(trip, &packet);
}

static void send_v6(const struct trip *trip, uint8_t next, const struct payload *payload)
{
	struct payload packet = {.size = 0};
	add(&packet, "\x60\0\0\0", 4);
	add_u16(&packet, (unsigned)payload->size);
	add_u8(&packet, next);
	add_u8(&packet, 64);
	add(&packet, trip->src, 16);
	add(&packet, trip->dst, 16);
	add(&packet, payload->data, payload->size);
	send_all(trip, &packet);
}

static void send_v6_fragment(const struct trip *trip, uint8_t protocol, unsigned offset, bool more,
			     const uint8_t *data, size_t size)
{
	struct payload payload = {.size = 0};
	add_u8(&payload, protocol);
	add_u8(&payload, 0);
	add_u16(&payload, offset | (more ? 1u : 0));
	add(&payload, "\0\0\x47\x11", 4);
	add(&payload, data, size);
	send_v6(trip, 44, &payload);
}

static void send_fragment(const struct trip *trip, uint8_t protocol, unsigned offset, bool more,
			  const uint8_t *data, size_t size)
{
	if (trip->family == AF_INET)
		send_v4(trip, protocol, offset, more, NULL, data, size);
	else
		send_v6_fragment(trip, protocol, offset, more, data, size);
}

static void send_whole(const struct trip *trip, uint8_t protocol, const struct payload *payload)
{
	if (trip->family == AF_INET)
		send_v4(trip, protocol, 0, false, NULL, payload->data, payload->size);
	else
		send_v6(trip, protocol, payload);
}

/* The upper header alone first, or only half of it. */
static void send_fragments(const struct trip *trip, uint8_t protocol, const struct payload *whole,
			   size_t first)
{
	send_fragment(trip, protocol, 0, true, whole->data, first);
	send_fragment(trip, protocol, (unsigned)first, false, whole->data + first,
		      whole->size - first);
}

/* Second first, and the first says something else where they overlap. */
static void send_overlapping(const struct trip *trip, uint8_t protocol, struct payload *whole)
{
	send_fragment(trip, protocol, 16, false, whole->data + 16, whole->size - 16);
	send_fragment(trip, protocol, 0, true, whole->data, 24);
	put_u16(whole, 2, 443);
	send_fragment(trip, protocol, 0, true, whole->data, 16);
}

/* IPv6: headers in front of the upper one; IPv4 has options in their place. */
static void send_extended(const struct trip *trip, const char *kind, uint8_t protocol,
			  const struct payload *whole)
{
	static const uint8_t padding[8] = {0, 0, 1, 4, 0, 0, 0, 0};
	unsigned count = !strcmp(kind, "many-headers") ? 12 : 1;
	/* Destination options; hop-by-hop ones may only come first. */
	uint8_t type = !strcmp(kind, "hop-by-hop") ? 0 : 60;
	struct payload payload = {.size = 0};
	if (trip->family == AF_INET) {
		/* Record route with room for `count` (or one) addresses, no more. */
		payload.size = 0;
		add_u8(&payload, 7);
		add_u8(&payload, 7);
		add(&payload, "\4\0\0\0\0\0", 6);
		if (count > 1)
			add(&payload, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", 16);
		send_v4(trip, protocol, 0, false, &payload, whole->data, whole->size);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		uint8_t header[8];
		memcpy(header, padding, sizeof(header));
		header[0] = i + 1 < count ? 60 : protocol;
		add(&payload, header, sizeof(header));
	}
	add(&payload, whole->data, whole->size);
	send_v6(trip, type, &payload);
}

static void send_kind(const struct trip *trip, const char *kind)
{
	struct payload udp, tcp;
	make_udp(trip, 8, &udp);
	make_tcp(trip, 8, &tcp);
	if (!strcmp(kind, "udp"))
		send_whole(trip, UDP, &udp);
	else if (!strcmp(kind, "tcp"))
		send_whole(trip, TCP, &tcp);
	else if (!strcmp(kind, "other-protocol"))
		send_whole(trip, 253, &udp);
	else if (!strcmp(kind, "udp-fragments"))
		send_fragments(trip, UDP, &udp, 32);
	else if (!strcmp(kind, "udp-tiny-fragment"))
		send_fragments(trip, UDP, &udp, 8);
	else if (!strcmp(kind, "tcp-tiny-fragment"))
		send_fragments(trip, TCP, &tcp, 8);
	else if (!strcmp(kind, "overlapping-fragments"))
		send_overlapping(trip, UDP, &udp);
	else if (!strcmp(kind, "late-fragment"))
		send_fragment(trip, UDP, 32, false, udp.data + 32, udp.size - 32);
	else if (!strcmp(kind, "hop-by-hop") || !strcmp(kind, "destination-options") ||
		 !strcmp(kind, "many-headers"))
		send_extended(trip, kind, UDP, &udp);
	else if (!strcmp(kind, "tcp-behind-options"))
		send_extended(trip, kind, TCP, &tcp);
	else
		fprintf(stderr, "send_packet: no kind is called %s\n", kind);
}

static bool prepare(struct trip *trip, char **argv)
{
	trip->family = strchr(argv[3], ':') ? AF_INET6 : AF_INET;
	trip->address_size = trip->family == AF_INET ? 4 : 16;
	trip->port = (uint16_t)strtoul(argv[4], NULL, 10);
	trip->fd = socket(trip->family, SOCK_RAW, IPPROTO_RAW);
	if (trip->fd < 0 || inet_pton(trip->family, argv[2], trip->src) != 1 ||
	    inet_pton(trip->family, argv[3], trip->dst) != 1)
		return false;
	if (trip->family == AF_INET) {
		struct sockaddr_in *to = (struct sockaddr_in *)&trip->to;
		to->sin_family = AF_INET;
		memcpy(&to->sin_addr, trip->dst, 4);
		trip->to_size = sizeof(*to);
	} else {
		struct sockaddr_in6 *to = (struct sockaddr_in6 *)&trip->to;
		to->sin6_family = AF_INET6;
		memcpy(&to->sin6_addr, trip->dst, 16);
		trip->to_size = sizeof(*to);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct trip trip = {.fd = -1};
	if (argc != 5 || !prepare(&trip, argv)) {
		fprintf(stderr, "usage: %s KIND SOURCE DESTINATION PORT\n", argv[0]);
		return 2;
	}
	send_kind(&trip, argv[1]);
	return 0;
}
