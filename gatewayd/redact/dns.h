/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS messages that gatewayd writes: refusals, built here byte by byte, and
 * edited answers and questions, which ldns rewrites (the one place in the
 * core that allocates, and only for the message at hand).
 */
#ifndef GATEWAYD_REDACT_DNS_H
#define GATEWAYD_REDACT_DNS_H

#include "base/writer.h"
#include "decode/dns.h"

enum dns_denial {
	DNS_DENY_NODATA,
	DNS_DENY_NXDOMAIN,
	DNS_DENY_ZERO, /* 0.0.0.0 and ::; no data for other types */
	DNS_DENY_REFUSED,
};

/* Seconds for which a device may remember a refusal. */
#define DNS_DENIAL_TTL 300

/*
 * The refusal of a question, from the query or from its answer: same id,
 * question, opcode, RD and CD; RA set. For no data and NXDOMAIN an SOA of
 * gatewayd.invalid, so that the device may remember it (RFC 2308): for no data
 * the name itself is the zone, for NXDOMAIN its parent.
 * With EDNS in the query: an OPT with Extended DNS Error 15, Blocked
 * (RFC 8914 section 4.16), and `reason` as its text, when not NULL.
 * Another opcode than QUERY gets NOTIMP; any number of questions but one gets
 * FORMERR (RFC 9619) and no question back.
 */
void redact_dns_deny(const struct dns_message *query, enum dns_denial denial, const char *reason,
		     struct writer *writer);

/*
 * Asked for each address in a message, hints included: true takes it out. May
 * be asked several times about one address and must say the same.
 */
typedef bool redact_dns_prune(void *context, const struct address *address);

struct redact_dns_edits {
	redact_dns_prune *prune; /* NULL: keep all addresses */
	void *context;
	bool strip_ech;
	bool strip_client_subnet;
	/*
	 * Keep the message's length: on TCP, where the bytes' numbers are spoken
	 * for. Then an address goes by becoming one that stays, or an unknown
	 * type; client subnet is zeroed; ech stays.
	 */
	bool keep_length;
};

struct redact_dns_result {
	bool changed;
	unsigned addresses_left, addresses_pruned; /* in the answer section */
	unsigned ech_stripped, subnets_stripped;
};

/*
 * Writes the edited message; an unchanged one is copied. What goes takes its
 * RRSIGs and the AD bit with it; a SvcParam that goes, goes from the list of
 * the mandatory ones, too. Client subnet with source prefix 0 says nothing and
 * stays. The new message has been read again and has nothing to edit.
 * False: it could not be rewritten (no memory, ldns cannot read it, no room,
 * no free private-use key, a TSIG over it): the caller refuses or drops it.
 */
bool redact_dns_edit(const struct dns_message *message, const struct redact_dns_edits *edits,
		     struct writer *writer, struct redact_dns_result *ret_result);

#endif
