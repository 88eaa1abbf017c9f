/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/state.h"

static int write_all(int fd, struct bytes content)
{
	size_t done = 0;

	while (done < content.len) {
		ssize_t n = write(fd, content.data + done, content.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return 0;
}

static int save(const char *path, struct bytes content, mode_t mode, bool durably)
{
	char beside[4096];
	int fd, error;

	if ((size_t)snprintf(beside, sizeof(beside), "%s.new", path) >= sizeof(beside))
		return -ENAMETOOLONG;
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	error = write_all(fd, content);
	/* Whatever the umask says, and whoever left an old one beside. */
	if (!error && (fchmod(fd, mode) < 0 || (durably && fsync(fd) < 0)))
		error = -errno;
	if (close(fd) < 0 && !error)
		error = -errno;
	if (!error && rename(beside, path) < 0)
		error = -errno;
	if (error)
		unlink(beside);
	return error;
}

int state_save(const char *path, struct bytes content, mode_t mode)
{
	return save(path, content, mode, false);
}

int state_save_durably(const char *path, struct bytes content, mode_t mode)
{
	return save(path, content, mode, true);
}

int state_read(int fd, void *data, size_t size, size_t *ret_len)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (char *)data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*ret_len = done;
	return 0;
}

int state_load(const char *path, size_t most, char **ret_text, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	char *text = NULL;
	size_t len = 0;
	int error = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		error = -errno;
	else if (!S_ISREG(status.st_mode))
		error = -EINVAL;
	else if (status.st_size > 0 && (uintmax_t)status.st_size > most)
		error = -EFBIG;
	else if (!(text = malloc((size_t)status.st_size + 1)))
		error = -ENOMEM;
	else
		error = state_read(fd, text, (size_t)status.st_size, &len);
	close(fd);
	if (error) {
		free(text);
		return error;
	}
	text[len] = 0;
	*ret_text = text;
	*ret_len = len;
	return 0;
}
