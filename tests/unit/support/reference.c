/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See reference.h. */
#include "tests/unit/support/reference_view.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys ---- */

static void squeeze(const char *from, size_t len, char *to, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size; i++) {
		if (from[i] && !strchr("_-.$", from[i]))
			to[n++] = (char)tolower((unsigned char)from[i]);
	}
	to[n] = 0;
}

static bool glob(const char *pattern, const char *text)
{
	if (!*pattern)
		return !*text;
	if (*pattern == '*')
		return glob(pattern + 1, text) || (*text && glob(pattern, text + 1));
	return *pattern == *text && glob(pattern + 1, text + 1);
}

/* parent and key as they are written. */
uint32_t reference_lookup(const struct reference *reference, const char *parent, const char *key,
			  size_t len)
{
	char want[256], have[1024], path[2048];
	uint32_t found = 0;

	squeeze(key, len, have, sizeof(have));
	squeeze(parent ? parent : "", parent ? strlen(parent) : 0, path, sizeof(path));
	strcat(path, have);
	for (size_t i = 0; i < reference->key_count; i++) {
		const char *text = reference->keys[i].text;
		const char *dot = strchr(text, '.');

		squeeze(text, strlen(text), want, sizeof(want));
		if (glob(want, have) || (dot && dot > text && dot[1] && !strcmp(want, path)))
			found |= 1u << reference->keys[i].category;
	}
	return found & reference->categories;
}

void reference_count(struct reference *reference, uint32_t categories)
{
	for (unsigned i = 0; i < 16; i++) {
		if (categories & 1u << i) {
			reference->stripped[i]++;
			return;
		}
	}
}

/* ---- text with a way back to the bytes it stands for ---- */

struct view view_of_places(uint8_t *data, const size_t *places, size_t n)
{
	struct view view = {calloc(n + 1, sizeof(struct unit)), n, NULL, data, false};

	for (size_t i = 0; i < n; i++) {
		size_t place = places ? places[i] : i;

		view.units[i] = (struct unit){data[place], false, place, place + 1};
	}
	return view;
}

bool view_keeps(const struct view *view, size_t at)
{
	static const char begin[] = "\r\n--";
	char before[4];
	size_t n = at < 3 ? at : 3;

	if (!view->part)
		return false;
	for (size_t i = 0; i <= n; i++)
		before[i] = (char)view->data[view->units[at - n + i].from];
	for (size_t len = 1; len <= n + 1; len++) {
		if (!memcmp(before + n + 1 - len, begin, len))
			return true;
	}
	return false;
}

/* The bytes behind units [from, to), in order, through write(); returns how many changed. */
static size_t overwrite(const struct view *view, size_t from, size_t to, const char *fill,
			size_t *at)
{
	size_t changed = 0;

	for (size_t i = from; i < to; i++) {
		uint8_t *byte;
		uint8_t value;

		if (view->outer) {
			changed += overwrite(view->outer, view->units[i].from, view->units[i].to,
					     fill, at);
			continue;
		}
		byte = &view->data[view->units[i].from];
		value = *at < strlen(fill) ? (uint8_t)fill[*at] : ' ';
		if (view_keeps(view, i))
			continue;
		++*at;
		changed += *byte != value;
		*byte = value;
	}
	return changed;
}

static void replace(struct reference *reference, const struct view *view, size_t from, size_t to,
		    const char *fill, uint32_t categories)
{
	size_t at = 0;

	if (overwrite(view, from, to, fill, &at))
		reference_count(reference, categories);
}

/* ---- JSON ---- */

struct parser {
	struct reference *reference;
	const struct view *view;
	size_t at;
	int layer;
	int depth;
	bool keyed;   /* a colon was read */
	bool hard;    /* unreadable even inside a string */
	bool between; /* failed between documents */
};

static bool parse_documents(struct parser *parser, const char *parent);

static uint32_t peek(const struct parser *parser)
{
	return parser->at < parser->view->n ? parser->view->units[parser->at].code : UINT32_MAX;
}

static bool escaped(const struct parser *parser)
{
	return parser->at < parser->view->n && parser->view->units[parser->at].escaped;
}

static void skip_space(struct parser *parser)
{
	while (peek(parser) != UINT32_MAX && peek(parser) && peek(parser) < 128 &&
	       strchr(" \t\r\n", (int)peek(parser)))
		parser->at++;
}

/* A structural character, which nobody escapes. */
static bool accept(struct parser *parser, char wanted)
{
	if (peek(parser) != (uint32_t)wanted || (escaped(parser) && wanted != '"'))
		return false;
	parser->at++;
	return true;
}

