/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * WebSocket frames of a client (RFC 6455): unmasked, edited, masked again.
 * Messages are JSON, text, or a stream of MQTT; compressed ones are opaque.
 */
#ifndef GATEWAYD_REDACT_WEBSOCKET_H
#define GATEWAYD_REDACT_WEBSOCKET_H

#include "redact/mqtt.h"

struct websocket_editor {
	uint8_t state;
	uint8_t opcode; /* of this frame */
	bool final;     /* this frame ends its message */
	bool open;      /* a message goes on in the next frame */
	bool opaque;    /* the message cannot be read */
	bool fresh;     /* no byte of the message has been seen */
	bool binary;    /* the message, whichever frame this is */
	bool any;       /* there was a message before */
	bool is_mqtt;
	uint8_t at; /* bytes of the length, or of the mask */
	uint8_t length_bytes;
	uint8_t mask[4];
	uint64_t left;
	struct mqtt_editor mqtt; /* its content editor also serves other messages */
};

void websocket_start(struct websocket_editor *socket);
/* Returns how many bytes could be read: less than len, then the framing is lost. */
size_t websocket_edit(struct websocket_editor *socket, struct redact_feed *feed, uint8_t *data,
		      size_t len);

#endif
