/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Google's QUIC before the IETF's: the client's CHLO with its SNI, and the
 * packets of Q024 to Q046, which carry it unencrypted. What is known of them
 * is in Google's "QUIC Wire Layout Specification" and "QUIC Crypto".
 */
#ifndef GATEWAYD_DECODE_GQUIC_H
#define GATEWAYD_DECODE_GQUIC_H

#include "decode/first.h"

/* Does it begin as a CHLO does? */
bool decode_gquic_is_chlo(struct bytes data);

/* Names and ALPN of a CHLO. DECODE_MORE: it is not whole. */
enum decode decode_gquic_chlo(struct bytes data, struct first_facts *ret_facts);

/* A datagram with a public header (Q024 to Q043) or Q046's. */
enum decode decode_gquic(struct bytes datagram, struct first_facts *ret_facts);

#endif
