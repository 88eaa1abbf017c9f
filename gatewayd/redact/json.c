/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See json.h. json_step.c can read any byte in any state. Nearly all bytes
 * need no such thing, and are walked over here, a whole token at a time: of
 * the document's own layer, all of it in this piece of the stream, nothing
 * escaped. What comes again and again is known by its joints (json_joint.h).
 * Whatever is otherwise (cut, odd, broken, the beginning of a value that is
 * covered over many tokens) is left to json_step.c from the token's
 * first byte on, so the two need not agree on anything but the tokens that
 * are right.
 */
#include "redact/json_joint.h"
#include "redact/json_step.h"
#include "redact/run.h"

void json_start(struct json_editor *json)
{
	memset(json, 0, sizeof(*json));
	json->layers[0].parent = keys_no_parent;
	json->parents[0] = keys_no_parent;
	json->joint = JSON_JOINT_START;
}

/* Over one piece of the stream. */
struct walk {
	struct json_editor *json;
	struct redact_feed *feed;
	struct json_joints *joints;
	const uint8_t *end;
	enum json_state state;   /* of the document's layer, whose own is set at the end */
	uint32_t categories;     /* to be stripped here: none of what is covered already */
	uint32_t key_categories; /* all of the key that was read last */
	/* Since the last value: */
	uint8_t low;     /* the least depth */
	uint32_t opened; /* categories of keys whose values were opened */
	/* As joints know it: */
	uint64_t open;
	uint64_t parent;
};

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

/* ---- values ---- */

/* Behind the closing quote; NULL: cut, or something is escaped. */
static inline uint8_t *string_end(uint8_t *at, const uint8_t *end)
{
	uint8_t *text = at + 1;

	at = text + run_length(text, (size_t)(end - text), run_text_ends);
	return at < end && *at == '"' ? at + 1 : NULL;
}

/* Does JSON begin here in a string, or may it, behind white space or an escape? */
static inline bool may_hold_json(uint8_t byte)
{
	/* The two opening brackets differ in that bit. */
	return byte <= ' ' || (byte | 0x20) == '{' || byte == '\\';
}

static inline uint8_t *digits_end(uint8_t *at, const uint8_t *end)
{
	return at + run_length(at, (size_t)(end - at), run_digit_ends);
}

/* A comma or a bracket that closes: the two brackets differ in that bit. */
static inline bool is_behind_value(uint8_t byte)
{
	return byte == ',' || (byte | 0x20) == '}';
}

/* Of a number, from behind the digits of its integer on. */
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
	return at < end && (is_behind_value(*at) || is_space(*at)) ? at : NULL;
}

/* RFC 8259 section 6; NULL: odd, or cut. */
static inline uint8_t *number_end(uint8_t *at, const uint8_t *end)
{
	uint8_t *digits = at + (*at == '-');

	at = digits_end(digits, end);
	if (at == digits || (*digits == '0' && at > digits + 1))
		return NULL;
	return at < end && is_behind_value(*at) ? at : fraction_end(at, end);
}

static uint8_t *literal_end(uint8_t *at, const uint8_t *end)
{
	if (end - at >= 4 && (memcmp(at, "true", 4) == 0 || memcmp(at, "null", 4) == 0))
		return at + 4;
	return end - at >= 5 && memcmp(at, "false", 5) == 0 ? at + 5 : NULL;
}

/* Of a value that holds no others; NULL: odd, or cut. */
static uint8_t *value_end(uint8_t *at, const uint8_t *end)
{
	if (*at == '"')
		return end - at > 1 && !may_hold_json(at[1]) ? string_end(at, end) : NULL;
	if ((*at >= '0' && *at <= '9') || *at == '-')
		return number_end(at, end);
	return literal_end(at, end);
}

