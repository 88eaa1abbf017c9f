/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kind of thing a device may be, from what is seen of it anyway: the maker
 * of its network card, the name it gives itself, the names it asks for. A guess
 * with its evidence, for people; nothing acts on it.
 */
#ifndef GATEWAYD_IDENTIFY_H
#define GATEWAYD_IDENTIFY_H

#include "policy/policy.h"

#define IDENTIFY_EVIDENCE_MOST 8
#define IDENTIFY_TEXT_SIZE 120

struct identify_evidence {
	unsigned kind; /* index of the kind of device */
	unsigned weight;
	const struct policy_entry *entry; /* NULL: not a name */
	char text[IDENTIFY_TEXT_SIZE];
};

/* Start with zeroes. */
struct identify {
	struct identify_evidence evidence[IDENTIFY_EVIDENCE_MOST];
	unsigned count;
};

struct identify_guess {
	const char *kind;    /* as the catalogue calls it */
	const char *profile; /* the policy that is meant for it */
	/* For that kind only. */
	const char *evidence[IDENTIFY_EVIDENCE_MOST];
	unsigned evidence_count;
};

void identify_vendor(struct identify *identify, const char *vendor);
void identify_hostname(struct identify *identify, const char *hostname);
/* entry: the row of a name that the device asked for or called; NULL: none. */
void identify_entry(struct identify *identify, const struct policy_entry *entry);
/* False: too little is known. The guess points into identify. */
bool identify_end(const struct identify *identify, struct identify_guess *ret_guess);

#endif
