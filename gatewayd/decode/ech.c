/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/ech.h"

#define ECH_VERSION 0xfe0d

/* ECHConfigContents, RFC 9849 section 4. */
static bool read_contents(struct cursor *contents, struct name *name)
{
	cursor_skip(contents, 1);                    /* config_id */
	cursor_skip(contents, 2);                    /* kem_id */
	cursor_skip(contents, cursor_u16(contents)); /* public_key */
	cursor_skip(contents, cursor_u16(contents)); /* cipher_suites */
	cursor_skip(contents, 1);                    /* maximum_name_length */
	return name_parse(cursor_take(contents, cursor_u8(contents)), name) && cursor_ok(contents);
}

enum decode decode_ech_public_name(struct bytes list, struct name *ret_name)
{
	struct cursor cursor = cursor_on(list);
	struct cursor configs = cursor_sub(&cursor, cursor_u16(&cursor));

	if (!cursor_done(&cursor))
		return DECODE_BAD;
	while (cursor_left(&configs)) {
		uint16_t version = cursor_u16(&configs);
		struct cursor contents = cursor_sub(&configs, cursor_u16(&configs));
		struct name name;

		if (!cursor_ok(&configs))
			return DECODE_BAD;
		if (version != ECH_VERSION)
			continue;
		if (!read_contents(&contents, &name))
			return DECODE_BAD;
		*ret_name = name;
		return DECODE_OK;
	}
	return DECODE_NOT;
}
