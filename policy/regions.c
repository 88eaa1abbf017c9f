/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Country codes: ISO 3166-1 alpha-2, as of 2025.
 *
 * Regions, each with its source and the date it was looked at. A database may
 * give parts of a member state codes of their own; where the law of the region
 * applies there, they are in the set (for the EU: Aland, and the outermost
 * regions of France, TFEU article 349). "EU" itself is in, too: some databases
 * answer that for networks used in several member states.
 */
#include "policy/regions.h"

#include <string.h>

static const char codes[] =
	"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO "
	"BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ "
	"DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP "
	"GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG "
	"KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML "
	"MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE "
	"PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL "
	"SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM "
	"US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "
	/* Left to users by ISO; XK is what everybody says for Kosovo. */
	"AA QM QN QO QP QQ QR QS QT QU QV QW QX QY QZ XA XB XC XD XE XF XG XH XI XJ XK XL XM XN "
	"XO XP XQ XR XS XT XU XV XW XX XY XZ ZZ "
	/* What registries answer when a network spans a continent. */
	"AP EU";

#define EU                                                                                  \
	"AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK " \
	"AX GF GP MF MQ RE YT EU"

static const struct {
	const char *name;
	const char *countries;
} shipped[] = {
	/* european-union.europa.eu, "EU countries": 27 members; 2026-08. */
	{"EU", EU},
	/* efta.int, "EEA Agreement": the EU, Iceland, Liechtenstein, Norway; 2026-08. */
	{"EEA", EU " IS LI NO"},
	/*
	 * commission.europa.eu, "Adequacy decisions", GDPR article 45; 2026-08.
	 * Canada: commercial organisations only. United States: only those in the
	 * EU-US Data Privacy Framework. A country code cannot tell them apart, so
	 * make a region of your own where that matters to you. Brazil: decision
	 * (EU) 2026/179. United Kingdom: renewed 2025-12-19, until 2031-12-27. The
	 * European Patent Organisation (2025-07-15) is no country, so not in here.
	 */
	{"adequacy", "AD AR BR CA CH FO GB GG IL IM JE JP KR NZ US UY"},
	/* The UKUSA agreement of 1946 and its later parties, nsa.gov (2010). */
	{"eyes5", "AU CA GB NZ US"},
};

#define SHIPPED (sizeof(shipped) / sizeof(shipped[0]))

static const struct {
	const char *said, *meant;
} aliases[] = {
	{"UK", "GB"},          {"EL", "GR"},      {"USA", "US"},           {"China", "CN"},
	{"Russia", "RU"},      {"Germany", "DE"}, {"France", "FR"},        {"Britain", "GB"},
	{"England", "GB"},     {"America", "US"}, {"Japan", "JP"},         {"Korea", "KR"},
	{"Taiwan", "TW"},      {"India", "IN"},   {"Canada", "CA"},        {"Switzerland", "CH"},
	{"Netherlands", "NL"}, {"Ireland", "IE"}, {"United States", "US"}, {"Singapore", "SG"},
	{"Iran", "IR"},
};

/* Codes are two letters and a blank each. */
static bool has_code(const char *list, country code)
{
	for (const char *at = list; at[0] && at[1]; at += at[2] ? 3 : 2) {
		if (country_from_letters(at[0], at[1]) == code)
			return true;
	}
	return false;
}

bool regions_is_country(country code)
{
	return code != COUNTRY_UNKNOWN && has_code(codes, code);
}

const char *regions_alias(const char *text)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (words_fold_equal(aliases[i].said, text))
			return aliases[i].meant;
	}
	return NULL;
}

bool regions_shipped(const char *name, struct country_set *set)
{
	for (size_t i = 0; i < SHIPPED; i++) {
		if (strcmp(shipped[i].name, name) != 0)
			continue;
		for (const char *at = shipped[i].countries; at[0]; at += at[2] ? 3 : 2)
			country_set_add(set, country_from_letters(at[0], at[1]));
		return true;
	}
	return false;
}

void regions_try_names(struct nearest *nearest)
{
	for (size_t i = 0; i < SHIPPED; i++)
		nearest_try(nearest, shipped[i].name);
}
