/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header lines of a request, for http.c alone: which ones matter, what
 * their values mean, and which combinations two readers could disagree about.
 */
#ifndef GATEWAYD_REDACT_HTTP_HEADER_H
#define GATEWAYD_REDACT_HTTP_HEADER_H

#include "redact/http.h"

bool http_is_token(uint8_t byte);

void http_name_begin(struct http_editor *http, const struct redact_feed *feed);
void http_name_edit(struct http_editor *http, const struct redact_feed *feed, const uint8_t *data,
		    size_t len);
/* The colon. False: the name looks like one that matters, but is not quite. */
bool http_name_end(struct http_editor *http, const struct redact_feed *feed);
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
