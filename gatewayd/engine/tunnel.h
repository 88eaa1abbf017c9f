/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data carried in the names that a device asks for. */
#ifndef GATEWAYD_ENGINE_TUNNEL_H
#define GATEWAYD_ENGINE_TUNNEL_H

#include "engine/device.h"

/* What a device asks for below one registered domain. */
struct tunnel_key {
	struct device_key device;
	uint64_t domain; /* its hash */
};

#define TUNNELS_MOST 256
#define TUNNEL_SEEN 8 /* a power of two: words of a filter of names seen */

struct tunnel {
	struct tunnel_key key;
	time_us since, known_at; /* the window began; last seen to be one, 0: never */
	uint32_t bytes;
	uint64_t seen[TUNNEL_SEEN];
};

/* A question of this device; counts it. */
void tunnel_note(struct engine *engine, const struct device *device, const struct name *name,
		 uint16_t type);
/* Does what it asks for below that name's domain carry data? */
bool tunnel_is_at(const struct engine *engine, const struct device *device,
		  const struct name *name);

#endif
