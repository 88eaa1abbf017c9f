/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter of system calls (libseccomp), set when the loop is about to
 * begin. Everything that is not on a list below ends the process. Lists are
 * grouped by what needs them, so a reader can object to a group.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if HAVE_SECCOMP
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

#include "system/privilege.h"

/* A sanitizer's report needs calls that we never need. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum privilege_filter privilege_filter_wanted(void)
{
	const char *word = getenv("GATEWAYD_SECCOMP");

	if (word && strcmp(word, "off") == 0)
		return PRIVILEGE_FILTER_OFF;
	if (word && strcmp(word, "errno") == 0)
		return PRIVILEGE_FILTER_ERRNO;
	if (word && strcmp(word, "kill") == 0)
		return PRIVILEGE_FILTER_KILL;
	return SANITIZED ? PRIVILEGE_FILTER_OFF : PRIVILEGE_FILTER_KILL;
}

bool privilege_has_filter(void)
{
	return HAVE_SECCOMP;
}

#if !HAVE_SECCOMP

bool privilege_confine(enum privilege_filter filter, char *error, size_t error_size)
{
	(void)filter, (void)error, (void)error_size;
	return true;
}

#else

static const char *const allowed[] = {
	/* the loop */
	"epoll_create1",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	"epoll_pwait2",
	"eventfd2",
	"poll",
	"ppoll",
	"ppoll_time64",
	"_newselect",
	"select",
	"pselect6",
	"pselect6_time64",
	"timerfd_create",
	"timerfd_settime",
	"timerfd_settime64",
	/* packets, netlink, the control socket, the log */
	"recv",
	"recvfrom",
	"recvmsg",
	"recvmmsg",
	"recvmmsg_time64",
	"send",
	"sendto",
	"sendmsg",
	"sendmmsg",
	"read",
	"readv",
	"write",
	"writev",
	"accept",
	"accept4",
	"bind",
	"getsockname",
	"getpeername",
	"getsockopt",
	"setsockopt",
	"shutdown",
	"socketcall",
	/* files: the configuration at a reload, lists, leases, bindings */
	"open",
	"openat",
	"openat2",
	"close",
	"close_range",
	"stat",
	"stat64",
	"lstat",
	"lstat64",
	"fstat",
	"fstat64",
	"newfstatat",
	"fstatat64",
	"statx",
	"statfs",
	"statfs64",
	"fstatfs",
	"fstatfs64",
	"access",
	"faccessat",
	"faccessat2",
	"getdents",
	"getdents64",
	"lseek",
	"_llseek",
	"pread64",
	"pwrite64",
	"fcntl",
	"fcntl64",
	"readlink",
	"readlinkat",
	"rename",
	"renameat",
	"renameat2",
	"unlink",
	"unlinkat",
	"fsync",
	"fdatasync",
	"ftruncate",
	"ftruncate64",
	"fchmod",
	"flock",
	"dup",
	"dup2",
	"dup3",
	"umask",
	"getcwd",
	/* memory; nothing becomes executable, see below */
	"brk",
	"munmap",
	"mremap",
	"madvise",
	"mlock",
	"munlock",
	/* time */
	"clock_gettime",
	"clock_gettime64",
	"clock_getres",
	"clock_getres_time64",
	"gettimeofday",
	"time",
	"nanosleep",
	"clock_nanosleep",
	"clock_nanosleep_time64",
	/* signals, and how the C library ends and locks */
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sigreturn",
	"sigaltstack",
	"restart_syscall",
	"exit",
	"exit_group",
	"futex",
	"futex_time64",
	"set_robust_list",
	"rseq",
	"sched_yield",
	"sched_getaffinity",
	"membarrier",
	"gettid",
	/* who am I */
	"getpid",
	"getppid",
	"getuid",
	"getuid32",
	"geteuid",
	"geteuid32",
	"getgid",
	"getgid32",
	"getegid",
	"getegid32",
	"getgroups",
	"getgroups32",
	"getresuid",
	"getresgid",
	"capget",
	"getrandom",
	"uname",
	"sysinfo",
	"getrlimit",
	"ugetrlimit",
	"prlimit64",
	"getrusage",
};

