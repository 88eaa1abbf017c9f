/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image as it lies in a file: is it what it says, and asking it. Layout:
 *
 *	header   256 bytes
 *	starts   of each bucket, u32, and the end of the last
 *	tags     5 bytes each, in the order of the whole hash
 *	ipv4     first and last address of each range, u32, sorted, apart
 *	ipv6     the same, 16 bytes each, big-endian
 *
 * A name asks for each of its suffixes; depths that no entry has are not
 * asked. All places are looked up first and then read, so that the memory's
 * answers overlap.
 */
#include "policy/list.h"

static uint32_t le32(const uint8_t *b)
{
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static uint64_t le64(const uint8_t *b)
{
	return (uint64_t)b[7] << 56 | (uint64_t)b[6] << 48 | (uint64_t)b[5] << 40 |
	       (uint64_t)b[4] << 32 | (uint64_t)b[3] << 24 | (uint64_t)b[2] << 16 |
	       (uint64_t)b[1] << 8 | b[0];
}

static uint64_t take64(struct cursor *cursor)
{
	uint64_t low = cursor_le32(cursor);

	return low | (uint64_t)cursor_le32(cursor) << 32;
}

/* ---- checking ---- */

static void read_header(struct cursor *cursor, struct list_image *image, uint32_t *ret_flags,
			uint32_t *ret_format)
{
	image->seed = take64(cursor);
	image->self_depths = take64(cursor);
	image->below_depths = take64(cursor);
	image->digest = take64(cursor);
	image->source.place = take64(cursor);
	image->source.size = take64(cursor);
	image->source.time_ns = take64(cursor);
	image->tag_count = cursor_le32(cursor);
	image->bucket_count = cursor_le32(cursor);
	image->ipv4_count = cursor_le32(cursor);
	image->ipv6_count = cursor_le32(cursor);
	*ret_format = cursor_le32(cursor);
	*ret_flags = cursor_le32(cursor);
	image->counts.lines = cursor_le32(cursor);
	image->counts.names = cursor_le32(cursor);
	image->counts.exceptions = cursor_le32(cursor);
	image->counts.addresses = cursor_le32(cursor);
	for (size_t i = 0; i < LIST_SKIP_COUNT; i++)
		image->counts.skipped[i] = cursor_le32(cursor);
}

static bool set_sections(struct list_image *image)
{
	uint64_t starts = image->bucket_count ? 4 * ((uint64_t)image->bucket_count + 1) : 0;
	uint64_t tags = (uint64_t)LIST_TAG * image->tag_count + LIST_PAD;
	uint64_t ipv4 = 8 * (uint64_t)image->ipv4_count, ipv6 = 32 * (uint64_t)image->ipv6_count;

	if (LIST_HEADER + starts + tags + ipv4 + ipv6 != image->data.len ||
	    (image->tag_count != 0) != (image->bucket_count != 0))
		return false;
	image->starts = image->data.data + LIST_HEADER;
	image->tags = image->starts + starts;
	image->ipv4 = image->tags + tags;
	image->ipv6 = image->ipv4 + ipv4;
	return true;
}

/* With the right checksum only a program that is not ours could have got this wrong. */
static bool is_in_order(const struct list_image *image)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < image->bucket_count; i++) {
		uint32_t start = le32(image->starts + 4 * (size_t)i);

		if (start < last)
			return false;
		last = start;
	}
	if (image->bucket_count &&
	    (le32(image->starts + 4 * (size_t)image->bucket_count) != image->tag_count ||
	     last > image->tag_count || le32(image->starts) != 0))
		return false;
	for (size_t i = 0; i < image->ipv4_count; i++) {
		const uint8_t *range = image->ipv4 + 8 * i;

		if (le32(range) > le32(range + 4) || (i && le32(range - 4) >= le32(range)))
			return false;
	}
	for (size_t i = 0; i < image->ipv6_count; i++) {
		const uint8_t *range = image->ipv6 + 32 * i;

		if (memcmp(range, range + 16, 16) > 0 || (i && memcmp(range - 16, range, 16) >= 0))
			return false;
	}
	return true;
}

const char *list_image_open(struct bytes data, const struct pause *pause,
			    struct list_image *ret_image)
{
	struct list_image image = {.data = data};
	struct cursor cursor = cursor_on(data);
	uint32_t version, header, flags, format;
	uint64_t len, checksum;

	if (data.len < LIST_HEADER || !bytes_start_with(data, list_magic, sizeof(list_magic)))
		return "it is not a compiled list";
	cursor_skip(&cursor, sizeof(list_magic));
	version = cursor_le32(&cursor);
	header = cursor_le32(&cursor);
	len = take64(&cursor);
	checksum = take64(&cursor);
	if (version != LIST_VERSION || header != LIST_HEADER)
		return "it was compiled by another version";
	if (len != data.len)
		return "it is not whole";
	read_header(&cursor, &image, &flags, &format);
	if (!set_sections(&image) || format >= LIST_FORMAT_COUNT)
		return "it is damaged";
	if (list_checksum(bytes_of(data.data + LIST_CHECKED_FROM, data.len - LIST_CHECKED_FROM),
			  pause) != checksum)
		return "it is damaged: the checksum does not fit";
	if (!is_in_order(&image))
		return "it is damaged";
	image.has_exceptions = flags & LIST_HAS_EXCEPTIONS;
	image.specific_first = flags & LIST_SPECIFIC_FIRST;
	image.format = (enum list_format)format;
	*ret_image = image;
	return NULL;
}

