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
 * The refusal of a question: same id, question, opcode and RD; RA set; for no
 * data and NXDOMAIN an SOA, so that the device may remember it (RFC 2308).
 * With EDNS in the query: an OPT with Extended DNS Error 15, Blocked
 * (RFC 8914 section 4.16), and `reason` as its text, when not NULL.
 */
void redact_dns_deny(const struct dns_message *query, enum dns_denial denial, const char *reason,
		     struct writer *writer);

/* Asked for each address in an answer, hints included: true takes it out. */
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
	unsigned addresses_left, addresses_pruned;
	unsigned ech_stripped, subnets_stripped;
};

/*
 * Writes the edited message. False: it could not be rewritten (no memory, ldns
 * cannot read it, no room): the caller refuses or drops it.
 */
bool redact_dns_edit(const struct dns_message *message, const struct redact_dns_edits *edits,
		     struct writer *writer, struct redact_dns_result *ret_result);

#endif