static int hex4(const struct parser *parser, size_t at)
{
	int value = 0;

	for (size_t i = at; i < at + 4; i++) {
		uint32_t code = i < parser->view->n ? parser->view->units[i].code : 'z';

		if (code > 127 || !isxdigit((int)code) || parser->view->units[i].escaped)
			return -1;
		value = value * 16 + (code <= '9' ? (int)code - '0' : ((int)code | 32) - 'a' + 10);
	}
	return value;
}

/*
 * Reads the string that begins at the cursor's quote; its characters become
 * units of `ret`, and the quotes are at *ret_open and *ret_close.
 */
static bool parse_string(struct parser *parser, struct view *ret, size_t *ret_open,
			 size_t *ret_close)
{
	struct view inner = {calloc(parser->view->n - parser->at + 1, sizeof(struct unit)), 0,
			     parser->view, NULL, false};
	int high = 0;
	size_t high_from = 0;

	*ret = inner;
	*ret_open = parser->at++;
	for (;;) {
		struct unit unit = {peek(parser), escaped(parser), parser->at, parser->at + 1};

		if (unit.code == UINT32_MAX || unit.code < 0x20)
			return false;
		if (unit.code == '"') {
			*ret_close = parser->at++;
			ret->n = inner.n;
			return true;
		}
		parser->at++;
		if (unit.code == '\\') {
			uint32_t letter = peek(parser);
			const char *letters = "\"\\/bfnrt";
			const char *found =
				letter && letter < 128 ? strchr(letters, (int)letter) : NULL;

			if (letter == 'u') {
				int code = hex4(parser, parser->at + 1);

				if (code < 0) {
					parser->at++;
					while (parser->at < parser->view->n && peek(parser) < 128 &&
					       isxdigit((int)peek(parser)) && !escaped(parser))
						parser->at++;
					return false;
				}
				parser->at += 5;
				unit.code = (uint32_t)code;
				if (code >= 0xd800 && code < 0xdc00) {
					high_from = high ? high_from : unit.from;
					high = code;
					continue;
				}
				if (high && code >= 0xdc00 && code < 0xe000)
					unit.code = 0x10000u + ((uint32_t)high - 0xd800) * 0x400u +
						    ((uint32_t)code - 0xdc00);
			} else if (found) {
				unit.code = (uint8_t) "\"\\/\b\f\n\r\t"[found - letters];
				parser->at++;
			} else {
				return false;
			}
			unit.escaped = true;
			unit.to = parser->at;
		}
		/* One half alone means nothing, and goes with what follows. */
		if (high)
			unit.from = high_from;
		high = 0;
		inner.units[inner.n++] = unit;
	}
}

/* The key's characters as UTF-8; false: NUL, or bytes that are no UTF-8. */
static bool key_text(const struct view *key, char *text, size_t size, size_t *ret_len)
{
	size_t n = 0;
	int more = 0;
	uint32_t code = 0, least = 0;

	for (size_t i = 0; i < key->n && n + 5 < size; i++) {
		uint32_t c = key->units[i].code;

		if (!c)
			return false;
		if (!key->units[i].escaped) {
			/* A byte: decode what it belongs to, to see that it is sound. */
			if (more) {
				if ((c & 0xc0) != 0x80)
					return false;
				code = code << 6 | (c & 0x3f);
				if (!--more && (code < least || code > 0x10ffff ||
						(code >= 0xd800 && code < 0xe000)))
					return false;
			} else if (c >= 0x80) {
				more = c >= 0xf0 && c < 0xf8 ? 3 : c >= 0xe0 ? 2 : 1;
				if (c < 0xc0 || c >= 0xf8)
					return false;
				code = c & (0x3fu >> more);
				least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
			}
			text[n++] = (char)c;
			continue;
		}
		if (more)
			return false;
		if (c < 0x80) {
			text[n++] = (char)c;
		} else if (c < 0x800) {
			text[n++] = (char)(0xc0 | c >> 6);
			text[n++] = (char)(0x80 | (c & 0x3f));
		} else if (c < 0x10000) {
			text[n++] = (char)(0xe0 | c >> 12);
			text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			text[n++] = (char)(0x80 | (c & 0x3f));
		} else {
			text[n++] = (char)(0xf0 | c >> 18);
			text[n++] = (char)(0x80 | (c >> 12 & 0x3f));
			text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			text[n++] = (char)(0x80 | (c & 0x3f));
		}
	}
	text[n] = 0;
	*ret_len = n;
	return more == 0;
}

