/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network interfaces and neighbours as rtnetlink tells them: which index a
 * name has now, links that come, go and change their names, and which MAC an
 * address of the LAN is at. Needs no privilege.
 * All functions give 0 or a negative errno unless said otherwise.
 */
#ifndef GATEWAYD_SYSTEM_INTERFACES_H
#define GATEWAYD_SYSTEM_INTERFACES_H

#include "base/addr.h"

#define INTERFACE_NAME_SIZE 16 /* IFNAMSIZ */

struct interfaces;

struct interfaces_listener {
	void *context;
	/*
	 * A link came (present) or went; one that is renamed does both. Not
	 * called for what is there at the beginning. May be NULL.
	 */
	void (*link)(void *context, const char *name, uint32_t index, bool present);
	/* The neighbour table of interface index has this now. May be NULL. */
	void (*neighbour)(void *context, uint32_t index, const struct address *address,
			  const struct mac *mac);
};

/*
 * Reads all links; then, with interfaces_read_neighbours(), the neighbours
 * that are already known. NULL: the error buffer says why.
 */
struct interfaces *interfaces_open(const struct interfaces_listener *listener, char *error,
				   size_t error_size);
void interfaces_close(struct interfaces *interfaces);

/* 0: there is none. */
uint32_t interfaces_index(const struct interfaces *interfaces, const char *name);
/* NULL: there is none. Good until the next interfaces_read(). */
const char *interfaces_name(const struct interfaces *interfaces, uint32_t index);
/* The indexes of those names that exist, sorted; returns how many. */
size_t interfaces_indexes(const struct interfaces *interfaces, const char *const *names,
			  size_t count, uint32_t *ret_indexes);

/* Readable when something changed. */
int interfaces_fd(const struct interfaces *interfaces);
/* Reads all that is there and calls the listener. */
int interfaces_read(struct interfaces *interfaces);
/* Asks the kernel for the neighbours of all interfaces and calls the listener. */
int interfaces_read_neighbours(struct interfaces *interfaces);

#endif
