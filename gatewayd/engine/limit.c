/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many bytes a device has moved under a limit rule, in the window that
 * runs now: the minute, hour or day of the local clock. Flows of such a rule
 * stay in the queue, since only what is seen can be counted. The rule is known
 * by its label, so counts outlive a reload; they do not outlive the daemon.
 */
#include "engine/internal.h"

static int window_of(const struct engine *engine, uint32_t seconds)
{
	return engine->local_minute / (int)(seconds / 60);
}

/* Begins again when the clock is in another window, or came round to it. */
static void keep_window(const struct engine *engine, struct spent_bytes *spent, uint32_t seconds)
{
	int window = seconds ? window_of(engine, seconds) : 0;

	if (spent->window != window || engine->now - spent->since > (time_us)seconds * SECOND_US) {
		spent->bytes = 0;
		spent->since = engine->now;
	}
	spent->window = window;
}

static struct spent *find(struct engine *engine, struct flow *flow)
{
	struct spent_key key;
	struct spent *spent;

	memset(&key, 0, sizeof(key));
	key.device = flow_device(engine, flow)->key;
	key.rule = hash_bytes(&engine->hash_key, flow->rule, strlen(flow->rule));
	spent = table_find(engine->spent, &key);
	if (spent)
		table_touch(engine->spent, spent);
	else
		spent = table_add(engine->spent, &key);
	return spent;
}

static bool add(struct spent_bytes *spent, uint64_t most, size_t len)
{
	if (most == 0)
		return false;
	if (spent->bytes + len > most)
		return true;
	spent->bytes += len;
	return false;
}

bool limit_is_spent(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	const struct policy_limit *limit = policy_rule_limit(flow->limit);
	struct spent *spent = find(engine, flow);
	size_t len = passage->packet->data.len;
	bool over;

	keep_window(engine, &spent->up, limit->upload_seconds);
	keep_window(engine, &spent->down, limit->download_seconds);
	over = passage->up ? add(&spent->up, limit->upload_bytes, len)
			   : add(&spent->down, limit->download_bytes, len);
	if (over)
		engine->counters.limited++;
	return over;
}
