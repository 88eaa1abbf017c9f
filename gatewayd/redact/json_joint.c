/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See json_joint.h. */
#include "redact/json_joint.h"

void json_joints_forget(struct json_joints *joints)
{
	memset(joints, 0, sizeof(*joints));
	for (size_t i = 0; i < 2 + JSON_JOINTS; i++) {
		joints->places[i].text = memo_text_none();
		joints->places[i].next = &joints->places[JSON_JOINT_NONE];
	}
}

/* Then all else is the same, too. */
static bool is_same(const struct json_joint *a, const struct json_joint *b)
{
	return memo_text_same(&a->text, &b->text) && a->open == b->open && a->parent == b->parent;
}

struct json_joint *json_joint_keep(struct json_joints *joints, const struct json_joint *joint)
{
	uint64_t mixed = memo_text_mixed(&joint->text) ^ joint->open ^ joint->parent;
	uint64_t hash = mixed * UINT64_C(0xd6e8feb86659fd93);
	struct json_joint *row =
		joints->places + 2 + JSON_JOINT_ROW * (hash >> (64 - JSON_JOINT_BITS));
	struct json_joint *place = &row[joints->turn++ % JSON_JOINT_ROW];

	for (unsigned i = 0; i < JSON_JOINT_ROW; i++) {
		if (is_same(&row[i], joint))
			return &row[i];
		if (!row[i].text.len)
			place = &row[i];
	}
	*place = *joint;
	place->next = &joints->places[JSON_JOINT_NONE];
	return place;
}
