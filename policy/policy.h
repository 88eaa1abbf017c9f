/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy language: files in, an immutable policy set out; a question in,
 * a decision out. It knows questions, not protocols. gatewayd.conf(5) is its
 * manual.
 *
 *	schema.c     every keyword: where it stands, type, one line of help
 *	load.c       libconfig text -> tree of settings (the only user of libconfig)
 *	check.c      tree -> declarations, with every error found
 *	conditions.c the conditions of a rule, checked and put into matching form
 *	catalogue.c  tab-separated rows -> names and networks, and looking them up
 *	compile.c    declarations -> struct policy_set; assertions
 *	match.c      struct policy_set and a question -> decision
 *	bypass.c     ways around the DNS that the gateway sees
 *	print.c      struct policy_set -> canonical text
 *	text.c       a rule, a reason, a condition as text
 *
 * Owned by whoever loaded it; a set never changes after policy_load(), but
 * for the lists that policy_set_list() adds before its first question.
 */
#ifndef GATEWAYD_POLICY_POLICY_H
#define GATEWAYD_POLICY_POLICY_H

#include "base/addr.h"
#include "base/country.h"
#include "base/name.h"
#include "base/packet.h"
#include "base/pause.h"
#include "base/protocol.h"
#include "base/writer.h"

struct policy_set;
struct policy;
struct policy_rule;
struct policy_device;

enum policy_action {
	POLICY_ALLOW,
	POLICY_BLOCK,
	POLICY_STRIP,
	POLICY_LIMIT,
};

enum policy_with {
	POLICY_REJECT,
	POLICY_DROP,
};

enum policy_purpose {
	PURPOSE_UNKNOWN, /* the catalogue has no row */
	PURPOSE_CONTROL,
	PURPOSE_TELEMETRY,
	PURPOSE_ANALYTICS,
	PURPOSE_ADS,
	PURPOSE_UPDATE,
	PURPOSE_TIME,
	PURPOSE_PAYMENT,
	PURPOSE_P2P,
	PURPOSE_PUSH,
	PURPOSE_VOICE,
	PURPOSE_LOGIN,
	PURPOSE_CDN,
	PURPOSE_STORAGE,
	PURPOSE_DNS,
	PURPOSE_CONNECTIVITY_CHECK,
	PURPOSE_COUNT,
};

/* Categories of personal data; a rule's `data` is a set of 1 << these. */
enum policy_data {
	DATA_LOCATION,
	DATA_IDENTITY,
	DATA_CONTACT,
	DATA_PAYMENT,
	DATA_DEVICE_ID,
	DATA_NETWORK_ID,
	DATA_USAGE,
	DATA_SENSOR,
	DATA_CALENDAR,
	DATA_MEDIA,
	DATA_COUNT,
};

enum policy_deny {
	DENY_NODATA,
	DENY_NXDOMAIN,
	DENY_ZERO,
	DENY_REFUSED,
};

enum policy_mode {
	MODE_ENFORCE,
	MODE_OBSERVE,
};

enum policy_failure {
	FAIL_CLOSED,
	FAIL_OPEN,
};

const char *policy_action_name(enum policy_action action);
const char *policy_purpose_name(enum policy_purpose purpose);
const char *policy_data_name(enum policy_data data);

/* ---- loading ---- */

struct policy_error {
	char file[256]; /* as the user named it */
	unsigned line;  /* 0: the file as a whole */
	char text[256]; /* what is wrong, what was expected, the nearest word */
};

/*
 * All errors of one load. The array grows as needed up to a bound; `omitted`
 * counts what came after.
 */
struct policy_errors {
	struct policy_error *errors;
	size_t count;
	size_t capacity;
	size_t omitted;
};

void policy_errors_add(struct policy_errors *errors, const char *file, unsigned line,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));
void policy_errors_free(struct policy_errors *errors);

