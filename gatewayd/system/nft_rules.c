/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table, top to bottom. A packet of a device:
 *
 *	forward (priority -10) --> from_lan: passed and blocked flows end here;
 *	input   (DNS only)         refused pairs end here; the rest: ask
 *	ask: the flow's mark is lent to the packet, and it goes to the queue
 *	... the verdict comes with the packet's new mark ...
 *	forward_mark (-9) --> save: the mark goes to the flow; blocked flows are
 *	                      dropped here; bytes are counted
 *
 * Flows of limit rules: nft_limits.c.
 *
 * To a device: to_lan and output send DNS answers (and answers of inspected
 * flows) to the queue by way of "answer". Our own replies leave by output;
 * "untrack" keeps those to the LAN away from conntrack, where a forged answer
 * would look like a flow that the server began and spoil address translation
 * for the device's next packet.
 *
 * "accept" in a chain of ours ends our chain, not other people's.
 *
 * A reload flushes and fills the chains and does not delete them: the kernel
 * drops every packet that waits in any queue when a base chain goes away.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/mark.h"
#include "base/protocol.h"
#include "system/nft_draft.h"
#include "system/nft_limits.h"
#include "system/nft_objects.h"
#include "system/nft_redirect.h"
#include "system/nft_rules.h"

#define PRIORITY_QUEUE (-10)
#define PRIORITY_SAVE (-9)
#define PRIORITY_UNTRACK (-300) /* before conntrack */
#define NAME_LEN 16u            /* IFNAMSIZ */
#define MAC_LEN 6u
#define MAC_AT 6u /* the sender's, in the Ethernet header */
#define DAY_MS (24u * 3600u * 1000u)
#define ELEMENTS_AT_ONCE 256u

/* nft's own numbers of data types: how `nft list` prints a key. */
enum nft_type {
	TYPE_IPV4 = 7,
	TYPE_IPV6 = 8,
	TYPE_MAC = 9,
	TYPE_PROTOCOL = 12,
	TYPE_PORT = 13,
	TYPE_INTERFACE = 41,
};

#define TYPE_PAIR(address) (TYPE_MAC << 18 | (address) << 12 | TYPE_PROTOCOL << 6 | TYPE_PORT)

struct build {
	struct nft_batch *batch;
	const struct nft_config *config;
	struct nft_queue_choice queue;
	bool reject, counters, offload, redirect, limits;
};

/* ---- sets ---- */

static void add_sets(const struct build *build)
{
	static const struct nft_set_form plain[] = {
		{NFT_SET_LAN, TYPE_INTERFACE, NAME_LEN, 0, 0, 0, NFT_NEEDS_CORE, true, 0},
		{NFT_SET_EXCEPTIONS, TYPE_MAC, MAC_LEN, 0, 0, 0, NFT_NEEDS_CORE, false, 0},
		{NFT_SET_REFUSED4, TYPE_PAIR(TYPE_IPV4), 20, NFT_SET_TIMEOUT, NFT_PAIRS_MOST, 0,
		 NFT_NEEDS_CORE, false, 0},
		{NFT_SET_REFUSED6, TYPE_PAIR(TYPE_IPV6), 32, NFT_SET_TIMEOUT, NFT_PAIRS_MOST, 0,
		 NFT_NEEDS_CORE, false, 0},
		{NFT_SET_DROPPED4, TYPE_PAIR(TYPE_IPV4), 20, NFT_SET_TIMEOUT, NFT_PAIRS_MOST, 0,
		 NFT_NEEDS_CORE, false, 0},
		{NFT_SET_DROPPED6, TYPE_PAIR(TYPE_IPV6), 32, NFT_SET_TIMEOUT, NFT_PAIRS_MOST, 0,
		 NFT_NEEDS_CORE, false, 0},
	};
	static const struct nft_set_form counting[] = {
		{NFT_SET_UP, TYPE_MAC, MAC_LEN, NFT_SET_TIMEOUT | NFT_SET_EVAL, NFT_COUNTED_MOST,
		 DAY_MS, NFT_NEEDS_COUNTERS, false, 0},
		{NFT_SET_DOWN4, TYPE_IPV4, 4, NFT_SET_TIMEOUT | NFT_SET_EVAL, NFT_COUNTED_MOST,
		 DAY_MS, NFT_NEEDS_COUNTERS, false, 0},
		{NFT_SET_DOWN6, TYPE_IPV6, 16, NFT_SET_TIMEOUT | NFT_SET_EVAL, NFT_COUNTED_MOST,
		 DAY_MS, NFT_NEEDS_COUNTERS, false, 0},
	};
	static const struct nft_set_form redirecting[] = {
		{NFT_SET_REDIRECT, TYPE_MAC, MAC_LEN, 0, 0, 0, NFT_NEEDS_CORE, false, 0},
		{NFT_SET_ASKED4, TYPE_IPV4, 4, NFT_SET_TIMEOUT | NFT_SET_EVAL, NFT_COUNTED_MOST,
		 DAY_MS, NFT_NEEDS_REDIRECT, false, 0},
		{NFT_SET_ASKED6, TYPE_IPV6, 16, NFT_SET_TIMEOUT | NFT_SET_EVAL, NFT_COUNTED_MOST,
		 DAY_MS, NFT_NEEDS_REDIRECT, false, 0},
	};
	uint32_t id = 1;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		nft_object_set(build->batch, &plain[i], id++);
		nft_object_flush_set(build->batch, plain[i].name);
	}
	for (size_t i = 0; build->counters && i < sizeof(counting) / sizeof(counting[0]); i++) {
		nft_object_set(build->batch, &counting[i], id++);
		nft_object_flush_set(build->batch, counting[i].name);
	}
	for (size_t i = 0; build->redirect && i < sizeof(redirecting) / sizeof(redirecting[0]); i++)
		nft_object_set(build->batch, &redirecting[i], id++);
	if (build->redirect)
		nft_object_flush_set(build->batch, NFT_SET_REDIRECT);
	if (build->limits)
		nft_limits_maps(build->batch, id);
}

