/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has been found out about keys, by how they are written: devices say the
 * same few again and again. One that is not there is looked up as ever
 * (keys_whole()).
 */
#ifndef GATEWAYD_REDACT_KEY_MEMO_H
#define GATEWAYD_REDACT_KEY_MEMO_H

#include "redact/memo_text.h"

#define KEY_MEMO_BITS 7

struct key_memo_entry {
	/* With what delimits it (`"lat":`, `lat=`): what begins with that begins with the key. */
	struct memo_text text;
	uint32_t categories;
	uint8_t header;  /* http_header.c's, of a header's name; 0: not looked up */
	uint64_t parent; /* hash of the key that encloses it */
	uint64_t hash;
	/* The key that came behind it last time; NULL: nothing is remembered here. */
	struct key_memo_entry *next;
};

struct key_memo {
	struct key_memo_entry entries[1 << KEY_MEMO_BITS];
	struct key_memo_entry none; /* whatever is too long to be remembered; no text is its */
};

#endif
