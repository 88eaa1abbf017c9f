/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See json.h and json_step.h.
 *
 * One state machine per layer: the document, JSON in a string of it, JSON in
 * a string of that. A byte goes through the unescaping of the outer layers
 * and what comes out drives the innermost. Whether the byte is overwritten is
 * known at once: a value is covered from behind its first byte on, and what
 * stands in its place is written forwards, first `fill`, then spaces.
 */
#include "redact/json_step.h"

enum step {
	STEP_OK,
	STEP_TEXT, /* no JSON; in a string that is no harm */
	STEP_BAD,
};

enum unescaped {
	UNESCAPED,
	UNESCAPED_MORE,
	UNESCAPED_END,
	UNESCAPED_BAD,
};

/* A character of some layer, and whether it was written as it is. */
struct character {
	uint32_t code; /* a byte, or a code point when escaped */
	bool escaped;
};

static const char *const literals[] = {"true", "false", "null"};

static bool is_space(uint32_t code)
{
	return code == ' ' || code == '\t' || code == '\n' || code == '\r';
}

/* ---- escape sequences ---- */

static enum unescaped unescape_hex(struct json_layer *layer, struct character *character)
{
	int digit = character->escaped ? -1 : hex_value(character->code);

	if (digit < 0)
		return UNESCAPED_BAD;
	layer->code = (uint16_t)(layer->code << 4 | digit);
	if (++layer->escape < 6)
		return UNESCAPED_MORE;
	layer->escape = 0;
	if (layer->code >= 0xd800 && layer->code < 0xdc00) {
		layer->surrogate = layer->code;
		return UNESCAPED_MORE;
	}
	character->code = layer->code;
	if (layer->code >= 0xdc00 && layer->code < 0xe000 && layer->surrogate)
		character->code =
			0x10000 + ((layer->surrogate & 0x3ffu) << 10) + (layer->code & 0x3ffu);
	layer->surrogate = 0;
	character->escaped = true;
	return UNESCAPED;
}

static enum unescaped unescape_letter(struct json_layer *layer, struct character *character)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (character->code == 'u') {
		layer->escape = 2;
		layer->code = 0;
		return UNESCAPED_MORE;
	}
	at = character->code && character->code < 0x80 ? strchr(from, (int)character->code) : NULL;
	if (!at)
		return UNESCAPED_BAD;
	layer->escape = 0;
	layer->surrogate = 0;
	character->code = (uint8_t)to[at - from];
	character->escaped = true;
	return UNESCAPED;
}

/* One character of a string of this layer. */
static enum unescaped unescape(struct json_layer *layer, struct character *character)
{
	if (layer->escape >= 2)
		return unescape_hex(layer, character);
	if (layer->escape == 1)
		return unescape_letter(layer, character);
	if (character->code < 0x20)
		return UNESCAPED_BAD;
	if (character->code == '\\') {
		layer->escape = 1;
		return UNESCAPED_MORE;
	}
	layer->surrogate = 0;
	return character->code == '"' ? UNESCAPED_END : UNESCAPED;
}

/* ---- covering ---- */

static void cover(struct json_editor *json, enum json_cover kind, const char *fill)
{
	json->cover = (uint8_t)kind;
	json->covered = json->matched;
	json->counted = false;
	json->fill_at = 0;
	json->fill_len = (uint8_t)strlen(fill);
	memcpy(json->fill, fill, json->fill_len);
}

/* What the next overwritten byte becomes. */
static uint8_t next_fill(struct json_editor *json)
{
	return json->fill_at < json->fill_len ? json->fill[json->fill_at++] : ' ';
}

static void put(struct json_editor *json, struct redact_feed *feed, uint8_t *byte)
{
	/* What is only read again does not take part in what is written. */
	if (feed->aside)
		return;
	feed_put(feed, byte, next_fill(json), json->covered, &json->counted);
}

/* ---- the grammar ---- */

static enum step open_container(struct json_editor *json, bool object)
{
	if (json->depth == JSON_DEPTH_MOST)
		return STEP_BAD;
	if (json->matched) {
		cover(json, COVER_CONTAINER, "");
		json->cover_depth = json->depth;
	}
	json_open(json, object);
	json->layers[json->layer].state = object ? FIRST_KEY : FIRST_VALUE;
	return STEP_OK;
}

