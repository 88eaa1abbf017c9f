/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of a list; between list_read.c and list_line.c. */
#ifndef GATEWAYD_POLICY_LIST_LINE_H
#define GATEWAYD_POLICY_LIST_LINE_H

#include "policy/list.h"

struct list_line_state {
	enum list_format format;
	struct list_sink sink;
	struct list_counts counts;
	struct list_rpz rpz;
};

/* Blanks and carriage returns at both ends taken off. */
struct bytes list_trim(struct bytes text);
/* Without the byte order mark at the very beginning. */
struct bytes list_without_mark(struct bytes text);
/* What a line by itself looks like; LIST_EMPTY: a comment, or it does not tell. */
enum list_format list_line_shape(struct bytes line);
/* Gives its entries to the sink, or counts why not; false: the sink stopped it. */
bool list_line_read(struct list_line_state *state, struct bytes line);

#endif
