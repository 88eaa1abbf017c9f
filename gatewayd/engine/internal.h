/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the engine share. Nothing outside engine/ includes this.
 *
 *	engine.c    the way of one packet, start and end, the passing of time
 *	device.c    who is who: MACs, addresses, the policy of each
 *	overhear.c  what devices say of themselves and tell by what they ask
 *	names.c     which names DNS answers gave to which device for an address
 *	flow.c      the connections
 *	fragment.c  later fragments follow the first
 *	first.c     the first payload: what a flow is and whose name it asks for
 *	stream.c    the first bytes of a TCP stream, in order
 *	judge.c     a flow's facts and its policy's decision
 *	resolve.c   DNS: questions, answers; resolve_carry.c: over UDP and TCP
 *	tunnel.c    data carried in DNS names
 *	refuse.c    a refusal as a verdict with its replies
 *	hammer.c    refusals that the kernel may repeat without asking
 *	limit.c     bytes counted under limit rules, here and by the kernel
 *	strip.c     edits by sequence number; plans.c: what the rules take out;
 *		    window.c: how far the device may run ahead; kept.c: what was
 *		    sent, as it was and as it became
 *	held.c      packets that wait for a later one
 *	record.c    flows, devices and events as users see them
 */
#ifndef GATEWAYD_ENGINE_INTERNAL_H
#define GATEWAYD_ENGINE_INTERNAL_H

#include "base/table.h"
#include "decode/dns.h"
#include "decode/first.h"
#include "decode/packet.h"
#include "engine/engine.h"
#include "engine/limit.h"
#include "redact/dns.h"
#include "redact/editor.h"

/* ---- devices ---- */

#define DEVICE_ADDRESSES_MOST 8

/* The address counts only where there is no MAC (a routed link, a raw capture). */
struct device_key {
	struct mac mac;
	struct address address;
};

struct device {
	struct device_key key; /* of several MACs: the first that the policy names */
	uint64_t serial;       /* never used again: tells a device from its successor */
	uint32_t set_serial;   /* of the policy set that named and policy come from */
	const struct policy_device *named;
	const struct policy *policy;
	bool may_strip; /* some rule of the policy strips */
	char hostname[64];
	struct traits traits; /* what it says of itself */
	char rows[DEVICE_ROWS_MOST][DEVICE_ROW_SIZE];
	unsigned row_count;
	bool told;                                       /* an event said that it is there */
	struct address addresses[DEVICE_ADDRESSES_MOST]; /* newest first */
	unsigned address_count;
	time_us first, last;
	uint64_t packets, bytes_up, bytes_down;
	uint64_t questions, questions_refused;
	uint64_t flows, flows_blocked, flows_stripped;
	uint32_t flows_now;  /* in the table */
	time_us binds_since; /* see may_bind() */
	uint32_t binds;
	struct country_set countries;
};

/* Which MAC an address was last seen at. */
struct address_entry {
	struct address address;
	struct mac mac;
	bool neighbour; /* the router's own tables say so, too */
};

/* ---- names ---- */

/*
 * Names one after the other, each with its terminator: the name asked, then
 * what its CNAMEs point to. What does not fit is left out, but never the last.
 */
#define NAME_LIST_SIZE 500
struct name_list {
	uint16_t len;
	uint8_t count;
	bool cut;
	char text[NAME_LIST_SIZE];
};

struct chain {
	uint64_t hash; /* of the names: the key */
	uint64_t serial;
	struct name_list names;
};

#define CANDIDATES_MOST 6

struct candidate {
	uint32_t chain; /* index in the table of chains */
	uint64_t chain_serial;
	time_us expires;
};

struct binding_key {
	struct device_key device;
	struct address address;
};

/* This device was given an ECH configuration for this name, or with it as public name. */
struct ech_key {
	struct device_key device;
	uint64_t name; /* its hash */
};

/* What a device asks for below one registered domain. */
struct tunnel_key {
	struct device_key device;
	uint64_t domain; /* its hash */
};