static enum step close_container(struct json_editor *json, bool object)
{
	if (json->depth == json->layers[json->layer].bottom || json_in_object(json) != object)
		return STEP_TEXT;
	json_close_to(json, (uint8_t)(json->depth - 1));
	if (json->cover == COVER_CONTAINER && json->depth == json->cover_depth)
		json->cover = COVER_NONE;
	json_value_end(json);
	return STEP_OK;
}

static enum step begin_string(struct json_editor *json)
{
	/* A quote, as it is spelled in each layer. */
	static const char *const quotes[JSON_LAYERS] = {"\"", "\\\"", "\\\\\\\""};
	struct json_layer *layer = &json->layers[json->layer];

	layer->state = json->matched || json->cover ? STRING : STRING_FIRST;
	layer->surrogate = 0;
	if (json->matched)
		cover(json, COVER_STRING, quotes[json->layer]);
	return STEP_OK;
}

static enum step begin_scalar(struct json_editor *json, uint32_t code)
{
	struct json_layer *layer = &json->layers[json->layer];

	switch (code) {
	case '-':
		layer->state = MINUS;
		break;
	case 't':
	case 'f':
	case 'n':
		layer->state = LITERAL;
		layer->literal = (uint8_t)((code == 't' ? 0 : code == 'f' ? 1 : 2) << 4 | 1);
		break;
	default:
		if (code < '0' || code > '9')
			return STEP_TEXT;
		layer->state = code == '0' ? ZERO : INTEGER;
	}
	if (json->matched)
		cover(json, COVER_SCALAR, layer->state == LITERAL ? "null" : "0");
	return STEP_OK;
}

static enum step begin_value(struct json_editor *json, uint32_t code)
{
	enum step step;

	if (code == '"')
		step = begin_string(json);
	else if (code == '{' || code == '[')
		step = open_container(json, code == '{');
	else
		step = begin_scalar(json, code);
	json->matched = 0;
	return step;
}

/* The quote that opens a key. */
static void begin_key(struct json_editor *json, const struct redact_feed *feed)
{
	struct json_layer *layer = &json->layers[json->layer];

	layer->state = IN_KEY;
	layer->surrogate = 0;
	json->utf8.left = 0;
	keys_begin(feed->plan->keys, json_parent(json), &json->match);
}

static enum step key_character(struct json_editor *json, const struct redact_feed *feed,
			       struct character character)
{
	struct json_layer *layer = &json->layers[json->layer];
	uint8_t byte = (uint8_t)character.code;

	switch (unescape(layer, &character)) {
	case UNESCAPED_MORE:
		return STEP_OK;
	case UNESCAPED_BAD:
		return STEP_TEXT;
	case UNESCAPED_END:
		layer->state = COLON;
		json->matched = json->cover ? 0 : feed_matches(feed, &json->match);
		return json->utf8.left ? STEP_TEXT : STEP_OK;
	case UNESCAPED:
		break;
	}
	/* Readers in C would take the key to end here. */
	if (!character.code)
		return STEP_TEXT;
	if (character.escaped) {
		keys_feed_character(feed->plan->keys, &json->match, character.code);
		return json->utf8.left ? STEP_TEXT : STEP_OK;
	}
	keys_feed(feed->plan->keys, &json->match, &byte, 1);
	return utf8_step(&json->utf8, byte) ? STEP_OK : STEP_TEXT;
}

/* JSON begins in the string: its first character opens the next layer. */
static enum step open_layer(struct json_editor *json, uint32_t code)
{
	struct json_layer *inner = &json->layers[json->layer + 1];
	uint64_t parent = json_enclosing(json);

	if (json->layer + 1 == JSON_LAYERS)
		return STEP_BAD;
	memset(inner, 0, sizeof(*inner));
	inner->bottom = json->depth;
	inner->parent = parent;
	json->layers[json->layer].state = STRING;
	json->layer++;
	return begin_value(json, code);
}

static enum step string_character(struct json_editor *json, struct character character)
{
	struct json_layer *layer = &json->layers[json->layer];

