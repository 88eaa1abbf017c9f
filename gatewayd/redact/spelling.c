/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See spelling.h. */
#include "redact/spelling.h"

#include "base/writer.h"

#define SHORTEST 4
/* Fewer characters of base64 would be found in pictures by chance. */
#define BASE64_SHORTEST 5

static const char digits[2][17] = {"0123456789abcdef", "0123456789ABCDEF"};

struct adding {
	struct redact_secrets *secrets;
	unsigned category;
	enum secrets_error error;
};

/* A spelling that does not fit is left out; the others do. */
static void add(struct adding *adding, const struct writer *text)
{
	if (adding->error == SECRETS_OK && writer_ok(text))
		adding->error =
			secrets_add_spelling(adding->secrets, writer_bytes(text), adding->category);
}

static void put_hex(struct writer *writer, uint8_t byte, unsigned letters)
{
	writer_u8(writer, (uint8_t)digits[letters][byte >> 4]);
	writer_u8(writer, (uint8_t)digits[letters][byte & 15]);
}

static bool is_unreserved(uint8_t byte)
{
	uint8_t lower = byte | 0x20;

	return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') ||
	       (byte && strchr("-._~", byte));
}

/* RFC 3986 section 2.1; space: what a space becomes; all: nothing stays as it is. */
static void add_percent(struct adding *adding, struct bytes value, unsigned letters,
			const char *space, bool all)
{
	uint8_t room[SECRETS_SPELLING_MOST];
	struct writer text = writer_on(room, sizeof(room));

	for (size_t i = 0; i < value.len; i++) {
		uint8_t byte = value.data[i];

		if (byte == ' ' && space) {
			writer_text(&text, space);
		} else if (!all && is_unreserved(byte)) {
			writer_u8(&text, byte);
		} else {
			writer_u8(&text, '%');
			put_hex(&text, byte, letters);
		}
	}
	add(adding, &text);
}

static void add_hex(struct adding *adding, struct bytes value, unsigned letters)
{
	uint8_t room[SECRETS_SPELLING_MOST];
	struct writer text = writer_on(room, sizeof(room));

	for (size_t i = 0; i < value.len; i++)
		put_hex(&text, value.data[i], letters);
	add(adding, &text);
}

/* One character of UTF-8 at value.data[*at]; bytes that are none count as Latin-1. */
static uint32_t next_character(struct bytes value, size_t *at)
{
	struct utf8 utf8 = {0, 0, 0};
	uint8_t lead = value.data[*at];
	uint32_t code = lead < 0x80   ? lead
			: lead < 0xe0 ? lead & 0x1f
			: lead < 0xf0 ? lead & 0x0f
				      : lead & 0x07;
	size_t end = *at;

	do {
		if (end == value.len || !utf8_step(&utf8, value.data[end])) {
			++*at;
			return lead;
		}
		if (end > *at)
			code = code << 6 | (value.data[end] & 0x3f);
		end++;
	} while (utf8.left);
	*at = end;
	return code;
}

static void put_unit(struct writer *writer, uint32_t unit, unsigned letters)
{
	writer_text(writer, "\\u");
	put_hex(writer, (uint8_t)(unit >> 8), letters);
	put_hex(writer, (uint8_t)unit, letters);
}

/* As a JSON string; ascii: all else as \u. */
static void add_json(struct adding *adding, struct bytes value, bool ascii, bool slash,
		     unsigned letters)
{
	uint8_t room[SECRETS_SPELLING_MOST];
	struct writer text = writer_on(room, sizeof(room));

	for (size_t at = 0; at < value.len;) {
		size_t from = at;
		uint32_t code = next_character(value, &at);

		if (code >= 0x80 && !ascii) {
			writer_put(&text, value.data + from, at - from);
		} else if (code >= 0x10000) {
			put_unit(&text, 0xd7c0 + (code >> 10), letters);
			put_unit(&text, 0xdc00 + (code & 0x3ff), letters);
		} else if (code >= 0x80 || code < 0x20) {
			put_unit(&text, code, letters);
		} else {
			if (code == '"' || code == '\\' || (code == '/' && slash))
				writer_u8(&text, '\\');
			writer_u8(&text, (uint8_t)code);
		}
	}
	add(adding, &text);
}

