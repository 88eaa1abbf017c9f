/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _POSIX_C_SOURCE 200809L
#include "client/run.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_FOUND 127

static void become(const char *const *arguments, int input, int output, size_t most)
{
	struct rlimit limit = {most, most};

	if ((input >= 0 && dup2(input, STDIN_FILENO) < 0) ||
	    (output >= 0 && dup2(output, STDOUT_FILENO) < 0) ||
	    setrlimit(RLIMIT_FSIZE, &limit) < 0 || signal(SIGXFSZ, SIG_DFL) == SIG_ERR)
		_exit(1);
	/* execvp() does not write to them. */
	execvp(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(errno == ENOENT ? NOT_FOUND : 1);
}

enum run_result run_program(const char *const *arguments, int input, int output, size_t most)
{
	pid_t child = fork(), ended;
	int status;

	if (child == 0)
		become(arguments, input, output, most);
	do {
		ended = child < 0 ? -1 : waitpid(child, &status, 0);
	} while (ended < 0 && errno == EINTR && child > 0);
	if (ended != child || child < 0)
		return RUN_FAILED;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGXFSZ ? RUN_TOO_LARGE : RUN_FAILED;
	if (WEXITSTATUS(status) == NOT_FOUND)
		return RUN_MISSING;
	return WEXITSTATUS(status) == 0 ? RUN_DONE : RUN_FAILED;
}
