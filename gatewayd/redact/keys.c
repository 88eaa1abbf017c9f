/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See keys.h. */
#include "redact/keys.h"
#include "redact/json_joint.h"
#include "redact/key_memo.h"

#include <stdlib.h>

#define HASH_SEED UINT64_C(0x9e3779b97f4a7c15)
#define HASH_PRIME UINT64_C(0xd6e8feb86659fd93)
#define WILD_BITS (KEYS_WILD_WORDS * 64)

struct entry {
	uint64_t hash;
	uint32_t categories;      /* of the key as it stands */
	uint32_t path_categories; /* of the enclosing key and this one */
};

/* Of lookups in a set and its base. */
struct memos {
	struct key_memo keys;
	struct json_joints joints;
};

struct redact_keys {
	const struct redact_keys *base;
	struct entry *entries; /* open addressing; categories 0: free */
	size_t capacity;       /* a power of two, or 0 */
	size_t filled, count;
	bool has_paths;
	uint8_t normal[256]; /* what a byte counts as; 0: not at all */
	struct memos *memos;
	/*
	 * The characters of all keys with '*', one bit each, as a
	 * nondeterministic automaton: bit i is set while the key read so far ends
	 * in what stands before character i. Those of the base come first.
	 */
	unsigned wild_bits;
	unsigned wild_words;
	uint64_t first[KEYS_WILD_WORDS];  /* where a key begins */
	uint64_t loops[KEYS_WILD_WORDS];  /* a '*' stands before this character */
	uint64_t accept[KEYS_WILD_WORDS]; /* the key is over */
	uint32_t wild_categories[WILD_BITS];
	uint64_t steps[256][KEYS_WILD_WORDS];
};

const uint64_t keys_no_parent = HASH_SEED;

static uint8_t normal(uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return (uint8_t)(byte + ('a' - 'A'));
	return byte == '_' || byte == '-' || byte == '.' || byte == '$' ? 0 : byte;
}

static inline uint64_t hash_step(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * HASH_PRIME;
}

static size_t slot_of(uint64_t hash, size_t capacity)
{
	return (size_t)(hash ^ hash >> 29 ^ hash >> 47) & (capacity - 1);
}

static void forget(struct memos *memos)
{
	memset(&memos->keys, 0, sizeof(memos->keys));
	memos->keys.none.text = memo_text_none();
	memos->keys.none.next = &memos->keys.none;
	json_joints_forget(&memos->joints);
}

struct redact_keys *keys_new(const struct redact_keys *base)
{
	struct redact_keys *keys = calloc(1, sizeof(*keys));

	if (!keys)
		return NULL;
	keys->memos = malloc(sizeof(*keys->memos));
	if (!keys->memos) {
		free(keys);
		return NULL;
	}
	forget(keys->memos);
	for (unsigned i = 0; i < 256; i++)
		keys->normal[i] = normal((uint8_t)i);
	if (!base)
		return keys;
	keys->base = base;
	keys->has_paths = base->has_paths;
	keys->wild_bits = base->wild_bits;
	keys->wild_words = base->wild_words;
	memcpy(keys->first, base->first, sizeof(keys->first));
	memcpy(keys->loops, base->loops, sizeof(keys->loops));
	memcpy(keys->accept, base->accept, sizeof(keys->accept));
	memcpy(keys->wild_categories, base->wild_categories, sizeof(keys->wild_categories));
	memcpy(keys->steps, base->steps, sizeof(keys->steps));
	return keys;
}

void keys_free(struct redact_keys *keys)
{
	if (!keys)
		return;
	free(keys->entries);
	free(keys->memos);
	free(keys);
}

size_t keys_count(const struct redact_keys *keys)
{
	return keys->count;
}

static struct entry *entry_place(struct entry *entries, size_t capacity, uint64_t hash)
{
	size_t slot = slot_of(hash, capacity);