static struct nft_limits limits_of(const struct build *build)
{
	return (struct nft_limits){
		.batch = build->batch,
		.mark_mask = build->config->mark_mask,
		.generation = build->config->generation,
		.queue = build->queue,
		.fail_open = build->config->fail_open,
	};
}

static void add_lan_names(const struct build *build)
{
	for (size_t i = 0; i < build->config->lan_count; i++) {
		char name[NAME_LEN] = {0};
		size_t len = strlen(build->config->lan[i]);

		memcpy(name, build->config->lan[i], len < NAME_LEN ? len : NAME_LEN - 1);
		nft_object_keys(build->batch, true, NFT_SET_LAN, name, NAME_LEN, 1, 0);
	}
}

static void add_macs(const struct build *build, const char *set, const struct mac *macs,
		     size_t left)
{
	while (left) {
		size_t count = left < ELEMENTS_AT_ONCE ? left : ELEMENTS_AT_ONCE;

		nft_object_keys(build->batch, true, set, macs, MAC_LEN, count, 0);
		macs += count;
		left -= count;
	}
}

/* ---- parts of rules ---- */

static void begin(const struct build *build, struct nft_draft *draft, const char *chain,
		  const char *what)
{
	nft_draft_begin(draft, build->batch, chain, what);
}

/* key: NFT_META_IIFNAME or NFT_META_OIFNAME. */
static void on_lan(struct nft_draft *draft, uint32_t key)
{
	nft_draft_meta(draft, key, NFT_REG_1);
	nft_draft_lookup(draft, NFT_SET_LAN, NFT_REG_1);
}

/* Our bits of the mark under this mask have this value. */
static void flow_is(struct nft_draft *draft, uint32_t mask, uint32_t value)
{
	nft_draft_ct_mark(draft);
	nft_draft_bits(draft, mask, 0);
	nft_draft_compare_u32(draft, true, value);
}

static void packet_is(struct nft_draft *draft, bool equal, uint32_t mask, uint32_t value)
{
	nft_draft_meta(draft, NFT_META_MARK, NFT_REG_1);
	nft_draft_bits(draft, mask, 0);
	nft_draft_compare_u32(draft, equal, value);
}

static void clear_packet_mark(struct nft_draft *draft, uint32_t mask)
{
	nft_draft_meta(draft, NFT_META_MARK, NFT_REG_1);
	nft_draft_bits(draft, ~mask, 0);
	nft_draft_meta_set(draft, NFT_META_MARK);
}

/* offset 0: source port, 2: destination port. */
static void port_is(struct nft_draft *draft, bool equal, uint32_t offset)
{
	nft_draft_payload(draft, NFT_PAYLOAD_TRANSPORT_HEADER, offset, 2, NFT_REG_1);
	nft_draft_compare_u16(draft, equal, htons(DNS_PORT));
}

