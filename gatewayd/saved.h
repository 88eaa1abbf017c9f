/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files have in common that the daemon keeps over a restart: lines between a head and a
 * tail. */
#ifndef GATEWAYD_SAVED_H
#define GATEWAYD_SAVED_H

#include "base/packet.h"

/* The last line: a file without it was cut short. */
#define SAVED_TAIL "end\n"

/* The lines between, in the text itself; NULL: it is not whole, or no such file. */
char *saved_lines(char *text, size_t len, const char *head);
/* False: no number of seconds since 1970. */
bool saved_seconds(const char *word, time_us *ret_time);

#endif