	while (entries[slot].categories && entries[slot].hash != hash)
		slot = (slot + 1) & (capacity - 1);
	return &entries[slot];
}

/* At most half full, so that a miss ends soon. */
static bool grow(struct redact_keys *keys)
{
	size_t capacity = keys->capacity ? keys->capacity * 2 : 64;
	struct entry *entries;

	if (keys->filled * 2 < keys->capacity)
		return true;
	entries = calloc(capacity, sizeof(*entries));
	if (!entries)
		return false;
	for (size_t i = 0; i < keys->capacity; i++) {
		const struct entry *old = &keys->entries[i];

		if (old->categories)
			*entry_place(entries, capacity, old->hash) = *old;
	}
	free(keys->entries);
	keys->entries = entries;
	keys->capacity = capacity;
	return true;
}

static enum keys_error add_exact(struct redact_keys *keys, struct bytes key, uint32_t category)
{
	uint64_t hash = HASH_SEED;
	bool path = false;
	struct entry *entry;

	if (!grow(keys))
		return KEYS_NO_MEMORY;
	for (size_t i = 0; i < key.len; i++) {
		uint8_t byte = normal(key.data[i]);

		if (byte)
			hash = hash_step(hash, byte);
		path |= key.data[i] == '.' && i > 0 && i + 1 < key.len;
	}
	entry = entry_place(keys->entries, keys->capacity, hash);
	if (!entry->categories)
		keys->filled++;
	entry->hash = hash;
	entry->categories |= category;
	if (path) {
		entry->path_categories |= category;
		keys->has_paths = true;
	}
	return KEYS_OK;
}

static void bit_set(uint64_t *words, unsigned bit)
{
	words[bit / 64] |= UINT64_C(1) << bit % 64;
}

static enum keys_error add_wild(struct redact_keys *keys, struct bytes key, uint32_t category)
{
	unsigned bit = keys->wild_bits;
	unsigned need = 1;

	for (size_t i = 0; i < key.len; i++)
		need += key.data[i] != '*' && normal(key.data[i]);
	if (need > WILD_BITS - bit)
		return KEYS_WILD_FULL;
	bit_set(keys->first, bit);
	for (size_t i = 0; i < key.len; i++) {
		uint8_t byte = normal(key.data[i]);

		if (byte == '*')
			bit_set(keys->loops, bit);
		else if (byte)
			bit_set(keys->steps[byte], bit++);
	}
	/* The bit after the last character: all of it was read. */
	bit_set(keys->accept, bit);
	keys->wild_categories[bit] = category;
	keys->wild_bits = bit + 1;
	keys->wild_words = (keys->wild_bits + 63) / 64;
	return KEYS_OK;
}

enum keys_error keys_add(struct redact_keys *keys, struct bytes key, unsigned category)
{
	bool wild = false;
	bool any = false;
	enum keys_error error;

	if (category >= REDACT_CATEGORIES)
		return KEYS_BAD_CATEGORY;
	for (size_t i = 0; i < key.len; i++) {
		wild |= key.data[i] == '*';
		any |= normal(key.data[i]) && key.data[i] != '*';
	}
	if (!any)
		return KEYS_EMPTY;
	error = (wild ? add_wild : add_exact)(keys, key, UINT32_C(1) << category);
	keys->count += error == KEYS_OK;
	forget(keys->memos);
	return error;
}

static bool next_line(struct cursor *cursor, struct bytes *ret_line)
{
	const uint8_t *end;
	size_t len = cursor_left(cursor);

	if (!len)
		return false;
	end = memchr(cursor->data + cursor->pos, '\n', len);
	if (end)
		len = (size_t)(end - (cursor->data + cursor->pos));
	*ret_line = cursor_take(cursor, len);
	if (end)
		cursor_skip(cursor, 1);
	if (ret_line->len && ret_line->data[ret_line->len - 1] == '\r')
		ret_line->len--;
	return true;
}

