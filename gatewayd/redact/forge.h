/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole IP packets in somebody else's name: refusals of what a device sent.
 * Each writes into the caller's writer, checksums done; headers describe the
 * packet that is being refused, as the device sent it. Where there is nothing
 * to be sent, nothing is written.
 */
#ifndef GATEWAYD_REDACT_FORGE_H
#define GATEWAYD_REDACT_FORGE_H

#include "base/writer.h"
#include "decode/packet.h"

/* A TCP reset back to the sender, RFC 9293 section 3.10.7.1. Nothing for a reset. */
void forge_reset(const struct packet_headers *headers, struct writer *writer);

/*
 * A reset on to the receiver, so that a server does not keep a half-open
 * connection whose client was refused. Nothing for a reset, nor for a SYN,
 * of whose connection the receiver has not heard.
 */
void forge_reset_onward(const struct packet_headers *headers, struct writer *writer);

/*
 * ICMP destination unreachable, communication administratively prohibited
 * (RFC 1812 section 5.2.7.1: type 3 code 13; RFC 4443 section 3.1: type 1
 * code 1), in the destination's name, quoting the packet. Nothing for ICMP
 * errors, redirects, multicast (from or to) and later fragments.
 */
void forge_prohibited(struct bytes packet, const struct packet_headers *headers,
		      struct writer *writer);

/* A UDP answer to the packet: addresses and ports turned round. */
void forge_udp_answer(const struct packet_headers *headers, struct bytes payload,
		      struct writer *writer);

/*
 * A TCP answer to the segment: data in the next bytes that the device waits
 * for, acknowledging what it sent, with FIN set, since the true server's
 * sequence numbers are not ours to use any further. Nothing for a reset, nor
 * for a segment without ACK.
 */
void forge_tcp_answer(const struct packet_headers *headers, struct bytes payload,
		      struct writer *writer);

/*
 * Copies the packet with another UDP payload; lengths and checksums are done.
 * A fragment cannot be done so and fails the writer.
 */
void forge_udp_payload(struct bytes packet, const struct packet_headers *headers,
		       struct bytes payload, struct writer *writer);

#endif
