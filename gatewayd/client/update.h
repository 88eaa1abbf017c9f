/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `lists update` does with one thing that has a URL, a list or a database:
 * fetch it if the server has a newer one, unpack it, have it judged, and only
 * then put it in the place of the old one.
 */
#ifndef GATEWAYD_CLIENT_UPDATE_H
#define GATEWAYD_CLIENT_UPDATE_H

#include "client/client.h"
#include "client/fetch.h"
#include "lists.h"
#include "system/geo.h"

struct update {
	const struct client *client;
	const char *kind; /* "list", "database" */
	const char *name, *url;
	const char *path; /* what is replaced */
	bool present;     /* there is one that can be used */
	/* Judges what was fetched and puts it in place; false: error tells why not. */
	bool (*take)(struct update *update);

	char fetched[LISTS_PATH_SIZE + 16]; /* where the download is, unpacked */
	uint64_t before, entries;
	char error[512];
};

/* Fetches, judges, tells. */
enum fetch_result update_one(struct update *update);

/* A list that has a URL. */
enum fetch_result update_list(const struct client *client, const struct lists_entry *list);
/* A database; `written` is its file as the policy has it. */
enum fetch_result update_database(const struct client *client, enum geo_kind kind,
				  const char *written, const char *url);

#endif
