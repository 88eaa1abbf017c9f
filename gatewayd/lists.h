/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists that a policy names, as files: each is compiled once, into the
 * state directory, and from then on mapped. A list with a `file` is compiled
 * when the file is newer; what a `url` leads to, `gatewayctl lists update`
 * compiles. An image that is in use already is shared with the set before.
 *
 *	STATEDIR/lists/NAME-xxxxxxxx.set	xxxxxxxx: of its path or URL
 *
 * Nothing here is fatal: a list without content is told among the warnings,
 * and no condition on it holds.
 */
#ifndef GATEWAYD_LISTS_H
#define GATEWAYD_LISTS_H

#include "policy/list.h"
#include "policy/policy.h"

#define LISTS_PATH_SIZE 4096
/* A text is read up to here; some hundred million bytes are no list. */
#define LISTS_TEXT_MOST (256u << 20)
/* Of images: the daemon reads them as another user. */
#define LISTS_MODE 0644

struct lists;

/* What may be done while they are opened. */
enum lists_effort {
	LISTS_COMPILE, /* whatever is newer */
	LISTS_QUICKLY, /* a large text that changed waits; packets do not */
};

/* One list of the set. */
struct lists_entry {
	const char *name;
	const char *place; /* the path of its text, or its URL */
	bool is_url;
	const struct list_image *image; /* NULL: it has no content */
	char path[LISTS_PATH_SIZE];     /* of the image's file */
	bool mapped;                    /* else it is in our own memory */
	int64_t compiled;               /* seconds since 1970; 0: not from a file */
	uint64_t hits;                  /* names and addresses found on it */
	char error[256];                /* why it has none, or an old one */
};

/*
 * Opens all lists of a set and gives them to it. `old` may be NULL; the same
 * files are then not mapped twice. NULL: no memory. The lists must outlive
 * the set. pause and warnings may be NULL.
 */
struct lists *lists_open(const char *directory, struct policy_set *set, const struct lists *old,
			 enum lists_effort effort, const struct pause *pause,
			 struct policy_errors *warnings);
void lists_free(struct lists *lists);
size_t lists_count(const struct lists *lists);
const struct lists_entry *lists_at(const struct lists *lists, size_t index);

/* ---- lists_report.c ---- */

struct json_object;
/* An array of objects, one per list; the caller's. */
struct json_object *lists_report(const struct lists *lists);

/* ---- for `lists update` ---- */

/* Of the image of a list; the folder is made. */
void lists_image_path(const char *name, const char *place, char ret_path[static LISTS_PATH_SIZE],
		      uint64_t *ret_digest);
/* Reads and compiles a text; *ret_data is the caller's. False: error tells why not. */
bool lists_compile(const char *path, uint64_t place, uint8_t **ret_data, size_t *ret_len,
		   char *error, size_t error_size);
#endif
