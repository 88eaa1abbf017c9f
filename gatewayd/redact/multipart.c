/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See multipart.h. */
#include "redact/multipart.h"

enum state {
	DELIMITER, /* in a line end and the boundary, from the body's first byte on */
	TAIL,      /* behind the boundary */
	TAIL_LF,
	TAIL_DASH,
	HEADER,
	HEADER_LF,
	BODY,
	EPILOGUE,
};

#define PREFIX_LEN 4 /* CR LF - - */

void multipart_start(struct multipart_editor *parts, struct bytes boundary)
{
	memset(parts, 0, sizeof(*parts));
	parts->boundary_len = (uint8_t)boundary.len;
	memcpy(parts->boundary, boundary.data, boundary.len);
	parts->state = DELIMITER;
	/* The first one needs no line end before it. */
	parts->at = 2;
	parts->first = true;
}

static uint8_t delimiter_byte(const struct multipart_editor *parts, size_t at)
{
	return at < PREFIX_LEN ? (uint8_t) "\r\n--"[at] : (uint8_t)parts->boundary[at - PREFIX_LEN];
}

/* ---- a part's headers ---- */

static struct bytes skip_space(struct bytes text)
{
	while (text.len && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = bytes_of(text.data + 1, text.len - 1);
	return text;
}

static bool is_token(uint8_t byte)
{
	return byte > ' ' && byte < 0x7f && !strchr("()<>@,;:\\\"/[]?=", byte);
}

/* RFC 2045 section 5.1: a word, a text in quotes; takes it off the text. */
static bool take_value(struct bytes *text, struct bytes *ret_value)
{
	bool quoted = text->len && text->data[0] == '"';
	size_t at = quoted;

	if (!quoted) {
		while (at < text->len && is_token(text->data[at]))
			at++;
		*ret_value = bytes_of(text->data, at);
		*text = bytes_of(text->data + at, text->len - at);
		return at > 0;
	}
	while (at < text->len && text->data[at] != '"')
		at++;
	/* A quote behind a backslash ends the text for some. */
	if (at == text->len || text->data[at - 1] == '\\')
		return false;
	*ret_value = bytes_of(text->data + 1, at - 1);
	*text = bytes_of(text->data + at + 1, text->len - at - 1);
	return true;
}

/* The one name among the parameters; false: readers may differ about them. */
static bool disposition_name(struct bytes text, struct bytes *ret_name)
{
	struct bytes word, value;
	bool found = false;

	if (!take_value(&text, &word))
		return false;
	for (text = skip_space(text); text.len; text = skip_space(text)) {
		if (text.data[0] != ';')
			return false;
		text = skip_space(bytes_of(text.data + 1, text.len - 1));
		if (!text.len)
			break;
		if (text.data[0] == '"' || !take_value(&text, &word) || !text.len ||
		    text.data[0] != '=')
			return false;
		text = bytes_of(text.data + 1, text.len - 1);
		if (!take_value(&text, &value))
			return false;
		if (!text_begins(word, "name"))
			continue;
		/* "name*" of RFC 5987 is a second name to some. */
		if (found || word.len != 4 || memchr(value.data, '\\', value.len))
			return false;
		*ret_name = value;
		found = true;
	}
	return true;
}

static bool read_disposition(struct multipart_editor *parts, const struct redact_feed *feed,
			     struct bytes value)
{
	struct bytes name = {NULL, 0};

