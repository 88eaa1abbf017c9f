/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A body of some kind: of an HTTP request, an MQTT message, a WebSocket
 * message, a part of a multipart body. What it is said to be and what it looks
 * like must agree, or it is opaque; what begins like JSON is JSON.
 */
#ifndef GATEWAYD_REDACT_CONTENT_H
#define GATEWAYD_REDACT_CONTENT_H

#include "redact/form.h"
#include "redact/json.h"
#include "redact/text.h"
#include "redact/xml.h"

enum content_kind {
	CONTENT_UNDECLARED, /* go by its first bytes */
	CONTENT_JSON,
	CONTENT_FORM,
	CONTENT_TEXT,
	CONTENT_XML,
	CONTENT_MULTIPART,
	CONTENT_BINARY, /* said to be, but JSON, XML and text are recognised */
	CONTENT_OPAQUE,
};

#define MULTIPART_BOUNDARY_MOST 70 /* RFC 2046 section 5.1.1 */

struct leaf_editor {
	enum content_kind declared;
	enum content_kind kind; /* CONTENT_UNDECLARED: not known yet */
	uint8_t mark;           /* bytes of a byte-order mark seen */
	bool json;              /* its escapes must stay whole */
	bool begun;             /* the first byte was seen */
	bool bracket;           /* '[' seen, which text may begin with, too */
	union {
		struct json_editor json;
		struct form_editor form;
		struct text_editor text;
		struct xml_editor xml;
	} as;
};

/* RFC 2046 section 5.1, RFC 7578. See multipart.h. */
struct multipart_editor {
	uint8_t state;
	uint8_t at;
	uint8_t boundary_len;
	uint8_t line_len;
	bool first;   /* the boundary before the first part */
	uint8_t bare; /* how much of a boundary behind a lone LF there was */
	bool counted;
	bool cut;         /* its header line was longer than there is room for */
	bool disposition; /* the part has had its Content-Disposition */
	bool encoded;     /* base64 and the like */
	uint8_t declared; /* enum content_kind, of the part */
	uint32_t matched;
	char boundary[MULTIPART_BOUNDARY_MOST];
	char line[200]; /* a part's header line, what fits of it */
};

struct content_editor {
	bool multipart;
	struct multipart_editor parts;
	struct leaf_editor leaf;
};

/*
 * The kind that a Content-Type names; for multipart ret_boundary is the
 * boundary inside value, empty when there is none that can be used.
 */
enum content_kind content_kind_of_type(struct bytes value, struct bytes *ret_boundary);

/* boundary is copied, and empty unless multipart. */
void content_start(struct content_editor *content, enum content_kind declared,
		   struct bytes boundary);
/* What cannot be read is marked in the feed and stays opaque until the next start. */
void content_edit(struct content_editor *content, struct redact_feed *feed, uint8_t *data,
		  size_t len);
/* The body ends here. */
void content_end(struct content_editor *content, struct redact_feed *feed);

#endif
