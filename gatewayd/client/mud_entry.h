/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One access control entry of a MUD file as a rule. Private to mud*.c. */
#ifndef GATEWAYD_CLIENT_MUD_ENTRY_H
#define GATEWAYD_CLIENT_MUD_ENTRY_H

#include <stddef.h>

struct json_object;

#define MUD_RULE_SIZE 600

/*
 * NULL: the rule is in ret_rule. Else why there is none. Older drafts of the
 * RFC named some members otherwise; these are read, too.
 */
const char *mud_entry_rule(struct json_object *entry, char ret_rule[static MUD_RULE_SIZE]);
/* The member under any of two names; NULL: neither. */
struct json_object *mud_member(struct json_object *object, const char *name, const char *older);
/* As text, NULL when it is none. */
const char *mud_text(struct json_object *object);

#endif
