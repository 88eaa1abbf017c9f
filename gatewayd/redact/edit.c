/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See edit.h. */
#include "redact/edit.h"

void feed_opaque(struct redact_feed *feed, const uint8_t *from)
{
	if (feed->result->opaque)
		return;
	feed->result->opaque = true;
	feed->result->opaque_at = (size_t)(from - feed->data);
}

void feed_count(struct redact_feed *feed, uint32_t categories)
{
	if (categories)
		feed->result->stripped[__builtin_ctz(categories)]++;
}

uint32_t feed_matches(const struct redact_feed *feed, const struct key_match *match)
{
	return keys_end(feed->plan->keys, match) & feed->plan->categories;
}

/* Bounds of the byte behind a lead byte: no surrogates, nothing overlong. */
static void utf8_bounds(struct utf8 *utf8, uint8_t lead)
{
	utf8->low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	utf8->high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
}

bool utf8_step(struct utf8 *utf8, uint8_t byte)
{
	if (utf8->left) {
		if (byte < utf8->low || byte > utf8->high)
			return false;
		utf8->left--;
		utf8->low = 0x80;
		utf8->high = 0xbf;
		return true;
	}
	if (byte < 0x80)
		return true;
	if (byte < 0xc2 || byte > 0xf4)
		return false;
	utf8->left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
	utf8_bounds(utf8, byte);
	return true;
}
