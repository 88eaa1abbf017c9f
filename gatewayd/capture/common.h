/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What both captures share: each begins with a struct capture, so that
 * capture_error() works for either.
 */
#ifndef GATEWAYD_CAPTURE_COMMON_H
#define GATEWAYD_CAPTURE_COMMON_H

#include "capture/capture.h"

#define CAPTURE_ERROR_SIZE 256

struct capture {
	char error[CAPTURE_ERROR_SIZE];
};

#endif
