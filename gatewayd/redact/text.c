/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See text.h. */
#include "redact/text.h"

enum state {
	GAP,   /* between words */
	WORD,  /* in what may be a key */
	ENDED, /* behind it: '=' or ':' makes it one */
	VALUE, /* of a matching key: it has not begun */
	LINE,
	QUOTED,
	CLOSED, /* behind the closing quote */
};

void text_start(struct text_editor *text)
{
	memset(text, 0, sizeof(*text));
}

static bool is_word(uint8_t byte)
{
	uint8_t lower = byte | 0x20;

	return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte >= 0x80 ||
	       byte == '_' || byte == '-' || byte == '.' || byte == '$' || byte == '%';
}

static bool is_line_end(uint8_t byte)
{
	return byte == '\r' || byte == '\n';
}

/* It was no encoded character: what it looks like, it is. */
static void percent_end(struct text_editor *text, const struct redact_feed *feed)
{
	if (text->percent)
		keys_feed(feed->plan->keys, &text->match, (const uint8_t *)"%", 1);
	if (text->percent == 2)
		keys_feed(feed->plan->keys, &text->match, &text->digit, 1);
	text->percent = 0;
}

/* RFC 5424 section 6.4: text may begin with a mark, which is no part of a key. */
static bool is_mark_byte(struct text_editor *text, const struct redact_feed *feed, uint8_t byte)
{
	static const uint8_t mark[] = {0xef, 0xbb, 0xbf};

	if (text->mark >= sizeof(mark) || byte != mark[text->mark]) {
		text->mark = sizeof(mark);
		return false;
	}
	if (++text->mark == sizeof(mark))
		keys_begin(feed->plan->keys, keys_no_parent, &text->match);
	return text->mark == sizeof(mark);
}

static void word_byte(struct text_editor *text, const struct redact_feed *feed, uint8_t byte)
{
	int digit = hex_value(byte);

	if (text->percent == 1 && digit >= 0) {
		text->digit = byte;
		text->percent = 2;
		return;
	}
	if (text->percent == 2 && digit >= 0) {
		byte = (uint8_t)(hex_value(text->digit) << 4 | digit);
		text->percent = 0;
	} else {
		percent_end(text, feed);
		text->percent = byte == '%';
		if (byte == '%')
			return;
	}
	keys_feed(feed->plan->keys, &text->match, &byte, 1);
}

/* A byte that is not covered. */
static void scan_byte(struct text_editor *text, const struct redact_feed *feed, uint8_t byte)
{
	if (is_word(byte)) {
		if (text->state != WORD) {
			keys_begin(feed->plan->keys, keys_no_parent, &text->match);
			text->percent = 0;
			text->mark = 0;
		}
		text->state = WORD;
		if (!is_mark_byte(text, feed, byte))
			word_byte(text, feed, byte);
		return;
	}
	if (text->state == GAP)
		return;
	if (text->state == WORD)
		percent_end(text, feed);
	if (byte == '=' || byte == ':') {
		text->matched = feed_matches(feed, &text->match);
		text->state = text->matched ? VALUE : GAP;
		text->counted = false;
		return;
	}
	text->state = byte == ' ' || byte == '\t' || byte == '"' || byte == '\'' || byte == '\\' ||
				      byte == ']'
			      ? ENDED
			      : GAP;
}

static void mask(struct text_editor *text, struct redact_feed *feed, uint8_t *byte)
{
	feed_put(feed, byte, mask_of(*byte), text->matched, &text->counted);
}

static void quoted_byte(struct text_editor *text, struct redact_feed *feed, uint8_t *byte)
{
	if (is_line_end(*byte)) {
		text->state = GAP;
	} else if (*byte == text->quote && !text->escaped) {
		text->state = CLOSED;
	} else {
		text->escaped = *byte == '\\' && !text->escaped;
		mask(text, feed, byte);
	}
}

static void value_byte(struct text_editor *text, struct redact_feed *feed, uint8_t *byte)
{
	if (*byte == ' ' || *byte == '\t')
		return;
	if (*byte == '"' || *byte == '\'') {
		text->state = QUOTED;
		text->quote = *byte;
		text->escaped = false;
		return;
	}
	text->state = is_line_end(*byte) || *byte == '&' ? GAP : LINE;
	if (text->state == LINE)
		mask(text, feed, byte);
}

static void edit_byte(struct text_editor *text, struct redact_feed *feed, uint8_t *byte)
{
	switch ((enum state)text->state) {
	case CLOSED:
		/* "a"b: what goes on behind the quote belongs to it. */
		text->state = is_word(*byte) || *byte == '"' || *byte == '\'' ? LINE : GAP;
		if (text->state == LINE)
			mask(text, feed, byte);
		break;
	case GAP:
	case WORD:
	case ENDED:
		scan_byte(text, feed, *byte);
		break;
	case VALUE:
		value_byte(text, feed, byte);
		break;
	case LINE:
		if (is_line_end(*byte) || *byte == '&')
			text->state = GAP;
		else
			mask(text, feed, byte);
		break;
	case QUOTED:
		quoted_byte(text, feed, byte);
		break;
	}
}

/* No control characters, and UTF-8. */
static bool is_text(struct text_editor *text, uint8_t byte)
{
	if ((byte < 0x20 && byte != '\t' && !is_line_end(byte)) || byte == 0x7f)
		return false;
	return (byte < 0x80 && !text->utf8.left) || utf8_step(&text->utf8, byte);
}

size_t text_edit(struct text_editor *text, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t at;

	for (at = 0; at < len && is_text(text, data[at]); at++)
		edit_byte(text, feed, &data[at]);
	return at;
}
