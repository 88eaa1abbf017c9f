/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the kernel's text about queues, and finds the process that has one.
 * The latter walks all of /proc: it is for error messages only.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/queue_state.h"

#define NETLINK_NETFILTER_PROTOCOL 12

bool queue_state_parse(const char *line, uint16_t queue, struct queue_state *ret_state)
{
	/* queue, port ID, waiting, copy mode, copy range, drops, user drops, id, 1 */
	unsigned long fields[7];
	char *end;

	for (unsigned i = 0; i < 7; i++) {
		fields[i] = strtoul(line, &end, 10);
		if (end == line)
			return false;
		line = end;
	}
	if (fields[0] != queue)
		return false;
	ret_state->port_id = (uint32_t)fields[1];
	ret_state->waiting = (uint32_t)fields[2];
	ret_state->queue_drops = (uint32_t)fields[5];
	ret_state->user_drops = (uint32_t)fields[6];
	return true;
}

bool queue_state_read(uint16_t queue, struct queue_state *ret_state)
{
	FILE *file = fopen("/proc/net/netfilter/nfnetlink_queue", "re");
	char line[256];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = queue_state_parse(line, queue, ret_state);
	fclose(file);
	return found;
}

/* The inode of the netfilter socket with that port ID; 0: not listed. */
static unsigned long find_inode(uint32_t port_id)
{
	FILE *file = fopen("/proc/net/netlink", "re");
	char line[256];
	unsigned long found = 0;

	if (!file)
		return 0;
	while (!found && fgets(line, sizeof(line), file)) {
		int protocol;
		unsigned port;
		unsigned long inode;

		if (sscanf(line, "%*s %d %u %*s %*s %*s %*s %*s %*s %lu", &protocol, &port,
			   &inode) == 3 &&
		    protocol == NETLINK_NETFILTER_PROTOCOL && port == port_id)
			found = inode;
	}
	fclose(file);
	return found;
}

static bool process_has(const char *process, const char *wanted)
{
	char path[320], target[64];
	DIR *directory;
	const struct dirent *entry;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%s/fd", process);
	directory = opendir(path);
	if (!directory)
		return false;
	while (!found && (entry = readdir(directory))) {
		ssize_t len =
			readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);

		if (len < 0)
			continue;
		target[len] = 0;
		found = strcmp(target, wanted) == 0;
	}
	closedir(directory);
	return found;
}

static void print_process(const char *process, char *text, size_t size)
{
	char path[320], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", process);
	file = fopen(path, "re");
	if (file) {
		if (fgets(name, sizeof(name), file))
			name[strcspn(name, "\n")] = 0;
		fclose(file);
	}
	snprintf(text, size, "process %s (%s)", process, name[0] ? name : "?");
}

bool queue_state_print_process(unsigned long inode, char *text, size_t size)
{
	DIR *directory = inode ? opendir("/proc") : NULL;
	const struct dirent *entry;
	char wanted[64];
	bool found = false;

	if (!directory)
		return false;
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	while (!found && (entry = readdir(directory))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !process_has(entry->d_name, wanted))
			continue;
		print_process(entry->d_name, text, size);
		found = true;
	}
	closedir(directory);
	return found;
}

void queue_state_print_owner(uint32_t port_id, char *text, size_t size)
{
	if (!queue_state_print_process(find_inode(port_id), text, size))
		snprintf(text, size, "port ID %u", (unsigned)port_id);
}
