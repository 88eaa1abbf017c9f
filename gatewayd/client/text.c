/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _DEFAULT_SOURCE /* TIOCGWINSZ */

#include "client/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "utf8.h"

#define WRAP_INDENT 4

static bool is_harmless(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	/* Marks, embeddings and isolates that turn the reading order; line ends; tags. */
	if ((code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || code == 0x061c)
		return false;
	return !(code >= 0xe0000 && code <= 0xe0fff);
}

void text_clean(const char *text, char *ret_text, size_t size)
{
	size_t at = 0;
	uint32_t code = 0;

	while (*text) {
		size_t len = utf8_read(text, &code);
		bool good = len && is_harmless(code);
		size_t out = good ? len : 1;

		if (at + out + 1 > size)
			break;
		if (good)
			memcpy(ret_text + at, text, len);
		else
			ret_text[at] = '?';
		at += out;
		text += len ? len : 1;
	}
	ret_text[at] = '\0';
}

void text_put(FILE *out, const char *text)
{
	size_t size = strlen(text) + 1;
	char *clean = malloc(size);

	if (!clean)
		return;
	text_clean(text, clean, size);
	fputs(clean, out);
	free(clean);
}

/* Bytes of the colour that begins here; 0: none does. */
static size_t colour_length(const char *text)
{
	size_t len = text[0] == '\033' && text[1] == '[' ? strcspn(text, "m") : 0;

	return len && text[len] ? len + 1 : 0;
}

/* Bytes and columns of what must stay together: blanks and the word behind them. */
static size_t word_length(const char *text, size_t *ret_columns)
{
	size_t len = strspn(text, " "), columns = len;

	while (text[len] && text[len] != ' ' && text[len] != '\n') {
		size_t colour = colour_length(text + len);

		columns += !colour && ((unsigned char)text[len] & 0xc0) != 0x80;
		len += colour ? colour : 1;
	}
	*ret_columns = columns;
	return len;
}

void text_put_wrapped(FILE *out, const char *text, size_t width)
{
	size_t at = 0, indent = 0, columns, len, blanks;

	for (; *text; text += len) {
		if (*text == '\n') {
			putc('\n', out);
			at = 0;
			len = 1;
			continue;
		}
		len = word_length(text, &columns);
		blanks = strspn(text, " ");
		if (at == 0) {
			indent = blanks + WRAP_INDENT;
		} else if (width && at + columns > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
			text += blanks;
			len -= blanks;
			columns -= blanks;
		}
		fwrite(text, 1, len, out);
		at += columns;
	}
}

size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

void text_bytes(uint64_t bytes, char ret_text[static TEXT_NUMBER_SIZE])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	size_t unit = 0;

	/* 999.5 would be printed as 1000. */
	while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		unit++;
	}
	if (unit == 0 || value >= 9.95)
		snprintf(ret_text, TEXT_NUMBER_SIZE, "%.0f %s", value, units[unit]);
	else
		snprintf(ret_text, TEXT_NUMBER_SIZE, "%.1f %s", value, units[unit]);
}

void text_count(uint64_t count, char ret_text[static TEXT_NUMBER_SIZE])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t at = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			ret_text[at++] = ',';
		ret_text[at++] = digits[i];
	}
	ret_text[at] = '\0';
}

void text_duration(int64_t seconds, char ret_text[static TEXT_NUMBER_SIZE])
{
	uint64_t minutes, hours, days;

	if (seconds < 0)
		seconds = 0;
	minutes = (uint64_t)seconds / 60;
	hours = minutes / 60;
	days = hours / 24;
	if (seconds < 60)
		snprintf(ret_text, TEXT_NUMBER_SIZE, "%d s", (int)seconds);
	else if (minutes < 60)
		snprintf(ret_text, TEXT_NUMBER_SIZE, "%d min", (int)minutes);
	else if (days < 1)
		snprintf(ret_text, TEXT_NUMBER_SIZE, "%d h %d min", (int)hours, (int)minutes % 60);
	else
		snprintf(ret_text, TEXT_NUMBER_SIZE, "%" PRIu64 " day%s %d h", days,
			 days == 1 ? "" : "s", (int)((unsigned)hours % 24));
}

