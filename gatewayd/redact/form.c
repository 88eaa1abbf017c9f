/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See form.h. */
#include "redact/form.h"
#include "redact/run.h"

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

/* Letters, digits, '.', '-' and '_' are nearly all there is. */
static bool is_plain(uint8_t byte)
{
	/* Bit n of a word: the byte 32 * word + n. */
	static const uint32_t bits[4] = {0, 0x03ff6000, 0x87fffffe, 0x07fffffe};

	return byte < 0x80 && bits[byte >> 5] >> (byte & 31) & 1;
}

static void end_key(struct form_editor *form, uint32_t matched)
{
	form->matched = matched;
	form->state = matched ? COVERED : VALUE;
	form->counted = false;
}

/* As much of a key as means nothing but itself. */
static size_t plain_key(struct form_editor *form, const struct redact_feed *feed,
			const uint8_t *data, size_t len)
{
	size_t run = 0;

	if (form->percent)
		return 0;
	while (run < len && is_plain(data[run]))
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
		end_key(form, matched);
	} else if (byte == ';' || (byte == '&' && !form->cookie)) {
		begin_key(form, feed);
	} else {
		key_byte(form, feed, byte == '+' && !form->cookie ? ' ' : byte);
	}
}

/* How much of these bytes belongs to the value of a key that `matched`. */
static size_t value_run(const struct form_editor *form, uint32_t matched, const uint8_t *data,
			size_t len)
{
	if (form->cookie)
		return run_length(data, len, run_semicolons);
	return run_length(data, len, matched ? run_ampersands : run_value_ends);
}

static void cover(struct form_editor *form, struct redact_feed *feed, uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len; at++)
		feed_put(feed, &data[at], form->cookie ? 'x' : mask_of(data[at]), form->matched,
			 &form->counted);
}

static size_t edit_value(struct form_editor *form, struct redact_feed *feed, uint8_t *data,
			 size_t len)
{
	size_t run = value_run(form, form->matched, data, len);

	if (form->matched)
		cover(form, feed, data, run);
	if (run == len)
		return len;
	begin_key(form, feed);
	return run + 1;
}

/* ---- whole keys ---- */

/*
 * A key that is all there and means nothing but itself, and its '='. Returns
 * what comes behind, or NULL. The key that came behind `*key` last time is
 * tried first.
 */
static uint8_t *whole_key(const struct redact_feed *feed, uint8_t *at, const uint8_t *end,
			  struct key_memo_entry **key)
{
	struct key_memo_entry *expected = *key ? (*key)->next : NULL;
	uint8_t *text = at;
	size_t len;

	if (expected && (size_t)(end - at) > MEMO_TEXT_MOST &&
	    memo_text_begins(&expected->text, text)) {
		*key = expected;
		return text + expected->text.len;
	}
	while (at < end && is_plain(*at))
		at++;
	if (at == end || *at != '=')
		return NULL;
	len = (size_t)(at - text);
	expected = keys_whole(feed->plan->keys, keys_no_parent, bytes_of(text, len),
			      bytes_of(text, len + 1));
	if (*key)
		(*key)->next = expected;
	*key = expected;
	return at + 1;
}

/*
 * Pairs with such keys, as nearly all are. Where one is odd or cut it is left,
 * from its first byte on, to what reads any byte in any state.
 */
static size_t edit_pairs(struct form_editor *form, struct redact_feed *feed, uint8_t *data,
			 size_t len)
{
	struct key_memo_entry *key = NULL;
	const uint8_t *end = data + len;
	uint8_t *at = data;

	while (at < end) {
		uint8_t *value;
		size_t run;

		while (at < end && *at == ' ')
			at++;
		value = whole_key(feed, at, end, &key);
		if (!value)
			break;
		end_key(form, key->categories & feed->plan->categories);
		run = value_run(form, form->matched, value, (size_t)(end - value));
		if (form->matched)
			cover(form, feed, value, run);
		if (value + run == end)
			return len;
		at = value + run + 1;
	}
	begin_key(form, feed);
	return (size_t)(at - data);
}

/* ---- all of it ---- */

static bool is_at_key(const struct form_editor *form)
{
	return form->state == KEY && form->fresh && !form->percent && !form->matched;
}

void form_edit(struct form_editor *form, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t at = 0;

	if (!form->begun)
		begin_key(form, feed);
	while (at < len) {
		if (is_at_key(form))
			at += edit_pairs(form, feed, data + at, len - at);
		if (form->state == VALUE || form->state == COVERED) {
			at += edit_value(form, feed, data + at, len - at);
			continue;
		}
		at += plain_key(form, feed, data + at, len - at);
		if (at < len)
			edit_key(form, feed, data[at++]);
	}
}

static bool is_line_end(uint8_t byte)
{
	return byte == '\r' || byte == '\n';
}

/* How much could be of a form? What is compressed or of several lines is something else. */
static size_t body_run(struct form_editor *form, const uint8_t *data, size_t len)
{
	size_t run = 0;

	while (run < len && !form->ended) {
		if (!form->utf8.left)
			run += run_length(data + run, len - run, run_line_ends);
		if (run == len || data[run] < ' ' || data[run] == 0x7f ||
		    !utf8_step(&form->utf8, data[run]))
			break;
		run++;
	}
	return run;
}

size_t form_edit_body(struct form_editor *form, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t run = body_run(form, data, len);
	size_t end;

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
