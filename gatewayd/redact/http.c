/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See http.h. RFC 9112 sections 3, 6 and 7. */
#include "redact/http.h"
#include "redact/http_header.h"
#include "redact/run.h"
#include "redact/secrets.h"

enum state {
	METHOD,
	EMPTY_LF, /* an empty line before a request */
	TARGET,
	QUERY,
	VERSION,
	MINOR,
	REQUEST_CR,
	REQUEST_LF,
	LINE, /* the beginning of a header line */
	NAME,
	VALUE_SPACE,
	VALUE,
	VALUE_LF,
	HEAD_LF,
	BODY,
	CHUNK_SIZE,
	CHUNK_SIZE_LF,
	CHUNK,
	CHUNK_CR,
	CHUNK_LF,
	UPGRADED, /* the next byte tells whether the server did */
	SOCKET,
	TUNNEL,
};

#define METHOD_MOST 24
#define CHUNK_DIGITS_MOST 15

bool http_may_start_with(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z';
}

static void begin_request(struct http_editor *http)
{
	http->state = METHOD;
	http->at = 0;
	http->seen = 0;
	http->line_len = 0;
	http->trailers = false;
	http->encoded = false;
	http->upgrade = false;
	http->websocket = false;
	http->kind = CONTENT_UNDECLARED;
	http->boundary_len = 0;
	http->left = 0;
}

void http_start(struct http_editor *http)
{
	memset(http, 0, sizeof(*http));
	begin_request(http);
}

/* ---- the request line ---- */

static bool method_byte(struct http_editor *http, uint8_t byte)
{
	if (byte == '\r' && !http->line_len && http->started) {
		http->state = EMPTY_LF;
		return true;
	}
	if (byte == ' ') {
		http->state = TARGET;
		http->at = 0;
		http->tunnel = http->line_len == 7 && memcmp(http->line, "CONNECT", 7) == 0;
		return http->line_len > 0;
	}
	if (http->line_len == METHOD_MOST)
		return false;
	http->line[http->line_len++] = (char)byte;
	return http_may_start_with(byte) || (byte == '-' && http->line_len > 1);
}

/* Path and query, as much as is here; false: the target is broken. */
static bool target_edit(struct http_editor *http, struct redact_feed *feed, uint8_t *data,
			size_t len, size_t *ret_run)
{
	size_t run = 0;

	while (run < len && data[run] > ' ' && data[run] != 0x7f && data[run] != '#' &&
	       (http->state == QUERY || data[run] != '?'))
		run++;
	http->at |= run > 0;
	if (http->state == QUERY)
		form_edit(&http->form, feed, data, run);
	if (feed->scan)
		secrets_scan(feed, data, run, false);
	*ret_run = run;
	if (run == len)
		return true;
	*ret_run = run + 1;
	if (data[run] == '?') {
		http->state = QUERY;
		form_start(&http->form, false);
	} else {
		http->state = VERSION;
	}
	if (feed->scan)
		secrets_stop(feed);
	if (data[run] == ' ' && !http->at)
		return false;
	http->at = data[run] == '?';
	return data[run] == ' ' || data[run] == '?';
}

static bool version_byte(struct http_editor *http, uint8_t byte)
{
	static const char word[] = "HTTP/1.";

	if (byte != (uint8_t)word[http->at])
		return false;
	if (!word[++http->at])
		http->state = MINOR;
	return true;
}

/* Bytes of the method and the space behind it; false: it is none. */
static bool method_edit(struct http_editor *http, const uint8_t *data, size_t len, size_t *ret_run)
{
	for (size_t at = 0; at < len && http->state == METHOD; at++) {
		*ret_run = at + 1;
		if (!method_byte(http, data[at]))
			return false;
	}
	return true;
}

static bool request_byte(struct http_editor *http, uint8_t byte)
{
	switch (http->state) {
	case EMPTY_LF:
		/* One empty line and no more, RFC 9112 section 2.2. */
		http->state = METHOD;
		http->started = false;
		return byte == '\n';
	case VERSION:
		return version_byte(http, byte);
	case MINOR:
		http->minor_zero = byte == '0';
		http->state = REQUEST_CR;
		return byte == '0' || byte == '1';
	case REQUEST_CR:
		http->state = REQUEST_LF;
		return byte == '\r';
	default:
		http->state = LINE;
		return byte == '\n';
	}
}

/* From the version on; most of the time it is all there. */
static bool version_edit(struct http_editor *http, const uint8_t *data, size_t len, size_t *ret_run)
{
	static const char line[] = "HTTP/1.1\r\n";
	const size_t minor = 7, line_len = sizeof(line) - 1;

	*ret_run = 1;
	if (http->state != VERSION || http->at || len < line_len ||
	    memcmp(data, line, minor) != 0 || (data[minor] | 1) != '1' ||
	    memcmp(data + minor + 1, line + minor + 1, line_len - minor - 1) != 0)
		return request_byte(http, data[0]);
	http->minor_zero = data[minor] == '0';
	http->state = LINE;
	*ret_run = line_len;
	return true;
}

