/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See xml.h. */
#include "redact/xml.h"

enum state {
	TEXT,
	OPEN, /* behind '<' */
	NAME,
	TAG,       /* between attributes */
	TAG_TIGHT, /* behind an attribute: white space must come first */
	ATTRIBUTE,
	EQUALS,
	QUOTE,
	ATTRIBUTE_VALUE,
	SLASH,
	END_NAME,
	END_TAIL,
	BANG,
	COMMENT_OPEN,
	COMMENT,
	CDATA_OPEN,
	CDATA,
	INSTRUCTION,
};

void xml_start(struct xml_editor *xml)
{
	memset(xml, 0, sizeof(*xml));
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_name_start(uint8_t byte)
{
	uint8_t lower = byte | 0x20;

	return (lower >= 'a' && lower <= 'z') || byte == '_' || byte == ':' || byte >= 0x80;
}

static bool is_name(uint8_t byte)
{
	return is_name_start(byte) || (byte >= '0' && byte <= '9') || byte == '-' || byte == '.';
}

static void name_byte(struct xml_editor *xml, const struct redact_feed *feed, uint8_t byte)
{
	const struct redact_keys *keys = feed->plan->keys;

	xml->name_hash = (xml->name_hash ^ byte) * UINT32_C(16777619);
	keys_feed(keys, &xml->match, &byte, 1);
	if (byte == ':')
		keys_begin(keys, keys_no_parent, &xml->local);
	else
		keys_feed(keys, &xml->local, &byte, 1);
}

static bool name_begin(struct xml_editor *xml, const struct redact_feed *feed, uint8_t byte,
		       enum state state)
{
	if (!is_name_start(byte))
		return false;
	xml->state = (uint8_t)state;
	xml->name_hash = UINT32_C(2166136261);
	keys_begin(feed->plan->keys, keys_no_parent, &xml->match);
	keys_begin(feed->plan->keys, keys_no_parent, &xml->local);
	name_byte(xml, feed, byte);
	return true;
}

static uint32_t name_matches(const struct xml_editor *xml, const struct redact_feed *feed)
{
	return feed_matches(feed, &xml->match) | feed_matches(feed, &xml->local);
}

static void cover(struct xml_editor *xml, struct redact_feed *feed, uint8_t *byte)
{
	feed_put(feed, byte, ' ', xml->covered, &xml->counted);
}

static void element_close(struct xml_editor *xml)
{
	if (xml->cover_depth == xml->depth)
		xml->cover_depth = 0;
	xml->depth--;
	xml->state = TEXT;
}

static bool element_open(struct xml_editor *xml, const struct redact_feed *feed)
{
	if (xml->depth == XML_DEPTH_MOST)
		return false;
	xml->names[xml->depth++] = xml->name_hash;
	if (xml->cover_depth)
		return true;
	xml->covered = name_matches(xml, feed);
	if (xml->covered) {
		xml->cover_depth = xml->depth;
		xml->counted = false;
	}
	return true;
}

/* Inside a start tag, outside of names and values. */
static bool tag_byte(struct xml_editor *xml, const struct redact_feed *feed, uint8_t byte)
{
	if (is_space(byte)) {
		xml->state = TAG;
		return true;
	}
	if (byte == '>' || byte == '/') {
		xml->state = byte == '>' ? TEXT : SLASH;
		return true;
	}
	return xml->state == TAG && name_begin(xml, feed, byte, ATTRIBUTE);
}

static bool text_byte(struct xml_editor *xml, struct redact_feed *feed, uint8_t *byte)
{
	if (*byte == '<')
		xml->state = OPEN;
	else if (xml->cover_depth)
		cover(xml, feed, byte);
	else
		return xml->depth || is_space(*byte);
	return true;
}

static bool open_byte(struct xml_editor *xml, const struct redact_feed *feed, uint8_t byte)
{
	xml->at = 0;
	if (byte == '/') {
		xml->state = END_NAME;
		xml->name_hash = UINT32_C(2166136261);
		return xml->depth > 0;
	}
	if (byte == '!' || byte == '?') {
		xml->state = byte == '!' ? BANG : INSTRUCTION;
		xml->word = 0;
		xml->quote = 0;
		/* There is no room for spaces only in an instruction. */
		return byte == '!' || !xml->cover_depth;
	}
	return name_begin(xml, feed, byte, NAME);
}

static bool end_byte(struct xml_editor *xml, uint8_t byte)
{
	if (xml->state == END_NAME && is_name(byte)) {
		xml->name_hash = (xml->name_hash ^ byte) * UINT32_C(16777619);
		return true;
	}
	if (xml->state == END_NAME && xml->name_hash != xml->names[xml->depth - 1])
		return false;
	xml->state = END_TAIL;
	if (byte == '>')
		element_close(xml);
	return byte == '>' || is_space(byte);
}

static bool bang_byte(struct xml_editor *xml, uint8_t byte)
{
	static const char word[] = "CDATA[";

	switch (xml->state) {
	case BANG:
		xml->state = byte == '-' ? COMMENT_OPEN : CDATA_OPEN;
		return byte == '-' || (byte == '[' && xml->depth);
	case COMMENT_OPEN:
		xml->state = COMMENT;
		return byte == '-';
	default:
		if (byte != (uint8_t)word[xml->at])
			return false;
		if (!word[++xml->at]) {
			xml->state = CDATA;
			xml->at = 0;
		}
		return true;
	}
}

/* In CDATA or a comment; two of `mark` and '>' end it. */
static bool section_byte(struct xml_editor *xml, struct redact_feed *feed, uint8_t *byte)
{
	uint8_t mark = xml->state == CDATA ? ']' : '-';

	if (*byte == '>' && xml->at == 2) {
		xml->state = TEXT;
		return true;
	}
	/* "--" ends a comment or breaks it. */
	if (mark == '-' && xml->at == 2)
		return false;
	if (*byte == mark) {
		xml->at = xml->at == 2 ? 2 : xml->at + 1;
		return true;
	}
	xml->at = 0;
	if (xml->cover_depth)
		cover(xml, feed, byte);
	return true;
}

static bool attribute_byte(struct xml_editor *xml, struct redact_feed *feed, uint8_t *byte)
{
	switch (xml->state) {
	case ATTRIBUTE:
		if (is_name(*byte)) {
			name_byte(xml, feed, *byte);
			return true;
		}
		xml->matched = name_matches(xml, feed);
		/* fall through */
	case EQUALS:
		xml->state = *byte == '=' ? QUOTE : EQUALS;
		return *byte == '=' || is_space(*byte);
	case QUOTE:
		xml->quote = *byte;
		xml->value_counted = false;
		if (is_space(*byte))
			return true;
		xml->state = ATTRIBUTE_VALUE;
		return *byte == '"' || *byte == '\'';
	default:
		break;
	}
	if (*byte == xml->quote)
		xml->state = TAG_TIGHT;
	else if (xml->cover_depth)
		cover(xml, feed, byte);
	else if (xml->matched)
		feed_put(feed, byte, ' ', xml->matched, &xml->value_counted);
	else
		return *byte != '<';
	return true;
}

/* XML 1.0 section 4.3.3. False: who reads it so may see other tags than we do. */
static bool encoding_byte(struct xml_editor *xml, uint8_t byte)
{
	static const char *const plain[] = {"utf-8", "us-ascii", "iso-8859-", "windows-125"};
	static const char word[] = "encoding";
	uint8_t lower = byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
	bool known = false;

	if (xml->word < sizeof(word) - 1) {
		xml->word = byte == (uint8_t)word[xml->word] ? xml->word + 1 : byte == 'e';
		return true;
	}
	if (!xml->quote) {
		xml->quote = byte == '"' || byte == '\'' ? byte : 0;
		xml->encodings = 0x0f;
		return xml->quote || byte == '=' || is_space(byte);
	}
	for (unsigned i = 0; i < 4; i++) {
		size_t at = xml->word - (sizeof(word) - 1), len = strlen(plain[i]);

		if (at < len && lower != (uint8_t)plain[i][at])
			xml->encodings &= (uint8_t) ~(1u << i);
		known |= at >= len && xml->encodings >> i & 1;
	}
	if (byte == xml->quote) {
		xml->quote = xml->word = 0;
		return known;
	}
	return xml->word++ < 40;
}

static bool instruction_byte(struct xml_editor *xml, uint8_t byte)
{
	if (!encoding_byte(xml, byte))
		return false;
	if (byte == '>' && xml->at) {
		xml->state = TEXT;
		return !xml->quote;
	}
	xml->at = byte == '?';
	return true;
}

static bool name_in_tag(struct xml_editor *xml, const struct redact_feed *feed, uint8_t byte)
{
	if (is_name(byte)) {
		name_byte(xml, feed, byte);
		return true;
	}
	xml->state = TAG_TIGHT;
	return element_open(xml, feed) && tag_byte(xml, feed, byte);
}

static bool edit_byte(struct xml_editor *xml, struct redact_feed *feed, uint8_t *byte)
{
	switch ((enum state)xml->state) {
	case TEXT:
		return text_byte(xml, feed, byte);
	case OPEN:
		return open_byte(xml, feed, *byte);
	case NAME:
		return name_in_tag(xml, feed, *byte);
	case TAG:
	case TAG_TIGHT:
		return tag_byte(xml, feed, *byte);
	case ATTRIBUTE:
	case EQUALS:
	case QUOTE:
	case ATTRIBUTE_VALUE:
		return attribute_byte(xml, feed, byte);
	case SLASH:
		element_close(xml);
		return *byte == '>';
	case END_NAME:
	case END_TAIL:
		return end_byte(xml, *byte);
	case BANG:
	case COMMENT_OPEN:
	case CDATA_OPEN:
		return bang_byte(xml, *byte);
	case COMMENT:
	case CDATA:
		return section_byte(xml, feed, byte);
	case INSTRUCTION:
		return instruction_byte(xml, *byte);
	}
	return false;
}

size_t xml_edit(struct xml_editor *xml, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t at;

	for (at = 0; at < len; at++) {
		bool control = data[at] < 0x20 && !is_space(data[at]);

		if (control || !edit_byte(xml, feed, &data[at]))
			break;
	}
	return at;
}
