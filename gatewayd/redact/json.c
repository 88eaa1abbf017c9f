/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See json.h. json_step.c can read any byte in any state. Nearly all bytes
 * need no such thing, and are walked over here, a whole token at a time: of
 * the document's own layer, all of it in this piece of the stream, nothing
 * escaped. Whatever is otherwise (cut, odd, broken, the beginning of a value
 * that is covered over many tokens) is left to json_step.c from the token's
 * first byte on, so the two need not agree on anything but the tokens that
 * are right.
 */
#include "redact/json_step.h"
#include "redact/run.h"

void json_start(struct json_editor *json)
{
	memset(json, 0, sizeof(*json));
	json->layers[0].parent = keys_no_parent;
}

/*
 * All functions that are given a walk's address are called once or are small,
 * so they are made part of walk_tokens(), and the walk itself lies in registers.
 * The others get what they need by value.
 */
struct walk {
	struct json_editor *json;
	struct redact_feed *feed;
	uint8_t *at, *end;
	enum json_state state;      /* of the document's layer, whose own is set at the end */
	bool object;                /* what is open is one */
	uint64_t parent;            /* json_parent() */
	struct key_memo_entry *key; /* that was read last; NULL: none yet */
	uint32_t matched;           /* the editor's, which is set at the end */
	uint32_t categories;        /* to be stripped here: none of what is covered already */
};

static inline size_t left(const struct walk *walk)
{
	return (size_t)(walk->end - walk->at);
}

static inline bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static uint8_t *space_end(uint8_t *at, const uint8_t *end)
{
	while (at < end && is_space(*at)) {
		at++;
		/* Of indented documents. */
		while (end - at >= 8 && run_word(at) == RUN_ONES * ' ')
			at += 8;
	}
	return at;
}

/* False: nothing is left behind it. */
static inline bool skip_space(struct walk *walk)
{
	if (walk->at < walk->end && *walk->at <= ' ')
		walk->at = space_end(walk->at, walk->end);
	return walk->at < walk->end;
}

/* ---- keys ---- */

static inline bool take_key(struct walk *walk, struct key_memo_entry *key, uint8_t *behind)
{
	walk->at = behind;
	walk->key = key;
	walk->state = VALUE;
	walk->matched = key->categories & walk->categories;
	return true;
}

/* The key that was expected, quote and colon right behind it, and a byte of its value. */
static inline bool walk_expected_key(struct walk *walk)
{
	uint8_t *text = walk->at + 1;
	struct key_memo_entry *key;

	if (left(walk) < KEY_MEMO_TEXT + 4 || *walk->at != '"' || !walk->key)
		return false;
	key = walk->key->next;
	return key_memo_is(key, walk->parent, text) && memcmp(text + key->len, "\":", 2) == 0 &&
	       take_key(walk, key, text + key->len + 2);
}

/* Any key that is all there. Returns where its value may begin, or NULL. */
static uint8_t *other_key(struct walk walk, struct key_memo_entry **ret_key)
{
	uint8_t *text = walk.at + 1;
	size_t room = left(&walk) - 1;
	size_t len = run_length(text, room, run_key_ends);

	if (*walk.at != '"' || len == room || text[len] != '"')
		return NULL;
	walk.at = text + len + 1;
	if (!skip_space(&walk) || *walk.at != ':')
		return NULL;
	*ret_key = keys_whole(walk.feed->plan->keys, walk.parent, bytes_of(text, len));
	if (walk.key)
		walk.key->next = *ret_key;
	return walk.at + 1;
}

static inline bool walk_key(struct walk *walk)
{
	struct key_memo_entry *key;
	uint8_t *behind;

	if (walk_expected_key(walk))
		return true;
	if (!skip_space(walk))
		return false;
	behind = other_key(*walk, &key);
	return behind && take_key(walk, key, behind) && skip_space(walk);
}

/* ---- values ---- */

static uint8_t replace(uint8_t *byte, uint8_t value)
{
	uint8_t difference = *byte ^ value;

	*byte = value;
	return difference;
}

