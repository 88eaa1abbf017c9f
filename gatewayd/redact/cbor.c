/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See cbor.h. */
#include "redact/cbor.h"
#include "redact/secrets.h"

enum major {
	UNSIGNED,
	NEGATIVE,
	BYTES,
	TEXT,
	ARRAY,
	MAP,
	TAG,
	SIMPLE,
};

#define INDEFINITE 31
#define FALSE_BYTE 0xf4
#define TRUE_BYTE 0xf5
#define NULL_BYTE 0xf6
#define BREAK_BYTE 0xff

/* An open array or map, or a string in pieces. */
struct level {
	uint64_t left; /* items; of a map keys and values */
	uint64_t items;
	uint32_t keys; /* that were renamed */
	bool indefinite, map;
	bool string; /* in pieces of `major` */
	uint8_t major;
	uint32_t covered;
};

struct walk {
	struct redact_feed *feed;
	uint8_t *data;
	struct cursor cursor;
	bool write;
	uint32_t matched; /* of the key just read */
	bool counted;
	unsigned depth;
	struct level levels[CBOR_DEPTH_MOST];
};

struct head {
	size_t at; /* of its first byte */
	size_t size;
	enum major major;
	uint8_t info;
	uint64_t argument;
};

/* Section 3: false for reserved values and at the end. */
static bool read_head(struct cursor *cursor, struct head *ret_head)
{
	struct head head = {cursor->pos, 0, UNSIGNED, 0, 0};
	uint8_t byte = cursor_u8(cursor);

	head.major = (enum major)(byte >> 5);
	head.info = byte & 31;
	if (head.info < 24)
		head.argument = head.info;
	else if (head.info == 24)
		head.argument = cursor_u8(cursor);
	else if (head.info == 25)
		head.argument = cursor_u16(cursor);
	else if (head.info == 26)
		head.argument = cursor_u32(cursor);
	else if (head.info == 27)
		head.argument = cursor_u64(cursor);
	else if (head.info != INDEFINITE || head.major < BYTES || head.major == TAG)
		return false;
	head.size = cursor->pos - head.at;
	*ret_head = head;
	return cursor_ok(cursor);
}

static void put(struct walk *walk, size_t at, uint8_t value, uint32_t categories)
{
	if (walk->write)
		feed_put(walk->feed, &walk->data[at], value, categories, &walk->counted);
}

static void fill(struct walk *walk, size_t at, size_t len, uint8_t value, uint32_t categories)
{
	for (size_t i = 0; i < len && walk->write; i++)
		put(walk, at + i, value, categories);
}

/* A number: its head stays as long as it was. */
static void cover_number(struct walk *walk, const struct head *head, uint32_t categories)
{
	uint8_t major = head->major == SIMPLE ? SIMPLE : UNSIGNED;
	uint8_t info = head->info < 24 ? 0 : head->info;

	if (head->major == SIMPLE && head->info < 25) {
		if (walk->data[head->at] == FALSE_BYTE || walk->data[head->at] == TRUE_BYTE)
			put(walk, head->at, NULL_BYTE, categories);
		return;
	}
	put(walk, head->at, (uint8_t)(major << 5 | info), categories);
	fill(walk, head->at + 1, head->size - 1, 0, categories);
}

/* The key of a covered map: decimal digits of its number. */
static void cover_key(struct walk *walk, struct level *level, size_t at, size_t len,
		      uint32_t categories)
{
	uint32_t number = level->keys++;

	while (len--) {
		put(walk, at + len, (uint8_t)('0' + number % 10), categories);
		number /= 10;
	}
}

static bool open_level(struct walk *walk, const struct head *head, uint32_t covered)
{
	struct level *level = &walk->levels[walk->depth];
	bool map = head->major == MAP;

	if (walk->depth == CBOR_DEPTH_MOST || (map && head->argument > UINT64_MAX / 2))
		return false;
	memset(level, 0, sizeof(*level));
	level->indefinite = head->info == INDEFINITE;
	level->left = map ? head->argument * 2 : head->argument;
	level->map = map;
	level->string = head->major == BYTES || head->major == TEXT;
	level->major = (uint8_t)head->major;
	level->covered = covered;
	walk->depth++;
	return true;
}

static bool is_key(const struct level *level)
{
	return level->map && level->items % 2 == 0;
}

