/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running daemon: everything it has, and what happens to it as a whole.
 * gatewayd.c starts it, commands.c looks into it.
 *
 *	daemon.c  the steps of the start and of the stop; reload
 *	kernel.c  rules, queue, interfaces: what the kernel must know
 *	limits.c  bytes under limit rules: engine, kernel, file
 *	run.c     the loop: packets, ticks, signals
 */
#ifndef GATEWAYD_DAEMON_DAEMON_H
#define GATEWAYD_DAEMON_DAEMON_H

#include "capture/capture.h"
#include "daemon/limit_counts.h"
#include "daemon/networks.h"
#include "engine/engine.h"
#include "policy/policy.h"
#include "system/clock.h"
#include "system/geo.h"
#include "system/loop.h"
#include "system/privilege.h"

#define DAEMON_LAN_MOST 64
/* After a cold start nothing is called direct for so long. */
#define DAEMON_COLD_US (10 * MINUTE_US)

struct commands;
struct conntrack;
struct control;
struct identify_table;
struct interfaces;
struct leases;
struct listener;
struct lists;
struct nft;
struct traffic;
struct vendor;

/* What the command line said. */
struct daemon_options {
	const char *directory; /* -c */
	const char *socket;    /* -s */
	const char *user;      /* -u, or NULL */
	unsigned verbose;      /* -v */
	bool check;            /* -n */
};

struct daemon {
	struct daemon_options options;
	char runtime[256]; /* the socket's folder; bindings are kept there */
	struct privilege_user user;

	const struct policy_set *set;
	struct lists *lists; /* of the set, which looks into them */
	struct engine *engine;
	struct networks networks; /* of the router's own radios */
	struct redact_keys *keys; /* shipped; NULL when they could not be read */
	struct geo *geo;
	struct vendor *vendor;           /* may be NULL */
	struct identify_table *identify; /* may be NULL */
	struct leases *leases;
	struct traffic *traffic;

	struct loop *loop;
	struct capture *capture;
	struct listener *listener; /* NULL: what devices say of themselves is not heard */
	struct nft *nft;
	struct conntrack *conntrack; /* NULL: the kernel has no such interface */
	struct interfaces *interfaces;
	struct control *control;
	struct commands *commands;

	struct clock_local clock;
	time_us started;
	time_us loaded;      /* the policy that is in force */
	time_us direct_from; /* see engine_config; 0: from the beginning */
	uint64_t reloads, reloads_refused;
	uint64_t rules_restored; /* times that somebody else deleted the table */
	bool queue_lost;         /* the queue is broken: we are about to end */

	/* The rest is for daemon*.c. */
	uint32_t generation; /* that the rules and marks in the kernel are of */
	bool bypassed;       /* somebody else's flowtable was there when last looked */
	bool rules_wanted;   /* they could not be put in force: again with the next tick */
	int last_minute;     /* of the week, at the last tick */
	uint32_t lan[DAEMON_LAN_MOST]; /* interface indexes, sorted */
	size_t lan_count;
	struct loop_watch *more_packets;
	struct loop_watch *deadline; /* of bytes that wait */
	struct loop_watch *sweep;    /* of connections whose marks are of older rules */
	bool sweep_wanted;
	bool made_runtime; /* so it is ours to give away */
	bool started_loop;
	uint64_t bindings_digest, known_digest, limits_digest; /* of what was saved last */
	struct limit_counts_readings limits_left;              /* until the engine has them */
	time_us limits_saved;  /* the last time that this was tried, and */
	bool limits_unsaved;   /* it failed */
	time_us limits_minute; /* since 1970, at the last reading before one ended */
	unsigned ticks;
	int exit_code;
};

/*
 * Reads all files and puts them in force, or changes nothing and says why. The
 * errors are freed by the caller; warnings may be NULL.
 */
bool daemon_reload(struct daemon *daemon, struct policy_errors *errors,
		   struct policy_errors *warnings);

/* Adds the bytes that the kernel let through without asking. */
void daemon_count_traffic(const struct daemon *daemon, struct device_record *record);

/* One page of facts in the log, as SIGUSR1 does. */
void daemon_log_status(const struct daemon *daemon);

/* ---- for gatewayd.c: the steps of the start, in their order ---- */

/* Each says in the log why it failed; all of them are then fatal. */
bool daemon_load_policy(struct daemon *daemon);
bool daemon_open_control(struct daemon *daemon);
bool daemon_open_kernel(struct daemon *daemon);
bool daemon_start_engine(struct daemon *daemon);
bool daemon_drop_privileges(struct daemon *daemon);
bool daemon_start_loop(struct daemon *daemon);
/* Until a signal; the exit code. */
int daemon_run(struct daemon *daemon);
/* Everything that was opened, in reverse order. */
void daemon_stop(struct daemon *daemon);

/* ---- between daemon*.c ---- */

/* Kernel rules and marks of the engine's present generation. */
bool daemon_apply_rules(struct daemon *daemon, char *error, size_t error_size);
bool daemon_watch_kernel(struct daemon *daemon);
void daemon_update_lan(struct daemon *daemon);
void daemon_read_traffic(struct daemon *daemon);
void daemon_overhear(struct daemon *daemon);
void daemon_close_kernel(struct daemon *daemon);
/* Keeps what the rules of a killed daemon counted, before they are replaced; false: nothing. */
bool daemon_find_limits(struct daemon *daemon);
/* Gives it to the engine, and what is in the file. */
void daemon_restore_limits(struct daemon *daemon);
/* The rules are new: whether they count, and that they know no flow. */
void daemon_restart_limits(struct daemon *daemon);
void daemon_read_limits(struct daemon *daemon);
/* What the kernel is to count, and how far. */
void daemon_pass_limits(struct daemon *daemon);
void daemon_save_limits(struct daemon *daemon);
/* Now and then. */
void daemon_watch_limits(struct daemon *daemon, time_us now);
/* The engine's time goes on. */
void daemon_advance(struct daemon *daemon, time_us now);
/* Opens what the policy names; says what cannot be. */
void daemon_open_geo(struct daemon *daemon);
/* Did a `when` begin or end between two minutes of the week, or the clock jump back? */
bool daemon_crossed_edge(const struct policy_set *set, int from, int to);
void daemon_handle_packets(void *daemon, unsigned events);
/* Only those that wait already, in the middle of longer work; events stay for later. */
void daemon_answer_packets(void *daemon);
/* What the engine has to tell, told to whoever wants it. */
void daemon_pass_events(struct daemon *daemon);
void daemon_save_bindings(struct daemon *daemon);
void daemon_save_known(struct daemon *daemon);
/* Of a file that outlives a reboot, too, where the state directory is on a disk. */
const char *daemon_state_path(const struct daemon *daemon, const char *name, char *path,
			      size_t size);
void daemon_log_errors(const struct policy_errors *errors, const struct policy_errors *warnings);

#endif