static struct bytes column(struct cursor *cursor)
{
	const uint8_t *from = cursor->data + cursor->pos;
	size_t left = cursor_left(cursor);
	const uint8_t *tab = left ? memchr(from, '\t', left) : NULL;
	struct bytes text = cursor_take(cursor, tab ? (size_t)(tab - from) : left);

	if (tab)
		cursor_skip(cursor, 1);
	return text;
}

static enum keys_error add_line(struct redact_keys *keys, struct bytes line,
				const char *const *names, unsigned name_count)
{
	struct cursor cursor = cursor_on(line);
	struct bytes key = column(&cursor);
	struct bytes category = column(&cursor);

	if (!key.len || !category.len)
		return KEYS_BAD_LINE;
	for (unsigned i = 0; i < name_count; i++) {
		if (bytes_equal(category, bytes_of(names[i], strlen(names[i]))))
			return keys_add(keys, key, i);
	}
	return KEYS_BAD_CATEGORY;
}

enum keys_error keys_add_table(struct redact_keys *keys, struct bytes text,
			       const char *const *names, unsigned name_count, unsigned *ret_line)
{
	struct cursor cursor = cursor_on(text);
	struct bytes line;
	bool heading = true;

	for (unsigned number = 1; next_line(&cursor, &line); number++) {
		enum keys_error error;

		if (!line.len || line.data[0] == '#')
			continue;
		if (heading && bytes_start_with(line, "key\t", 4)) {
			heading = false;
			continue;
		}
		heading = false;
		error = add_line(keys, line, names, name_count);
		if (error != KEYS_OK) {
			*ret_line = number;
			return error;
		}
	}
	return KEYS_OK;
}

static void wild_begin(const struct redact_keys *keys, struct key_match *match)
{
	for (unsigned i = 0; i < keys->wild_words; i++)
		match->wild[i] = keys->first[i];
}

static void wild_step(const struct redact_keys *keys, struct key_match *match, uint8_t byte)
{
	const uint64_t *steps = keys->steps[byte];
	uint64_t carry = 0;

	for (unsigned i = 0; i < keys->wild_words; i++) {
		uint64_t stepped = match->wild[i] & steps[i];

		match->wild[i] = stepped << 1 | carry | (match->wild[i] & keys->loops[i]);
		carry = stepped >> 63;
	}
}

void keys_begin(const struct redact_keys *keys, uint64_t parent, struct key_match *match)
{
	match->hash = HASH_SEED;
	match->path = parent;
	wild_begin(keys, match);
}

/* Nearly always there is one word only; most keys end their hopes with the first character. */
static void wild_feed_one(const struct redact_keys *keys, struct key_match *match,
			  const uint8_t *text, size_t len)
{
	uint64_t wild = match->wild[0];

	for (size_t i = 0; i < len && wild; i++) {
		uint8_t byte = keys->normal[text[i]];

		if (byte)
			wild = (wild & keys->steps[byte][0]) << 1 | (wild & keys->loops[0]);
	}
	match->wild[0] = wild;
}

static void wild_feed(const struct redact_keys *keys, struct key_match *match, const uint8_t *text,
		      size_t len)
{
	if (keys->wild_words == 1) {
		wild_feed_one(keys, match, text, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = keys->normal[text[i]];

		if (byte)
			wild_step(keys, match, byte);
	}
}

void keys_feed(const struct redact_keys *keys, struct key_match *match, const uint8_t *text,
	       size_t len)
{
	uint64_t hash = match->hash;
	uint64_t path = match->path;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = keys->normal[text[i]];

		if (byte) {
			hash = hash_step(hash, byte);
			path = hash_step(path, byte);
		}
	}
	match->hash = hash;
	match->path = path;
	if (keys->wild_words)
		wild_feed(keys, match, text, len);
}

