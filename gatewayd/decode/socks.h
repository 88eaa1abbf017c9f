/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client asks a SOCKS proxy for: SOCKS 4 and 4a, and SOCKS 5 (RFC 1928,
 * with the user name of RFC 1929). In SOCKS 5 the request comes after the
 * server has chosen a method, so the greeting alone is DECODE_MORE.
 */
#ifndef GATEWAYD_DECODE_SOCKS_H
#define GATEWAYD_DECODE_SOCKS_H

#include "decode/first.h"

/* *ret_end: where the request ends and the client's own bytes begin. */
enum decode decode_socks(struct bytes stream, bool last, struct first_facts *ret_facts,
			 size_t *ret_end);

#endif
