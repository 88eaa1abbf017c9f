/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects of our table, each as one message in a batch. Creating one that
 * is there already is no error to the kernel.
 */
#define _GNU_SOURCE
#include <string.h>
#include <arpa/inet.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>

#include "system/nft.h"
#include "system/nft_objects.h"

#define HOST_ORDER 1 /* in nft's notes */

void nft_object_table(struct nft_batch *batch, uint16_t type, const char *what)
{
	struct nlmsghdr *message = nft_batch_add(
		batch, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0, what, NFT_NEEDS_CORE);

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, NFT_TABLE);
	nft_batch_done(batch, message);
}

void nft_object_flush_rules(struct nft_batch *batch)
{
	struct nlmsghdr *message = nft_batch_add(batch, NFT_MSG_DELRULE, 0,
						 "taking the old rules out", NFT_NEEDS_CORE);

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, NFT_TABLE);
	nft_batch_done(batch, message);
}

void nft_object_flush_set(struct nft_batch *batch, const char *set)
{
	struct nlmsghdr *message =
		nft_batch_add(batch, NFT_MSG_DELSETELEM, 0, "emptying a set", NFT_NEEDS_CORE);

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	nft_batch_done(batch, message);
}

void nft_object_chain(struct nft_batch *batch, const char *name, const char *type, uint32_t hook,
		      int priority, const char *what)
{
	struct nlmsghdr *message =
		nft_batch_add(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, what,
			      strcmp(type, "nat") == 0 ? NFT_NEEDS_REDIRECT : NFT_NEEDS_CORE);
	struct nlattr *nest;

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, name);
	if (hook != NF_INET_NUMHOOKS) {
		nest = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
		mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(hook));
		mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, htonl((uint32_t)priority));
		mnl_attr_nest_end(message, nest);
		mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
		mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, type);
	}
	nft_batch_done(batch, message);
}

/* Else nft prints the bytes of names backwards. The kernel does not read it. */
static void note_host_order(struct nftnl_set *set)
{
	struct nftnl_udata_buf *note = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);

	if (!note)
		return;
	if (nftnl_udata_put_u32(note, NFTNL_UDATA_SET_KEYBYTEORDER, HOST_ORDER))
		nftnl_set_set_data(set, NFTNL_SET_USERDATA, nftnl_udata_buf_data(note),
				   nftnl_udata_buf_len(note));
	nftnl_udata_buf_free(note);
}

void nft_object_set(struct nft_batch *batch, const struct nft_set_form *form, uint32_t id)
{
	struct nftnl_set *set = nftnl_set_alloc();
	struct nlmsghdr *message;

	if (!set) {
		batch->failed = true;
		return;
	}
	nftnl_set_set_str(set, NFTNL_SET_TABLE, NFT_TABLE);
	nftnl_set_set_str(set, NFTNL_SET_NAME, form->name);
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_u32(set, NFTNL_SET_ID, id);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, form->type);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, form->key_len);
	if (form->flags)
		nftnl_set_set_u32(set, NFTNL_SET_FLAGS, form->flags);
	if (form->size)
		nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, form->size);
	if (form->timeout_ms)
		nftnl_set_set_u64(set, NFTNL_SET_TIMEOUT, form->timeout_ms);
	if (form->object)
		nftnl_set_set_u32(set, NFTNL_SET_OBJ_TYPE, form->object);
	if (form->host_order)
		note_host_order(set);
	message = nft_batch_add(batch, NFT_MSG_NEWSET, NLM_F_CREATE,
				form->need == NFT_NEEDS_COUNTERS ? "a set that counts" : "a set",
				form->need);
	if (message) {
		nftnl_set_nlmsg_build_payload(message, set);
		nft_batch_done(batch, message);
	}
	nftnl_set_free(set);
}

