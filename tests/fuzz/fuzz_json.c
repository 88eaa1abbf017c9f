/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON: what the editor can read, json-c must be able to read before and
 * after, and no matching key may have kept a value. However it is cut, the
 * same comes of it; edited twice, nothing changes the second time.
 */
#include "tests/fuzz/redact_fuzz.h"

#include <json-c/json.h>
#include <strings.h>

static bool is_blank(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return true;
	case json_type_string:
		return json_object_get_string_len(value) == 0;
	case json_type_int:
		return json_object_get_int64(value) == 0;
	case json_type_double:
		return json_object_get_double(value) == 0;
	case json_type_array:
		return json_object_array_length(value) == 0;
	case json_type_object:
		return json_object_object_length(value) == 0;
	case json_type_boolean:
		break;
	}
	return false;
}

static void check_values(struct json_object *value, unsigned depth)
{
	ENSURE(depth < 100);
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			check_values(json_object_array_get_idx(value, i), depth + 1);
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, inner)
		{
			if (!strcasecmp(key, "lat") || !strcasecmp(key, "owner"))
				ENSURE(is_blank(inner));
			check_values(inner, depth + 1);
		}
	}
}

/* Every document of the stream; the editor is the stricter of the two. */
static void check_readable(const uint8_t *data, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(80);
	size_t at = size >= 3 && data[0] == 0xef ? 3 : 0;

	while (at < size) {
		struct json_object *value;

		if (memchr(" \t\r\n", data[at], 4)) {
			at++;
			continue;
		}
		json_tokener_reset(tokener);
		value = json_tokener_parse_ex(tokener, (const char *)data + at, (int)(size - at));
		if (json_tokener_get_error(tokener) == json_tokener_continue)
			break;
		ENSURE(json_tokener_get_error(tokener) == json_tokener_success);
		check_values(value, 0);
		at += json_tokener_get_parse_end(tokener);
		json_object_put(value);
	}
	json_tokener_free(tokener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct redact_plan *plan = fuzz_plan(false);
	struct fuzz_outcome once, twice;

	/* Only what goes to the JSON editor. */
	if (!size || size > 4096 || !memchr("{[ \t\r\n\xef", data[0], 7) ||
	    (data[0] == 0xef && size < 3))
		return 0;
	once = fuzz_compare(plan, data, size);
	if (!once.opaque) {
		twice = fuzz_stream(plan, once.data, size, size);
		ENSURE(!twice.opaque && memcmp(once.data, twice.data, size) == 0);
		ENSURE(twice.stripped == 0);
		free(twice.data);
		check_readable(once.data, size);
	}
	free(once.data);
	return 0;
}
