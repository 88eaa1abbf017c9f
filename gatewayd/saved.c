/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "saved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *saved_lines(char *text, size_t len, const char *head)
{
	size_t head_len = strlen(head), tail_len = strlen(SAVED_TAIL);
	char *tail;

	if (len < head_len + tail_len || memcmp(text, head, head_len) != 0 || memchr(text, 0, len))
		return NULL;
	tail = text + len - tail_len;
	if (memcmp(tail, SAVED_TAIL, tail_len) != 0 || tail[-1] != '\n')
		return NULL;
	*tail = 0;
	return text + head_len;
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
