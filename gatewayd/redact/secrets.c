/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See secrets.h: the automaton (Aho and Corasick, "Efficient string matching:
 * an aid to bibliographic search", 1975) and the scan. The spellings that go
 * into it are in spelling.c.
 */
#include "redact/secrets.h"
#include "redact/spelling.h"

#include <stdlib.h>

#define NODES_MOST (1u << 20)
#define ROOT 0u

/*
 * Where nothing is found there is nothing to look at closely: it is enough to
 * look at four bytes in every few. A spelling of n bytes has n - 3 such grams
 * in a row, so one of them is met when none is further than that from the last.
 */
#define GRAM 4u
#define STRIDE_MOST 8u
#define GRAM_BITS_LEAST 13
#define GRAM_BITS_MOST 16

struct node {
	uint32_t child, sibling; /* 0: none */
	uint32_t fail;           /* the longest end of this text that begins a spelling */
	uint32_t shorter;        /* the next shorter spelling that ends here; 0: none */
	uint16_t categories;     /* of the spelling that ends here; 0: none does */
	uint8_t byte;
	uint8_t depth;
	bool number; /* the spelling is a number: its marks stay */
};

struct redact_secrets {
	struct node *nodes;
	uint32_t count, capacity;
	uint32_t first[256]; /* the root's children */
	uint8_t *grams;      /* by a gram's hash: 1 where one is near a spelling's beginning */
	unsigned gram_bits;  /* of the hash */
	unsigned stride;     /* from one gram that is looked at to the next */
};

struct redact_secrets *secrets_new(void)
{
	struct redact_secrets *secrets = calloc(1, sizeof(*secrets));

	if (!secrets)
		return NULL;
	secrets->capacity = 256;
	secrets->nodes = calloc(secrets->capacity, sizeof(*secrets->nodes));
	secrets->count = 1;
	if (secrets->nodes)
		return secrets;
	free(secrets);
	return NULL;
}

void secrets_free(struct redact_secrets *secrets)
{
	if (!secrets)
		return;
	free(secrets->nodes);
	free(secrets->grams);
	free(secrets);
}

size_t secrets_memory(const struct redact_secrets *secrets)
{
	return sizeof(*secrets) + secrets->capacity * sizeof(*secrets->nodes) +
	       ((size_t)1 << secrets->gram_bits);
}

/* ---- building ---- */

static uint32_t child_of(const struct redact_secrets *secrets, uint32_t node, uint8_t byte)
{
	uint32_t child;

	if (node == ROOT)
		return secrets->first[byte];
	child = secrets->nodes[node].child;
	while (child && secrets->nodes[child].byte != byte)
		child = secrets->nodes[child].sibling;
	return child;
}

static enum secrets_error add_child(struct redact_secrets *secrets, uint32_t parent, uint8_t byte,
				    uint32_t *ret_child)
{
	struct node *node;

	if (secrets->count == NODES_MOST)
		return SECRETS_FULL;
	if (secrets->count == secrets->capacity) {
		size_t capacity = (size_t)secrets->capacity * 2;

		node = realloc(secrets->nodes, capacity * sizeof(*node));
		if (!node)
			return SECRETS_NO_MEMORY;
		secrets->nodes = node;
		secrets->capacity = (uint32_t)capacity;
	}
	node = &secrets->nodes[secrets->count];
	memset(node, 0, sizeof(*node));
	node->byte = byte;
	node->depth = (uint8_t)(secrets->nodes[parent].depth + 1);
	node->sibling = secrets->nodes[parent].child;
	secrets->nodes[parent].child = secrets->count;
	if (parent == ROOT)
		secrets->first[byte] = secrets->count;
	*ret_child = secrets->count++;
	return SECRETS_OK;
}

static bool is_number(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!memchr("0123456789.+-", text.data[i], 13))
			return false;
	}
	return true;
}

enum secrets_error secrets_add_spelling(struct redact_secrets *secrets, struct bytes text,
					unsigned category)
{
	uint32_t node = ROOT;

	if (text.len > SECRETS_SPELLING_MOST)
		return SECRETS_TOO_LONG;
	for (size_t i = 0; i < text.len; i++) {
		uint32_t child = child_of(secrets, node, text.data[i]);
		enum secrets_error error = SECRETS_OK;

		if (!child)
			error = add_child(secrets, node, text.data[i], &child);
		if (error != SECRETS_OK)
			return error;
		node = child;
	}
	secrets->nodes[node].categories |= (uint16_t)(1u << category);
	secrets->nodes[node].number = is_number(text);
	return SECRETS_OK;
}