	if (parts->disposition || !disposition_name(value, &name))
		return false;
	parts->disposition = true;
	parts->matched = name.len ? form_key_matches(feed, name) : 0;
	return true;
}

/* A whole header line; false: it cannot be relied on. */
static bool read_header(struct multipart_editor *parts, const struct redact_feed *feed)
{
	struct bytes line = bytes_of(parts->line, parts->line_len);
	struct bytes boundary;
	struct bytes value;
	size_t name = 0;

	while (name < line.len && is_token(line.data[name]))
		name++;
	if (!name || name == line.len || line.data[name] != ':' ||
	    (parts->cut && text_begins(line, "content-")))
		return false;
	value = skip_space(bytes_of(line.data + name + 1, line.len - name - 1));
	if (text_begins(line, "content-disposition"))
		return line.data[19] == ':' && read_disposition(parts, feed, value);
	if (text_begins(line, "content-type:")) {
		parts->declared = (uint8_t)content_kind_of_type(value, &boundary);
		if (parts->declared == CONTENT_MULTIPART)
			parts->declared = CONTENT_OPAQUE;
	} else if (text_begins(line, "content-transfer-encoding:")) {
		parts->encoded = !text_begins(value, "7bit") && !text_begins(value, "8bit") &&
				 !text_begins(value, "binary");
	}
	return true;
}

static void begin_part(struct multipart_editor *parts)
{
	parts->state = HEADER;
	parts->bare = 0;
	parts->line_len = 0;
	parts->cut = false;
	parts->disposition = false;
	parts->encoded = false;
	parts->declared = CONTENT_UNDECLARED;
	parts->matched = 0;
	parts->counted = false;
}

static bool header_byte(struct content_editor *content, const struct redact_feed *feed,
			uint8_t byte)
{
	struct multipart_editor *parts = &content->parts;

	if (parts->state == HEADER) {
		if (byte == '\r')
			parts->state = HEADER_LF;
		else if (parts->line_len < sizeof(parts->line))
			parts->line[parts->line_len++] = (char)byte;
		else
			parts->cut = true;
		return byte >= 0x20 || byte == '\t' || byte == '\r';
	}
	if (byte != '\n')
		return false;
	if (parts->line_len) {
		parts->state = HEADER;
		if (!read_header(parts, feed))
			return false;
	} else {
		parts->state = BODY;
		leaf_start(&content->leaf,
			   parts->encoded ? CONTENT_OPAQUE : (enum content_kind)parts->declared);
	}
	parts->line_len = 0;
	parts->cut = false;
	return true;
}

static bool tail_byte(struct multipart_editor *parts, uint8_t byte)
{
	switch (parts->state) {
	case TAIL:
		parts->state = byte == '\r' ? TAIL_LF : TAIL_DASH;
		return byte == '\r' || byte == '-';
	case TAIL_LF:
		begin_part(parts);
		return byte == '\n';
	default:
		parts->state = EPILOGUE;
		return byte == '-';
	}
}

/* ---- bodies ---- */

static void edit_part(struct content_editor *content, struct redact_feed *feed, uint8_t *data,
		      size_t len)
{
	struct multipart_editor *parts = &content->parts;

	if (!parts->matched) {
		leaf_edit(&content->leaf, feed, data, len);
		return;
	}
	for (size_t i = 0; i < len; i++)
		feed_put(feed, &data[i], ' ', parts->matched, &parts->counted);
}

/*
 * What looked like a boundary was content. It may have left already, so it
 * stays as it is, but the part's editor must have seen it.
 */
static void replay(struct content_editor *content, struct redact_feed *feed, const uint8_t *byte)
{
	struct multipart_editor *parts = &content->parts;
	uint8_t copy[PREFIX_LEN + MULTIPART_BOUNDARY_MOST];
	struct redact_result result;
	struct redact_feed aside = {feed->plan, &result, NULL, copy, sizeof(copy), 0, true};

	result.opaque = false;
	for (size_t i = 0; i < parts->at; i++)
		copy[i] = delimiter_byte(parts, i);
	if (!parts->matched)
		leaf_edit(&content->leaf, &aside, copy, parts->at);
	if (result.opaque)
		feed_opaque(feed, byte);
}

static bool delimiter_edit(struct content_editor *content, struct redact_feed *feed, uint8_t *byte,
			   bool *ret_taken)
{
	struct multipart_editor *parts = &content->parts;

	*ret_taken = *byte == delimiter_byte(parts, parts->at);
	if (*ret_taken) {
		if (++parts->at < PREFIX_LEN + parts->boundary_len)
			return true;
		parts->state = TAIL;
		parts->first = false;
		return true;
	}
	if (parts->first)
		return false;
	replay(content, feed, byte);
	parts->state = BODY;
	return true;
}

/*
 * A boundary behind a lone LF is one for some readers and not for others.
 * Content all the same, until it is complete; false: it is.
 */
static bool bare_byte(struct multipart_editor *parts, uint8_t byte)
{
	if (byte == '\n')
		parts->bare = 2;
	else if (parts->bare && byte == delimiter_byte(parts, parts->bare))
		parts->bare++;
	else
		parts->bare = 0;
	return parts->bare < PREFIX_LEN + parts->boundary_len;
}

/* Returns how many bytes were taken, which is 0 for a boundary that is none. */
static size_t body_edit(struct content_editor *content, struct redact_feed *feed, uint8_t *data,
			size_t len)
{
	struct multipart_editor *parts = &content->parts;
	size_t at = 0;

	if (parts->bare || data[0] == '\n') {
		if (data[0] != '\r') {
			if (!bare_byte(parts, data[0]))
				return 0;
			edit_part(content, feed, data, 1);
			return 1;
		}
		parts->bare = 0;
	}
	while (at < len && data[at] != '\r' && data[at] != '\n')
		at++;
	edit_part(content, feed, data, at);
	if (at == len || data[at] == '\n')
		return at;
	parts->state = DELIMITER;
	parts->at = 1;
	return at + 1;
}

size_t multipart_edit(struct content_editor *content, struct redact_feed *feed, uint8_t *data,
		      size_t len)
{
	struct multipart_editor *parts = &content->parts;
	size_t at = 0;
	bool fine = true;
	bool taken;

	while (at < len) {
		taken = true;
		switch ((enum state)parts->state) {
		case DELIMITER:
			fine = delimiter_edit(content, feed, &data[at], &taken);
			break;
		case TAIL:
		case TAIL_LF:
		case TAIL_DASH:
			fine = tail_byte(parts, data[at]);
			break;
		case HEADER:
		case HEADER_LF:
			fine = header_byte(content, feed, data[at]);
			break;
		case BODY: {
			size_t run = body_edit(content, feed, data + at, len - at);

			if (!run)
				return at;
			at += run;
			continue;
		}
		case EPILOGUE:
			fine = data[at] == '\r' || data[at] == '\n';
			break;
		}
		if (!fine)
			break;
		at += taken;
	}
	return at;
}
