/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Countries as ISO 3166-1 alpha-2 codes, and sets of them. A code is a number
 * from 1 to 676 ("AA" is 1); 0 means unknown.
 */
#ifndef GATEWAYD_BASE_COUNTRY_H
#define GATEWAYD_BASE_COUNTRY_H

#include <stdbool.h>
#include <stdint.h>

typedef uint16_t country;

#define COUNTRY_UNKNOWN ((country)0)
#define COUNTRY_MOST 676

struct country_set {
	uint64_t bits[(COUNTRY_MOST + 64) / 64];
};

/* Two letters of any case; COUNTRY_UNKNOWN when they are not. */
static inline country country_from_letters(char a, char b)
{
	a = (char)(a & ~0x20);
	b = (char)(b & ~0x20);
	if (a < 'A' || a > 'Z' || b < 'A' || b > 'Z')
		return COUNTRY_UNKNOWN;
	return (country)(26 * (a - 'A') + (b - 'A') + 1);
}

static inline country country_from_text(const char *text)
{
	if (!text[0] || !text[1] || text[2])
		return COUNTRY_UNKNOWN;
	return country_from_letters(text[0], text[1]);
}

/* "US", or "unknown" for COUNTRY_UNKNOWN. */
static inline void country_print(country code, char text[static 8])
{
	static const char unknown[8] = "unknown";

	for (int i = 0; i < 8; i++)
		text[i] = unknown[i];
	if (code == COUNTRY_UNKNOWN)
		return;
	text[0] = (char)('A' + (code - 1) / 26);
	text[1] = (char)('A' + (code - 1) % 26);
	text[2] = 0;
}

static inline void country_set_add(struct country_set *set, country code)
{
	set->bits[code / 64] |= (uint64_t)1 << (code % 64);
}

static inline bool country_set_has(const struct country_set *set, country code)
{
	return set->bits[code / 64] >> (code % 64) & 1;
}

static inline void country_set_join(struct country_set *set, const struct country_set *other)
{
	for (unsigned i = 0; i < sizeof(set->bits) / sizeof(set->bits[0]); i++)
		set->bits[i] |= other->bits[i];
}

#endif
