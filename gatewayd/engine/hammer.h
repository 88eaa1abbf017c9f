/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusals that the kernel may repeat without asking. */
#ifndef GATEWAYD_ENGINE_HAMMER_H
#define GATEWAYD_ENGINE_HAMMER_H

#include "engine/device.h"

struct hammer_key {
	struct mac mac;
	struct address address;
	uint16_t port;
	uint8_t transport;
};

struct hammer {
	struct hammer_key key;
	time_us since;
	unsigned refusals;
};

#define PAIRS_MOST 64

/* A flow was refused by its first packet. */
void hammer_refused(struct engine *engine, const struct passage *passage);
/* The address has a new name for this device: nothing is certain any more. */
void hammer_forget(struct engine *engine, const struct device *device,
		   const struct address *address);

#endif