	switch (unescape(layer, &character)) {
	case UNESCAPED_MORE:
		return STEP_OK;
	case UNESCAPED_BAD:
		return STEP_TEXT;
	case UNESCAPED_END:
		json_value_end(json);
		return STEP_OK;
	case UNESCAPED:
		break;
	}
	if (layer->state == STRING || is_space(character.code))
		return STEP_OK;
	layer->state = STRING;
	if (character.code != '{' && character.code != '[')
		return STEP_OK;
	/* Nobody writes it so who does not want to hide it. */
	return character.escaped ? STEP_BAD : open_layer(json, character.code);
}

static enum step literal_character(struct json_editor *json, uint32_t code)
{
	struct json_layer *layer = &json->layers[json->layer];
	const char *word = literals[layer->literal >> 4];
	unsigned at = layer->literal & 15;

	if (code != (uint8_t)word[at])
		return STEP_TEXT;
	layer->literal++;
	if (!word[at + 1])
		layer->state = LITERAL_END;
	return STEP_OK;
}

/* Where a number goes on with this character; AFTER: not at all. */
static enum json_state number_next(enum json_state state, uint32_t code)
{
	bool digit = code >= '0' && code <= '9';

	if (state == MINUS)
		return code == '0' ? ZERO : digit ? INTEGER : AFTER;
	if (state == POINT || state == FRACTION) {
		if (digit)
			return FRACTION;
	} else if (state == EXPONENT || state == EXPONENT_SIGN || state == EXPONENT_DIGITS) {
		if (state == EXPONENT && (code == '+' || code == '-'))
			return EXPONENT_SIGN;
		return digit ? EXPONENT_DIGITS : AFTER;
	} else {
		if (state == INTEGER && digit)
			return INTEGER;
		if (code == '.')
			return POINT;
	}
	return state != POINT && (code == 'e' || code == 'E') ? EXPONENT : AFTER;
}

static bool is_scalar(const struct json_layer *layer)
{
	return layer->state >= LITERAL;
}

/* True: the character belongs to the scalar, or breaks it (*ret_step). */
static bool scalar_character(struct json_editor *json, uint32_t code, enum step *ret_step)
{
	struct json_layer *layer = &json->layers[json->layer];
	enum json_state state = (enum json_state)layer->state;
	enum json_state next = AFTER;

	*ret_step = STEP_OK;
	if (state == LITERAL) {
		*ret_step = literal_character(json, code);
		return true;
	}
	if (state != LITERAL_END)
		next = number_next(state, code);
	if (next != AFTER) {
		layer->state = (uint8_t)next;
		return true;
	}
	if (state == LITERAL_END || state == ZERO || state == INTEGER || state == FRACTION ||
	    state == EXPONENT_DIGITS) {
		json_value_end(json);
		return false;
	}
	*ret_step = STEP_TEXT;
	return true;
}

static enum step mark_character(struct json_layer *layer, uint32_t code)
{
	if (code != (layer->state == MARK1 ? 0xbb : 0xbf))
		return STEP_BAD;
	layer->state = layer->state == MARK1 ? MARK2 : START;
	return STEP_OK;
}

static enum step between_values(struct json_editor *json, uint32_t code)
{
	struct json_layer *layer = &json->layers[json->layer];

	if (code == '}' || code == ']')
		return close_container(json, code == '}');
	if (code != ',')
		return STEP_TEXT;
	layer->state = json_in_object(json) ? KEY : VALUE;
	return STEP_OK;
}

