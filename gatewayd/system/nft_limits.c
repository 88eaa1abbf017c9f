/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows under a limit rule are marked "inspect" and in a map from their
 * addresses and ports, as they pass the forward hook, to a quota: one of each
 * device and rule and direction, which all its flows share.
 *
 *	from_lan, to_lan --> count_up, count_down: counted and let through as
 *	                     long as the quota is not used up
 *	over_up, over_down   when it is: the packet says so in its mark, and
 *	                     goes to the queue
 *
 * A quota counts on when it is used up. Its number of bytes can be changed
 * under way, its count cannot; so a new window raises the number.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <libnftnl/object.h>

#include "base/mark.h"
#include "system/nft_limits.h"
#include "system/nft_objects.h"

#define UNLIMITED "unlimited" /* the other direction of a limit in one */
#define NAME_SIZE 32u
#define KEY_MOST 44u
#define FLOWS_MOST 8192u

/* nft's own numbers of data types: how `nft list` prints a key. */
enum nft_type {
	TYPE_IPV4 = 7,
	TYPE_IPV6 = 8,
	TYPE_PROTOCOL = 12,
	TYPE_PORT = 13,
};

#define TYPE_FLOW(address) \
	((address) << 24 | (address) << 18 | TYPE_PROTOCOL << 12 | TYPE_PORT << 6 | TYPE_PORT)

static const char *map_of(bool up, bool v6)
{
	if (up)
		return v6 ? "limited_up6" : "limited_up4";
	return v6 ? "limited_down6" : "limited_down4";
}

static void add_quota(struct nft_batch *batch, const char *name, const struct limit_range *range)
{
	struct nftnl_obj *quota = nftnl_obj_alloc();
	struct nlmsghdr *message;

	if (!quota) {
		batch->failed = true;
		return;
	}
	nftnl_obj_set_u32(quota, NFTNL_OBJ_FAMILY, NFPROTO_INET);
	nftnl_obj_set_str(quota, NFTNL_OBJ_TABLE, NFT_TABLE);
	nftnl_obj_set_str(quota, NFTNL_OBJ_NAME, name);
	nftnl_obj_set_u32(quota, NFTNL_OBJ_TYPE, NFT_OBJECT_QUOTA);
	nftnl_obj_set_u64(quota, NFTNL_OBJ_QUOTA_BYTES, range->to);
	nftnl_obj_set_u64(quota, NFTNL_OBJ_QUOTA_CONSUMED, range->from);
	nftnl_obj_set_u32(quota, NFTNL_OBJ_QUOTA_FLAGS, 0);
	message = nft_batch_add(batch, NFT_MSG_NEWOBJ, NLM_F_CREATE, "a quota", NFT_NEEDS_LIMITS);
	if (message) {
		nftnl_obj_nlmsg_build_payload(message, quota);
		nft_batch_done(batch, message);
	}
	nftnl_obj_free(quota);
}

static void delete_quota(struct nft_batch *batch, const char *name)
{
	struct nlmsghdr *message =
		nft_batch_add(batch, NFT_MSG_DELOBJ, 0, "deleting a quota", NFT_NEEDS_LIMITS);

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_OBJ_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_OBJ_NAME, name);
	mnl_attr_put_u32(message, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_QUOTA));
	nft_batch_done(batch, message);
}

/* ---- the table ---- */

void nft_limits_maps(struct nft_batch *batch, uint32_t first_id)
{
	static const struct limit_range unlimited = {0, LIMIT_UNLIMITED};

	for (unsigned i = 0; i < 4; i++) {
		bool up = i & 1, v6 = i & 2;
		const struct nft_set_form form = {
			.name = map_of(up, v6),
			.type = TYPE_FLOW((uint32_t)(v6 ? TYPE_IPV6 : TYPE_IPV4)),
			.key_len = v6 ? 44 : 20,
			.flags = NFT_SET_OBJECT,
			.object = NFT_OBJECT_QUOTA,
			.size = FLOWS_MOST,
			.need = NFT_NEEDS_LIMITS,
		};

		nft_object_set(batch, &form, first_id + i);
		nft_object_flush_set(batch, form.name);
	}
	/* Also asks the kernel whether it has quotas at all. */
	add_quota(batch, UNLIMITED, &unlimited);
}