/* A string that holds JSON is edited as such. */
static bool string_value(struct parser *parser, const struct view *string, const char *parent)
{
	struct parser inner = {parser->reference, string, 0,     parser->layer + 1,
			       parser->depth,     false,  false, false};

	while (inner.at < string->n && string->units[inner.at].code < 128 &&
	       strchr(" \t\r\n", (int)string->units[inner.at].code) && string->units[inner.at].code)
		inner.at++;
	if (inner.at == string->n || (peek(&inner) != '{' && peek(&inner) != '['))
		return true;
	if (escaped(&inner) || inner.layer > 2) {
		parser->hard = true;
		return false;
	}
	if (parse_documents(&inner, parent))
		return true;
	/* The end of the string cuts nothing that matters. */
	if (inner.at >= string->n && !inner.hard)
		return true;
	parser->hard = inner.hard || (inner.keyed && !inner.between);
	return !parser->hard;
}

static const char *const quotes[] = {"\"", "\\\"", "\\\\\\\""};

static bool parse_value(struct parser *parser, const char *parent, uint32_t matched, bool covered);

static bool parse_object(struct parser *parser, const char *parent, bool covered)
{
	skip_space(parser);
	if (accept(parser, '}'))
		return true;
	for (;;) {
		struct view key;
		size_t open, close, len;
		char text[1024];
		uint32_t matched;
		bool fine;

		skip_space(parser);
		if (peek(parser) != '"')
			return false;
		fine = parse_string(parser, &key, &open, &close) &&
		       key_text(&key, text, sizeof(text), &len);
		free(key.units);
		if (!fine)
			return false;
		matched = covered ? 0 : reference_lookup(parser->reference, parent, text, len);
		skip_space(parser);
		if (!accept(parser, ':'))
			return false;
		parser->keyed = true;
		skip_space(parser);
		if (!parse_value(parser, text, matched, covered))
			return false;
		skip_space(parser);
		if (accept(parser, '}'))
			return true;
		if (!accept(parser, ','))
			return false;
	}
}

static bool parse_array(struct parser *parser, const char *parent, bool covered)
{
	skip_space(parser);
	if (accept(parser, ']'))
		return true;
	for (;;) {
		skip_space(parser);
		if (!parse_value(parser, parent, 0, covered))
			return false;
		skip_space(parser);
		if (accept(parser, ']'))
			return true;
		if (!accept(parser, ','))
			return false;
	}
}

static bool parse_scalar(struct parser *parser)
{
	char word[512];
	size_t n = 0;
	char *end;

	while (parser->at + n < parser->view->n && n + 1 < sizeof(word)) {
		struct unit unit = parser->view->units[parser->at + n];

		if (unit.escaped || unit.code >= 128 || !unit.code ||
		    !(isalnum((int)unit.code) || strchr("+-.", (int)unit.code)))
			break;
		word[n++] = (char)unit.code;
	}
	word[n] = 0;
	parser->at += n;
	if (!strcmp(word, "true") || !strcmp(word, "false") || !strcmp(word, "null"))
		return true;
	/* strtod is laxer than JSON: no leading zero, plus or point, no hexadecimal. */
	if (!n || strspn(word, "0123456789+-.eE") != n || word[0] == '+' || word[0] == '.' ||
	    (word[0] == '0' && isdigit((unsigned char)word[1])) ||
	    (word[0] == '-' && !isdigit((unsigned char)word[1])) ||
	    (word[0] == '-' && word[1] == '0' && isdigit((unsigned char)word[2])))
		return false;
	end = strchr(word, '.');
	if (end && !isdigit((unsigned char)end[1]))
		return false;
	strtod(word, &end);
	return !*end;
}

/* JSON in a string that ends too soon: the value goes all the same. */
static void cut_off(struct parser *parser, size_t start, const char *fill, uint32_t matched)
{
	if (matched && parser->at >= parser->view->n)
		replace(parser->reference, parser->view, start + 1, parser->view->n, fill, matched);
}

