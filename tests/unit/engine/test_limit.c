/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/engine/world.h"

#include "policy/policy.h"

#define LIMITED(amounts)                                                                   \
	"{ name = \"test\"; default = \"allow\"; rules = ( { action = \"limit\"; " amounts \
	" port = 7000; } ); }, { name = \"camera\"; default = \"allow\"; rules = ( {"      \
	" action = \"limit\"; " amounts " port = 7000; } ); }"

#define HEADERS 28 /* IPv4 and UDP */

static enum verdict_action send_bytes(struct world *world, uint16_t port, size_t len)
{
	static const uint8_t data[2000] = {0xff, 2, 3};

	return world_udp(world, COFFEE_ADDRESS, port, OTHER, 7000, bytes_of(data, len - HEADERS),
			 PACKET_FROM_DEVICE)
		->action;
}

static enum verdict_action get_bytes(struct world *world, uint16_t port, size_t len)
{
	static const uint8_t data[2000] = {0xff, 2, 3};

	return world_udp(world, OTHER, 7000, COFFEE_ADDRESS, port, bytes_of(data, len - HEADERS),
			 PACKET_TO_DEVICE)
		->action;
}

static void take_first(void *context, const struct limit_record *record)
{
	struct limit_record *first = context;

	if (!first->rule[0])
		*first = *record;
}

/* The kernel has counted to the end, and says so. */
static enum verdict_action send_over_limit(struct world *world, uint16_t port, size_t len)
{
	world->over_limit = true;
	send_bytes(world, port, len);
	world->over_limit = false;
	return world->verdict.action;
}

static struct limit_record use_of(const struct world *world)
{
	struct limit_record record = {0};

	engine_each_limit(world->engine, take_first, &record);
	return record;
}

/* Both clocks go on by so much. */
static int local_minute = 600;
static void pass_time(struct world *world, time_us time)
{
	world->now += time;
	local_minute = (local_minute + (int)(time / MINUTE_US)) % 10080;
	engine_advance(world->engine, world->now, local_minute);
}

static struct world *new_world(const char *policies)
{
	struct world *world = world_new(policies);

	/* 2026-03-29 was a Sunday: 10:00 in UTC. */
	world->now = 1774778400 * SECOND_US;
	local_minute = 6 * 1440 + 600;
	engine_advance(world->engine, world->now, local_minute);
	return world;
}

/* ---- counting here ---- */

static void what_does_not_fit_blocks_the_flow(void **state)
{
	struct world *world = new_world(LIMITED("upload = \"1 kB/hour\";"));
	struct flow_record record;

	(void)state;
	assert_int_equal(send_bytes(world, 5000, 400), VERDICT_ACCEPT);
	assert_int_equal(world->verdict.mark, MARK_INSPECT);
	assert_int_equal(send_bytes(world, 5001, 600), VERDICT_ACCEPT);
	assert_int_equal(use_of(world).up.bytes, 1000);
	assert_false(use_of(world).up.spent);
	assert_int_equal(send_bytes(world, 5000, 29), VERDICT_DROP);
	assert_int_equal(world->verdict.mark, MARK_BLOCK);
	assert_int_equal(world->verdict.reply_count, 1); /* ICMP */
	record = world_record(world, 7000);
	assert_int_equal(record.action, POLICY_BLOCK);
	assert_string_equal(record.rule, "test/1");
	assert_string_equal(record.reason, "limit spent (1.0 of 1 kB this hour)");
	assert_true(use_of(world).up.spent);
	assert_int_equal(use_of(world).up.bytes, 1000);
	/* Another flow of it is blocked from its beginning on; what comes back, too. */
	assert_int_equal(send_bytes(world, 5002, 100), VERDICT_DROP);
	assert_int_equal(world->verdict.mark, MARK_BLOCK);
	assert_int_equal(get_bytes(world, 5000, 100), VERDICT_DROP);
	world_free(world);
}

static void directions_are_counted_apart(void **state)
{
	struct world *world =
		new_world(LIMITED("upload = \"1 kB/hour\"; download = \"2 kB/day\";"));

	(void)state;
	assert_int_equal(send_bytes(world, 5000, 900), VERDICT_ACCEPT);
	assert_int_equal(get_bytes(world, 5000, 1900), VERDICT_ACCEPT);
	assert_int_equal(use_of(world).up.bytes, 900);
	assert_int_equal(use_of(world).down.bytes, 1900);
	assert_int_equal(use_of(world).down.seconds, 86400);
	assert_int_equal(get_bytes(world, 5000, 200), VERDICT_DROP);
	assert_string_equal(world_record(world, 7000).reason, "limit spent (1.9 of 2 kB today)");
	world_free(world);
}

