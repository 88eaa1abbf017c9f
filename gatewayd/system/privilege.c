/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User, directories, capabilities. The capabilities are set with the two
 * system calls themselves where libcap-ng was not there at build time, as on
 * OpenWrt. The filter of system calls is confine.c's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if HAVE_CAPNG
#include <cap-ng.h>
#endif

#include "system/privilege.h"

static bool fail(char *error, size_t error_size, const char *what)
{
	snprintf(error, error_size, "%s: %s", what, strerror(errno));
	return false;
}

bool privilege_find_user(const char *name, struct privilege_user *ret_user, char *error,
			 size_t error_size)
{
	struct privilege_user user = {.uid = geteuid(), .gid = getegid()};
	const struct passwd *entry;

	if (!name && geteuid() != 0) {
		*ret_user = user;
		return true;
	}
	errno = 0;
	entry = getpwnam(name ? name : PRIVILEGE_USER);
	if (!entry && name) {
		snprintf(error, error_size, "there is no user \"%s\"", name);
		return false;
	}
	if (entry) {
		snprintf(user.name, sizeof(user.name), "%s", entry->pw_name);
		user.uid = entry->pw_uid;
		user.gid = entry->pw_gid;
	}
	*ret_user = user;
	return true;
}

/* The last folder of the path; those above must be there. */
bool privilege_give_directory(const struct privilege_user *user, const char *path, mode_t mode,
			      char *error, size_t error_size)
{
	struct stat status;
	bool made = mkdir(path, mode) == 0;
	int fd;

	if (!made && errno != EEXIST)
		return fail(error, error_size, path);
	/* By descriptor, so that nobody puts a link in between. */
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(error, error_size, path);
	if (fstat(fd, &status) < 0 || (made && fchmod(fd, mode) < 0) ||
	    (geteuid() == 0 && (status.st_uid != user->uid || status.st_gid != user->gid) &&
	     fchown(fd, user->uid, user->gid) < 0)) {
		fail(error, error_size, path);
		close(fd);
		return false;
	}
	close(fd);
	return true;
}

/* ---- capabilities ---- */

#define CAPABILITY_BIT(n) ((uint32_t)1 << (n))

static bool get_permitted(uint32_t ret_permitted[static 2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	ret_permitted[0] = data[0].permitted;
	ret_permitted[1] = data[1].permitted;
	return true;
}

#if HAVE_CAPNG

static bool set_capabilities(bool net_admin)
{
	capng_clear(CAPNG_SELECT_BOTH);
	if (net_admin)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	return capng_apply(CAPNG_SELECT_CAPS) == 0;
}

#else

static bool set_capabilities(bool net_admin)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	memset(data, 0, sizeof(data));
	if (net_admin)
		data[0].permitted = data[0].effective = CAPABILITY_BIT(CAP_NET_ADMIN);
	return syscall(SYS_capset, &header, data) == 0;
}

#endif

/* What a program that we would start could get: nothing. Needs CAP_SETPCAP. */
static bool empty_bounding_set(void)
{
	for (unsigned long capability = 0; capability < 64; capability++)
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1 &&
		    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EPERM)
			return false;
	return true;
}

static bool become(const struct privilege_user *user)
{
	if (user->name[0] == 0 || (geteuid() == user->uid && getegid() == user->gid))
		return true;
	/* The capabilities are to survive the change of user. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || initgroups(user->name, user->gid) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return false;
	return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0;
}

/* Is it really gone? A mistake above must not go unseen. */
static bool is_dropped(const struct privilege_user *user, bool net_admin)
{
	uint32_t permitted[2];

	if (!get_permitted(permitted))
		return false;
	errno = EPERM;
	if (permitted[1] != 0 || permitted[0] != (net_admin ? CAPABILITY_BIT(CAP_NET_ADMIN) : 0))
		return false;
	return user->name[0] == 0 || user->uid == 0 || (setuid(0) < 0 && geteuid() == user->uid);
}

bool privilege_drop(const struct privilege_user *user, char *error, size_t error_size)
{
	uint32_t permitted[2];
	bool net_admin;

	if (!get_permitted(permitted))
		return fail(error, error_size, "capabilities cannot be read");
	net_admin = permitted[0] & CAPABILITY_BIT(CAP_NET_ADMIN);
	if (!empty_bounding_set())
		return fail(error, error_size,
			    "the bounding set of capabilities cannot be emptied");
	if (!become(user)) {
		snprintf(error, error_size, "cannot become user \"%s\": %s", user->name,
			 strerror(errno));
		return false;
	}
	if (!set_capabilities(net_admin))
		return fail(error, error_size, "capabilities cannot be dropped");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return fail(error, error_size, "ambient capabilities cannot be dropped");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(error, error_size, "no_new_privs cannot be set");
	if (!is_dropped(user, net_admin))
		return fail(error, error_size,
			    "privileges are still there after they were dropped");
	return true;
}
