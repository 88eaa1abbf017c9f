/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop: packets, a tick every second, signals. A turn of the loop answers
 * a bounded number of packets, so a flood of them leaves room for everything
 * else, and the other way round.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "system/control.h"
#include "system/leases.h"
#include "system/log.h"
#include "system/nft.h"

#define PACKETS_PER_TURN 256
#define TICK_MS 1000
#define DAY_MS (24u * 3600 * 1000)
#define LEASES_TICKS 5
#define TRAFFIC_TICKS 5
#define BINDINGS_TICKS 30
#define KNOWN_TICKS 600
#define CHECK_TICKS 60
#define ERROR_SIZE 512

/* ---- packets ---- */

void daemon_pass_events(struct daemon *daemon)
{
	struct event event;

	while (engine_next_event(daemon->engine, &event))
		commands_event(daemon->commands, &event);
}

/* What the kernel may refuse by itself, and what it must ask about again. */
static void pass_pairs(struct daemon *daemon)
{
	struct engine_pair pair;

	while (engine_next_pair(daemon->engine, &pair)) {
		struct nft_pair rule = {
			.mac = pair.mac,
			.dst = pair.address,
			.transport = pair.transport,
			.dst_port = pair.port,
			.silent = pair.silent,
		};

		/* A full set only means that the packets come to the queue. */
		if (pair.blocked)
			(void)nft_block_pairs(daemon->nft, &rule, 1);
		else
			(void)nft_unblock_pair(daemon->nft, &rule);
	}
}

static void lose_queue(struct daemon *daemon, int error)
{
	const char *reason = capture_error(daemon->capture);

	log_error("queue", "%s; the rules stay and hold what on_failure says",
		  reason && *reason ? reason : strerror(-error));
	daemon->queue_lost = true;
	daemon->exit_code = 1;
	loop_stop(daemon->loop);
}

/* Packets that were held and need not wait any longer. */
static void give_releases(struct daemon *daemon)
{
	struct packet packet;
	struct verdict verdict;

	while (engine_next_release(daemon->engine, &packet, &verdict))
		nfqueue_ops.give(daemon->capture, &packet, &verdict);
}

/* Bytes that wait for what may never come leave in time, not with the tick. */
static void follow_deadline(struct daemon *daemon)
{
	time_us deadline = engine_next_deadline(daemon->engine);
	time_us left = deadline - clock_now();

	if (deadline && daemon->deadline)
		loop_set_timer(daemon->deadline, (uint32_t)time_in(left, MILLISECOND_US) + 1, 0);
}

/* How many, at most a turn's worth. */
static unsigned answer_packets(struct daemon *daemon)
{
	struct capture *capture = daemon->capture;
	struct packet packet;
	struct verdict verdict;
	unsigned count = 0;
	bool read = false;
	int result = 0;

	while (count < PACKETS_PER_TURN && (result = nfqueue_ops.next(capture, &packet)) > 0) {
		/* The engine decides, and knows then what the kernel does. */
		if (packet.over_limit && !read)
			daemon_read_limits(daemon);
		read |= packet.over_limit;
		engine_packet(daemon->engine, &packet, &verdict);
		/* Else it would come back before the kernel knows its flow. */
		if (verdict.again)
			daemon_pass_limits(daemon);
		nfqueue_ops.give(capture, &packet, &verdict);
		give_releases(daemon);
		count++;
	}
	/* Before the answers leave that make something possible. */
	pass_pairs(daemon);
	daemon_pass_limits(daemon);
	nfqueue_ops.flush(capture);
	if (result < 0)
		lose_queue(daemon, result);
	return count;
}

void daemon_answer_packets(void *context)
{
	struct daemon *daemon = context;

	if (daemon->started_loop && !daemon->queue_lost)
		(void)answer_packets(daemon);
}

void daemon_handle_packets(void *context, unsigned events)
{
	struct daemon *daemon = context;
	unsigned count = answer_packets(daemon);

	(void)events;
	daemon_pass_events(daemon);
	follow_deadline(daemon);
	if (count == PACKETS_PER_TURN && !daemon->queue_lost && daemon->more_packets)
		/* What was read but not looked at does not make the socket readable. */
		loop_set_timer(daemon->more_packets, 0, 0);
}

/* ---- the tick ---- */

static int minutes_after(int from, int to)
{
	return (to - from + CLOCK_WEEK_MINUTES) % CLOCK_WEEK_MINUTES;
}

