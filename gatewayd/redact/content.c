/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See content.h. */
#include "redact/content.h"
#include "redact/multipart.h"
#include "redact/secrets.h"

static uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

bool text_begins(struct bytes text, const char *word)
{
	size_t i;

	for (i = 0; i < text.len && word[i] && lower(text.data[i]) == (uint8_t)word[i]; i++)
		;
	return !word[i];
}

static bool text_has(struct bytes text, const char *word)
{
	for (; text.len; text.data++, text.len--) {
		/* Words begin with letters; nearly every byte is another one. */
		if ((*text.data | 0x20) == (uint8_t)*word && text_begins(text, word))
			return true;
	}
	return false;
}

/* ---- what a Content-Type says ---- */

static bool is_boundary_byte(uint8_t byte)
{
	return byte > ' ' && byte < 0x7f && byte != '"' && byte != '\\' && byte != ';';
}

/* The value of the one boundary parameter; empty: none that can be used. */
static struct bytes find_boundary(struct bytes value)
{
	struct bytes found = {NULL, 0};
	bool quoted;

	while (value.len && !text_begins(value, "boundary=")) {
		value.data++;
		value.len--;
	}
	if (value.len < 10)
		return found;
	value = bytes_of(value.data + 9, value.len - 9);
	quoted = value.data[0] == '"';
	if (quoted)
		value = bytes_of(value.data + 1, value.len - 1);
	found.data = value.data;
	while (found.len < value.len && is_boundary_byte(value.data[found.len]))
		found.len++;
	value = bytes_of(value.data + found.len, value.len - found.len);
	if (found.len > MULTIPART_BOUNDARY_MOST || text_has(value, "boundary") ||
	    (quoted ? !value.len || value.data[0] != '"'
		    : value.len && value.data[0] != ';' && value.data[0] != ' '))
		found.len = 0;
	return found;
}

#define FORM_TYPE "application/x-www-form-urlencoded"
#define JSON_TYPE "application/json"

enum content_kind content_kind_of_type(struct bytes value, struct bytes *ret_boundary)
{
	struct bytes type = value;
	bool form;

	*ret_boundary = bytes_of(value.data, 0);
	/* What nearly all say, in so many words. */
	if (bytes_equal(value, bytes_of(JSON_TYPE, strlen(JSON_TYPE))))
		return CONTENT_JSON;
	if (bytes_equal(value, bytes_of(FORM_TYPE, strlen(FORM_TYPE))))
		return CONTENT_FORM;
	for (type.len = 0; type.len < value.len && value.data[type.len] != ';';)
		type.len++;
	/* Sixteen bits to a character, or an encoding of its own. */
	if (type.len < value.len && (text_has(value, "utf-16") || text_has(value, "utf-32") ||
				     text_has(value, "utf-7") || text_has(value, "ucs-")))
		return CONTENT_OPAQUE;
	if (!type.len)
		return CONTENT_UNDECLARED;
	if (text_begins(type, "multipart/")) {
		*ret_boundary = find_boundary(value);
		return ret_boundary->len ? CONTENT_MULTIPART : CONTENT_OPAQUE;
	}
	form = text_begins(type, FORM_TYPE);
	if (form && type.len == strlen(FORM_TYPE))
		return CONTENT_FORM;
	if (text_has(type, "json"))
		return CONTENT_JSON;
	if (text_has(type, "xml"))
		return CONTENT_XML;
	if (form)
		return CONTENT_FORM;
	return text_begins(type, "text/") ? CONTENT_TEXT : CONTENT_BINARY;
}

/* ---- one body or part ---- */

void leaf_start(struct leaf_editor *leaf, enum content_kind declared)
{
	leaf->declared = declared;
	leaf->kind = declared == CONTENT_OPAQUE ? CONTENT_OPAQUE : CONTENT_UNDECLARED;
	leaf->mark = 0;
	leaf->bracket = false;
	leaf->begun = false;
	leaf->json = false;
}

/* What it is, by its first byte that is no white space. */
static enum content_kind kind_of_first(const struct leaf_editor *leaf, uint8_t byte)
{
	if (byte == '{')
		return CONTENT_JSON;
	switch (leaf->declared) {
	case CONTENT_JSON:
		return byte && strchr("[\"-0123456789tfn", byte) ? CONTENT_JSON : CONTENT_OPAQUE;
	case CONTENT_XML:
		return byte == '<' ? CONTENT_XML : CONTENT_OPAQUE;
	case CONTENT_FORM:
		return byte == '<' ? CONTENT_XML : CONTENT_FORM;
	case CONTENT_UNDECLARED:
	case CONTENT_BINARY:
		return byte == '<' ? CONTENT_XML : CONTENT_TEXT;
	case CONTENT_TEXT:
		return CONTENT_TEXT;
	case CONTENT_MULTIPART:
	case CONTENT_OPAQUE:
		break;
	}
	return CONTENT_OPAQUE;
}

/* '[' begins JSON, and lines of logs: "[2024-05-01] text". */
static enum content_kind kind_of_bracket(const struct leaf_editor *leaf, uint8_t byte)
{
	bool json = byte && (strchr("{[\"]", byte) ||
			     (leaf->declared != CONTENT_TEXT && strchr("-0123456789tfn", byte)));

