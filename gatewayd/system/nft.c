/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of our table: put in place, refilled, asked, watched, taken away.
 * What is in it: nft_rules.c. Owns two netlink sockets and no memory of the
 * caller's.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/flowtable.h>
#include <libnftnl/set.h>

#include "base/mark.h"
#include "system/netlink.h"
#include "system/nft_limits.h"
#include "system/nft_objects.h"
#include "system/nft_rules.h"

#define PAIR_TIMEOUT_S 60u
#define MONITOR_BUFFER (1024 * 1024)
#define OPTIONAL                                                                          \
	(NFT_NEEDS_REJECT | NFT_NEEDS_COUNTERS | NFT_NEEDS_OFFLOAD | NFT_NEEDS_REDIRECT | \
	 NFT_NEEDS_LIMITS)

struct nft {
	struct mnl_socket *command, *monitor;
	uint32_t sequence;
	unsigned missing; /* enum nft_need: what this kernel was seen to lack */
	bool reject, counters, offload, redirect, limits;
	struct nft_news pending; /* of a transaction whose end was not read yet */
};

/* ---- opening and closing ---- */

struct nft *nft_open(char *error, size_t error_size)
{
	struct nft *nft = calloc(1, sizeof(*nft));
	int on = 1, group = NFNLGRP_NFTABLES;

	if (!nft) {
		snprintf(error, error_size, "kernel rules: no memory");
		return NULL;
	}
	nft->sequence = (uint32_t)time(NULL);
	nft->command = netlink_open(NETLINK_NETFILTER, 0);
	/* A large ruleset is told of in one go. */
	nft->monitor = nft->command ? netlink_open(NETLINK_NETFILTER, MONITOR_BUFFER) : NULL;
	if (!nft->monitor || mnl_socket_setsockopt(nft->monitor, NETLINK_ADD_MEMBERSHIP, &group,
						   sizeof(group)) < 0) {
		if (errno == EPROTONOSUPPORT)
			snprintf(error, error_size,
				 "kernel rules: this kernel has no nfnetlink "
				 "(CONFIG_NETFILTER_NETLINK; OpenWrt: kmod-nfnetlink)");
		else if (errno == EPERM)
			snprintf(error, error_size,
				 "kernel rules: needs CAP_NET_ADMIN: run as root, or give the "
				 "service that capability");
		else
			snprintf(error, error_size, "kernel rules: netlink socket: %s",
				 strerror(errno));
		nft_close(nft);
		return NULL;
	}
	/* Errors in the kernel's own words, without our message in return. */
	(void)mnl_socket_setsockopt(nft->command, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)mnl_socket_setsockopt(nft->command, NETLINK_CAP_ACK, &on, sizeof(on));
	return nft;
}

void nft_close(struct nft *nft)
{
	if (!nft)
		return;
	netlink_close(nft->command);
	netlink_close(nft->monitor);
	free(nft);
}

/* ---- the table ---- */

static int ask(struct nft *nft, struct nlmsghdr *request, netlink_message *each, void *context)
{
	request->nlmsg_seq = ++nft->sequence;
	return netlink_ask(nft->command, request, each, context);
}

/* Also one that an earlier daemon left. */
static bool has_flowtable(struct nft *nft)
{
	char buffer[256];
	struct nlmsghdr *request =
		nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETFLOWTABLE, NFPROTO_INET, NLM_F_ACK, 0);

	mnl_attr_put_strz(request, NFTA_FLOWTABLE_TABLE, NFT_TABLE);
	mnl_attr_put_strz(request, NFTA_FLOWTABLE_NAME, NFT_FLOWTABLE);
	return ask(nft, request, NULL, NULL) == 0;
}

