/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last bytes of a stream that is read, as they have left or will leave: a
 * ring, by distance from the stream's first byte. Each stream has a small one,
 * which is all that most need; the few that send a lot at a time get a large
 * one, since what is kept bounds the window (window.c) and so the speed.
 */
#include "engine/kept.h"

#include "engine/internal.h"

void kept_start(struct strip *strip)
{
	strip->kept = strip->own;
	strip->kept_size = sizeof(strip->own);
}

static uint8_t *find_large(struct engine *engine)
{
	for (unsigned i = 0; i < STRIP_LARGE_MOST; i++) {
		bool taken = false;

		for (uint32_t j = 0; j < engine->strip_count && !taken; j++)
			taken = engine->strips[j].flow &&
				engine->strips[j].kept == engine->large[i];
		if (!taken)
			return engine->large[i];
	}
	return NULL;
}

void kept_grow(struct engine *engine, struct strip *strip)
{
	uint8_t *large;
	size_t run;

	if (strip->kept != strip->own || strip->edge - strip->origin < STRIP_KEPT)
		return;
	large = find_large(engine);
	if (!large)
		return;
	/* What lies in a row in the small one does so in the large one. */
	for (uint32_t seq = strip->oldest; seq != strip->edge; seq += (uint32_t)run) {
		const uint8_t *from = kept_place(strip, seq, strip->edge - seq, &run);

		memcpy(large + (seq - strip->origin) % STRIP_KEPT_LARGE, from, run);
	}
	strip->kept = large;
	strip->kept_size = STRIP_KEPT_LARGE;
}

bool kept_has(const struct strip *strip, uint32_t seq)
{
	return strip->edge - seq <= strip->edge - strip->oldest;
}

static size_t place_of(const struct strip *strip, uint32_t seq, size_t len, size_t *ret_run)
{
	size_t at = (seq - strip->origin) % strip->kept_size;

	*ret_run = len < strip->kept_size - at ? len : strip->kept_size - at;
	return at;
}

uint8_t *kept_place(struct strip *strip, uint32_t seq, size_t len, size_t *ret_run)
{
	return strip->kept + place_of(strip, seq, len, ret_run);
}

void kept_put(struct strip *strip, uint32_t seq, const uint8_t *data, size_t len)
{
	for (size_t i = 0, run; i < len; i += run) {
		uint8_t *place = kept_place(strip, seq + (uint32_t)i, len - i, &run);

		memcpy(place, data + i, run);
	}
}

void kept_get(const struct strip *strip, uint32_t seq, uint8_t *ret_data, size_t len)
{
	for (size_t i = 0, run; i < len; i += run) {
		size_t at = place_of(strip, seq + (uint32_t)i, len - i, &run);

		memcpy(ret_data + i, strip->kept + at, run);
	}
}

bool kept_is(const struct strip *strip, uint32_t seq, struct bytes bytes)
{
	for (size_t i = 0, run; i < bytes.len; i += run) {
		size_t at = place_of(strip, seq + (uint32_t)i, bytes.len - i, &run);

		if (memcmp(bytes.data + i, strip->kept + at, run) != 0)
			return false;
	}
	return true;
}
