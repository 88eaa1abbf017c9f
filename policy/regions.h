/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Country codes that exist, and the regions that come with gatewayd. */
#ifndef GATEWAYD_POLICY_REGIONS_H
#define GATEWAYD_POLICY_REGIONS_H

#include <stdbool.h>

#include "base/country.h"
#include "policy/words.h"

/* A code of ISO 3166-1, or one of those it leaves to users (XK, ZZ ...). */
bool regions_is_country(country code);
/* "GB" for "UK" and the like; NULL: no idea. */
const char *regions_alias(const char *text);
/* Adds the countries of a shipped region; false: there is none of that name. */
bool regions_shipped(const char *name, struct country_set *set);
void regions_try_names(struct nearest *nearest);

#endif
