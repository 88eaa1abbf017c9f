/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts and a device and its policy in, a verdict out. engine_packet() does
 * no I/O, reads no clock, allocates nothing and cannot fail: it always gives
 * a verdict. What happened is told by events, which the program pulls.
 *
 * All memory is taken by engine_new(); a full table gives up its oldest entry
 * and counts it.
 */
#ifndef GATEWAYD_ENGINE_ENGINE_H
#define GATEWAYD_ENGINE_ENGINE_H

#include "base/hash.h"
#include "base/limit.h"
#include "base/packet.h"
#include "decode/traits.h"
#include "policy/policy.h"

struct engine;
struct redact_keys; /* redact/keys.h */

struct engine_limits {
	uint32_t devices;
	uint32_t flows;
	uint32_t bindings; /* (device, address) pairs that DNS answers gave */
	uint32_t names;    /* distinct domain names remembered */
	uint32_t streams;  /* flows whose first bytes are being collected */
	uint32_t strips;   /* flows that are being stripped, 256 KiB each once used */
	uint32_t fragments;
	uint32_t events;
};

extern const struct engine_limits engine_default_limits;

/* Where an address is. The shell answers from its databases; no I/O. */
struct engine_geo {
	void *context;
	/* False: there is no database, so the fact is not known. */
	bool (*country)(void *context, const struct address *address, country *ret_country);
	bool (*asn)(void *context, const struct address *address, uint32_t *ret_asn);
};

struct engine_config {
	struct engine_limits limits;
	struct hash_key hash_key; /* random */
	/* The shipped table of keys of personal data; not owned. NULL: none. */
	const struct redact_keys *keys;
	/* The names of the home's own networks, secrets like those in the policy. */
	const char (*networks)[33];
	size_t network_count;
	struct engine_geo geo;
	time_us start;
	/*
	 * Until then `direct` is not known for anyone: after a cold start devices
	 * still use addresses that they resolved before. 0: known at once.
	 */
	time_us direct_from;
	/*
	 * The policy of every device, whatever the set says; NULL: as it says.
	 * For trying one out; must not be used with engine_swap_policy().
	 */
	const struct policy *only;
};

/* NULL: no memory. The engine does not own the set. */
struct engine *engine_new(const struct engine_config *config, const struct policy_set *set);
void engine_free(struct engine *engine);

void engine_packet(struct engine *engine, const struct packet *packet, struct verdict *ret_verdict);

/*
 * A packet that got VERDICT_HOLD, with the verdict that it gets now; ask after
 * each engine_packet() and engine_advance() until false. Its data are good
 * until the next call of either.
 */
bool engine_next_release(struct engine *engine, struct packet *ret_packet,
			 struct verdict *ret_verdict);

/*
 * The time goes on: what is old is forgotten. local_minute is the minute of
 * the week in local time (see policy_question), also used by engine_packet().
 * Call it at least once a second, and before the first packet.
 */
void engine_advance(struct engine *engine, time_us now, int local_minute);

/*
 * When engine_advance() is wanted at the latest, because bytes of a stream
 * wait that nothing else may set free; 0: the next second will do.
 */
time_us engine_next_deadline(const struct engine *engine);

/*
 * Everything about a new set that may fail, before it is swapped in. False: no
 * memory; nothing has changed.
 */
bool engine_prepare(struct engine *engine, const struct policy_set *set);
/* The names of the home's networks from the next engine_prepare() on; not owned. */
void engine_know_networks(struct engine *engine, const char (*networks)[33], size_t count);
/*
 * Another policy set from the next packet on; every flow is judged again when
 * its next packet comes. Returns the old set, which the caller frees.
 */
const struct policy_set *engine_swap_policy(struct engine *engine, const struct policy_set *set);
/* Judge every flow again (a `when` began or ended, an override changed). */
void engine_judge_again(struct engine *engine);
/* Goes up with each of the two above; its low bits travel in the mark. */
uint32_t engine_generation(const struct engine *engine);
/* What it begins with: the rules are there before the engine is. */
#define ENGINE_FIRST_GENERATION 1u

/* ---- overrides: allow, block, pause ---- */

#define ENGINE_OVERRIDES_MOST 64

/* The engine owns rule from here on. until 0: for ever. False: too many. */
bool engine_override(struct engine *engine, const char *device_name_or_mac,
		     struct policy_rule *rule, time_us until);
