/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What devices say of themselves and tell by what they ask. */
#ifndef GATEWAYD_ENGINE_OVERHEAR_H
#define GATEWAYD_ENGINE_OVERHEAR_H

#include "engine/device.h"

/* The name that it asks for, or calls in its first bytes, has this row. */
void overhear_entry(struct device *device, const struct policy_entry *entry);

#endif
