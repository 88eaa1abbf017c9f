/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first payload of a flow: what it is and whose name it asks for, read
 * from the bytes that the server will read, too.
 */
#include "engine/first.h"

#include "engine/internal.h"
#include "redact/checksum.h"

/* What the bytes cannot tell when the client offers no ALPN: RFC 7858, 9250, 8094. */
static enum protocol protocol_at_port(const struct flow *flow, enum protocol protocol)
{
	if (flow->key.remote_port != DOT_PORT)
		return protocol;
	if (protocol == PROTOCOL_TLS || protocol == PROTOCOL_DTLS)
		return PROTOCOL_DOT;
	return protocol == PROTOCOL_QUIC ? PROTOCOL_DOQ : protocol;
}

static void take_facts(struct flow *flow, const struct first_facts *facts)
{
	flow->protocol = protocol_at_port(flow, facts->protocol);
	flow->encrypted_client_hello = facts->ech;
	flow->upgradable = facts->upgradable;
	flow->unnamed = facts->incomplete && facts->name_count == 0 && !flow->mid_stream &&
			flow->key.transport == TRANSPORT_TCP;
	for (unsigned i = 0; i < facts->name_count; i++)
		name_list_add(&flow->hello, &facts->names[i]);
	if (facts->name_count)
		flow->name_from = facts->source == FIRST_SNI ? NAME_FROM_SNI : NAME_FROM_HOST;
}

/* What a decoder's answer means for the flow. */
static void note_first(struct engine *engine, struct flow *flow, enum decode decode,
		       const struct first_facts *facts)
{
	switch (decode) {
	case DECODE_MORE:
		return;
	case DECODE_OK:
		take_facts(flow, facts);
		break;
	case DECODE_BAD:
	case DECODE_NOT:
		break;
	}
	flow->told = true;
	if (!flow->upgradable)
		stream_release(engine, flow);
	/* Known and told: whatever was decided without it is decided again. */
	flow->decided = false;
}

static void read_first_udp(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	bool last = ++flow->datagrams >= FIRST_DATAGRAMS_MOST;
	struct bytes payload = passage->headers.payload;
	struct first_facts facts;
	enum decode decode;

	if (!flow->stream) {
		decode = decode_first_udp(NULL, payload, last, &facts);
		if (decode != DECODE_OK || !facts.incomplete || last) {
			note_first(engine, flow, decode, &facts);
			return;
		}
	}
	decode = decode_first_udp(&stream_of(engine, flow)->assembly, payload, last, &facts);
	note_first(engine, flow, decode, &facts);
}

/* False: the server must not see this segment. */
static bool read_first_tcp(struct engine *engine, struct passage *passage)
{
	const struct packet_headers *headers = &passage->headers;
	struct flow *flow = passage->flow;
	struct bytes payload = headers->payload;
	uint32_t seq = headers->seq + (headers->tcp_flags & TCP_SYN ? 1 : 0);
	bool fin = headers->tcp_flags & TCP_FIN;
	struct first_facts facts;
	struct stream *stream;
	enum decode decode;
	uint32_t offset;

	if (!flow->first_seq_known) {
		flow->first_seq = seq;
		flow->first_seq_known = true;
	}
	if (flow->bytes_lost)
		return false;
	offset = seq - flow->first_seq;
	if (offset == UINT32_MAX && payload.len == 1)
		return true; /* a keep-alive, RFC 9293 section 3.8.4 */
	if (offset >= STREAM_SIZE)
		return false;
	if (offset == 0 && !flow->stream && payload.len < STREAM_SIZE) {
		decode = decode_first_tcp(payload, fin, &facts);
		if (decode != DECODE_MORE && !(decode == DECODE_OK && facts.upgradable)) {
			note_first(engine, flow, decode, &facts);
			return true;
		}
	}
	stream = stream_of(engine, flow);
	stream->used = engine->now;
	if (!stream_put(stream, offset, payload))
		return false;
	/* A FIN ahead of a hole is not the end yet. */
	fin = fin && stream->ready >= offset + payload.len;
	decode = decode_first_tcp(bytes_of(stream->data, stream->ready), fin, &facts);
	note_first(engine, flow, decode, &facts);
	if (stream->ready == STREAM_SIZE)
		flow->upgradable = false;
	return true;
}

/* RFC 2385, RFC 5925: a server that shares no key drops the segment. */
static bool is_signed(const struct passage *passage)
{
	const struct bytes data = passage->packet->data;
	struct bytes signature;

	return decode_tcp_option(data, &passage->headers, TCP_OPTION_MD5, &signature) ||
	       decode_tcp_option(data, &passage->headers, TCP_OPTION_AO, &signature);
}

/*
 * Payload that servers do not take, or not whole: with RST or SYN or without
 * ACK (RFC 9293 section 3.10.7.4), urgent (RFC 6093), signed. Data in the first
 * SYN (RFC 7413) are sent again without one.
 */
static bool is_odd_segment(const struct passage *passage)
{
	uint8_t flags = passage->headers.tcp_flags;

	return flags & (TCP_RST | TCP_SYN | TCP_URG) || !(flags & TCP_ACK) || is_signed(passage);
}

/*
 * A packet made to fool us: one that the server will never accept or get must
 * not tell what the flow is.
 */
static bool is_decoy(const struct passage *passage)
{
	const struct packet_headers *headers = &passage->headers;

	if (headers->hop_limit < passage->flow->hop_limit)
		return true;
	if (passage->packet->checksum_pending || passage->packet->truncated || headers->fragment)
		return false;
	return !checksum_is_right(passage->packet->data, headers->transport_offset,
				  headers->payload_offset - headers->transport_offset +
					  headers->payload.len,
				  headers->ip_protocol);
}

bool first_read(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	const struct packet_headers *headers = &passage->headers;

	if (flow->told && !flow->upgradable)
		return true;
	switch (headers->transport) {
	case TRANSPORT_TCP:
	case TRANSPORT_UDP:
		break;
	case TRANSPORT_ICMP:
		flow->protocol = PROTOCOL_ICMP;
		flow->told = true;
		return true;
	case TRANSPORT_NONE:
	case TRANSPORT_OTHER:
		flow->told = true;
		return true;
	}
	if (!passage->up)
		return true;
	/* What the device answers on a flow that began outside is not a hello. */
	if (flow->inbound) {
		flow->told = true;
		return true;
	}
	if (headers->payload.len == 0)
		return true;
	if (headers->transport == TRANSPORT_TCP && is_odd_segment(passage)) {
		passage->unread = true;
		return true;
	}
	if (is_decoy(passage)) {
		engine->counters.decoys_dropped++;
		return false;
	}
	if (headers->transport == TRANSPORT_TCP)
		return read_first_tcp(engine, passage);
	read_first_udp(engine, passage);
	return true;
}
