/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of a JSON object. What is not known is left out: an empty text, no
 * address, no time.
 *
 *	static const struct json_field fields[] = {
 *		JSON_FIELD(struct totals, flows),
 *		JSON_FIELD_AS(struct totals, held, "packets_held"),
 *	};
 *	json_add_fields(object, JSON_ALL(fields), &totals);
 */
#ifndef GATEWAYD_JSON_ADD_H
#define GATEWAYD_JSON_ADD_H

#include "base/addr.h"
#include "base/country.h"
#include "base/packet.h"

struct json_object;

/* An array, and how many it has. */
#define JSON_ALL(array) (array), sizeof(array) / sizeof((array)[0])

void json_add_text(struct json_object *object, const char *key, const char *text);
void json_add_number(struct json_object *object, const char *key, uint64_t value);
/* Only when there is something to say. */
void json_add_count(struct json_object *object, const char *key, uint64_t value);
void json_add_flag(struct json_object *object, const char *key, bool set);
/* Only when it is set. */
void json_add_true(struct json_object *object, const char *key, bool set);
void json_add_time(struct json_object *object, const char *key, time_us time);
void json_add_country(struct json_object *object, const char *key, country code);
void json_add_mac(struct json_object *object, const char *key, const struct mac *mac);
void json_add_address(struct json_object *object, const char *key, const struct address *address);
/* Takes the member; NULL: there is none. */
void json_add_member(struct json_object *object, const char *key, struct json_object *member);
/* Those of another object that are named and are there. */
void json_add_kept(struct json_object *object, struct json_object *from, const char *const *keys,
		   size_t count);

/* ---- members of a struct, in the order of a table ---- */

enum json_kind {
	JSON_TEXT, /* char[] */
	JSON_NUMBER,
	JSON_NUMBER32,
	JSON_TRUE,
	JSON_TIME,
	JSON_COUNTRY,
	JSON_MAC,
	JSON_ADDRESS,
};

struct json_field {
	const char *key;
	uint16_t offset;
	uint8_t kind; /* enum json_kind */
};

#define JSON_KIND(value) \
	_Generic((value), char * : JSON_TEXT, uint64_t : JSON_NUMBER, uint32_t : JSON_NUMBER32, \
		 bool : JSON_TRUE, time_us : JSON_TIME, country : JSON_COUNTRY, struct mac : JSON_MAC, \
		 struct address : JSON_ADDRESS)
/* The pointer is only asked for its type; any but NULL will do. */
#define JSON_FIELD_AS(type, member, key)                                               \
	{                                                                              \
		key, offsetof(type, member), JSON_KIND(((type *)sizeof(type))->member) \
	}
#define JSON_FIELD(type, member) JSON_FIELD_AS(type, member, #member)

void json_add_fields(struct json_object *object, const struct json_field *fields, size_t count,
		     const void *from);

#endif