bool daemon_crossed_edge(const struct policy_set *set, int from, int to)
{
	int passed = minutes_after(from, to);
	int edge = policy_next_edge(set, from);
	int ahead;

	if (edge < 0 || passed == 0)
		return false;
	ahead = minutes_after(from, edge);
	/* The next edge of a rule that is alone in the week is a week away. */
	if (ahead == 0)
		ahead = CLOCK_WEEK_MINUTES;
	return ahead <= passed;
}

static void watch_clock(struct daemon *daemon, time_us now)
{
	int minute = clock_local_minute(&daemon->clock, now);

	daemon_advance(daemon, now);
	daemon_pass_limits(daemon);
	give_releases(daemon);
	nfqueue_ops.flush(daemon->capture);
	if (daemon_crossed_edge(daemon->set, daemon->last_minute, minute))
		engine_judge_again(daemon->engine);
	daemon->last_minute = minute;
}

static void handle_deadline(void *context, unsigned events)
{
	struct daemon *daemon = context;

	(void)events;
	daemon_advance(daemon, clock_now());
	daemon_pass_limits(daemon);
	give_releases(daemon);
	nfqueue_ops.flush(daemon->capture);
	daemon_pass_events(daemon);
	follow_deadline(daemon);
}

static void learn_lease(void *context, const struct lease *lease)
{
	struct daemon *daemon = context;

	if (lease->address.family != ADDRESS_NONE)
		engine_learn_address(daemon->engine, &lease->address, &lease->mac);
	if (lease->hostname[0])
		engine_learn_hostname(daemon->engine, &lease->mac, lease->hostname);
}

/* A message about somebody's deletion may have been lost; the table tells. */
static void check_rules(struct daemon *daemon)
{
	if (nft_is_present(daemon->nft) == 0) {
		log_warn("nft", "table inet " NFT_TABLE " is gone; it is put back");
		daemon->rules_restored++;
		daemon->rules_wanted = true;
	}
}

/* A database that was missing, or written over while it was open, may be there now. */
static void retry_databases(struct daemon *daemon)
{
	bool found = false;

	for (unsigned kind = 0; kind < GEO_KINDS; kind++) {
		struct geo_info info;
		char error[ERROR_SIZE];

		geo_info(daemon->geo, (enum geo_kind)kind, &info);
		if (!info.path[0] || info.open || access(info.path, R_OK) < 0 ||
		    !geo_open(daemon->geo, (enum geo_kind)kind, info.path, error, sizeof(error)))
			continue;
		log_info("geo", "%s can be read again", info.path);
		found = true;
	}
	if (found)
		engine_judge_again(daemon->engine);
}

/* Marks carry the generation: when the engine's changes, so do the rules. */
static void follow_generation(struct daemon *daemon)
{
	char error[ERROR_SIZE];

	if (!daemon->rules_wanted && daemon->generation == engine_generation(daemon->engine))
		return;
	if (daemon_apply_rules(daemon, error, sizeof(error)))
		return;
	log_error("nft", "%s", error);
	daemon->rules_wanted = true;
}

static void handle_tick(void *context, unsigned events)
{
	struct daemon *daemon = context;
	unsigned tick = daemon->ticks++;

	(void)events;
	watch_clock(daemon, clock_now());
	daemon_overhear(daemon);
	if (tick % LEASES_TICKS == 0)
		leases_poll(daemon->leases, learn_lease, daemon);
	if (tick % TRAFFIC_TICKS == 0) {
		daemon_read_traffic(daemon);
		daemon_read_limits(daemon);
	}
	daemon_watch_limits(daemon, clock_now());
	if (tick % BINDINGS_TICKS == BINDINGS_TICKS - 1)
		daemon_save_bindings(daemon);
	if (tick % KNOWN_TICKS == KNOWN_TICKS - 1)
		daemon_save_known(daemon);
	if (tick % CHECK_TICKS == CHECK_TICKS - 1) {
		check_rules(daemon);
		retry_databases(daemon);
	}
	if (daemon->rules_wanted)
		follow_generation(daemon);
	daemon_pass_events(daemon);
}

/* Before each wait: an override, a reload or the tick may have changed it. */
static void handle_prepare(void *context, unsigned events)
{
	struct daemon *daemon = context;

	(void)events;
	/* One that failed is tried again with the tick, not with every turn. */
	if (!daemon->rules_wanted)
		follow_generation(daemon);
}

