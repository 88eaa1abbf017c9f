/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a capture that does not depend on where its packets come from.
 */
#include "capture/common.h"

const char *capture_error(const struct capture *capture)
{
	return capture->error;
}
