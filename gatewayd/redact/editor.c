/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See editor.h. */
#include "redact/editor.h"
#include "redact/coap.h"

#define MQTT_CONNECT 0x10

void editor_start(struct stream_editor *editor)
{
	memset(editor, 0, sizeof(*editor));
}

static struct redact_feed feed_on(const struct redact_plan *plan, struct secrets_scan *scan,
				  uint8_t *data, size_t len, struct redact_result *result)
{
	struct redact_feed feed = {plan, result, plan->secrets ? scan : NULL, data, len, 0, false};

	/* settled is only valid up to settled_len. */
	memset(result, 0, offsetof(struct redact_result, settled));
	return feed;
}

/* By the first byte; each of the three has its own. */
static void recognise(struct stream_editor *editor, uint8_t byte)
{
	if (http_may_start_with(byte)) {
		editor->kind = EDITOR_HTTP;
		http_start(&editor->as.http);
	} else if (byte == MQTT_CONNECT) {
		editor->kind = EDITOR_MQTT;
		mqtt_start(&editor->as.mqtt);
	} else if (byte && strchr("{[ \t\r\n\xef", byte)) {
		editor->kind = EDITOR_JSON;
		content_start(&editor->as.json, CONTENT_JSON, bytes_of(NULL, 0));
	} else {
		editor->kind = EDITOR_OPAQUE;
	}
}

static size_t edit(struct stream_editor *editor, struct redact_feed *feed)
{
	switch (editor->kind) {
	case EDITOR_HTTP:
		return http_edit(&editor->as.http, feed, feed->data, feed->len);
	case EDITOR_MQTT:
		return mqtt_edit(&editor->as.mqtt, feed, feed->data, feed->len);
	case EDITOR_JSON:
		content_edit(&editor->as.json, feed, feed->data, feed->len);
		return feed->result->opaque ? feed->result->opaque_at : feed->len;
	case EDITOR_UNKNOWN:
	case EDITOR_OPAQUE:
		break;
	}
	return 0;
}

/*
 * Secrets are looked for in what cannot be read, too. But nobody knows whether
 * more will come there, so nothing is held.
 */
static void scan_opaque(struct stream_editor *editor, struct redact_feed *feed, uint8_t *data,
			size_t len)
{
	if (editor->kind != EDITOR_OPAQUE)
		secrets_stop(feed);
	secrets_scan(feed, data, len, false);
}

void editor_feed(struct stream_editor *editor, const struct redact_plan *plan, uint8_t *data,
		 size_t len, struct redact_result *ret_result)
{
	struct redact_feed feed = feed_on(plan, &editor->scan, data, len, ret_result);
	size_t done;

	if (!len)
		return;
	feed.offset = editor->offset;
	if (editor->kind == EDITOR_UNKNOWN)
		recognise(editor, data[0]);
	done = edit(editor, &feed);
	if (done < len) {
		feed_opaque(&feed, data + done);
		/* JSON has been looked through to its end already. */
		if (feed.scan && editor->kind != EDITOR_JSON)
			scan_opaque(editor, &feed, data + done, len - done);
		editor->kind = EDITOR_OPAQUE;
	}
	if (feed.scan)
		secrets_hold(&feed, editor->kind != EDITOR_OPAQUE);
	editor->offset += len;
}

void editor_flush(struct stream_editor *editor, const struct redact_plan *plan,
		  struct redact_result *ret_result)
{
	struct redact_feed feed = feed_on(plan, &editor->scan, NULL, 0, ret_result);

	if (!feed.scan)
		return;
	/* The scan goes on: what of a secret is still to come is found, in part. */
	ret_result->settled_len = editor->scan.held;
	memcpy(ret_result->settled, editor->scan.tail, editor->scan.held);
	editor->scan.held = 0;
}

/* ---- datagrams ---- */

/* RFC 5424 section 6: a priority in angle brackets. */
static bool is_syslog(struct bytes text)
{
	size_t at = 1;

	if (!text.len || text.data[0] != '<')
		return false;
	while (at < text.len && at < 5 && text.data[at] >= '0' && text.data[at] <= '9')
		at++;
	return at > 1 && at < 5 && at < text.len && text.data[at] == '>';
}

static bool is_text(struct bytes text)
{
	struct utf8 utf8 = {0, 0, 0};

	for (size_t i = 0; i < text.len; i++) {
		uint8_t byte = text.data[i];

		if (byte < 0x20 ? byte != '\t' && byte != '\r' && byte != '\n'
				: !utf8_step(&utf8, byte))
			return false;
	}
	return true;
}

void editor_datagram(const struct redact_plan *plan, uint8_t *data, size_t len,
		     struct redact_result *ret_result)
{
	struct bytes text = bytes_of(data, len);
	struct secrets_scan scan;
	struct redact_feed feed = feed_on(plan, &scan, data, len, ret_result);
	struct content_editor content;

	memset(&scan, 0, sizeof(scan));
	if (!len)
		return;
	if (!is_text(text) && coap_recognise(text)) {
		coap_edit(&feed, data, len);
		return;
	}
	content_start(&content, is_syslog(text) ? CONTENT_TEXT : CONTENT_UNDECLARED,
		      bytes_of(NULL, 0));
	content_edit(&content, &feed, data, len);
}
