/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds whole packets from scratch (see forge.h), without IP options and with
 * hop limit 64. What cannot be built (no room, over 64 KiB, a fragment) fails
 * the writer; what should not be sent leaves it as it was.
 */
#include "redact/forge.h"

#include "redact/checksum.h"

#define IPV4_HEADER_SIZE 20
#define IPV6_HEADER_SIZE 40
#define TCP_HEADER_SIZE 20
#define UDP_HEADER_SIZE 8
#define ICMP_HEADER_SIZE 8
#define IP_LENGTH_MOST 65535
#define HOP_LIMIT 64

#define IP_ICMP 1
#define IP_TCP 6
#define IP_UDP 17
#define IP_ICMPV6 58

/* How much of a packet an error may carry: RFC 1812 section 4.3.2.3, RFC 4443 section 2.4 (c). */
#define ICMP_LENGTH_MOST 576
#define ICMPV6_LENGTH_MOST 1280

#define ICMPV6_REDIRECT 137

struct parcel {
	const struct address *src, *dst;
	uint16_t src_port, dst_port;
	size_t start; /* of the IP header in the writer */
	size_t transport;
};

static struct parcel parcel_back(const struct packet_headers *headers)
{
	struct parcel parcel = {
		&headers->dst, &headers->src, headers->dst_port, headers->src_port, 0, 0};

	return parcel;
}

static struct parcel parcel_onward(const struct packet_headers *headers)
{
	struct parcel parcel = {
		&headers->src, &headers->dst, headers->src_port, headers->dst_port, 0, 0};

	return parcel;
}

static bool has_ports(const struct packet_headers *headers, enum transport transport)
{
	return headers->transport == transport && (!headers->fragment || headers->first_fragment);
}

/* The IP header for len bytes of transport. */
static void put_ip(struct writer *writer, struct parcel *parcel, uint8_t ip_protocol, size_t len)
{
	bool ipv4 = parcel->src->family == ADDRESS_IPV4;

	parcel->start = writer->len;
	if (len > IP_LENGTH_MOST - (ipv4 ? IPV4_HEADER_SIZE : 0)) {
		writer->failed = true;
		return;
	}
	if (ipv4) {
		writer_u16(writer, 0x4500);
		writer_u16(writer, (uint16_t)(IPV4_HEADER_SIZE + len));
		writer_u16(writer, 0);      /* identification: needless with DF, RFC 6864 */
		writer_u16(writer, 0x4000); /* do not fragment */
		writer_u8(writer, HOP_LIMIT);
		writer_u8(writer, ip_protocol);
		writer_u16(writer, 0); /* checksum */
	} else {
		writer_u32(writer, 0x60000000);
		writer_u16(writer, (uint16_t)len);
		writer_u8(writer, ip_protocol);
		writer_u8(writer, HOP_LIMIT);
	}
	writer_put(writer, parcel->src->bytes, address_len(parcel->src));
	writer_put(writer, parcel->dst->bytes, address_len(parcel->dst));
	parcel->transport = writer->len;
}

static void finish(struct writer *writer, const struct parcel *parcel, uint8_t ip_protocol)
{
	if (writer_ok(writer))
		checksum_fix(writer->data + parcel->start, writer->len - parcel->start,
			     parcel->transport - parcel->start, ip_protocol);
}

/* ---- TCP ---- */

struct segment {
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t window;
	struct bytes payload;
};

static void put_tcp(struct writer *writer, struct parcel parcel, const struct segment *segment)
{
	put_ip(writer, &parcel, IP_TCP, TCP_HEADER_SIZE + segment->payload.len);
	writer_u16(writer, parcel.src_port);
	writer_u16(writer, parcel.dst_port);
	writer_u32(writer, segment->seq);
	writer_u32(writer, segment->ack);
	writer_u8(writer, TCP_HEADER_SIZE / 4 << 4);
	writer_u8(writer, segment->flags);
	writer_u16(writer, segment->window);
	writer_u32(writer, 0); /* checksum, urgent pointer */
	writer_bytes_put(writer, segment->payload);
	finish(writer, &parcel, IP_TCP);
}

/* The sequence number after the segment: SYN and FIN count, too. */
static uint32_t next_seq(const struct packet_headers *headers)
{
	uint32_t len = (uint32_t)headers->payload.len;

	if (headers->tcp_flags & TCP_SYN)
		len++;
	if (headers->tcp_flags & TCP_FIN)
		len++;
	return headers->seq + len;
}

void forge_reset(const struct packet_headers *headers, struct writer *writer)
{
	struct segment segment = {.flags = TCP_RST};

	if (!has_ports(headers, TRANSPORT_TCP) || headers->tcp_flags & TCP_RST)
		return;
	if (headers->tcp_flags & TCP_ACK) {
		segment.seq = headers->ack;
	} else {
		segment.ack = next_seq(headers);
		segment.flags |= TCP_ACK;
	}
	put_tcp(writer, parcel_back(headers), &segment);
}

