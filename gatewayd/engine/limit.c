/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many bytes a device has moved under a limit rule, in the window that
 * runs now: the minute, hour or day of the local clock. A flow's first packets
 * are counted here; once it is decided the kernel counts the rest, stops at
 * the number of bytes that is left, and tells how far it came. Both counts are
 * of IP packets, headers included. The rule is known by its label, so counts
 * outlive a reload.
 */
#include "engine/limit.h"

#include "base/writer.h"
#include "engine/internal.h"

#define MINUTES_OF_WEEK 10080
#define MINUTES_OF_DAY 1440
#define EPOCH_MINUTE (3 * MINUTES_OF_DAY) /* of the week: 1970 began on a Thursday */
#define RETURNED_MOST 64                  /* packets of a flow that the kernel has not taken */
#define UNTOLD_MOST 4096                  /* bytes that it may be behind */

/* ---- windows ---- */

/* The two times are of one moment. */
static int minutes_ahead(time_us now, int local_minute)
{
	int utc = ((int)time_in(now, MINUTE_US) + EPOCH_MINUTE) % MINUTES_OF_WEEK;
	int ahead = (local_minute - utc + MINUTES_OF_WEEK) % MINUTES_OF_WEEK;

	return ahead > MINUTES_OF_WEEK / 2 ? ahead - MINUTES_OF_WEEK : ahead;
}

/*
 * Numbered by the clock, not by what has passed. A change to summer time moves
 * the edges of days only: an hour that the local clock shows twice is two.
 */
static int64_t window_of(const struct engine *engine, uint32_t seconds)
{
	int minutes = (int)seconds / 60;
	int ahead =
		minutes < MINUTES_OF_DAY ? engine->minutes_ahead % minutes : engine->minutes_ahead;
	int local = (int)time_in(engine->now, MINUTE_US) + ahead;

	return local / minutes - (local % minutes < 0);
}

static void begin_window(struct spent_bytes *spent, int64_t window)
{
	spent->bytes = 0;
	spent->spent = false;
	spent->window = window;
	spent->behind = 0;
}

/*
 * True: another window begins. A clock that was set back has to come to where
 * it was before that, so that a step or the end of summer time frees nobody;
 * but not for longer than a window, so that one that was wrong binds nobody.
 */
static bool keep_window(const struct engine *engine, struct spent_bytes *spent)
{
	int64_t window;

	if (spent->seconds == 0)
		return false;
	window = window_of(engine, spent->seconds);
	if (window == spent->window) {
		spent->behind = 0;
		return false;
	}
	if (window < spent->window) {
		if (spent->behind == 0 || engine->now < spent->behind)
			spent->behind = engine->now;
		if (engine->now - spent->behind < (time_us)spent->seconds * SECOND_US)
			return false;
	}
	begin_window(spent, window);
	return true;
}

static bool is_spent(const struct spent *spent)
{
	return spent->up.spent || spent->down.spent;
}

/* The kernel is to be told how far it may count. */
static void mark_dirty(struct engine *engine, struct spent *spent)
{
	if (!spent->in_kernel)
		return;
	spent->dirty = true;
	engine->counts.dirty = true;
}

void limit_advance(struct engine *engine)
{
	int ahead = minutes_ahead(engine->now, engine->local_minute);
	time_us minute = time_in(engine->now, MINUTE_US);
	bool freed = false;

	if (minute == engine->limits_minute && ahead == engine->minutes_ahead)
		return;
	engine->limits_minute = minute;
	engine->minutes_ahead = ahead;
	for (struct spent *spent = table_oldest(engine->spent); spent;
	     spent = table_younger(engine->spent, spent)) {
		bool was_spent = is_spent(spent);
		bool up = keep_window(engine, &spent->up), down = keep_window(engine, &spent->down);

		if (up || down)
			mark_dirty(engine, spent);
		freed |= was_spent && !is_spent(spent);
	}
	/* What was blocked for it is marked so in the kernel. */
	if (freed)
		engine_judge_again(engine);
}

/* ---- device and rule ---- */

