/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of names and addresses that others publish: text in, one compact image
 * out, and asking that image. gatewayd.conf(5) tells which syntaxes are known.
 *
 *	list_read.c    text of any of the syntaxes -> entries; what it passes over is counted
 *	list_line.c    what one line says
 *	list_rpz.c     one line of a response policy zone
 *	list_idn.c     names in other scripts -> their ASCII form (RFC 3492)
 *	list_build.c   entries -> image
 *	list_image.c   checking an image and asking it
 *
 * An image is 5.25 bytes per name and is asked as it lies in a mapped file. It
 * holds 36 bits of a keyed hash of each name, found by 28 more, and no text: a
 * name that is not on the list is taken for one with a probability below
 * 2.4e-10 for each of its labels, and so below 1e-8 for any name.
 * Nothing here opens a file.
 */
#ifndef GATEWAYD_POLICY_LIST_H
#define GATEWAYD_POLICY_LIST_H

#include "base/addr.h"
#include "base/name.h"
#include "base/pause.h"

/* Names with more labels are not taken: it keeps the error below what is promised. */
#define LIST_LABELS_MOST 40
/* As much of the beginning as the syntax is told by. */
#define LIST_HEAD 65536

enum list_format {
	LIST_EMPTY,
	LIST_HOSTS,
	LIST_DOMAINS,
	LIST_WILDCARDS,
	LIST_ADBLOCK,
	LIST_DNSMASQ,
	LIST_RPZ,
	LIST_ADDRESSES,
	LIST_FORMAT_COUNT,
};

/* Why a line was passed over. */
enum list_skip {
	LIST_SKIP_TOO_LONG,
	LIST_SKIP_NUL,
	LIST_SKIP_NOT_DOMAIN, /* about a page, an element, a setting */
	LIST_SKIP_PATTERN,    /* a wild card in the middle, a regular expression */
	LIST_SKIP_OPTION,     /* holds only under a condition that is not ours to see */
	LIST_SKIP_REDIRECT,   /* leads elsewhere instead of blocking */
	LIST_SKIP_LOCAL,      /* localhost and the like */
	LIST_SKIP_INCLUDE,    /* stands for another file */
	LIST_SKIP_NAME,       /* no domain name */
	LIST_SKIP_UNKNOWN,    /* no syntax that is known */
	LIST_SKIP_COUNT,
};

const char *list_format_name(enum list_format format);
const char *list_skip_text(enum list_skip skip);

/* What an entry speaks of. */
#define LIST_SELF 1u
#define LIST_BELOW 2u
/* The higher wins, whatever its place in the list. */
enum list_level {
	LIST_BLOCK,
	LIST_EXCEPT,           /* @@ */
	LIST_BLOCK_IMPORTANT,  /* $important */
	LIST_EXCEPT_IMPORTANT, /* @@ and $important */
};

struct list_counts {
	uint32_t lines;
	uint32_t names;      /* entries about names, doubles among them */
	uint32_t exceptions; /* of these */
	uint32_t addresses;  /* entries about addresses */
	uint32_t skipped[LIST_SKIP_COUNT];
};

uint64_t list_skipped(const struct list_counts *counts);

/* ---- list_read.c ---- */

/* Who takes the entries; false stops the reading. */
struct list_sink {
	void *context;
	bool (*name)(void *context, const struct name *name, unsigned scope, enum list_level level);
	bool (*prefix)(void *context, const struct prefix *prefix);
};

enum list_format list_format_guess(struct bytes head);

struct list_reader;
/* NULL: no memory. The sink is kept. */
struct list_reader *list_reader_new(enum list_format format, const struct list_sink *sink);
/* The next bytes, cut anywhere. False: the sink stopped it. */
bool list_reader_feed(struct list_reader *reader, struct bytes text);
bool list_reader_end(struct list_reader *reader);
const struct list_counts *list_reader_counts(const struct list_reader *reader);
void list_reader_free(struct list_reader *reader);

/* ---- list_idn.c ---- */

/*
 * As name_parse(), and takes UTF-8: what is not ASCII is put into lower case
 * (Latin, Greek, Cyrillic, Armenian) and encoded label by label.
 */
