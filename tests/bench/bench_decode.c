/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it costs to read headers and DNS messages, to refuse a question and to
 * edit an answer; one thread, no I/O.
 *
 *	bench_decode [CAPTURE]
 *
 * With a capture, packets and DNS messages are those of the file (UDP port
 * 53), over and over; else a few that are built in. Prints one aligned table.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "capture/capture.h"
#include "decode/dns.h"
#include "decode/packet.h"
#include "redact/dns.h"
#include "redact/forge.h"
#include "tests/unit/support/messages.h"
#include "tests/unit/support/packets.h"

#define INPUTS_MOST 65536
#define RUN_NS 500000000

struct inputs {
	struct bytes *all;
	size_t count;
};

/* Something of every result, so that no work can be left out. */
static volatile uint64_t sink;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void add_input(struct inputs *inputs, struct bytes data)
{
	uint8_t *copy;

	if (inputs->count == INPUTS_MOST)
		return;
	if (!inputs->all)
		inputs->all = calloc(INPUTS_MOST, sizeof(*inputs->all));
	copy = malloc(data.len ? data.len : 1);
	if (!inputs->all || !copy) {
		fprintf(stderr, "bench_decode: no memory\n");
		exit(1);
	}
	if (data.len)
		memcpy(copy, data.data, data.len);
	inputs->all[inputs->count++] = bytes_of(copy, data.len);
}

static void free_inputs(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		free((void *)(uintptr_t)inputs->all[i].data);
	free(inputs->all);
}

#define ADD(inputs, array) add_input((inputs), bytes_of((array), sizeof(array)))

static void use_built_in(struct inputs *packets, struct inputs *messages)
{
	ADD(packets, packet_syn4);
	ADD(packets, packet_syn6);
	ADD(packets, packet_udp4);
	ADD(packets, packet_udp6);
	ADD(packets, packet_echo4);
	ADD(packets, packet_unreachable6);
	ADD(messages, message_query);
	ADD(messages, message_query_dnssec);
	ADD(messages, message_answer);
	ADD(messages, message_answer_six);
	ADD(messages, message_answer_https);
	ADD(messages, message_answer_signed);
}

static void add_packet(const struct packet *packet, struct inputs *packets, struct inputs *messages)
{
	struct packet_headers headers;

	add_input(packets, packet->data);
	if (decode_packet(packet->data, packet->truncated, &headers) == DECODE_OK &&
	    headers.transport == TRANSPORT_UDP &&
	    (headers.src_port == 53 || headers.dst_port == 53))
		add_input(messages, headers.payload);
}

static bool use_capture(const char *path, struct inputs *packets, struct inputs *messages)
{
#if HAVE_PCAP
	struct pcap_config config = {.path = path};
	struct verdict verdict = {.action = VERDICT_ACCEPT};
	struct packet packet;
	char error[256];
	struct capture *capture = pcap_capture_open(&config, error, sizeof(error));

	if (!capture) {
		fprintf(stderr, "bench_decode: %s\n", error);
		return false;
	}
	while (pcap_ops.next(capture, &packet) > 0) {
		add_packet(&packet, packets, messages);
		pcap_ops.give(capture, &packet, &verdict);
	}
	pcap_ops.close(capture);
	return true;
#else
	(void)packets;
	(void)messages;
	fprintf(stderr, "bench_decode: built without libpcap, cannot read %s\n", path);
	return false;
#endif
}

/* ---- what is measured ---- */

static void do_packet(struct bytes input)
{
	struct packet_headers headers;

	if (decode_packet(input, false, &headers) == DECODE_OK)
		sink += headers.dst_port;
}

static void do_dns(struct bytes input)
{
	struct dns_message message;

	if (decode_dns(input, &message) == DECODE_OK)
		sink += message.question.len;
}

static void do_walk(struct bytes input)
{
	struct dns_message message;
	struct dns_record record;
	struct dns_walk walk;

	if (decode_dns(input, &message) != DECODE_OK)
		return;
	dns_walk_start(&walk, &message);
	while (dns_next_record(&walk, &record))
		sink += record.address.bytes[3];
}

/* As the engine does it: read the question, write the refusal, wrap it. */
static void do_denial(struct bytes input)
{
	static struct packet_headers headers;
	uint8_t answer[512], packet[600];
	struct writer answer_writer = writer_on(answer, sizeof(answer));
	struct writer packet_writer = writer_on(packet, sizeof(packet));
	struct dns_message message;

	if (headers.transport == TRANSPORT_NONE)
		decode_packet(bytes_of(packet_udp4, sizeof(packet_udp4)), false, &headers);
	if (decode_dns(input, &message) != DECODE_OK)
		return;
	redact_dns_deny(&message, DNS_DENY_NODATA, "blocked by home/3", &answer_writer);
	forge_udp_answer(&headers, writer_bytes(&answer_writer), &packet_writer);
	sink += packet_writer.len;
}

static bool is_odd(void *context, const struct address *address)
{
	(void)context;
	return address->bytes[address_len(address) - 1] & 1;
}

static void edit(struct bytes input, bool keep_length)
{
	const struct redact_dns_edits edits = {.prune = is_odd, .keep_length = keep_length};
	struct redact_dns_result result;
	static uint8_t room[65536];
	struct writer writer = writer_on(room, sizeof(room));
	struct dns_message message;

	if (decode_dns(input, &message) == DECODE_OK &&
	    redact_dns_edit(&message, &edits, &writer, &result))
		sink += writer.len;
}

static void do_edit_by_ldns(struct bytes input)
{
	edit(input, false);
}

static void do_edit_in_place(struct bytes input)
{
	edit(input, true);
}

static void measure(const char *what, const struct inputs *inputs, void (*run)(struct bytes))
{
	uint64_t start, end, count = 0;
	double ns;

	if (inputs->count == 0) {
		printf("%-28s %10s\n", what, "none");
		return;
	}
	start = now_ns();
	do {
		for (size_t i = 0; i < inputs->count; i++)
			run(inputs->all[i]);
		count += inputs->count;
		end = now_ns();
	} while (end - start < RUN_NS);
	ns = (double)(end - start) / (double)count;
	printf("%-28s %10zu %10.1f %12.0f\n", what, inputs->count, ns, 1e9 / ns);
}

int main(int argc, char **argv)
{
	struct inputs packets = {NULL, 0}, messages = {NULL, 0};

	if (argc > 2) {
		fprintf(stderr, "usage: bench_decode [CAPTURE]\n");
		return 2;
	}
	if (argc == 2) {
		if (!use_capture(argv[1], &packets, &messages))
			return 1;
	} else {
		use_built_in(&packets, &messages);
	}
	printf("%-28s %10s %10s %12s\n", "", "inputs", "ns each", "per second");
	measure("packet headers", &packets, do_packet);
	measure("DNS message", &messages, do_dns);
	measure("DNS message, records walked", &messages, do_walk);
	measure("DNS question refused", &messages, do_denial);
	measure("DNS answer edited by ldns", &messages, do_edit_by_ldns);
	measure("DNS answer edited in place", &messages, do_edit_in_place);
	free_inputs(&packets);
	free_inputs(&messages);
	return 0;
}
