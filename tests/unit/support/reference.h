/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second editor, written to be compared with the one that ships: it sees a
 * whole message at once, copies keys into strings, walks by recursion and
 * rewrites by position. Slow, simple, and sharing no code with redact/.
 */
#ifndef GATEWAYD_TESTS_REFERENCE_H
#define GATEWAYD_TESTS_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reference_key {
	const char *text; /* as in the table, with '*' and '.' */
	unsigned category;
};

struct reference {
	const struct reference_key *keys;
	size_t key_count;
	uint32_t categories;
	uint32_t stripped[16];
};

/* All of the message can be read, and *data is what must come of it. */
bool reference_json(struct reference *reference, uint8_t *data, size_t len);
void reference_form(struct reference *reference, uint8_t *data, size_t len);
bool reference_text(struct reference *reference, uint8_t *data, size_t len);
bool reference_xml(struct reference *reference, uint8_t *data, size_t len);
bool reference_multipart(struct reference *reference, const char *boundary, uint8_t *data,
			 size_t len);
/* Requests one after the other, with any body that is declared. */
bool reference_http(struct reference *reference, uint8_t *data, size_t len);
/* Packets of version 4 or 5; payloads are JSON or text. */
bool reference_mqtt(struct reference *reference, uint8_t *data, size_t len);
/* Frames of a client: whole messages of JSON or text. */
bool reference_websocket(struct reference *reference, uint8_t *data, size_t len);

#endif