#define TUNNELS_MOST 256
#define TUNNEL_SEEN 8 /* a power of two: words of a filter of names seen */

struct tunnel {
	struct tunnel_key key;
	time_us since, known_at; /* the window began; last seen to be one, 0: never */
	uint32_t bytes;
	uint64_t seen[TUNNEL_SEEN];
};

struct binding {
	struct binding_key key;
	unsigned count;
	struct candidate candidates[CANDIDATES_MOST]; /* newest first */
};

/* ---- flows ---- */

struct flow_key {
	struct address device, remote;
	uint16_t device_port, remote_port; /* ICMP: identifier, type */
	uint8_t transport;                 /* enum transport */
	uint8_t ip_protocol;
};

#define REFUSED_IDS_MOST 4

/* One direction of DNS over TCP; the bytes of a message begun lie in the stream. */
struct dns_stream {
	bool started;
	uint32_t next;     /* sequence number that comes next */
	uint32_t boundary; /* where the last segment that began a message began */
	uint16_t held;     /* bytes of the message that is not whole yet */
};

struct flow {
	struct flow_key key;
	uint64_t number;
	struct device *device;
	uint64_t device_serial;
	struct mac mac;
	uint32_t generation; /* that the decision was made under */
	time_us first, last;
	uint64_t packets, bytes_up, bytes_down;

	bool inbound;    /* the other side began it */
	bool mid_stream; /* its beginning was not seen */
	bool local;      /* to the router itself: not judged */
	bool multicast;
	bool is_dns;
	bool decided;
	bool told;     /* its first payload was read: nothing more can come */
	bool observed; /* the mode lets it pass whatever the decision */
	bool closed;   /* both ends are done with it, or we reset it */
	bool fin_up, fin_down;
	bool unnamed;    /* its first message is too long for its name to be found */
	bool bytes_lost; /* some of its first bytes passed and are forgotten */
	bool upgradable; /* decided, but its payload may still become another protocol */
	bool announced;  /* an event told of the decision */
	enum policy_action action;
	enum policy_with with;

	enum protocol protocol;
	enum name_source name_from;
	struct name_list hello;      /* what the client's first bytes name */
	bool encrypted_client_hello; /* real or GREASE */
	bool encrypted_name;         /* real: DNS gave this device the means */
	bool mismatch;
	bool tunnel;        /* DNS: some of its questions carry data */
	uint8_t datagrams;  /* UDP: payloads read while waiting for a whole hello */
	uint8_t hop_limit;  /* of the device's first packet; 0: none seen */
	time_us refused_at; /* when the last ICMP refusal was sent */
	uint32_t first_seq; /* TCP: number of the first byte of payload */
	bool first_seq_known;
	bool acknowledged; /* TCP: the device has sent more than a SYN */
	uint32_t stream;   /* index + 1 into the engine's streams; 0: none */

	uint32_t rule_id;                /* of the strip rule that decided */
	const struct policy_rule *limit; /* that decided; of the set it was judged by */
	uint32_t spent;                  /* index of what the kernel counts it under */
	uint32_t count_round;            /* when the kernel was told, and */
	uint16_t counted;                /* packets back since then, and 1; 0: it was not told */
	uint32_t strip;                  /* index + 1 into the engine's strips; 0: none */
	unsigned held;                   /* packets that wait */
	bool payload_passed;             /* some of its first bytes left unread */
	bool strip_from_start;
	bool any_stripped;
	enum strip_state {
		STRIP_NOT_YET,
		STRIP_RUNNING,
		STRIP_PASSING, /* unreadable, and the rule lets that pass */
		STRIP_ENDED,   /* what was edited is forgotten: no more data */
	} strip_state;
	int8_t window_scale; /* of the server, RFC 7323; -1: it has none */
	bool window_scale_known;
	uint32_t stripped[DATA_COUNT];
	uint32_t seen[DATA_COUNT]; /* secrets that were left alone */

