/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/name.h"

#define NAME_MOST 253
#define LABEL_MOST 63

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_host_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '*';
}

bool name_parse(struct bytes text, struct name *ret_name)
{
	struct name name = {.len = 0};
	size_t label = 0;

	if (text.len && text.data[text.len - 1] == '.')
		text.len--;
	if (text.len == 0 || text.len > NAME_MOST)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = lower(text.data[i]);

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!is_host_byte(c) || ++label > LABEL_MOST) {
			return false;
		}
		name.text[i] = (char)c;
	}
	if (label == 0)
		return false;
	name.len = (uint8_t)text.len;
	name.text[name.len] = 0;
	*ret_name = name;
	return true;
}

bool name_parse_text(const char *text, struct name *ret_name)
{
	return name_parse(bytes_of(text, strlen(text)), ret_name);
}

bool name_append_label(struct name *name, struct bytes label)
{
	size_t len = name->len;

	if (len)
		name->text[len++] = '.';
	for (size_t i = 0; i < label.len; i++) {
		uint8_t c = lower(label.data[i]);
		bool plain = c > ' ' && c < 0x7f && c != '.' && c != '\\';

		if (len + (plain ? 1 : 4) >= NAME_TEXT_SIZE)
			return false;
		if (plain) {
			name->text[len++] = (char)c;
			continue;
		}
		name->text[len++] = '\\';
		name->text[len++] = (char)('0' + c / 100);
		name->text[len++] = (char)('0' + c / 10 % 10);
		name->text[len++] = (char)('0' + c % 10);
	}
	if (len >= NAME_TEXT_SIZE)
		return false;
	name->len = (uint8_t)len;
	name->text[len] = 0;
	return true;
}

bool name_equal(const struct name *a, const struct name *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

bool name_is_within(const struct name *name, const char *suffix, size_t suffix_len)
{
	size_t start;

	if (suffix_len == 0 || suffix_len > name->len)
		return suffix_len == 0;
	start = name->len - suffix_len;
	if (memcmp(name->text + start, suffix, suffix_len) != 0)
		return false;
	return start == 0 || name->text[start - 1] == '.';
}

const char *name_parent(const char *text)
{
	const char *dot = strchr(text, '.');

	return dot ? dot + 1 : NULL;
}
