/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "daemon/saved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "system/state.h"

#define FILE_MOST (8u << 20)
#define TAIL "end\n"

bool saved_begin(struct saved *saved, const char *head)
{
	*saved = (struct saved){0};
	saved->out = open_memstream(&saved->text, &saved->len);
	if (!saved->out)
		return false;
	fprintf(saved->out, "%s\n", head);
	return true;
}

int saved_end(struct saved *saved, const char *path, uint64_t *digest)
{
	static const struct hash_key key = {1, 2};
	uint64_t now;
	int error = 0;

	fputs(TAIL, saved->out);
	if (fclose(saved->out) != 0) {
		free(saved->text);
		return -ENOMEM;
	}
	now = hash_bytes(&key, saved->text, saved->len);
	if (saved->len > FILE_MOST)
		error = -EFBIG; /* to be read again */
	else if (now != *digest)
		error = state_save(path, bytes_of(saved->text, saved->len), 0600);
	if (!error)
		*digest = now;
	free(saved->text);
	return error;
}

/* The lines between, in the text itself; NULL: it is not whole, or no such file. */
static char *find_lines(char *text, size_t len, const char *head)
{
	size_t head_len = strlen(head), tail_len = strlen(TAIL);
	char *tail;

	if (len < head_len + 1 + tail_len || memcmp(text, head, head_len) != 0 ||
	    text[head_len] != '\n' || memchr(text, 0, len))
		return NULL;
	tail = text + len - tail_len;
	if (memcmp(tail, TAIL, tail_len) != 0 || tail[-1] != '\n')
		return NULL;
	*tail = 0;
	return text + head_len + 1;
}

int saved_load(const char *path, const char *head, bool (*each)(void *context, char *line),
	       void *context)
{
	char *text, *line, *rest = NULL;
	size_t len;
	int error = state_load(path, FILE_MOST, &text, &len);

	if (error)
		return error;
	line = find_lines(text, len, head);
	if (!line)
		error = -EINVAL;
	for (line = line ? strtok_r(line, "\n", &rest) : NULL; line && !error;
	     line = strtok_r(NULL, "\n", &rest))
		error = each(context, line) ? 0 : -EINVAL;
	free(text);
	return error;
}

int saved_restore(struct engine *engine, time_us now, const char *path, const char *head,
		  bool (*each)(void *context, char *line))
{
	struct saved_restoring restoring = {engine, now, 0};
	int error = saved_load(path, head, each, &restoring);

	return error ? error : restoring.count;
}

bool saved_seconds(const char *word, time_us *ret_time)
{
	char *end;
	long long seconds;

	errno = 0;
	seconds = strtoll(word, &end, 10);
	if (errno || end == word || *end || seconds < 0 || seconds > INT64_MAX / SECOND_US)
		return false;
	*ret_time = seconds * SECOND_US;
	return true;
}