static const char *find_cure(const struct nft_outcome *outcome)
{
	if (outcome->error == -EPERM || outcome->error == -EACCES)
		return ": needs CAP_NET_ADMIN: run as root, or give the service that capability";
	if (outcome->error != -ENOENT && outcome->error != -EOPNOTSUPP &&
	    outcome->error != -EINVAL && outcome->error != -EAFNOSUPPORT)
		return "";
	if (outcome->needs & NFT_NEEDS_QUEUE)
		return ": the kernel needs CONFIG_NFT_QUEUE, or CONFIG_NFT_COMPAT with "
		       "CONFIG_NETFILTER_XT_TARGET_NFQUEUE (OpenWrt: kmod-nft-queue)";
	if (strstr(outcome->what, "ct mark") || strstr(outcome->what, "notrack"))
		return ": the kernel needs CONFIG_NFT_CT and CONFIG_NF_CONNTRACK_MARK (OpenWrt: "
		       "kmod-nft-core, kmod-nf-conntrack)";
	return ": the kernel needs CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET (OpenWrt: "
	       "kmod-nft-core)";
}

static void explain(const struct nft_outcome *outcome, char *error, size_t size)
{
	snprintf(error, size, "kernel rules: %s: %s%s%s%s%s", outcome->what,
		 strerror(-outcome->error), outcome->text[0] ? " (" : "", outcome->text,
		 outcome->text[0] ? ")" : "", find_cure(outcome));
}

static void send_table(struct nft *nft, const struct nft_config *config,
		       const struct nft_ground *ground, bool keep, struct nft_outcome *ret_outcome)
{
	struct nft_batch batch;

	nft_batch_open(&batch, nft->sequence);
	nft_rules_build(&batch, config, ground);
	if (keep)
		nft_batch_commit(&batch, nft->command, &nft->sequence, ret_outcome);
	else
		nft_batch_try(&batch, nft->command, &nft->sequence, ret_outcome);
	nft_batch_free(&batch);
}

/*
 * Is there something that could be done without? Whatever was refused in one
 * round is left out of the next.
 */
static bool give_up_features(struct nft *nft, const struct nft_outcome *outcome)
{
	unsigned give_up = outcome->needs & (OPTIONAL | NFT_NEEDS_QUEUE) & ~nft->missing;

	if (outcome->error == -EPERM)
		return false;
	nft->missing |= give_up;
	return give_up != 0;
}

static int put_table(struct nft *nft, const struct nft_config *config, bool keep, char *error,
		     size_t error_size)
{
	unsigned known = nft->missing;
	struct nft_ground ground = {.flowtable = has_flowtable(nft), .afresh = config->afresh};
	struct nft_outcome outcome;

	if (!mark_mask_is_valid(config->mark_mask)) {
		snprintf(error, error_size, "network.mark must be at least four bits in a row");
		return -EINVAL;
	}
	for (;;) {
		ground.missing = nft->missing;
		send_table(nft, config, &ground, keep, &outcome);
		if (outcome.error == 0)
			break;
		/* EINTR: somebody else changed the rules just now. */
		if (outcome.error == -EINTR || give_up_features(nft, &outcome))
			continue;
		if (ground.afresh || outcome.error == -EPERM || outcome.error == -ENOMEM) {
			explain(&outcome, error, error_size);
			nft->missing = known;
			return outcome.error;
		}
		/* What is there does not fit: another version's, or another hand's. */
		ground.afresh = true;
		nft->missing = known;
	}
	nft->reject = !(nft->missing & NFT_NEEDS_REJECT);
	nft->counters = config->counters && !(nft->missing & NFT_NEEDS_COUNTERS);
	nft->offload = config->offload_count && !(nft->missing & NFT_NEEDS_OFFLOAD);
	nft->redirect = nft_wants_redirect(config) && !(nft->missing & NFT_NEEDS_REDIRECT);
	nft->limits = config->limits && !(nft->missing & NFT_NEEDS_LIMITS);
	/* An interface of the flowtable may be there the next time. */
	nft->missing &= ~(unsigned)NFT_NEEDS_OFFLOAD;
	return 0;
}

int nft_apply(struct nft *nft, const struct nft_config *config, char *error, size_t error_size)
{
	return put_table(nft, config, true, error, error_size);
}

int nft_try(struct nft *nft, const struct nft_config *config, char *error, size_t error_size)
{
	return put_table(nft, config, false, error, error_size);
}

int nft_remove(struct nft *nft)
{
	struct nft_batch batch;
	struct nft_outcome outcome;

	nft_batch_open(&batch, nft->sequence);
	nft_rules_build_removal(&batch);
	nft_batch_commit(&batch, nft->command, &nft->sequence, &outcome);
	nft_batch_free(&batch);
	return outcome.error;
}

