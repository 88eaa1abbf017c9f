/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 (RFC 3629), one character at a time. */
#ifndef GATEWAYD_UTF8_H
#define GATEWAYD_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The length of the character at the beginning of a text; 0: it is none. */
size_t utf8_read(const char *text, uint32_t *ret_code);

#endif