/* A string, or a piece of one. */
static bool read_string(struct walk *walk, const struct head *head, struct level *level,
			uint32_t covered)
{
	size_t at = walk->cursor.pos;
	struct bytes text;

	if (head->argument > cursor_left(&walk->cursor))
		return false;
	text = cursor_take(&walk->cursor, (size_t)head->argument);
	if (level && is_key(level)) {
		walk->matched = head->major == TEXT ? keys_lookup(walk->feed->plan->keys, text) &
							      walk->feed->plan->categories
						    : 0;
		if (covered && head->major == TEXT)
			cover_key(walk, level, at, text.len, covered);
	} else if (covered) {
		fill(walk, at, text.len, head->major == TEXT ? ' ' : 0, covered);
	}
	if (walk->write && walk->feed->scan) {
		secrets_scan(walk->feed, walk->data + at, text.len, false);
		/* The pieces of a string are one text. */
		if (!level || !level->string)
			secrets_stop(walk->feed);
	}
	return true;
}

/* Levels that are full are closed. */
static void close_levels(struct walk *walk)
{
	while (walk->depth) {
		struct level *level = &walk->levels[walk->depth - 1];

		if (level->indefinite || level->left)
			return;
		walk->depth--;
		if (!walk->depth)
			return;
		level--;
		level->items++;
		level->left -= !level->indefinite;
	}
}

/* One item was read. */
static void count_item(struct walk *walk)
{
	struct level *level = walk->depth ? &walk->levels[walk->depth - 1] : NULL;

	if (level) {
		level->items++;
		level->left -= !level->indefinite;
	}
	close_levels(walk);
}

/* The byte 0xff: ends an indefinite item, of a map only behind a value. */
static bool read_break(struct walk *walk)
{
	struct level *level = walk->depth ? &walk->levels[walk->depth - 1] : NULL;

	if (!level || !level->indefinite || (level->map && level->items % 2))
		return false;
	if (walk->write && walk->feed->scan)
		secrets_stop(walk->feed);
	walk->depth--;
	count_item(walk);
	return true;
}

static bool read_item(struct walk *walk)
{
	struct level *level = walk->depth ? &walk->levels[walk->depth - 1] : NULL;
	uint32_t covered = level ? level->covered : 0;
	struct head head = {0};

	if (cursor_peek(&walk->cursor) == BREAK_BYTE) {
		cursor_skip(&walk->cursor, 1);
		return read_break(walk);
	}
	if (!read_head(&walk->cursor, &head))
		return false;
	if (level && level->string &&
	    ((uint8_t)head.major != level->major || head.info == INDEFINITE))
		return false;
	if (head.major == TAG)
		return true;
	if (level && level->map && !is_key(level) && walk->matched && !covered) {
		covered = walk->matched;
		walk->counted = false;
	}
	if (level && is_key(level) && head.major != TEXT)
		walk->matched = 0;
	/* A key in pieces or of many parts: who knows what reads it. */
	if (level && is_key(level) && (head.info == INDEFINITE || head.major >= ARRAY))
		return false;
	if (head.major == ARRAY || head.major == MAP || head.info == INDEFINITE) {
		bool fine = open_level(walk, &head, covered);

		if (fine)
			close_levels(walk);
		return fine;
	}
	if (head.major == BYTES || head.major == TEXT) {
		if (!read_string(walk, &head, level, covered))
			return false;
	} else if (covered && !(level && is_key(level))) {
		cover_number(walk, &head, covered);
	}
	count_item(walk);
	return true;
}

static bool walk_all(struct walk *walk)
{
	while (cursor_left(&walk->cursor)) {
		if (!read_item(walk))
			return false;
	}
	return walk->depth == 0;
}

bool cbor_edit(struct redact_feed *feed, uint8_t *data, size_t len)
{
	/* Once to see that it is sound, once to write. */
	for (unsigned pass = 0; pass < 2; pass++) {
		struct walk walk;

		memset(&walk, 0, sizeof(walk));
		walk.feed = feed;
		walk.data = data;
		walk.cursor = cursor_on(bytes_of(data, len));
		walk.write = pass == 1;
		if (!walk_all(&walk)) {
			feed_opaque(feed, data);
			return false;
		}
	}
	return true;
}