/* ---- header lines ---- */

static bool head_end(struct http_editor *http)
{
	bool trailers = http->trailers;

	http->started = true;
	if (http->tunnel && !trailers) {
		http->state = TUNNEL;
		return true;
	}
	switch (trailers ? HTTP_BODY_NONE : http_body_begin(http)) {
	case HTTP_BODY_LENGTH:
		http->state = BODY;
		break;
	case HTTP_BODY_CHUNKED:
		http->state = CHUNK_SIZE;
		http->at = 0;
		http->left = 0;
		break;
	case HTTP_BODY_NONE:
		if (http->upgrade)
			http->state = UPGRADED;
		else
			begin_request(http);
		break;
	case HTTP_BODY_AMBIGUOUS:
		return false;
	}
	return true;
}

/* As much of a name as is here, and its colon; false: it is no name. */
static bool name_edit(struct http_editor *http, struct redact_feed *feed, const uint8_t *data,
		      size_t len, size_t *ret_run)
{
	size_t run = 0;
	struct bytes name;

	while (run < len && http_is_token(data[run]))
		run++;
	*ret_run = run;
	if (http->state == LINE)
		http_name_begin(http, feed);
	http->state = NAME;
	http_name_edit(http, feed, data, run);
	if (run == len)
		return true;
	name = bytes_of(http->line, http->line_len);
	++*ret_run;
	http->state = VALUE_SPACE;
	return data[run] == ':' && name.len &&
	       http_name_end(http, name, http_name_matches(http, feed));
}

/* The end of a line or of the head. */
static bool head_byte(struct http_editor *http, struct redact_feed *feed, uint8_t byte)
{
	if (http->state == HEAD_LF)
		return byte == '\n' && head_end(http);
	http->state = LINE;
	return byte == '\n' && http_value_end(http, feed);
}

/* Bytes that a value may hold, RFC 9110 section 5.5. */
static size_t value_run(const uint8_t *data, size_t len)
{
	size_t at = 0;

	for (;; at++) {
		at += run_length(data + at, len - at, run_controls);
		if (at == len || data[at] != '\t')
			return at;
	}
}

/* As much of a value as is here; false: a control character. */
static bool value_edit(struct http_editor *http, struct redact_feed *feed, uint8_t *data,
		       size_t len, size_t *ret_run)
{
	size_t run = 0;

	if (http->state == VALUE_SPACE) {
		*ret_run = 1;
		if (data[0] == ' ' || data[0] == '\t')
			return true;
		http->state = VALUE;
	}
	run = value_run(data, len);
	http_value_edit(http, feed, data, run);
	*ret_run = run;
	if (run == len)
		return true;
	http->state = VALUE_LF;
	*ret_run = run + 1;
	return data[run] == '\r';
}

/* ---- whole lines ---- */

/*
 * A name and its colon that are all there. Returns what is behind, or NULL. The
 * name that came behind `*name` last time is tried first.
 */
static uint8_t *whole_name(const struct redact_feed *feed, uint8_t *at, const uint8_t *end,
			   struct key_memo_entry **name)
{
	struct key_memo_entry *last = *name;
	uint8_t *text = at;

	if (last && end - at > MEMO_TEXT_MOST && last->next->header &&
	    memo_text_begins(&last->next->text, text)) {
		*name = last->next;
		return text + last->next->text.len;
	}
	while (at < end && http_is_token(*at))
		at++;
	if (at == end || *at != ':' || at == text)
		return NULL;
	*name = http_whole_name(feed, bytes_of(text, (size_t)(at - text)));
	if (last)
		last->next = *name;
	return at + 1;
}

/*
 * Lines that are all there, as nearly all are. Where one is cut or odd it is
 * left, from its first byte on, to what reads any byte. *ret_run: what was
 * read; false: its last byte broke the head.
 */
static bool edit_lines(struct http_editor *http, struct redact_feed *feed, uint8_t *data,
		       size_t len, size_t *ret_run)
{
	const uint8_t *end = data + len;
	struct key_memo_entry *name = NULL;

	*ret_run = 0;
	for (uint8_t *at = data; at < end; at = data + *ret_run) {
		uint8_t *value = whole_name(feed, at, end, &name);
		size_t run;

		if (!value)
			break;
		while (value < end && (*value == ' ' || *value == '\t'))
			value++;
		run = value_run(value, (size_t)(end - value));
		if (end - value < (ptrdiff_t)run + 2 || memcmp(value + run, "\r\n", 2) != 0 ||
		    !http_whole_name_end(http, feed, name))
			break;
		http_value_edit(http, feed, value, run);
		*ret_run = (size_t)(value - data) + run + 2;
		if (!http_value_end(http, feed))
			return false;
	}
	return true;
}