	return json || leaf->declared == CONTENT_JSON ? CONTENT_JSON : kind_of_first(leaf, '[');
}

static size_t leaf_edit_kind(struct leaf_editor *leaf, struct redact_feed *feed, uint8_t *data,
			     size_t len)
{
	switch (leaf->kind) {
	case CONTENT_JSON:
		return json_edit(&leaf->as.json, feed, data, len);
	case CONTENT_XML:
		return xml_edit(&leaf->as.xml, feed, data, len);
	case CONTENT_TEXT:
		return text_edit(&leaf->as.text, feed, data, len);
	case CONTENT_FORM:
		return form_edit_body(&leaf->as.form, feed, data, len);
	case CONTENT_UNDECLARED:
	case CONTENT_MULTIPART:
	case CONTENT_BINARY:
	case CONTENT_OPAQUE:
		break;
	}
	return 0;
}

static void leaf_become(struct leaf_editor *leaf, struct redact_feed *feed, enum content_kind kind)
{
	uint8_t bracket = '[';

	leaf->kind = kind;
	leaf->json = kind == CONTENT_JSON;
	switch (kind) {
	case CONTENT_JSON:
		json_start(&leaf->as.json);
		break;
	case CONTENT_XML:
		xml_start(&leaf->as.xml);
		break;
	case CONTENT_TEXT:
		text_start(&leaf->as.text);
		break;
	case CONTENT_FORM:
		form_start(&leaf->as.form, false);
		break;
	case CONTENT_UNDECLARED:
	case CONTENT_MULTIPART:
	case CONTENT_BINARY:
	case CONTENT_OPAQUE:
		return;
	}
	if (leaf->bracket)
		leaf_edit_kind(leaf, feed, &bracket, 1);
}

/* A byte of what may come first: byte-order mark, white space, '['. */
static bool is_prelude(struct leaf_editor *leaf, uint8_t byte)
{
	static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
	bool space = byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';

	if (leaf->mark < 3 && (leaf->mark || !leaf->begun) && byte == mark[leaf->mark]) {
		leaf->mark++;
		leaf->begun = true;
		return true;
	}
	leaf->begun = true;
	if ((leaf->mark && leaf->mark < 3) || (!space && (byte != '[' || leaf->bracket)))
		return false;
	leaf->bracket |= !space;
	return true;
}

/* Looks at the first bytes; returns how many were passed. */
static size_t leaf_recognise(struct leaf_editor *leaf, struct redact_feed *feed,
			     const uint8_t *data, size_t len)
{
	enum content_kind kind;
	size_t at = 0;

	while (at < len && is_prelude(leaf, data[at]))
		at++;
	if (at == len)
		return at;
	if (leaf->mark && leaf->mark < 3)
		kind = CONTENT_OPAQUE;
	else if (!leaf->bracket)
		kind = kind_of_first(leaf, data[at]);
	else
		kind = kind_of_bracket(leaf, data[at]);
	leaf_become(leaf, feed, kind);
	return at;
}

size_t leaf_edit(struct leaf_editor *leaf, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t at = 0;

	if (leaf->kind == CONTENT_UNDECLARED)
		at = leaf_recognise(leaf, feed, data, len);
	if (at == len)
		return at;
	if (leaf->kind != CONTENT_OPAQUE)
		at += leaf_edit_kind(leaf, feed, data + at, len - at);
	if (at < len) {
		leaf->kind = CONTENT_OPAQUE;
		feed_opaque(feed, data + at);
	}
	return at;
}

/* ---- whole bodies ---- */

void content_start(struct content_editor *content, enum content_kind declared,
		   struct bytes boundary)
{
	content->multipart = declared == CONTENT_MULTIPART;
	if (content->multipart)
		multipart_start(&content->parts, boundary);
	leaf_start(&content->leaf, declared);
}

static void scan(struct content_editor *content, struct redact_feed *feed, uint8_t *data, size_t at,
		 size_t len)
{
	secrets_scan(feed, data, at, content->leaf.json);
	if (at == len)
		return;
	/* What cannot be read may still hold a secret, but none goes across. */
	secrets_stop(feed);
	content->leaf.json = false;
	secrets_scan(feed, data + at, len - at, false);
}

void content_edit(struct content_editor *content, struct redact_feed *feed, uint8_t *data,
		  size_t len)
{
	bool opaque = content->leaf.kind == CONTENT_OPAQUE;
	size_t at;

	if (!content->multipart) {
		at = leaf_edit(&content->leaf, feed, data, len);
	} else {
		at = multipart_edit(content, feed, data, len);
		opaque = false;
		if (at < len) {
			feed_opaque(feed, data + at);
			content_start(content, CONTENT_OPAQUE, bytes_of(NULL, 0));
		}
	}
	if (feed->scan)
		scan(content, feed, data, opaque ? len : at, len);
}

void content_end(struct content_editor *content, struct redact_feed *feed)
{
	(void)content;
	if (feed->scan)
		secrets_stop(feed);
}
