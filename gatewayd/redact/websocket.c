/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See websocket.h. RFC 6455 section 5. */
#include "redact/websocket.h"

enum state {
	HEAD,
	LENGTH,
	LENGTH_MORE,
	MASK,
	PAYLOAD,
};

enum opcode {
	CONTINUATION = 0,
	BINARY = 2,
	CLOSE = 8,
	PONG = 10,
};

#define FINAL 0x80
#define COMPRESSED 0x40   /* RFC 7692 section 6 */
#define CONNECT_BYTE 0x10 /* what every client's MQTT begins with */

void websocket_start(struct websocket_editor *socket)
{
	memset(socket, 0, sizeof(*socket));
	mqtt_start(&socket->mqtt);
}

static bool is_control(const struct websocket_editor *socket)
{
	return socket->opcode >= CLOSE;
}

static bool head_byte(struct websocket_editor *socket, uint8_t byte)
{
	socket->opcode = byte & 0x0f;
	socket->final = byte & FINAL;
	socket->state = LENGTH;
	if (byte & 0x30)
		return false;
	if (is_control(socket))
		return socket->opcode <= PONG && socket->final && !(byte & COMPRESSED);
	if (socket->opcode > BINARY || socket->open != (socket->opcode == CONTINUATION))
		return false;
	if (socket->opcode == CONTINUATION)
		return !(byte & COMPRESSED);
	socket->opaque = byte & COMPRESSED;
	socket->fresh = true;
	socket->binary = socket->opcode == BINARY;
	return true;
}

/* Unmasked frames of a client, and lengths longer than need be, are errors. */
static bool length_byte(struct websocket_editor *socket, uint8_t byte)
{
	uint8_t length = byte & 0x7f;

	socket->at = 0;
	socket->left = length;
	socket->length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
	socket->state = socket->length_bytes ? LENGTH_MORE : MASK;
	if (socket->length_bytes)
		socket->left = 0;
	return byte & 0x80 && !(is_control(socket) && length > 125);
}

static bool length_more_byte(struct websocket_editor *socket, uint8_t byte)
{
	socket->left = socket->left << 8 | byte;
	if (++socket->at < socket->length_bytes)
		return true;
	socket->at = 0;
	socket->state = MASK;
	return socket->left > (socket->length_bytes == 2 ? 125 : 0xffff) && !(socket->left >> 63);
}

static void frame_end(struct websocket_editor *socket, struct redact_feed *feed)
{
	socket->state = HEAD;
	if (is_control(socket))
		return;
	socket->open = !socket->final;
	if (socket->final && !socket->is_mqtt)
		content_end(&socket->mqtt.content, feed);
}

static void mask_byte(struct websocket_editor *socket, struct redact_feed *feed, uint8_t byte)
{
	socket->mask[socket->at++] = byte;
	if (socket->at < sizeof(socket->mask))
		return;
	socket->at = 0;
	socket->state = PAYLOAD;
	if (!socket->left)
		frame_end(socket, feed);
}

static void apply_mask(const struct websocket_editor *socket, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] ^= socket->mask[(socket->at + i) & 3];
}

static size_t message_edit(struct websocket_editor *socket, struct redact_feed *feed, uint8_t *data,
			   size_t len)
{
	if (socket->fresh && !socket->is_mqtt && !socket->opaque) {
		socket->is_mqtt = socket->binary && !socket->any && data[0] == CONNECT_BYTE;
		if (!socket->is_mqtt)
			content_start(&socket->mqtt.content, CONTENT_UNDECLARED, bytes_of(NULL, 0));
	}
	socket->fresh = false;
	socket->any = true;
	if (socket->opaque) {
		feed_opaque(feed, data);
		/* What a compressed message does to the MQTT in it is not known. */
		return socket->is_mqtt ? 0 : len;
	}
	if (socket->is_mqtt)
		return socket->binary ? mqtt_edit(&socket->mqtt, feed, data, len) : 0;
	content_edit(&socket->mqtt.content, feed, data, len);
	return len;
}

static size_t payload_edit(struct websocket_editor *socket, struct redact_feed *feed, uint8_t *data,
			   size_t len)
{
	size_t run = len < socket->left ? len : (size_t)socket->left;
	size_t done = run;

	if (!is_control(socket)) {
		apply_mask(socket, data, run);
		done = message_edit(socket, feed, data, run);
		apply_mask(socket, data, run);
	}
	socket->at = (uint8_t)((socket->at + run) & 3);
	socket->left -= run;
	if (done == run && !socket->left)
		frame_end(socket, feed);
	return done;
}

size_t websocket_edit(struct websocket_editor *socket, struct redact_feed *feed, uint8_t *data,
		      size_t len)
{
	bool fine = true;
	size_t at = 0;

	while (at < len) {
		switch ((enum state)socket->state) {
		case HEAD:
			fine = head_byte(socket, data[at]);
			break;
		case LENGTH:
			fine = length_byte(socket, data[at]);
			break;
		case LENGTH_MORE:
			fine = length_more_byte(socket, data[at]);
			break;
		case MASK:
			mask_byte(socket, feed, data[at]);
			break;
		case PAYLOAD: {
			size_t run = len - at < socket->left ? len - at : (size_t)socket->left;
			size_t done = payload_edit(socket, feed, data + at, run);

			at += done;
			if (done < run)
				return at;
			continue;
		}
		}
		if (!fine)
			break;
		at++;
	}
	return at;
}