/* What base64 (RFC 4648) shows of the value when `before` bytes stand before it in its group. */
static void add_base64(struct adding *adding, struct bytes value, unsigned before, const char *last)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	uint8_t room[SECRETS_SPELLING_MOST], escaped[SECRETS_SPELLING_MOST];
	struct writer text = writer_on(room, sizeof(room));
	struct writer slashed = writer_on(escaped, sizeof(escaped));
	size_t first = (before * 8u + 5) / 6;
	size_t end = (before + value.len) * 8 / 6;

	for (size_t i = first; i < end; i++) {
		size_t bit = i * 6 - before * 8u;
		unsigned pair = (unsigned)value.data[bit / 8] << 8 |
				(bit / 8 + 1 < value.len ? value.data[bit / 8 + 1] : 0u);
		unsigned six = pair >> (10 - bit % 8) & 63;
		char letter = six < 62 ? letters[six] : last[six - 62];

		writer_u8(&text, (uint8_t)letter);
		if (letter == '/')
			writer_u8(&slashed, '\\');
		writer_u8(&slashed, (uint8_t)letter);
	}
	if (end - first < BASE64_SHORTEST)
		return;
	add(adding, &text);
	add(adding, &slashed);
}

static void add_base64_all(struct adding *adding, struct bytes value)
{
	for (unsigned before = 0; before < 3; before++) {
		add_base64(adding, value, before, "+/");
		add_base64(adding, value, before, "-_");
	}
}

enum secrets_error secrets_add(struct redact_secrets *secrets, struct bytes value,
			       unsigned category)
{
	struct adding adding = {secrets, category, SECRETS_OK};

	if (category >= REDACT_CATEGORIES || value.len < SHORTEST)
		return SECRETS_TOO_SHORT;
	if (value.len > SECRETS_VALUE_MOST)
		return SECRETS_TOO_LONG;
	adding.error = secrets_add_spelling(secrets, value, category);
	for (unsigned letters = 0; letters < 2; letters++) {
		add_percent(&adding, value, letters, NULL, false);
		add_percent(&adding, value, letters, "+", false);
		add_percent(&adding, value, letters, NULL, true);
		add_hex(&adding, value, letters);
		add_json(&adding, value, true, false, letters);
		add_json(&adding, value, true, true, letters);
	}
	add_json(&adding, value, false, false, 0);
	add_json(&adding, value, false, true, 0);
	add_base64_all(&adding, value);
	return adding.error;
}

/* every: bytes between two separators. */
static void add_separated(struct adding *adding, const uint8_t mac[6], const char *separator,
			  unsigned every, unsigned letters, bool base64)
{
	uint8_t room[SECRETS_SPELLING_MOST];
	struct writer text = writer_on(room, sizeof(room));

	for (unsigned i = 0; i < 6; i++) {
		if (i && i % every == 0)
			writer_text(&text, separator);
		put_hex(&text, mac[i], letters);
	}
	add(adding, &text);
	if (base64)
		add_base64_all(adding, writer_bytes(&text));
}

enum secrets_error secrets_add_mac(struct redact_secrets *secrets, const uint8_t mac[6],
				   unsigned category)
{
	static const char *const separators[] = {":", "-", "", ".", "_", " ", "%3A", "%3a", "%20"};
	struct adding adding = {secrets, category, SECRETS_OK};

	if (category >= REDACT_CATEGORIES)
		return SECRETS_TOO_SHORT;
	for (unsigned letters = 0; letters < 2; letters++) {
		for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++)
			add_separated(&adding, mac, separators[i], 1, letters, i < 3);
		add_separated(&adding, mac, ".", 2, letters, false);
	}
	add_base64_all(&adding, bytes_of(mac, 6));
	return adding.error;
}
