/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every keyword of the language, in one table: the checker looks keywords up
 * in it, messages take their words from it, and a lint test compares it with
 * gatewayd.conf(5). It holds no values and no defaults; the manual does.
 */
#ifndef GATEWAYD_POLICY_SCHEMA_H
#define GATEWAYD_POLICY_SCHEMA_H

#include <stddef.h>

/* Where a keyword may stand; a keyword has one or more of these bits. */
enum schema_place {
	PLACE_MAIN = 1 << 0,     /* top level of gatewayd.conf */
	PLACE_POLICIES = 1 << 1, /* top level of policy.d and of the profiles */
	PLACE_NETWORK = 1 << 2,
	PLACE_GEO = 1 << 3,
	PLACE_LIST = 1 << 4,
	PLACE_IDENTIFIER = 1 << 5,
	PLACE_DEVICE = 1 << 6,
	PLACE_POLICY = 1 << 7,
	PLACE_DNS = 1 << 8,
	PLACE_RULE = 1 << 9, /* conditions too */
	PLACE_NOT = 1 << 10, /* the conditions inside not = { } */
	PLACE_ASSERTION = 1 << 11,
	PLACE_ASSIGNMENT = 1 << 12,
};

enum schema_type {
	TYPE_TEXT,          /* "..." */
	TYPE_TEXTS,         /* "..." or [ "...", "..." ] */
	TYPE_NUMBER,        /* 17, 0x11 */
	TYPE_NUMBERS,       /* 17, "17-19", or several in [ ] or ( ) */
	TYPE_YES_NO,        /* true, false */
	TYPE_GROUP,         /* { ... } with keywords of its own */
	TYPE_NAMED_TEXTS,   /* { name = [ "..." ]; } with names of the user's */
	TYPE_LIST_OF_GROUPS /* ( { ... }, { ... } ) */
};

struct schema_keyword {
	const char *name;
	unsigned places; /* enum schema_place bits */
	enum schema_type type;
	int condition;    /* enum policy_condition, 0 when it is none */
	const char *help; /* one line */
};

const struct schema_keyword *schema_keywords(size_t *ret_count);
/* NULL: no such keyword there. */
const struct schema_keyword *schema_find(unsigned place, const char *name);
/* "the top level of gatewayd.conf", "a rule" */
const char *schema_place_name(unsigned place);
/* "a text in quotes", "true or false" */
const char *schema_type_name(enum schema_type type);

#endif
