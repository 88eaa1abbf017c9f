/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of our table that brings plain DNS of some devices to the router's
 * own resolver. Pure, as nft_rules.h.
 */
#ifndef GATEWAYD_SYSTEM_NFT_REDIRECT_H
#define GATEWAYD_SYSTEM_NFT_REDIRECT_H

#include "system/nft_batch.h"

struct nft_redirect {
	struct nft_batch *batch;
	uint32_t mark_mask;
	bool all; /* all but those in the set NFT_SET_REDIRECT; else only those */
};

void nft_redirect_chains(struct nft_batch *batch);
/* Before the rules for DNS in the chains input and output. */
void nft_redirect_rules(const struct nft_redirect *redirect);

#endif
