/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the two ways of editing a DNS message: what there is to be edited
 * (dns.c), and the edit that keeps every length (dns_fixed.c).
 */
#ifndef GATEWAYD_REDACT_DNS_EDIT_H
#define GATEWAYD_REDACT_DNS_EDIT_H

#include "redact/dns.h"

/* The types whose records may be edited. */
enum dns_edit_kind {
	DNS_EDIT_A,
	DNS_EDIT_AAAA,
	DNS_EDIT_SVCB,
	DNS_EDIT_HTTPS,
	DNS_EDIT_KINDS,
};

struct dns_survey {
	struct redact_dns_result result;
	bool edited[DNS_EDIT_KINDS];
	bool is_signed; /* as a whole (TSIG): no edit would be believed */
};

/* What the edits do to the parameters of one SVCB or HTTPS record. */
struct dns_params_survey {
	unsigned left, pruned;
	bool changed;
	bool gone[DNS_SVCB_IPV6HINT + 1]; /* by key: the parameter goes whole */
};

/* DNS_EDIT_KINDS: no such type. */
enum dns_edit_kind dns_edit_kind_of(uint16_t type);
bool dns_edit_prunes(const struct redact_dns_edits *edits, const struct address *address);
/* The n-th address of a hint; the hint holds that many. */
struct address dns_edit_hint_address(const struct dns_hint *hint, size_t n);
/* How many addresses a parameter holds; 0 when it is no address hint. */
size_t dns_edit_hint_count(const struct dns_hint *hint);
void dns_edit_survey_params(struct dns_hints hints, const struct redact_dns_edits *edits,
			    struct dns_params_survey *ret_survey);
/* Does the client subnet option tell anything? */
bool dns_edit_subnet_tells(struct bytes option);
void dns_edit_survey(const struct dns_message *message, const struct redact_dns_edits *edits,
		     struct dns_survey *ret_survey);

/* redact_dns_edit() with keep_length, over a copy of the message. */
bool dns_edit_fixed(const struct dns_message *message, const struct redact_dns_edits *edits,
		    const struct dns_survey *survey, uint8_t *copy);

#endif