/* What stands in a value's place: `fill`, then spaces. */
static void blank(struct redact_feed *feed, uint32_t matched, uint8_t *from, const uint8_t *end,
		  const char *fill)
{
	uint8_t difference = 0;

	if (feed->aside)
		return;
	for (; from < end && *fill; from++, fill++)
		difference |= replace(from, (uint8_t)*fill);
	for (; from < end; from++)
		difference |= replace(from, ' ');
	if (difference)
		feed_count(feed, matched);
}

/* The value ends before `end`; what of it is overwritten begins at `from`. */
static inline bool end_value(struct walk *walk, uint8_t *from, uint8_t *end, const char *fill)
{
	if (walk->matched)
		blank(walk->feed, walk->matched, from, end, fill);
	walk->matched = 0;
	walk->at = end;
	walk->state = AFTER;
	return true;
}

/* Does JSON begin here in a string, or may it, behind white space or an escape? */
static inline bool may_hold_json(uint8_t byte)
{
	/* The two opening brackets differ in that bit. */
	return byte <= ' ' || (byte | 0x20) == '{' || byte == '\\';
}

/*
 * One that is cut or holds an escape is left in the middle, unless it is to be
 * overwritten.
 */
static inline bool walk_string(struct walk *walk)
{
	uint8_t *text = walk->at + 1;
	uint8_t *end;

	if (text == walk->end || (!walk->matched && !walk->json->cover && may_hold_json(*text)))
		return false;
	end = text + run_length(text, (size_t)(walk->end - text), run_text_ends);
	if (end < walk->end && *end == '"')
		return end_value(walk, text, end + 1, "\"");
	if (!walk->matched) {
		walk->at = end;
		walk->state = STRING;
	}
	return false;
}

static uint8_t *digits_end(uint8_t *at, const uint8_t *end)
{
	return at + run_length(at, (size_t)(end - at), run_digit_ends);
}

/* Of a number, from behind the digits of its integer on; NULL: odd, or cut. */
static uint8_t *fraction_end(uint8_t *at, const uint8_t *end)
{
	uint8_t *digits;

	if (at < end && *at == '.') {
		digits = at + 1;
		at = digits_end(digits, end);
		if (at == digits)
			return NULL;
	}
	if (at < end && (*at | 0x20) == 'e') {
		digits = at + 1;
		digits += digits < end && (*digits == '+' || *digits == '-');
		at = digits_end(digits, end);
		if (at == digits)
			return NULL;
	}
	if (at == end || (*at != ',' && *at != '}' && *at != ']' && !is_space(*at)))
		return NULL;
	return at;
}

/* RFC 8259 section 6. */
static inline bool walk_number(struct walk *walk)
{
	uint8_t *digits = walk->at + (*walk->at == '-');
	size_t len = run_length(digits, (size_t)(walk->end - digits), run_digit_ends);
	uint8_t *end = digits + len;

	if (!len || (len > 1 && *digits == '0'))
		return false;
	if (end == walk->end || *end != ',')
		end = fraction_end(end, walk->end);
	return end && end_value(walk, walk->at, end, "0");
}

static inline bool walk_literal(struct walk *walk, const char *word, size_t len)
{
	return left(walk) >= len && memcmp(walk->at, word, len) == 0 &&
	       end_value(walk, walk->at, walk->at + len, "null");
}

/* What is open now is another one than before. */
static inline void look_around(struct walk *walk)
{
	walk->object = walk->json->depth && json_in_object(walk->json);
	walk->parent = walk->json->depth ? json_parent(walk->json) : keys_no_parent;
}

/* Behind the bracket that opens one: is it empty? json_edit_byte() closes it. */
static inline void begin_container(struct walk *walk)
{
	walk->state = walk->object ? FIRST_KEY : FIRST_VALUE;
	if (skip_space(walk) && *walk->at != '}' && *walk->at != ']')
		walk->state = walk->object ? KEY : VALUE;
}