static void protocol_is(struct nft_draft *draft, uint8_t protocol)
{
	nft_draft_meta(draft, NFT_META_L4PROTO, NFT_REG_1);
	nft_draft_compare_u8(draft, true, protocol);
}

static void family_is(struct nft_draft *draft, uint8_t family)
{
	nft_draft_meta(draft, NFT_META_NFPROTO, NFT_REG_1);
	nft_draft_compare_u8(draft, true, family);
}

/* On other links the place of the sender's address holds something else. */
static void came_by_ethernet(struct nft_draft *draft)
{
	nft_draft_meta(draft, NFT_META_IIFTYPE, NFT_REG_1);
	nft_draft_compare_u16(draft, true, ARPHRD_ETHER);
}

/* ---- rules ---- */

/* DNS of both transports; lan: NFT_META_IIFNAME, NFT_META_OIFNAME or 0 for any. */
static void add_dns(const struct build *build, const char *chain, uint32_t lan, bool has_lan,
		    uint32_t port_offset, const char *target)
{
	static const uint8_t protocols[] = {IPPROTO_UDP, IPPROTO_TCP};
	struct nft_draft draft;

	for (size_t i = 0; i < sizeof(protocols); i++) {
		begin(build, &draft, chain, "the rule for DNS");
		if (has_lan)
			on_lan(&draft, lan);
		protocol_is(&draft, protocols[i]);
		port_is(&draft, true, port_offset);
		nft_draft_verdict(&draft, NFT_GOTO, target);
		nft_draft_end(&draft);
	}
}

/*
 * Flows that are decided end here. A packet that has no ports here, or whose
 * ports look like DNS, does not: it is asked about.
 */
static void add_decided(const struct build *build, const char *chain, uint32_t port_offset)
{
	uint32_t mask = build->config->mark_mask;
	uint32_t generation = build->config->generation;
	struct nft_draft draft;

	if (build->offload) {
		begin(build, &draft, chain, "the rule that offloads passed flows");
		flow_is(&draft, mask, mark_value(mask, MARK_PASS, generation));
		port_is(&draft, false, port_offset);
		nft_draft_offload(&draft, NFT_FLOWTABLE);
		nft_draft_end(&draft);
	}
	begin(build, &draft, chain, "the rule for passed flows (ct mark)");
	flow_is(&draft, mask, mark_value(mask, MARK_PASS, generation));
	port_is(&draft, false, port_offset);
	nft_draft_verdict(&draft, NF_ACCEPT, NULL);
	nft_draft_end(&draft);
	begin(build, &draft, chain, "the rule for blocked flows (ct mark)");
	flow_is(&draft, mask, mark_value(mask, MARK_BLOCK, generation));
	port_is(&draft, false, port_offset);
	nft_draft_verdict(&draft, NF_DROP, NULL);
	nft_draft_end(&draft);
}

static void add_multicast(const struct build *build)
{
	static const uint8_t v4_mask[4] = {0xf0}, v4_range[4] = {0xe0};
	static const uint8_t v4_all[4] = {255, 255, 255, 255}, zeros[4];
	static const uint8_t v6_range = 0xff;
	struct nft_draft draft;

	begin(build, &draft, "from_lan", "the rule for multicast");
	family_is(&draft, NFPROTO_IPV4);
	nft_draft_payload(&draft, NFT_PAYLOAD_NETWORK_HEADER, 16, 4, NFT_REG_1);
	nft_draft_bitwise(&draft, v4_mask, zeros, 4);
	nft_draft_compare(&draft, true, v4_range, 4);
	nft_draft_verdict(&draft, NF_ACCEPT, NULL);
	nft_draft_end(&draft);
	begin(build, &draft, "from_lan", "the rule for broadcast");
	family_is(&draft, NFPROTO_IPV4);
	nft_draft_payload(&draft, NFT_PAYLOAD_NETWORK_HEADER, 16, 4, NFT_REG_1);
	nft_draft_compare(&draft, true, v4_all, 4);
	nft_draft_verdict(&draft, NF_ACCEPT, NULL);
	nft_draft_end(&draft);
	begin(build, &draft, "from_lan", "the rule for multicast");
	family_is(&draft, NFPROTO_IPV6);
	nft_draft_payload(&draft, NFT_PAYLOAD_NETWORK_HEADER, 24, 1, NFT_REG_1);
	nft_draft_compare(&draft, true, &v6_range, 1);
	nft_draft_verdict(&draft, NF_ACCEPT, NULL);
	nft_draft_end(&draft);
}

