/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file as a tree of plain settings, without any meaning yet. load.c makes
 * it and is the only file that knows libconfig.
 */
#ifndef GATEWAYD_POLICY_SETTING_H
#define GATEWAYD_POLICY_SETTING_H

#include "policy/arena.h"
#include "policy/policy.h"

#define SETTING_TEXT_MOST ((size_t)1 << 20) /* bytes of one file */
#define SETTING_DEPTH_MOST 16

enum setting_kind {
	SETTING_TEXT,
	SETTING_NUMBER,
	SETTING_FRACTION, /* nothing in the language takes one */
	SETTING_YES_NO,
	SETTING_GROUP,
	SETTING_LIST, /* ( ) and [ ] alike */
};

struct setting {
	struct setting *next;
	const char *name; /* NULL: element of a list, or the root */
	unsigned line;
	enum setting_kind kind;
	const char *text;
	int64_t number;
	bool yes;
	bool bad; /* said so already; nobody looks at it again */
	struct setting *first;
	size_t count;
};

/* NULL: the errors say why. The tree lives in the arena. */
struct setting *load_settings(struct arena *arena, const struct policy_source *source,
			      struct policy_errors *errors);

/*
 * Looks over the text before libconfig sees it: what libconfig would accept
 * silently (NUL, endless comment, number too large), answer without a place
 * (brackets) or act upon (@include) is an error; a comma before a closing
 * bracket, which old versions refuse, becomes a blank. text has len bytes and
 * a terminator. False: the errors say why.
 */
bool scan_text(char *text, size_t len, const char *file, struct policy_errors *errors);

#endif
