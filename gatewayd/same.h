/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device that changes its random MAC looks like a new one. Which of those
 * known before it perhaps is, and why: for people, nothing acts on it.
 *
 *	same_start(&same, device, table, now);
 *	engine_each_device(engine, same_offer, &same);
 *	if (same_end(&same)) ...
 */
#ifndef GATEWAYD_SAME_H
#define GATEWAYD_SAME_H

#include "engine/engine.h"
#include "identify_table.h"

#define SAME_EVIDENCE_MOST 6
#define SAME_SPANS_MOST 16

/* When a device with the same name was here. */
struct same_span {
	time_us first, last;
};

struct same {
	const struct device_record *device;
	const struct identify_table *table;
	time_us now;
	struct same_span spans[SAME_SPANS_MOST];
	unsigned span_count;
	bool ambiguous; /* two had that name at a time */

	/* The one it may be; name empty: none. */
	char name[64];
	bool named;
	struct mac mac;
	time_us last;
	const char *evidence[SAME_EVIDENCE_MOST]; /* "host name", "DHCP options" */
	unsigned evidence_count;
};

void same_start(struct same *same, const struct device_record *device,
		const struct identify_table *table, time_us now);
/* context: the struct same. The device itself may be among those offered. */
void same_offer(void *context, const struct device_record *record);
bool same_end(const struct same *same);

#endif
