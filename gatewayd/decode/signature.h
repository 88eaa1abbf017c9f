/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binary protocols that are public and hold no name of a host: MQTT, STUN,
 * NTP, CoAP, DHCP, RTP, WireGuard, OpenVPN, BitTorrent, DNS wherever it turns
 * up, DNSCrypt. Told by all that their first message must obey, not by a byte.
 */
#ifndef GATEWAYD_DECODE_SIGNATURE_H
#define GATEWAYD_DECODE_SIGNATURE_H

#include "base/protocol.h"
#include "decode/decode.h"

/* The client's stream; DECODE_OK, DECODE_MORE or DECODE_NOT. */
enum decode decode_signature_stream(struct bytes stream, bool last, enum protocol *ret_protocol);

/* One datagram; PROTOCOL_UNKNOWN: none of these. */
enum protocol decode_signature_datagram(struct bytes datagram);

/* STUN and TURN, RFC 8489, RFC 5389, RFC 3489; ask this before all others. */
bool decode_stun_looks_right(struct bytes datagram);

/*
 * The first packet of an OpenVPN session in a datagram, or behind the two
 * bytes of length on TCP.
 */
bool decode_openvpn_looks_right(struct bytes packet);

/* One DNS message with one ordinary question; *ret_protocol: DNS, MDNS or DNSCRYPT. */
bool decode_dns_any_port(struct bytes message, enum protocol *ret_protocol);

#endif