void nft_object_keys(struct nft_batch *batch, bool add, const char *set, const void *keys,
		     uint32_t key_len, size_t count, uint64_t timeout_ms)
{
	struct nftnl_set *elements = nftnl_set_alloc();
	struct nlmsghdr *message;

	if (!elements) {
		batch->failed = true;
		return;
	}
	nftnl_set_set_str(elements, NFTNL_SET_TABLE, NFT_TABLE);
	nftnl_set_set_str(elements, NFTNL_SET_NAME, set);
	for (size_t i = 0; i < count; i++) {
		struct nftnl_set_elem *element = nftnl_set_elem_alloc();

		if (!element) {
			batch->failed = true;
			break;
		}
		nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, (const uint8_t *)keys + i * key_len,
				   key_len);
		if (timeout_ms)
			nftnl_set_elem_set_u64(element, NFTNL_SET_ELEM_TIMEOUT, timeout_ms);
		nftnl_set_elem_add(elements, element);
	}
	message = nft_batch_add(batch, add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
				add ? NLM_F_CREATE : 0, "an element of a set", NFT_NEEDS_CORE);
	if (message) {
		nftnl_set_elems_nlmsg_build_payload(message, elements);
		nft_batch_done(batch, message);
	}
	nftnl_set_free(elements);
}

void nft_object_delete_flowtable(struct nft_batch *batch, const char *name)
{
	struct nlmsghdr *message = nft_batch_add(batch, NFT_MSG_DELFLOWTABLE, 0,
						 "deleting the flowtable", NFT_NEEDS_CORE);

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_FLOWTABLE_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_FLOWTABLE_NAME, name);
	nft_batch_done(batch, message);
}

void nft_object_member(struct nft_batch *batch, const char *map, const void *key, uint32_t key_len,
		       const char *object)
{
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_set_elem *element = nftnl_set_elem_alloc();
	struct nlmsghdr *message;

	if (!set || !element) {
		batch->failed = true;
		if (set)
			nftnl_set_free(set);
		if (element)
			nftnl_set_elem_free(element);
		return;
	}
	nftnl_set_set_str(set, NFTNL_SET_TABLE, NFT_TABLE);
	nftnl_set_set_str(set, NFTNL_SET_NAME, map);
	nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, key, key_len);
	if (object)
		nftnl_set_elem_set_str(element, NFTNL_SET_ELEM_OBJREF, object);
	nftnl_set_elem_add(set, element);
	message = nft_batch_add(batch, object ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
				object ? NLM_F_CREATE : 0, "an element of a map", NFT_NEEDS_LIMITS);
	if (message) {
		nftnl_set_elems_nlmsg_build_payload(message, set);
		nft_batch_done(batch, message);
	}
	nftnl_set_free(set);
}

void nft_object_flowtable(struct nft_batch *batch, const char *name, const char *const *devices,
			  size_t count)
{
	struct nlmsghdr *message = nft_batch_add(batch, NFT_MSG_NEWFLOWTABLE, NLM_F_CREATE,
						 "the flowtable", NFT_NEEDS_OFFLOAD);
	struct nlattr *hook, *nest;

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_FLOWTABLE_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_FLOWTABLE_NAME, name);
	hook = mnl_attr_nest_start(message, NFTA_FLOWTABLE_HOOK);
	mnl_attr_put_u32(message, NFTA_FLOWTABLE_HOOK_NUM, htonl(NF_NETDEV_INGRESS));
	mnl_attr_put_u32(message, NFTA_FLOWTABLE_HOOK_PRIORITY, 0);
	nest = mnl_attr_nest_start(message, NFTA_FLOWTABLE_HOOK_DEVS);
	for (size_t i = 0; i < count; i++)
		mnl_attr_put_strz(message, NFTA_DEVICE_NAME, devices[i]);
	mnl_attr_nest_end(message, nest);
	mnl_attr_nest_end(message, hook);
	nft_batch_done(batch, message);
}

const char *nft_family_name(uint32_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_NETDEV:
		return "netdev";
	default:
		return "other";
	}
}
