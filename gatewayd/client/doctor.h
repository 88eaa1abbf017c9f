/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: a table of checks, each of which looks at one thing that gatewayd
 * needs and says what it found and what helps. Nothing is changed that stays,
 * and no daemon is needed. Private to gatewayctl.
 *
 *	doctor.c         the table; what is printed
 *	doctor_daemon.c  rights, files, the daemon and its socket
 *	doctor_kernel.c  rules, queue, connections, offloading, marks
 *	doctor_network.c interfaces, forwarding, listeners, the resolver
 *	doctor_data.c    clock, databases, lists, state
 */
#ifndef GATEWAYD_CLIENT_DOCTOR_H
#define GATEWAYD_CLIENT_DOCTOR_H

#include "client/client.h"
#include "policy/policy.h"

enum doctor_result {
	DOCTOR_OK,
	DOCTOR_WARN,    /* it works, but not as it could */
	DOCTOR_BAD,     /* it does not work: exit 1 */
	DOCTOR_UNKNOWN, /* could not be looked at */
};

struct doctor_finding {
	enum doctor_result result;
	char finding[320];
	char cure[320]; /* empty: nothing is to be done */
};

/* What the checks before have found out. */
struct doctor {
	const struct client *client;
	bool net_admin;
	struct policy_set *set; /* NULL: the files do not load */
	struct policy_errors errors, warnings;
	struct lists *lists;
	struct json_object *status; /* NULL: no daemon answers */
};

/* Replaces the finding; the cure is then empty. */
void doctor_say(struct doctor_finding *finding, enum doctor_result result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void doctor_cure(struct doctor_finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* False, and said: without the settings this cannot be looked at. */
bool doctor_has_settings(const struct doctor *doctor, struct doctor_finding *finding);
/* False, and said: the kernel does not let us look. */
bool doctor_may_look(const struct doctor *doctor, struct doctor_finding *finding);
/* A policy has dns.resolver = "gateway". */
bool doctor_wants_resolver(const struct policy_set *set);
/* The answer of status says so. */
bool doctor_daemon_has_queue(const struct doctor *doctor);

/* ---- the checks, in the order of the table ---- */

void doctor_rights(struct doctor *doctor, struct doctor_finding *finding);
void doctor_files(struct doctor *doctor, struct doctor_finding *finding);
void doctor_socket(struct doctor *doctor, struct doctor_finding *finding);
void doctor_daemon(struct doctor *doctor, struct doctor_finding *finding);
void doctor_rules(struct doctor *doctor, struct doctor_finding *finding);
void doctor_queue(struct doctor *doctor, struct doctor_finding *finding);
void doctor_connections(struct doctor *doctor, struct doctor_finding *finding);
void doctor_offloading(struct doctor *doctor, struct doctor_finding *finding);
void doctor_marks(struct doctor *doctor, struct doctor_finding *finding);
void doctor_interfaces(struct doctor *doctor, struct doctor_finding *finding);
void doctor_forwarding(struct doctor *doctor, struct doctor_finding *finding);
void doctor_listeners(struct doctor *doctor, struct doctor_finding *finding);
void doctor_resolver(struct doctor *doctor, struct doctor_finding *finding);
void doctor_clock(struct doctor *doctor, struct doctor_finding *finding);
void doctor_countries(struct doctor *doctor, struct doctor_finding *finding);
void doctor_networks(struct doctor *doctor, struct doctor_finding *finding);
void doctor_lists(struct doctor *doctor, struct doctor_finding *finding);
void doctor_vendors(struct doctor *doctor, struct doctor_finding *finding);
void doctor_state(struct doctor *doctor, struct doctor_finding *finding);

/* ---- the judgement alone, for tests ---- */

/* Bit `capability` of CapEff in the text of /proc/PID/status. */
bool doctor_has_capability(const char *process_status, unsigned capability);
void doctor_judge_status(struct json_object *status, struct doctor_finding *finding);
/* owner: as queue_state_print_owner() says it; empty: nobody has it. */
void doctor_judge_queue(unsigned number, const char *owner, bool answers,
			struct doctor_finding *finding);
/* now: seconds since 1970. */
void doctor_judge_clock(int64_t now, bool synchronised, struct doctor_finding *finding);
void doctor_judge_age(const char *what, int64_t built, int64_t now, struct doctor_finding *finding);
/* Values of the two switches; below 0: there is none. */
void doctor_judge_forwarding(int ipv4, int ipv6, struct doctor_finding *finding);
/* uname's release: does a listener for IP stand behind the IP stack there? */
bool doctor_hears_late(const char *release);
/* A line of /proc/net/packet: a socket for IP alone, on that interface (0: on all). */
bool doctor_hears_ip(const char *line, unsigned *ret_interface, unsigned long *ret_inode);
/* A line of /proc/net/udp or udp6: somebody takes datagrams for others than himself there. */
bool doctor_listens(const char *line, unsigned port);
/* A message of system/nft.h: what is wrong, ": the kernel needs", what brings it. */
void doctor_judge_refusal(const char *error, struct doctor_finding *finding);
/* Breaks the text at blanks; lines after the first begin with so many blanks. */
void doctor_wrap(FILE *out, const char *text, size_t indent, size_t width);

#endif
