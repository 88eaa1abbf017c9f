/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which names DNS answers gave to which device for an address. */
#ifndef GATEWAYD_ENGINE_NAMES_H
#define GATEWAYD_ENGINE_NAMES_H

#include "engine/device.h"

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

struct binding {
	struct binding_key key;
	unsigned count;
	struct candidate candidates[CANDIDATES_MOST]; /* newest first */
};

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

#endif
