/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another program, waited for, that may write files of so many bytes at most. */
#ifndef GATEWAYD_CLIENT_RUN_H
#define GATEWAYD_CLIENT_RUN_H

#include <stddef.h>

enum run_result {
	RUN_DONE,
	RUN_MISSING,   /* there is no such program */
	RUN_TOO_LARGE, /* it wanted to write more */
	RUN_FAILED,
};

/* Found by PATH; its input and output are the descriptors, -1: ours. */
enum run_result run_program(const char *const *arguments, int input, int output, size_t most);

#endif