static inline bool walk_open(struct walk *walk)
{
	struct json_editor *json = walk->json;

	if (walk->matched || json->depth == JSON_DEPTH_MOST)
		return false;
	if (walk->key)
		json->match.hash = walk->key->hash;
	json_open(json, *walk->at == '{');
	look_around(walk);
	walk->at++;
	begin_container(walk);
	return true;
}

static inline bool walk_value(struct walk *walk)
{
	switch (*walk->at) {
	case '{':
	case '[':
		return walk_open(walk);
	case '"':
		return walk_string(walk);
	case 't':
		return walk_literal(walk, "true", 4);
	case 'f':
		return walk_literal(walk, "false", 5);
	case 'n':
		return walk_literal(walk, "null", 4);
	default:
		return walk_number(walk);
	}
}

/* ---- all of it ---- */

/* Not where something that is covered ends. */
static inline bool walk_close(struct walk *walk)
{
	struct json_editor *json = walk->json;
	bool object = *walk->at == '}';

	if ((!object && *walk->at != ']') || walk->object != object || !json->depth ||
	    (json->cover && json->depth == json->cover_depth + 1))
		return false;
	json->depth--;
	look_around(walk);
	walk->state = json->depth ? AFTER : START;
	walk->at++;
	return true;
}

static inline bool walk_after(struct walk *walk)
{
	if ((walk->at == walk->end || *walk->at != ',') && !skip_space(walk))
		return false;
	if (*walk->at != ',')
		return walk_close(walk);
	walk->at++;
	walk->state = walk->object ? KEY : VALUE;
	return true;
}

/* Scalars that are documents of their own are not walked over. */
static inline bool may_begin(const struct walk *walk)
{
	return walk->state == VALUE ||
	       (walk->state == START && (*walk->at == '{' || *walk->at == '['));
}

/* A value with its key and what comes behind it. False: json_edit_byte() must look. */
static inline bool walk_on(struct walk *walk)
{
	if (walk->state != AFTER) {
		if (walk->state == KEY ? !walk_key(walk) : !skip_space(walk) || !may_begin(walk))
			return false;
		if (!walk_value(walk))
			return false;
	}
	while (walk->state == AFTER) {
		if (!walk_after(walk))
			return false;
	}
	return true;
}

static size_t walk_tokens(struct json_editor *json, struct redact_feed *feed, uint8_t *data,
			  size_t len)
{
	struct json_layer *layer = &json->layers[0];
	struct walk walk = {.json = json,
			    .feed = feed,
			    .at = data,
			    .end = data + len,
			    .state = (enum json_state)layer->state,
			    .matched = json->matched,
			    .categories = json->cover ? 0 : feed->plan->categories};

	look_around(&walk);
	if (walk.state == FIRST_KEY || walk.state == FIRST_VALUE)
		begin_container(&walk);
	while (walk_on(&walk))
		;
	layer->state = (uint8_t)walk.state;
	json->matched = walk.matched;
	if (walk.key) {
		json->match.hash = walk.key->hash;
		layer->keyed = true;
	}
	return (size_t)(walk.at - data);
}

static bool is_between_tokens(const struct json_layer *layer)
{
	return layer->state >= START && layer->state <= AFTER && layer->state != COLON &&
	       layer->state != IN_KEY && layer->state != MARK1 && layer->state != MARK2;
}

/* As much as can be read in one go. */
static size_t edit_run(struct json_editor *json, struct redact_feed *feed, uint8_t *data,
		       size_t len)
{
	const struct json_layer *layer = &json->layers[0];
	size_t run = 0;

	if (json->layer || layer->escape)
		return 0;
	if (layer->state == STRING)
		run = run_length(data, len, run_text_ends);
	else if (is_between_tokens(layer))
		run = walk_tokens(json, feed, data, len);
	if (json->cover)
		json_cover_run(json, feed, data, run);
	return run;
}

size_t json_edit(struct json_editor *json, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t at = 0;

	while (at < len) {
		at += edit_run(json, feed, data + at, len - at);
		if (at < len && !json_edit_byte(json, feed, data + at))
			break;
		at += at < len;
	}
	return at;
}