	struct name_list names; /* asked (DNS), or what the decision saw */
	uint16_t question_type;
	uint16_t refused_ids[REFUSED_IDS_MOST];
	unsigned refused_count;
	struct dns_stream up, down;

	country country;
	uint32_t asn;
	char organisation[64];
	country jurisdiction;
	enum policy_purpose purpose;
	char rule[80];
	char reason[128];
};

/* ---- what a device asks for again and again ---- */

struct hammer_key {
	struct mac mac;
	struct address address;
	uint16_t port;
	uint8_t transport;
};

struct hammer {
	struct hammer_key key;
	time_us since;
	unsigned refusals;
};

#define PAIRS_MOST 64

/* ---- fragments ---- */

struct fragment_key {
	struct address src, dst;
	uint32_t id;
	uint32_t ip_protocol;
};

struct fragment {
	struct fragment_key key;
	time_us time;
	bool accept;
};

/* ---- streams ---- */

#define STREAM_SIZE FIRST_STREAM_MOST
#define DNS_UP_SIZE 2048

/* What is being collected of one flow, whose is told by its index + 1. */
struct stream {
	struct flow *flow; /* NULL: free */
	time_us used;
	size_t ready; /* bytes there from the beginning on without a hole */
	union {
		struct {
			uint8_t filled[STREAM_SIZE / 8]; /* a bit for each byte of data */
			uint8_t data[STREAM_SIZE];
		};
		struct first_assembly assembly; /* UDP */
		struct {                        /* DNS over TCP */
			uint8_t up[DNS_UP_SIZE];
			uint8_t down[STREAM_SIZE - DNS_UP_SIZE];
		} dns;
	};
};

/* ---- strip ---- */

/* Bytes that can be asked for again; powers of two. */
#define STRIP_KEPT 262144
#define STRIP_KEPT_LARGE 1048576 /* of a stream that sends more, while there is room */
#define STRIP_LARGE_MOST 4

struct strip {
	struct flow *flow; /* NULL: free */
	time_us used;
	time_us fed;     /* when the last new bytes came */
	uint32_t origin; /* sequence number of the stream's first byte */
	uint32_t oldest; /* of the oldest byte kept */
	uint32_t edge;   /* of the next byte to be edited */
	uint32_t held;   /* bytes before the edge that may yet change */
	bool given_up;   /* opaque, and the rule lets it pass */
	struct stream_editor editor;
	uint8_t *kept; /* by distance from the origin, modulo its size: own or a large one */
	uint32_t kept_size;
	uint8_t own[STRIP_KEPT];
};

/* What one strip rule takes out; index: policy_rule_id(). */
struct strip_plan {
	struct redact_plan plan;
	struct redact_keys *own; /* the rule's, on top of the shipped ones */
	bool opaque_block;
	enum policy_with with;
};

struct strip_plans {
	const struct policy_set *set;
	struct redact_secrets *secrets;
	struct redact_secrets *in_names; /* the same in lower case, as DNS names are */
	size_t count;
	struct strip_plan plans[];
};

#define HELD_MOST 32
#define HELD_MOST_OF_FLOW 12
#define HELD_SIZE 66000

struct held {
	enum {
		HELD_FREE,
		HELD_WAITING,
		HELD_SETTLED
	} state;
	struct flow *flow;
	uint64_t number; /* in the order in which they came */
	enum verdict_action action;
	enum flow_mark mark;
	bool changed;
	struct packet packet;
	struct packet_headers headers;
	uint8_t data[HELD_SIZE];
};

struct override {
	struct policy_rule *rule;
	char device[64]; /* name or MAC; as typed */
	time_us until;
};

#define SCRATCH_SIZE 66000

struct engine {
	const struct policy_set *set;
	const struct policy *only; /* see engine_config */
	uint32_t set_serial;
	uint32_t generation;
	struct engine_geo geo;
	struct hash_key hash_key;
	time_us now, direct_from;
	int local_minute;