/* A character outside of strings and scalars that is no white space. */
static enum step structure_character(struct json_editor *json, const struct redact_feed *feed,
				     uint32_t code)
{
	struct json_layer *layer = &json->layers[json->layer];

	switch ((enum json_state)layer->state) {
	case BEGIN:
		if (code == 0xef) {
			layer->state = MARK1;
			return STEP_OK;
		}
		return begin_value(json, code);
	case START:
	case VALUE:
		return begin_value(json, code);
	case FIRST_VALUE:
		return code == ']' ? close_container(json, false) : begin_value(json, code);
	case FIRST_KEY:
	case KEY:
		if (code == '"') {
			begin_key(json, feed);
			return STEP_OK;
		}
		return code == '}' && layer->state == FIRST_KEY ? close_container(json, true)
								: STEP_TEXT;
	case COLON:
		if (code != ':')
			return STEP_TEXT;
		layer->keyed = true;
		layer->state = VALUE;
		return STEP_OK;
	case AFTER:
		return between_values(json, code);
	case MARK1:
	case MARK2:
		return mark_character(layer, code);
	case IN_KEY:
	case STRING_FIRST:
	case STRING:
	case LITERAL:
	case LITERAL_END:
	case MINUS:
	case ZERO:
	case INTEGER:
	case POINT:
	case FRACTION:
	case EXPONENT:
	case EXPONENT_SIGN:
	case EXPONENT_DIGITS:
		break;
	}
	return STEP_BAD;
}

/* One character for the innermost layer. */
static enum step step(struct json_editor *json, const struct redact_feed *feed,
		      struct character character)
{
	struct json_layer *layer = &json->layers[json->layer];
	enum step result;

	if (layer->state == IN_KEY)
		return key_character(json, feed, character);
	if (layer->state == STRING || layer->state == STRING_FIRST)
		return string_character(json, character);
	/* JSON in a string escapes quotes and line ends, and hides nothing else. */
	if (character.escaped && character.code != '"' && !is_space(character.code)) {
		bool structure = character.code < 0x80 && character.code &&
				 strchr("{}[]:,", (int)character.code);

		return structure ? STEP_BAD : STEP_TEXT;
	}
	if (is_scalar(layer) && scalar_character(json, character.code, &result))
		return result;
	if (is_space(character.code))
		return STEP_OK;
	return structure_character(json, feed, character.code);
}

/* The string that held the innermost layer turned out to be mere text. */
static bool drop_layer(struct json_editor *json)
{
	const struct json_layer *inner = &json->layers[json->layer];

	if (!json->layer || (inner->keyed && inner->state != START))
		return false;
	json_close_to(json, inner->bottom);
	json->layer--;
	/* A key that was read there has no value. */
	json->matched = 0;
	return true;
}

/* ---- bytes ---- */

/*
 * The byte through the outer layers; false: it cannot be read. ret_kept: it
 * is the quote that ends the document's own string and stays.
 */
static bool read_byte(struct json_editor *json, const struct redact_feed *feed, uint8_t byte,
		      bool *ret_complete, bool *ret_kept)
{
	struct character character = {byte, false};
	bool covered = json->cover != COVER_NONE;

	*ret_complete = true;
	*ret_kept = false;
	for (uint8_t i = 0; i < json->layer; i++) {
		switch (unescape(&json->layers[i], &character)) {
		case UNESCAPED:
			continue;
		case UNESCAPED_MORE:
			*ret_complete = false;
			return true;
		case UNESCAPED_BAD:
			return false;
		case UNESCAPED_END:
			/* A longer quote has been overwritten in part. */
			if (i > 0 && covered && json->cover != COVER_SCALAR)
				return false;
			json->cover = COVER_NONE;
			json->matched = 0;
			json_close_to(json, json->layers[i + 1].bottom);
			json->layer = i;
			json_value_end(json);
			*ret_kept = true;
			return true;
		}
	}
	switch (step(json, feed, character)) {
	case STEP_OK:
		return true;
	case STEP_TEXT:
		return drop_layer(json);
	case STEP_BAD:
		break;
	}
	return false;
}

bool json_edit_byte(struct json_editor *json, struct redact_feed *feed, uint8_t *byte)
{
	enum json_cover before = (enum json_cover)json->cover;
	bool complete, kept;

	if (!read_byte(json, feed, *byte, &complete, &kept))
		return false;
	if (kept)
		return true;
	if (before == COVER_STRING || (before == COVER_CONTAINER && json->cover != COVER_NONE) ||
	    (json->cover == COVER_SCALAR && complete))
		put(json, feed, byte);
	return true;
}

void json_cover_run(struct json_editor *json, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t at = 0;

	if (feed->aside)
		return;
	while (at < len && (!json->counted || json->fill_at < json->fill_len))
		put(json, feed, &data[at++]);
	memset(data + at, ' ', len - at);
}
