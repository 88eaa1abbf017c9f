/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files have in common that the daemon keeps over a restart: lines
 * between a head, which names the kind and its version, and "end". A file that
 * does not look like this was cut short, or is somebody else's.
 */
#ifndef GATEWAYD_DAEMON_SAVED_H
#define GATEWAYD_DAEMON_SAVED_H

#include <stdio.h>

#include "base/packet.h"

/* A file in the making. */
struct saved {
	FILE *out; /* for the lines */
	char *text;
	size_t len;
};

/* head: the first line. False: no memory. */
bool saved_begin(struct saved *saved, const char *head);
/*
 * Writes the file, or nothing when it would be the same again (*digest, 0 at
 * first, tells). 0 or a negative errno; saved is gone in either case.
 */
int saved_end(struct saved *saved, const char *path, uint64_t *digest);
/*
 * Calls back with each line in between; one that returns false is damaged, and
 * ends it. 0 or a negative errno, -EINVAL for a damaged file.
 */
int saved_load(const char *path, const char *head, bool (*each)(void *context, char *line),
	       void *context);

struct engine;
/* What such a line is read for; each() gets it as its context. */
struct saved_restoring {
	struct engine *engine;
	time_us now;
	int count; /* of what was restored */
};
/* As saved_load(); but the count where nothing is wrong. */
int saved_restore(struct engine *engine, time_us now, const char *path, const char *head,
		  bool (*each)(void *context, char *line));

/* False: no number of seconds since 1970. */
bool saved_seconds(const char *word, time_us *ret_time);

#endif
