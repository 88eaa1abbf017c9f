/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See http_header.h. RFC 9110 section 5, RFC 9112 sections 5 and 6. */
#include "redact/http_header.h"
#include "redact/multipart.h"
#include "redact/secrets.h"

enum header {
	HEADER_UNKNOWN, /* not looked up */
	HEADER_REFUSED, /* nearly one of those that matter */
	HEADER_OTHER,
	HEADER_MASKED,
	HEADER_COOKIE,
	/* These are read, and are never edited. */
	HEADER_LENGTH,
	HEADER_CODING,
	HEADER_TYPE,
	HEADER_ENCODING,
	HEADER_UPGRADE,
	HEADER_KEPT,
};

#define KNOWN(name, header)                    \
	{                                      \
		name, sizeof(name) - 1, header \
	}

/* In lower case. */
static const struct known {
	const char *name;
	size_t len;
	enum header header;
} known[] = {
	KNOWN("content-length", HEADER_LENGTH),
	KNOWN("transfer-encoding", HEADER_CODING),
	KNOWN("content-type", HEADER_TYPE),
	KNOWN("content-encoding", HEADER_ENCODING),
	KNOWN("upgrade", HEADER_UPGRADE),
	KNOWN("cookie", HEADER_COOKIE),
	KNOWN("connection", HEADER_KEPT),
	KNOWN("host", HEADER_KEPT),
	KNOWN("expect", HEADER_KEPT),
	KNOWN("te", HEADER_KEPT),
	KNOWN("trailer", HEADER_KEPT),
	KNOWN("content-range", HEADER_KEPT),
	KNOWN("sec-websocket-key", HEADER_KEPT),
	KNOWN("sec-websocket-version", HEADER_KEPT),
	KNOWN("sec-websocket-protocol", HEADER_KEPT),
	KNOWN("sec-websocket-extensions", HEADER_KEPT),
};

static void line_begin(struct http_editor *http)
{
	http->line_len = 0;
	http->cut = false;
}

static void line_add(struct http_editor *http, const uint8_t *data, size_t len)
{
	size_t fits = sizeof(http->line) - http->line_len;

	http->cut |= len > fits;
	if (len < fits)
		fits = len;
	memcpy(http->line + http->line_len, data, fits);
	http->line_len = (uint8_t)(http->line_len + fits);
}

/* ---- names ---- */

void http_name_begin(struct http_editor *http, const struct redact_feed *feed)
{
	line_begin(http);
	http->prefixed = false;
	keys_begin(feed->plan->keys, keys_no_parent, &http->match);
	keys_begin(feed->plan->keys, keys_no_parent, &http->bare);
}

void http_name_edit(struct http_editor *http, const struct redact_feed *feed, const uint8_t *data,
		    size_t len)
{
	const struct redact_keys *keys = feed->plan->keys;
	size_t at = 0;

	/* "X-Device-Id" is the key device_id, too. */
	for (; at < len && http->line_len < 2; at++) {
		line_add(http, &data[at], 1);
		keys_feed(keys, &http->match, &data[at], 1);
		http->prefixed =
			http->line_len == 2 && data[at] == '-' && (http->line[0] | 0x20) == 'x';
	}
	line_add(http, data + at, len - at);
	keys_feed(keys, &http->match, data + at, len - at);
	if (http->prefixed)
		keys_feed(keys, &http->bare, data + at, len - at);
}

uint32_t http_name_matches(const struct http_editor *http, const struct redact_feed *feed)
{
	uint32_t matched = feed_matches(feed, &http->match);

	return http->prefixed ? matched | feed_matches(feed, &http->bare) : matched;
}

static bool is_mark(char c)
{
	return c == '_' || c == '-' || c == '.' || c == '$';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Equal but for case and the marks that some servers take for one another. */
static bool is_nearly(const char *at, const char *end, const char *name)
{
	for (;; at++, name++) {
		while (at < end && is_mark(*at))
			at++;
		while (*name && is_mark(*name))
			name++;
		if (at == end || !*name)
			return at == end && !*name;
		if (lower(*at) != *name)
			return false;
	}
}

static const struct known *known_exactly(struct bytes name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].len == name.len && text_begins(name, known[i].name))
			return &known[i];
	}
	return NULL;
}

static bool is_nearly_known(struct bytes name)
{
	const char *begin = (const char *)name.data;
	const char *end = begin + name.len;

	while (begin < end && is_mark(*begin))
		begin++;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && begin < end; i++) {
		if (known[i].name[0] == lower(*begin) && is_nearly(begin, end, known[i].name))
			return true;
	}
	return false;
}

/* Headers that decide how the rest is read may come once, and not behind the body. */
static bool note_header(struct http_editor *http, enum header header)
{
	uint32_t bit = UINT32_C(1) << header;
	bool once = header == HEADER_LENGTH || header == HEADER_CODING || header == HEADER_TYPE ||
		    header == HEADER_ENCODING || header == HEADER_UPGRADE;

	if (once && (http->seen & bit || http->trailers))
		return false;
	http->seen |= bit;
	return true;
}

static enum header header_of(struct bytes name)
{
	const struct known *exact = known_exactly(name);

	if (exact)
		return exact->header;
	return is_nearly_known(name) ? HEADER_REFUSED : HEADER_OTHER;
}

