/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Days and hours as minutes of the week, Monday 00:00 being minute 0. What the
 * clock shows is the caller's business, daylight saving with it.
 *
 *	when  = [days] [hours]          at least one of the two
 *	days  = day["-"day] {"," ...}   mon-fri,sun; fri-mon goes over the week's end
 *	hours = HH:MM"-"HH:MM {"," ...} 22:00-06:00 goes over midnight, 24:00 is an end
 */
#include "policy/check.h"

static const char expected_days[] = "expected a day: mon, tue, wed, thu, fri, sat or sun";
static const char expected_hours[] = "expected hours as 08:00-18:00";

static void skip_blanks(const char **at)
{
	while (**at == ' ' || **at == '\t')
		(*at)++;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool parse_day(const char **at, int *ret_day)
{
	size_t len = 0;
	char word[4] = "";

	while (((*at)[len] | 0x20) >= 'a' && ((*at)[len] | 0x20) <= 'z')
		len++;
	if (len != 3)
		return false;
	for (size_t i = 0; i < len; i++)
		word[i] = (char)((*at)[i] | 0x20);
	*ret_day = words_find(&words_days, word, len);
	*at += len;
	return *ret_day >= 0;
}

static bool parse_days(const char **at, bool days[static 7])
{
	int first, last;

	do {
		if (!parse_day(at, &first))
			return false;
		last = first;
		if (**at == '-') {
			(*at)++;
			if (!parse_day(at, &last))
				return false;
		}
		for (int day = first;; day = (day + 1) % 7) {
			days[day] = true;
			if (day == last)
				break;
		}
	} while (**at == ',' && !is_digit((*at)[1]) && (*at)++);
	return true;
}

/* "08:00" or "8:00", up to 24:00. */
static bool parse_time(const char **at, int *ret_minute)
{
	int hour = 0, minute, digits = 0;

	while (is_digit(**at) && digits < 2) {
		hour = hour * 10 + *(*at)++ - '0';
		digits++;
	}
	if (digits == 0 || **at != ':' || !is_digit((*at)[1]) || !is_digit((*at)[2]) ||
	    is_digit((*at)[3]))
		return false;
	minute = ((*at)[1] - '0') * 10 + (*at)[2] - '0';
	*at += 3;
	if (minute > 59 || hour > 24 || (hour == 24 && minute))
		return false;
	*ret_minute = hour * 60 + minute;
	return true;
}

static void add_hours(const bool days[static 7], int from, int to, bool *minutes)
{
	int length = to > from ? to - from : to + MINUTES_OF_DAY - from;

	for (int day = 0; day < 7; day++) {
		if (!days[day])
			continue;
		for (int i = 0; i < length; i++)
			minutes[(day * MINUTES_OF_DAY + from + i) % MINUTES_OF_WEEK] = true;
	}
}

static bool parse_hours(const char **at, const bool days[static 7], bool *minutes)
{
	int from, to;

	do {
		skip_blanks(at);
		if (!parse_time(at, &from) || **at != '-')
			return false;
		(*at)++;
		if (!parse_time(at, &to) || from == to || from == MINUTES_OF_DAY)
			return false;
		add_hours(days, from, to, minutes);
	} while (**at == ',' && (*at)++);
	return true;
}

bool when_parse(const char *text, bool minutes[static MINUTES_OF_WEEK], const char **ret_expected)
{
	bool days[7] = {false};
	const char *at = text;

	skip_blanks(&at);
	if (is_digit(*at)) {
		memset(days, true, sizeof(days));
	} else if (!parse_days(&at, days)) {
		*ret_expected = expected_days;
		return false;
	}
	skip_blanks(&at);
	if (*at == 0) {
		add_hours(days, 0, MINUTES_OF_DAY, minutes);
		return true;
	}
	if (!is_digit(*at) || !parse_hours(&at, days, minutes)) {
		*ret_expected = expected_hours;
		return false;
	}
	skip_blanks(&at);
	*ret_expected = expected_hours;
	return *at == 0;
}

size_t when_windows(const bool minutes[static MINUTES_OF_WEEK], struct window *windows)
{
	size_t count = 0;

	for (int minute = 0; minute < MINUTES_OF_WEEK; minute++) {
		if (!minutes[minute])
			continue;
		if (minute && minutes[minute - 1]) {
			if (windows)
				windows[count - 1].to = (uint16_t)(minute + 1);
			continue;
		}
		if (windows)
			windows[count] = (struct window){(uint16_t)minute, (uint16_t)(minute + 1)};
		count++;
	}
	return count;
}