void nft_limits_chains(struct nft_batch *batch)
{
	static const char *const chains[] = {"count_up", "count_down", "over_up", "over_down"};

	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
		nft_object_chain(batch, chains[i], "filter", NF_INET_NUMHOOKS, 0,
				 "a chain for limits");
}

void nft_limits_jump(const struct nft_limits *limits, bool up)
{
	uint32_t state = mark_value(limits->mark_mask, MARK_INSPECT, limits->generation);
	struct nft_draft draft;

	nft_draft_begin(&draft, limits->batch, up ? "from_lan" : "to_lan",
			"the rule for limited flows");
	nft_draft_ct_mark(&draft);
	nft_draft_bits(&draft, limits->mark_mask, 0);
	nft_draft_compare_u32(&draft, true, state);
	nft_draft_verdict(&draft, NFT_JUMP, up ? "count_up" : "count_down");
	nft_draft_end(&draft);
}

/* Both addresses, protocol, both ports: each in whole 32-bit registers. */
static void load_flow(struct nft_draft *draft, bool v6)
{
	uint32_t words = v6 ? 8 : 2;

	nft_draft_meta(draft, NFT_META_NFPROTO, NFT_REG_1);
	nft_draft_compare_u8(draft, true, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	nft_draft_payload(draft, NFT_PAYLOAD_NETWORK_HEADER, v6 ? 8 : 12, 4 * words, NFT_REG32_00);
	nft_draft_meta(draft, NFT_META_L4PROTO, NFT_REG32_00 + words);
	nft_draft_payload(draft, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, NFT_REG32_01 + words);
	nft_draft_payload(draft, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, NFT_REG32_02 + words);
}

static void add_count(const struct nft_limits *limits, bool up)
{
	const char *chain = up ? "count_up" : "count_down";
	struct nft_draft draft;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		nft_draft_begin(&draft, limits->batch, chain, "the rule that counts to a limit");
		load_flow(&draft, v6);
		nft_draft_object(&draft, map_of(up, v6), NFT_REG32_00);
		nft_draft_verdict(&draft, NF_ACCEPT, NULL);
		nft_draft_end(&draft);
	}
	/* Only what is in no map or over its limit comes as far as this. */
	for (unsigned v6 = 0; v6 < 2; v6++) {
		nft_draft_begin(&draft, limits->batch, chain, "the rule for spent limits");
		load_flow(&draft, v6);
		nft_draft_lookup(&draft, map_of(up, v6), NFT_REG32_00);
		nft_draft_verdict(&draft, NFT_GOTO, up ? "over_up" : "over_down");
		nft_draft_end(&draft);
	}
}

/* No flow that is blocked comes to the queue, so its mark is free to say this. */
static void add_over(const struct nft_limits *limits, bool up)
{
	uint32_t state = mark_value(limits->mark_mask, MARK_BLOCK, limits->generation);
	const char *chain = up ? "over_up" : "over_down";
	struct nft_draft draft;

	nft_draft_begin(&draft, limits->batch, chain, "the rule that marks what is over a limit");
	nft_draft_meta(&draft, NFT_META_MARK, NFT_REG_1);
	nft_draft_bits(&draft, ~limits->mark_mask, state);
	nft_draft_meta_set(&draft, NFT_META_MARK);
	nft_draft_end(&draft);
	nft_draft_begin(&draft, limits->batch, chain, "the rule that queues packets");
	if (up)
		nft_draft_verdict(&draft, NFT_GOTO, "ask");
	else
		nft_draft_queue(&draft, &limits->queue, limits->fail_open);
	nft_draft_end(&draft);
}

