/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was sent of a stream, as it was and as it became. */
#ifndef GATEWAYD_ENGINE_KEPT_H
#define GATEWAYD_ENGINE_KEPT_H

#include "engine/strip.h"

void kept_start(struct strip *strip);
/* Makes room for more, if the stream needs it and there is some. */
void kept_grow(struct engine *engine, struct strip *strip);
/* Are the bytes from seq up to the edge still there? */
bool kept_has(const struct strip *strip, uint32_t seq);
/* Where the byte is kept, and how many of the next len lie right behind it. */
uint8_t *kept_place(struct strip *strip, uint32_t seq, size_t len, size_t *ret_run);
void kept_put(struct strip *strip, uint32_t seq, const uint8_t *data, size_t len);
void kept_get(const struct strip *strip, uint32_t seq, uint8_t *ret_data, size_t len);
/* Are these the bytes that are kept? */
bool kept_is(const struct strip *strip, uint32_t seq, struct bytes bytes);

#endif
