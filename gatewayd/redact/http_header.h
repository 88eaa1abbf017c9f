/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header lines of a request, for http.c alone: which ones matter, what
 * their values mean, and which combinations two readers could disagree about.
 */
#ifndef GATEWAYD_REDACT_HTTP_HEADER_H
#define GATEWAYD_REDACT_HTTP_HEADER_H

#include "redact/http.h"

/* RFC 9110 section 5.6.2. */
static inline bool http_is_token(uint8_t byte)
{
	/* Letters, digits and !#$%&'*+-.^_`|~ */
	static const uint32_t bits[4] = {0x00000000, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff};

	return byte < 0x80 && bits[byte >> 5] >> (byte & 31) & 1;
}

void http_name_begin(struct http_editor *http, const struct redact_feed *feed);
void http_name_edit(struct http_editor *http, const struct redact_feed *feed, const uint8_t *data,
		    size_t len);
/* The selected categories of the name that was fed. */
uint32_t http_name_matches(const struct http_editor *http, const struct redact_feed *feed);
/* The colon. False: the name looks like one that matters, but is not quite. */
bool http_name_end(struct http_editor *http, struct bytes name, uint32_t matched);
/*
 * A name that is there as a whole, a colon behind it: begin, edit and end need
 * not be called. Its `next` may be written. The second is as http_name_end(),
 * and changes nothing when it is false.
 */
struct key_memo_entry *http_whole_name(const struct redact_feed *feed, struct bytes name);
bool http_whole_name_end(struct http_editor *http, const struct redact_feed *feed,
			 const struct key_memo_entry *name);
/* Bytes of the value, without white space before it. */
void http_value_edit(struct http_editor *http, struct redact_feed *feed, uint8_t *data, size_t len);
/* The line's end. False: the request can be read in more than one way. */
bool http_value_end(struct http_editor *http, struct redact_feed *feed);

/* The empty line: how the body comes. */
enum http_body {
	HTTP_BODY_NONE,
	HTTP_BODY_LENGTH,
	HTTP_BODY_CHUNKED,
	HTTP_BODY_AMBIGUOUS,
};
enum http_body http_body_begin(struct http_editor *http);

#endif
