/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kind of thing a device may be, from what is seen of it anyway: the maker
 * of its network card, what it says of itself, the names it asks for. A guess
 * with its evidence, for people; nothing acts on it.
 */
#ifndef GATEWAYD_IDENTIFY_H
#define GATEWAYD_IDENTIFY_H

#include "engine/engine.h"
#include "identify_table.h"

#define IDENTIFY_EVIDENCE_MOST 16
#define IDENTIFY_TEXT_SIZE 160

struct identify_evidence {
	const struct identify_kind *kind; /* NULL: many; supports any guess, makes none */
	unsigned weight;
	const char *source; /* "OUI", "host name", "names asked" */
	const char *brand;  /* "": not known */
	char text[IDENTIFY_TEXT_SIZE];
};

/* Start with zeroes and a table (NULL: only names asked tell something). */
struct identify {
	const struct identify_table *table;
	struct identify_evidence evidence[IDENTIFY_EVIDENCE_MOST];
	unsigned count;
};

struct identify_guess {
	const struct identify_kind *kind;
	char words[128]; /* "Kalerm? coffee machine (OUI, names asked)" */
	/* What speaks for it, and what kind of evidence each is. */
	const char *evidence[IDENTIFY_EVIDENCE_MOST];
	const char *sources[IDENTIFY_EVIDENCE_MOST];
	unsigned evidence_count, source_count;
};

/* Everything that is known of a device; vendor may be NULL. */
void identify_device(struct identify *identify, const struct device_record *record,
		     const char *vendor, const struct policy_set *set);

/* ---- each kind of evidence ---- */

void identify_vendor(struct identify *identify, const char *vendor);
void identify_traits(struct identify *identify, const char *hostname, const struct traits *traits,
		     const char *vendor);
/* entry: the row of a name that the device asked for or called; NULL: none. */
void identify_entry(struct identify *identify, const struct policy_entry *entry);

/* False: too little is known. The guess points into identify, its table and the policy set. */
bool identify_end(const struct identify *identify, struct identify_guess *ret_guess);

#endif