void nft_features(const struct nft *nft, struct nft_features *ret_features)
{
	ret_features->native_queue = !(nft->missing & NFT_NEEDS_QUEUE);
	ret_features->reject = nft->reject;
	ret_features->counters = nft->counters;
	ret_features->offload = nft->offload;
	ret_features->redirect = nft->redirect;
	ret_features->limits = nft->limits;
}

/* ---- questions ---- */

int nft_is_present(struct nft *nft)
{
	char buffer[256];
	struct nlmsghdr *request =
		nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETTABLE, NFPROTO_INET, NLM_F_ACK, 0);
	int problem;

	mnl_attr_put_strz(request, NFTA_TABLE_NAME, NFT_TABLE);
	problem = ask(nft, request, NULL, NULL);
	if (problem == -ENOENT)
		return 0;
	return problem < 0 ? problem : 1;
}

/* ---- refused pairs ---- */

struct pair_key {
	uint8_t bytes[32];
	uint32_t len;
	const char *set;
};

/* As the rules lay it out in registers: each part fills whole words. */
static bool make_pair_key(const struct nft_pair *pair, bool silent, struct pair_key *ret_key)
{
	size_t address = address_len(&pair->dst);
	struct pair_key key = {{0}, 0, NULL};
	bool v6 = pair->dst.family == ADDRESS_IPV6;

	if (!address || (pair->transport != TRANSPORT_TCP && pair->transport != TRANSPORT_UDP))
		return false;
	memcpy(key.bytes, pair->mac.bytes, sizeof(pair->mac.bytes));
	memcpy(key.bytes + 8, pair->dst.bytes, address);
	key.bytes[8 + address] = pair->transport == TRANSPORT_TCP ? IPPROTO_TCP : IPPROTO_UDP;
	key.bytes[12 + address] = (uint8_t)(pair->dst_port >> 8);
	key.bytes[13 + address] = (uint8_t)pair->dst_port;
	key.len = (uint32_t)address + 16;
	if (silent)
		key.set = v6 ? NFT_SET_DROPPED6 : NFT_SET_DROPPED4;
	else
		key.set = v6 ? NFT_SET_REFUSED6 : NFT_SET_REFUSED4;
	*ret_key = key;
	return true;
}

int nft_block_pairs(struct nft *nft, const struct nft_pair *pairs, size_t count)
{
	struct nft_batch batch;
	struct nft_outcome outcome;

	nft_batch_open(&batch, nft->sequence);
	for (size_t i = 0; i < count; i++) {
		uint32_t timeout_s = pairs[i].timeout_s ? pairs[i].timeout_s : PAIR_TIMEOUT_S;
		struct pair_key key;

		if (!make_pair_key(&pairs[i], pairs[i].silent, &key)) {
			nft_batch_free(&batch);
			return -EINVAL;
		}
		nft_object_keys(&batch, true, key.set, key.bytes, key.len, 1,
				(uint64_t)timeout_s * 1000);
	}
	nft_batch_commit(&batch, nft->command, &nft->sequence, &outcome);
	nft_batch_free(&batch);
	return outcome.error;
}

int nft_unblock_pair(struct nft *nft, const struct nft_pair *pair)
{
	int problem = 0;

	for (unsigned silent = 0; silent < 2 && problem == 0; silent++) {
		struct nft_batch batch;
		struct nft_outcome outcome;
		struct pair_key key;

		if (!make_pair_key(pair, silent, &key))
			return -EINVAL;
		nft_batch_open(&batch, nft->sequence);
		nft_object_keys(&batch, false, key.set, key.bytes, key.len, 1, 0);
		nft_batch_commit(&batch, nft->command, &nft->sequence, &outcome);
		nft_batch_free(&batch);
		if (outcome.error != -ENOENT)
			problem = outcome.error;
	}
	return problem;
}

/* ---- bytes by device ---- */

struct counting {
	nft_counted *counted;
	void *context;
};

