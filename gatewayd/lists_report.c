/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists as JSON: for status, for `gatewayctl lists`. */
#include <json-c/json.h>

#include "json_add.h"
#include "lists.h"
#include "report.h"

static struct json_object *skipped_json(const struct list_counts *counts)
{
	struct json_object *object = json_object_new_object();

	for (enum list_skip skip = 0; skip < LIST_SKIP_COUNT; skip++)
		json_add_count(object, list_skip_text(skip), counts->skipped[skip]);
	return object;
}

static struct json_object *list_json(const struct lists_entry *list)
{
	static const struct json_field fields[] = {
		JSON_FIELD(struct list_counts, names),
		JSON_FIELD(struct list_counts, exceptions),
		JSON_FIELD(struct list_counts, addresses),
		JSON_FIELD(struct list_counts, lines),
	};
	struct json_object *object = json_object_new_object();
	const struct list_image *image = list->image;

	json_add_text(object, "list", list->name);
	json_add_text(object, list->is_url ? "url" : "file", list->place);
	json_add_text(object, "error", list->error);
	if (!image)
		return object;
	json_add_text(object, "format", list_format_name(image->format));
	json_add_fields(object, JSON_ALL(fields), &image->counts);
	json_add_number(object, "skipped", list_skipped(&image->counts));
	json_object_object_add(object, "skipped_lines", skipped_json(&image->counts));
	json_add_time(object, "compiled", (time_us)list->compiled * SECOND_US);
	json_add_number(object, "bytes", image->data.len);
	json_add_flag(object, "mapped", list->mapped);
	json_add_number(object, "hits", list->hits);
	return object;
}

struct json_object *lists_report(const struct lists *lists)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < lists_count(lists); i++)
		json_object_array_add(array, list_json(lists_at(lists, i)));
	return array;
}
