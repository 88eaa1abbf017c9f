/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dns.resolver = "gateway": plain DNS of these devices goes to the router's
 * own resolver, whomever it was sent to. The engine must see the address that
 * was asked, in both directions, so that what it forges comes from there:
 *
 *	prerouting (-110)   question --> ask, as it left the device
 *	redirect (-101)     translation to the router, before anyone else's
 *	input               nothing more: it was asked about
 *	output              nothing yet: the answer still comes from the router
 *	postrouting (101)   answer --> answer, translated back
 *	postrouting_mark (102)  --> save
 *
 * Which answers are meant, the addresses of the devices that asked tell: a set
 * that the first rule fills.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if_arp.h>
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>

#include "base/mark.h"
#include "base/protocol.h"
#include "system/nft_draft.h"
#include "system/nft_objects.h"
#include "system/nft_redirect.h"
#include "system/nft_rules.h"

#define PRIORITY_ASK (-110)      /* after conntrack, before translation */
#define PRIORITY_REDIRECT (-101) /* before fw4's own at -100 */
#define PRIORITY_ANSWER 101      /* after translation back */
#define PRIORITY_SAVE 102
#define MAC_LEN 6u
#define MAC_AT 6u

static const uint8_t transports[] = {IPPROTO_UDP, IPPROTO_TCP};

void nft_redirect_chains(struct nft_batch *batch)
{
	nft_object_chain(batch, "prerouting", "filter", NF_INET_PRE_ROUTING, PRIORITY_ASK,
			 "the chain prerouting");
	nft_object_chain(batch, "redirect", "nat", NF_INET_PRE_ROUTING, PRIORITY_REDIRECT,
			 "the chain redirect (nat)");
	nft_object_chain(batch, "postrouting", "filter", NF_INET_POST_ROUTING, PRIORITY_ANSWER,
			 "the chain postrouting");
	nft_object_chain(batch, "postrouting_mark", "filter", NF_INET_POST_ROUTING, PRIORITY_SAVE,
			 "the chain postrouting_mark");
}

static void begin(const struct nft_redirect *redirect, struct nft_draft *draft, const char *chain,
		  const char *what)
{
	nft_draft_begin(draft, redirect->batch, chain, what);
	draft->need = NFT_NEEDS_REDIRECT;
}

static void on_lan(struct nft_draft *draft, uint32_t key)
{
	nft_draft_meta(draft, key, NFT_REG_1);
	nft_draft_lookup(draft, NFT_SET_LAN, NFT_REG_1);
}

static void of_these_devices(const struct nft_redirect *redirect, struct nft_draft *draft)
{
	on_lan(draft, NFT_META_IIFNAME);
	nft_draft_meta(draft, NFT_META_IIFTYPE, NFT_REG_1);
	nft_draft_compare_u16(draft, true, ARPHRD_ETHER);
	nft_draft_payload(draft, NFT_PAYLOAD_LL_HEADER, MAC_AT, MAC_LEN, NFT_REG_1);
	if (redirect->all)
		nft_draft_lookup_not(draft, NFT_SET_REDIRECT, NFT_REG_1);
	else
		nft_draft_lookup(draft, NFT_SET_REDIRECT, NFT_REG_1);
}

/* port_at: 0 the source's, 2 the destination's. */
static void is_dns(struct nft_draft *draft, uint8_t transport, uint32_t port_at)
{
	nft_draft_meta(draft, NFT_META_L4PROTO, NFT_REG_1);
	nft_draft_compare_u8(draft, true, transport);
	nft_draft_payload(draft, NFT_PAYLOAD_TRANSPORT_HEADER, port_at, 2, NFT_REG_1);
	nft_draft_compare_u16(draft, true, htons(DNS_PORT));
}

