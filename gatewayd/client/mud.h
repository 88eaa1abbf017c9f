/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Manufacturer Usage Description (RFC 8520) as a policy in the language of
 * gatewayd.conf(5). What the maker says the device has to reach is allowed, all
 * else is blocked. What cannot be said in the language, or needs no rule, is
 * listed with its reason. Nothing is fetched, no signature is checked.
 */
#ifndef GATEWAYD_CLIENT_MUD_H
#define GATEWAYD_CLIENT_MUD_H

#include <stdbool.h>
#include <stddef.h>

#define MUD_NAME_SIZE 48
#define MUD_FILE_MOST ((size_t)1 << 20)

struct mud_import {
	char name[MUD_NAME_SIZE]; /* of the policy */
	char *text;               /* a file for policy.d */
	char *skipped;            /* one line each, "list/entry: reason" */
	size_t rule_count, skipped_count;
};

/*
 * `path` is for messages and, where the file has no name for the device, for
 * the name of the policy. False: error says why.
 */
bool mud_import(const char *path, const char *json, size_t len, struct mud_import *ret_import,
		char *error, size_t error_size);
void mud_import_free(struct mud_import *import);

#endif
