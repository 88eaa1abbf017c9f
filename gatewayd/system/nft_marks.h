/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of others that write the conntrack mark over the bits that are ours:
 * decided flows would be taken for others, or come back to the queue.
 */
#ifndef GATEWAYD_SYSTEM_NFT_MARKS_H
#define GATEWAYD_SYSTEM_NFT_MARKS_H

#include <stdint.h>

#define NFT_MARKS_TABLE_SIZE 80 /* "inet " and a table's name */

typedef void nft_mark_found(void *context, const char *family, const char *table);
/*
 * Calls back with the table of each such rule, of nft and of iptables-nft. The
 * number found, or a negative errno.
 */
int nft_foreign_marks(uint32_t mark_mask, nft_mark_found *found, void *context);

#endif
