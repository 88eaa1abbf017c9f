/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The expressions that our rules are made of, in libnftnl's terms.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/rtnetlink.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#include "system/nft.h"
#include "system/nft_draft.h"

#define XT_ALIGNMENT 8u
#define XT_QUEUE_REVISION 3u

void nft_draft_begin(struct nft_draft *draft, struct nft_batch *batch, const char *chain,
		     const char *what)
{
	draft->batch = batch;
	draft->what = what;
	draft->need = NFT_NEEDS_CORE;
	draft->rule = nftnl_rule_alloc();
	if (!draft->rule) {
		batch->failed = true;
		return;
	}
	nftnl_rule_set_u32(draft->rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(draft->rule, NFTNL_RULE_TABLE, NFT_TABLE);
	nftnl_rule_set_str(draft->rule, NFTNL_RULE_CHAIN, chain);
}

void nft_draft_end(struct nft_draft *draft)
{
	struct nlmsghdr *message;

	if (!draft->rule)
		return;
	message = nft_batch_add(draft->batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
				draft->what, draft->need);
	if (message) {
		nftnl_rule_nlmsg_build_payload(message, draft->rule);
		nft_batch_done(draft->batch, message);
	}
	nftnl_rule_free(draft->rule);
	draft->rule = NULL;
}

#define END UINT32_MAX

/*
 * An expression with its numbers: pairs of an attribute and a uint32_t, then
 * END. NULL: no memory, and the batch knows.
 */
static struct nftnl_expr *add(struct nft_draft *draft, const char *name, ...)
{
	struct nftnl_expr *expr = draft->rule ? nftnl_expr_alloc(name) : NULL;
	uint32_t attribute;
	va_list numbers;

	if (!expr) {
		draft->batch->failed = true;
		return NULL;
	}
	va_start(numbers, name);
	while ((attribute = va_arg(numbers, uint32_t)) != END)
		nftnl_expr_set_u32(expr, (uint16_t)attribute, va_arg(numbers, uint32_t));
	va_end(numbers);
	nftnl_rule_add_expr(draft->rule, expr);
	return expr;
}

void nft_draft_meta(struct nft_draft *draft, uint32_t key, uint32_t reg)
{
	(void)add(draft, "meta", NFTNL_EXPR_META_KEY, key, NFTNL_EXPR_META_DREG, reg, END);
}

void nft_draft_meta_set(struct nft_draft *draft, uint32_t key)
{
	(void)add(draft, "meta", NFTNL_EXPR_META_KEY, key, NFTNL_EXPR_META_SREG, NFT_REG_1, END);
}

void nft_draft_ct(struct nft_draft *draft, uint32_t key)
{
	(void)add(draft, "ct", NFTNL_EXPR_CT_KEY, key, NFTNL_EXPR_CT_DREG, NFT_REG_1, END);
}

void nft_draft_ct_mark(struct nft_draft *draft)
{
	nft_draft_ct(draft, NFT_CT_MARK);
}

void nft_draft_ct_mark_set(struct nft_draft *draft)
{
	(void)add(draft, "ct", NFTNL_EXPR_CT_KEY, NFT_CT_MARK, NFTNL_EXPR_CT_SREG, NFT_REG_1, END);
}

void nft_draft_payload(struct nft_draft *draft, uint32_t base, uint32_t offset, uint32_t len,
		       uint32_t reg)
{
	(void)add(draft, "payload", NFTNL_EXPR_PAYLOAD_DREG, reg, NFTNL_EXPR_PAYLOAD_BASE, base,
		  NFTNL_EXPR_PAYLOAD_OFFSET, offset, NFTNL_EXPR_PAYLOAD_LEN, len, END);
}

void nft_draft_bitwise(struct nft_draft *draft, const void *mask, const void *flip, uint32_t len)
{
	struct nftnl_expr *expr =
		add(draft, "bitwise", NFTNL_EXPR_BITWISE_SREG, NFT_REG_1, NFTNL_EXPR_BITWISE_DREG,
		    NFT_REG_1, NFTNL_EXPR_BITWISE_LEN, len, END);

	if (!expr)
		return;
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, len);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, flip, len);
}

void nft_draft_bits(struct nft_draft *draft, uint32_t mask, uint32_t flip)
{
	nft_draft_bitwise(draft, &mask, &flip, sizeof(mask));
}

void nft_draft_compare(struct nft_draft *draft, bool equal, const void *data, uint32_t len)
{
	struct nftnl_expr *expr = add(draft, "cmp", NFTNL_EXPR_CMP_SREG, NFT_REG_1,
				      NFTNL_EXPR_CMP_OP, equal ? NFT_CMP_EQ : NFT_CMP_NEQ, END);

	if (!expr)
		return;
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, len);
}

void nft_draft_compare_u8(struct nft_draft *draft, bool equal, uint8_t value)
{
	nft_draft_compare(draft, equal, &value, sizeof(value));
}

void nft_draft_compare_u16(struct nft_draft *draft, bool equal, uint16_t value)
{
	nft_draft_compare(draft, equal, &value, sizeof(value));
}

void nft_draft_compare_u32(struct nft_draft *draft, bool equal, uint32_t value)
{
	nft_draft_compare(draft, equal, &value, sizeof(value));
}

