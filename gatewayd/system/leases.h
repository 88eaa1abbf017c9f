/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who got which address and calls himself what: the lease files of dnsmasq
 * and odhcpd, read again when they change. Names come from the devices, so
 * they are cleaned: letters, digits, '.', '_', '-', at most 63.
 */
#ifndef GATEWAYD_SYSTEM_LEASES_H
#define GATEWAYD_SYSTEM_LEASES_H

#include "base/addr.h"

struct leases;

struct lease {
	struct mac mac;
	struct address address; /* ADDRESS_NONE: only the name is known */
	char hostname[64];      /* may be empty */
};
typedef void leases_each(void *context, const struct lease *lease);

/*
 * paths: files, and folders whose files named odhcpd* are read; ends with
 * NULL. NULL: where dnsmasq and odhcpd put them. NULL returned: no memory.
 */
struct leases *leases_new(const char *const *paths);
void leases_free(struct leases *leases);
/*
 * From the neighbour table: files that name addresses, but not the MAC, are
 * understood through it.
 */
void leases_learn_neighbour(struct leases *leases, const struct address *address,
			    const struct mac *mac);
/* Calls back with every lease of the files that changed since the last time. */
void leases_poll(struct leases *leases, leases_each *each, void *context);

#endif