void keys_feed_character(const struct redact_keys *keys, struct key_match *match,
			 uint32_t character)
{
	uint8_t text[4];
	size_t len = 0;

	if (character < 0x80) {
		text[len++] = (uint8_t)character;
	} else if (character < 0x800) {
		text[len++] = (uint8_t)(0xc0 | character >> 6);
		text[len++] = (uint8_t)(0x80 | (character & 0x3f));
	} else if (character < 0x10000) {
		text[len++] = (uint8_t)(0xe0 | character >> 12);
		text[len++] = (uint8_t)(0x80 | (character >> 6 & 0x3f));
		text[len++] = (uint8_t)(0x80 | (character & 0x3f));
	} else {
		text[len++] = (uint8_t)(0xf0 | (character >> 18 & 0x07));
		text[len++] = (uint8_t)(0x80 | (character >> 12 & 0x3f));
		text[len++] = (uint8_t)(0x80 | (character >> 6 & 0x3f));
		text[len++] = (uint8_t)(0x80 | (character & 0x3f));
	}
	keys_feed(keys, match, text, len);
}

static const struct entry *entry_find(const struct redact_keys *keys, uint64_t hash)
{
	const struct entry *entry;

	if (!keys->capacity)
		return NULL;
	entry = entry_place(keys->entries, keys->capacity, hash);
	return entry->categories ? entry : NULL;
}

static uint32_t wild_end(const struct redact_keys *keys, const struct key_match *match)
{
	uint32_t categories = 0;

	for (unsigned i = 0; i < keys->wild_words; i++) {
		uint64_t accepted = match->wild[i] & keys->accept[i];

		for (unsigned bit = 0; accepted; bit++, accepted >>= 1) {
			if (accepted & 1)
				categories |= keys->wild_categories[i * 64 + bit];
		}
	}
	return categories;
}

uint32_t keys_end(const struct redact_keys *keys, const struct key_match *match)
{
	uint32_t categories = wild_end(keys, match);

	for (; keys; keys = keys->base) {
		const struct entry *entry = entry_find(keys, match->hash);

		if (entry)
			categories |= entry->categories;
		/* At the top the two are the same. */
		entry = keys->has_paths && match->path != match->hash
				? entry_find(keys, match->path)
				: NULL;
		if (entry)
			categories |= entry->path_categories;
	}
	return categories;
}

static struct key_memo_entry *look_up(const struct redact_keys *keys, uint64_t parent,
				      struct bytes key, struct key_memo_entry *entry)
{
	struct key_match match;

	keys_begin(keys, parent, &match);
	keys_feed(keys, &match, key.data, key.len);
	entry->hash = match.hash;
	entry->header = 0;
	entry->categories = keys_end(keys, &match);
	return entry;
}

struct key_memo_entry *keys_whole(const struct redact_keys *keys, uint64_t parent, struct bytes key,
				  struct bytes written)
{
	struct key_memo *memo = &keys->memos->keys;
	struct key_memo_entry *entry;
	struct memo_text text;
	uint64_t mixed;

	if (written.len > MEMO_TEXT_MOST)
		return look_up(keys, parent, key, &memo->none);
	text = memo_text_of(written.data, written.len);
	mixed = memo_text_mixed(&text) ^ parent;
	/* The one place where it may be remembered. */
	entry = &memo->entries[mixed * HASH_PRIME >> (64 - KEY_MEMO_BITS)];
	if (entry->next && memo_text_same(&entry->text, &text) && entry->parent == parent)
		return entry;
	entry->text = text;
	entry->parent = parent;
	entry->next = &memo->none;
	return look_up(keys, parent, key, entry);
}

struct json_joints *keys_joints(const struct redact_keys *keys)
{
	return &keys->memos->joints;
}

uint32_t keys_lookup(const struct redact_keys *keys, struct bytes key)
{
	struct key_match match;

	keys_begin(keys, keys_no_parent, &match);
	keys_feed(keys, &match, key.data, key.len);
	return keys_end(keys, &match);
}