static void add_lookup(struct nft_draft *draft, const char *set, uint32_t reg, uint32_t flags)
{
	struct nftnl_expr *expr = add(draft, "lookup", NFTNL_EXPR_LOOKUP_SREG, reg, END);

	if (!expr)
		return;
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set);
	if (flags)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS, flags);
}

void nft_draft_lookup(struct nft_draft *draft, const char *set, uint32_t reg)
{
	add_lookup(draft, set, reg, 0);
}

void nft_draft_lookup_not(struct nft_draft *draft, const char *set, uint32_t reg)
{
	add_lookup(draft, set, reg, NFT_LOOKUP_F_INV);
}

void nft_draft_to_router(struct nft_draft *draft, bool yes)
{
	(void)add(draft, "fib", NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE,
		  NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR, NFTNL_EXPR_FIB_DREG, NFT_REG_1, END);
	nft_draft_compare_u32(draft, yes, RTN_LOCAL);
}

void nft_draft_count(struct nft_draft *draft, const char *set)
{
	struct nftnl_expr *expr = add(draft, "dynset", NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1,
				      NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_UPDATE, END);
	struct nftnl_expr *counter = nftnl_expr_alloc("counter");

	if (!expr || !counter) {
		draft->batch->failed = true;
		if (counter)
			nftnl_expr_free(counter);
		return;
	}
	nftnl_expr_set_str(expr, NFTNL_EXPR_DYNSET_SET_NAME, set);
	nftnl_expr_add_expr(expr, NFTNL_EXPR_DYNSET_EXPR, counter);
	draft->need = NFT_NEEDS_COUNTERS;
}

void nft_draft_object(struct nft_draft *draft, const char *map, uint32_t reg)
{
	struct nftnl_expr *expr = add(draft, "objref", NFTNL_EXPR_OBJREF_SET_SREG, reg, END);

	if (!expr)
		return;
	nftnl_expr_set_str(expr, NFTNL_EXPR_OBJREF_SET_NAME, map);
	draft->need = NFT_NEEDS_LIMITS;
}

void nft_draft_verdict(struct nft_draft *draft, int verdict, const char *chain)
{
	struct nftnl_expr *expr = add(draft, "immediate", NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT,
				      NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict, END);

	if (expr && chain)
		nftnl_expr_set_str(expr, NFTNL_EXPR_IMM_CHAIN, chain);
}

void nft_draft_redirect(struct nft_draft *draft)
{
	(void)add(draft, "redir", END);
}

void nft_draft_notrack(struct nft_draft *draft)
{
	(void)add(draft, "notrack", END);
}

void nft_draft_reject(struct nft_draft *draft, bool reset)
{
	struct nftnl_expr *expr = add(draft, "reject", NFTNL_EXPR_REJECT_TYPE,
				      reset ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMPX_UNREACH, END);

	if (!expr)
		return;
	nftnl_expr_set_u8(expr, NFTNL_EXPR_REJECT_CODE,
			  reset ? 0 : NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
	draft->need = NFT_NEEDS_REJECT;
}

static void add_xt_target(struct nft_draft *draft, const struct nft_queue_choice *queue,
			  bool bypass)
{
	size_t size = (sizeof(struct xt_NFQ_info_v3) + XT_ALIGNMENT - 1) & ~(XT_ALIGNMENT - 1);
	struct xt_NFQ_info_v3 info = {
		.queuenum = queue->number,
		.queues_total = 1,
		.flags = bypass ? NFQ_FLAG_BYPASS : 0,
	};
	struct nftnl_expr *expr = add(draft, "target", NFTNL_EXPR_TG_REV, XT_QUEUE_REVISION, END);
	void *copy = expr ? calloc(1, size) : NULL;

	if (!copy) {
		draft->batch->failed = true;
		return;
	}
	memcpy(copy, &info, sizeof(info));
	nftnl_expr_set_str(expr, NFTNL_EXPR_TG_NAME, "NFQUEUE");
	/* The expression owns the copy from here on. */
	nftnl_expr_set(expr, NFTNL_EXPR_TG_INFO, copy, (uint32_t)size);
}

void nft_draft_queue(struct nft_draft *draft, const struct nft_queue_choice *queue, bool bypass)
{
	struct nftnl_expr *expr;

	draft->need = NFT_NEEDS_QUEUE;
	if (!queue->native) {
		add_xt_target(draft, queue, bypass);
		return;
	}
	expr = add(draft, "queue", END);
	if (!expr)
		return;
	nftnl_expr_set_u16(expr, NFTNL_EXPR_QUEUE_NUM, queue->number);
	nftnl_expr_set_u16(expr, NFTNL_EXPR_QUEUE_TOTAL, 1);
	nftnl_expr_set_u16(expr, NFTNL_EXPR_QUEUE_FLAGS, bypass ? NFT_QUEUE_FLAG_BYPASS : 0);
}

void nft_draft_offload(struct nft_draft *draft, const char *flowtable)
{
	struct nftnl_expr *expr = add(draft, "flow_offload", END);

	if (!expr)
		return;
	nftnl_expr_set_str(expr, NFTNL_EXPR_FLOW_TABLE_NAME, flowtable);
	draft->need = NFT_NEEDS_OFFLOAD;
}
