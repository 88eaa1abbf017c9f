/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's connection table: flows that the policy closed are deleted, and
 * marks of older policy generations are taken off. Nothing is created.
 * All functions give 0 or a negative errno unless said otherwise.
 */
#ifndef GATEWAYD_SYSTEM_CONNTRACK_H
#define GATEWAYD_SYSTEM_CONNTRACK_H

#include "base/addr.h"
#include "base/packet.h"

struct conntrack;

/* As the flow's first packet was before any translation. */
struct conntrack_tuple {
	struct address src, dst;
	uint8_t ip_protocol;         /* IANA number */
	uint16_t src_port, dst_port; /* 0 where the protocol has none */
	uint16_t icmp_id;            /* ICMP and ICMPv6 */
	uint8_t icmp_type, icmp_code;
};

struct conntrack_entry {
	struct conntrack_tuple tuple;
	uint32_t mark;                       /* whole */
	uint64_t bytes_sent, bytes_answered; /* 0: the kernel does not count them */
	uint64_t packets_sent, packets_answered;
};

enum conntrack_wish {
	CONNTRACK_KEEP,
	CONNTRACK_DELETE,
	CONNTRACK_CLEAR, /* our bits of the mark */
};

/*
 * NULL: the error buffer says what is missing and what brings it; the daemon
 * goes on without, only that flows are not cut off at a reload.
 */
struct conntrack *conntrack_open(char *error, size_t error_size);
void conntrack_close(struct conntrack *conntrack);

/* -ENOENT: there is none. */
int conntrack_delete(struct conntrack *conntrack, const struct conntrack_tuple *tuple);

/*
 * Asks about each entry that has any bit of mark_mask set (all entries for
 * mask 0) and does what is wished. Returns the number of entries changed. An
 * entry that went away meanwhile is no error.
 */
typedef enum conntrack_wish conntrack_ask(void *context, const struct conntrack_entry *entry);
int conntrack_walk(struct conntrack *conntrack, uint32_t mark_mask, conntrack_ask *ask,
		   void *context);

#endif
