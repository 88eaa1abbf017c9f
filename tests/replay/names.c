/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names FILE: what decode_first_tcp() and decode_first_udp() make of every
 * flow of a capture, for comparison with other programs. One line for each
 * direction of a flow that carried payload:
 *
 *   transport  source  port  destination  port  protocol  facts  address  names
 *
 * separated by tabs; a field without a value is "-". It puts streams and
 * fragments together in the simplest way that does, with memory to spare.
 */
#define _DEFAULT_SOURCE /* pcap.h uses BSD's names of types */
#if HAVE_PCAP
#include <pcap/pcap.h>
#endif
#include <stdio.h>
#include <stdlib.h>

#include "decode/first.h"
#include "decode/packet.h"

#if HAVE_PCAP

#define FLOWS_MOST 8192
#define DATAGRAM_MOST 65536

struct key {
	struct address src, dst;
	uint16_t src_port, dst_port;
	enum transport transport;
};

struct flow {
	struct key key;
	bool started, settled, bad;
	uint32_t first_seq;
	uint8_t *stream;
	uint8_t *present;
	unsigned datagrams;
	struct first_assembly *assembly;
	struct first_facts facts;
	uint8_t *last_datagram;
	size_t last_len;
};

static struct flow *flows[FLOWS_MOST];
static unsigned flow_count;

static bool same_key(const struct key *a, const struct key *b)
{
	return a->transport == b->transport && a->src_port == b->src_port &&
	       a->dst_port == b->dst_port && address_equal(&a->src, &b->src) &&
	       address_equal(&a->dst, &b->dst);
}

static struct flow *find_flow(const struct key *key)
{
	for (unsigned i = flow_count; i > 0; i--) {
		if (same_key(&flows[i - 1]->key, key))
			return flows[i - 1];
	}
	return NULL;
}

static struct flow *new_flow(const struct key *key)
{
	struct flow *flow;

	if (flow_count == FLOWS_MOST)
		return NULL;
	flow = calloc(1, sizeof(*flow));
	if (!flow)
		exit(1);
	flow->key = *key;
	flows[flow_count++] = flow;
	return flow;
}

static struct bytes stream_run(const struct flow *flow)
{
	size_t len = 0;

	while (flow->stream && len < FIRST_STREAM_MOST && flow->present[len])
		len++;
	return bytes_of(flow->stream, len);
}

static void settle_stream(struct flow *flow, bool last)
{
	struct bytes run = stream_run(flow);
	struct first_facts facts;
	enum decode answer;
	uint8_t *copy;

	if (flow->settled || flow->bad || run.len == 0)
		return;
	/* A copy of the exact size, so that a sanitizer sees a read beyond it. */
	copy = malloc(run.len);
	if (!copy)
		exit(1);
	memcpy(copy, run.data, run.len);
	answer = decode_first_tcp(bytes_of(copy, run.len), last, &facts);
	free(copy);
	if (answer == DECODE_BAD)
		flow->bad = true;
	if (answer != DECODE_OK)
		return;
	flow->facts = facts;
	flow->settled = !facts.upgradable;
}

static void add_segment(struct flow *flow, const struct packet_headers *headers)
{
	uint32_t offset;

	if (headers->tcp_flags & TCP_SYN) {
		flow->first_seq = headers->seq + 1;
		flow->started = true;
	}
	if (headers->payload.len == 0)
		return;
	if (!flow->started) {
		flow->first_seq = headers->seq;
		flow->started = true;
	}
	offset = headers->seq + ((headers->tcp_flags & TCP_SYN) != 0) - flow->first_seq;
	if (offset >= FIRST_STREAM_MOST)
		return;
	if (!flow->stream) {
		flow->stream = calloc(1, FIRST_STREAM_MOST);
		flow->present = calloc(1, FIRST_STREAM_MOST);
		if (!flow->stream || !flow->present)
			exit(1);
	}
	for (size_t i = 0; i < headers->payload.len && offset + i < FIRST_STREAM_MOST; i++) {
		if (flow->present[offset + i])
			continue;
		flow->stream[offset + i] = headers->payload.data[i];
		flow->present[offset + i] = 1;
	}
	settle_stream(flow, false);
}

static void settle_datagram(struct flow *flow, struct bytes datagram, bool last)
{
	struct first_facts facts;
	enum decode answer = decode_first_udp(flow->assembly, datagram, last, &facts);

	if (answer == DECODE_BAD)
		flow->bad = true;
	if (answer != DECODE_OK)
		return;
	flow->facts = facts;
	flow->settled = true;
}

