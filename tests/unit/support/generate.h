/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random messages of devices, in every framing that the editors know, with
 * keys and values of all the shapes that JSON, forms, text, XML and multipart
 * allow. The same seed makes the same messages.
 */
#ifndef GATEWAYD_TESTS_GENERATE_H
#define GATEWAYD_TESTS_GENERATE_H

#include <stddef.h>
#include <stdint.h>

#include "tests/unit/support/reference.h"

struct generated {
	uint8_t *data;
	size_t len;
	size_t size;
	uint64_t random;
};

enum framing {
	FRAMING_JSON, /* right on the stream */
	FRAMING_HTTP, /* one or more requests */
	FRAMING_MQTT,
	FRAMING_WEBSOCKET, /* the upgrade, then frames; see websocket_from */
	FRAMING_COUNT,
};

/* The keys that the messages use now and then, for the reference and for keys_add(). */
extern const struct reference_key generated_keys[];
extern const size_t generated_key_count;

/* ret_from: where the frames begin, for a WebSocket. */
void generate(struct generated *generated, enum framing framing, size_t *ret_from);
void generate_json(struct generated *generated);

/* The reference's editor of that framing; see reference.h for what it returns. */
bool generated_edit(struct reference *reference, enum framing framing, size_t from, uint8_t *data,
		    size_t len);
/* One line of a failed test. */
void generated_show(const char *what, const uint8_t *data, size_t len);

#endif