void forge_reset_onward(const struct packet_headers *headers, struct writer *writer)
{
	struct segment segment = {.seq = headers->seq, .ack = headers->ack};

	if (!has_ports(headers, TRANSPORT_TCP) || headers->tcp_flags & TCP_RST ||
	    !(headers->tcp_flags & TCP_ACK))
		return;
	segment.flags = TCP_RST | TCP_ACK;
	put_tcp(writer, parcel_onward(headers), &segment);
}

void forge_tcp_answer(const struct packet_headers *headers, struct bytes payload,
		      struct writer *writer)
{
	struct segment segment = {
		.seq = headers->ack,
		.ack = next_seq(headers),
		.flags = TCP_FIN | TCP_PSH | TCP_ACK,
		.window = UINT16_MAX,
		.payload = payload,
	};

	if (!has_ports(headers, TRANSPORT_TCP) || headers->tcp_flags & TCP_RST ||
	    !(headers->tcp_flags & TCP_ACK))
		return;
	put_tcp(writer, parcel_back(headers), &segment);
}

/* ---- ICMP ---- */

/* Who may be told, RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e). */
static bool may_be_told(const struct packet_headers *headers)
{
	enum address_scope from = address_scope(&headers->src);
	enum address_scope to = address_scope(&headers->dst);

	if (headers->icmp_error || (headers->fragment && !headers->first_fragment))
		return false;
	if (headers->src.family == ADDRESS_IPV6 && headers->transport == TRANSPORT_ICMP &&
	    headers->icmp_type == ICMPV6_REDIRECT)
		return false;
	return from != SCOPE_MULTICAST && from != SCOPE_UNSPECIFIED && to != SCOPE_MULTICAST &&
	       to != SCOPE_UNSPECIFIED;
}

void forge_prohibited(struct bytes packet, const struct packet_headers *headers,
		      struct writer *writer)
{
	struct parcel parcel = parcel_back(headers);
	bool ipv4 = headers->src.family == ADDRESS_IPV4;
	uint8_t ip_protocol = ipv4 ? IP_ICMP : IP_ICMPV6;
	size_t most = ipv4 ? ICMP_LENGTH_MOST - IPV4_HEADER_SIZE - ICMP_HEADER_SIZE
			   : ICMPV6_LENGTH_MOST - IPV6_HEADER_SIZE - ICMP_HEADER_SIZE;

	if (!may_be_told(headers))
		return;
	if (packet.len > headers->payload_offset + headers->payload.len)
		packet.len = headers->payload_offset + headers->payload.len;
	if (packet.len > most)
		packet.len = most;
	put_ip(writer, &parcel, ip_protocol, ICMP_HEADER_SIZE + packet.len);
	writer_u8(writer, ipv4 ? 3 : 1);
	writer_u8(writer, ipv4 ? 13 : 1);
	writer_u16(writer, 0); /* checksum */
	writer_u32(writer, 0); /* unused */
	writer_bytes_put(writer, packet);
	finish(writer, &parcel, ip_protocol);
}

/* ---- UDP ---- */

void forge_udp_answer(const struct packet_headers *headers, struct bytes payload,
		      struct writer *writer)
{
	struct parcel parcel = parcel_back(headers);
	size_t len = UDP_HEADER_SIZE + payload.len;

	if (!has_ports(headers, TRANSPORT_UDP))
		return;
	put_ip(writer, &parcel, IP_UDP, len);
	writer_u16(writer, parcel.src_port);
	writer_u16(writer, parcel.dst_port);
	writer_u16(writer, (uint16_t)len);
	writer_u16(writer, 0); /* checksum */
	writer_bytes_put(writer, payload);
	finish(writer, &parcel, IP_UDP);
}

static void put_u16_at(uint8_t *data, size_t value)
{
	data[0] = (uint8_t)(value >> 8);
	data[1] = (uint8_t)value;
}

void forge_udp_payload(struct bytes packet, const struct packet_headers *headers,
		       struct bytes payload, struct writer *writer)
{
	bool ipv4 = headers->src.family == ADDRESS_IPV4;
	size_t header_len = headers->transport_offset + UDP_HEADER_SIZE;
	size_t len = header_len + payload.len;
	size_t start = writer->len;
	uint8_t *copy;

	if (headers->transport != TRANSPORT_UDP || headers->fragment || packet.len < header_len ||
	    len > IP_LENGTH_MOST) {
		writer->failed = true;
		return;
	}
	writer_put(writer, packet.data, header_len);
	writer_bytes_put(writer, payload);
	if (!writer_ok(writer))
		return;
	copy = writer->data + start;
	if (ipv4)
		put_u16_at(copy + 2, len);
	else
		put_u16_at(copy + 4, len - IPV6_HEADER_SIZE);
	put_u16_at(copy + headers->transport_offset + 4, len - headers->transport_offset);
	checksum_fix(copy, len, headers->transport_offset, IP_UDP);
}
