/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is given up cannot be taken back, so each test does it in a child and
 * looks at how that ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/privilege.h"

#define NET_ADMIN_ONLY 0x1000ul

/* The wait status of a child that runs this. */
static int run_child(int (*run)(void))
{
	pid_t child = fork();
	int status = -1;

	assert_true(child >= 0);
	if (child == 0)
		_exit(run());
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void skip_unless_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("skipped: only root has something to give up\n");
	skip();
}

/* A hexadecimal line of /proc/self/status. */
static unsigned long status_line(const char *name)
{
	FILE *file = fopen("/proc/self/status", "r");
	unsigned long value = 77;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoul(line + strlen(name), NULL, 16);
	if (file)
		fclose(file);
	return value;
}

static int drop_to_nobody(void)
{
	struct privilege_user user;
	char error[256] = "";

	if (!privilege_find_user("nobody", &user, error, sizeof(error)) ||
	    !privilege_drop(&user, error, sizeof(error))) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	if (geteuid() != user.uid || getegid() != user.gid)
		return 2;
	if (status_line("CapEff:") != NET_ADMIN_ONLY || status_line("CapPrm:") != NET_ADMIN_ONLY ||
	    status_line("CapInh:") != 0 || status_line("CapAmb:") != 0 ||
	    status_line("CapBnd:") != 0)
		return 3;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 4;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
		return 5;
	if (open("/etc/shadow", O_RDONLY) >= 0)
		return 6;
	return 0;
}

static void test_drop(void **state)
{
	(void)state;
	skip_unless_root();
	assert_int_equal(run_child(drop_to_nobody), 0);
}

/* No such user on the machine: still root by number, but with one right. */
static int drop_without_user(void)
{
	struct privilege_user user = {.uid = geteuid(), .gid = getegid()};
	char error[256] = "";

	if (!privilege_drop(&user, error, sizeof(error)))
		return 1;
	return status_line("CapEff:") == NET_ADMIN_ONLY && status_line("CapBnd:") == 0 ? 0 : 2;
}

static void test_drop_without_user(void **state)
{
	(void)state;
	skip_unless_root();
	assert_int_equal(run_child(drop_without_user), 0);
}

/* Started as somebody who has no rights: nothing to keep, nothing fails. */
static int drop_nothing(void)
{
	struct privilege_user user;
	char error[256] = "";

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	if (!privilege_find_user(NULL, &user, error, sizeof(error)) || user.name[0])
		return 2;
	if (!privilege_drop(&user, error, sizeof(error)))
		return 3;
	return status_line("CapEff:") == 0 ? 0 : 4;
}

static void test_drop_nothing(void **state)
{
	(void)state;
	assert_int_equal(run_child(drop_nothing), 0);
}

static void test_unknown_user(void **state)
{
	struct privilege_user user = {.uid = 42};
	char error[256] = "";

	(void)state;
	assert_false(privilege_find_user("no-such-user", &user, error, sizeof(error)));
	assert_string_equal(error, "there is no user \"no-such-user\"");
	assert_int_equal(user.uid, 42);
}

static void test_directory(void **state)
{
	struct privilege_user user = {.uid = 65534, .gid = 65534};
	char folder[] = "/tmp/test_privilege_XXXXXX", path[64], link_path[64], error[256] = "";
	struct stat status;

	(void)state;
	assert_non_null(mkdtemp(folder));
	if (geteuid() != 0) {
		user.uid = geteuid();
		user.gid = getegid();
	}
	snprintf(path, sizeof(path), "%s/run", folder);
	snprintf(link_path, sizeof(link_path), "%s/link", folder);
	for (unsigned again = 0; again < 2; again++) {
		assert_true(privilege_give_directory(&user, path, 0750, error, sizeof(error)));
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 07777, 0750);
		assert_int_equal(status.st_uid, user.uid);
		assert_int_equal(status.st_gid, user.gid);
	}
	/* A link somebody put there is not followed. */
	assert_int_equal(symlink("/tmp", link_path), 0);
	assert_false(privilege_give_directory(&user, link_path, 0750, error, sizeof(error)));
	assert_non_null(strstr(error, link_path));
	unlink(link_path);
	rmdir(path);
	rmdir(folder);
	assert_false(privilege_give_directory(&user, "/nowhere/run", 0750, error, sizeof(error)));
}

/* ---- the filter of system calls ---- */

static void confine_or_exit(enum privilege_filter filter)
{
	char error[256] = "";

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!privilege_confine(filter, error, sizeof(error))) {
		fprintf(stderr, "%s\n", error);
		_exit(99);
	}
}

static int work_within_filter(void)
{
	struct timespec moment = {.tv_nsec = 1000};
	char *memory;
	int fd;

	confine_or_exit(PRIVILEGE_FILTER_KILL);
	fd = open("/dev/null", O_RDWR);
	if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) < 0)
		return 1;
	if (socket(AF_NETLINK, SOCK_RAW, 0) < 0)
		return 2;
	memory = malloc(1 << 20);
	if (!memory)
		return 3;
	memset(memory, 1, 1 << 20);
	free(memory);
	nanosleep(&moment, NULL);
	return access("/etc/passwd", R_OK) == 0 ? 0 : 4;
}

static int open_internet_socket(void)
{
	confine_or_exit(PRIVILEGE_FILTER_KILL);
	return socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? 1 : 2;
}

static int start_program(void)
{
	confine_or_exit(PRIVILEGE_FILTER_KILL);
	execl("/bin/true", "true", (char *)NULL);
	return 1;
}

static int map_code(void)
{
	confine_or_exit(PRIVILEGE_FILTER_KILL);
	mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return 1;
}

static int signal_parent(void)
{
	confine_or_exit(PRIVILEGE_FILTER_KILL);
	kill(getppid(), 0);
	return 1;
}

static int ask_with_errno(void)
{
	confine_or_exit(PRIVILEGE_FILTER_ERRNO);
	errno = 0;
	return socket(AF_INET, SOCK_DGRAM, 0) < 0 && errno == EPERM ? 0 : 1;
}

static void test_filter(void **state)
{
	static int (*const forbidden[])(void) = {open_internet_socket, start_program, map_code,
						 signal_parent};

	(void)state;
	if (!privilege_has_filter()) {
		print_message("skipped: built without libseccomp\n");
		skip();
	}
	assert_int_equal(run_child(work_within_filter), 0);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		int status = run_child(forbidden[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
	assert_int_equal(run_child(ask_with_errno), 0);
}

static void test_filter_wanted(void **state)
{
	(void)state;
	assert_int_equal(setenv("GATEWAYD_SECCOMP", "off", 1), 0);
	assert_int_equal(privilege_filter_wanted(), PRIVILEGE_FILTER_OFF);
	assert_int_equal(setenv("GATEWAYD_SECCOMP", "errno", 1), 0);
	assert_int_equal(privilege_filter_wanted(), PRIVILEGE_FILTER_ERRNO);
	assert_int_equal(setenv("GATEWAYD_SECCOMP", "kill", 1), 0);
	assert_int_equal(privilege_filter_wanted(), PRIVILEGE_FILTER_KILL);
	unsetenv("GATEWAYD_SECCOMP");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop),          cmocka_unit_test(test_drop_without_user),
		cmocka_unit_test(test_drop_nothing),  cmocka_unit_test(test_unknown_user),
		cmocka_unit_test(test_directory),     cmocka_unit_test(test_filter),
		cmocka_unit_test(test_filter_wanted),
	};

	return cmocka_run_group_tests_name("system/privilege", tests, NULL, NULL);
}