/* Takes one away before its time; false: it was over already. */
bool engine_override_end(struct engine *engine, const struct policy_rule *rule);

/* ---- refusals that the kernel may repeat ---- */

/*
 * A device that tries the same refused destination over and over need not come
 * to the queue each time. Forgotten with each new generation; the kernel
 * should forget after a minute, too.
 */
struct engine_pair {
	bool blocked; /* false: ask again from now on */
	struct mac mac;
	struct address address;
	enum transport transport; /* TCP or UDP */
	uint16_t port;
	bool silent; /* dropped, not rejected */
};
/* False: none left. */
bool engine_next_pair(struct engine *engine, struct engine_pair *ret_pair);

/* ---- bytes under limit rules that the kernel may count ---- */

/* Whether it does; else every packet of a limit rule has to come here. */
void engine_count_in_kernel(struct engine *engine, bool yes);

/* The kernel forgot all flows, as it does with each new generation, but no counts. */
void engine_restart_counting(struct engine *engine);
/* What the kernel is to be told; false: nothing more. */
bool engine_next_limit_change(struct engine *engine, struct limit_change *ret_change);
/*
 * How far the kernel counted, from the first `from` that it was told on. Best
 * before engine_advance() into another minute, and before a packet that comes
 * because the kernel counted to the end.
 */
void engine_limit_counted(struct engine *engine, uint64_t limit, bool up, uint64_t count);

/* Of one device and rule; when so many are in use, more are blocked. */
#define ENGINE_LIMITS_MOST 1024

/* One direction of a limit. */
struct limit_use {
	uint64_t bytes, most; /* most 0: no limit */
	uint64_t reading;     /* of the kernel's count; part of bytes */
	int64_t window;       /* minutes, hours or days of the local clock since 1970 */
	uint32_t seconds;     /* that a window has */
	bool spent;
};
struct limit_record {
	uint64_t id; /* as in limit_change */
	struct mac mac;
	struct address address; /* of a device that has no MAC */
	char rule[80];
	struct limit_use up, down;
};
void engine_each_limit(const struct engine *engine,
		       void (*each)(void *context, const struct limit_record *record),
		       void *context);
/* Over a restart, after engine_advance(); a window that is over begins anew. */
void engine_restore_limit(struct engine *engine, const struct limit_record *record);
/* Of its device and rule. */
uint64_t engine_limit_id(const struct limit_record *record);

/* ---- what is known from outside ---- */

/* The neighbour table or a lease says: this address is at this MAC. */
void engine_learn_address(struct engine *engine, const struct address *address,
			  const struct mac *mac);
/* A lease's host name; shown for devices that no file names. */
void engine_learn_hostname(struct engine *engine, const struct mac *mac, const char *hostname);

/*
 * A packet of a device's that asks for no verdict: what it tells the whole
 * link of itself (DHCP, multicast DNS, SSDP) is kept with the device. True:
 * there was something new in it.
 */
bool engine_overhear(struct engine *engine, const struct packet *packet);

/* ---- bindings, to be kept over a restart ---- */

struct engine_binding {
	struct mac mac;                /* of the device */
	struct address device_address; /* where it has no MAC, else family 0 */
	struct address address;
	struct name names[POLICY_NAMES_MOST]; /* the name asked, then its CNAMEs */
	unsigned name_count;
	time_us expires;
};
/* Calls back with every binding, oldest first. */
void engine_each_binding(const struct engine *engine,
			 void (*each)(void *context, const struct engine_binding *binding),
			 void *context);
void engine_restore_binding(struct engine *engine, const struct engine_binding *binding);

/* ---- what happened ---- */

enum name_source {
	NAME_FROM_NONE,
	NAME_FROM_DNS,
	NAME_FROM_SNI,
	NAME_FROM_HOST,
};

/*
 * A flow as users see it; every field that is not known is empty or zero. The
 * strings belong to the record.
 */
