/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protocols of cameras and appliances, which have no standard: ThroughTek
 * Kalay (IOTC), CS2 and its kin (PPPP), XMEye (DVRIP), Tuya, miIO. Each mark
 * is checked together with the lengths that the same header holds, since a
 * wrong "kalay" on other people's traffic is worse than a missed one.
 */
#ifndef GATEWAYD_DECODE_P2P_H
#define GATEWAYD_DECODE_P2P_H

#include "base/protocol.h"
#include "decode/decode.h"

/* The client's stream; DECODE_OK, DECODE_MORE or DECODE_NOT. */
enum decode decode_p2p_stream(struct bytes stream, bool last, enum protocol *ret_protocol);

/* One datagram; PROTOCOL_UNKNOWN: none of these. */
enum protocol decode_p2p_datagram(struct bytes datagram);

#endif