static bool parse_value(struct parser *parser, const char *parent, uint32_t matched, bool covered)
{
	size_t start = parser->at;
	struct view string;
	size_t open, close;
	bool fine;

	if (peek(parser) == '"') {
		if (!parse_string(parser, &string, &open, &close)) {
			cut_off(parser, start, quotes[parser->layer], matched);
			free(string.units);
			return false;
		}
		if (matched)
			replace(parser->reference, parser->view, open + 1, close + 1,
				quotes[parser->layer], matched);
		fine = matched || covered || string_value(parser, &string, parent);
		free(string.units);
		return fine;
	}
	if (accept(parser, '{') || accept(parser, '[')) {
		bool object = parser->view->units[start].code == '{';

		if (++parser->depth > 64) {
			parser->hard = true;
			return false;
		}
		fine = (object ? parse_object : parse_array)(parser, parent, covered || matched);
		parser->depth--;
		if (fine && matched)
			replace(parser->reference, parser->view, start + 1, parser->at - 1, "",
				matched);
		if (!fine)
			cut_off(parser, start, "", matched);
		return fine;
	}
	if (!parse_scalar(parser))
		return false;
	if (matched)
		replace(parser->reference, parser->view, start, parser->at,
			isalpha((int)parser->view->units[start].code) ? "null" : "0", matched);
	return true;
}

static bool parse_documents(struct parser *parser, const char *parent)
{
	for (;;) {
		skip_space(parser);
		if (parser->at == parser->view->n)
			return true;
		parser->between = true;
		if (!memchr("{[\"-0123456789tfn", (int)(peek(parser) & 0xff), 17) ||
		    peek(parser) > 127)
			return false;
		parser->between = false;
		if (!parse_value(parser, parent, 0, false))
			return false;
	}
}

bool json_view(struct reference *reference, const struct view *view)
{
	struct parser parser = {reference, view, 0, 0, 0, false, false, false};

	if (view->n >= 3 && view->units[0].code == 0xef && view->units[1].code == 0xbb &&
	    view->units[2].code == 0xbf)
		parser.at = 3;
	return parse_documents(&parser, NULL);
}

/* ---- forms ---- */

static size_t unpercent(const struct view *view, size_t from, size_t to, char *text, bool plus)
{
	size_t n = 0;

	while (from < to) {
		uint32_t c = view->units[from].code;

		if (c == '%' && from + 2 < to && isxdigit((int)view->units[from + 1].code) &&
		    isxdigit((int)view->units[from + 2].code)) {
			char digits[3] = {(char)view->units[from + 1].code,
					  (char)view->units[from + 2].code, 0};

			text[n++] = (char)strtol(digits, NULL, 16);
			from += 3;
		} else {
			text[n++] = plus && c == '+' ? ' ' : (char)c;
			from++;
		}
	}
	return n;
}

/* "a[lat][b]" : a, lat and b. */
static uint32_t bracketed(const struct reference *reference, const char *key, size_t len)
{
	char part[1024], parent[1024] = "";
	uint32_t found = 0;
	size_t n = 0;

	for (; len && *key == ' '; len--)
		key++;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && key[i] != '[') {
			if (key[i] != ']')
				part[n++] = key[i];
			continue;
		}
		found |= reference_lookup(reference, parent, part, n);
		memcpy(parent, part, n);
		parent[n] = 0;
		n = 0;
	}
	return found;
}

bool reference_mask(const struct view *view, size_t from, size_t to, bool letters_only)
{
	bool changed = false;

	for (size_t i = from; i < to; i++) {
		uint8_t *byte = &view->data[view->units[i].from];
		uint8_t value = isdigit(*byte) && !letters_only ? '0' : 'x';

		changed |= *byte != value;
		*byte = value;
	}
	return changed;
}

uint32_t name_view(const struct reference *reference, const struct view *view, size_t from,
		   size_t to)
{
	char *text = malloc(to - from + 1);
	uint32_t found = bracketed(reference, text, unpercent(view, from, to, text, false));

	free(text);
	return found;
}

void form_view(struct reference *reference, const struct view *view, size_t at, size_t end,
	       bool cookie)
{
	char *text = malloc(end - at + 1);

	while (at < end) {
		size_t equals = at, stop = at;
		uint32_t matched;

		while (cookie && at < end && view->units[at].code == ' ')
			at++;
		for (stop = at; stop < end && view->units[stop].code != ';' &&
				(cookie || view->units[stop].code != '&');)
			stop++;
		for (equals = at; equals < stop && view->units[equals].code != '='; equals++) {
			/* "key: value" */
			if (!cookie && view->units[equals].code == ':' &&
			    bracketed(reference, text, unpercent(view, at, equals, text, true)))
				break;
		}
		if (equals == stop) {
			at = stop + 1;
			continue;
		}
		if (cookie) {
			size_t n = 0;

			for (size_t i = at; i < equals; i++)
				text[n++] = (char)view->units[i].code;
			matched = reference_lookup(reference, NULL, text, n);
		} else {
			matched =
				bracketed(reference, text, unpercent(view, at, equals, text, true));
		}
		if (matched) {
			/* Only what every reader takes for the end ends it. */
			while (stop < end && view->units[stop].code != (cookie ? ';' : '&'))
				stop++;
			if (reference_mask(view, equals + 1, stop, cookie))
				reference_count(reference, matched);
		}
		at = stop + 1;
	}
	free(text);
}

