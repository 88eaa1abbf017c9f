/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rule in the making: expressions are appended in the order in which the
 * kernel evaluates them, then the rule goes into a batch. Memory that runs out
 * is remembered and fails the batch. Expressions work in register 1 unless
 * they say otherwise.
 */
#ifndef GATEWAYD_SYSTEM_NFT_DRAFT_H
#define GATEWAYD_SYSTEM_NFT_DRAFT_H

#include "system/nft_batch.h"

struct nftnl_rule;

struct nft_draft {
	struct nft_batch *batch;
	struct nftnl_rule *rule;
	const char *what;
	enum nft_need need;
};

struct nft_queue_choice {
	bool native; /* else the xt target */
	uint16_t number;
};

void nft_draft_begin(struct nft_draft *draft, struct nft_batch *batch, const char *chain,
		     const char *what);
/* Puts the rule into the batch. */
void nft_draft_end(struct nft_draft *draft);

/* meta: key is enum nft_meta_keys. */
void nft_draft_meta(struct nft_draft *draft, uint32_t key, uint32_t reg);
void nft_draft_meta_set(struct nft_draft *draft, uint32_t key);
/* key: enum nft_ct_keys. */
void nft_draft_ct(struct nft_draft *draft, uint32_t key);
void nft_draft_ct_mark(struct nft_draft *draft);
void nft_draft_ct_mark_set(struct nft_draft *draft);
/* Bytes of a header: base is enum nft_payload_bases. */
void nft_draft_payload(struct nft_draft *draft, uint32_t base, uint32_t offset, uint32_t len,
		       uint32_t reg);
/* Register = (register & mask) ^ flip, of len bytes. */
void nft_draft_bitwise(struct nft_draft *draft, const void *mask, const void *flip, uint32_t len);
void nft_draft_bits(struct nft_draft *draft, uint32_t mask, uint32_t flip);
void nft_draft_compare(struct nft_draft *draft, bool equal, const void *data, uint32_t len);
void nft_draft_compare_u8(struct nft_draft *draft, bool equal, uint8_t value);
void nft_draft_compare_u16(struct nft_draft *draft, bool equal, uint16_t value);
void nft_draft_compare_u32(struct nft_draft *draft, bool equal, uint32_t value);
/* The key in reg is in the set. */
void nft_draft_lookup(struct nft_draft *draft, const char *set, uint32_t reg);
void nft_draft_lookup_not(struct nft_draft *draft, const char *set, uint32_t reg);
/* The destination is an address of this machine, or is not. */
void nft_draft_to_router(struct nft_draft *draft, bool yes);
/* Adds the key in register 1 to the set, or refreshes it, and counts the packet. */
void nft_draft_count(struct nft_draft *draft, const char *set);
/* The object that the map has for the key in reg; a quota that is used up ends the rule. */
void nft_draft_object(struct nft_draft *draft, const char *map, uint32_t reg);
/* NF_ACCEPT, NF_DROP, or NFT_JUMP and NFT_GOTO with a chain. */
void nft_draft_verdict(struct nft_draft *draft, int verdict, const char *chain);
/* To the same port of this machine; in a chain of type nat. */
void nft_draft_redirect(struct nft_draft *draft);
void nft_draft_notrack(struct nft_draft *draft);
/* TCP reset, or ICMP and ICMPv6 administratively prohibited. */
void nft_draft_reject(struct nft_draft *draft, bool reset);
void nft_draft_queue(struct nft_draft *draft, const struct nft_queue_choice *queue, bool bypass);
void nft_draft_offload(struct nft_draft *draft, const char *flowtable);

#endif