/* One file, already in memory. Text need not be terminated. */
struct policy_source {
	const char *file; /* for messages, and the folder of relative paths */
	struct bytes text;
	enum policy_source_kind {
		SOURCE_MAIN,      /* gatewayd.conf */
		SOURCE_PROFILE,   /* shipped; a user's policy of the same name wins */
		SOURCE_USER,      /* policy.d */
		SOURCE_CATALOGUE, /* tab-separated; a later source's rows win */
		SOURCE_BYPASS,    /* tab-separated: names and addresses for dns.bypass */
	} kind;
};

/*
 * Reads, checks and compiles; runs the assertions. NULL: errors has them all,
 * and nothing else happened. Warnings (a rule that can never be reached) go to
 * `warnings`, which may be NULL. Pure: no file is opened here.
 */
struct policy_set *policy_load(const struct policy_source *sources, size_t count,
			       struct policy_errors *errors, struct policy_errors *warnings);
/* The same while others wait; pause may be NULL. */
struct policy_set *policy_load_with_pauses(const struct policy_source *sources, size_t count,
					   const struct pause *pause, struct policy_errors *errors,
					   struct policy_errors *warnings);
void policy_free(struct policy_set *set);

/*
 * The canonical text of a set, in the language itself:
 * print(load(print(load(x)))) == print(load(x)).
 */
void policy_print(const struct policy_set *set, struct writer *writer);

/* ---- what is in a set ---- */

struct policy_settings {
	enum policy_mode mode;
	enum policy_failure on_failure;
	const struct policy *unknown_device;
	const char *const *lan; /* interface names */
	size_t lan_count;
	uint16_t queue;
	uint32_t mark;                     /* contiguous bits, at least 4 */
	bool offload_manage;               /* network.offload = "manage" */
	const char *geo_country, *geo_asn; /* paths as written, or NULL */
	const char *geo_country_url, *geo_asn_url;
};

struct policy_list_source {
	const char *name;
	const char *url; /* one of the two */
	const char *file;
};

struct policy_dns {
	enum policy_deny deny;
	bool strip_ecs, strip_ech;
	bool prune;        /* answers = "prune" */
	bool bypass_block; /* bypass = "block" */
	bool gateway;      /* resolver = "gateway" */
};

/* A secret of the household that strip rules look for in cleartext. */
struct policy_identifier {
	enum policy_data data;
	const char *value;
};

const struct policy_settings *policy_settings(const struct policy_set *set);
const struct policy_list_source *policy_lists(const struct policy_set *set, size_t *ret_count);
const struct policy_identifier *policy_identifiers(const struct policy_set *set, size_t *ret_count);
/* Rows of the catalogue: names and networks. */
size_t policy_catalogue_count(const struct policy_set *set);

#define POLICY_LISTS_MOST 64

/*
 * What a list contains, as whoever read it tells. Called while matching, so
 * without allocation. A NULL function: the list has nothing of that kind.
 */
struct policy_list {
	const void *context;
	/* The name itself or a name above it is on the list. */
	bool (*contains_name)(const void *context, const struct name *name);
	bool (*contains_address)(const void *context, const struct address *address);
};

/*
 * Gives list `index` (as in policy_lists()) its content, which must outlive
 * the set; NULL takes it away. Until then neither `list` nor its negation
 * holds. Not between the describing of a name and the match.
 */
void policy_set_list(struct policy_set *set, size_t index, const struct policy_list *list);
/* For policy_question.address_lists: bit i, the address is on list i. */
uint64_t policy_address_lists(const struct policy_set *set, const struct address *address);

size_t policy_device_count(const struct policy_set *set);
const struct policy_device *policy_device_at(const struct policy_set *set, size_t index);
/* NULL: no file names it. */
const struct policy_device *policy_device_by_mac(const struct policy_set *set,
						 const struct mac *mac);