static void a_reset_download_tells_both_ends(void **state)
{
	struct world *world = new_world(LIMITED("download = \"1 kB/hour\";"));
	static const uint8_t data[1200];
	struct segment answer = {7000, 4000, 5001, 1003, TCP_ACK, bytes_of(data, sizeof(data))};

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, OTHER, 7000);
	world_send(world, COFFEE_ADDRESS, 4000, OTHER, 7000, 0, "\xff\x01", 2);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_tcp(world, OTHER, COFFEE_ADDRESS, answer, PACKET_TO_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_int_equal(world->verdict.mark, MARK_BLOCK);
	assert_int_equal(world->verdict.reply_count, 2);
	world_free(world);
}

static void devices_do_not_share(void **state)
{
	struct world *world = new_world(LIMITED("upload = \"1 kB/hour\";"));

	(void)state;
	assert_int_equal(send_bytes(world, 5000, 900), VERDICT_ACCEPT);
	/* Its other MAC is the same device. */
	world->mac = COFFEE_SECOND;
	assert_int_equal(send_bytes(world, 5001, 900), VERDICT_DROP);
	world->mac = CAMERA;
	world_udp(world, CAMERA_ADDRESS, 5000, OTHER, 7000, bytes_of("\xff\x01", 2),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

static void a_reload_keeps_what_was_used(void **state)
{
	struct world *world = new_world(LIMITED("upload = \"1 kB/hour\";"));

	(void)state;
	send_bytes(world, 5000, 900);
	assert_int_equal(send_bytes(world, 5000, 900), VERDICT_DROP);
	world_reload(world, LIMITED("upload = \"1 kB/hour\";"));
	assert_int_equal(send_bytes(world, 5000, 900), VERDICT_DROP);
	world_reload(world, LIMITED("upload = \"2 kB/hour\";"));
	assert_int_equal(send_bytes(world, 5000, 900), VERDICT_ACCEPT);
	assert_int_equal(use_of(world).up.bytes, 1800);
	world_reload(world, LIMITED("upload = \"1 kB/hour\";"));
	assert_int_equal(send_bytes(world, 5000, 29), VERDICT_DROP);
	/* Another kind of window has nothing in common with it. */
	world_reload(world, LIMITED("upload = \"1 kB/day\";"));
	assert_int_equal(send_bytes(world, 5000, 900), VERDICT_ACCEPT);
	world_free(world);
}

/* ---- windows ---- */

static void a_window_ends_with_the_local_clock(void **state)
{
	static const struct {
		const char *policies;
		time_us before, rest;
	} cases[] = {
		{LIMITED("upload = \"1 kB/minute\";"), 59 * SECOND_US, SECOND_US},
		{LIMITED("upload = \"1 kB/hour\";"), 59 * MINUTE_US, MINUTE_US},
		{LIMITED("upload = \"1 kB/day\";"), 14 * HOUR_US - MINUTE_US, MINUTE_US},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *world = new_world(cases[i].policies);
		uint32_t generation;

		send_bytes(world, 5000, 1000);
		pass_time(world, cases[i].before);
		assert_int_equal(send_bytes(world, 5000, 100), VERDICT_DROP);
		generation = engine_generation(world->engine);
		pass_time(world, cases[i].rest);
		/* Blocked flows come back to be judged. */
		assert_int_equal(engine_generation(world->engine), generation + 1);
		assert_int_equal(use_of(world).up.bytes, 0);
		assert_int_equal(send_bytes(world, 5000, 1000), VERDICT_ACCEPT);
		/* One that was not spent is no reason for that. */
		pass_time(world, 24 * HOUR_US);
		assert_int_equal(engine_generation(world->engine), generation + 1);
		world_free(world);
	}
}

/* 01:59:59 in winter is followed by 03:00:00, and 02:59:59 in summer by 02:00:00. */
static void summer_time_neither_frees_nor_binds(void **state)
{
	struct world *world = new_world(LIMITED("upload = \"1 kB/day\";"));

	(void)state;
	send_bytes(world, 5000, 1000);
	local_minute += 60;
	pass_time(world, MINUTE_US);
	assert_int_equal(send_bytes(world, 5000, 29), VERDICT_DROP);
	/* Here the day changes back to the one before, and comes again. */
	pass_time(world, 13 * HOUR_US);
	assert_int_equal(send_bytes(world, 5000, 1000), VERDICT_ACCEPT);
	local_minute -= 60;
	pass_time(world, MINUTE_US);
	assert_int_equal(send_bytes(world, 5000, 29), VERDICT_DROP);
	pass_time(world, HOUR_US);
	assert_int_equal(send_bytes(world, 5000, 29), VERDICT_DROP);
	world_free(world);
	/* An hour that is shown twice is two. */
	world = new_world(LIMITED("upload = \"1 kB/hour\";"));
	send_bytes(world, 5000, 1000);
	pass_time(world, 59 * MINUTE_US);
	local_minute -= 60;
	assert_int_equal(send_bytes(world, 5000, 29), VERDICT_DROP);
	pass_time(world, MINUTE_US);
	assert_int_equal(send_bytes(world, 5000, 1000), VERDICT_ACCEPT);
	world_free(world);
}

/* At the start of a router without a clock, and when one is corrected. */
static void a_clock_that_was_wrong_binds_for_one_window(void **state)
{
	struct world *world = new_world(LIMITED("upload = \"1 kB/hour\";"));
	time_us right = world->now;

	(void)state;
	send_bytes(world, 5000, 1000);
	/* Back to 1970: not free at once. */
	world->now = 10 * MINUTE_US;
	local_minute = 3 * 1440 + 10;
	engine_advance(world->engine, world->now, local_minute);
	assert_int_equal(send_bytes(world, 5000, 29), VERDICT_DROP);
	/* The time is known again, and it is the same hour. */
	world->now = right + MINUTE_US;
	local_minute = 6 * 1440 + 601;
	engine_advance(world->engine, world->now, local_minute);
	assert_int_equal(send_bytes(world, 5000, 29), VERDICT_DROP);
	/* It was a year ahead all the time. */
	world->now -= 365 * 24 * HOUR_US;
	local_minute = 601 + 5 * 1440;
	engine_advance(world->engine, world->now, local_minute);
	pass_time(world, 58 * MINUTE_US);
	assert_int_equal(send_bytes(world, 5000, 29), VERDICT_DROP);
	pass_time(world, 2 * MINUTE_US);
	assert_int_equal(send_bytes(world, 5000, 1000), VERDICT_ACCEPT);
	world_free(world);
}

/* ---- counting in the kernel ---- */

static struct limit_change next_change(struct world *world, enum limit_change_kind kind)
{
	struct limit_change change;

	assert_true(engine_next_limit_change(world->engine, &change));
	assert_int_equal(change.kind, kind);
	return change;
}

static void assert_no_change(struct world *world)
{
	struct limit_change change;

	assert_false(engine_next_limit_change(world->engine, &change));
}

static struct world *new_kernel_world(const char *policies)
{
	struct world *world = new_world(policies);

	engine_count_in_kernel(world->engine, true);
	return world;
}

static void a_decided_flow_is_counted_by_the_kernel(void **state)
{
	struct world *world = new_kernel_world(LIMITED("upload = \"100 kB/hour\";"));
	struct limit_change change;
	struct address address;
	uint64_t limit;

	(void)state;
	send_bytes(world, 5000, 1000);
	/* Marked so that it comes back when it is not in the kernel's map. */
	assert_int_equal(world->verdict.mark, MARK_INSPECT);
	change = next_change(world, LIMIT_COUNT);
	limit = change.limit;
	assert_int_equal(change.up.from, 0);
	assert_int_equal(change.up.to, 99000);
	assert_true(change.down.to == LIMIT_UNLIMITED);
	address = world_address(COFFEE_ADDRESS);
	assert_true(address_equal(&change.device, &address));
	assert_int_equal(change.device_port, 5000);
	assert_int_equal(change.remote_port, 7000);
	assert_int_equal(change.transport, TRANSPORT_UDP);
	assert_no_change(world);

	engine_limit_counted(world->engine, limit, true, 50000);
	engine_limit_counted(world->engine, limit, false, 7000);
	assert_int_equal(use_of(world).up.bytes, 51000);
	assert_int_equal(use_of(world).down.bytes, 7000);
	/* A second flow is told how far the two may go together. */
	send_bytes(world, 5001, 1000);
	change = next_change(world, LIMIT_COUNT);
	assert_true(change.limit == limit);
	assert_int_equal(change.up.from, 50000);
	assert_int_equal(change.up.to, 98000);
	/* It was used up there, and more came: the packet that says so is refused. */
	engine_limit_counted(world->engine, limit, true, 98500);
	assert_int_equal(use_of(world).up.bytes, 100000);
	assert_int_equal(send_over_limit(world, 5000, 500), VERDICT_DROP);
	assert_int_equal(world->verdict.mark, MARK_BLOCK);
	change = next_change(world, LIMIT_END);
	assert_int_equal(change.device_port, 5000);
	assert_int_equal(send_over_limit(world, 5001, 500), VERDICT_DROP);
	next_change(world, LIMIT_END);
	assert_no_change(world);
	world_free(world);
}

static void a_window_that_ends_lets_the_kernel_go_on(void **state)
{
	struct world *world = new_kernel_world(LIMITED("upload = \"100 kB/minute\";"));
	struct limit_change change;

	(void)state;
	send_bytes(world, 5000, 1000);
	change = next_change(world, LIMIT_COUNT);
	engine_limit_counted(world->engine, change.limit, true, 60000);
	pass_time(world, MINUTE_US);
	change = next_change(world, LIMIT_SET);
	assert_int_equal(change.up.to, 160000);
	assert_no_change(world);
	assert_int_equal(use_of(world).up.bytes, 0);
	engine_limit_counted(world->engine, change.limit, true, 70000);
	assert_int_equal(use_of(world).up.bytes, 10000);
	world_free(world);
}

/* What was on its way here when the kernel began to count must not be spent twice. */
static void a_packet_that_was_under_way_is_the_kernels(void **state)
{
	struct world *world = new_kernel_world(LIMITED("upload = \"1 MB/hour\";"));

	(void)state;
	send_bytes(world, 5000, 100);
	assert_false(world->verdict.again);
	next_change(world, LIMIT_COUNT);
	for (int i = 0; i < 5000 + 64; i++) {
		world->returned = i >= 5000;
		assert_int_equal(send_bytes(world, 5000, 100), VERDICT_ACCEPT);
		assert_int_equal(world->verdict.mark, MARK_INSPECT);
		assert_true(world->verdict.again);
	}
	assert_int_equal(use_of(world).up.bytes, 100);
	assert_no_change(world);
	/* They came back: the kernel did not take the flow. */
	send_bytes(world, 5000, 5000 - 3100);
	assert_false(world->verdict.again);
	assert_int_equal(use_of(world).up.bytes, 2000);
	world_free(world);
}

static void the_kernel_is_told_again(void **state)
{
	struct world *world = new_kernel_world(LIMITED("upload = \"100 kB/hour\";"));
	struct limit_change change;

	(void)state;
	send_bytes(world, 5000, 100);
	next_change(world, LIMIT_COUNT);
	/* The rules were made anew. */
	engine_restart_counting(world->engine);
	send_bytes(world, 5000, 100);
	assert_false(world->verdict.again);
	next_change(world, LIMIT_COUNT);
	world_reload(world, LIMITED("upload = \"200 kB/hour\";"));
	assert_no_change(world);
	send_bytes(world, 5000, 100);
	change = next_change(world, LIMIT_COUNT);
	assert_int_equal(change.up.to, 200000 - 3 * 100);
	assert_no_change(world);
	/* A kernel that does not count is told nothing. */
	engine_count_in_kernel(world->engine, false);
	engine_restart_counting(world->engine);
	send_bytes(world, 5000, 100);
	assert_no_change(world);
	world_free(world);
}

static void a_flow_that_ends_is_not_counted(void **state)
{
	struct world *world = new_kernel_world(LIMITED("upload = \"100 kB/hour\";"));

	(void)state;
	send_bytes(world, 5000, 100);
	next_change(world, LIMIT_COUNT);
	pass_time(world, 30 * MINUTE_US);
	assert_int_equal(next_change(world, LIMIT_END).device_port, 5000);
	assert_no_change(world);
	world_free(world);
}

/* More changes than can wait: everything is told anew. */
static void too_many_changes_begin_anew(void **state)
{
	struct world *world = new_kernel_world(LIMITED("upload = \"100 kB/hour\";"));
	uint32_t generation = engine_generation(world->engine);
	struct limit_change change;
	unsigned count = 0;

	(void)state;
	for (uint16_t port = 1; port <= 600; port++)
		send_bytes(world, port, 100);
	assert_int_equal(engine_generation(world->engine), generation + 1);
	while (engine_next_limit_change(world->engine, &change))
		count++;
	assert_in_range(count, 1, 100);
	world_free(world);
}

static void a_full_table_gives_up_what_is_not_in_use(void **state)
{
	struct world *world = new_kernel_world(LIMITED("upload = \"100 kB/hour\";"));
	struct limit_record record = {.rule = "other/1", .up = {.most = 10, .seconds = 3600}};
	struct engine_counters counters;

	(void)state;
	send_bytes(world, 5000, 100);
	next_change(world, LIMIT_COUNT);
	for (unsigned i = 0; i < ENGINE_LIMITS_MOST; i++) {
		record.mac.bytes[0] = 2;
		record.mac.bytes[4] = (uint8_t)(i >> 8);
		record.mac.bytes[5] = (uint8_t)i;
		engine_restore_limit(world->engine, &record);
	}
	engine_counters(world->engine, &counters);
	assert_int_equal(counters.limits_now, ENGINE_LIMITS_MOST);
	assert_int_equal(counters.limits_evicted, 1);
	/* The one whose flow the kernel counts is still there. */
	assert_int_equal(use_of(world).up.bytes, 100);
	world_free(world);
}

/* ---- over a restart ---- */

static void what_was_used_comes_back(void **state)
{
	struct world *world = new_kernel_world(LIMITED("upload = \"100 kB/hour\";"));
	struct world *later = new_kernel_world(LIMITED("upload = \"100 kB/hour\";"));
	struct limit_record record;
	struct limit_change change;

	(void)state;
	send_bytes(world, 5000, 1000);
	change = next_change(world, LIMIT_COUNT);
	engine_limit_counted(world->engine, change.limit, true, 60000);
	record = use_of(world);
	assert_true(engine_limit_id(&record) == change.limit);
	engine_restore_limit(later->engine, &record);
	assert_int_equal(use_of(later).up.bytes, 61000);
	send_bytes(later, 5000, 1000);
	change = next_change(later, LIMIT_COUNT);
	assert_true(engine_limit_id(&record) == change.limit);
	assert_int_equal(change.up.from, 60000);
	assert_int_equal(change.up.to, 60000 + 38000);
	/* Of an hour that is over nothing is left. */
	record.up.window--;
	engine_restore_limit(later->engine, &record);
	assert_int_equal(use_of(later).up.bytes, 0);
	world_free(world);
	world_free(later);
}

static void amounts_in_words(void **state)
{
	char text[POLICY_AMOUNT_TEXT];

	(void)state;
	policy_amount_text(1250000, 2000000, 86400, text);
	assert_string_equal(text, "1.2 of 2 MB today");
	policy_amount_text(0, 2500, 3600, text);
	assert_string_equal(text, "0.0 of 2.5 kB this hour");
	policy_amount_text(7, 999, 60, text);
	assert_string_equal(text, "7 of 999 B this minute");
	policy_amount_text(INT64_MAX, INT64_MAX, 86400, text);
	assert_string_equal(text, "9223372.0 of 9223372 TB today");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_blocks_the_flow),
		cmocka_unit_test(directions_are_counted_apart),
		cmocka_unit_test(a_reset_download_tells_both_ends),
		cmocka_unit_test(devices_do_not_share),
		cmocka_unit_test(a_reload_keeps_what_was_used),
		cmocka_unit_test(a_window_ends_with_the_local_clock),
		cmocka_unit_test(summer_time_neither_frees_nor_binds),
		cmocka_unit_test(a_clock_that_was_wrong_binds_for_one_window),
		cmocka_unit_test(a_decided_flow_is_counted_by_the_kernel),
		cmocka_unit_test(a_window_that_ends_lets_the_kernel_go_on),
		cmocka_unit_test(a_packet_that_was_under_way_is_the_kernels),
		cmocka_unit_test(the_kernel_is_told_again),
		cmocka_unit_test(a_flow_that_ends_is_not_counted),
		cmocka_unit_test(too_many_changes_begin_anew),
		cmocka_unit_test(a_full_table_gives_up_what_is_not_in_use),
		cmocka_unit_test(what_was_used_comes_back),
		cmocka_unit_test(amounts_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