/* ---- text ---- */

static bool word_unit(uint32_t c)
{
	return c >= 0x80 || isalnum((int)c) || (c && strchr("_-.$%", (int)c));
}

static bool sound_utf8(const struct view *view)
{
	for (size_t i = 0; i < view->n;) {
		uint32_t c = view->units[i].code, code, least;
		size_t more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;

		if ((c < 0x20 && !strchr("\t\r\n", (int)c)) || c == 0 || c == 0x7f)
			return false;
		if (c >= 0x80 && (c < 0xc0 || c > 0xf7 || i + more >= view->n))
			return false;
		code = more ? c & (0x3fu >> more) : c;
		least = more == 0 ? 0 : more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
		for (size_t k = 1; k <= more; k++) {
			if ((view->units[i + k].code & 0xc0) != 0x80)
				return false;
			code = code << 6 | (view->units[i + k].code & 0x3f);
		}
		if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			return false;
		i += more + 1;
	}
	return true;
}

static uint32_t unit_at(const struct view *view, size_t at)
{
	return at < view->n ? view->units[at].code : '\n';
}

static bool line_end(uint32_t c)
{
	return c == '\r' || c == '\n';
}

/* A matching key's value, from behind '=' or ':' on; returns where to go on. */
static size_t text_value(struct reference *reference, const struct view *view, size_t at,
			 uint32_t matched)
{
	bool changed = false;
	uint32_t quote;

	while (unit_at(view, at) == ' ' || unit_at(view, at) == '\t')
		at++;
	quote = unit_at(view, at);
	if (quote == '"' || quote == '\'') {
		size_t from = ++at;
		uint32_t behind;

		while (!line_end(unit_at(view, at)) && unit_at(view, at) != quote)
			at += unit_at(view, at) == '\\' && !line_end(unit_at(view, at + 1)) ? 2 : 1;
		changed = reference_mask(view, from, at, false);
		behind = unit_at(view, at + 1);
		if (line_end(unit_at(view, at)) ||
		    (!word_unit(behind) && behind != '"' && behind != '\'')) {
			if (changed)
				reference_count(reference, matched);
			/* The byte behind the closing quote belongs to nothing. */
			return line_end(unit_at(view, at)) ? at : at + 2;
		}
		at++;
	}
	for (; !line_end(unit_at(view, at)) && unit_at(view, at) != '&'; at++)
		changed |= reference_mask(view, at, at + 1, false);
	if (changed)
		reference_count(reference, matched);
	return at;
}

bool text_view(struct reference *reference, const struct view *view)
{
	char *text = malloc(view->n + 1);
	size_t at = 0;
	bool fine = sound_utf8(view);

	while (fine && at < view->n) {
		size_t from = at;
		uint32_t matched;

		if (!word_unit(view->units[at].code)) {
			at++;
			continue;
		}
		while (at < view->n && word_unit(view->units[at].code))
			at++;
		matched = reference_lookup(reference, NULL, text,
					   unpercent(view, from, at, text, false));
		while (at < view->n && view->units[at].code &&
		       strchr(" \t\"'\\]", (int)view->units[at].code))
			at++;
		if (unit_at(view, at) != '=' && unit_at(view, at) != ':')
			continue;
		at++;
		if (matched)
			at = text_value(reference, view, at, matched);
	}
	free(text);
	return fine;
}

/* ---- whole buffers ---- */

bool reference_json(struct reference *reference, uint8_t *data, size_t len)
{
	struct view view = view_of_places(data, NULL, len);
	bool fine = json_view(reference, &view);

	free(view.units);
	return fine;
}

void reference_form(struct reference *reference, uint8_t *data, size_t len)
{
	struct view view = view_of_places(data, NULL, len);

	form_view(reference, &view, 0, len, false);
	free(view.units);
}

bool reference_text(struct reference *reference, uint8_t *data, size_t len)
{
	struct view view = view_of_places(data, NULL, len);
	bool fine = text_view(reference, &view);

	free(view.units);
	return fine;
}
