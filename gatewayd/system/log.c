/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines on standard error, each in one write(). A reader that does not read
 * costs at most a moment and then its lines: the packet loop must go on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "system/log.h"

#define LINE_SIZE 1024
#define TOPICS_MOST 32
/* As many lines of one topic in one window. */
#define WINDOW_SECONDS 60
#define WINDOW_LINES 100
#define WRITE_WAIT_MS 50

struct topic {
	char name[24];
	int64_t since; /* monotonic seconds */
	unsigned lines, lost;
};

static struct {
	enum log_level most;
	bool with_priority;
	log_sink *sink;
	void *context;
	struct topic topics[TOPICS_MOST];
	unsigned topic_count;
} state = {.most = LOG_LEVEL_INFO};

void log_setup(enum log_level most, bool with_priority)
{
	state.most = most;
	state.with_priority = with_priority;
}

bool log_is_debug(void)
{
	return state.most >= LOG_LEVEL_DEBUG;
}

void log_set_sink(log_sink *sink, void *context)
{
	state.sink = sink;
	state.context = context;
	state.topic_count = 0;
}

static char priority_of(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return '3';
	case LOG_LEVEL_WARN:
		return '4';
	case LOG_LEVEL_INFO:
		return '6';
	case LOG_LEVEL_DEBUG:
		return '7';
	}
	return '7';
}

static void put_line(enum log_level level, char *line, size_t len)
{
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
	ssize_t written;

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	if (state.sink) {
		line[len] = 0;
		state.sink(state.context, level, line);
		return;
	}
	line[len] = '\n';
	if (poll(&fd, 1, WRITE_WAIT_MS) == 1) {
		written = write(STDERR_FILENO, line, len + 1);
		(void)written; /* nobody is left to be told */
	}
}

static struct topic *topic_of(const char *name)
{
	struct topic *topic;

	for (unsigned i = 0; i < state.topic_count; i++)
		if (strncmp(state.topics[i].name, name, sizeof(state.topics[i].name) - 1) == 0)
			return &state.topics[i];
	/* Topics are words of the source; a table that is too small shares its last. */
	if (state.topic_count == TOPICS_MOST)
		return &state.topics[TOPICS_MOST - 1];
	topic = &state.topics[state.topic_count++];
	memset(topic, 0, sizeof(*topic));
	strncpy(topic->name, name, sizeof(topic->name) - 1);
	return topic;
}

/* The start of the line; the rest of the buffer is for the message. */
static size_t put_head(char *line, enum log_level level, const char *topic)
{
	int len = state.with_priority
			  ? snprintf(line, LINE_SIZE, "<%c>%s: ", priority_of(level), topic)
			  : snprintf(line, LINE_SIZE, "%s: ", topic);

	return len < 0 ? 0 : (size_t)len < LINE_SIZE ? (size_t)len : LINE_SIZE - 1;
}

static void say_lost(enum log_level level, struct topic *topic)
{
	char line[LINE_SIZE + 1];
	size_t len = put_head(line, level, topic->name);
	int more = snprintf(line + len, LINE_SIZE - len, "%u more messages were left out",
			    topic->lost);

	put_line(level, line, len + (more > 0 ? (size_t)more : 0));
}

/* False: the topic has said too much. */
static bool topic_may_speak(enum log_level level, const char *name)
{
	struct topic *topic = topic_of(name);
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - topic->since >= WINDOW_SECONDS || topic->lines == 0) {
		if (topic->lost)
			say_lost(level, topic);
		topic->since = now.tv_sec;
		topic->lines = topic->lost = 0;
	}
	if (topic->lines == WINDOW_LINES) {
		topic->lost++;
		return false;
	}
	topic->lines++;
	return true;
}

static void put(enum log_level level, const char *topic, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));
static void put(enum log_level level, const char *topic, const char *format, va_list arguments)
{
	char line[LINE_SIZE + 1];
	int saved = errno, more;
	size_t len;

	if (level > state.most)
		return;
	/* Who asks for debug wants all of it. */
	if (level != LOG_LEVEL_DEBUG && !topic_may_speak(level, topic))
		return;
	len = put_head(line, level, topic);
	errno = saved;
	more = vsnprintf(line + len, LINE_SIZE - len, format, arguments);
	if (more > 0)
		len += (size_t)more < LINE_SIZE - len ? (size_t)more : LINE_SIZE - len - 1;
	put_line(level, line, len);
	errno = saved;
}

#define LOG_FUNCTION(name, level)                             \
	void name(const char *topic, const char *format, ...) \
	{                                                     \
		va_list arguments;                            \
                                                              \
		va_start(arguments, format);                  \
		put(level, topic, format, arguments);         \
		va_end(arguments);                            \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