static uint64_t id_of(const struct spent *spent)
{
	/* Not the engine's own key: the kernel's objects are named by it. */
	static const struct hash_key key = {0x676174657761, 0x6c696d6974};
	uint8_t bytes[160];
	struct writer writer = writer_on(bytes, sizeof(bytes));

	writer_put(&writer, spent->mac.bytes, sizeof(spent->mac.bytes));
	writer_put(&writer, spent->address.bytes, address_len(&spent->address));
	writer_text(&writer, spent->rule);
	return hash_bytes(&key, bytes, writer.len);
}

static void tell(struct engine *engine, const struct limit_change *change)
{
	struct count_queue *queue = &engine->counts;

	if (queue->count == COUNTS_MOST) {
		/* What is lost would never be made good: all of it from the beginning. */
		engine_judge_again(engine);
		return;
	}
	queue->changes[(queue->first + queue->count++) % COUNTS_MOST] = *change;
}

static void clamp(struct spent_bytes *direction)
{
	if (direction->most && direction->bytes > direction->most)
		direction->bytes = direction->most;
}

static void set_amount(struct engine *engine, struct spent *spent, struct spent_bytes *direction,
		       uint64_t most, uint32_t seconds)
{
	if (direction->most == most && direction->seconds == seconds)
		return;
	if (direction->seconds != seconds)
		begin_window(direction, seconds ? window_of(engine, seconds) : 0);
	direction->most = most;
	direction->seconds = seconds;
	direction->spent = false;
	clamp(direction);
	mark_dirty(engine, spent);
}

static void set_amounts(struct engine *engine, struct spent *spent,
			const struct policy_limit *limit)
{
	set_amount(engine, spent, &spent->up, limit->upload_bytes, limit->upload_seconds);
	set_amount(engine, spent, &spent->down, limit->download_bytes, limit->download_seconds);
}

static struct limit_range range_of(const struct spent_bytes *direction)
{
	struct limit_range range = {direction->reading, LIMIT_UNLIMITED};
	uint64_t left = direction->most - direction->bytes;

	/* The counter runs on from window to window, and would for centuries. */
	if (direction->most && left < LIMIT_UNLIMITED - direction->reading)
		range.to = direction->reading + left;
	return range;
}

static void fill_ranges(struct spent *spent, struct limit_change *change)
{
	change->limit = spent->id;
	change->up = range_of(&spent->up);
	change->down = range_of(&spent->down);
	spent->dirty = false;
	spent->untold = 0;
}

/* Gives up the one that nothing happened to for longest. False: all are in use. */
static bool make_room(struct engine *engine)
{
	struct spent *spent = table_oldest(engine->spent);

	if (table_count(engine->spent) < table_capacity(engine->spent))
		return true;
	while (spent && spent->flows)
		spent = table_younger(engine->spent, spent);
	if (!spent)
		return false;
	if (spent->in_kernel) {
		struct limit_change change = {.kind = LIMIT_FORGET};

		fill_ranges(spent, &change);
		tell(engine, &change);
	}
	table_remove(engine->spent, spent);
	engine->counters.limits_evicted++;
	return true;
}

static struct spent *get_spent(struct engine *engine, const struct spent *wanted)
{
	uint64_t id = id_of(wanted);
	struct spent *spent = table_find(engine->spent, &id);

	if (spent) {
		table_touch(engine->spent, spent);
		return spent;
	}
	if (!make_room(engine))
		return NULL;
	spent = table_add(engine->spent, &id);
	spent->mac = wanted->mac;
	spent->address = wanted->address;
	writer_set_text(spent->rule, sizeof(spent->rule), wanted->rule);
	return spent;
}

/* NULL: too many limits run. */
static struct spent *spent_of(struct engine *engine, struct flow *flow)
{
	const struct device_key *key = &flow_device(engine, flow)->key;
	struct spent wanted = {.mac = key->mac, .address = key->address}, *spent;

	writer_set_text(wanted.rule, sizeof(wanted.rule), flow->rule);
	spent = get_spent(engine, &wanted);
	if (spent)
		set_amounts(engine, spent, policy_rule_limit(flow->limit));
	return spent;
}

