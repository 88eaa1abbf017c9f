/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose checksums a capture can be trusted with. One that was taken on the
 * sender itself has packets from before the network card filled the checksum
 * in, and one that was made anonymous has wrong ones throughout; that is
 * nobody's trick. As long as most packets of a sender are wrong, wrong is how
 * he looks; one wrong packet among right ones is a trick.
 */
#ifndef GATEWAYD_CLIENT_OFFLOAD_H
#define GATEWAYD_CLIENT_OFFLOAD_H

#include "base/hash.h"
#include "base/packet.h"

struct table;

/* The senders that were seen; table_free() them. NULL: no memory. */
struct table *offload_new(const struct hash_key *key);
/* Counts the packet. True: its checksum tells nothing. */
bool offload_is_pending(struct table *senders, const struct packet *packet);

#endif
