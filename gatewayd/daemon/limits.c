/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits, between the engine, the kernel that counts most of the bytes, and
 * the file that holds them over a restart. A daemon that was killed leaves its
 * counters in the kernel, so the next one reads on where they are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/limit_counts.h"
#include "system/log.h"
#include "system/nft.h"

#define CHANGES_AT_ONCE 64
/* Flash wears: not more often than this, but for windows that end. */
#define SAVE_INTERVAL (10 * MINUTE_US)

static void tell_engine(void *context, uint64_t limit, bool up, uint64_t count)
{
	engine_limit_counted(context, limit, up, count);
}

void daemon_restart_limits(struct daemon *daemon)
{
	struct nft_features features;

	nft_features(daemon->nft, &features);
	engine_count_in_kernel(daemon->engine, features.limits);
	engine_restart_counting(daemon->engine);
}

void daemon_read_limits(struct daemon *daemon)
{
	struct nft_features features;

	nft_features(daemon->nft, &features);
	if (features.limits)
		(void)nft_read_limits(daemon->nft, tell_engine, daemon->engine);
}

/* What the kernel does not take comes to the queue, and is told again. */
void daemon_pass_limits(struct daemon *daemon)
{
	struct limit_change changes[CHANGES_AT_ONCE];
	size_t count = 0;

	while (engine_next_limit_change(daemon->engine, &changes[count])) {
		if (++count < CHANGES_AT_ONCE)
			continue;
		(void)nft_change_limits(daemon->nft, changes, count);
		count = 0;
	}
	if (count)
		(void)nft_change_limits(daemon->nft, changes, count);
}

void daemon_advance(struct daemon *daemon, time_us now)
{
	int minute = clock_local_minute(&daemon->clock, now);

	/* What was counted so far belongs to the window that ends. */
	if (time_in(now, MINUTE_US) != daemon->limits_minute)
		daemon_read_limits(daemon);
	daemon->limits_minute = time_in(now, MINUTE_US);
	engine_advance(daemon->engine, now, minute);
}

/* ---- the file ---- */

void daemon_save_limits(struct daemon *daemon)
{
	char path[4096];
	int error;

	error = limit_counts_save(daemon->engine,
				  daemon_state_path(daemon, "limits", path, sizeof(path)),
				  &daemon->limits_digest);
	if (error && !daemon->limits_unsaved)
		log_warn("limits", "%s: %s; a restart forgets what was used of the limits", path,
			 strerror(-error));
	daemon->limits_unsaved = error != 0;
	daemon->limits_saved = clock_now();
}

void daemon_watch_limits(struct daemon *daemon, time_us now)
{
	bool hour_began = time_in(now, HOUR_US) != time_in(daemon->limits_saved, HOUR_US);

	if (hour_began || now - daemon->limits_saved >= SAVE_INTERVAL || now < daemon->limits_saved)
		daemon_save_limits(daemon);
}

bool daemon_find_limits(struct daemon *daemon)
{
	(void)nft_read_limits(daemon->nft, limit_counts_add_reading, &daemon->limits_left);
	return daemon->limits_left.count > 0;
}

void daemon_restore_limits(struct daemon *daemon)
{
	struct limit_counts_readings *left = &daemon->limits_left;
	char path[4096];
	int count = limit_counts_load(
		daemon->engine, daemon_state_path(daemon, "limits", path, sizeof(path)), left);

	if (count < 0 && count != -ENOENT)
		log_warn("limits", "%s is not used: %s", path,
			 count == -EINVAL ? "it is damaged" : strerror(-count));
	else if (count > 0)
		log_info("limits", "%d were in use before", count);
	/* What the kernel knew is only with us now: with the first tick. */
	daemon->limits_saved = left->count ? 0 : clock_now();
	free(left->readings);
	*left = (struct limit_counts_readings){0};
	daemon_restart_limits(daemon);
}
