/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an address is: country and AS number from MMDB files. Both record
 * layouts are read: flat (country_code, autonomous_system_number or asn) and
 * nested (country.iso_code).
 *
 * Private, loopback, link-local, multicast and unspecified addresses are
 * nowhere and are never looked up; the documentation ranges are. A record
 * that cannot be read counts as none. A file that shrinks while it is in use
 * makes its database broken, not the program.
 */
#ifndef GATEWAYD_SYSTEM_GEO_H
#define GATEWAYD_SYSTEM_GEO_H

#include <time.h>

#include "base/addr.h"
#include "base/country.h"

struct geo;

enum geo_kind {
	GEO_COUNTRY,
	GEO_ASN,
};
#define GEO_KINDS 2

/* Without any database; NULL: no memory. */
struct geo *geo_new(void);
void geo_free(struct geo *geo);

/*
 * Opens a file, or keeps the one that is open when it is the same and did not
 * change; NULL: none any more. False: it could not be used; the error says
 * why, and there is no database of that kind.
 */
bool geo_open(struct geo *geo, enum geo_kind kind, const char *path, char *error,
	      size_t error_size);

struct geo_info {
	char path[256]; /* empty: none is configured */
	bool open;
	char error[256]; /* why it is not open; empty when it is or none is configured */
	char type[64];   /* as the file says: "GeoLite2-Country" */
	time_t built;
	uint64_t size;           /* of the file */
	unsigned records_failed; /* lookups that ended in an error, at most UINT_MAX */
};
void geo_info(const struct geo *geo, enum geo_kind kind, struct geo_info *ret_info);

/*
 * False: not known, for want of a database or because the address is nowhere.
 * True with COUNTRY_UNKNOWN or 0: the database has no record of it.
 */
bool geo_country(const struct geo *geo, const struct address *address, country *ret_country);
bool geo_asn(const struct geo *geo, const struct address *address, uint32_t *ret_asn);

struct geo_contents {
	uint64_t networks; /* that have a record */
	uint64_t known;    /* of these, whose record has a country or an AS number */
	time_t built;
};
/* Reads the whole database that is open. False: it is damaged. */
bool geo_read_all(const struct geo *geo, enum geo_kind kind, struct geo_contents *ret_contents);

/* The record as text on one line; false: there is none. */
bool geo_describe(const struct geo *geo, enum geo_kind kind, const struct address *address,
		  char *text, size_t size);

#endif
