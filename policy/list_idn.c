/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names as people write them in lists, in any script, to the ASCII form that
 * is asked for on the wire: punycode, RFC 3492, with the ACE prefix of
 * RFC 5890. Letters are put into lower case where a script has two; the
 * composing of accents (NFC) is left to whoever wrote the list.
 */
#include "policy/list.h"

#define LABEL_MOST 63
#define BASE 36u
#define T_MIN 1u
#define T_MAX 26u
#define SKEW 38u
#define DAMP 700u
#define INITIAL_BIAS 72u
#define INITIAL_N 128u

/* One character; false: not UTF-8 (RFC 3629). */
static bool read_character(struct cursor *cursor, uint32_t *ret_character)
{
	uint32_t c = cursor_u8(cursor), least;
	unsigned more;

	if (c < 0x80) {
		*ret_character = c;
		return cursor_ok(cursor);
	}
	if (c < 0xc2 || c > 0xf4)
		return false;
	more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
	c &= 0x3fu >> more;
	while (more--) {
		uint8_t next = cursor_u8(cursor);

		if ((next & 0xc0) != 0x80)
			return false;
		c = c << 6 | (next & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	*ret_character = c;
	return true;
}

static uint32_t lower(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
	    (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	if (c >= 0x531 && c <= 0x556)
		return c + 48;
	/* Pairs: the capital is even, or odd where the run begins odd. */
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) ||
	    (c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) ||
	    (c >= 0x1e00 && c <= 0x1e95) || (c >= 0x1ea0 && c <= 0x1eff))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	return c;
}

static uint8_t digit(uint32_t value)
{
	return (uint8_t)(value < 26 ? 'a' + value : '0' + value - 26);
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

struct label {
	uint32_t characters[LABEL_MOST];
	size_t count;
	bool ascii;
};

static bool put(struct name *name, uint8_t c)
{
	if (name->len >= NAME_TEXT_SIZE - 1)
		return false;
	name->text[name->len++] = (char)c;
	return true;
}

/* RFC 3492 section 6.3, the integer of one character. */
static bool put_delta(struct name *name, uint32_t delta, uint32_t bias)
{
	uint32_t k = BASE;

	for (;; k += BASE) {
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

		if (delta < t)
			return put(name, digit(delta));
		if (!put(name, digit(t + (delta - t) % (BASE - t))))
			return false;
		delta = (delta - t) / (BASE - t);
	}
}

static uint32_t next_character(const struct label *label, uint32_t n)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < label->count; i++) {
		if (label->characters[i] >= n && label->characters[i] < least)
			least = label->characters[i];
	}
	return least;
}

/* A label of at most 63 characters below 0x110000: nothing here can overflow. */
static bool put_encoded(struct name *name, const struct label *label)
{
	uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS, basic = 0, done;

	if (!put(name, 'x') || !put(name, 'n') || !put(name, '-') || !put(name, '-'))
		return false;
	for (size_t i = 0; i < label->count; i++) {
		if (label->characters[i] < 0x80) {
			if (!put(name, (uint8_t)label->characters[i]))
				return false;
			basic++;
		}
	}
	if (basic && !put(name, '-'))
		return false;
	for (done = basic; done < label->count; delta++, n++) {
		uint32_t next = next_character(label, n);

		delta += (next - n) * (done + 1);
		n = next;
		for (size_t i = 0; i < label->count; i++) {
			if (label->characters[i] < n)
				delta++;
			if (label->characters[i] != n)
				continue;
			if (!put_delta(name, delta, bias))
				return false;
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
	return true;
}

static bool put_label(struct name *name, const struct label *label)
{
	if (!label->ascii)
		return put_encoded(name, label);
	for (size_t i = 0; i < label->count; i++) {
		if (!put(name, (uint8_t)label->characters[i]))
			return false;
	}
	return true;
}

static bool is_ascii(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] >= 0x80)
			return false;
	}
	return true;
}

bool list_name_parse(struct bytes text, struct name *ret_name)
{
	struct cursor cursor = cursor_on(text);
	struct label label = {.ascii = true};
	struct name name = {.len = 0};

	if (is_ascii(text))
		return name_parse(text, ret_name);
	while (cursor_left(&cursor)) {
		uint32_t c;

		if (!read_character(&cursor, &c))
			return false;
		/* The full stops of East Asia separate labels, too (RFC 3490 section 3.1). */
		if (c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61) {
			if (!put_label(&name, &label) || !put(&name, '.'))
				return false;
			label = (struct label){.ascii = true};
			continue;
		}
		if (c <= ' ' || c == 0xad || (c >= 0x7f && c <= 0xa0) || c == 0xfeff ||
		    (c >= 0x2000 && c <= 0x206f) || label.count == LABEL_MOST)
			return false;
		label.ascii = label.ascii && c < 0x80;
		label.characters[label.count++] = lower(c);
	}
	return put_label(&name, &label) && name_parse(bytes_of(name.text, name.len), ret_name);
}
