/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock file, not the socket, says whether a daemon is running: a socket
 * that was left behind by a killed one looks like any other, and the lock of
 * a process ends with it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/control.h"
#include "system/control_socket.h"
#include "system/log.h"

#define GROUPS_MOST 256
#define BACKLOG 16

static bool fail(char *error, size_t error_size, const char *what)
{
	snprintf(error, error_size, "%s: %s", what, strerror(errno));
	return false;
}

/* The socket's folder, if it is not there: for its owner and the group. */
static bool make_folder(const struct control_socket *control_socket, char *error, size_t error_size)
{
	char folder[sizeof(control_socket->path)];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", control_socket->path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return true;
	*slash = 0;
	if (mkdir(folder, 0750) < 0)
		return errno == EEXIST || fail(error, error_size, folder);
	/* mkdir() obeyed the umask. */
	if (chmod(folder, 0750) < 0 ||
	    (control_socket->has_group && chown(folder, (uid_t)-1, control_socket->group) < 0))
		return fail(error, error_size, folder);
	return true;
}

static void say_locked(int lock, const char *path, char *error, size_t error_size)
{
	char pid[16] = "";
	ssize_t n = pread(lock, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = 0;
	snprintf(error, error_size,
		 "%s: another gatewayd is running%s%s; stop it, or give this "
		 "one its own socket with -s",
		 path, *pid ? ", process " : "", pid);
}

static bool take_lock(struct control_socket *control_socket, char *error, size_t error_size)
{
	char path[sizeof(control_socket->path) + 8], pid[16];
	ssize_t written;
	int fd;

	snprintf(path, sizeof(path), "%s.lock", control_socket->path);
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(error, error_size, path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			say_locked(fd, control_socket->path, error, error_size);
		else
			fail(error, error_size, path);
		close(fd);
		return false;
	}
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (ftruncate(fd, 0) == 0) {
		written = pwrite(fd, pid, strlen(pid), 0);
		(void)written; /* only a nicety of the message above */
	}
	control_socket->lock = fd;
	return true;
}

static bool bind_socket(struct control_socket *control_socket, char *error, size_t error_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int bound;

	memcpy(address.sun_path, control_socket->path, sizeof(address.sun_path));
	control_socket->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control_socket->fd < 0)
		return fail(error, error_size, control_socket->path);
	/* We have the lock, so whatever is there is a leftover. */
	if (unlink(control_socket->path) < 0 && errno != ENOENT)
		return fail(error, error_size, control_socket->path);
	mask = umask(0177);
	bound = bind(control_socket->fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (bound < 0)
		return fail(error, error_size, control_socket->path);
	if ((control_socket->has_group &&
	     chown(control_socket->path, (uid_t)-1, control_socket->group) < 0) ||
	    chmod(control_socket->path, 0660) < 0 || listen(control_socket->fd, BACKLOG) < 0)
		return fail(error, error_size, control_socket->path);
	return true;
}

bool control_socket_open(struct control_socket *control_socket, const char *path, char *error,
			 size_t error_size)
{
	struct control_socket opened = {.fd = -1, .lock = -1, .owner = geteuid()};
	const struct group *group = getgrnam(CONTROL_GROUP);

	if (strlen(path) >= sizeof(opened.path)) {
		snprintf(error, error_size, "%s: longer than the %zu bytes a socket's name has",
			 path, sizeof(opened.path) - 1);
		return false;
	}
	memcpy(opened.path, path, strlen(path));
	/* A jail may have made us another user already, of that group. */
	if (group && (geteuid() == 0 || getegid() == group->gr_gid)) {
		opened.group = group->gr_gid;
		opened.has_group = true;
	}
	if (!make_folder(&opened, error, error_size) || !take_lock(&opened, error, error_size))
		return false;
	if (!bind_socket(&opened, error, error_size)) {
		if (opened.fd >= 0)
			close(opened.fd);
		close(opened.lock);
		return false;
	}
	*control_socket = opened;
	return true;
}

void control_socket_close(struct control_socket *control_socket)
{
	close(control_socket->fd);
	unlink(control_socket->path);
	close(control_socket->lock);
}

static bool is_in_group(const struct control_socket *control_socket, int fd, gid_t group)
{
	gid_t groups[GROUPS_MOST];
	socklen_t len = sizeof(groups);

	if (!control_socket->has_group)
		return false;
	if (group == control_socket->group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == control_socket->group)
			return true;
	return false;
}

int control_socket_accept(const struct control_socket *control_socket, bool *ret_operator)
{
	int fd = accept4(control_socket->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred peer;
	socklen_t len = sizeof(peer);
	bool may_change;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) {
		close(fd);
		return -EACCES;
	}
	may_change = peer.uid == 0 || peer.uid == control_socket->owner;
	if (!may_change && !is_in_group(control_socket, fd, peer.gid)) {
		log_warn("control", "user %lu was refused", (unsigned long)peer.uid);
		control_socket_refuse(fd, CONTROL_UNREACHABLE,
				      "only root and the group " CONTROL_GROUP " may ask");
		return -EACCES;
	}
	*ret_operator = may_change;
	return fd;
}

void control_socket_refuse(int fd, int exit_code, const char *error)
{
	char line[160];
	int len = snprintf(line, sizeof(line), "{\"done\":true,\"exit\":%d,\"error\":\"%s\"}\n",
			   exit_code, error);

	if (len > 0 && (size_t)len < sizeof(line))
		(void)!send(fd, line, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}
