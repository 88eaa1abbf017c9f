/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_add.h"

#include <string.h>

#include <json-c/json.h>

#include "report.h"

void json_add_text(struct json_object *object, const char *key, const char *text)
{
	if (text && text[0])
		json_object_object_add(object, key, report_string(text));
}

void json_add_number(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

void json_add_count(struct json_object *object, const char *key, uint64_t value)
{
	if (value)
		json_add_number(object, key, value);
}

void json_add_flag(struct json_object *object, const char *key, bool set)
{
	json_object_object_add(object, key, json_object_new_boolean(set));
}

void json_add_true(struct json_object *object, const char *key, bool set)
{
	if (set)
		json_add_flag(object, key, true);
}

void json_add_time(struct json_object *object, const char *key, time_us time)
{
	char text[REPORT_TIME_SIZE];

	if (!time)
		return;
	report_time(time, text);
	json_add_text(object, key, text);
}

void json_add_country(struct json_object *object, const char *key, country code)
{
	char text[8];

	if (code == COUNTRY_UNKNOWN)
		return;
	country_print(code, text);
	json_add_text(object, key, text);
}

void json_add_mac(struct json_object *object, const char *key, const struct mac *mac)
{
	char text[MAC_TEXT_SIZE];

	if (mac_is_zero(mac))
		return;
	mac_print(mac, text);
	json_add_text(object, key, text);
}

void json_add_address(struct json_object *object, const char *key, const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	if (address->family == ADDRESS_NONE)
		return;
	address_print(address, text);
	json_add_text(object, key, text);
}

void json_add_member(struct json_object *object, const char *key, struct json_object *member)
{
	if (member)
		json_object_object_add(object, key, member);
}

void json_add_kept(struct json_object *object, struct json_object *from, const char *const *keys,
		   size_t count)
{
	struct json_object *member;

	for (size_t i = 0; i < count; i++) {
		if (json_object_object_get_ex(from, keys[i], &member))
			json_object_object_add(object, keys[i], json_object_get(member));
	}
}

void json_add_fields(struct json_object *object, const struct json_field *fields, size_t count,
		     const void *from)
{
	for (const struct json_field *field = fields; field < fields + count; field++) {
		const void *value = (const char *)from + field->offset;

		switch ((enum json_kind)field->kind) {
		case JSON_TEXT:
			json_add_text(object, field->key, value);
			break;
		case JSON_NUMBER:
			json_add_number(object, field->key, *(const uint64_t *)value);
			break;
		case JSON_NUMBER32:
			json_add_number(object, field->key, *(const uint32_t *)value);
			break;
		case JSON_TRUE:
			json_add_true(object, field->key, *(const bool *)value);
			break;
		case JSON_TIME:
			json_add_time(object, field->key, *(const time_us *)value);
			break;
		case JSON_COUNTRY:
			json_add_country(object, field->key, *(const country *)value);
			break;
		case JSON_MAC:
			json_add_mac(object, field->key, value);
			break;
		case JSON_ADDRESS:
			json_add_address(object, field->key, value);
			break;
		}
	}
}
