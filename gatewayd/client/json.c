/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading JSON that may lack anything, or hold something else than expected. */
#include "client/client.h"

#include <string.h>

#include <json-c/json.h>

#include "client/text.h"

struct json_object *json_member(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &member))
		return NULL;
	return member;
}

const char *json_text(struct json_object *object, const char *key)
{
	struct json_object *member = json_member(object, key);

	return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : "";
}

uint64_t json_number(struct json_object *object, const char *key)
{
	struct json_object *member = json_member(object, key);
	int64_t value = member ? json_object_get_int64(member) : 0;

	return value > 0 ? (uint64_t)value : 0;
}

bool json_flag(struct json_object *object, const char *key)
{
	return json_object_get_boolean(json_member(object, key));
}

size_t json_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

void json_put(FILE *out, struct json_object *object, const char *format)
{
	struct json_object *member;
	size_t before, end;
	char key[32];

	for (;; format += end + 1) {
		before = strcspn(format, "{");
		fwrite(format, 1, before, out);
		format += before;
		if (!*format)
			return;
		end = strcspn(format, "}");
		snprintf(key, sizeof(key), "%.*s", (int)end - 1, format + 1);
		member = json_member(object, key);
		if (member)
			text_put(out, json_object_get_string(member));
	}
}
