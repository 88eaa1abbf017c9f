/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A gateway without an engine, for 05-kernel.sh: rules, queue, connections and
 * interfaces driven by a policy of port numbers. Reads commands from standard
 * input and answers each with one line.
 *
 *	1xxx pass       2xxx block      21xx block from the third packet on
 *	3xxx inspect, "SECRET" becomes "XXXXXX"; 31xx: "SECRET" becomes "X"
 *	4xxx a packet that says "bad" is answered in the server's name
 *	5xxx undecided  6xxx reset      53 as 4xxx
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mark.h"
#include "capture/capture.h"
#include "decode/packet.h"
#include "redact/checksum.h"
#include "redact/forge.h"
#include "system/conntrack.h"
#include "system/interfaces.h"
#include "system/nft.h"

#define MASK 0x0f000000u
#define QUEUE 61411
#define PACKET_MOST 66000
#define LAN_MOST 8

struct gateway {
	struct nft *nft;
	struct capture *capture;
	struct conntrack *conntrack;
	struct interfaces *interfaces;
	struct nft_config config;
	const char *lan[LAN_MOST];
	struct mac exception;
	unsigned by_direction[3], by_hook[3];
	unsigned with_mac, reapplied, neighbours, links;
	unsigned third[2]; /* packets to 21xx by family */
	uint32_t last_mark;
};

static uint8_t edit_buffer[PACKET_MOST], reply_buffer[4096];

static int fail(const char *what)
{
	printf("error %s\n", what);
	fflush(stdout);
	return 1;
}

static bool holds(struct bytes payload, const char *word)
{
	return payload.len && memmem(payload.data, payload.len, word, strlen(word));
}

static void edit(const struct packet *packet, const struct packet_headers *headers, bool shorter,
		 struct verdict *verdict)
{
	struct writer writer = writer_on(edit_buffer, sizeof(edit_buffer));
	uint8_t *found;

	if (!holds(headers->payload, "SECRET"))
		return;
	if (shorter) {
		forge_udp_payload(packet->data, headers, bytes_of("X", 1), &writer);
	} else {
		writer_bytes_put(&writer, packet->data);
		found = memmem(edit_buffer, writer.len, "SECRET", 6);
		if (found)
			memset(found, 'X', 6);
		checksum_fix(edit_buffer, writer.len, headers->transport_offset,
			     headers->ip_protocol);
	}
	verdict->edited = writer_bytes(&writer);
}

static void answer(const struct packet_headers *headers, struct verdict *verdict)
{
	struct writer writer = writer_on(reply_buffer, sizeof(reply_buffer));

	verdict->action = VERDICT_DROP;
	if (headers->transport == TRANSPORT_TCP)
		forge_reset(headers, &writer);
	else
		forge_udp_answer(headers, bytes_of("forged", 6), &writer);
	verdict->replies[0] = writer_bytes(&writer);
	verdict->reply_count = 1;
}

static void decide(struct gateway *gateway, const struct packet *packet, struct verdict *verdict)
{
	struct packet_headers headers;
	uint16_t port;

	memset(verdict, 0, sizeof(*verdict));
	if (decode_packet(packet->data, packet->truncated, &headers) != DECODE_OK)
		return;
	port = packet->direction == PACKET_TO_DEVICE ? headers.src_port : headers.dst_port;
	if (packet->direction == PACKET_TO_DEVICE) {
		verdict->mark = port / 1000 == 3 ? MARK_INSPECT : MARK_UNDECIDED;
		return;
	}
	if (port / 1000 == 1) {
		verdict->mark = MARK_PASS;
	} else if (port / 100 == 21) {
		if (++gateway->third[headers.dst.family == ADDRESS_IPV6] < 3)
			return;
		verdict->action = VERDICT_DROP;
		verdict->mark = MARK_BLOCK;
	} else if (port / 1000 == 2) {
		verdict->action = VERDICT_DROP;
		verdict->mark = MARK_BLOCK;
	} else if (port / 1000 == 3) {
		verdict->mark = MARK_INSPECT;
		edit(packet, &headers, port / 100 == 31, verdict);
	} else if (((port / 1000 == 4 || port == 53) && holds(headers.payload, "bad")) ||
		   port / 1000 == 6) {
		answer(&headers, verdict);
	}
}

static void handle_packets(struct gateway *gateway)
{
	struct packet packet;
	struct verdict verdict;
	int result;

	while ((result = nfqueue_ops.next(gateway->capture, &packet)) > 0) {
		gateway->by_direction[packet.direction]++;
		gateway->by_hook[packet.hook]++;
		gateway->with_mac += !mac_is_zero(&packet.mac);
		gateway->last_mark = packet.mark;
		decide(gateway, &packet, &verdict);
		nfqueue_ops.give(gateway->capture, &packet, &verdict);
	}
	nfqueue_ops.flush(gateway->capture);
	if (result < 0)
		fprintf(stderr, "queue: %s\n", capture_error(gateway->capture));
}

