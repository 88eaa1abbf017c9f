/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time: now, and what the clock on the wall shows, with its time zone and
 * daylight saving.
 */
#ifndef GATEWAYD_SYSTEM_CLOCK_H
#define GATEWAYD_SYSTEM_CLOCK_H

#include "base/packet.h"

#define CLOCK_WEEK_MINUTES 10080

/* The last answer, which holds for a minute; zero it before first use. */
struct clock_local {
	int64_t minute; /* since 1970; 0: none yet */
	int minute_of_week;
};

time_us clock_now(void);
/* Never jumps; for durations. */
int64_t clock_monotonic_ms(void);
/* Minutes since Monday 00:00 in local time, 0 .. 10079. */
int clock_local_minute(struct clock_local *local, time_us now);
/* The time zone may have changed: read it again. */
void clock_read_zone(struct clock_local *local);

#endif
