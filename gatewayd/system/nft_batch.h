/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A transaction of nf_tables messages: collected, sent as one, taken or
 * refused as one. Each message carries a note of what it is, so that an error
 * can say what failed and which feature can be given up.
 */
#ifndef GATEWAYD_SYSTEM_NFT_BATCH_H
#define GATEWAYD_SYSTEM_NFT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/* What a message needs of the kernel beyond tables, sets and marks. */
enum nft_need {
	NFT_NEEDS_CORE = 0,
	NFT_NEEDS_QUEUE = 1,
	NFT_NEEDS_REJECT = 2,
	NFT_NEEDS_COUNTERS = 4,
	NFT_NEEDS_OFFLOAD = 8,
	NFT_NEEDS_REDIRECT = 16,
	NFT_NEEDS_LIMITS = 32,
};

struct nft_note {
	const char *what; /* "the chain forward"; static text */
	enum nft_need need;
};

struct nft_batch {
	uint8_t *data;
	size_t len, size;
	struct nft_note *notes; /* of sequence numbers first_sequence and up */
	size_t note_count, note_size;
	uint32_t first_sequence;
	bool failed; /* no memory */
};

struct nft_outcome {
	int error;        /* 0, or the first message's negative errno */
	unsigned needs;   /* of all messages that were refused */
	const char *what; /* the first of them */
	char text[128];   /* what the kernel says about it, or nothing */
};

void nft_batch_open(struct nft_batch *batch, uint32_t first_sequence);
void nft_batch_free(struct nft_batch *batch);
/* Room for one message of this type; NULL: no memory. */
struct nlmsghdr *nft_batch_add(struct nft_batch *batch, uint16_t type, uint16_t flags,
			       const char *what, enum nft_need need);
/* The message that nft_batch_add() began is complete. */
void nft_batch_done(struct nft_batch *batch, const struct nlmsghdr *message);
/* Sends all and reads what the kernel says. The next sequence number is kept. */
void nft_batch_commit(struct nft_batch *batch, struct mnl_socket *socket, uint32_t *sequence,
		      struct nft_outcome *ret_outcome);
/* The kernel checks all of it, says the same, and then takes nothing. */
void nft_batch_try(struct nft_batch *batch, struct mnl_socket *socket, uint32_t *sequence,
		   struct nft_outcome *ret_outcome);

#endif
