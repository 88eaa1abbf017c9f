/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device with its maker and what it may be, as JSON: what the tables know of it. */
#ifndef GATEWAYD_DEVICE_REPORT_H
#define GATEWAYD_DEVICE_REPORT_H

#include "engine/engine.h"

struct identify_table;
struct json_object;
struct vendor;

/* Both tables may be NULL. */
struct device_tables {
	const struct vendor *vendor;
	const struct identify_table *identify;
	const struct policy_set *set;
	const struct engine *engine; /* whose other devices it may be one of */
	time_us now;
};

/* NULL: no memory. */
struct json_object *device_report(const struct device_tables *tables,
				  const struct device_record *record);

#endif
