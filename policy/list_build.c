/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries to an image. Eight bytes are held per entry while it is made, and
 * they are sorted in place: a million names take 8 MB, then 5.25 more for the
 * image. The text is never held.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "policy/list.h"

/* More names than that would not be found by 28 bits. */
#define NAMES_MOST (1u << 28)
#define ADDRESSES_MOST (1u << 24)
#define FLAGS 15u
#define GROUPS 65536u

const uint8_t list_magic[8] = {'g', 'w', 'l', 'i', 's', 't', '\r', '\n'};

struct range4 {
	uint32_t from, to;
};

struct range6 {
	uint8_t from[16], to[16];
};

struct list_build {
	uint64_t seed, start;
	enum list_format format;
	struct list_reader *reader;
	uint64_t digest;
	uint64_t *keys; /* hash with level and scope in its last four bits */
	size_t key_count, key_room;
	struct range4 *ipv4;
	size_t ipv4_count, ipv4_room;
	struct range6 *ipv6;
	size_t ipv6_count, ipv6_room;
	uint64_t self_depths, below_depths;
	bool has_exceptions;
	struct list_counts none;
};

static uint64_t digest_more(uint64_t digest, struct bytes text)
{
	struct hash_key key = {digest, 0x6c69737473657421u};

	return hash_bytes(&key, text.data, text.len);
}

uint64_t list_checksum(struct bytes data, const struct pause *pause)
{
	uint64_t digest = 0x6761746577617964u;

	/* At least one part; each begins with what came of those before. */
	do {
		struct bytes part = bytes_of(
			data.data, data.len < LIST_CHECK_PART ? data.len : LIST_CHECK_PART);

		digest = digest_more(digest, part);
		data.data += part.len;
		data.len -= part.len;
		pause_take(pause);
	} while (data.len);
	return digest;
}

uint64_t list_hash_start(uint64_t seed)
{
	return list_hash_finish(seed ^ 0x2545f4914f6cdd1du);
}

static bool grow(void **array, size_t *room, size_t count, size_t size, size_t most)
{
	size_t wanted = *room ? *room + *room / 2 : 1024;
	void *bigger;

	if (count < *room)
		return true;
	if (count >= most)
		return false;
	bigger = realloc(*array, wanted * size);
	if (!bigger)
		return false;
	*array = bigger;
	*room = wanted;
	return true;
}

/* ---- entries ---- */

static uint64_t hash_name(uint64_t hash, const struct name *name, unsigned *ret_labels)
{
	unsigned labels = 1;

	for (size_t i = name->len; i-- > 0;) {
		labels += name->text[i] == '.';
		hash = list_hash_step(hash, (uint8_t)name->text[i]);
	}
	*ret_labels = labels;
	return list_hash_finish(hash);
}

static bool take_name(void *context, const struct name *name, unsigned scope, enum list_level level)
{
	struct list_build *build = context;
	void *keys = build->keys;
	unsigned labels;
	uint64_t hash = hash_name(build->start, name, &labels);

	if (!grow(&keys, &build->key_room, build->key_count, sizeof(*build->keys), NAMES_MOST))
		return false;
	build->keys = keys;
	build->keys[build->key_count++] = (hash & ~(uint64_t)FLAGS) | (unsigned)level << 2 | scope;
	if (scope & LIST_SELF)
		build->self_depths |= (uint64_t)1 << labels;
	if (scope & LIST_BELOW)
		build->below_depths |= (uint64_t)1 << labels;
	build->has_exceptions = build->has_exceptions || level != LIST_BLOCK;
	return true;
}

static uint32_t be32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool take_ipv4(struct list_build *build, const struct prefix *prefix)
{
	uint32_t from = be32(prefix->address.bytes);
	uint32_t host =
		prefix->length ? (uint32_t)((uint64_t)0xffffffff >> prefix->length) : 0xffffffff;
	void *ranges = build->ipv4;

	if (!grow(&ranges, &build->ipv4_room, build->ipv4_count, sizeof(*build->ipv4),
		  ADDRESSES_MOST))
		return false;
	build->ipv4 = ranges;
	build->ipv4[build->ipv4_count++] = (struct range4){from, from | host};
	return true;
}

