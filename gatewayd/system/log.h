/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages for whoever runs the program, on standard error. errno is kept.
 *
 *	error	something does not work and will not by itself
 *	warn	something is wrong, the work goes on
 *	info	what one wants to find in the log a week later
 *	debug	everything else; the only level at which names and addresses
 *		of users may appear
 *
 * A topic ("nft", "control") that says too much is cut off for a while and
 * the number of messages it lost is said. The only file of the layer with
 * state of its own.
 */
#ifndef GATEWAYD_SYSTEM_LOG_H
#define GATEWAYD_SYSTEM_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Messages up to this level; with_priority puts "<3>" in front for journald. */
void log_setup(enum log_level most, bool with_priority);
bool log_is_debug(void);

/* Where the lines go in place of standard error; NULL: back there. */
typedef void log_sink(void *context, enum log_level level, const char *line);
void log_set_sink(log_sink *sink, void *context);

void log_error(const char *topic, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const char *topic, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *topic, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const char *topic, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