struct flow_record {
	uint64_t number; /* flows are numbered in the order of their first packet */
	char device[64];
	struct mac mac;
	char policy[64];
	enum transport transport;
	struct address src, dst; /* the device's and the other's */
	uint16_t src_port, dst_port;
	uint8_t icmp_type;
	enum protocol protocol;
	struct name names[POLICY_NAMES_MOST];
	unsigned name_count;
	enum name_source name_from;
	bool mismatch;       /* a name that DNS did not give this device for the address */
	bool tunnel;         /* its questions look like data carried in DNS names */
	bool encrypted_name; /* real ECH: names[0] is the outer one */
	bool is_dns;
	struct name question; /* of the first query */
	uint16_t question_type;
	country country;
	uint32_t asn;
	char organisation[64];
	country jurisdiction;
	enum policy_purpose purpose;
	bool waiting; /* nothing is decided yet */
	enum policy_action action;
	bool observed; /* decided, but the mode lets it pass */
	char rule[80];
	char reason[128];
	uint64_t packets;
	uint64_t bytes_up, bytes_down; /* IP packets, headers included */
	uint32_t stripped[DATA_COUNT];
	uint32_t seen[DATA_COUNT]; /* known secrets that were let pass */
	time_us first, last;
};

enum event_kind {
	EVENT_DECISION,   /* a flow was decided, or decided differently */
	EVENT_QUESTION,   /* a DNS question was refused */
	EVENT_FLOW_END,   /* the record is complete */
	EVENT_NEW_DEVICE, /* record: device, mac, src, policy */
	EVENT_STRIPPED,   /* the first of a category was taken out of a flow */
	EVENT_SECRET,     /* a known secret of a category passed in it for the first time */
};

struct event {
	enum event_kind kind;
	time_us time;
	struct flow_record record;
};

/* False: none left. What nobody fetched in time is overwritten and counted. */
bool engine_next_event(struct engine *engine, struct event *ret_event);

/*
 * Nothing more will come (a capture is at its end): the rules are read as they
 * stand for every flow that still waited.
 */
void engine_settle(struct engine *engine);

/* Every live flow, in the order of their first packets. */
void engine_each_flow(const struct engine *engine,
		      void (*each)(void *context, const struct flow_record *record), void *context);

/* Rows of the catalogue whose names a device asked for and that tell its kind. */
#define DEVICE_ROWS_MOST 6
#define DEVICE_ROW_SIZE 64

struct device_record {
	char name[64];     /* from the policy, else the host name, else the MAC */
	bool named;        /* a policy file names it */
	char hostname[64]; /* that a lease or the device itself gives it */
	struct traits traits;
	char rows[DEVICE_ROWS_MOST][DEVICE_ROW_SIZE];
	unsigned row_count;
	struct mac mac;
	char policy[64];
	struct address addresses[8]; /* newest first */
	unsigned address_count;
	time_us first, last;
	uint64_t packets;
	uint64_t bytes_up, bytes_down;
	uint64_t questions, questions_refused;
	uint64_t flows, flows_blocked, flows_stripped;
	uint64_t observed;            /* of those blocked and refused: the mode let them pass */
	struct country_set countries; /* of the flows that were let through */
};
void engine_each_device(const struct engine *engine,
			void (*each)(void *context, const struct device_record *record),
			void *context);

/*
 * One that was known before a restart: mac, hostname, traits, rows, first and
 * last are taken; what is known already stays.
 */
void engine_restore_device(struct engine *engine, const struct device_record *record);

struct engine_counters {
	uint64_t packets, accepted, dropped, replies, edited;
	uint64_t malformed; /* packets no decoder could read */
	uint64_t malformed_dns;
	uint64_t fragments_dropped;
	uint64_t decoys_dropped; /* made to be read by us, not by the server */
	uint64_t questions, questions_refused;
	uint64_t answers, addresses_pruned;
	uint64_t flows, flows_blocked, flows_stripped;
	uint64_t observed;           /* of those blocked and refused: the mode let them pass */
	uint64_t limited;            /* packets refused because a limit was spent */
	uint64_t limits_evicted;     /* counts given up for want of room */
	uint64_t held, held_dropped; /* packets kept back; not kept for want of room */
	uint64_t strips_refused;     /* flows not read for want of room: opaque */
	uint64_t secrets_seen;       /* known secrets that were let pass */
	uint64_t flows_evicted, bindings_evicted, names_evicted, streams_evicted;
	uint64_t events_lost;
	uint32_t flows_now, devices_now, bindings_now, names_now, streams_now, strips_now;
	uint32_t limits_now;
};
void engine_counters(const struct engine *engine, struct engine_counters *ret_counters);

#endif