/* (sender's MAC, destination, protocol, port), each in whole 32-bit registers. */
static void add_pairs(const struct build *build, const char *set, bool v6, bool refuse)
{
	uint32_t words = v6 ? 4 : 1, next = NFT_REG32_02 + words;
	struct nft_draft draft;

	begin(build, &draft, "from_lan", "the rule for refused pairs");
	came_by_ethernet(&draft);
	family_is(&draft, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	nft_draft_payload(&draft, NFT_PAYLOAD_LL_HEADER, MAC_AT, MAC_LEN, NFT_REG32_00);
	nft_draft_payload(&draft, NFT_PAYLOAD_NETWORK_HEADER, v6 ? 24 : 16, 4 * words,
			  NFT_REG32_02);
	nft_draft_meta(&draft, NFT_META_L4PROTO, next);
	nft_draft_payload(&draft, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, next + 1);
	nft_draft_lookup(&draft, set, NFT_REG32_00);
	if (refuse)
		nft_draft_verdict(&draft, NFT_GOTO, "refuse");
	else
		nft_draft_verdict(&draft, NF_DROP, NULL);
	nft_draft_end(&draft);
}

static void add_refuse(const struct build *build)
{
	struct nft_draft draft;

	if (!build->reject)
		return;
	begin(build, &draft, "refuse", "the rule that resets");
	protocol_is(&draft, IPPROTO_TCP);
	nft_draft_reject(&draft, true);
	nft_draft_end(&draft);
	begin(build, &draft, "refuse", "the rule that refuses");
	nft_draft_reject(&draft, false);
	nft_draft_end(&draft);
}

/*
 * The flow's mark is lent to the packet, bit by bit: kernels before 6.13
 * cannot combine two registers.
 */
static void add_lending(const struct build *build, const char *chain)
{
	struct nft_draft draft;

	for (unsigned i = 0; i < 32; i++) {
		uint32_t bit = (uint32_t)1 << i;

		if (!(build->config->mark_mask & bit))
			continue;
		begin(build, &draft, chain, "the rule that shows the flow's mark");
		flow_is(&draft, bit, bit);
		nft_draft_meta(&draft, NFT_META_MARK, NFT_REG_1);
		nft_draft_bits(&draft, ~bit, bit);
		nft_draft_meta_set(&draft, NFT_META_MARK);
		nft_draft_end(&draft);
	}
}

static void add_ask(const struct build *build)
{
	struct nft_draft draft;

	add_lending(build, "ask");
	if (build->config->exception_count) {
		begin(build, &draft, "ask", "the rule that queues packets");
		came_by_ethernet(&draft);
		nft_draft_payload(&draft, NFT_PAYLOAD_LL_HEADER, MAC_AT, MAC_LEN, NFT_REG_1);
		nft_draft_lookup(&draft, NFT_SET_EXCEPTIONS, NFT_REG_1);
		nft_draft_queue(&draft, &build->queue, !build->config->fail_open);
		nft_draft_end(&draft);
	}
	begin(build, &draft, "ask", "the rule that queues packets");
	nft_draft_queue(&draft, &build->queue, build->config->fail_open);
	nft_draft_end(&draft);
	/* Answers are never held up when nobody is there to read them. */
	add_lending(build, "answer");
	begin(build, &draft, "answer", "the rule that queues packets");
	nft_draft_queue(&draft, &build->queue, true);
	nft_draft_end(&draft);
}

static void add_forward(const struct build *build)
{
	const struct nft_limits limits = limits_of(build);
	struct nft_draft draft;

	begin(build, &draft, "forward", "the rule for LAN interfaces");
	on_lan(&draft, NFT_META_IIFNAME);
	nft_draft_verdict(&draft, NFT_GOTO, "from_lan");
	nft_draft_end(&draft);
	begin(build, &draft, "forward", "the rule for LAN interfaces");
	on_lan(&draft, NFT_META_OIFNAME);
	nft_draft_verdict(&draft, NFT_GOTO, "to_lan");
	nft_draft_end(&draft);

	add_decided(build, "from_lan", 2);
	if (build->limits)
		nft_limits_jump(&limits, true);
	add_multicast(build);
	add_dns(build, "from_lan", 0, false, 2, "ask");
	add_pairs(build, NFT_SET_REFUSED4, false, build->reject);
	add_pairs(build, NFT_SET_DROPPED4, false, false);
	add_pairs(build, NFT_SET_REFUSED6, true, build->reject);
	add_pairs(build, NFT_SET_DROPPED6, true, false);
	begin(build, &draft, "from_lan", "the rule for undecided flows");
	nft_draft_verdict(&draft, NFT_GOTO, "ask");
	nft_draft_end(&draft);

	add_decided(build, "to_lan", 0);
	if (build->limits)
		nft_limits_jump(&limits, false);
	add_dns(build, "to_lan", 0, false, 0, "answer");
	if (build->config->inspect_replies) {
		uint32_t mask = mark_state_mask(build->config->mark_mask);
		uint32_t state = mark_value(build->config->mark_mask, MARK_INSPECT, 0) & mask;

		begin(build, &draft, "to_lan", "the rule for inspected flows");
		flow_is(&draft, mask, state);
		nft_draft_verdict(&draft, NFT_GOTO, "answer");
		nft_draft_end(&draft);
	}
}

/* DNS with the router itself, and what we forge. */
static void add_local(const struct build *build)
{
	uint32_t mask = build->config->mark_mask;
	uint32_t own = mark_value(mask, MARK_PASS, 0) & mark_state_mask(mask);
	struct nft_draft draft;

	add_dns(build, "input", NFT_META_IIFNAME, true, 2, "ask");

	begin(build, &draft, "untrack", "the rule for our own replies (notrack)");
	packet_is(&draft, true, mark_state_mask(mask), own);
	on_lan(&draft, NFT_META_OIFNAME);
	nft_draft_notrack(&draft);
	nft_draft_end(&draft);
	/* Their mark is no verdict: it must not reach the flow. */
	begin(build, &draft, "output", "the rule for our own replies");
	packet_is(&draft, true, mark_state_mask(mask), own);
	clear_packet_mark(&draft, mask);
	nft_draft_verdict(&draft, NF_ACCEPT, NULL);
	nft_draft_end(&draft);
	add_dns(build, "output", NFT_META_OIFNAME, true, 0, "answer");
}

static void add_counting(const struct build *build)
{
	struct nft_draft draft;

	if (!build->counters)
		return;
	begin(build, &draft, "forward_mark", "the rule that counts");
	on_lan(&draft, NFT_META_IIFNAME);
	came_by_ethernet(&draft);
	nft_draft_payload(&draft, NFT_PAYLOAD_LL_HEADER, MAC_AT, MAC_LEN, NFT_REG_1);
	nft_draft_count(&draft, NFT_SET_UP);
	nft_draft_end(&draft);
	for (unsigned i = 0; i < 2; i++) {
		begin(build, &draft, "forward_mark", "the rule that counts");
		on_lan(&draft, NFT_META_OIFNAME);
		family_is(&draft, i ? NFPROTO_IPV6 : NFPROTO_IPV4);
		nft_draft_payload(&draft, NFT_PAYLOAD_NETWORK_HEADER, i ? 24 : 16, i ? 16 : 4,
				  NFT_REG_1);
		nft_draft_count(&draft, i ? NFT_SET_DOWN6 : NFT_SET_DOWN4);
		nft_draft_end(&draft);
	}
}

/* Marks of another generation come from a verdict that a reload overtook. */
static void add_save(const struct build *build)
{
	static const char *const hooks[] = {"forward_mark", "input_mark", "output_mark"};
	static const enum flow_mark states[] = {MARK_UNDECIDED, MARK_PASS, MARK_INSPECT,
						MARK_BLOCK};
	uint32_t mask = build->config->mark_mask;
	uint32_t blocked = mark_value(mask, MARK_BLOCK, 0) & mark_state_mask(mask);
	struct nft_draft draft;

	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		begin(build, &draft, hooks[i], "the rule that finds verdicts");
		packet_is(&draft, false, mask, 0);
		nft_draft_verdict(&draft, NFT_JUMP, "save");
		nft_draft_end(&draft);
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		uint32_t value = mark_value(mask, states[i], build->config->generation);

		begin(build, &draft, "save", "the rule that marks the flow (ct mark)");
		packet_is(&draft, true, mask, value);
		nft_draft_ct_mark(&draft);
		nft_draft_bits(&draft, ~mask, value);
		nft_draft_ct_mark_set(&draft);
		nft_draft_end(&draft);
	}
	begin(build, &draft, "save", "the rule that drops what is blocked");
	packet_is(&draft, true, mark_state_mask(mask), blocked);
	nft_draft_verdict(&draft, NF_DROP, NULL);
	nft_draft_end(&draft);
	begin(build, &draft, "save", "the rule that clears the packet's mark");
	clear_packet_mark(&draft, mask);
	nft_draft_end(&draft);
}