static uint32_t step(const struct redact_secrets *secrets, uint32_t node, uint8_t byte)
{
	uint32_t child = child_of(secrets, node, byte);

	while (!child && node != ROOT) {
		node = secrets->nodes[node].fail;
		child = child_of(secrets, node, byte);
	}
	return child;
}

/* The failure links of a node's children, whose parent's are known. */
static void link_children(struct redact_secrets *secrets, uint32_t parent, uint32_t *queue,
			  uint32_t *end)
{
	struct node *nodes = secrets->nodes;

	for (uint32_t i = nodes[parent].child; i; i = nodes[i].sibling) {
		uint32_t fail =
			parent == ROOT ? ROOT : step(secrets, nodes[parent].fail, nodes[i].byte);

		nodes[i].fail = fail;
		nodes[i].shorter = nodes[fail].categories ? fail : nodes[fail].shorter;
		queue[(*end)++] = i;
	}
}

static uint32_t gram_at(const uint8_t *data)
{
	return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
	       (uint32_t)data[3] << 24;
}

static uint8_t *gram_slot(const struct redact_secrets *secrets, uint32_t gram)
{
	return &secrets->grams[gram * UINT32_C(0x9e3779b1) >> (32 - secrets->gram_bits)];
}

/* Does a gram end with this node that may be the only one that is looked at? */
static bool ends_gram(const struct redact_secrets *secrets, const struct node *node)
{
	return node->depth >= GRAM && node->depth - GRAM < secrets->stride;
}

/* Room for the grams that there are, nearly all of it empty: a chance hit costs many looks. */
static bool prepare_grams(struct redact_secrets *secrets)
{
	unsigned shortest = GRAM + STRIDE_MOST - 1;
	size_t count = 0;

	for (uint32_t i = 1; i < secrets->count; i++) {
		const struct node *node = &secrets->nodes[i];

		if (node->categories && node->depth < shortest)
			shortest = node->depth;
	}
	secrets->stride = shortest - GRAM + 1;
	for (uint32_t i = 1; i < secrets->count; i++)
		count += ends_gram(secrets, &secrets->nodes[i]);
	secrets->gram_bits = GRAM_BITS_LEAST;
	while (secrets->gram_bits < GRAM_BITS_MOST && count * 128 > (size_t)1 << secrets->gram_bits)
		secrets->gram_bits++;
	secrets->grams = calloc((size_t)1 << secrets->gram_bits, 1);
	return secrets->grams;
}

/* queue: all nodes, a parent before its children. */
static bool fill_grams(struct redact_secrets *secrets, const uint32_t *queue)
{
	uint32_t *grams = calloc(secrets->count, sizeof(*grams)); /* that end with each node */
	const struct node *nodes = secrets->nodes;

	if (!grams)
		return false;
	for (uint32_t at = 0; at < secrets->count; at++) {
		for (uint32_t i = nodes[queue[at]].child; i; i = nodes[i].sibling) {
			grams[i] = grams[queue[at]] >> 8 | (uint32_t)nodes[i].byte << 24;
			if (ends_gram(secrets, &nodes[i]))
				*gram_slot(secrets, grams[i]) = 1;
		}
	}
	free(grams);
	return true;
}

bool secrets_compile(struct redact_secrets *secrets)
{
	uint32_t *queue = calloc(secrets->count, sizeof(*queue));
	uint32_t end = 1;
	bool done;

	if (!queue)
		return false;
	for (uint32_t at = 0; at < end; at++)
		link_children(secrets, queue[at], queue, &end);
	done = prepare_grams(secrets) && fill_grams(secrets, queue);
	free(queue);
	return done;
}

uint32_t secrets_find(const struct redact_secrets *secrets, struct bytes text)
{
	uint32_t categories = 0;
	uint32_t node = ROOT;

	for (size_t i = 0; i < text.len; i++) {
		node = step(secrets, node, text.data[i]);
		for (uint32_t found = node; found; found = secrets->nodes[found].shorter)
			categories |= secrets->nodes[found].categories;
	}
	return categories;
}

/* ---- scanning ---- */

/* Index into the trail of the byte `back` before the last one. */
static unsigned trail_index(const struct secrets_scan *scan, unsigned back)
{
	return (scan->trail_at + 2u * SECRETS_SPELLING_MOST - 1 - back) % SECRETS_SPELLING_MOST;
}