/* The same for one of a few bytes; NULL may also mean that it is longer. */
static inline uint8_t *short_value_end(uint8_t *at)
{
	size_t len;

	if (*at == '"') {
		len = 1 + run_block_text(at + 1);
		return at[len] == '"' && !may_hold_json(at[1]) ? at + len + 1 : NULL;
	}
	len = run_block_digits(at);
	if (!len || (*at == '0' && len > 1))
		return NULL;
	if (at[len] == '.') {
		size_t more = run_block_digits(at + len + 1);

		if (!more)
			return NULL;
		len += 1 + more;
	}
	return is_behind_value(at[len]) ? at + len : NULL;
}

/* Overwrites a value, as long as it is, with `""`, `0` or `null` and spaces. */
static void cover_value(struct redact_feed *feed, uint32_t matched, uint8_t *at,
			const uint8_t *behind)
{
	size_t len = (size_t)(behind - at);

	if (feed->aside || *at == 'n' || (*at == '0' && len == 1))
		return;
	if (*at == '"') {
		if (len == 2)
			return;
		at[1] = '"';
		run_fill(at + 2, ' ', len - 2);
	} else if (*at == 't' || *at == 'f') {
		memcpy(at, "null", 4);
		run_fill(at + 4, ' ', len - 4);
	} else {
		*at = '0';
		run_fill(at + 1, ' ', len - 1);
	}
	feed_count(feed, matched);
}

/* ---- from value to value ---- */

/* A key that is all there. Returns where its value may begin, or NULL. */
static uint8_t *key_end(struct walk *walk, uint8_t *at)
{
	struct json_editor *json = walk->json;
	struct key_memo_entry *key;
	uint8_t *text, *behind;
	size_t room, len;

	at = space_end(at, walk->end);
	if (at == walk->end || *at != '"')
		return NULL;
	text = at + 1;
	room = (size_t)(walk->end - text);
	len = run_length(text, room, run_key_ends);
	if (len == room || text[len] != '"')
		return NULL;
	behind = space_end(text + len + 1, walk->end);
	if (behind == walk->end || *behind++ != ':')
		return NULL;
	key = keys_whole(walk->feed->plan->keys, json_parent(json), bytes_of(text, len),
			 bytes_of(at, (size_t)(behind - at)));
	json->match.hash = key->hash;
	json->matched = key->categories & walk->categories;
	walk->key_categories = key->categories;
	return behind;
}

static bool is_in_object(const struct walk *walk)
{
	return walk->json->depth && json_in_object(walk->json);
}

/* Behind the bracket that opens one: an empty one is over. */
static uint8_t *begin_container(struct walk *walk, uint8_t *at)
{
	bool object = is_in_object(walk);

	at = space_end(at, walk->end);
	if (at == walk->end)
		walk->state = object ? FIRST_KEY : FIRST_VALUE;
	else if (*at == '}' || *at == ']')
		walk->state = AFTER;
	else
		walk->state = object ? KEY : VALUE;
	return at;
}

/* At the bracket; there must be room. */
static uint8_t *open_container(struct walk *walk, uint8_t *at)
{
	if (is_in_object(walk))
		walk->opened |= walk->key_categories;
	json_open(walk->json, *at == '{');
	return begin_container(walk, at + 1);
}

/* Not where something that is covered ends. */
static bool may_close(const struct walk *walk, uint8_t bracket)
{
	const struct json_editor *json = walk->json;

	return json->depth && bracket == (json_in_object(json) ? '}' : ']') &&
	       (!json->cover || json->depth != json->cover_depth + 1);
}

static void close_container(struct walk *walk)
{
	uint8_t depth = (uint8_t)(walk->json->depth - 1);

	json_close_to(walk->json, depth);
	walk->state = depth ? AFTER : START;
	if (depth < walk->low)
		walk->low = depth;
}

/*
 * From behind a value to where the next one or its key begins: then the state
 * is KEY or VALUE. A scalar that is a document of its own is not walked over.
 */