const struct policy_device *policy_device_by_name(const struct policy_set *set, const char *name);
const char *policy_device_name(const struct policy_device *device);
const struct policy *policy_device_policy(const struct policy_device *device);
const struct mac *policy_device_macs(const struct policy_device *device, size_t *ret_count);
/* Where a file names it. */
void policy_device_place(const struct policy_device *device, const char **ret_file,
			 unsigned *ret_line);

size_t policy_count(const struct policy_set *set);
const struct policy *policy_at(const struct policy_set *set, size_t index);
const struct policy *policy_by_name(const struct policy_set *set, const char *name);
const char *policy_name(const struct policy *policy);
/* The policy's own or the global ones. */
enum policy_mode policy_mode(const struct policy *policy);
enum policy_failure policy_on_failure(const struct policy *policy);
const struct policy_dns *policy_dns(const struct policy *policy);
/* POLICY_ALLOW or POLICY_BLOCK. */
enum policy_action policy_default(const struct policy *policy);
/* In reading order: its own, then those of the policies it extends. */
size_t policy_rule_count(const struct policy *policy);
const struct policy_rule *policy_rule_at(const struct policy *policy, size_t index);
/* The word nearest to a mistyped device or policy name, or NULL. */
const char *policy_nearest_device(const struct policy_set *set, const char *word);
const char *policy_nearest_policy(const struct policy_set *set, const char *word);

/* ---- questions ---- */

/*
 * The facts that conditions ask for. In a question each is known, pending (a
 * later packet may still tell) or neither (nothing more can come). A fact that
 * is known may have several values (names); one match is enough. FACT_NAMES may
 * be both: some names are known and one more (the SNI) may still come.
 */
enum policy_fact {
	FACT_NAMES = 1 << 0,   /* domain, list, purpose, organisation, jurisdiction, essential */
	FACT_ADDRESS = 1 << 1, /* address, lan, CIDR lists */
	FACT_COUNTRY = 1 << 2,
	FACT_ASN = 1 << 3,
	FACT_DIRECT = 1 << 4,
	FACT_TRANSPORT = 1 << 5,
	FACT_PORT = 1 << 6,
	FACT_PROTOCOL = 1 << 7, /* protocol, encrypted */
	FACT_TIME = 1 << 8,
	FACT_MISMATCH = 1 << 9,
	FACT_TUNNEL = 1 << 10,
	FACT_ENCRYPTED_NAME = 1 << 11,
};

/*
 * How DNS may get past the gateway unread, which dns.bypass = "block" refuses;
 * gatewayd.conf(5), WAYS AROUND THE DNS.
 */
enum policy_bypass {
	BYPASS_NONE,
	BYPASS_DOH,
	BYPASS_DOT,
	BYPASS_DOQ,
	BYPASS_ODOH,
	BYPASS_DNSCRYPT,
	BYPASS_HTTPDNS,
	BYPASS_CANARY,     /* a name that must not exist, or clients go their own way */
	BYPASS_DDR,        /* designates such a resolver, RFC 9462 */
	BYPASS_OTHER_PORT, /* plain DNS, but not on port 53 */
	BYPASS_UNREADABLE, /* on port 53, and nothing that is known */
	BYPASS_COUNT,
};
const char *policy_bypass_name(enum policy_bypass bypass);

/* What the catalogue says of a name or of a network. Strings live in the set. */
struct policy_entry {
	const char *row;          /* the suffix or network that has the row */
	const char *organisation; /* NULL: unknown */
	const char *device_class; /* the kind of device that uses it; NULL: none given */
	const char *note;         /* for people, as is the source; NULL: none given */
	const char *source;
	country jurisdiction; /* COUNTRY_UNKNOWN */
	enum policy_purpose purpose;
	bool essential, essential_known;
};

/* One name of a flow with what the set knows about it. */
struct policy_name {
	const struct name *name;
	const struct policy_entry *entry; /* NULL: no row */
	uint64_t lists;                   /* bit i: it is on list i */
	enum policy_bypass bypass;
};

