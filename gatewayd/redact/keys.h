/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys whose values are personal data, and the matcher that is fed a key
 * byte by byte, however it is cut.
 *
 * Keys are compared without ASCII case and without '_', '-', '.' and '$'; '*'
 * stands for any run of characters. A key written with a dot inside ("wifi.name")
 * also matches as a path: "name" inside the object "wifi".
 *
 * Only a key's 64-bit hash is kept: equal keys have equal hashes, so none is
 * missed; that a foreign key is stripped by chance has odds of 2^-54.
 * Building allocates; matching does not. Which keys were asked for lately is
 * remembered in the set, for speed and to no other effect. A set may rest on another one (the
 * shipped table) and shares it; it must be freed before that one.
 */
#ifndef GATEWAYD_REDACT_KEYS_H
#define GATEWAYD_REDACT_KEYS_H

#include "redact/key_memo.h"

/* Categories are numbers below this; a set of them is a mask of 1 << number. */
#define REDACT_CATEGORIES 16
/* Characters of all keys with '*' in one set and its base, 64 to a word. */
#define KEYS_WILD_WORDS 4

struct redact_keys;
struct json_joints;

/* Where a key stands that is being read. Plain data; lives in the stream's state. */
struct key_match {
	uint64_t hash; /* of the key itself */
	uint64_t path; /* of the enclosing key and this one */
	uint64_t wild[KEYS_WILD_WORDS];
};

/* The hash of no key at all: the enclosing key at the top of a document. */
extern const uint64_t keys_no_parent;

enum keys_error {
	KEYS_OK,
	KEYS_EMPTY,     /* nothing is left to compare */
	KEYS_WILD_FULL, /* too many characters in keys with '*' */
	KEYS_NO_MEMORY,
	KEYS_BAD_LINE, /* of a table: not at least two columns */
	KEYS_BAD_CATEGORY,
};

/* base may be NULL. NULL: no memory. */
struct redact_keys *keys_new(const struct redact_keys *base);
void keys_free(struct redact_keys *keys);
enum keys_error keys_add(struct redact_keys *keys, struct bytes key, unsigned category);
/*
 * A table: lines of key TAB category TAB anything; '#' begins a comment line,
 * a first line that begins with "key" TAB is the heading. names[i] is the word
 * for category i. On an error ret_line says where.
 */
enum keys_error keys_add_table(struct redact_keys *keys, struct bytes text,
			       const char *const *names, unsigned name_count, unsigned *ret_line);
/* Keys in the set itself, without its base. */
size_t keys_count(const struct redact_keys *keys);

/* In all below keys must not be NULL. parent: `hash` of the enclosing key's match, or
 * keys_no_parent. */
void keys_begin(const struct redact_keys *keys, uint64_t parent, struct key_match *match);
void keys_feed(const struct redact_keys *keys, struct key_match *match, const uint8_t *text,
	       size_t len);
/* A character from an escape, as UTF-8. */
void keys_feed_character(const struct redact_keys *keys, struct key_match *match,
			 uint32_t character);
/* The categories of the key that was fed; 0: no such key. */
uint32_t keys_end(const struct redact_keys *keys, const struct key_match *match);

/*
 * A key that is there as a whole; it is remembered for the next time by how it
 * is written, delimiters included. Its hash and categories are good until the
 * next call, its `next` may be written.
 */
struct key_memo_entry *keys_whole(const struct redact_keys *keys, uint64_t parent, struct bytes key,
				  struct bytes written);

/* What is remembered of JSON that was read with these keys (json_joint.h). */
struct json_joints *keys_joints(const struct redact_keys *keys);

/* All at once, for explain and tests. */
uint32_t keys_lookup(const struct redact_keys *keys, struct bytes key);

#endif