static uint8_t *next_begin(struct walk *walk, uint8_t *at)
{
	while (walk->state == AFTER || walk->state == START) {
		at = space_end(at, walk->end);
		if (at == walk->end)
			break;
		if (walk->state == START && (*at == '{' || *at == '[')) {
			at = open_container(walk, at);
		} else if (walk->state == AFTER && *at == ',') {
			walk->state = is_in_object(walk) ? KEY : VALUE;
			at++;
		} else if (walk->state == AFTER && may_close(walk, *at)) {
			close_container(walk);
			at++;
		} else {
			break;
		}
	}
	return at;
}

/*
 * From behind a value to the first byte of the next scalar: then the state is
 * VALUE. In any other, or at the end, json_edit_byte() must look.
 */
static uint8_t *walk_joint(struct walk *walk, uint8_t *at)
{
	for (;;) {
		at = next_begin(walk, at);
		if (walk->state == KEY) {
			uint8_t *behind = key_end(walk, at);

			if (!behind)
				return at;
			at = behind;
			walk->state = VALUE;
		}
		if (walk->state != VALUE)
			return at;
		at = space_end(at, walk->end);
		if (at == walk->end || (*at != '{' && *at != '[') || walk->json->matched ||
		    walk->json->depth == JSON_DEPTH_MOST)
			return at;
		at = open_container(walk, at);
	}
}

/* All that is open, in one number. */
static uint64_t open_bits(const struct json_editor *json)
{
	return json->objects | UINT64_C(1) << json->depth;
}

/* Where a joint begins in this state, as joints know it. */
static void look_around(struct walk *walk, enum json_state state)
{
	const struct json_editor *json = walk->json;

	walk->parent = json_parent(json);
	if (json->depth > JSON_PATHS || state == VALUE)
		walk->open = 0; /* no joint does */
	else
		walk->open = open_bits(json) | (uint64_t)(state ^ AFTER) << 32;
}

/* May what was read from `from` to `at` be remembered, and does it lead to a value? */
static bool is_joint(const struct walk *walk, const uint8_t *from, const uint8_t *at)
{
	const struct json_editor *json = walk->json;

	return walk->open && walk->state == VALUE && at < walk->end &&
	       at - from <= MEMO_TEXT_MOST && json->depth <= JSON_PATHS &&
	       json->depth - walk->low <= JSON_JOINT_OPENED;
}

/* Is the value at `at` the first of an array, which could also be empty? */
static bool is_first_value(const uint8_t *from, const uint8_t *at)
{
	while (at > from && is_space(at[-1]))
		at--;
	return at > from && at[-1] == '[';
}

/* From behind a value to the first byte of the next; to be expected from now on. */
static uint8_t *learn_joint(struct walk *walk, struct json_joint **joint, uint8_t *from)
{
	struct json_joint *last = *joint;
	struct json_joint *none = &walk->joints->places[JSON_JOINT_NONE];
	const struct json_editor *json = walk->json;
	uint8_t depth = json->depth;
	struct json_joint new;
	uint8_t *at;

	walk->low = depth;
	walk->opened = 0;
	at = walk_joint(walk, from);
	if (at == from)
		return at;
	if (!is_joint(walk, from, at)) {
		*joint = none;
		return at;
	}
	memset(&new, 0, sizeof(new));
	new.text = memo_text_of(from, (size_t)(at - from));
	new.state_behind = is_first_value(from, at) ? FIRST_VALUE : VALUE;
	new.open = walk->open;
	new.open_behind = open_bits(json);
	new.parent = json->parents[walk->low];
	new.brackets = walk->low != depth || walk->low != json->depth || walk->opened;
	new.low = walk->low;
	new.depth_behind = json->depth;
	for (depth = walk->low; depth < json->depth; depth++)
		new.parents[depth - walk->low] = json->parents[depth + 1];
	new.hash = json->match.hash;
	new.categories = is_in_object(walk) ? walk->key_categories : 0;
	new.opened = walk->opened;
	*joint = json_joint_keep(walk->joints, &new);
	if (last != none)
		last->next = *joint;
	return at;
}