/* Fills in entry and lists; no allocation. */
void policy_describe(const struct policy_set *set, const struct name *name,
		     struct policy_name *ret_name);
/* By network, for flows whose names say nothing; NULL: no row. */
const struct policy_entry *policy_entry_of_asn(const struct policy_set *set, uint32_t asn);

#define POLICY_NAMES_MOST 12

struct policy_question {
	const struct policy *policy;
	uint32_t known;                              /* FACT_ bits */
	uint32_t pending;                            /* FACT_ bits */
	struct policy_name names[POLICY_NAMES_MOST]; /* the name asked first, then its CNAMEs */
	unsigned name_count;
	struct address address;
	uint64_t address_lists; /* bit i: the address is on CIDR list i */
	bool lan;
	country country; /* FACT_COUNTRY known and COUNTRY_UNKNOWN: the database has no record */
	uint32_t asn;
	const struct policy_entry *network; /* by ASN */
	bool direct;
	enum transport transport;
	uint16_t port;          /* the server's */
	enum protocol protocol; /* known and PROTOCOL_UNKNOWN: looked at, none recognised */
	bool mismatch;          /* a name in the flow that DNS did not give for this address */
	bool tunnel;            /* looks like data carried in DNS names */
	bool encrypted_name;    /* real ECH: the name in the flow is only the outer one */
	int local_minute;       /* minutes since Monday 00:00 in local time, 0 .. 10079 */
	/* Tried before the policy's own rules: the user's allow, block and pause. */
	const struct policy_rule *const *overrides;
	unsigned override_count;
};

/* Which reading of the rules; see gatewayd.conf(5), DECISIONS. */
enum policy_stage {
	STAGE_FLOW,     /* a rule that may still hold makes the decision wait */
	STAGE_EARLY,    /* a DNS question or an address in an answer: never waits */
	STAGE_RESOLVER, /* explicit block rules only, never the default */
};

/* The conditions of a rule, in the order in which print writes them. */
enum policy_condition {
	CONDITION_NONE,
	CONDITION_DOMAIN,
	CONDITION_LIST,
	CONDITION_PURPOSE,
	CONDITION_ORGANISATION,
	CONDITION_JURISDICTION,
	CONDITION_COUNTRY,
	CONDITION_ASN,
	CONDITION_FOREIGN,
	CONDITION_DIRECT,
	CONDITION_ESSENTIAL,
	CONDITION_ADDRESS,
	CONDITION_PORT,
	CONDITION_TRANSPORT,
	CONDITION_PROTOCOL,
	CONDITION_ENCRYPTED,
	CONDITION_LAN,
	CONDITION_MISMATCH,
	CONDITION_TUNNEL,
	CONDITION_ENCRYPTED_NAME,
	CONDITION_WHEN,
	CONDITION_NOT,
	CONDITION_BYPASS, /* of the rule that dns.bypass stands for; not in the language */
	CONDITION_COUNT,
};

struct policy_decision {
	bool waits; /* STAGE_FLOW only: nothing is decided yet; action is ALLOW */
	enum policy_action action;
	const struct policy_rule *rule; /* NULL: the default, or a waiting decision */
	bool let_through;               /* STAGE_EARLY: rule may still hold and does not block */
	enum policy_condition because;  /* the condition that says most */
	enum policy_bypass bypass;      /* what dns.bypass refuses, when that decides */
};

/*
 * Called for each rule that was read, in order. `verdict`: it holds, fails, or
 * may still hold; `because`: the condition that settled it.
 */
enum policy_holds {
	HOLDS_NO,
	HOLDS_YES,
	HOLDS_MAYBE,
};
typedef void policy_trace(void *context, const struct policy_rule *rule, enum policy_holds holds,
			  enum policy_condition because);

/* Never fails, allocates nothing. trace may be NULL. */
struct policy_decision policy_match(const struct policy_set *set,
				    const struct policy_question *question, enum policy_stage stage,
				    policy_trace *trace, void *context);

