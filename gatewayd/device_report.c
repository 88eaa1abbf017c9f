/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device_report.h"

#include "identify.h"
#include "report.h"
#include "same.h"
#include "system/vendor.h"

struct json_object *device_report(const struct device_tables *tables,
				  const struct device_record *record)
{
	char vendor[VENDOR_TEXT_SIZE];
	bool known = vendor_find(tables->vendor, &record->mac, vendor);
	struct identify identify = {.table = tables->identify};
	struct identify_guess guess;
	struct same same;
	bool guessed;

	same_start(&same, record, tables->identify, tables->now);
	if (!record->named && mac_is_local(&record->mac))
		engine_each_device(tables->engine, same_offer, &same);
	identify_device(&identify, record, known ? vendor : NULL, tables->set);
	guessed = identify_end(&identify, &guess);
	return report_device(record, known ? vendor : NULL, guessed ? &guess : NULL,
			     same_end(&same) ? &same : NULL);
}
