/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bits of packet and conntrack marks that are ours. The user gives a mask
 * of at least four bits in a row: the low two hold enum flow_mark, the rest
 * the policy generation. A generation is never written as 0, so whatever we
 * have marked differs from what nobody has: a verdict "undecided" overwrites
 * what an older generation left. Few bits wrap soon; therefore marks of older
 * generations are taken off conntrack entries at each change of generation.
 */
#ifndef GATEWAYD_BASE_MARK_H
#define GATEWAYD_BASE_MARK_H

#include "base/packet.h"

#define MARK_STATE_BITS 3u /* of a mark that is shifted down */

/* How far the mask is from bit 0; 0 for an empty mask. */
static inline unsigned mark_shift(uint32_t mask)
{
	unsigned shift = 0;

	while (mask && !(mask >> shift & 1))
		shift++;
	return shift;
}

/* At least four bits and no gap between them? */
static inline bool mark_mask_is_valid(uint32_t mask)
{
	uint32_t low = mask >> mark_shift(mask);

	return low >= 0xf && (low & (low + 1)) == 0;
}

/* What travels in the mark, in place. generation: engine_generation(). */
static inline uint32_t mark_value(uint32_t mask, enum flow_mark state, uint32_t generation)
{
	unsigned shift = mark_shift(mask);
	uint32_t highest = mask >> shift >> 2;

	return ((uint32_t)state | (1 + (highest ? generation % highest : 0)) << 2) << shift & mask;
}

/* The state bits of the mask, in place. */
static inline uint32_t mark_state_mask(uint32_t mask)
{
	return MARK_STATE_BITS << mark_shift(mask) & mask;
}

/* Of a whole mark. */
static inline enum flow_mark mark_state(uint32_t mask, uint32_t mark)
{
	return (enum flow_mark)((mark & mask) >> mark_shift(mask) & MARK_STATE_BITS);
}

/* Is it of this generation? False for a mark that is not ours at all. */
static inline bool mark_is_current(uint32_t mask, uint32_t mark, uint32_t generation)
{
	uint32_t bits = mask & ~mark_state_mask(mask);

	return (mark & bits) == (mark_value(mask, MARK_UNDECIDED, generation) & bits);
}

#endif