/*
 * Does any rule of the policy, or its default, depend on these facts? The
 * engine asks so as not to keep a flow waiting for what no rule would read.
 */
bool policy_depends_on(const struct policy *policy, uint32_t facts);

/*
 * The next minute of the week, after `local_minute`, at which a `when` of any
 * rule begins or ends; -1: there is none.
 */
int policy_next_edge(const struct policy_set *set, int local_minute);

/* ---- rules ---- */

/* "coffee-machine/3"; "coffee-machine/default" for NULL; "override/1"; "coffee-machine/dns.bypass".
 * A rule that came by `extends` is named after the policy it is written in. */
void policy_rule_label(const struct policy *policy, const struct policy_rule *rule, char *text,
		       size_t size);
/* The rule in the language, on one line. */
void policy_rule_text(const struct policy_set *set, const struct policy_rule *rule, char *text,
		      size_t size);
/* Where it stands: file and line. Overrides and defaults have none: line 0. */
void policy_rule_place(const struct policy_rule *rule, const char **ret_file, unsigned *ret_line);
/* "jurisdiction CN", "list trackers", "default": the fact behind a decision. */
void policy_reason(const struct policy_set *set, const struct policy_question *question,
		   const struct policy_decision *decision, char *text, size_t size);
/* The condition in words, with the value that the question gives it. */
void policy_condition_text(const struct policy_set *set, const struct policy_rule *rule,
			   const struct policy_question *question, enum policy_condition condition,
			   char *text, size_t size);

enum policy_action policy_rule_action(const struct policy_rule *rule);
enum policy_with policy_rule_with(const struct policy_rule *rule);
/* Of a strip rule: 1 << DATA_... bits, its own keys as written, what opaque does. */
uint32_t policy_rule_data(const struct policy_rule *rule);
const char *const *policy_rule_keys(const struct policy_rule *rule, size_t *ret_count);
bool policy_rule_opaque_block(const struct policy_rule *rule);

/* Of a limit rule; bytes 0: no limit in that direction. */
struct policy_limit {
	uint64_t upload_bytes, download_bytes;
	uint32_t upload_seconds, download_seconds; /* 60, 3600 or 86400 */
};
const struct policy_limit *policy_rule_limit(const struct policy_rule *rule);
#define POLICY_AMOUNT_TEXT 64
/* "1.2 of 2 MB today", for windows of a minute, an hour and a day. */
void policy_amount_text(uint64_t bytes, uint64_t most, uint32_t seconds,
			char text[static POLICY_AMOUNT_TEXT]);
/* A small number that no other rule of the set has, for counters by rule. */
uint32_t policy_rule_id(const struct policy_rule *rule);
/* Ids run from 0 to this number less one; overrides have none. */
uint32_t policy_rule_ids(const struct policy_set *set);

/*
 * A rule made by hand on the command line: "allow|block DEVICE DESTINATION".
 * destination: a name, an address, name@address, "*", each with an optional
 * ":port", ":port/udp" or ":port/tcp" ("[v6]:port" for IPv6 with a port).
 * NULL: error has the reason. Freed with policy_override_free().
 */
struct policy_rule *policy_override_new(enum policy_action action, const char *destination,
					char *error, size_t error_size);
void policy_override_free(struct policy_rule *rule);
/* The N of "override/N"; 1 until told. */
void policy_override_set_number(struct policy_rule *rule, unsigned number);

/* A destination as explain, assertions and overrides write it. */
struct policy_destination {
	bool any;                 /* "*" */
	struct name name;         /* len 0: none */
	struct address address;   /* family 0: none */
	uint16_t port;            /* 0: none given */
	enum transport transport; /* TRANSPORT_NONE: none given */
};
bool policy_destination_parse(const char *text, struct policy_destination *ret_destination,
			      char *error, size_t error_size);

#endif
