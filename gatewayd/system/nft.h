/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel rules: table "inet gatewayd", built with libnftnl and replaced
 * in one transaction. Nothing outside the table is touched. The rules outlive
 * the process unless nft_remove() is called, and hold what happens to each
 * device's packets while nobody listens to the queue.
 *
 * What goes to the queue: what LAN devices forward until the flow is marked
 * passed or blocked, DNS both ways (forwarded, to and from the router), and
 * answers of flows marked "inspect" when asked for. See base/mark.h for marks.
 *
 * All functions give 0 or a negative errno unless said otherwise.
 */
#ifndef GATEWAYD_SYSTEM_NFT_H
#define GATEWAYD_SYSTEM_NFT_H

#include "base/addr.h"
#include "base/limit.h"
#include "base/protocol.h"

#define NFT_TABLE "gatewayd" /* of family inet */

struct nft;

struct nft_config {
	const char *const *lan; /* interface names; they need not exist yet */
	size_t lan_count;
	uint16_t queue;
	uint32_t mark_mask;           /* at least four bits in a row */
	uint32_t generation;          /* engine_generation() */
	bool fail_open;               /* nobody listens: devices pass (else they wait) */
	const struct mac *exceptions; /* devices for which the opposite holds */
	size_t exception_count;
	/* Devices whose plain DNS goes to the router's resolver: these, or all but these. */
	const struct mac *redirect;
	size_t redirect_count;
	bool redirect_all;
	bool inspect_replies; /* answers of flows marked "inspect" are wanted, too */
	bool counters;        /* count bytes by device */
	bool limits;          /* count flows under limit rules */
	bool afresh;          /* counts that are there are an earlier process's */
	/* Interfaces of our own flowtable for passed flows; 0: no flowtable. */
	const char *const *offload;
	size_t offload_count;
};

/* What this kernel can do; known after the first nft_apply() or nft_try(). */
struct nft_features {
	bool native_queue; /* else the xt target NFQUEUE through nft_compat */
	bool reject;       /* else refused pairs are dropped */
	bool counters;     /* sets whose elements count */
	bool offload;      /* our flowtable is in place */
	bool limits;       /* maps to quotas, where they are asked for */
	bool redirect;     /* dns.resolver = "gateway" is in place, where it is asked for */
};

/*
 * NULL: the error buffer says what is missing and what brings it. Opens two
 * sockets, which need CAP_NET_ADMIN when used, not when opened.
 */
struct nft *nft_open(char *error, size_t error_size);
/* Leaves the rules where they are. */
void nft_close(struct nft *nft);

/*
 * Puts the table in place, whatever was there of it before; on error nothing
 * has changed. What was in the sets of pairs and counters is gone: read the
 * counters before. A feature that the kernel lacks is left out, see
 * nft_features(); without a way to queue it fails.
 */
int nft_apply(struct nft *nft, const struct nft_config *config, char *error, size_t error_size);
/* Would nft_apply() do it, and with which features? Nothing is changed. */
int nft_try(struct nft *nft, const struct nft_config *config, char *error, size_t error_size);
/* No table is no error. */
int nft_remove(struct nft *nft);
void nft_features(const struct nft *nft, struct nft_features *ret_features);
/* 1: the table is there, 0: it is not. */
int nft_is_present(struct nft *nft);

/* ---- what is refused without asking ---- */

/* TCP and UDP only. */
struct nft_pair {
	struct mac mac;
	struct address dst;
	enum transport transport;
	uint16_t dst_port;
	bool silent;        /* dropped, not rejected */
	uint32_t timeout_s; /* 0: 60 */
};
/* All or none. -ENFILE: a set is full, and the packets come to the queue as before. */
int nft_block_pairs(struct nft *nft, const struct nft_pair *pairs, size_t count);
/* One that is not there is no error. */
int nft_unblock_pair(struct nft *nft, const struct nft_pair *pair);

/* ---- bytes by device ---- */

/*
 * From the table's beginning on, so smaller than before means that the table
 * was replaced. Exactly one of mac (what it sent) and address (what was sent
 * to it) is given, the other is NULL. Packets that were let through only.
 */
typedef void nft_counted(void *context, const struct mac *mac, const struct address *address,
			 uint64_t packets, uint64_t bytes);
/* -EOPNOTSUPP: not counted. */
int nft_read_counters(struct nft *nft, nft_counted *counted, void *context);

/* ---- bytes under limit rules ---- */

/*
 * A limit's counters stay where they are when the table is refilled; the flows
 * under it are forgotten. Changes that the kernel does not take are left out:
 * the packets come to the queue as before. -EOPNOTSUPP: nft_features().limits.
 */
int nft_change_limits(struct nft *nft, const struct limit_change *changes, size_t count);
typedef void nft_limit_counted(void *context, uint64_t limit, bool up, uint64_t count);
/* Of a table that an earlier process left, too; none is no error. */
int nft_read_limits(struct nft *nft, nft_limit_counted *counted, void *context);

/* ---- what others do to the rules ---- */

struct nft_news {
	bool damaged;   /* our table or parts of it were deleted: nft_apply() again */
	bool flowtable; /* somebody made or deleted a flowtable */
};
/* Readable when somebody changed any rules. */
int nft_monitor_fd(const struct nft *nft);
/* Reads all that is there; our own changes are no news. */
int nft_monitor_read(struct nft *nft, struct nft_news *ret_news);

/* Flowtables that are not ours take flows away from us before they are seen. */
struct nft_flowtable {
	char family[8]; /* as nft writes it: "inet" */
	char table[64];
	char name[64];
	bool hardware;
};
typedef void nft_flowtable_found(void *context, const struct nft_flowtable *flowtable);
/* The number found, or a negative errno. found may be NULL. */
int nft_foreign_flowtables(struct nft *nft, nft_flowtable_found *found, void *context);

#endif
