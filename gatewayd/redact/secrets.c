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
	bool plain[256];     /* begins no spelling and no escape sequence */
	uint8_t pairs[8192]; /* one bit for each two bytes that begin a spelling */
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
	free(secrets);
}

size_t secrets_memory(const struct redact_secrets *secrets)
{
	return sizeof(*secrets) + secrets->capacity * sizeof(*secrets->nodes);
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

bool secrets_compile(struct redact_secrets *secrets)
{
	uint32_t *queue = calloc(secrets->count, sizeof(*queue));
	uint32_t end = 1;

	if (!queue)
		return false;
	for (uint32_t at = 0; at < end; at++)
		link_children(secrets, queue[at], queue, &end);
	free(queue);
	for (unsigned i = 0; i < 256; i++) {
		secrets->plain[i] = !secrets->first[i] && i != '\\';
		end = secrets->first[i] ? secrets->nodes[secrets->first[i]].child : 0;
		for (; end; end = secrets->nodes[end].sibling)
			secrets->pairs[i << 5 | secrets->nodes[end].byte >> 3] |=
				(uint8_t)(1u << (secrets->nodes[end].byte & 7));
	}
	return true;
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

/* Bytes at which nothing can begin; most of all. */
static size_t plain_run(const struct redact_secrets *secrets, const uint8_t *data, size_t len)
{
	size_t at = 0;

	for (; at < len; at++) {
		if (secrets->plain[data[at]])
			continue;
		if (data[at] == '\\' || at + 1 == len ||
		    secrets->pairs[(unsigned)data[at] << 5 | data[at + 1] >> 3] >>
				    (data[at + 1] & 7) &
			    1)
			break;
	}
	return at;
}

void secrets_scan(struct redact_feed *feed, uint8_t *data, size_t len, bool json)
{
	struct secrets_scan *scan = feed->scan;
	size_t at = 0;

	scan->aside = feed->aside;
	while (at < len) {
		if (scan->node == ROOT && !scan->escape)
			at += plain_run(feed->plan->secrets, data + at, len - at);
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
