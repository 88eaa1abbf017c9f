/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file from the network into one on the disk: by libcurl, or by
 * uclient-fetch in a build without it, which then knows no conditions.
 */
#ifndef GATEWAYD_CLIENT_FETCH_H
#define GATEWAYD_CLIENT_FETCH_H

#include <stdbool.h>
#include <stddef.h>

/* What a server says of a file, to be asked next time; empty: it said nothing. */
struct fetch_version {
	char etag[256];
	char modified[64];
};

struct fetch {
	const char *url;
	const char *path;                /* written anew */
	const char *ca;                  /* file of authorities, or NULL: the system's */
	const char *title;               /* for the progress */
	size_t most;                     /* bytes */
	bool plain;                      /* http:// is good enough */
	bool progress;                   /* on standard error */
	const struct fetch_version *had; /* NULL: send it in any case */
};

enum fetch_result {
	FETCH_DONE,
	FETCH_UNCHANGED,
	FETCH_FAILED, /* error tells why */
};

enum fetch_result fetch_file(const struct fetch *fetch, struct fetch_version *ret_version,
			     char *error, size_t error_size);
/* What came packed by gzip is unpacked in its place, up to as many bytes. */
bool fetch_unpack(const struct fetch *fetch, char *error, size_t error_size);

#endif
