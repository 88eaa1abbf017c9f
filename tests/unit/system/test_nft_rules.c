/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "tests/unit/support/check.h"

#include <stdio.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#include "system/nft_rules.h"

/*
 * The batch as it would be sent, without a kernel: whether the rules do what
 * they say is tried in tests/lab/05-kernel.sh.
 */

static const char *const lan[] = {"br-lan", "a-name-of-15-ch"};
static const struct mac exceptions[600];

static struct nft_config config = {
	.lan = lan,
	.lan_count = 2,
	.queue = 61400,
	.mark_mask = 0x0f000000,
	.exceptions = exceptions,
	.exception_count = 600,
	.inspect_replies = true,
	.counters = true,
};

struct census {
	unsigned messages, of_type[64];
	unsigned native, targets, counters, rejects, offloads, bypassing, redirects;
};

static int count_expr(struct nftnl_expr *expr, void *context)
{
	struct census *census = context;
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);

	if (strcmp(name, "queue") == 0) {
		census->native++;
		assert_int_equal(nftnl_expr_get_u16(expr, NFTNL_EXPR_QUEUE_NUM), 61400);
		census->bypassing +=
			nftnl_expr_get_u16(expr, NFTNL_EXPR_QUEUE_FLAGS) & NFT_QUEUE_FLAG_BYPASS;
	}
	census->targets += strcmp(name, "target") == 0;
	census->counters += strcmp(name, "dynset") == 0;
	census->rejects += strcmp(name, "reject") == 0;
	census->offloads += strcmp(name, "flow_offload") == 0;
	census->redirects += strcmp(name, "redir") == 0;
	return 0;
}

static void count_rule(const struct nlmsghdr *message, struct census *census)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	assert_non_null(rule);
	assert_int_equal(nftnl_rule_nlmsg_parse(message, rule), 0);
	assert_string_equal(nftnl_rule_get_str(rule, NFTNL_RULE_TABLE), "gatewayd");
	nftnl_expr_foreach(rule, count_expr, census);
	nftnl_rule_free(rule);
}

static struct census census_on(const struct nft_ground *ground)
{
	struct census census = {0};
	struct nft_batch batch;
	const struct nlmsghdr *message;
	int left;

	nft_batch_open(&batch, 1000);
	nft_rules_build(&batch, &config, ground);
	assert_false(batch.failed);
	message = (const struct nlmsghdr *)(const void *)batch.data;
	left = (int)batch.len;
	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		/* Each has its note, in order, and touches family inet only. */
		assert_int_equal(message->nlmsg_seq, 1000 + census.messages);
		assert_non_null(batch.notes[census.messages].what);
		census.messages++;
		if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
			continue;
		assert_int_equal(
			((const struct nfgenmsg *)mnl_nlmsg_get_payload(message))->nfgen_family,
			NFPROTO_INET);
		census.of_type[message->nlmsg_type & 0x3f]++;
		if ((message->nlmsg_type & 0xff) == NFT_MSG_NEWRULE)
			count_rule(message, &census);
	}
	assert_int_equal(left, 0);
	assert_int_equal(census.messages, batch.note_count);
	nft_batch_free(&batch);
	return census;
}

static struct census take_census(unsigned missing, bool afresh)
{
	return census_on(&(const struct nft_ground){.missing = missing, .afresh = afresh});
}

static void a_refill_deletes_no_table_and_no_chain(void **state)
{
	struct census census = take_census(0, false);

	(void)state;
	assert_int_equal(census.of_type[NFT_MSG_DELTABLE], 0);
	assert_int_equal(census.of_type[NFT_MSG_DELCHAIN], 0);
	assert_int_equal(census.of_type[NFT_MSG_DELRULE], 1);
	census = take_census(0, true);
	assert_int_equal(census.of_type[NFT_MSG_DELTABLE], 1);
	assert_int_equal(census.of_type[NFT_MSG_NEWTABLE], 2);
}

static void what_is_missing_is_left_out(void **state)
{
	static const char *const ports[] = {"lan1", "wan"};
	struct census census = take_census(0, false);

	(void)state;
	assert_int_equal(census.native, 3);
	assert_int_equal(census.bypassing, 2); /* exceptions and answers */
	assert_int_equal(census.targets, 0);
	assert_int_equal(census.counters, 3);
	assert_int_equal(census.rejects, 2);
	assert_int_equal(census.offloads, 0);
	census = take_census(NFT_NEEDS_QUEUE | NFT_NEEDS_REJECT | NFT_NEEDS_COUNTERS, false);
	assert_int_equal(census.native, 0);
	assert_int_equal(census.targets, 3);
	assert_int_equal(census.counters, 0);
	assert_int_equal(census.rejects, 0);
	config.offload = ports;
	config.offload_count = 2;
	census = take_census(0, false);
	assert_int_equal(census.offloads, 2);
	assert_int_equal(census.of_type[NFT_MSG_NEWFLOWTABLE], 1);
	census = take_census(NFT_NEEDS_OFFLOAD, false);
	assert_int_equal(census.offloads, 0);
	assert_int_equal(census.of_type[NFT_MSG_NEWFLOWTABLE], 0);
	config.offload_count = 0;
}

static void a_flowtable_gives_back_what_it_has(void **state)
{
	static const char *const ports[] = {"lan1", "wan"};
	struct nft_ground ground = {.flowtable = true};
	struct census census;

	(void)state;
	config.offload = ports;
	config.offload_count = 2;
	census = census_on(&ground);
	assert_int_equal(census.of_type[NFT_MSG_DELFLOWTABLE], 1);
	assert_int_equal(census.of_type[NFT_MSG_NEWFLOWTABLE], 1);
	/* Also when there will be none any more. */
	config.offload_count = 0;
	census = census_on(&ground);
	assert_int_equal(census.of_type[NFT_MSG_DELFLOWTABLE], 1);
	assert_int_equal(census.of_type[NFT_MSG_NEWFLOWTABLE], 0);
	/* It goes with its table. */
	ground.afresh = true;
	assert_int_equal(census_on(&ground).of_type[NFT_MSG_DELFLOWTABLE], 0);
}

/* The rest of the table is as it was, with and without. */
static void redirection_is_for_who_asks_for_it(void **state)
{
	struct census without = take_census(0, false), census;

	(void)state;
	assert_int_equal(without.redirects, 0);
	config.redirect = exceptions;
	config.redirect_count = 1;
	census = take_census(0, false);
	assert_int_equal(census.redirects, 2); /* UDP, TCP */
	assert_int_equal(census.of_type[NFT_MSG_NEWCHAIN], without.of_type[NFT_MSG_NEWCHAIN] + 4);
	census = take_census(NFT_NEEDS_REDIRECT, false);
	assert_int_equal(census.messages, without.messages);
	config.redirect_count = 0;
	config.redirect_all = true;
	assert_int_equal(take_census(0, false).redirects, 2);
	config.redirect_all = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refill_deletes_no_table_and_no_chain),
		cmocka_unit_test(what_is_missing_is_left_out),
		cmocka_unit_test(a_flowtable_gives_back_what_it_has),
		cmocka_unit_test(redirection_is_for_who_asks_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