bool text_parse_duration(const char *text, int64_t *ret_seconds)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
	int64_t total = 0;

	if (!*text)
		return false;
	while (*text) {
		int64_t value = 0, factor = 0;

		if (!isdigit((unsigned char)*text))
			return false;
		for (; isdigit((unsigned char)*text); text++) {
			value = value * 10 + (*text - '0');
			if (value > 100000000)
				return false;
		}
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			if (units[i].unit == *text)
				factor = units[i].seconds;
		}
		if (!factor)
			return false;
		text++;
		total += value * factor;
	}
	if (total <= 0 || total > (int64_t)10 * 365 * 86400)
		return false;
	*ret_seconds = total;
	return true;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int days_of(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int months = (month + 9) % 12; /* since March, so that a leap day comes last */

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * months + 2) / 5 + day - 1 - 719468;
}

bool text_parse_time(const char *text, int64_t *ret_seconds)
{
	int year, month, day, hour, minute, second;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ", &year, &month, &day, &hour, &minute,
		   &second) != 6 ||
	    month < 1 || month > 12)
		return false;
	*ret_seconds =
		(int64_t)days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}

const char *text_colour(bool use, enum text_colour colour)
{
	if (!use)
		return "";
	switch (colour) {
	case COLOUR_NONE:
		return "\033[0m";
	case COLOUR_BOLD:
		return "\033[1m";
	case COLOUR_DIM:
		return "\033[2m";
	case COLOUR_RED:
		return "\033[31m";
	case COLOUR_GREEN:
		return "\033[32m";
	case COLOUR_YELLOW:
		return "\033[33m";
	}
	return "";
}

void text_put_coloured(FILE *out, const char *text, bool use, enum text_colour colour)
{
	fputs(text_colour(use, colour), out);
	text_put(out, text);
	fputs(text_colour(use, COLOUR_NONE), out);
}

enum text_colour text_action_colour(const char *action)
{
	if (!strcmp(action, "block"))
		return COLOUR_RED;
	if (!strcmp(action, "allow"))
		return COLOUR_GREEN;
	return COLOUR_YELLOW;
}

bool text_wants_colour(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_color && no_color[0])
		return false;
	return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}

size_t text_terminal_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (!isatty(fileno(out))) {
		/* Not a terminal, but somebody may say how wide it is all the same. */
		long wanted = columns ? strtol(columns, NULL, 10) : 0;

		return wanted >= 20 && wanted <= 1000 ? (size_t)wanted : 0;
	}
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return 80;
}

static size_t least_of(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

#define NEAREST_MOST 64

/* Levenshtein's distance without regard to case; words longer than the bound are far. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NEAREST_MOST + 1], len = strlen(b);

	if (strlen(a) > NEAREST_MOST || len > NEAREST_MOST)
		return SIZE_MAX;
	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			size_t above = row[j];
			bool same = tolower((unsigned char)a[i - 1]) ==
				    tolower((unsigned char)b[j - 1]);

			row[j] = least_of(above + 1, row[j - 1] + 1, diagonal + !same);
			diagonal = above;
		}
	}
	return row[len];
}

const char *text_nearest(const char *word, const char *const *words, size_t count)
{
	const char *nearest = NULL, *started = NULL;
	size_t least = strlen(word) / 3 + 1, starts = 0;

	for (size_t i = 0; i < count; i++) {
		size_t far = distance(word, words[i]);

		if (far <= least && (!nearest || far < least)) {
			nearest = words[i];
			least = far;
		}
		if (word[0] && strncmp(words[i], word, strlen(word)) == 0) {
			started = words[i];
			starts++;
		}
	}
	return starts == 1 ? started : nearest;
}
