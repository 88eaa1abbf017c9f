/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tells the kind of a device: rows of tab-separated text,
 *
 *	method pattern maker brand device_class confidence note source
 *
 * of DATADIR/identify.tsv, and before them those of CONFDIR/identify.tsv. Note
 * and source are for people; a row may end before either. A pattern is compared
 * without case; '*' is any run of characters, '#' one hexadecimal digit. Where
 * a row names a maker, it counts for that maker's devices only.
 */
#ifndef GATEWAYD_IDENTIFY_TABLE_H
#define GATEWAYD_IDENTIFY_TABLE_H

#include "base/bytes.h"

enum identify_method {
	IDENTIFY_MAKER,        /* of the network card, by its address */
	IDENTIFY_HOSTNAME,     /* that the device gives itself */
	IDENTIFY_VENDOR_CLASS, /* of its DHCP client */
	IDENTIFY_MDNS,         /* a service, and a word of its description */
	IDENTIFY_SSDP,         /* a type of device or service */
	IDENTIFY_SERVER,       /* what its SSDP says of the software */
	IDENTIFY_MODEL,        /* what its mDNS says of the product */
	IDENTIFY_METHODS,
};

/* A maker of many things, or a word that others use, is worth less than a model's own. */
enum identify_weight {
	IDENTIFY_LOW = 1,
	IDENTIFY_MEDIUM = 3,
	IDENTIFY_HIGH = 4,
};

/* A kind of device as the catalogue has it. */
struct identify_kind {
	const char *name;
	const char *words;   /* for people */
	const char *profile; /* the policy that is meant for it */
};

struct identify_row {
	enum identify_method method;
	const char *pattern;
	const char *maker;                /* "": any */
	const char *brand;                /* "": not known */
	const struct identify_kind *kind; /* NULL: many kinds */
	enum identify_weight weight;
};

struct identify_table;

/* NULL: no such kind. */
const struct identify_kind *identify_kind_by_name(const char *name);

/*
 * Rows that are read first win. The text is copied. False: *ret_line has an
 * error, of which the text is returned; NULL: no memory.
 */
struct identify_table *identify_table_new(void);
void identify_table_free(struct identify_table *table);
bool identify_table_add(struct identify_table *table, struct bytes text, unsigned *ret_line,
			const char **ret_error);

/* The first row of the method that the text and the maker (may be NULL) match; NULL: none. */
const struct identify_row *identify_table_find(const struct identify_table *table,
					       enum identify_method method, const char *text,
					       const char *maker);

/*
 * The shipped table with the user's own before it; both may be missing. What
 * cannot be read is left out, and say tells why. NULL: no memory.
 */
struct identify_table *identify_table_load(const char *directory, void (*say)(const char *error));

#endif