static void add_chains(struct nft_batch *batch)
{
	static const struct {
		const char *name;
		uint32_t hook;
		int priority;
		const char *what;
	} chains[] = {
		{"forward", NF_INET_FORWARD, PRIORITY_QUEUE, "the chain forward"},
		{"input", NF_INET_LOCAL_IN, PRIORITY_QUEUE, "the chain input"},
		{"output", NF_INET_LOCAL_OUT, PRIORITY_QUEUE, "the chain output"},
		{"forward_mark", NF_INET_FORWARD, PRIORITY_SAVE, "the chain forward_mark"},
		{"input_mark", NF_INET_LOCAL_IN, PRIORITY_SAVE, "the chain input_mark"},
		{"output_mark", NF_INET_LOCAL_OUT, PRIORITY_SAVE, "the chain output_mark"},
		{"untrack", NF_INET_LOCAL_OUT, PRIORITY_UNTRACK, "the chain untrack"},
		{"from_lan", NF_INET_NUMHOOKS, 0, "the chain from_lan"},
		{"to_lan", NF_INET_NUMHOOKS, 0, "the chain to_lan"},
		{"ask", NF_INET_NUMHOOKS, 0, "the chain ask"},
		{"answer", NF_INET_NUMHOOKS, 0, "the chain answer"},
		{"save", NF_INET_NUMHOOKS, 0, "the chain save"},
		{"refuse", NF_INET_NUMHOOKS, 0, "the chain refuse"},
	};

	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
		nft_object_chain(batch, chains[i].name, "filter", chains[i].hook,
				 chains[i].priority, chains[i].what);
}

