/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists as JSON: for status, for `gatewayctl lists`. */
#include <json-c/json.h>

#include "lists.h"
#include "report.h"

static void add_number(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

static struct json_object *skipped_json(const struct list_counts *counts)
{
	struct json_object *object = json_object_new_object();

	for (enum list_skip skip = 0; skip < LIST_SKIP_COUNT; skip++) {
		if (counts->skipped[skip])
			add_number(object, list_skip_text(skip), counts->skipped[skip]);
	}
	return object;
}

static struct json_object *list_json(const struct lists_entry *list)
{
	struct json_object *object = json_object_new_object();
	const struct list_image *image = list->image;
	char time[REPORT_TIME_SIZE];

	json_object_object_add(object, "list", report_string(list->name));
	json_object_object_add(object, list->is_url ? "url" : "file", report_string(list->place));
	if (list->error[0])
		json_object_object_add(object, "error", report_string(list->error));
	if (!image)
		return object;
	json_object_object_add(object, "format",
			       json_object_new_string(list_format_name(image->format)));
	add_number(object, "names", image->counts.names);
	add_number(object, "exceptions", image->counts.exceptions);
	add_number(object, "addresses", image->counts.addresses);
	add_number(object, "lines", image->counts.lines);
	add_number(object, "skipped", list_skipped(&image->counts));
	json_object_object_add(object, "skipped_lines", skipped_json(&image->counts));
	if (list->compiled) {
		report_time((time_us)list->compiled * SECOND_US, time);
		json_object_object_add(object, "compiled", json_object_new_string(time));
	}
	add_number(object, "bytes", image->data.len);
	json_object_object_add(object, "mapped", json_object_new_boolean(list->mapped));
	add_number(object, "hits", list->hits);
	return object;
}

struct json_object *lists_report(const struct lists *lists)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < lists_count(lists); i++)
		json_object_array_add(array, list_json(lists_at(lists, i)));
	return array;
}
