/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configurations of Encrypted Client Hello that DNS hands out, RFC 9849
 * section 4 and RFC 9848: only what tells a real one from GREASE.
 */
#ifndef GATEWAYD_DECODE_ECH_H
#define GATEWAYD_DECODE_ECH_H

#include "base/name.h"
#include "decode/decode.h"

/*
 * The public name of the first usable configuration in the value of an `ech`
 * parameter: what a client that uses it writes into the outer hello. OK, or
 * BAD; NOT: no configuration of a version that we know.
 */
enum decode decode_ech_public_name(struct bytes list, struct name *ret_name);

#endif