/* ---- counting ---- */

static bool has_room(const struct spent_bytes *direction, size_t len)
{
	return direction->most == 0 || direction->most - direction->bytes >= len;
}

bool limit_count(struct engine *engine, struct passage *passage)
{
	struct spent *spent = spent_of(engine, passage->flow);
	struct spent_bytes *direction = spent && !passage->up ? &spent->down : &spent->up;
	size_t len = passage->packet->data.len;

	if (!spent || is_spent(spent) || !has_room(direction, len)) {
		engine->counters.limited++;
		if (spent)
			direction->spent = true;
		return false;
	}
	direction->bytes += len;
	spent->untold += (uint32_t)len;
	if (spent->untold > UNTOLD_MOST)
		mark_dirty(engine, spent);
	return true;
}

/*
 * Counted here it would be spent twice: nobody knows how far the kernel is by
 * now. However many waited in the queue when it began to count, they are all
 * its; but a flow whose packets come back is none that it counts.
 */
bool limit_is_the_kernels(const struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;

	if (!flow->counted || flow->count_round != engine->count_round ||
	    flow->counted > RETURNED_MOST || passage->packet->over_limit)
		return false;
	flow->counted += passage->packet->returned;
	return true;
}

bool limit_is_spent(struct engine *engine, struct flow *flow)
{
	const struct spent *spent = spent_of(engine, flow);

	return !spent || is_spent(spent);
}

void limit_reason(struct engine *engine, struct flow *flow, char *text, size_t size)
{
	const struct spent *spent = spent_of(engine, flow);
	const struct spent_bytes *direction;
	struct writer writer = writer_on(text, size);
	char use[POLICY_AMOUNT_TEXT];

	if (spent) {
		direction = spent->up.spent ? &spent->up : &spent->down;
		policy_amount_text(direction->bytes, direction->most, direction->seconds, use);
		writer_text(&writer, "limit spent (");
		writer_text(&writer, use);
		writer_text(&writer, ")");
	} else {
		writer_text(&writer, "too many limits run at once");
	}
	writer_terminate(&writer);
}

static void name_flow(const struct flow *flow, struct limit_change *ret_change)
{
	ret_change->device = flow->key.device;
	ret_change->remote = flow->key.remote;
	ret_change->device_port = flow->key.device_port;
	ret_change->remote_port = flow->key.remote_port;
	ret_change->transport = (enum transport)flow->key.transport;
}

void limit_leave(struct engine *engine, struct flow *flow)
{
	struct limit_change change = {.kind = LIMIT_COUNT};
	struct spent *spent;

	if (!engine->kernel_counts || flow->key.remote_port == DNS_PORT ||
	    (flow->key.transport != TRANSPORT_TCP && flow->key.transport != TRANSPORT_UDP))
		return;
	if (flow->counted && flow->count_round == engine->count_round)
		return;
	spent = spent_of(engine, flow);
	if (!spent)
		return;
	spent->in_kernel = true;
	spent->flows++;
	flow->counted = 1;
	flow->count_round = engine->count_round;
	flow->spent = table_index(engine->spent, spent);
	change.limit = spent->id;
	name_flow(flow, &change);
	tell(engine, &change);
}

void limit_end(struct engine *engine, struct flow *flow)
{
	struct limit_change change = {.kind = LIMIT_END};
	struct spent *spent;

	if (!flow->counted || flow->count_round != engine->count_round)
		return;
	flow->counted = 0;
	/* One with flows is never given up, so it is still there. */
	spent = table_at(engine->spent, flow->spent);
	spent->flows--;
	name_flow(flow, &change);
	tell(engine, &change);
}

void engine_restart_counting(struct engine *engine)
{
	struct count_queue *queue = &engine->counts;
	unsigned kept = 0;

	for (unsigned i = 0; i < queue->count; i++) {
		const struct limit_change *change =
			&queue->changes[(queue->first + i) % COUNTS_MOST];

		if (change->kind == LIMIT_FORGET)
			queue->changes[(queue->first + kept++) % COUNTS_MOST] = *change;
	}
	queue->count = kept;
	engine->count_round++;
	for (struct spent *spent = table_oldest(engine->spent); spent;
	     spent = table_younger(engine->spent, spent))
		spent->flows = 0;
}