/* ---- names ---- */

struct probe {
	uint64_t tag; /* as it lies there, level and scope zero */
	const uint8_t *from, *to;
	uint8_t entry; /* where the suffix begins in the name */
};

static void add_probe(const struct list_image *image, uint64_t hash, size_t entry,
		      struct probe *probe)
{
	uint32_t bucket = list_bucket_of(hash, image->bucket_count);
	const uint8_t *start = image->starts + 4 * (size_t)bucket;
	uint32_t from = le32(start), to = le32(start + 4);

	/* The file was in order when it was opened; that it still is, is not for us to trust. */
	if (to > image->tag_count || from > to)
		from = to = 0;
	probe->from = image->tags + LIST_TAG * (size_t)from;
	probe->to = image->tags + LIST_TAG * (size_t)to;
	probe->tag = hash & 0xfffffffff0u;
	probe->entry = (uint8_t)entry;
	__builtin_prefetch(probe->from);
	__builtin_prefetch(probe->from + 64);
}

/* Suffixes, shortest first; the name itself, when asked, is the last. */
static unsigned find_probes(const struct list_image *image, const struct name *name,
			    struct probe probes[static LIST_LABELS_MOST])
{
	uint64_t hash = list_hash_start(image->seed), below = image->below_depths;
	unsigned count = 0, labels = 1;

	for (size_t i = name->len; i-- > 0;) {
		if (name->text[i] == '.') {
			if (below >> labels & 1)
				add_probe(image, list_hash_finish(hash), i + 1, &probes[count++]);
			if (++labels > LIST_LABELS_MOST)
				return count;
		}
		hash = list_hash_step(hash, (uint8_t)name->text[i]);
	}
	if (name->len && image->self_depths >> labels & 1)
		add_probe(image, list_hash_finish(hash), 0, &probes[count++]);
	return count;
}

/* Of the entries of one suffix: the highest level that speaks of the name; -1: none. */
static int read_probe(const struct probe *probe, unsigned scope, unsigned *ret_scope)
{
	int level = -1;

	for (const uint8_t *at = probe->from; at < probe->to; at += LIST_TAG) {
		uint64_t tag = le64(at) & 0xffffffffffu;

		if ((tag & ~(uint64_t)15) != probe->tag || !(tag & scope))
			continue;
		if ((int)(tag >> 2 & 3) > level) {
			level = (int)(tag >> 2 & 3);
			*ret_scope = tag & 3;
		}
	}
	return level;
}

bool list_image_find(const struct list_image *image, const struct name *name,
		     struct list_hit *ret_hit)
{
	struct probe probes[LIST_LABELS_MOST];
	struct list_hit hit = {.entry = NULL};
	unsigned count;
	int best = -1;

	if (!image->bucket_count)
		return false;
	count = find_probes(image, name, probes);
	while (count--) {
		const struct probe *probe = &probes[count];
		unsigned scope;
		int level = read_probe(probe, probe->entry ? LIST_BELOW : LIST_SELF, &scope);

		if (level <= best)
			continue;
		best = level;
		hit.entry = name->text + probe->entry;
		hit.scope = scope;
		hit.level = (enum list_level)level;
		if (image->specific_first || !image->has_exceptions)
			break;
	}
	if (best < 0)
		return false;
	*ret_hit = hit;
	return true;
}

bool list_image_contains_name(const struct list_image *image, const struct name *name)
{
	struct list_hit hit;

	return list_image_find(image, name, &hit) &&
	       (hit.level == LIST_BLOCK || hit.level == LIST_BLOCK_IMPORTANT);
}

/* ---- addresses ---- */

static bool contains_ipv4(const struct list_image *image, const uint8_t *bytes)
{
	uint32_t address = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
			   (uint32_t)bytes[2] << 8 | bytes[3];
	size_t low = 0, high = image->ipv4_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const uint8_t *range = image->ipv4 + 8 * middle;

		if (address < le32(range))
			high = middle;
		else if (address > le32(range + 4))
			low = middle + 1;
		else
			return true;
	}
	return false;
}

static bool contains_ipv6(const struct list_image *image, const uint8_t *bytes)
{
	size_t low = 0, high = image->ipv6_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const uint8_t *range = image->ipv6 + 32 * middle;

		if (memcmp(bytes, range, 16) < 0)
			high = middle;
		else if (memcmp(bytes, range + 16, 16) > 0)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

bool list_image_contains_address(const struct list_image *image, const struct address *address)
{
	struct address plain = address_unmapped(address);

	if (plain.family == ADDRESS_IPV4)
		return contains_ipv4(image, plain.bytes);
	return plain.family == ADDRESS_IPV6 && contains_ipv6(image, plain.bytes);
}
