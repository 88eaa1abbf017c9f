/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of our table that counts flows under limit rules. Pure, as
 * nft_rules.h.
 */
#ifndef GATEWAYD_SYSTEM_NFT_LIMITS_H
#define GATEWAYD_SYSTEM_NFT_LIMITS_H

#include "base/limit.h"
#include "system/nft.h"
#include "system/nft_batch.h"
#include "system/nft_draft.h"

struct nft_limits {
	struct nft_batch *batch;
	uint32_t mark_mask, generation;
	struct nft_queue_choice queue;
	bool fail_open;
};

/* The maps, without any flow in them; ids are free numbers from first_id on. */
void nft_limits_maps(struct nft_batch *batch, uint32_t first_id);
void nft_limits_chains(struct nft_batch *batch);
/* In from_lan and to_lan behind the rules for decided flows. */
void nft_limits_jump(const struct nft_limits *limits, bool up);
/* What is in our own chains. */
void nft_limits_rules(const struct nft_limits *limits);

void nft_limits_change(struct nft_batch *batch, const struct limit_change *change);
/* Of an answer to NFT_MSG_GETOBJ; false: it is not one of ours. */
bool nft_limits_read(const struct nlmsghdr *message, uint64_t *ret_limit, bool *ret_up,
		     uint64_t *ret_count);

#endif
