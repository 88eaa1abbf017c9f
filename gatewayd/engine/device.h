/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is who: MACs, addresses, the policy of each. */
#ifndef GATEWAYD_ENGINE_DEVICE_H
#define GATEWAYD_ENGINE_DEVICE_H

#include "engine/engine.h"

struct passage;

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
	uint64_t observed;   /* see device_record */
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

#endif