static bool begin_value(struct http_editor *http, enum header header, uint32_t matched)
{
	if (header == HEADER_REFUSED)
		return false;
	if (matched && (header == HEADER_OTHER || header == HEADER_COOKIE))
		header = HEADER_MASKED;
	if (!note_header(http, header))
		return false;
	http->matched = matched;
	http->counted = false;
	http->header = (uint8_t)header;
	line_begin(http);
	if (header == HEADER_COOKIE)
		form_start(&http->form, true);
	return true;
}

bool http_name_end(struct http_editor *http, struct bytes name, uint32_t matched)
{
	/* None of those that matter is as long as what does not fit. */
	bool known_length = name.len <= sizeof(http->line) && !http->cut;

	return begin_value(http, known_length ? header_of(name) : HEADER_OTHER, matched);
}

struct key_memo_entry *http_whole_name(const struct redact_feed *feed, struct bytes name)
{
	const struct redact_keys *keys = feed->plan->keys;
	struct key_memo_entry *entry =
		keys_whole(keys, keys_no_parent, name, bytes_of(name.data, name.len + 1));

	if (entry->header != HEADER_UNKNOWN)
		return entry;
	/* "X-Device-Id" is the key device_id, too. */
	if (text_begins(name, "x-"))
		entry->categories |= keys_lookup(keys, bytes_of(name.data + 2, name.len - 2));
	entry->header =
		(uint8_t)(name.len <= sizeof(((struct http_editor *)NULL)->line) ? header_of(name)
										 : HEADER_OTHER);
	return entry;
}

bool http_whole_name_end(struct http_editor *http, const struct redact_feed *feed,
			 const struct key_memo_entry *name)
{
	return begin_value(http, (enum header)name->header,
			   name->categories & feed->plan->categories);
}

/* ---- values ---- */

void http_value_edit(struct http_editor *http, struct redact_feed *feed, uint8_t *data, size_t len)
{
	switch ((enum header)http->header) {
	case HEADER_MASKED:
		for (size_t i = 0; i < len; i++)
			feed_put(feed, &data[i], 'x', http->matched, &http->counted);
		break;
	case HEADER_COOKIE:
		form_edit(&http->form, feed, data, len);
		break;
	case HEADER_UNKNOWN:
	case HEADER_REFUSED:
	case HEADER_OTHER:
		break;
	case HEADER_LENGTH:
	case HEADER_CODING:
	case HEADER_TYPE:
	case HEADER_ENCODING:
	case HEADER_UPGRADE:
		line_add(http, data, len);
		/* fall through */
	case HEADER_KEPT:
		if (feed->scan)
			secrets_see(feed, data, len);
		return;
	}
	if (feed->scan)
		secrets_scan(feed, data, len, false);
}

static bool read_length(struct http_editor *http, struct bytes value)
{
	uint64_t length = 0;

	if (!value.len || value.len > 18)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return false;
		length = length * 10 + (value.data[i] - '0');
	}
	http->left = length;
	return true;
}

static void read_type(struct http_editor *http, struct bytes value)
{
	struct bytes boundary;

	http->kind = (uint8_t)content_kind_of_type(value, &boundary);
	if (http->cut)
		http->kind = CONTENT_OPAQUE;
	http->boundary_len = (uint8_t)boundary.len;
	if (boundary.len)
		memcpy(http->boundary, boundary.data, boundary.len);
}

static bool value_is(struct bytes value, const char *word)
{
	return value.len == strlen(word) && text_begins(value, word);
}

bool http_value_end(struct http_editor *http, struct redact_feed *feed)
{
	struct bytes value = bytes_of(http->line, http->line_len);

	while (value.len && (value.data[value.len - 1] == ' ' || value.data[value.len - 1] == '\t'))
		value.len--;
	if (feed->scan)
		secrets_stop(feed);
	switch ((enum header)http->header) {
	case HEADER_LENGTH:
		return !http->cut && read_length(http, value);
	case HEADER_CODING:
		return !http->cut && value_is(value, "chunked");
	case HEADER_TYPE:
		read_type(http, value);
		break;
	case HEADER_ENCODING:
		http->encoded = !value_is(value, "identity") && value.len;
		break;
	case HEADER_UPGRADE:
		http->upgrade = true;
		http->websocket = value_is(value, "websocket");
		break;
	case HEADER_UNKNOWN:
	case HEADER_REFUSED:
	case HEADER_OTHER:
	case HEADER_MASKED:
	case HEADER_COOKIE:
	case HEADER_KEPT:
		break;
	}
	return true;
}

enum http_body http_body_begin(struct http_editor *http)
{
	bool length = http->seen >> HEADER_LENGTH & 1;
	bool coding = http->seen >> HEADER_CODING & 1;
	enum content_kind kind = http->encoded ? CONTENT_OPAQUE : (enum content_kind)http->kind;

	/* RFC 9112 section 6.1. */
	if (coding && (length || http->minor_zero))
		return HTTP_BODY_AMBIGUOUS;
	if (!coding && (!length || !http->left))
		return HTTP_BODY_NONE;
	content_start(&http->body.content, kind, bytes_of(http->boundary, http->boundary_len));
	return coding ? HTTP_BODY_CHUNKED : HTTP_BODY_LENGTH;
}