static void add_datagram(struct flow *flow, struct bytes payload)
{
	if (payload.len == 0 || flow->settled || flow->bad)
		return;
	if (!flow->assembly)
		flow->assembly = calloc(1, sizeof(*flow->assembly));
	free(flow->last_datagram);
	flow->last_datagram = malloc(payload.len);
	if (!flow->assembly || !flow->last_datagram)
		exit(1);
	memcpy(flow->last_datagram, payload.data, payload.len);
	flow->last_len = payload.len;
	flow->datagrams++;
	settle_datagram(flow, bytes_of(flow->last_datagram, payload.len),
			flow->datagrams >= FIRST_DATAGRAMS_MOST);
}

static void add_packet(const struct packet_headers *headers)
{
	struct key key = {headers->src, headers->dst, headers->src_port, headers->dst_port,
			  headers->transport};
	bool syn = headers->transport == TRANSPORT_TCP && (headers->tcp_flags & TCP_SYN);
	struct flow *flow;

	if (headers->transport != TRANSPORT_TCP && headers->transport != TRANSPORT_UDP)
		return;
	flow = find_flow(&key);
	/* The same ports again are another flow when the sequence begins anew. */
	if (!flow || (syn && flow->stream && headers->seq + 1 != flow->first_seq))
		flow = new_flow(&key);
	if (!flow)
		return;
	if (headers->transport == TRANSPORT_TCP)
		add_segment(flow, headers);
	else
		add_datagram(flow, headers->payload);
}

/* ---- fragments: one datagram at a time for each pair of addresses ---- */

#define FRAGMENTED_MOST 64

static struct fragmented {
	struct address src, dst;
	uint32_t id;
	uint8_t protocol;
	size_t header_len, len;
	bool have_first, have_last;
	uint8_t data[DATAGRAM_MOST];
	uint8_t present[DATAGRAM_MOST];
} * fragmented[FRAGMENTED_MOST];
static unsigned fragmented_next;

static struct fragmented *find_fragmented(const struct packet_headers *headers)
{
	struct fragmented *entry;

	for (unsigned i = 0; i < FRAGMENTED_MOST; i++) {
		entry = fragmented[i];
		if (entry && entry->id == headers->fragment_id &&
		    entry->protocol == headers->ip_protocol &&
		    address_equal(&entry->src, &headers->src) &&
		    address_equal(&entry->dst, &headers->dst))
			return entry;
	}
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		exit(1);
	free(fragmented[fragmented_next % FRAGMENTED_MOST]);
	fragmented[fragmented_next++ % FRAGMENTED_MOST] = entry;
	entry->src = headers->src;
	entry->dst = headers->dst;
	entry->id = headers->fragment_id;
	entry->protocol = headers->ip_protocol;
	return entry;
}

/* IPv4 only: whatever lies after its header, at the offset in it. */
static void add_fragment(struct bytes packet, const struct packet_headers *headers)
{
	static uint8_t whole[DATAGRAM_MOST + 60];
	struct fragmented *entry;
	size_t header_len, offset, len, total;
	struct packet_headers inner;
	uint16_t flags;

	if (packet.data[0] >> 4 != 4)
		return;
	entry = find_fragmented(headers);
	header_len = (packet.data[0] & 15u) * 4u;
	flags = (uint16_t)(packet.data[6] << 8 | packet.data[7]);
	total = (size_t)(packet.data[2] << 8 | packet.data[3]);
	if (total > packet.len)
		total = packet.len;
	offset = (flags & 0x1fffu) * 8u;
	len = total - header_len;
	if (total < header_len || offset + len > DATAGRAM_MOST - 60)
		return;
	memcpy(entry->data + offset, packet.data + header_len, len);
	memset(entry->present + offset, 1, len);
	entry->have_first |= offset == 0;
	if ((flags & 0x2000) == 0) {
		entry->have_last = true;
		entry->len = offset + len;
	}
	if (!entry->have_last || memchr(entry->present, 0, entry->len))
		return;
	memcpy(whole, packet.data, 20);
	whole[0] = 0x45;
	whole[2] = (uint8_t)((entry->len + 20) >> 8);
	whole[3] = (uint8_t)(entry->len + 20);
	whole[6] = whole[7] = 0;
	memcpy(whole + 20, entry->data, entry->len);
	if (decode_packet(bytes_of(whole, entry->len + 20), false, &inner) == DECODE_OK)
		add_packet(&inner);
}

