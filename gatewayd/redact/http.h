/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP/1.0 and 1.1 requests (RFC 9112) as a device sends them: query,
 * headers, cookies, trailers and bodies are edited, with pipelining; a request
 * to upgrade to WebSocket (RFC 6455) hands over to that.
 *
 * Whatever two readers might read differently (bare CR or LF, folded lines,
 * two lengths, odd chunks, NUL) makes the stream opaque for good.
 */
#ifndef GATEWAYD_REDACT_HTTP_H
#define GATEWAYD_REDACT_HTTP_H

#include "redact/content.h"
#include "redact/websocket.h"

struct http_editor {
	uint8_t state;
	uint8_t at;       /* in a fixed word; digits of a size */
	uint8_t header;   /* which one is being read */
	uint32_t seen;    /* headers that were, 1 << each */
	uint8_t line_len; /* of what there was room for */
	bool cut;         /* there was more */
	bool minor_zero;  /* HTTP/1.0 */
	bool trailers;
	bool encoded;   /* Content-Encoding */
	bool upgrade;   /* Upgrade */
	bool websocket; /* to that */
	bool tunnel;    /* CONNECT */
	bool started;   /* a request was read before */
	bool counted;
	bool prefixed; /* the header's name begins with "x-" */
	uint8_t kind;  /* enum content_kind that Content-Type says */
	uint8_t boundary_len;
	uint32_t matched;
	uint64_t left;                /* of the body or chunk */
	struct key_match match, bare; /* a header's name, and behind its "x-" */
	char line[128];               /* method, or a name, or a value that matters */
	char boundary[MULTIPART_BOUNDARY_MOST];
	struct form_editor form; /* query or cookie */
	union {
		struct content_editor content;
		struct websocket_editor socket;
	} body;
};

/* Could this be the first byte of a request? */
bool http_may_start_with(uint8_t byte);
void http_start(struct http_editor *http);
/* Returns how many bytes could be read: less than len, then it is opaque for good. */
size_t http_edit(struct http_editor *http, struct redact_feed *feed, uint8_t *data, size_t len);

#endif
