/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connections. */
#ifndef GATEWAYD_ENGINE_FLOW_H
#define GATEWAYD_ENGINE_FLOW_H

#include "engine/names.h"

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

/* Finds the packet's flow, or makes one; sets passage's flow, device, up. */
void flow_of_packet(struct engine *engine, struct passage *passage);
struct device *flow_device(struct engine *engine, struct flow *flow);
void flow_count(struct engine *engine, struct passage *passage);
void flow_sweep(struct engine *engine);
/* Nothing more will come of it: a flow that waited is decided as it stands. */
void flow_settle(struct engine *engine, struct flow *flow);
/* The flow that an ICMP error is about, or NULL. */
struct flow *flow_of_error(struct engine *engine, const struct passage *passage);

#endif
