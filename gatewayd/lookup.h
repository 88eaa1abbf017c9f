/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which device a word means: its name, its MAC, an address of it, or the
 * beginning of just one name. The daemon and gatewayctl offer what they know,
 * one device after the other. No memory is allocated.
 */
#ifndef GATEWAYD_LOOKUP_H
#define GATEWAYD_LOOKUP_H

#include "base/addr.h"

struct lookup {
	const char *word;
	bool is_mac, is_address;
	struct mac mac;
	struct address address;
	size_t offered;       /* so far */
	size_t exact, prefix; /* which one it was, counted from 1; 0: none */
	bool ambiguous;       /* several names begin with it */
	char prefix_name[64], other_name[64];
};

struct lookup_device {
	const char *name;
	const struct mac *macs;
	size_t mac_count;
	const struct address *addresses;
	size_t address_count;
};

void lookup_start(struct lookup *lookup, const char *word);
/* A name that was offered before is the same device. */
void lookup_offer(struct lookup *lookup, const struct lookup_device *device);

enum lookup_result {
	LOOKUP_FOUND,
	LOOKUP_NONE,
	LOOKUP_AMBIGUOUS, /* prefix_name and other_name begin with the word */
};
/* ret_index: counted from 0, in the order of the offers. */
enum lookup_result lookup_end(const struct lookup *lookup, size_t *ret_index);

#endif