/* ---- all of it ---- */

/* What is looked at of a short value. */
#define SHORT_MOST (2 * (1 + RUN_BLOCK))

/* False: something that it opens or closes is to be overwritten. */
static bool pass_brackets(const struct walk *walk, const struct json_joint *joint)
{
	struct json_editor *json = walk->json;

	if (joint->parent != json->parents[joint->low] || joint->opened & walk->categories ||
	    (json->cover && joint->low <= json->cover_depth))
		return false;
	for (uint8_t depth = joint->low; depth < joint->depth_behind; depth++)
		json->parents[depth + 1] = joint->parents[depth - joint->low];
	json->depth = joint->depth_behind;
	json->objects = joint->open_behind ^ UINT64_C(1) << joint->depth_behind;
	return true;
}

/* Does this joint come now? Then it is walked over. */
static inline bool walk_joint_as(struct walk *walk, const struct json_joint *joint,
				 const uint8_t *at)
{
	if (joint->open != walk->open || !memo_text_begins(&joint->text, at))
		return false;
	if (!joint->brackets)
		return joint->parent == walk->parent;
	if (!pass_brackets(walk, joint))
		return false;
	walk->parent = walk->json->parents[joint->depth_behind];
	return true;
}

/* One that is cut or holds an escape is left in the middle, unless it is to be overwritten. */
static uint8_t *leave_string(struct walk *walk, uint8_t *at)
{
	const uint8_t *end = walk->end;

	if ((walk->state != VALUE && walk->state != FIRST_VALUE) || walk->json->matched ||
	    end - at < 2 || *at != '"' || may_hold_json(at[1]))
		return at;
	walk->state = STRING;
	at++;
	return at + run_length(at, (size_t)(end - at), run_text_ends);
}

/* Joints and values, one after the other. Returns where json_edit_byte() must look. */
static uint8_t *walk_on(struct walk *walk, uint8_t *at)
{
	struct json_editor *json = walk->json;
	struct json_joint *joint = &walk->joints->places[json->joint];
	const uint8_t *end = walk->end;

	look_around(walk, walk->state);
	for (;;) {
		struct json_joint *next = joint->next;
		uint8_t *behind = NULL;

		if (end - at > MEMO_TEXT_MOST && walk_joint_as(walk, next, at)) {
			joint = next;
			at += joint->text.len;
			json->matched = joint->categories & walk->categories;
			walk->open = joint->open_behind;
			walk->state = (enum json_state)joint->state_behind;
		} else {
			at = learn_joint(walk, &joint, at);
			if (walk->state != VALUE || at == end)
				break;
			look_around(walk, AFTER);
		}
		if (end - at > SHORT_MOST)
			behind = short_value_end(at);
		if (!behind)
			behind = value_end(at, end);
		if (!behind)
			break;
		if (json->matched)
			cover_value(walk->feed, json->matched, at, behind);
		json->matched = 0;
		walk->state = AFTER;
		at = behind;
	}
	json->joint = (uint16_t)(joint - walk->joints->places);
	if (joint->text.len)
		json->match.hash = joint->hash;
	return leave_string(walk, at);
}

static size_t walk_tokens(struct json_editor *json, struct redact_feed *feed, uint8_t *data,
			  size_t len)
{
	struct json_layer *layer = &json->layers[0];
	struct walk walk = {.json = json,
			    .feed = feed,
			    .joints = keys_joints(feed->plan->keys),
			    .end = data + len,
			    .state = (enum json_state)layer->state,
			    .categories = json->cover ? 0 : feed->plan->categories};
	uint8_t *at = data;

	if (walk.state == FIRST_KEY || walk.state == FIRST_VALUE)
		at = begin_container(&walk, at);
	at = walk_on(&walk, at);
	layer->state = (uint8_t)walk.state;
	return (size_t)(at - data);
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
