/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every offset of every zone in use is a whole number of minutes, so what
 * localtime_r() says of a minute's first second holds for the minute.
 */
#define _GNU_SOURCE
#include <time.h>

#include "system/clock.h"

time_us clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (time_us)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int clock_local_minute(struct clock_local *local, time_us now)
{
	int64_t minute = time_in(now, MINUTE_US);
	time_t seconds = (time_t)(minute * 60);
	struct tm tm;

	if (minute == local->minute && minute != 0)
		return local->minute_of_week;
	if (!localtime_r(&seconds, &tm))
		return local->minute_of_week;
	local->minute = minute;
	local->minute_of_week = (tm.tm_wday + 6) % 7 * 1440 + tm.tm_hour * 60 + tm.tm_min;
	return local->minute_of_week;
}

void clock_read_zone(struct clock_local *local)
{
	tzset();
	local->minute = 0;
}
