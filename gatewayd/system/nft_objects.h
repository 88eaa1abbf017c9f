/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects of our table as messages in a batch.
 */
#ifndef GATEWAYD_SYSTEM_NFT_OBJECTS_H
#define GATEWAYD_SYSTEM_NFT_OBJECTS_H

#include "system/nft_batch.h"

struct nft_set_form {
	const char *name;
	uint32_t type; /* how nft shows the key */
	uint32_t key_len, flags, size;
	uint64_t timeout_ms;
	enum nft_need need;
	bool host_order; /* the key is a string or a number of the machine's */
	uint32_t object; /* of a map to objects: their kind */
};

/* type: NFT_MSG_NEWTABLE or NFT_MSG_DELTABLE. */
void nft_object_table(struct nft_batch *batch, uint16_t type, const char *what);
/* All rules of the table; the chains stay. */
void nft_object_flush_rules(struct nft_batch *batch);
/* hook: enum nf_inet_hooks, or NF_INET_NUMHOOKS for a chain that is jumped to. */
/* type: "filter" or "nat". */
void nft_object_chain(struct nft_batch *batch, const char *name, const char *type, uint32_t hook,
		      int priority, const char *what);
/* id: a number of its own within the batch. */
void nft_object_set(struct nft_batch *batch, const struct nft_set_form *form, uint32_t id);
void nft_object_flush_set(struct nft_batch *batch, const char *set);
/* Adds or deletes keys that lie behind one another. timeout_ms 0: the set's own. */
void nft_object_keys(struct nft_batch *batch, bool add, const char *set, const void *keys,
		     uint32_t key_len, size_t count, uint64_t timeout_ms);
/* It must be there, and no rule may use it any more. */
void nft_object_delete_flowtable(struct nft_batch *batch, const char *name);
/* Adds a key of a map with the object that it leads to, or (NULL) deletes the key. */
void nft_object_member(struct nft_batch *batch, const char *map, const void *key, uint32_t key_len,
		       const char *object);
void nft_object_flowtable(struct nft_batch *batch, const char *name, const char *const *devices,
			  size_t count);

/* NFPROTO_INET and the others as nft writes them: "inet". */
const char *nft_family_name(uint32_t family);

#endif
