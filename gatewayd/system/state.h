/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files of our own that outlive the program: written beside and renamed,
 * so a reader finds the old one or the new one, never a half.
 */
#ifndef GATEWAYD_SYSTEM_STATE_H
#define GATEWAYD_SYSTEM_STATE_H

#include <sys/types.h>

#include "base/bytes.h"

/*
 * 0 or a negative errno; the file that was there is then still there. For what
 * lives in memory or can be had again: one that a power cut tore is read as a
 * file that was never there.
 */
int state_save(const char *path, struct bytes content, mode_t mode);
/* The same, and a power cut leaves the old one or the new one. */
int state_save_durably(const char *path, struct bytes content, mode_t mode);
/*
 * The whole content, with a NUL after it that is not counted; the caller
 * frees it. 0 or a negative errno; -EFBIG: more than `most` bytes.
 */
int state_load(const char *path, size_t most, char **ret_text, size_t *ret_len);
/* As much as there is, up to size. 0 or a negative errno. */
int state_read(int fd, void *data, size_t size, size_t *ret_len);

#endif