/* How far back from the last byte a text of so many bytes begins, its escape included. */
static unsigned trail_begin(const struct secrets_scan *scan, unsigned length)
{
	unsigned back = length - 1;
	unsigned escape = scan->trail_escape[trail_index(scan, back)];

	if (escape > 1)
		back += escape - 1u;
	return back < SECRETS_SPELLING_MOST ? back : SECRETS_SPELLING_MOST - 1;
}

/* Changes one byte of the stream, wherever it is; false: it has been released. */
static bool patch(struct redact_feed *feed, unsigned index, uint8_t value)
{
	struct secrets_scan *scan = feed->scan;
	uint8_t change = scan->trail_byte[index] ^ value;
	/* Two's complement of the low bits: how far from this call's first byte. */
	uint32_t from = scan->trail_offset[index] - (uint32_t)feed->offset;

	scan->trail_byte[index] = value;
	if (from < UINT32_C(0x80000000)) {
		/* Masked bytes of a WebSocket change by the same bits. */
		feed->data[from] ^= change;
		return true;
	}
	from += scan->held;
	if (from >= scan->held)
		return change == 0;
	scan->tail[from] ^= change;
	return true;
}

static uint8_t replacement(uint8_t byte, bool number, bool first)
{
	if (byte >= '0' && byte <= '9')
		return first ? '1' : '0';
	return number ? byte : 'x';
}

static void strip(struct redact_feed *feed, const struct node *node)
{
	struct secrets_scan *scan = feed->scan;
	unsigned back = trail_begin(scan, node->depth);
	bool whole = true;
	bool first = true;

	for (unsigned i = back + 1; i-- > 0;) {
		unsigned index = trail_index(scan, i);
		uint8_t byte = scan->trail_byte[index];

		whole &= patch(feed, index, replacement(byte, node->number, first));
		first = false;
	}
	scan->finish = scan->escape != 0;
	feed->result->partial += !whole;
}

/* Spellings that end with the last byte, longest first. */
static void found(struct redact_feed *feed, uint32_t at)
{
	struct secrets_scan *scan = feed->scan;

	for (; at; at = feed->plan->secrets->nodes[at].shorter) {
		const struct node *node = &feed->plan->secrets->nodes[at];
		uint32_t selected = feed->aside ? 0 : node->categories & feed->plan->categories;
		bool again = scan->since < node->depth;

		if (!node->categories)
			continue;
		if (selected)
			strip(feed, node);
		if (!again && selected)
			feed_count(feed, selected);
		for (unsigned i = 0; !again && !selected && i < REDACT_CATEGORIES; i++)
			feed->result->seen[i] += node->categories >> i & 1;
		scan->since = 0;
	}
}

/* Where in an escape sequence of JSON the byte stands. */
static void escape_byte(struct secrets_scan *scan, uint8_t byte)
{
	if (scan->escape == scan->length)
		scan->escape = scan->length = 0;
	if (scan->escape)
		scan->length = scan->escape == 1 ? byte == 'u' ? 6 : 2 : scan->length;
	else if (byte != '\\')
		return;
	else
		scan->length = 6;
	scan->escape++;
}

static void scan_byte(struct redact_feed *feed, uint8_t *data, bool json)
{
	struct secrets_scan *scan = feed->scan;
	uint8_t original = *data;

	if (json)
		escape_byte(scan, original);
	scan->trail_byte[scan->trail_at] = original;
	scan->trail_offset[scan->trail_at] = (uint32_t)(feed->offset + (size_t)(data - feed->data));
	scan->trail_escape[scan->trail_at] = scan->escape;
	scan->trail_at = (uint8_t)((scan->trail_at + 1u) % SECRETS_SPELLING_MOST);
	if (scan->since < UINT8_MAX)
		scan->since++;
	if (scan->finish && scan->escape > 1)
		patch(feed, trail_index(scan, 0), replacement(original, false, false));
	else
		scan->finish = false;
	if (scan->escape == scan->length)
		scan->escape = scan->length = 0;
	scan->node = step(feed->plan->secrets, scan->node, original);
	if (scan->node)
		found(feed, feed->plan->secrets->nodes[scan->node].categories
				    ? scan->node
				    : feed->plan->secrets->nodes[scan->node].shorter);
}

/* As far as it is here and matters: is it the beginning of a spelling? */
static bool may_begin(const struct redact_secrets *secrets, const uint8_t *data, size_t len)
{
	size_t shortest = secrets->stride + GRAM - 1;
	uint32_t node = ROOT;

	for (size_t i = 0; i < len && i < shortest; i++) {
		node = child_of(secrets, node, data[i]);
		if (!node)
			return false;
	}
	return true;
}

