/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts of a limit rule: "N UNIT/minute|hour|day", and how much of one is used. */
#include "policy/check.h"

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{"B", 1},
	{"kB", 1000},
	{"MB", 1000000},
	{"GB", 1000000000},
	{"TB", 1000000000000},
	{"KiB", (uint64_t)1 << 10},
	{"MiB", (uint64_t)1 << 20},
	{"GiB", (uint64_t)1 << 30},
	{"TiB", (uint64_t)1 << 40},
};

static const struct {
	const char *name;
	uint32_t seconds;
	const char *now;
} windows[] = {
	{"minute", 60, "this minute"},
	{"hour", 3600, "this hour"},
	{"day", 86400, "today"},
};

static void skip_blanks(const char **at)
{
	while (**at == ' ')
		(*at)++;
}

static bool parse_number(const char **at, uint64_t *ret_number)
{
	uint64_t number = 0;
	const char *start = *at;

	for (; **at >= '0' && **at <= '9'; (*at)++) {
		if (number > INT64_MAX / 10 - 1)
			return false;
		number = number * 10 + (uint64_t)(**at - '0');
	}
	*ret_number = number;
	return *at > start && number > 0;
}

static uint64_t parse_unit(const char **at)
{
	size_t len = 0;

	while ((*at)[len] && (*at)[len] != '/' && (*at)[len] != ' ')
		len++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) == len && memcmp(units[i].name, *at, len) == 0) {
			*at += len;
			return units[i].bytes;
		}
	}
	return 0;
}

bool limit_parse(const char *text, uint64_t *ret_bytes, uint32_t *ret_seconds,
		 const char **ret_expected)
{
	const char *at = text;
	uint64_t number, unit;

	skip_blanks(&at);
	*ret_expected = "expected a whole number above 0, as in \"2 MB/day\"";
	if (!parse_number(&at, &number))
		return false;
	skip_blanks(&at);
	*ret_expected = "expected a unit: B, kB, MB, GB, TB, KiB, MiB, GiB or TiB";
	unit = parse_unit(&at);
	if (unit == 0)
		return false;
	*ret_expected = "the amount is too large";
	if (number > INT64_MAX / unit)
		return false;
	skip_blanks(&at);
	*ret_expected = "expected /minute, /hour or /day after the unit";
	if (*at++ != '/')
		return false;
	skip_blanks(&at);
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		if (strcmp(windows[i].name, at) == 0) {
			*ret_bytes = number * unit;
			*ret_seconds = windows[i].seconds;
			return true;
		}
	}
	return false;
}

/* With one decimal, rounded down: what is left is never less than it says. */
static void write_tenths(struct writer *writer, uint64_t bytes, uint64_t unit, bool always)
{
	uint64_t whole = bytes / unit;
	uint64_t tenths = unit == 1 ? 0 : bytes / (unit / 10) - 10 * whole;

	writer_decimal(writer, whole);
	if (unit == 1 || (tenths == 0 && !always))
		return;
	writer_u8(writer, '.');
	writer_decimal(writer, tenths);
}

void policy_amount_text(uint64_t bytes, uint64_t most, uint32_t seconds,
			char text[static POLICY_AMOUNT_TEXT])
{
	struct writer writer = writer_on(text, POLICY_AMOUNT_TEXT);
	size_t unit = 0;

	/* The decimal ones, which stand in front. */
	while (unit < 4 && units[unit + 1].bytes <= most)
		unit++;
	write_tenths(&writer, bytes, units[unit].bytes, true);
	writer_text(&writer, " of ");
	write_tenths(&writer, most, units[unit].bytes, false);
	writer_text(&writer, " ");
	writer_text(&writer, units[unit].name);
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		if (windows[i].seconds == seconds) {
			writer_text(&writer, " ");
			writer_text(&writer, windows[i].now);
		}
	}
	writer_terminate(&writer);
}
