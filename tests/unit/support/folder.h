/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder of a test's own, below /tmp. make_folder() and remove_folder() are
 * for a group of tests; empty_folder() lets each begin with nothing. The test
 * defines _GNU_SOURCE.
 */
#ifndef GATEWAYD_TESTS_FOLDER_H
#define GATEWAYD_TESTS_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/check.h"

static char folder[] = "/tmp/test_gatewayd_XXXXXX";

/* The path is good until the call after the next. */
static inline const char *in_folder(const char *name)
{
	static char path[2][256];
	static unsigned turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static inline void put_file(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static inline int remove_inside(const char *path, const struct stat *status, int kind,
				struct FTW *place)
{
	(void)status, (void)kind;
	return place->level == 0 ? 0 : remove(path);
}

static inline void empty_folder(void)
{
	assert_int_equal(nftw(folder, remove_inside, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
	(void)state;
	empty_folder();
	return rmdir(folder);
}

#endif
