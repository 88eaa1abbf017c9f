/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the decoders of first payloads write down what they find; shared by
 * them, of no use to others.
 */
#ifndef GATEWAYD_DECODE_FACTS_H
#define GATEWAYD_DECODE_FACTS_H

#include "decode/first.h"

/*
 * What stands where a host name should: a name, an address, or something odd.
 * A name that is known already is not added again; one for which there is no
 * room counts as odd.
 */
void facts_add_name(struct first_facts *facts, struct bytes text, enum first_source source);

/* The same of "host", "host:port", "[v6]:port", "user@host:port". */
void facts_add_authority(struct first_facts *facts, struct bytes text);

/* An address in binary (SOCKS). */
void facts_add_address(struct first_facts *facts, const struct address *address);

/* One protocol name of a ClientHello's ALPN list. */
void facts_add_alpn(struct first_facts *facts, struct bytes name);

/* Facts of what runs inside: names and flags are joined, its protocol wins if known. */
void facts_join(struct first_facts *facts, const struct first_facts *inner);

#endif