static bool take_ipv6(struct list_build *build, const struct prefix *prefix)
{
	struct range6 *range;
	void *ranges = build->ipv6;

	if (!grow(&ranges, &build->ipv6_room, build->ipv6_count, sizeof(*build->ipv6),
		  ADDRESSES_MOST))
		return false;
	build->ipv6 = ranges;
	range = &build->ipv6[build->ipv6_count++];
	memcpy(range->from, prefix->address.bytes, 16);
	memcpy(range->to, prefix->address.bytes, 16);
	for (unsigned bit = prefix->length; bit < 128; bit++)
		range->to[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return true;
}

static bool take_prefix(void *context, const struct prefix *prefix)
{
	return prefix->address.family == ADDRESS_IPV4 ? take_ipv4(context, prefix)
						      : take_ipv6(context, prefix);
}

/* ---- order ---- */

static int compare_keys(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void sort_group(uint64_t *keys, size_t count)
{
	if (count > 64) {
		qsort(keys, count, sizeof(*keys), compare_keys);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		uint64_t key = keys[i];
		size_t at = i;

		for (; at && keys[at - 1] > key; at--)
			keys[at] = keys[at - 1];
		keys[at] = key;
	}
}

/* By the first 16 bits in place, each key moved once; then each group of equals. */
static bool sort_keys(uint64_t *keys, size_t count)
{
	uint32_t *next, *end, at = 0;

	if (count <= 64) {
		sort_group(keys, count);
		return true;
	}
	next = calloc(2 * GROUPS, sizeof(*next));
	if (!next)
		return false;
	end = next + GROUPS;
	for (size_t i = 0; i < count; i++)
		end[keys[i] >> 48]++;
	for (size_t group = 0; group < GROUPS; group++) {
		next[group] = at;
		at += end[group];
		end[group] = at;
	}
	for (size_t group = 0; group < GROUPS; group++) {
		while (next[group] < end[group]) {
			uint64_t key = keys[next[group]];
			size_t home = (size_t)(key >> 48);

			if (home == group) {
				next[group]++;
				continue;
			}
			keys[next[group]] = keys[next[home]];
			keys[next[home]++] = key;
		}
	}
	for (size_t group = 0, from = 0; group < GROUPS; from = end[group++])
		sort_group(keys + from, end[group] - from);
	free(next);
	return true;
}

/* Two entries for one name and level are one. */
static size_t merge_keys(uint64_t *keys, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept && keys[kept - 1] >> 2 == keys[i] >> 2)
			keys[kept - 1] |= keys[i] & 3;
		else
			keys[kept++] = keys[i];
	}
	return kept;
}

