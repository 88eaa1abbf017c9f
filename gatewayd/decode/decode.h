/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every decoder answers. A decoder turns untrusted bytes into facts: a
 * struct of slices into the same bytes. It reads only through a cursor,
 * allocates nothing, keeps no state, knows no policy, and writes its result
 * only when it answers DECODE_OK.
 */
#ifndef GATEWAYD_DECODE_DECODE_H
#define GATEWAYD_DECODE_DECODE_H

#include "base/bytes.h"

enum decode {
	DECODE_OK,   /* understood; the result is filled in */
	DECODE_MORE, /* a true beginning of such a message; more bytes may tell */
	DECODE_NOT,  /* not this protocol */
	DECODE_BAD,  /* this protocol, but broken: what the policy says of malformed */
};

#endif