static void tell_element(const struct counting *counting, const void *key, uint32_t len,
			 const struct nftnl_expr *counter)
{
	uint64_t packets = nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_PACKETS);
	uint64_t bytes = nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_BYTES);
	struct address address;
	struct mac mac;

	if (len == sizeof(mac.bytes)) {
		memcpy(mac.bytes, key, len);
		counting->counted(counting->context, &mac, NULL, packets, bytes);
	} else if (len == 4 || len == 16) {
		address = len == 4 ? address_ipv4(key) : address_ipv6(key);
		counting->counted(counting->context, NULL, &address, packets, bytes);
	}
}

static void read_elements(void *context, const struct nlmsghdr *message)
{
	const struct counting *counting = context;
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_set_elems_iter *elements = NULL;
	struct nftnl_set_elem *element;

	if (!set)
		return;
	if (nftnl_set_elems_nlmsg_parse(message, set) == 0)
		elements = nftnl_set_elems_iter_create(set);
	while (elements && (element = nftnl_set_elems_iter_next(elements))) {
		uint32_t len = 0, unused;
		const void *key = nftnl_set_elem_get(element, NFTNL_SET_ELEM_KEY, &len);
		const struct nftnl_expr *counter =
			nftnl_set_elem_get(element, NFTNL_SET_ELEM_EXPR, &unused);

		if (key && counter)
			tell_element(counting, key, len, counter);
	}
	if (elements)
		nftnl_set_elems_iter_destroy(elements);
	nftnl_set_free(set);
}

int nft_read_counters(struct nft *nft, nft_counted *counted, void *context)
{
	static const char *const sets[] = {NFT_SET_UP, NFT_SET_DOWN4, NFT_SET_DOWN6};
	struct counting counting = {counted, context};
	int problem = 0;

	if (!nft->counters)
		return -EOPNOTSUPP;
	for (size_t i = 0; problem == 0 && i < sizeof(sets) / sizeof(sets[0]); i++) {
		char buffer[256];
		struct nlmsghdr *request = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETSETELEM,
								 NFPROTO_INET, NLM_F_DUMP, 0);

		mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
		mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, sets[i]);
		problem = ask(nft, request, read_elements, &counting);
	}
	return problem;
}

/* ---- bytes under limit rules ---- */

static int commit_changes(struct nft *nft, const struct limit_change *changes, size_t count)
{
	struct nft_batch batch;
	struct nft_outcome outcome;

	nft_batch_open(&batch, nft->sequence);
	for (size_t i = 0; i < count; i++)
		nft_limits_change(&batch, &changes[i]);
	nft_batch_commit(&batch, nft->command, &nft->sequence, &outcome);
	nft_batch_free(&batch);
	return outcome.error;
}

int nft_change_limits(struct nft *nft, const struct limit_change *changes, size_t count)
{
	int problem;

	if (!nft->limits)
		return -EOPNOTSUPP;
	problem = count ? commit_changes(nft, changes, count) : 0;
	/* One that does not fit what is there must not take the others with it. */
	for (size_t i = 0; problem < 0 && count > 1 && i < count; i++)
		(void)commit_changes(nft, &changes[i], 1);
	return problem;
}

struct limit_counting {
	nft_limit_counted *counted;
	void *context;
};

static void tell_limit(void *context, const struct nlmsghdr *message)
{
	const struct limit_counting *counting = context;
	uint64_t limit, count;
	bool up;

	if (nft_limits_read(message, &limit, &up, &count))
		counting->counted(counting->context, limit, up, count);
}

int nft_read_limits(struct nft *nft, nft_limit_counted *counted, void *context)
{
	struct limit_counting counting = {counted, context};
	char buffer[256];
	struct nlmsghdr *request =
		nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETOBJ, NFPROTO_INET, NLM_F_DUMP, 0);
	int problem;

	mnl_attr_put_strz(request, NFTA_OBJ_TABLE, NFT_TABLE);
	mnl_attr_put_u32(request, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_QUOTA));
	problem = ask(nft, request, tell_limit, &counting);
	return problem == -ENOENT ? 0 : problem;
}

/* ---- what others do ---- */

int nft_monitor_fd(const struct nft *nft)
{
	return mnl_socket_get_fd(nft->monitor);
}