static int compare_range4(const void *a, const void *b)
{
	const struct range4 *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static size_t merge_ipv4(struct range4 *ranges, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(ranges, count, sizeof(*ranges), compare_range4);
	for (size_t i = 0; i < count; i++) {
		struct range4 *last = kept ? &ranges[kept - 1] : NULL;

		if (last && (last->to == UINT32_MAX || ranges[i].from <= last->to + 1))
			last->to = ranges[i].to > last->to ? ranges[i].to : last->to;
		else
			ranges[kept++] = ranges[i];
	}
	return kept;
}

static int compare_range6(const void *a, const void *b)
{
	return memcmp(((const struct range6 *)a)->from, ((const struct range6 *)b)->from, 16);
}

static size_t merge_ipv6(struct range6 *ranges, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(ranges, count, sizeof(*ranges), compare_range6);
	for (size_t i = 0; i < count; i++) {
		struct range6 *last = kept ? &ranges[kept - 1] : NULL;

		if (!last || memcmp(ranges[i].from, last->to, 16) > 0)
			ranges[kept++] = ranges[i];
		else if (memcmp(ranges[i].to, last->to, 16) > 0)
			memcpy(last->to, ranges[i].to, 16);
	}
	return kept;
}

/* ---- the image ---- */

static uint8_t *put_le(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (; bytes; bytes--, value >>= 8)
		*at++ = (uint8_t)value;
	return at;
}

static uint32_t bucket_count(size_t names)
{
	return names ? (uint32_t)((names + LIST_BUCKET - 1) / LIST_BUCKET) : 0;
}

static uint8_t *put_names(uint8_t *at, const uint64_t *keys, size_t count)
{
	uint32_t buckets = bucket_count(count);
	size_t i = 0;

	for (uint32_t bucket = 0; bucket < buckets; bucket++) {
		at = put_le(at, i, 4);
		while (i < count && list_bucket_of(keys[i], buckets) == bucket)
			i++;
	}
	if (buckets)
		at = put_le(at, count, 4);
	for (i = 0; i < count; i++)
		at = put_le(at, keys[i], LIST_TAG);
	memset(at, 0, LIST_PAD);
	return at + LIST_PAD;
}

static void put_header(const struct list_build *build, const struct list_source *source,
		       uint8_t *data, size_t len)
{
	const struct list_counts *counts = list_build_counts(build);
	bool specific = build->format == LIST_RPZ || build->format == LIST_DNSMASQ;
	uint8_t *at = data;

	memcpy(at, list_magic, sizeof(list_magic));
	at = put_le(at + sizeof(list_magic), LIST_VERSION, 4);
	at = put_le(at, LIST_HEADER, 4);
	at = put_le(at, len, 8);
	at = put_le(at, 0, 8);
	at = put_le(at, build->seed, 8);
	at = put_le(at, build->self_depths, 8);
	at = put_le(at, build->below_depths, 8);
	at = put_le(at, build->digest, 8);
	at = put_le(at, source->place, 8);
	at = put_le(at, source->size, 8);
	at = put_le(at, source->time_ns, 8);
	at = put_le(at, build->key_count, 4);
	at = put_le(at, bucket_count(build->key_count), 4);
	at = put_le(at, build->ipv4_count, 4);
	at = put_le(at, build->ipv6_count, 4);
	at = put_le(at, build->format, 4);
	at = put_le(at,
		    (build->has_exceptions ? LIST_HAS_EXCEPTIONS : 0) |
			    (specific ? LIST_SPECIFIC_FIRST : 0),
		    4);
	at = put_le(at, counts->lines, 4);
	at = put_le(at, counts->names, 4);
	at = put_le(at, counts->exceptions, 4);
	at = put_le(at, counts->addresses, 4);
	for (size_t i = 0; i < LIST_SKIP_COUNT; i++)
		at = put_le(at, counts->skipped[i], 4);
	memset(at, 0, (size_t)(data + LIST_HEADER - at));
}

bool list_build_end(struct list_build *build, const struct list_source *source, uint8_t **ret_data,
		    size_t *ret_len)
{
	uint8_t *data, *at;
	size_t len;

	if ((build->reader && !list_reader_end(build->reader)) ||
	    !sort_keys(build->keys, build->key_count))
		return false;
	build->key_count = merge_keys(build->keys, build->key_count);
	build->ipv4_count = merge_ipv4(build->ipv4, build->ipv4_count);
	build->ipv6_count = merge_ipv6(build->ipv6, build->ipv6_count);
	len = LIST_HEADER + LIST_TAG * build->key_count + LIST_PAD + 8 * build->ipv4_count +
	      32 * build->ipv6_count;
	if (build->key_count)
		len += 4 * ((size_t)bucket_count(build->key_count) + 1);
	data = malloc(len);
	if (!data)
		return false;
	put_header(build, source, data, len);
	at = put_names(data + LIST_HEADER, build->keys, build->key_count);
	for (size_t i = 0; i < build->ipv4_count; i++) {
		at = put_le(at, build->ipv4[i].from, 4);
		at = put_le(at, build->ipv4[i].to, 4);
	}
	if (build->ipv6_count)
		memcpy(at, build->ipv6, 32 * build->ipv6_count);
	put_le(data + LIST_CHECKED_FROM - 8,
	       list_checksum(bytes_of(data + LIST_CHECKED_FROM, len - LIST_CHECKED_FROM), NULL), 8);
	*ret_data = data;
	*ret_len = len;
	return true;
}

/* ---- the text ---- */

struct list_build *list_build_new(uint64_t seed)
{
	struct list_build *build = calloc(1, sizeof(*build));

	if (!build)
		return NULL;
	build->seed = seed;
	build->start = list_hash_start(seed);
	return build;
}

bool list_build_feed(struct list_build *build, struct bytes text)
{
	if (!build->reader) {
		struct list_sink sink = {build, take_name, take_prefix};

		build->format = list_format_guess(text);
		build->reader = list_reader_new(build->format, &sink);
		if (!build->reader)
			return false;
	}
	build->digest = digest_more(build->digest, text);
	return list_reader_feed(build->reader, text);
}

const struct list_counts *list_build_counts(const struct list_build *build)
{
	return build->reader ? list_reader_counts(build->reader) : &build->none;
}

enum list_format list_build_format(const struct list_build *build)
{
	return build->format;
}

void list_build_free(struct list_build *build)
{
	if (!build)
		return;
	list_reader_free(build->reader);
	free(build->keys);
	free(build->ipv4);
	free(build->ipv6);
	free(build);
}
