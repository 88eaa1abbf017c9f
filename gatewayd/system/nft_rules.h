/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in our table: the sets and the rules. Pure: writes messages into a
 * batch and does nothing else.
 */
#ifndef GATEWAYD_SYSTEM_NFT_RULES_H
#define GATEWAYD_SYSTEM_NFT_RULES_H

#include "system/nft.h"
#include "system/nft_batch.h"

#define NFT_SET_LAN "lan"
#define NFT_SET_EXCEPTIONS "exceptions"
#define NFT_SET_REFUSED4 "refused4"
#define NFT_SET_REFUSED6 "refused6"
#define NFT_SET_DROPPED4 "dropped4"
#define NFT_SET_DROPPED6 "dropped6"
#define NFT_SET_REDIRECT "redirected"
#define NFT_SET_ASKED4 "asked4"
#define NFT_SET_ASKED6 "asked6"
#define NFT_SET_UP "bytes_up"
#define NFT_SET_DOWN4 "bytes_down4"
#define NFT_SET_DOWN6 "bytes_down6"
#define NFT_FLOWTABLE "passed"

#define NFT_PAIRS_MOST 8192u
#define NFT_COUNTED_MOST 4096u

/* What the rules are put into, and what the kernel offers. */
struct nft_ground {
	unsigned missing; /* enum nft_need: to do without; NFT_NEEDS_QUEUE: the native expression */
	bool afresh;      /* delete the table before; else chains and sets stay and are refilled */
	bool flowtable;   /* ours is there, of an earlier time */
};

/*
 * The whole table. The flowtable is made anew each time: what it carried comes
 * back to the rules, connection and mark unharmed.
 */
void nft_rules_build(struct nft_batch *batch, const struct nft_config *config,
		     const struct nft_ground *ground);
/* Does any device want its DNS redirected? */
bool nft_wants_redirect(const struct nft_config *config);
/* Only takes the table away. */
void nft_rules_build_removal(struct nft_batch *batch);
#endif