bool list_name_parse(struct bytes text, struct name *ret_name);

/* ---- list_build.c ---- */

/* Where the text came from, to tell whether an image is still good. */
struct list_source {
	uint64_t place; /* a digest of the path or URL */
	uint64_t size;
	uint64_t time_ns; /* of its last change; 0: it is not kept */
};

struct list_build;
/* NULL: no memory. The seed should be random; it is in the image. */
struct list_build *list_build_new(uint64_t seed);
/* The next bytes of the text; the first call tells the syntax, so give it LIST_HEAD if there are
 * as many. False: no memory, or more entries than an image holds. */
bool list_build_feed(struct list_build *build, struct bytes text);
/* The image, which the caller frees; false: no memory. */
bool list_build_end(struct list_build *build, const struct list_source *source, uint8_t **ret_data,
		    size_t *ret_len);
const struct list_counts *list_build_counts(const struct list_build *build);
enum list_format list_build_format(const struct list_build *build);
void list_build_free(struct list_build *build);

/* ---- list_image.c ---- */

/* An image that was checked; the bytes belong to somebody else and must stay. */
struct list_image {
	struct bytes data;
	uint64_t seed;
	uint64_t self_depths, below_depths; /* bit n: entries with n labels */
	const uint8_t *starts, *tags, *ipv4, *ipv6;
	uint32_t tag_count, bucket_count, ipv4_count, ipv6_count;
	bool has_exceptions, specific_first;
	enum list_format format;
	uint64_t digest; /* of the text it was made of */
	struct list_source source;
	struct list_counts counts;
};

/* NULL: it is good; else what is wrong with it. Reads all of it once, with pauses. */
const char *list_image_open(struct bytes data, const struct pause *pause,
			    struct list_image *ret_image);

/* The entry that decides about a name. */
struct list_hit {
	const char *entry; /* points into the name */
	unsigned scope;
	enum list_level level;
};
/* Is there an entry at all? Exceptions are entries. */
bool list_image_find(const struct list_image *image, const struct name *name,
		     struct list_hit *ret_hit);
bool list_image_contains_name(const struct list_image *image, const struct name *name);
bool list_image_contains_address(const struct list_image *image, const struct address *address);

/* ---- between list_*.c: the layout of an image, all of it little-endian ---- */

#define LIST_HEADER 256
#define LIST_CHECKED_FROM 32 /* what the checksum covers */
#define LIST_CHECK_PART (256u << 10)
#define LIST_BUCKET 16 /* names per bucket, on average */
#define LIST_TAG 5     /* bytes: 36 bits of hash, level, scope */
#define LIST_PAD 8     /* behind the tags, so that 8 bytes can be read at each */
#define LIST_HAS_EXCEPTIONS 1u
#define LIST_SPECIFIC_FIRST 2u
#define LIST_VERSION 1u
extern const uint8_t list_magic[8];

uint64_t list_checksum(struct bytes data, const struct pause *pause);
uint64_t list_hash_start(uint64_t seed);

/* Names are hashed from their last byte to the first: each label's end gives a suffix. */
static inline uint64_t list_hash_step(uint64_t hash, uint8_t c)
{
	return (hash ^ c) * 0x9fb21c651e98df25u;
}

static inline uint64_t list_hash_finish(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93u;
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93u;
	return hash ^ hash >> 32;
}

static inline uint32_t list_bucket_of(uint64_t hash, uint32_t buckets)
{
	return (uint32_t)((hash >> 32) * buckets >> 32);
}

/* ---- list_rpz.c ---- */

struct list_rpz {
	struct name origin;
	bool has_origin;
	unsigned depth; /* of parentheses */
};
enum list_rpz_result {
	LIST_RPZ_NONE, /* a comment, the zone's own records */
	LIST_RPZ_NAME,
	LIST_RPZ_PREFIX,
	LIST_RPZ_SKIP,
};
struct list_rpz_entry {
	struct name name;
	struct prefix prefix;
	unsigned scope;
	enum list_level level;
	enum list_skip skip;
};
enum list_rpz_result list_rpz_line(struct list_rpz *rpz, struct bytes line,
				   struct list_rpz_entry *ret_entry);

#endif