static void find_lan(struct gateway *gateway)
{
	uint32_t indexes[LAN_MOST];
	size_t count = interfaces_indexes(gateway->interfaces, gateway->lan,
					  gateway->config.lan_count, indexes);

	nfqueue_set_lan(gateway->capture, indexes, count);
}

static void link_changed(void *context, const char *name, uint32_t index, bool present)
{
	struct gateway *gateway = context;

	(void)name;
	(void)index;
	(void)present;
	gateway->links++;
}

static void neighbour_known(void *context, uint32_t index, const struct address *address,
			    const struct mac *mac)
{
	struct gateway *gateway = context;

	(void)index;
	(void)address;
	(void)mac;
	gateway->neighbours++;
}

static int apply(struct gateway *gateway)
{
	char error[512];
	int result = nft_apply(gateway->nft, &gateway->config, error, sizeof(error));

	if (result < 0)
		fprintf(stderr, "%s\n", error);
	return result;
}

static void handle_news(struct gateway *gateway)
{
	struct nft_news news = {false, false};

	if (nft_monitor_read(gateway->nft, &news) == 0 && news.damaged) {
		gateway->reapplied++;
		apply(gateway);
	}
}

struct sums {
	uint64_t up, down4, down6;
};

static void add_up(void *context, const struct mac *mac, const struct address *address,
		   uint64_t packets, uint64_t bytes)
{
	struct sums *sums = context;

	(void)packets;
	if (mac)
		sums->up += bytes;
	else if (address->family == ADDRESS_IPV4)
		sums->down4 += bytes;
	else
		sums->down6 += bytes;
}

static enum conntrack_wish clear_old(void *context, const struct conntrack_entry *entry)
{
	const uint32_t *generation = context;

	return mark_is_current(MASK, entry->mark, *generation) ? CONNTRACK_KEEP : CONNTRACK_CLEAR;
}

static enum conntrack_wish delete_port(void *context, const struct conntrack_entry *entry)
{
	const unsigned *port = context;

	return entry->tuple.dst_port == *port ? CONNTRACK_DELETE : CONNTRACK_KEEP;
}

static enum conntrack_wish find_port(void *context, const struct conntrack_entry *entry)
{
	struct conntrack_tuple *wanted = context;

	if (entry->tuple.dst_port == wanted->dst_port)
		*wanted = entry->tuple;
	return CONNTRACK_KEEP;
}

static void say_counters(struct gateway *gateway)
{
	struct nfqueue_counters c;
	struct sums sums = {0, 0, 0};

	nfqueue_counters(gateway->capture, &c);
	(void)nft_read_counters(gateway->nft, add_up, &sums);
	printf("packets=%llu from=%u to=%u elsewhere=%u forward=%u input=%u output=%u mac=%u "
	       "overruns=%llu truncated=%llu verdicts_failed=%llu replies_failed=%llu "
	       "receive_calls=%llu send_calls=%llu queue_drops=%u user_drops=%u reapplied=%u "
	       "links=%u neighbours=%u mark=%u up=%llu down4=%llu down6=%llu\n",
	       (unsigned long long)c.packets, gateway->by_direction[0], gateway->by_direction[1],
	       gateway->by_direction[2], gateway->by_hook[0], gateway->by_hook[1],
	       gateway->by_hook[2], gateway->with_mac, (unsigned long long)c.overruns,
	       (unsigned long long)c.truncated, (unsigned long long)c.verdicts_failed,
	       (unsigned long long)c.replies_failed, (unsigned long long)c.receive_calls,
	       (unsigned long long)c.send_calls, c.queue_drops, c.user_drops, gateway->reapplied,
	       gateway->links, gateway->neighbours, gateway->last_mark, (unsigned long long)sums.up,
	       (unsigned long long)sums.down4, (unsigned long long)sums.down6);
}

/* block|silence|unblock MAC ADDRESS tcp|udp PORT */
static int change_pair(struct gateway *gateway, const char *line)
{
	char verb[16], mac[32], address[64], transport[8];
	struct nft_pair pair = {.timeout_s = 30};
	unsigned port;

	if (sscanf(line, "%15s %31s %63s %7s %u", verb, mac, address, transport, &port) != 5 ||
	    !mac_parse(mac, &pair.mac) || !address_parse(address, &pair.dst))
		return -EINVAL;
	pair.transport = transport_from_name(transport);
	pair.dst_port = (uint16_t)port;
	pair.silent = verb[0] == 's';
	return verb[0] == 'u' ? nft_unblock_pair(gateway->nft, &pair)
			      : nft_block_pairs(gateway->nft, &pair, 1);
}

static int delete_flow(struct gateway *gateway, unsigned port)
{
	struct conntrack_tuple tuple = {.dst_port = (uint16_t)port};
	int result = conntrack_walk(gateway->conntrack, 0, find_port, &tuple);

	return result < 0 ? result : conntrack_delete(gateway->conntrack, &tuple);
}

