/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a compiled set is made of; private to this folder. All of it lives in
 * the set's arena and is read-only after policy_load(), so rules are shared
 * between a policy and those that extend it.
 */
#ifndef GATEWAYD_POLICY_SET_H
#define GATEWAYD_POLICY_SET_H

#include "policy/arena.h"
#include "policy/policy.h"

#define MINUTES_OF_DAY 1440
#define MINUTES_OF_WEEK (7 * MINUTES_OF_DAY)
#define FACT_ALL ((uint32_t)((FACT_ENCRYPTED_NAME << 1) - 1))

/* A name as in `domain`, without its "=". */
struct domain {
	const char *text;
	size_t len;
};

/* Sorted, for search; two kinds. */
struct domains {
	const struct domain *suffixes, *exact;
	size_t suffix_count, exact_count;
};

/* In one of the two arrays above; NULL: it is not there. */
const struct domain *match_find_domain(const struct domain *sorted, size_t count, const char *text);

struct port_range {
	uint16_t from, to;
};

/* Minutes of the week, from <= m < to; sorted, apart from each other. */
struct window {
	uint16_t from, to;
};

struct condition {
	enum policy_condition kind;
	uint32_t facts;           /* FACT_ bits it reads */
	const char *const *words; /* its values as print writes them */
	size_t word_count;
	size_t count; /* of the array below, where there is one */
	union {
		bool yes;
		uint64_t bits; /* lists, purposes, transports, protocols */
		const struct country_set *countries;
		const struct domains *domains;
		const uint32_t *asns; /* sorted */
		const struct prefix *prefixes;
		const struct port_range *ports;
		const struct window *windows;
		const struct group *group; /* not */
	} is;
};

/* Conditions that must all hold, in the order of the enum. */
struct group {
	const struct condition *conditions;
	size_t count;
};

struct policy_rule {
	const struct policy *owner; /* the policy it is written in; NULL: an override */
	unsigned number;            /* its place there, from 1 */
	uint32_t id;
	enum policy_action action;
	enum policy_with with;
	struct group group;
	uint32_t data;
	const char *const *keys;
	size_t key_count;
	bool opaque_block;
	struct policy_limit limit;
	const char *upload, *download; /* as print writes them, or NULL */
	const char *file;
	unsigned line;
};

/* What a policy says itself, as opposed to what it inherits. */
struct policy_own {
	const char *extends;
	bool has_default, has_mode, has_on_failure;
	bool has_deny, has_strip, has_answers, has_bypass, has_resolver;
	struct policy_rule *rules;
	size_t rule_count;
};

struct policy {
	const char *name;
	struct policy *parent;
	struct policy_own own;
	/* The outcome, with what was inherited. */
	enum policy_action action; /* the default */
	enum policy_mode mode;
	enum policy_failure on_failure;
	struct policy_dns dns;
	const struct policy_rule **rules;
	size_t rule_count;
	uint32_t facts; /* that any of the rules reads */
	/* dns.bypass as a rule before all others; NULL: "allow". */
	const struct policy_rule *bypass;
	/* While loading. */
	enum policy_source_kind source;
	bool replaced; /* a user's policy has its name */
	bool built_in;
	enum policy_visit {
		VISIT_NOT_YET,
		VISIT_UNDER_WAY,
		VISIT_DONE,
	} visit;
	size_t order;   /* in which it was read */
	unsigned depth; /* policies in its chain, itself included */
	const char *file;
	unsigned line, extends_line;
};

struct policy_device {
	const char *name;
	const struct mac *macs;
	size_t mac_count;
	const struct policy *policy;
	/* While loading. */
	const char *policy_name;
	const char *file;
	unsigned line, policy_line;
	size_t order;
};

/* Another policy for a device, wherever that one is named. */
struct assignment {
	const char *device_name, *policy_name;
	const char *file;
	unsigned line;
};

/* A MAC of a device, for search. */
struct device_mac {
	struct mac mac;
	const struct policy_device *device;
};

struct assertion {
	const char *device_name;
	const char *destination;
	enum policy_action expect;
	const struct condition *when; /* NULL: at all times */
	const char *file;
	unsigned line;
	struct policy_destination parsed;
	const struct policy_device *device;
};

struct region {
	const char *name;
	struct country_set countries;
	const char *const *words; /* as written; NULL: shipped */
	size_t word_count;
};

struct catalogue_name {
	const char *text;
	size_t len;
	struct policy_entry entry;
};

struct catalogue_network {
	uint32_t asn;
	struct policy_entry entry;
};

struct catalogue {
	const struct catalogue_name *names; /* sorted */
	size_t name_count;
	const struct catalogue_network *networks; /* sorted */
	size_t network_count;
};

struct bypass_name {
	const char *text;
	enum policy_bypass bypass;
};

struct bypass_prefix {
	struct prefix prefix;
	enum policy_bypass bypass;
};

/* Of SOURCE_BYPASS. */
struct bypass_table {
	const struct bypass_name *names; /* sorted */
	size_t name_count;
	const struct bypass_prefix *prefixes; /* sorted, none within another */
	size_t prefix_count;
};

#define BYPASS_FACTS                                                                            \
	(FACT_NAMES | FACT_ADDRESS | FACT_DIRECT | FACT_TRANSPORT | FACT_PORT | FACT_PROTOCOL | \
	 FACT_MISMATCH)

struct policy_set {
	struct arena arena;
	struct policy_settings settings;
	bool has_home;
	struct country_set home;
	const char *const *home_words;
	size_t home_count;
	const struct region *regions; /* own ones */
	size_t region_count;
	struct policy_list_source *lists;
	size_t list_count;
	struct policy_list contents[POLICY_LISTS_MOST];
	uint64_t lists_loaded, lists_of_names, lists_of_addresses;
	struct policy_identifier *identifiers;
	size_t identifier_count;
	struct policy_device **devices;         /* as written */
	struct policy_device **devices_by_name; /* sorted */
	size_t device_count;
	struct device_mac *macs; /* sorted */
	size_t mac_count;
	struct policy **policies; /* as read */
	struct policy **policies_by_name;
	size_t policy_count;
	struct assertion **assertions;
	size_t assertion_count;
	struct catalogue catalogue;
	struct bypass_table bypass;
	uint64_t bypass_lists; /* bit i: list i is named "doh" */
	uint32_t rule_ids;
	uint16_t *edges; /* sorted minutes at which a `when` begins or ends */
	size_t edge_count;
};

/* NULL: there is none. */
struct policy *set_find_policy(const struct policy_set *set, const char *name);

/* bypass.c */
enum policy_bypass bypass_of_name(const struct policy_set *set, const struct name *name);
enum policy_holds bypass_holds(const struct policy_set *set, const struct policy_question *question,
			       enum policy_bypass *ret_bypass);
void bypass_print(const struct policy_set *set, const struct policy_question *question,
		  struct writer *writer);

/* match.c: is this minute inside? */
bool windows_contain(const struct condition *when, int minute);

/* The word in the language; "unknown" is none. */
const char *condition_keyword(enum policy_condition condition);

/* Quoted, with what is special escaped. */
void print_text(struct writer *writer, const char *text);
/* `{ action = "block"; ... }` on one line. */
void print_rule(const struct policy_rule *rule, struct writer *writer);
void print_condition(const struct condition *condition, struct writer *writer);

#endif