/* The first attribute of each kind of message is the table's name. */
static bool is_our_table(const struct nlmsghdr *message)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	struct netlink_attributes attributes;
	const struct nlattr *name;

	if (message->nlmsg_len < sizeof(*message) + sizeof(*header) ||
	    header->nfgen_family != NFPROTO_INET)
		return false;
	netlink_read_attributes(message, sizeof(*header), &attributes);
	name = attributes.of[NFTA_TABLE_NAME];
	return name && mnl_attr_validate(name, MNL_TYPE_NUL_STRING) >= 0 &&
	       strcmp(mnl_attr_get_str(name), NFT_TABLE) == 0;
}

struct listening {
	uint32_t own_port; /* who made our own changes */
	struct nft_news *pending, news;
};

static void read_news(void *context, const struct nlmsghdr *message)
{
	struct listening *listening = context;

	if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
	    message->nlmsg_pid == listening->own_port)
		return;
	switch (message->nlmsg_type & 0xff) {
	case NFT_MSG_DELTABLE:
	case NFT_MSG_DELCHAIN:
	case NFT_MSG_DELRULE:
	case NFT_MSG_DELSET:
	case NFT_MSG_NEWRULE:
		listening->pending->damaged |= is_our_table(message);
		break;
	case NFT_MSG_NEWFLOWTABLE:
	case NFT_MSG_DELFLOWTABLE:
		listening->pending->flowtable = true;
		break;
	case NFT_MSG_NEWGEN:
		/* All of it is told: what we do now is not undone by the rest. */
		listening->news.damaged |= listening->pending->damaged;
		listening->news.flowtable |= listening->pending->flowtable;
		memset(listening->pending, 0, sizeof(*listening->pending));
		break;
	default:
		break;
	}
}

int nft_monitor_read(struct nft *nft, struct nft_news *ret_news)
{
	struct listening listening = {
		.own_port = mnl_socket_get_portid(nft->command),
		.pending = &nft->pending,
	};
	int problem = netlink_listen(nft->monitor, read_news, &listening);

	if (problem == -ENOBUFS) {
		/* Too much to be told: look for ourselves. */
		listening.news.damaged |= nft_is_present(nft) == 0;
		listening.news.flowtable = true;
		problem = 0;
	}
	if (problem == 0)
		*ret_news = listening.news;
	return problem;
}

struct search {
	nft_flowtable_found *found;
	void *context;
	int count;
};

static void tell_flowtable(struct search *search, const struct nftnl_flowtable *flowtable)
{
	const char *table = nftnl_flowtable_get_str(flowtable, NFTNL_FLOWTABLE_TABLE);
	const char *name = nftnl_flowtable_get_str(flowtable, NFTNL_FLOWTABLE_NAME);
	uint32_t family = nftnl_flowtable_get_u32(flowtable, NFTNL_FLOWTABLE_FAMILY);
	struct nft_flowtable told = {.hardware = false};

	if (!table || !name || (family == NFPROTO_INET && strcmp(table, NFT_TABLE) == 0))
		return;
	search->count++;
	if (!search->found)
		return;
	snprintf(told.family, sizeof(told.family), "%s", nft_family_name(family));
	snprintf(told.table, sizeof(told.table), "%s", table);
	snprintf(told.name, sizeof(told.name), "%s", name);
	if (nftnl_flowtable_is_set(flowtable, NFTNL_FLOWTABLE_FLAGS))
		told.hardware = nftnl_flowtable_get_u32(flowtable, NFTNL_FLOWTABLE_FLAGS) &
				NFT_FLOWTABLE_HW_OFFLOAD;
	search->found(search->context, &told);
}

static void read_flowtable(void *context, const struct nlmsghdr *message)
{
	struct nftnl_flowtable *flowtable = nftnl_flowtable_alloc();

	if (!flowtable)
		return;
	if (nftnl_flowtable_nlmsg_parse(message, flowtable) == 0)
		tell_flowtable(context, flowtable);
	nftnl_flowtable_free(flowtable);
}

int nft_foreign_flowtables(struct nft *nft, nft_flowtable_found *found, void *context)
{
	struct search search = {found, context, 0};
	char buffer[256];
	struct nlmsghdr *request =
		nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETFLOWTABLE, NFPROTO_UNSPEC, NLM_F_DUMP, 0);
	int problem = ask(nft, request, read_flowtable, &search);

	return problem < 0 ? problem : search.count;
}