void nft_limits_rules(const struct nft_limits *limits)
{
	for (unsigned up = 0; up < 2; up++) {
		add_count(limits, up);
		add_over(limits, up);
	}
}

/* ---- changes ---- */

static void name_quota(uint64_t limit, bool up, char name[static NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%s_%016" PRIx64, up ? "up" : "down", limit);
}

static void put_port(uint8_t *at, uint16_t port)
{
	at[0] = (uint8_t)(port >> 8);
	at[1] = (uint8_t)port;
}

/* As load_flow() has it in the registers. */
static uint32_t make_key(const struct limit_change *change, bool up, uint8_t key[static KEY_MOST])
{
	const struct address *src = up ? &change->device : &change->remote;
	const struct address *dst = up ? &change->remote : &change->device;
	size_t len = address_len(src);

	memset(key, 0, KEY_MOST);
	memcpy(key, src->bytes, len);
	memcpy(key + len, dst->bytes, len);
	key[2 * len] = change->transport == TRANSPORT_TCP ? IPPROTO_TCP : IPPROTO_UDP;
	put_port(key + 2 * len + 4, up ? change->device_port : change->remote_port);
	put_port(key + 2 * len + 8, up ? change->remote_port : change->device_port);
	return (uint32_t)(2 * len + 12);
}

static void change_flow(struct nft_batch *batch, const struct limit_change *change, bool up,
			const char *quota)
{
	uint8_t key[KEY_MOST];
	uint32_t len = make_key(change, up, key);

	nft_object_member(batch, map_of(up, change->device.family == ADDRESS_IPV6), key, len,
			  quota);
}

static void change_direction(struct nft_batch *batch, const struct limit_change *change, bool up)
{
	const struct limit_range *range = up ? &change->up : &change->down;
	bool limited = range->to < LIMIT_UNLIMITED;
	char name[NAME_SIZE];

	name_quota(change->limit, up, name);
	switch (change->kind) {
	case LIMIT_SET:
	case LIMIT_COUNT:
		if (limited)
			add_quota(batch, name, range);
		if (change->kind == LIMIT_COUNT)
			change_flow(batch, change, up, limited ? name : UNLIMITED);
		return;
	case LIMIT_END:
		change_flow(batch, change, up, NULL);
		return;
	case LIMIT_FORGET:
		if (limited)
			delete_quota(batch, name);
		return;
	}
}

void nft_limits_change(struct nft_batch *batch, const struct limit_change *change)
{
	change_direction(batch, change, true);
	change_direction(batch, change, false);
}

/* ---- readings ---- */

static bool read_name(const char *name, uint64_t *ret_limit, bool *ret_up)
{
	bool up = strncmp(name, "up_", 3) == 0;
	char *end;

	if (!up && strncmp(name, "down_", 5) != 0)
		return false;
	name += up ? 3 : 5;
	*ret_limit = strtoull(name, &end, 16);
	*ret_up = up;
	return end == name + 16 && *end == 0;
}

bool nft_limits_read(const struct nlmsghdr *message, uint64_t *ret_limit, bool *ret_up,
		     uint64_t *ret_count)
{
	struct nftnl_obj *object = nftnl_obj_alloc();
	bool ours = false;

	if (!object)
		return false;
	if (nftnl_obj_nlmsg_parse(message, object) == 0 &&
	    nftnl_obj_get_u32(object, NFTNL_OBJ_TYPE) == NFT_OBJECT_QUOTA &&
	    nftnl_obj_is_set(object, NFTNL_OBJ_NAME) &&
	    nftnl_obj_is_set(object, NFTNL_OBJ_QUOTA_CONSUMED)) {
		ours = read_name(nftnl_obj_get_str(object, NFTNL_OBJ_NAME), ret_limit, ret_up);
		*ret_count = nftnl_obj_get_u64(object, NFTNL_OBJ_QUOTA_CONSUMED);
	}
	nftnl_obj_free(object);
	return ours;
}