/* False: the end. */
static bool obey(struct gateway *gateway, const char *line)
{
	struct nft_features features;
	unsigned port;

	if (strcmp(line, "counters") == 0) {
		say_counters(gateway);
	} else if (strcmp(line, "features") == 0) {
		nft_features(gateway->nft, &features);
		printf("native=%d reject=%d counters=%d offload=%d flowtables=%d\n",
		       features.native_queue, features.reject, features.counters, features.offload,
		       nft_foreign_flowtables(gateway->nft, NULL, NULL));
	} else if (strcmp(line, "reload") == 0) {
		gateway->config.generation++;
		nfqueue_set_generation(gateway->capture, gateway->config.generation);
		printf("reload %d", apply(gateway));
		printf(" %d\n", conntrack_walk(gateway->conntrack, MASK, clear_old,
					       &gateway->config.generation));
	} else if (sscanf(line, "drop-flows %u", &port) == 1) {
		printf("deleted %d\n", conntrack_walk(gateway->conntrack, 0, delete_port, &port));
	} else if (sscanf(line, "drop-flow %u", &port) == 1) {
		printf("deleted %d\n", delete_flow(gateway, port));
	} else if (strcmp(line, "quit") == 0) {
		printf("removed %d\n", nft_remove(gateway->nft));
		return false;
	} else {
		printf("pair %d\n", change_pair(gateway, line));
	}
	return true;
}

static bool read_commands(struct gateway *gateway)
{
	static char buffer[4096];
	static size_t used;
	ssize_t len = read(STDIN_FILENO, buffer + used, sizeof(buffer) - used - 1);
	char *end;
	bool more = len > 0;

	used += len > 0 ? (size_t)len : 0;
	buffer[used] = 0;
	while (more && (end = strchr(buffer, '\n'))) {
		*end = 0;
		more = obey(gateway, buffer);
		fflush(stdout);
		used -= (size_t)(end + 1 - buffer);
		memmove(buffer, end + 1, used + 1);
	}
	return more;
}

static void run(struct gateway *gateway)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = nfqueue_ops.fd(gateway->capture), .events = POLLIN},
		{.fd = nft_monitor_fd(gateway->nft), .events = POLLIN},
		{.fd = interfaces_fd(gateway->interfaces), .events = POLLIN},
	};

	while (poll(fds, 4, -1) >= 0 || errno == EINTR) {
		if (fds[1].revents)
			handle_packets(gateway);
		if (fds[2].revents)
			handle_news(gateway);
		if (fds[3].revents) {
			interfaces_read(gateway->interfaces);
			find_lan(gateway);
		}
		if (fds[0].revents && !read_commands(gateway))
			return;
	}
}

/* kernel_gateway open|closed|flowtable EXCEPTION-MAC LAN... */
int main(int argc, char **argv)
{
	struct gateway gateway = {.nft = NULL};
	struct nfqueue_config queue = {.queue = QUEUE, .mark_mask = MASK};
	struct interfaces_listener listener = {&gateway, link_changed, neighbour_known};
	const char *offload[] = {NULL, "wan0"};
	char error[512];

	if (argc < 4 || argc - 3 > LAN_MOST || !mac_parse(argv[2], &gateway.exception))
		return fail("usage: kernel_gateway open|closed|flowtable MAC LAN...");
	for (int i = 3; i < argc; i++)
		gateway.lan[i - 3] = argv[i];
	gateway.config = (struct nft_config){
		.lan = gateway.lan,
		.lan_count = (size_t)argc - 3,
		.queue = QUEUE,
		.mark_mask = MASK,
		.fail_open = argv[1][0] == 'o',
		.exceptions = &gateway.exception,
		.exception_count = 1,
		.inspect_replies = true,
		.counters = true,
	};
	if (argv[1][0] == 'f') {
		offload[0] = gateway.lan[0];
		gateway.config.offload = offload;
		gateway.config.offload_count = 2;
	}
	gateway.capture = nfqueue_open(&queue, error, sizeof(error));
	if (!gateway.capture)
		return fail(error);
	gateway.nft = nft_open(error, sizeof(error));
	if (!gateway.nft || nft_apply(gateway.nft, &gateway.config, error, sizeof(error)) < 0)
		return fail(error);
	gateway.conntrack = conntrack_open(error, sizeof(error));
	gateway.interfaces = interfaces_open(&listener, error, sizeof(error));
	if (!gateway.conntrack || !gateway.interfaces)
		return fail(error);
	find_lan(&gateway);
	interfaces_read_neighbours(gateway.interfaces);
	printf("ready\n");
	fflush(stdout);
	run(&gateway);
	nfqueue_ops.close(gateway.capture);
	conntrack_close(gateway.conntrack);
	interfaces_close(gateway.interfaces);
	nft_close(gateway.nft);
	return 0;
}