	struct table *devices;
	struct table *addresses;
	bool knows_neighbours; /* told so by the router, not by packets alone */
	struct table *chains;
	struct table *bindings;
	struct table *flows;
	struct table *fragments;
	struct table *ech;
	struct table *tunnels;
	struct table *hammers;
	struct table *spent;
	struct count_queue counts;
	uint32_t count_round; /* goes up when the kernel forgets all flows */
	bool kernel_counts;   /* else the packets of limit rules are all wanted */
	int minutes_ahead;    /* of UTC */
	time_us limits_minute;
	struct engine_pair pairs[PAIRS_MOST];
	unsigned pair_count;

	struct stream *streams;
	uint32_t stream_count;
	struct strip *strips;
	uint32_t strip_count;
	uint8_t (*large)[STRIP_KEPT_LARGE];
	struct held *held;
	const struct redact_keys *keys;
	const char (*networks)[33];
	size_t network_count;
	struct strip_plans *plans, *next_plans;

	struct override overrides[ENGINE_OVERRIDES_MOST];
	unsigned override_count;

	struct event *events;
	uint32_t events_most, events_first, events_count;

	uint64_t next_serial, next_flow;
	time_us next_sweep;
	struct engine_counters counters;

	/* Scratch, good until the next packet. */
	uint8_t edited[SCRATCH_SIZE];
	uint8_t replies[VERDICT_REPLIES_MOST][2048];
	uint8_t message[SCRATCH_SIZE];
	struct name names[POLICY_NAMES_MOST];
	const struct policy_rule *matching[ENGINE_OVERRIDES_MOST];
	struct flow_record record;
};

/* One packet on its way through the engine. */
struct passage {
	const struct packet *packet;
	struct packet_headers headers;
	struct device *device; /* NULL: nobody is known at that address */
	struct flow *flow;
	bool up;           /* from the flow's device */
	bool unread;       /* payload that must not tell what the flow is */
	struct held *held; /* our copy, when it was told to wait */
	struct verdict *verdict;
};

/* ---- device.c ---- */

/* The device that sent or gets the packet; found, or made from what is known. */
struct device *device_of_packet(struct engine *engine, const struct packet *packet,
				const struct address *address);
struct device *device_of_mac(struct engine *engine, const struct mac *mac);
/* After a new policy set its name and policy are looked up again. */
const struct policy *device_policy(struct engine *engine, struct device *device);
void device_learn_address(struct engine *engine, const struct address *address,
			  const struct mac *mac);
void device_print_name(const struct device *device, char *text, size_t size);
/* The rules that the user put on top for this device, now. */
unsigned device_overrides(struct engine *engine, const struct device *device);

/* Is it new to whoever is told? Then an event says that it is there. */
void device_tell(struct engine *engine, struct device *device);
/* After a new policy set: several MACs of one device become one entry. */
void device_fold_all(struct engine *engine);
/* A row of the catalogue that tells its kind: once, and while there is room. */
void device_add_row(struct device *device, const char *row);
/* An address that a host can have is remembered as the device's. */
void device_remember_address(struct device *device, const struct address *address);

/* ---- overhear.c ---- */

/* The name that it asks for, or calls in its first bytes, has this row. */
void overhear_entry(struct device *device, const struct policy_entry *entry);

/* ---- names.c ---- */

void name_list_add(struct name_list *list, const struct name *name);
bool name_list_has(const struct name_list *list, const struct name *name);
/* The first at most `most` names; how many. */
unsigned name_list_get(const struct name_list *list, struct name *ret_names, unsigned most);

void names_bind(struct engine *engine, const struct device *device, const struct address *address,
		const struct name_list *names, time_us expires);
struct binding *names_find(struct engine *engine, const struct device *device,
			   const struct address *address);
/* NULL: that chain was given up, its names are lost. */
const struct name_list *names_of_candidate(const struct engine *engine,
					   const struct candidate *candidate);

