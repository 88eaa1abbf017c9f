/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/notify.h"

/* What a service manager would hear on the socket of that name; len of its address. */
static void expect_heard(const struct sockaddr_un *address, size_t len, const char *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	char heard[64];

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	assert_int_equal(notify_ready(), 0);
	assert_int_equal(recv(fd, heard, sizeof(heard), 0), strlen("READY=1"));
	assert_memory_equal(heard, "READY=1", strlen("READY=1"));
	assert_int_equal(recv(fd, heard, sizeof(heard), 0), -1);
	close(fd);
}

static void test_path(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char folder[] = "/tmp/test_notify_XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
	expect_heard(&address, strlen(address.sun_path), address.sun_path);
	unlink(address.sun_path);
	/* The manager is gone. */
	assert_int_equal(notify_ready(), -ENOENT);
	rmdir(folder);
}

static void test_abstract(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@gatewayd/test_notify/%d", (int)getpid());
	memcpy(address.sun_path, name, strlen(name));
	address.sun_path[0] = '\0';
	expect_heard(&address, strlen(name), name);
}

static void test_nobody_asks(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_ready(), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(notify_ready(), 0);
}

static void test_names_that_are_none(void **state)
{
	char name[300];

	(void)state;
	setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
	assert_int_equal(notify_ready(), -EAFNOSUPPORT);
	memset(name, 'x', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_ready(), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_abstract),
		cmocka_unit_test(test_nobody_asks),
		cmocka_unit_test(test_names_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