static int allow(scmp_filter_ctx filter, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);
	int error;

	/* Another architecture's, or newer than the library. */
	if (number == __NR_SCMP_ERROR)
		return 0;
	error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	return error == -EDOM ? 0 : error;
}

/* Allowed when argument `index` is exactly this value. */
static int allow_value(scmp_filter_ctx filter, int number, unsigned index, uint64_t value)
{
	struct scmp_arg_cmp is = SCMP_CMP64(index, SCMP_CMP_EQ, value, 0);
	int error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &is);

	return error == -EDOM ? 0 : error;
}

/* Allowed when these bits of argument `index` are clear. */
static int allow_without(scmp_filter_ctx filter, int number, unsigned index, uint64_t bits)
{
	struct scmp_arg_cmp without = SCMP_CMP64(index, SCMP_CMP_MASKED_EQ, bits, 0);
	int error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &without);

	return error == -EDOM ? 0 : error;
}

static int add_argument_rules(scmp_filter_ctx filter)
{
	/* Netlink for the kernel, unix for the C library; no way to the network. */
	static const int domains[] = {AF_NETLINK, AF_UNIX};
	static const unsigned long controls[] = {FIONREAD, TCGETS, FIONBIO};
	static const int processes[] = {PR_GET_DUMPABLE, PR_SET_NAME, PR_CAPBSET_READ};
	uint64_t self = (uint64_t)getpid();
	int error;

	/* abort()'s way to say that something is wrong; to ourselves only. */
	error = allow_value(filter, SCMP_SYS(tgkill), 0, self);
	if (!error)
		error = allow_value(filter, SCMP_SYS(tkill), 0, self);
	for (size_t i = 0; !error && i < sizeof(domains) / sizeof(domains[0]); i++)
		error = allow_value(filter, SCMP_SYS(socket), 0, (uint64_t)domains[i]);
	for (size_t i = 0; !error && i < sizeof(controls) / sizeof(controls[0]); i++)
		error = allow_value(filter, SCMP_SYS(ioctl), 1, controls[i]);
	for (size_t i = 0; !error && i < sizeof(processes) / sizeof(processes[0]); i++)
		error = allow_value(filter, SCMP_SYS(prctl), 0, (uint64_t)processes[i]);
	if (!error)
		error = allow_without(filter, SCMP_SYS(mmap), 2, PROT_EXEC);
	if (!error)
		error = allow_without(filter, SCMP_SYS(mmap2), 2, PROT_EXEC);
	if (!error)
		error = allow_without(filter, SCMP_SYS(mprotect), 2, PROT_EXEC);
	return error;
}

static int add_rules(scmp_filter_ctx filter)
{
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		error = allow(filter, allowed[i]);
	return error ? error : add_argument_rules(filter);
}

bool privilege_confine(enum privilege_filter wanted, char *error, size_t error_size)
{
	scmp_filter_ctx filter;
	int result;

	if (wanted == PRIVILEGE_FILTER_OFF)
		return true;
	filter = seccomp_init(wanted == PRIVILEGE_FILTER_KILL ? SCMP_ACT_KILL_PROCESS
							      : SCMP_ACT_ERRNO(EPERM));
	/* It also asks the kernel, by seccomp(2), whether there is such an action. */
	if (!filter) {
		snprintf(error, error_size,
			 "the filter of system calls: no memory, or seccomp is not allowed");
		return false;
	}
	result = add_rules(filter);
	if (!result)
		result = seccomp_load(filter);
	seccomp_release(filter);
	if (result) {
		snprintf(error, error_size, "the filter of system calls: %s", strerror(-result));
		return false;
	}
	return true;
}

#endif