void names_give_ech(struct engine *engine, const struct device *device, const struct name *name);
bool names_has_ech(struct engine *engine, const struct device *device, const struct name *name);

/* ---- flow.c ---- */

/* Finds the packet's flow, or makes one; sets passage's flow, device, up. */
void flow_of_packet(struct engine *engine, struct passage *passage);
struct device *flow_device(struct engine *engine, struct flow *flow);
void flow_count(struct engine *engine, struct passage *passage);
void flow_sweep(struct engine *engine);
/* Nothing more will come of it: a flow that waited is decided as it stands. */
void flow_settle(struct engine *engine, struct flow *flow);
/* The flow that an ICMP error is about, or NULL. */
struct flow *flow_of_error(struct engine *engine, const struct passage *passage);

/* ---- fragment.c ---- */

void fragment_remember(struct engine *engine, const struct passage *passage);
/* Is this a later fragment? Then its verdict is given. */
bool fragment_follow(struct engine *engine, struct passage *passage);

/* ---- stream.c ---- */

struct stream *stream_of(struct engine *engine, struct flow *flow);
void stream_release(struct engine *engine, struct flow *flow);
/*
 * Puts bytes in their place. False: they contradict what is there, and the
 * server must not see them.
 */
bool stream_put(struct stream *stream, size_t offset, struct bytes bytes);

/* ---- hammer.c ---- */

/* A flow was refused by its first packet. */
void hammer_refused(struct engine *engine, const struct passage *passage);
/* The address has a new name for this device: nothing is certain any more. */
void hammer_forget(struct engine *engine, const struct device *device,
		   const struct address *address);

/* ---- first.c ---- */

/* False: the packet is not to be let through whatever the policy says. */
bool first_read(struct engine *engine, struct passage *passage);

/* ---- judge.c ---- */

/* Would it be blocked whatever its payload said? */
bool judge_is_certain(struct engine *engine, struct flow *flow);

/* Decides as far as is known; true when the flow is decided. */
bool judge_flow(struct engine *engine, struct flow *flow);
bool judge_is_lan(struct engine *engine, const struct address *address);
/* A question with the policy, its overrides and the time filled in. */
void judge_begin(struct engine *engine, struct device *device, struct policy_question *question);
/* Adds names to a question; they live in the engine's scratch. */
void judge_names(struct engine *engine, struct policy_question *question,
		 const struct name_list *names);
void judge_address(struct engine *engine, struct policy_question *question,
		   const struct address *address);
/* Writes a decision and the facts behind it into the flow. */
void judge_settle(struct engine *engine, struct flow *flow, const struct policy_question *question,
		  const struct policy_decision *decision);
/* Its limit is spent: it is blocked as long as the flow is not judged again. */
void judge_spent(struct engine *engine, struct flow *flow);
/* The strip rule cannot read it, and blocks what it cannot read. */
void judge_opaque(struct engine *engine, struct flow *flow);
/* Decides without asking the policy; reason says why. */
void judge_fixed(struct flow *flow, enum policy_action action, const char *reason);

/* ---- resolve.c ---- */

/* What is to become of one message. */
enum fate {
	FATE_PASS,
	FATE_DENY,      /* the device gets a refusal */
	FATE_EDIT,      /* the edited message is in engine->message */
	FATE_DROP,      /* no answer at all */
	FATE_MALFORMED, /* counted, and dropped */
};

struct message {
	struct dns_message dns;
	struct name_list names; /* the name asked, and in an answer its CNAMEs */
	enum dns_denial denial;
	bool on_tcp;
	bool begun_earlier; /* its first bytes are already with the receiver */
	struct bytes edited;
};

/* bytes hold one message; may fill in message->edited and message->denial. */
enum fate resolve_message(struct engine *engine, struct passage *passage, struct bytes bytes,
			  struct message *message);
/* Is this resolver refused, whatever it is asked? Then the flow is decided. */
bool resolve_refuses(struct engine *engine, struct passage *passage);
void resolve_malformed(struct engine *engine, struct flow *flow);