/* ---- with the kernel ---- */

void engine_count_in_kernel(struct engine *engine, bool yes)
{
	engine->kernel_counts = yes;
}

/* False: what it is about is given up meanwhile. */
static bool complete(struct engine *engine, struct limit_change *change)
{
	struct spent *spent;

	if (change->kind != LIMIT_COUNT)
		return true;
	spent = table_find(engine->spent, &change->limit);
	if (spent)
		fill_ranges(spent, change);
	return spent != NULL;
}

bool engine_next_limit_change(struct engine *engine, struct limit_change *ret_change)
{
	struct count_queue *queue = &engine->counts;

	while (queue->count) {
		*ret_change = queue->changes[queue->first];
		queue->first = (queue->first + 1) % COUNTS_MOST;
		queue->count--;
		if (complete(engine, ret_change))
			return true;
	}
	if (!queue->dirty)
		return false;
	for (struct spent *spent = table_oldest(engine->spent); spent;
	     spent = table_younger(engine->spent, spent)) {
		if (!spent->dirty)
			continue;
		*ret_change = (struct limit_change){.kind = LIMIT_SET};
		fill_ranges(spent, ret_change);
		return true;
	}
	queue->dirty = false;
	return false;
}

static void add_reading(struct spent_bytes *direction, uint64_t reading)
{
	uint64_t more = reading > direction->reading ? reading - direction->reading : 0;

	direction->reading = reading;
	direction->bytes += more;
	/* It counts what did not fit, too. */
	clamp(direction);
}

void engine_limit_counted(struct engine *engine, uint64_t limit, bool up, uint64_t count)
{
	struct spent *spent = table_find(engine->spent, &limit);

	if (spent && count < LIMIT_UNLIMITED)
		add_reading(up ? &spent->up : &spent->down, count);
}

/* ---- as users see them, and over a restart ---- */

static struct limit_use use_of(const struct spent_bytes *direction)
{
	return (struct limit_use){
		.bytes = direction->bytes,
		.most = direction->most,
		.reading = direction->reading,
		.window = direction->window,
		.seconds = direction->seconds,
		.spent = direction->spent,
	};
}

void engine_each_limit(const struct engine *engine,
		       void (*each)(void *context, const struct limit_record *record),
		       void *context)
{
	const struct spent *spent = table_oldest(engine->spent);
	struct limit_record record;

	for (; spent; spent = table_younger(engine->spent, spent)) {
		memset(&record, 0, sizeof(record));
		record.id = spent->id;
		record.mac = spent->mac;
		record.address = spent->address;
		writer_set_text(record.rule, sizeof(record.rule), spent->rule);
		record.up = use_of(&spent->up);
		record.down = use_of(&spent->down);
		each(context, &record);
	}
}

static void restore(struct spent_bytes *direction, const struct limit_use *use)
{
	direction->bytes = use->bytes;
	direction->most = use->most;
	direction->reading = use->reading;
	direction->window = use->window;
	direction->seconds = use->seconds;
	direction->spent = use->spent;
	clamp(direction);
}

uint64_t engine_limit_id(const struct limit_record *record)
{
	struct spent wanted = {.mac = record->mac, .address = record->address};

	writer_set_text(wanted.rule, sizeof(wanted.rule), record->rule);
	return id_of(&wanted);
}

void engine_restore_limit(struct engine *engine, const struct limit_record *record)
{
	struct spent wanted = {.mac = record->mac, .address = record->address}, *spent;

	writer_set_text(wanted.rule, sizeof(wanted.rule), record->rule);
	spent = get_spent(engine, &wanted);
	if (!spent)
		return;
	restore(&spent->up, &record->up);
	restore(&spent->down, &record->down);
	(void)keep_window(engine, &spent->up);
	(void)keep_window(engine, &spent->down);
}