bool nft_wants_redirect(const struct nft_config *config)
{
	return config->redirect_all || config->redirect_count;
}

void nft_rules_build(struct nft_batch *batch, const struct nft_config *config,
		     const struct nft_ground *ground)
{
	unsigned missing = ground->missing;
	const struct build build = {
		.batch = batch,
		.config = config,
		.queue = {!(missing & NFT_NEEDS_QUEUE), config->queue},
		.reject = !(missing & NFT_NEEDS_REJECT),
		.counters = config->counters && !(missing & NFT_NEEDS_COUNTERS),
		.offload = config->offload_count && !(missing & NFT_NEEDS_OFFLOAD),
		.redirect = nft_wants_redirect(config) && !(missing & NFT_NEEDS_REDIRECT),
		.limits = config->limits && !(missing & NFT_NEEDS_LIMITS),
	};
	const struct nft_limits limits = limits_of(&build);

	/* Creating it first lets what follows find it in any case. */
	nft_object_table(batch, NFT_MSG_NEWTABLE, "the table (inet " NFT_TABLE ")");
	if (ground->afresh) {
		nft_object_table(batch, NFT_MSG_DELTABLE, "deleting the old table");
		nft_object_table(batch, NFT_MSG_NEWTABLE, "the table (inet " NFT_TABLE ")");
	} else {
		nft_object_flush_rules(batch);
		if (ground->flowtable)
			nft_object_delete_flowtable(batch, NFT_FLOWTABLE);
	}
	add_sets(&build);
	add_lan_names(&build);
	add_macs(&build, NFT_SET_EXCEPTIONS, config->exceptions, config->exception_count);
	if (build.redirect)
		add_macs(&build, NFT_SET_REDIRECT, config->redirect, config->redirect_count);
	if (build.offload)
		nft_object_flowtable(batch, NFT_FLOWTABLE, config->offload, config->offload_count);
	add_chains(batch);
	if (build.redirect) {
		const struct nft_redirect redirect = {batch, config->mark_mask,
						      config->redirect_all};

		nft_redirect_chains(batch);
		nft_redirect_rules(&redirect);
	}
	if (build.limits) {
		nft_limits_chains(batch);
		nft_limits_rules(&limits);
	}
	add_forward(&build);
	add_local(&build);
	add_ask(&build);
	add_refuse(&build);
	add_save(&build);
	add_counting(&build);
}

void nft_rules_build_removal(struct nft_batch *batch)
{
	nft_object_table(batch, NFT_MSG_NEWTABLE, "the table (inet " NFT_TABLE ")");
	nft_object_table(batch, NFT_MSG_DELTABLE, "deleting the table");
}
