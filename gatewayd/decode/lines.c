/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/lines.h"

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool lines_next(struct cursor *cursor, struct bytes *ret_line)
{
	size_t left = cursor_left(cursor);
	const uint8_t *start, *end;
	struct bytes line;

	if (left == 0)
		return false;
	start = cursor->data + cursor->pos;
	end = memchr(start, '\n', left);
	if (!end)
		return false;
	line = cursor_take(cursor, (size_t)(end - start));
	cursor_skip(cursor, 1);
	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	*ret_line = line;
	return true;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct bytes lines_trim(struct bytes text)
{
	while (text.len && is_space(text.data[text.len - 1]))
		text.len--;
	while (text.len && is_space(text.data[0])) {
		text.data++;
		text.len--;
	}
	return text;
}

struct bytes lines_word(struct bytes text, struct bytes *ret_rest)
{
	size_t len = 0, rest;

	while (len < text.len && !is_space(text.data[len]))
		len++;
	rest = len < text.len ? len + 1 : len;
	*ret_rest = bytes_of(rest ? text.data + rest : text.data, text.len - rest);
	return bytes_of(text.data, len);
}

static bool same(const uint8_t *data, const char *word, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (lower(data[i]) != lower((uint8_t)word[i]))
			return false;
	}
	return true;
}

bool lines_equal(struct bytes text, const char *word)
{
	return text.len == strlen(word) && same(text.data, word, text.len);
}

bool lines_start_with(struct bytes text, const char *prefix)
{
	size_t n = strlen(prefix);

	return text.len >= n && same(text.data, prefix, n);
}

bool lines_contain(struct bytes text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.len; i++) {
		if (same(text.data + i, word, n))
			return true;
	}
	return false;
}

bool lines_agree(struct bytes text, const char *word)
{
	size_t n = strlen(word);

	return same(text.data, word, text.len < n ? text.len : n);
}

bool lines_printable(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != '\t' && (text.data[i] < ' ' || text.data[i] > '~'))
			return false;
	}
	return true;
}