/* The first byte of a line: is it the empty one, behind the last? */
static bool line_edit(struct http_editor *http, struct redact_feed *feed, uint8_t *data, size_t len,
		      size_t *ret_run)
{
	if (data[0] == '\r') {
		http->state = HEAD_LF;
		*ret_run = 1;
		return true;
	}
	if (!edit_lines(http, feed, data, len, ret_run))
		return false;
	return *ret_run || name_edit(http, feed, data, len, ret_run);
}

/* ---- bodies ---- */

static void body_end(struct http_editor *http, struct redact_feed *feed)
{
	content_end(&http->body.content, feed);
	if (http->upgrade)
		http->state = UPGRADED;
	else
		begin_request(http);
}

static bool chunk_size_byte(struct http_editor *http, uint8_t byte)
{
	int digit = hex_value(byte);

	if (byte == '\r') {
		http->state = CHUNK_SIZE_LF;
		return http->at > 0;
	}
	/* Extensions say something to nobody, so they are not let through. */
	if (digit < 0 || http->at == CHUNK_DIGITS_MOST)
		return false;
	http->at++;
	http->left = http->left << 4 | (uint64_t)digit;
	return true;
}

static bool chunk_byte(struct http_editor *http, struct redact_feed *feed, uint8_t byte)
{
	switch (http->state) {
	case CHUNK_SIZE:
		return chunk_size_byte(http, byte);
	case CHUNK_SIZE_LF:
		http->state = CHUNK;
		if (!http->left) {
			content_end(&http->body.content, feed);
			http->state = LINE;
			http->trailers = true;
		}
		return byte == '\n';
	case CHUNK_CR:
		http->state = CHUNK_LF;
		return byte == '\r';
	default:
		http->state = CHUNK_SIZE;
		http->at = 0;
		http->left = 0;
		return byte == '\n';
	}
}

static size_t body_edit(struct http_editor *http, struct redact_feed *feed, uint8_t *data,
			size_t len)
{
	size_t run = len < http->left ? len : (size_t)http->left;

	content_edit(&http->body.content, feed, data, run);
	http->left -= run;
	if (http->left)
		return run;
	if (http->state == CHUNK)
		http->state = CHUNK_CR;
	else
		body_end(http, feed);
	return run;
}

/* A request that asked for another protocol was answered: by the next byte, how? */
static bool upgraded(struct http_editor *http, uint8_t byte)
{
	if (http_may_start_with(byte)) {
		begin_request(http);
		return true;
	}
	if (!http->websocket)
		return false;
	websocket_start(&http->body.socket);
	http->state = SOCKET;
	return true;
}

/* Bytes that are taken in one go; false: broken behind the first *ret_run. */
static bool edit_run(struct http_editor *http, struct redact_feed *feed, uint8_t *data, size_t len,
		     size_t *ret_run)
{
	*ret_run = 0;
	switch ((enum state)http->state) {
	case TARGET:
	case QUERY:
		return target_edit(http, feed, data, len, ret_run);
	case VALUE_SPACE:
	case VALUE:
		return value_edit(http, feed, data, len, ret_run);
	case BODY:
	case CHUNK:
		*ret_run = body_edit(http, feed, data, len);
		return true;
	case SOCKET:
		*ret_run = websocket_edit(&http->body.socket, feed, data, len);
		return *ret_run == len;
	case UPGRADED:
		return upgraded(http, data[0]);
	case TUNNEL:
		return false;
	case METHOD:
		return method_edit(http, data, len, ret_run);
	case EMPTY_LF:
	case VERSION:
	case MINOR:
	case REQUEST_CR:
	case REQUEST_LF:
		return version_edit(http, data, len, ret_run);
	case NAME:
		return name_edit(http, feed, data, len, ret_run);
	case LINE:
		return line_edit(http, feed, data, len, ret_run);
	case VALUE_LF:
	case HEAD_LF:
		*ret_run = 1;
		return head_byte(http, feed, data[0]);
	case CHUNK_SIZE:
	case CHUNK_SIZE_LF:
	case CHUNK_CR:
	case CHUNK_LF:
		*ret_run = 1;
		return chunk_byte(http, feed, data[0]);
	}
	return false;
}

size_t http_edit(struct http_editor *http, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t run;

		if (!edit_run(http, feed, data + at, len - at, &run))
			return http->state == SOCKET ? at + run : at + run - (run > 0);
		at += run;
	}
	return at;
}
