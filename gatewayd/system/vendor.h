/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maker of a device by its MAC address, from a sorted text file (see
 * policy/catalogue/oui.tsv) that is searched on disk, never held in memory.
 */
#ifndef GATEWAYD_SYSTEM_VENDOR_H
#define GATEWAYD_SYSTEM_VENDOR_H

#include "base/addr.h"

#define VENDOR_TEXT_SIZE 64

struct vendor;

/* NULL: the file cannot be read; every function below takes that. */
struct vendor *vendor_open(const char *path);
void vendor_close(struct vendor *vendor);
/* False: not known, or an address that its owner made up. */
bool vendor_find(const struct vendor *vendor, const struct mac *mac,
		 char ret_name[static VENDOR_TEXT_SIZE]);

#endif
