/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device_report.h"

#include "identify.h"
#include "report.h"
#include "system/vendor.h"

struct json_object *device_report(const struct device_tables *tables,
				  const struct device_record *record)
{
	char vendor[VENDOR_TEXT_SIZE];
	bool known = vendor_find(tables->vendor, &record->mac, vendor);
	struct identify identify = {.table = tables->identify};
	struct identify_guess guess;
	bool guessed;

	identify_device(&identify, record, known ? vendor : NULL, tables->set);
	guessed = identify_end(&identify, &guess);
	return report_device(record, known ? vendor : NULL, guessed ? &guess : NULL);
}
