/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reload is cut into parts, between which waiting packets are answered. How
 * long is the longest, in time of the processor, which does not depend on who
 * else works on the machine:
 *
 *	reload_parts DIRECTORY	the files of a policy; lists are opened anew
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <time.h>

#include "configuration.h"
#include "lists.h"

#define ROUNDS 9

struct parts {
	double begun, longest, all;
	unsigned count;
};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void end_part(void *context)
{
	struct parts *parts = context;
	double now = now_ms(), part = now - parts->begun;

	parts->all += part;
	parts->count++;
	if (part > parts->longest)
		parts->longest = part;
	parts->begun = now;
}

static bool reload(const char *directory, struct parts *parts)
{
	const struct pause pause = {.take = end_part, .context = parts};
	struct policy_errors errors = {0};
	struct policy_set *set;
	struct lists *lists = NULL;

	parts->begun = now_ms();
	set = configuration_load_with_pauses(directory, &pause, &errors, NULL);
	end_part(parts);
	if (set)
		lists = lists_open(directory, set, NULL, LISTS_QUICKLY, &pause, NULL);
	end_part(parts);
	policy_free(set);
	lists_free(lists);
	policy_errors_free(&errors);
	return set && lists;
}

int main(int argc, char **argv)
{
	double longest = 1e9, all = 1e9;
	unsigned count = 0;

	if (argc != 2)
		return 2;
	/* The best round: what disturbs only adds. */
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct parts parts = {0};

		if (!reload(argv[1], &parts)) {
			fprintf(stderr, "reload_parts: the policy cannot be read\n");
			return 1;
		}
		longest = parts.longest < longest ? parts.longest : longest;
		all = parts.all < all ? parts.all : all;
		count = parts.count;
	}
	printf("    reading the files: %.2f ms in %u parts, the longest %.2f ms\n", all, count,
	       longest);
	return 0;
}
