/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See form.h. */
#include "redact/form.h"

enum state {
	KEY,
	VALUE,
	COVERED,
};

static void begin_key(struct form_editor *form, const struct redact_feed *feed)
{
	form->state = KEY;
	form->percent = 0;
	form->matched = 0;
	form->begun = true;
	form->fresh = true;
	keys_begin(feed->plan->keys, keys_no_parent, &form->match);
}

void form_start(struct form_editor *form, bool cookie)
{
	memset(form, 0, sizeof(*form));
	form->cookie = cookie;
}

static void key_byte(struct form_editor *form, const struct redact_feed *feed, uint8_t byte)
{
	/* Spaces before a key belong to it for few readers, and tell nothing. */
	if (form->fresh && byte == ' ')
		return;
	form->fresh = false;
	/* "a[lat]" is the key lat in a: one key ends and the next begins. */
	if (byte == '[' && !form->cookie) {
		uint64_t parent = form->match.hash;

		form->matched |= feed_matches(feed, &form->match);
		keys_begin(feed->plan->keys, parent, &form->match);
	} else if (byte != ']' || form->cookie) {
		keys_feed(feed->plan->keys, &form->match, &byte, 1);
	}
}

/* True: the byte belongs to a percent-encoded character. */
static bool percent_byte(struct form_editor *form, const struct redact_feed *feed, uint8_t byte)
{
	int digit = hex_value(byte);

	if (form->cookie || (!form->percent && byte != '%'))
		return false;
	if (!form->percent) {
		form->percent = 1;
		return true;
	}
	if (form->percent == 1 && digit >= 0) {
		form->digit = byte;
		form->percent = 2;
		return true;
	}
	if (form->percent == 2 && digit >= 0) {
		key_byte(form, feed, (uint8_t)(hex_value(form->digit) << 4 | digit));
		form->percent = 0;
		return true;
	}
	/* It was no such thing: what it looks like, it is. */
	key_byte(form, feed, '%');
	if (form->percent == 2)
		key_byte(form, feed, form->digit);
	form->percent = byte == '%';
	return byte == '%';
}

/* As much of a key as means nothing but itself. */
static size_t plain_key(struct form_editor *form, const struct redact_feed *feed,
			const uint8_t *data, size_t len)
{
	size_t run = 0;

	if (form->percent || form->cookie)
		return 0;
	/* Letters, digits, '.', '-' and '_' are nearly all there is. */
	while (run < len && (data[run] >= 'a' || (data[run] >= '-' && data[run] <= '9') ||
			     (data[run] >= 'A' && data[run] <= 'Z') || data[run] == '_'))
		run++;
	keys_feed(feed->plan->keys, &form->match, data, run);
	form->fresh &= !run;
	return run;
}

static void edit_key(struct form_editor *form, const struct redact_feed *feed, uint8_t byte)
{
	uint32_t matched = 0;

	if (percent_byte(form, feed, byte))
		return;
	if (byte == '=' || (byte == ':' && !form->cookie))
		matched = form->matched | feed_matches(feed, &form->match);
	if (byte == '=' || matched) {
		form->matched = matched;
		form->state = matched ? COVERED : VALUE;
		form->counted = false;
	} else if (byte == ';' || (byte == '&' && !form->cookie)) {
		begin_key(form, feed);
	} else {
		key_byte(form, feed, byte == '+' && !form->cookie ? ' ' : byte);
	}
}

static size_t skip_value(struct form_editor *form, const struct redact_feed *feed,
			 const uint8_t *data, size_t len)
{
	size_t at = 0;

	while (at < len && data[at] != ';' && (data[at] != '&' || form->cookie))
		at++;
	if (at == len)
		return at;
	begin_key(form, feed);
	return at + 1;
}

static size_t cover_value(struct form_editor *form, struct redact_feed *feed, uint8_t *data,
			  size_t len)
{
	uint8_t end = form->cookie ? ';' : '&';
	size_t at;

	for (at = 0; at < len && data[at] != end; at++)
		feed_put(feed, &data[at], form->cookie ? 'x' : mask_of(data[at]), form->matched,
			 &form->counted);
	if (at == len)
		return at;
	begin_key(form, feed);
	return at + 1;
}

void form_edit(struct form_editor *form, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t at = 0;

	if (!form->begun)
		begin_key(form, feed);
	while (at < len) {
		switch ((enum state)form->state) {
		case KEY:
			at += plain_key(form, feed, data + at, len - at);
			if (at < len)
				edit_key(form, feed, data[at++]);
			break;
		case VALUE:
			at += skip_value(form, feed, data + at, len - at);
			break;
		case COVERED:
			at += cover_value(form, feed, data + at, len - at);
			break;
		}
	}
}

static bool is_line_end(uint8_t byte)
{
	return byte == '\r' || byte == '\n';
}

/* Could it be of a form? What is compressed or of several lines is something else. */
static bool is_of_body(struct form_editor *form, uint8_t byte)
{
	return !form->ended && byte >= 0x20 && byte != 0x7f && utf8_step(&form->utf8, byte);
}

size_t form_edit_body(struct form_editor *form, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t run = 0, end;

	while (run < len && is_of_body(form, data[run]))
		run++;
	form_edit(form, feed, data, run);
	for (end = run; end < len && !form->utf8.left && is_line_end(data[end]); end++)
		form->ended = true;
	return end;
}

uint32_t form_key_matches(const struct redact_feed *feed, struct bytes key)
{
	struct form_editor form;

	form_start(&form, false);
	begin_key(&form, feed);
	for (size_t i = 0; i < key.len; i++) {
		if (!percent_byte(&form, feed, key.data[i]))
			key_byte(&form, feed, key.data[i]);
	}
	return form.matched | feed_matches(feed, &form.match);
}