/* ---- link layers ---- */

static size_t skip_ethernet(struct bytes frame, size_t at)
{
	while (at + 2 <= frame.len) {
		unsigned type = (unsigned)frame.data[at] << 8 | frame.data[at + 1];

		at += 2;
		if (type == 0x8100 || type == 0x88a8 || type == 0x9100)
			at += 2;
		else if (type == 0x8864)
			return at + 6 < frame.len && frame.data[at + 6] & 1 ? at + 7 : at + 8;
		else
			return type == 0x0800 || type == 0x86dd ? at : frame.len;
	}
	return frame.len;
}

static size_t find_ip(int link, struct bytes frame)
{
	switch (link) {
	case DLT_EN10MB:
		return skip_ethernet(frame, 12);
	case DLT_LINUX_SLL:
		return skip_ethernet(frame, 14);
	case DLT_LINUX_SLL2:
		return frame.len > 20 ? (skip_ethernet(frame, 0) < frame.len ? 20 : frame.len)
				      : frame.len;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return 0;
	case DLT_NULL:
	case DLT_LOOP:
		return 4;
	case DLT_PPP:
		return frame.len > 4 && frame.data[0] == 0xff ? 4 : 2;
	default:
		return frame.len;
	}
}

static void read_frame(int link, struct bytes frame)
{
	size_t at = find_ip(link, frame);
	struct packet_headers headers;
	struct bytes packet;

	if (at >= frame.len)
		return;
	packet = bytes_of(frame.data + at, frame.len - at);
	if (decode_packet(packet, true, &headers) != DECODE_OK)
		return;
	if (headers.fragment)
		add_fragment(packet, &headers);
	else
		add_packet(&headers);
}

/* ---- output ---- */

static void print_flow(struct flow *flow)
{
	const struct first_facts *facts = &flow->facts;
	char src[ADDRESS_TEXT_SIZE], dst[ADDRESS_TEXT_SIZE], literal[ADDRESS_TEXT_SIZE] = "-";

	if (flow->key.transport == TRANSPORT_TCP)
		settle_stream(flow, true);
	else if (!flow->settled && !flow->bad && flow->last_datagram)
		settle_datagram(flow, bytes_of(flow->last_datagram, flow->last_len), true);
	if (!flow->stream && !flow->last_datagram)
		return;
	address_print(&flow->key.src, src);
	address_print(&flow->key.dst, dst);
	if (facts->address.family)
		address_print(&facts->address, literal);
	printf("%s\t%s\t%u\t%s\t%u\t%s\t%s%s%s%s%s%s-\t%s\t", transport_name(flow->key.transport),
	       src, flow->key.src_port, dst, flow->key.dst_port,
	       flow->bad ? "BAD" : protocol_name(facts->protocol),
	       facts->source == FIRST_SNI    ? "sni,"
	       : facts->source == FIRST_HOST ? "host,"
					     : "",
	       facts->name_odd ? "odd," : "", facts->ech ? "ech," : "",
	       facts->incomplete ? "incomplete," : "", facts->upgradable ? "upgradable," : "",
	       facts->alpn ? "alpn," : "", literal);
	for (unsigned i = 0; i < facts->name_count; i++)
		printf("%s%s", i ? "," : "", facts->names[i].text);
	printf("%s\n", facts->name_count ? "" : "-");
}

static void free_flow(struct flow *flow)
{
	free(flow->stream);
	free(flow->present);
	free(flow->assembly);
	free(flow->last_datagram);
	free(flow);
}

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	pcap_t *pcap;

	if (argc != 2) {
		fprintf(stderr, "usage: names FILE\n");
		return 2;
	}
	pcap = pcap_open_offline(argv[1], error);
	if (!pcap) {
		fprintf(stderr, "%s: %s\n", argv[1], error);
		return 1;
	}
	while (pcap_next_ex(pcap, &header, &data) == 1)
		read_frame(pcap_datalink(pcap), bytes_of(data, header->caplen));
	pcap_close(pcap);
	for (unsigned i = 0; i < flow_count; i++) {
		print_flow(flows[i]);
		free_flow(flows[i]);
	}
	for (unsigned i = 0; i < FRAGMENTED_MOST; i++)
		free(fragmented[i]);
	return 0;
}

#else

int main(void)
{
	fputs("names: built without libpcap\n", stderr);
	return 3;
}

#endif
