/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "tests/unit/support/check.h"

#include <stdio.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <libnftnl/expr.h>
#include <libnftnl/object.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>

#include "system/nft_limits.h"
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
	unsigned native, targets, counters, rejects, offloads, bypassing, redirects, quotas;
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
	census->quotas += strcmp(name, "objref") == 0;
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

static void limits_are_counted_where_there_are_any(void **state)
{
	struct census without = take_census(0, false), census;

	(void)state;
	assert_int_equal(without.quotas, 0);
	config.limits = true;
	census = take_census(0, false);
	assert_int_equal(census.quotas, 4); /* up, down; IPv4, IPv6 */
	assert_int_equal(census.native, without.native + 1);
	assert_int_equal(census.of_type[NFT_MSG_NEWSET], without.of_type[NFT_MSG_NEWSET] + 4);
	assert_int_equal(census.of_type[NFT_MSG_NEWOBJ], 1);
	/* Maps are emptied, counters are not deleted. */
	assert_int_equal(census.of_type[NFT_MSG_DELSETELEM],
			 without.of_type[NFT_MSG_DELSETELEM] + 4);
	assert_int_equal(census.of_type[NFT_MSG_DELOBJ], 0);
	census = take_census(NFT_NEEDS_LIMITS, false);
	assert_int_equal(census.messages, without.messages);
	config.limits = false;
}

/* ---- changes of limits ---- */

static void write_change(struct nft_batch *batch, enum limit_change_kind kind, const char *device,
			 const char *remote)
{
	struct limit_change change = {
		.kind = kind,
		.limit = 0xabc,
		.up = {1000, 5000},
		.down = {0, LIMIT_UNLIMITED},
		.device_port = 0x1234,
		.remote_port = 443,
		.transport = TRANSPORT_TCP,
	};
	const struct nlmsghdr *first;

	assert_true(address_parse(device, &change.device));
	assert_true(address_parse(remote, &change.remote));
	nft_batch_open(batch, 1000);
	nft_limits_change(batch, &change);
	assert_false(batch->failed);
	/* It begins with the frame of a transaction. */
	first = (const struct nlmsghdr *)(const void *)batch->data;
	assert_int_equal(first->nlmsg_type, NFNL_MSG_BATCH_BEGIN);
}

static const struct nlmsghdr *message_at(const struct nft_batch *batch, unsigned at)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)batch->data;
	int left = (int)batch->len;

	for (; at; at--) {
		assert_true(mnl_nlmsg_ok(message, left));
		message = mnl_nlmsg_next(message, &left);
	}
	return message;
}

static void assert_element(const struct nft_batch *batch, unsigned at, const char *map,
			   const void *key, uint32_t key_len, const char *object)
{
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_set_elems_iter *elements;
	struct nftnl_set_elem *element;
	uint32_t len;

	assert_int_equal(nftnl_set_elems_nlmsg_parse(message_at(batch, at), set), 0);
	assert_string_equal(nftnl_set_get_str(set, NFTNL_SET_NAME), map);
	elements = nftnl_set_elems_iter_create(set);
	element = nftnl_set_elems_iter_next(elements);
	assert_memory_equal(nftnl_set_elem_get(element, NFTNL_SET_ELEM_KEY, &len), key, key_len);
	assert_int_equal(len, key_len);
	if (object)
		assert_string_equal(nftnl_set_elem_get_str(element, NFTNL_SET_ELEM_OBJREF), object);
	nftnl_set_elems_iter_destroy(elements);
	nftnl_set_free(set);
}

static void a_flow_has_a_key_for_each_direction(void **state)
{
	static const uint8_t up[] = {192, 0, 2,    10,   203, 0, 113, 5,   6, 0,
				     0,   0, 0x12, 0x34, 0,   0, 1,   187, 0, 0},
			     down[] = {203, 0, 113, 5,   192, 0, 2,    10,   6, 0,
				       0,   0, 1,   187, 0,   0, 0x12, 0x34, 0, 0};
	struct nft_batch batch;

	(void)state;
	write_change(&batch, LIMIT_COUNT, "192.0.2.10", "203.0.113.5");
	/* Its quota, and what refers to it. */
	assert_int_equal(batch.note_count, 4);
	assert_int_equal(message_at(&batch, 1)->nlmsg_type & 0xff, NFT_MSG_NEWOBJ);
	assert_element(&batch, 2, "limited_up4", up, sizeof(up), "up_0000000000000abc");
	assert_element(&batch, 3, "limited_down4", down, sizeof(down), "unlimited");
	nft_batch_free(&batch);
	write_change(&batch, LIMIT_END, "192.0.2.10", "203.0.113.5");
	assert_int_equal(batch.note_count, 3);
	assert_int_equal(message_at(&batch, 1)->nlmsg_type & 0xff, NFT_MSG_DELSETELEM);
	assert_element(&batch, 1, "limited_up4", up, sizeof(up), NULL);
	nft_batch_free(&batch);
	write_change(&batch, LIMIT_COUNT, "2001:db8::1", "2001:db8::2");
	assert_int_equal(batch.note_count, 4);
	nft_batch_free(&batch);
	write_change(&batch, LIMIT_SET, "192.0.2.10", "203.0.113.5");
	assert_int_equal(batch.note_count, 2);
	nft_batch_free(&batch);
	write_change(&batch, LIMIT_FORGET, "192.0.2.10", "203.0.113.5");
	assert_int_equal(batch.note_count, 2);
	assert_int_equal(message_at(&batch, 1)->nlmsg_type & 0xff, NFT_MSG_DELOBJ);
	nft_batch_free(&batch);
}

static void a_quota_is_read_as_it_was_written(void **state)
{
	uint64_t limit = 0, count = 0;
	struct nft_batch batch;
	bool is_up = false;

	(void)state;
	write_change(&batch, LIMIT_SET, "192.0.2.10", "203.0.113.5");
	assert_true(nft_limits_read(message_at(&batch, 1), &limit, &is_up, &count));
	assert_true(limit == 0xabc);
	assert_true(is_up);
	assert_int_equal(count, 1000);
	nft_batch_free(&batch);
	/* What is no quota of a limit: the shared one, or anybody's rule. */
	nft_batch_open(&batch, 1000);
	nft_limits_maps(&batch, 1);
	assert_false(nft_limits_read(message_at(&batch, (unsigned)batch.note_count - 1), &limit,
				     &is_up, &count));
	assert_false(nft_limits_read(message_at(&batch, 1), &limit, &is_up, &count));
	nft_batch_free(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refill_deletes_no_table_and_no_chain),
		cmocka_unit_test(what_is_missing_is_left_out),
		cmocka_unit_test(a_flowtable_gives_back_what_it_has),
		cmocka_unit_test(redirection_is_for_who_asks_for_it),
		cmocka_unit_test(limits_are_counted_where_there_are_any),
		cmocka_unit_test(a_flow_has_a_key_for_each_direction),
		cmocka_unit_test(a_quota_is_read_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
