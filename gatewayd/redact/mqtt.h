/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MQTT 3.1, 3.1.1 and 5 as a client sends it: payloads of PUBLISH and of the
 * will, and user properties of any packet. Topics, client identifier and
 * credentials are left alone; a known secret in them is only told.
 *
 * A length that leaves its packet, or is written longer than need be, makes
 * the stream opaque for good.
 */
#ifndef GATEWAYD_REDACT_MQTT_H
#define GATEWAYD_REDACT_MQTT_H

#include "redact/content.h"

struct mqtt_editor {
	uint8_t state;
	uint8_t version; /* 3, 4 or 5; 0: CONNECT has not been seen */
	uint8_t type;    /* of this packet: its first byte */
	uint8_t step;    /* which of the packet's fields comes next */
	uint8_t at;      /* bytes of the number that is being read */
	uint8_t field;   /* what the string is */
	uint8_t flags;   /* of CONNECT */
	bool in_properties;
	bool counted;
	uint32_t matched;
	uint32_t number;
	uint32_t field_left;
	uint32_t properties_left;
	uint32_t left; /* of the packet */
	struct key_match match;
	struct content_editor content;
};

void mqtt_start(struct mqtt_editor *mqtt);
/* Returns how many bytes could be read: less than len, then it is opaque. */
size_t mqtt_edit(struct mqtt_editor *mqtt, struct redact_feed *feed, uint8_t *data, size_t len);

#endif
