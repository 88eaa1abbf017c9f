/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running daemon: everything it has, and what happens to it as a whole.
 * gatewayd.c starts it, daemon.c runs it, commands.c looks into it.
 */
#ifndef GATEWAYD_DAEMON_H
#define GATEWAYD_DAEMON_H

#include "capture/capture.h"
#include "engine/engine.h"
#include "policy/policy.h"
#include "system/clock.h"
#include "system/geo.h"
#include "system/loop.h"
#include "system/privilege.h"

#define DAEMON_DIRECTORY GATEWAYD_SYSCONFDIR
#define DAEMON_SOCKET "/run/gatewayd/control.sock"
#define DAEMON_LAN_MOST 64

struct commands;
struct conntrack;
struct control;
struct interfaces;
struct leases;
struct nft;
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
	struct engine *engine;
	struct geo *geo;
	struct vendor *vendor; /* may be NULL */
	struct leases *leases;

	struct loop *loop;
	struct capture *capture;
	struct nft *nft;
	struct conntrack *conntrack; /* NULL: the kernel has no such interface */
	struct interfaces *interfaces;
	struct control *control;
	struct commands *commands;

	struct clock_local clock;
	time_us started;
	time_us loaded;           /* the policy that is in force */
	time_us direct_from;      /* see engine_config */
	time_us bindings_saved;   /* 0: not yet */
	uint64_t bindings_digest; /* of what was saved last */
	int64_t next_leases_ms, next_bindings_ms, next_check_ms;
	int next_edge; /* minute of the week at which a `when` begins or ends; -1 */
	int last_minute;
	uint64_t reloads, reloads_refused;
	uint64_t rules_restored;       /* times that somebody else deleted the table */
	bool queue_lost;               /* the queue is not ours any more */
	uint32_t lan[DAEMON_LAN_MOST]; /* indexes, sorted */
	size_t lan_count;
	int exit_code;
};

/*
 * Reads all files and puts them in force, or changes nothing and says why. The
 * errors are freed by the caller; warnings may be NULL.
 */
bool daemon_reload(struct daemon *daemon, struct policy_errors *errors,
		   struct policy_errors *warnings);

/* One page of facts in the log, as SIGUSR1 does. */
void daemon_log_status(const struct daemon *daemon);

/* ---- for gatewayd.c: the steps of the start, in their order ---- */

bool daemon_open_control(struct daemon *daemon);
bool daemon_open_kernel(struct daemon *daemon);
bool daemon_drop_privileges(struct daemon *daemon);
bool daemon_start_engine(struct daemon *daemon);
bool daemon_confine(struct daemon *daemon);
/* Until a signal; the exit code. */
int daemon_run(struct daemon *daemon);
/* Everything that was opened, in reverse order; the rules, too. */
void daemon_stop(struct daemon *daemon);

#endif
