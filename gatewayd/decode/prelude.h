/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of a few bytes after which a client begins TLS, in protocols that
 * have no name here: PostgreSQL, MySQL, LDAP, RDP, Android's adb.
 */
#ifndef GATEWAYD_DECODE_PRELUDE_H
#define GATEWAYD_DECODE_PRELUDE_H

#include "decode/decode.h"

/* DECODE_OK: the stream begins with one; *ret_end is where TLS would begin. */
enum decode decode_prelude(struct bytes stream, bool last, size_t *ret_end);

#endif
