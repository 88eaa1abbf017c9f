/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up what is not needed, one function per step, in the order in which
 * they are called; every one that fails is fatal for the program.
 *
 * What is kept is CAP_NET_ADMIN: every nfnetlink message, verdicts included,
 * needs it. Raw sockets are opened before. Paths are not given up: a reload
 * reads the configuration again, with the rights of the new user.
 */
#ifndef GATEWAYD_SYSTEM_PRIVILEGE_H
#define GATEWAYD_SYSTEM_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PRIVILEGE_USER "gatewayd"

struct privilege_user {
	char name[64]; /* empty: stays who it is */
	uid_t uid;
	gid_t gid;
};

/*
 * name NULL: PRIVILEGE_USER if there is one, else, and when not started as
 * root, nobody else. False: there is no such user.
 */
bool privilege_find_user(const char *name, struct privilege_user *ret_user, char *error,
			 size_t error_size);
/* Made if needed and given to the user, who must be able to write below. */
bool privilege_give_directory(const struct privilege_user *user, const char *path, mode_t mode,
			      char *error, size_t error_size);
/* The user, CAP_NET_ADMIN where it is there, nothing else, and no way back. */
bool privilege_drop(const struct privilege_user *user, char *error, size_t error_size);

enum privilege_filter {
	PRIVILEGE_FILTER_OFF,
	PRIVILEGE_FILTER_ERRNO, /* a forbidden call fails with EPERM, for finding out */
	PRIVILEGE_FILTER_KILL,
};

/* Which one the environment asks for (GATEWAYD_SECCOMP=off|errno|kill); kill. */
enum privilege_filter privilege_filter_wanted(void);
/* Was the program built with a filter of system calls? */
bool privilege_has_filter(void);
/* The filter of system calls; true without effect where it was not built in. */
bool privilege_confine(enum privilege_filter filter, char *error, size_t error_size);

#endif
