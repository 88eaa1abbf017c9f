/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CBOR (RFC 8949), a whole message at a time: values of text keys that match
 * become 0, null, spaces or zero bytes of the same size. Inside a matching map
 * the keys become numbers, so that they stay different.
 */
#ifndef GATEWAYD_REDACT_CBOR_H
#define GATEWAYD_REDACT_CBOR_H

#include "redact/edit.h"

#define CBOR_DEPTH_MOST 32

/* False: it is no CBOR that can be read (marked in the feed); nothing was changed then. */
bool cbor_edit(struct redact_feed *feed, uint8_t *data, size_t len);

#endif
