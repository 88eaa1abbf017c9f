/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The editor of one direction (device to server) of one stream or of one
 * datagram: finds out what it is by content (HTTP, WebSocket, MQTT, JSON),
 * and takes out the values of matching keys, in place and at equal length.
 *
 * It knows bytes in order and nothing of TCP: sequence numbers,
 * retransmissions and holes are the caller's. A stream that it is not given
 * from its first byte cannot be read: do not start one there, call it opaque.
 *
 * struct stream_editor is plain data without pointers: zero it, copy it, drop
 * it. Allocates nothing.
 */
#ifndef GATEWAYD_REDACT_EDITOR_H
#define GATEWAYD_REDACT_EDITOR_H

#include "redact/edit.h"
#include "redact/http.h"
#include "redact/mqtt.h"
#include "redact/secrets.h"

enum editor_kind {
	EDITOR_UNKNOWN, /* nothing seen yet */
	EDITOR_HTTP,    /* and what it was upgraded to */
	EDITOR_MQTT,
	EDITOR_JSON,   /* lines or a document right on the stream */
	EDITOR_OPAQUE, /* for good: nothing more is edited */
};

struct stream_editor {
	enum editor_kind kind;
	uint64_t offset; /* bytes fed so far */
	union {
		struct http_editor http;
		struct mqtt_editor mqtt;
		struct content_editor json;
	} as;
	struct secrets_scan scan;
};

void editor_start(struct stream_editor *editor);

/*
 * The next bytes of the stream, edited in place. *ret_result is written anew.
 * A stream whose kind is EDITOR_OPAQUE afterwards needs no more calls, unless
 * known secrets are to be looked for in it all the same (nothing is held then).
 */
void editor_feed(struct stream_editor *editor, const struct redact_plan *plan, uint8_t *data,
		 size_t len, struct redact_result *ret_result);

/*
 * No more bytes will come, or the caller cannot hold any longer: what was held
 * is final as it is in ret_result->settled. The stream may go on.
 */
void editor_flush(struct stream_editor *editor, const struct redact_plan *plan,
		  struct redact_result *ret_result);

/*
 * A datagram: CoAP, syslog, JSON, a form, or lines of key and value; or
 * opaque. Nothing is ever held.
 */
void editor_datagram(const struct redact_plan *plan, uint8_t *data, size_t len,
		     struct redact_result *ret_result);

#endif