/* The first of the bytes from `from` to `to` at which a spelling may begin; `to`: none. */
static size_t first_beginning(const struct redact_secrets *secrets, const uint8_t *data,
			      size_t from, size_t to, size_t len)
{
	while (from < to && !may_begin(secrets, data + from, len - from))
		from++;
	return from;
}

/* Not 0: it is. A number, so that four of them are joined without four branches. */
static unsigned is_known(const struct redact_secrets *secrets, const uint8_t *data)
{
	return *gram_slot(secrets, gram_at(data));
}

/* Four grams at a time, from `at` on: to the four of which one is known, or that are cut. */
static size_t skip_unknown(const struct redact_secrets *secrets, const uint8_t *data, size_t at,
			   size_t len)
{
	const size_t stride = secrets->stride;

	while (at + 3 * stride + GRAM <= len &&
	       !(is_known(secrets, data + at) | is_known(secrets, data + at + stride) |
		 is_known(secrets, data + at + 2 * stride) |
		 is_known(secrets, data + at + 3 * stride)))
		at += 4 * stride;
	return at;
}

/* Bytes from here on at which no spelling begins, whatever comes behind data[len]. */
static size_t quiet_run(const struct redact_secrets *secrets, const uint8_t *data, size_t len)
{
	const size_t stride = secrets->stride;
	size_t from = 0; /* nothing begins before */

	for (size_t at = 0; at + GRAM <= len;) {
		at = skip_unknown(secrets, data, at, len);
		from = at ? at - stride + 1 : 0;
		for (unsigned i = 0; i < 4 && at + GRAM <= len; i++, at += stride) {
			if (is_known(secrets, data + at)) {
				from = first_beginning(secrets, data, from, at + 1, len);
				if (from <= at)
					return from;
			}
			from = at + 1;
		}
	}
	return first_beginning(secrets, data, from, len, len);
}

static size_t next_backslash(const uint8_t *data, size_t at, size_t len)
{
	const uint8_t *found = memchr(data + at, '\\', len - at);

	return found ? (size_t)(found - data) : len;
}

void secrets_scan(struct redact_feed *feed, uint8_t *data, size_t len, bool json)
{
	struct secrets_scan *scan = feed->scan;
	size_t at = 0, slash = 0;

	scan->aside = feed->aside;
	while (at < len) {
		if (scan->node == ROOT && !scan->escape) {
			/* Escape sequences must be seen from their beginning on. */
			if (at >= slash)
				slash = next_backslash(data, at, len);
			at += quiet_run(feed->plan->secrets, data + at, slash - at);
		}
		if (at < len)
			scan_byte(feed, &data[at++], json);
	}
}

void secrets_see(struct redact_feed *feed, uint8_t *data, size_t len)
{
	bool aside = feed->aside;

	feed->aside = true;
	secrets_scan(feed, data, len, false);
	feed->aside = aside;
}

void secrets_stop(struct redact_feed *feed)
{
	feed->scan->node = ROOT;
	feed->scan->escape = feed->scan->length = 0;
	feed->scan->finish = false;
}

/* Stream bytes from the first one that may yet change to the end. */
static size_t undecided(const struct redact_feed *feed)
{
	const struct secrets_scan *scan = feed->scan;
	unsigned length = scan->node ? feed->plan->secrets->nodes[scan->node].depth : 0;
	unsigned index;
	uint32_t bytes;

	if (length < scan->escape)
		length = scan->escape;
	if (!length || scan->aside)
		return 0;
	index = trail_index(scan, trail_begin(scan, length));
	bytes = (uint32_t)(feed->offset + feed->len) - scan->trail_offset[index];
	return bytes < REDACT_HELD_MOST ? bytes : REDACT_HELD_MOST;
}

void secrets_hold(struct redact_feed *feed, bool may_hold)
{
	struct secrets_scan *scan = feed->scan;
	struct redact_result *result = feed->result;
	size_t held = may_hold ? undecided(feed) : 0;
	size_t old = held > feed->len ? held - feed->len : 0;
	size_t fresh;

	if (old > scan->held)
		old = scan->held;
	result->settled_len = scan->held - old;
	memcpy(result->settled, scan->tail, result->settled_len);
	memmove(scan->tail, scan->tail + result->settled_len, old);
	fresh = held - old < feed->len ? held - old : feed->len;
	if (fresh)
		memcpy(scan->tail + old, feed->data + feed->len - fresh, fresh);
	scan->held = (uint16_t)(old + fresh);
	result->held = scan->held;
}