static void is_family(struct nft_draft *draft, bool v6)
{
	nft_draft_meta(draft, NFT_META_NFPROTO, NFT_REG_1);
	nft_draft_compare_u8(draft, true, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
}

static void is_translated(struct nft_draft *draft)
{
	nft_draft_ct(draft, NFT_CT_STATUS);
	nft_draft_bits(draft, IPS_DST_NAT, 0);
	nft_draft_compare_u32(draft, true, IPS_DST_NAT);
}

static void asked_before(struct nft_draft *draft, bool v6)
{
	is_family(draft, v6);
	nft_draft_payload(draft, NFT_PAYLOAD_NETWORK_HEADER, v6 ? 24 : 16, v6 ? 16 : 4, NFT_REG_1);
	nft_draft_lookup(draft, v6 ? NFT_SET_ASKED6 : NFT_SET_ASKED4, NFT_REG_1);
}

static void add_questions(const struct nft_redirect *redirect, uint8_t transport)
{
	struct nft_draft draft;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		begin(redirect, &draft, "prerouting", "the rule that notes who asked");
		of_these_devices(redirect, &draft);
		is_dns(&draft, transport, 2);
		nft_draft_to_router(&draft, false);
		is_family(&draft, v6);
		nft_draft_payload(&draft, NFT_PAYLOAD_NETWORK_HEADER, v6 ? 8 : 12, v6 ? 16 : 4,
				  NFT_REG_1);
		nft_draft_count(&draft, v6 ? NFT_SET_ASKED6 : NFT_SET_ASKED4);
		draft.need = NFT_NEEDS_REDIRECT;
		nft_draft_end(&draft);
	}
	begin(redirect, &draft, "prerouting", "the rule for redirected DNS");
	of_these_devices(redirect, &draft);
	is_dns(&draft, transport, 2);
	nft_draft_to_router(&draft, false);
	nft_draft_verdict(&draft, NFT_GOTO, "ask");
	nft_draft_end(&draft);
	begin(redirect, &draft, "redirect", "the rule that redirects DNS (nat)");
	of_these_devices(redirect, &draft);
	is_dns(&draft, transport, 2);
	nft_draft_to_router(&draft, false);
	nft_draft_redirect(&draft);
	nft_draft_end(&draft);
}

static void add_answers(const struct nft_redirect *redirect, uint8_t transport)
{
	struct nft_draft draft;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		begin(redirect, &draft, "output", "the rule for redirected answers");
		on_lan(&draft, NFT_META_OIFNAME);
		is_dns(&draft, transport, 0);
		is_translated(&draft);
		asked_before(&draft, v6);
		nft_draft_verdict(&draft, NF_ACCEPT, NULL);
		nft_draft_end(&draft);
		begin(redirect, &draft, "postrouting", "the rule for redirected answers");
		on_lan(&draft, NFT_META_OIFNAME);
		is_dns(&draft, transport, 0);
		is_translated(&draft);
		asked_before(&draft, v6);
		nft_draft_verdict(&draft, NFT_GOTO, "answer");
		nft_draft_end(&draft);
	}
}

void nft_redirect_rules(const struct nft_redirect *redirect)
{
	struct nft_draft draft;

	/* It has been decided where it came in. */
	begin(redirect, &draft, "input", "the rule for redirected questions");
	of_these_devices(redirect, &draft);
	is_translated(&draft);
	nft_draft_verdict(&draft, NF_ACCEPT, NULL);
	nft_draft_end(&draft);
	for (size_t i = 0; i < sizeof(transports); i++) {
		add_questions(redirect, transports[i]);
		add_answers(redirect, transports[i]);
	}
	begin(redirect, &draft, "postrouting_mark", "the rule that finds verdicts");
	nft_draft_meta(&draft, NFT_META_MARK, NFT_REG_1);
	nft_draft_bits(&draft, redirect->mark_mask, 0);
	nft_draft_compare_u32(&draft, false, 0);
	nft_draft_verdict(&draft, NFT_JUMP, "save");
	nft_draft_end(&draft);
}
