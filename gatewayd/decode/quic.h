/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ClientHello inside QUIC Initial packets: version 1 (RFC 9000, 9001),
 * version 2 (RFC 9369), the drafts and vendors' versions that are still seen
 * (draft-23 to 34, mvfst), and Google's with TLS (T050, T051) or with its own
 * handshake (gquic.h). Coalesced packets are walked; 0-RTT, Handshake and
 * Retry hold no name and are passed over. Keys come from the client's first
 * destination connection id; after a Retry from the new one.
 */
#ifndef GATEWAYD_DECODE_QUIC_H
#define GATEWAYD_DECODE_QUIC_H

#include "decode/first.h"

/* See decode_first_udp(); DECODE_NOT: no QUIC, ask others. */
enum decode decode_quic(struct first_assembly *assembly, struct bytes datagram, bool last,
			struct first_facts *ret_facts);

#endif
