/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `ct mark set` has its value from the expressions before it in the rule. It
 * keeps our bits only when that value began as the mark itself and no mask
 * between took a bit of ours away or turned one.
 */
#include "system/nft_marks.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_CONNMARK.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#include "system/netlink.h"
#include "system/nft.h"
#include "system/nft_objects.h"

struct search {
	uint32_t mask;
	nft_mark_found *found;
	void *context;
	int count;
};

/* Of one rule, expression by expression. */
struct reading {
	uint32_t mask;
	bool kept;   /* the value at hand still has our bits of the mark */
	bool writes; /* over them */
};

static bool read_word(const struct nftnl_expr *expression, uint16_t attribute, uint32_t *ret_word)
{
	uint32_t len = 0;
	const void *data = nftnl_expr_get(expression, attribute, &len);

	if (!data || len != sizeof(*ret_word))
		return false;
	memcpy(ret_word, data, sizeof(*ret_word));
	return true;
}

static void read_ct(struct reading *reading, const struct nftnl_expr *expression)
{
	bool mark = nftnl_expr_get_u32(expression, NFTNL_EXPR_CT_KEY) == NFT_CT_MARK;

	if (!nftnl_expr_is_set(expression, NFTNL_EXPR_CT_SREG))
		reading->kept = mark;
	else if (mark && !reading->kept)
		reading->writes = true;
}

static void read_bitwise(struct reading *reading, const struct nftnl_expr *expression)
{
	uint32_t mask, flip;

	if (!read_word(expression, NFTNL_EXPR_BITWISE_MASK, &mask) ||
	    !read_word(expression, NFTNL_EXPR_BITWISE_XOR, &flip) ||
	    (mask & reading->mask) != reading->mask || (flip & reading->mask))
		reading->kept = false;
}

/* iptables-nft: -j CONNMARK, revision 1 and later begin alike. */
static void read_target(struct reading *reading, const struct nftnl_expr *expression)
{
	const char *name = nftnl_expr_get_str(expression, NFTNL_EXPR_TG_NAME);
	struct xt_connmark_tginfo1 info;
	uint32_t len = 0;
	const void *data = nftnl_expr_get(expression, NFTNL_EXPR_TG_INFO, &len);

	if (!name || strcmp(name, "CONNMARK") != 0 || !data || len < sizeof(info))
		return;
	memcpy(&info, data, sizeof(info));
	if ((info.mode == XT_CONNMARK_SET && ((info.ctmask | info.ctmark) & reading->mask)) ||
	    (info.mode == XT_CONNMARK_SAVE && ((info.ctmask | info.nfmask) & reading->mask)))
		reading->writes = true;
}

static int read_expression(struct nftnl_expr *expression, void *context)
{
	static const char *const sources[] = {"immediate", "meta", "payload", "lookup", "numgen",
					      "hash",      "rt",   "socket",  "osf",    "fib"};
	struct reading *reading = context;
	const char *name = nftnl_expr_get_str(expression, NFTNL_EXPR_NAME);

	if (strcmp(name, "ct") == 0)
		read_ct(reading, expression);
	else if (strcmp(name, "bitwise") == 0)
		read_bitwise(reading, expression);
	else if (strcmp(name, "target") == 0)
		read_target(reading, expression);
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (strcmp(name, sources[i]) == 0)
			reading->kept = false;
	return 0;
}

static void read_rule(void *context, const struct nlmsghdr *message)
{
	struct search *search = context;
	struct reading reading = {.mask = search->mask};
	struct nftnl_rule *rule = nftnl_rule_alloc();
	uint32_t family;
	const char *table;

	if (!rule)
		return;
	if (nftnl_rule_nlmsg_parse(message, rule) == 0 &&
	    (table = nftnl_rule_get_str(rule, NFTNL_RULE_TABLE))) {
		family = nftnl_rule_get_u32(rule, NFTNL_RULE_FAMILY);
		if (family != NFPROTO_INET || strcmp(table, NFT_TABLE) != 0)
			nftnl_expr_foreach(rule, read_expression, &reading);
		if (reading.writes) {
			search->count++;
			search->found(search->context, nft_family_name(family), table);
		}
	}
	nftnl_rule_free(rule);
}

int nft_foreign_marks(uint32_t mark_mask, nft_mark_found *found, void *context)
{
	struct search search = {mark_mask, found, context, 0};
	struct mnl_socket *socket = netlink_open(NETLINK_NETFILTER, 0);
	struct nlmsghdr *request;
	char buffer[256];
	int problem;

	if (!socket)
		return -errno;
	request = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETRULE, NFPROTO_UNSPEC, NLM_F_DUMP, 1);
	problem = netlink_ask(socket, request, read_rule, &search);
	netlink_close(socket);
	/* Rules that changed meanwhile may be counted twice or not at all. */
	return problem < 0 && problem != -EINTR ? problem : search.count;
}