/* ---- tunnel.c ---- */

/* A question of this device; counts it. */
void tunnel_note(struct engine *engine, const struct device *device, const struct name *name,
		 uint16_t type);
/* Does what it asks for below that name's domain carry data? */
bool tunnel_is_at(const struct engine *engine, const struct device *device,
		  const struct name *name);

/* ---- resolve_carry.c ---- */

/* Is it DNS with a server, by port and content? Then its verdict is given. */
bool resolve_packet(struct engine *engine, struct passage *passage);

/* ---- refuse.c ---- */

/* Of a flow that is blocked from here on. */
void refuse_flow(struct engine *engine, struct passage *passage);
void refuse_packet(struct engine *engine, struct passage *passage, enum policy_with with);
void refuse_onward(struct engine *engine, struct passage *passage);
/* Room for one more reply of this verdict. */
struct writer refuse_reply(struct engine *engine, const struct verdict *verdict);
void refuse_reply_done(struct verdict *verdict, const struct writer *writer);

/* ---- held.c ---- */

/* Keeps the packet back, or drops it when there is no room. */
bool held_add(struct engine *engine, struct passage *passage);
/* It need not wait after all: its verdict is given at once. */
void held_take_back(struct passage *passage);
/* Gives up what has waited for too long. */
void held_expire(struct engine *engine);
void held_settle(struct held *held, enum verdict_action action, enum flow_mark mark);
void held_settle_all(struct engine *engine, struct flow *flow, enum verdict_action action,
		     enum flow_mark mark);

/* ---- strip.c ---- */

/* A packet of a flow that a strip rule decided; gives its verdict. */
void strip_packet(struct engine *engine, struct passage *passage);
/* Forgets the stream; what is still held of it is dropped. */
void strip_release(struct engine *engine, struct flow *flow, enum strip_state state);
void strip_advance(struct engine *engine);
/* Before other plans take the place of those that the streams were read with. */
void strip_forget_secrets(struct engine *engine);

/* ---- kept.c ---- */

void kept_start(struct strip *strip);
/* Makes room for more, if the stream needs it and there is some. */
void kept_grow(struct engine *engine, struct strip *strip);
/* Are the bytes from seq up to the edge still there? */
bool kept_has(const struct strip *strip, uint32_t seq);
/* Where the byte is kept, and how many of the next len lie right behind it. */
uint8_t *kept_place(struct strip *strip, uint32_t seq, size_t len, size_t *ret_run);
void kept_put(struct strip *strip, uint32_t seq, const uint8_t *data, size_t len);
void kept_get(const struct strip *strip, uint32_t seq, uint8_t *ret_data, size_t len);
/* Are these the bytes that are kept? */
bool kept_is(const struct strip *strip, uint32_t seq, struct bytes bytes);

/* ---- window.c ---- */

/* What comes back while the flow is read: its window is kept small. */
void strip_down(struct engine *engine, struct passage *passage);

/* ---- plans.c ---- */

const struct strip_plan *strip_plan_of(const struct engine *engine, const struct flow *flow);
void strip_plans_free(struct strip_plans *plans);
/* The categories of the known secrets in a name; 0: none. */
uint32_t strip_secrets_in(const struct engine *engine, const struct name *name);

/* ---- record.c ---- */

void record_flow(const struct engine *engine, const struct flow *flow,
		 struct flow_record *ret_record);
void record_event(struct engine *engine, enum event_kind kind, const struct flow *flow);
/* EVENT_QUESTION: what was refused and why, which need not be the flow's first question. */
void record_question(struct engine *engine, const struct flow *flow, const struct dns_message *dns,
		     const struct policy_question *question,
		     const struct policy_decision *decision);
/* EVENT_SECRET: in the name that this question asks. */
void record_secret(struct engine *engine, const struct flow *flow, const struct dns_message *dns);
void record_new_device(struct engine *engine, const struct device *device);

#endif
