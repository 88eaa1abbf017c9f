/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Internet checksum (RFC 1071) of whole IP packets, TCP, UDP, ICMP and
 * ICMPv6.
 */
#ifndef GATEWAYD_REDACT_CHECKSUM_H
#define GATEWAYD_REDACT_CHECKSUM_H

#include <stdint.h>

#include "base/bytes.h"

/*
 * Fills in the IPv4 header checksum and that of the transport at
 * transport_offset. A packet of another transport, or a fragment, gets its
 * IPv4 header done only. data holds the whole packet.
 */
void checksum_fix(uint8_t *data, size_t len, size_t transport_offset, uint8_t ip_protocol);

/*
 * Is the checksum of the transport right, or needs it none? packet begins at
 * the IP header; transport_len counts the transport's header and payload.
 */
bool checksum_is_right(struct bytes packet, size_t transport_offset, size_t transport_len,
		       uint8_t ip_protocol);

#endif