/* ---- signals ---- */

static void handle_reload(void *context, unsigned signal_number)
{
	struct policy_errors errors = {0}, warnings = {0};
	bool done = daemon_reload(context, &errors, &warnings);

	(void)signal_number;
	daemon_log_errors(&errors, &warnings);
	if (!done)
		log_error("reload", "nothing was changed: the files have errors");
	policy_errors_free(&errors);
	policy_errors_free(&warnings);
}

static void handle_stop(void *context, unsigned signal_number)
{
	struct daemon *daemon = context;

	log_info("stop", "signal %u", signal_number);
	loop_stop(daemon->loop);
}

static void handle_status(void *context, unsigned signal_number)
{
	(void)signal_number;
	daemon_log_status(context);
}

void daemon_log_status(const struct daemon *daemon)
{
	struct engine_counters engine;
	struct nfqueue_counters queue;
	struct geo_info info;

	engine_counters(daemon->engine, &engine);
	nfqueue_counters(daemon->capture, &queue);
	log_info("status", "running for %" PRId64 " s, generation %lu, %" PRIu64 " reloads",
		 time_in(clock_now() - daemon->started, SECOND_US),
		 (unsigned long)daemon->generation, daemon->reloads);
	log_info("status",
		 "packets %" PRIu64 ", accepted %" PRIu64 ", dropped %" PRIu64 ", replies %" PRIu64
		 ", malformed %" PRIu64,
		 engine.packets, engine.accepted, engine.dropped, engine.replies, engine.malformed);
	log_info("status",
		 "questions %" PRIu64 ", refused %" PRIu64 "; flows %" PRIu64 ", blocked %" PRIu64,
		 engine.questions, engine.questions_refused, engine.flows, engine.flows_blocked);
	log_info("status", "now: %lu flows, %lu devices, %lu bindings, %lu names",
		 (unsigned long)engine.flows_now, (unsigned long)engine.devices_now,
		 (unsigned long)engine.bindings_now, (unsigned long)engine.names_now);
	log_info("status", "queue: overruns %" PRIu64 ", dropped by the kernel %lu and %lu",
		 queue.overruns, (unsigned long)queue.queue_drops, (unsigned long)queue.user_drops);
	log_info("status", "rules put back %" PRIu64 " times; %zu control clients",
		 daemon->rules_restored, control_client_count(daemon->control));
	for (unsigned kind = 0; kind < GEO_KINDS; kind++) {
		geo_info(daemon->geo, (enum geo_kind)kind, &info);
		if (info.path[0])
			log_info("status", "%s: %s", info.path, info.open ? info.type : info.error);
	}
}

/* ---- running ---- */

bool daemon_start_loop(struct daemon *daemon)
{
	char error[ERROR_SIZE];

	daemon->more_packets = loop_watch_timer(daemon->loop, 0, 0, daemon_handle_packets, daemon);
	daemon->deadline = loop_watch_timer(daemon->loop, DAY_MS, 0, handle_deadline, daemon);
	if (!daemon->more_packets || !daemon->deadline ||
	    !loop_watch_timer(daemon->loop, 0, TICK_MS, handle_tick, daemon) ||
	    !loop_watch_prepare(daemon->loop, handle_prepare, daemon) ||
	    !loop_watch_signal(daemon->loop, SIGHUP, handle_reload, daemon) ||
	    !loop_watch_signal(daemon->loop, SIGUSR1, handle_status, daemon) ||
	    !loop_watch_signal(daemon->loop, SIGTERM, handle_stop, daemon) ||
	    !loop_watch_signal(daemon->loop, SIGINT, handle_stop, daemon) ||
	    !daemon_watch_kernel(daemon)) {
		log_error("start", "no memory for the event loop");
		return false;
	}
	if (!privilege_confine(privilege_filter_wanted(), error, sizeof(error))) {
		log_error("privileges", "%s", error);
		return false;
	}
	daemon->started_loop = true;
	return true;
}

int daemon_run(struct daemon *daemon)
{
	log_info("start", "gatewayd " GATEWAYD_VERSION ": %zu devices, %zu policies, queue %u",
		 policy_device_count(daemon->set), policy_count(daemon->set),
		 (unsigned)policy_settings(daemon->set)->queue);
	loop_run(daemon->loop);
	return daemon->exit_code;
}
