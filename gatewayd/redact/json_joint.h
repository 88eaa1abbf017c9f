/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Joints: what stands between a scalar value and the next one, `,"lat":` or
 * `}]}\n{"n":`. Devices send the same document again and again with other
 * values in it, so the joint that came behind this one last time is expected
 * to come again: one comparison of bytes in place of reading the punctuation,
 * the brackets and the key.
 *
 * What a joint does depends on its bytes and on what was open before it, and
 * on nothing else. Both are compared in full, so what is remembered is what
 * would be found out again.
 */
#ifndef GATEWAYD_REDACT_JSON_JOINT_H
#define GATEWAYD_REDACT_JSON_JOINT_H

#include "redact/memo_text.h"

#define JSON_JOINT_BITS 5
#define JSON_JOINT_ROW 4    /* of those that are looked for in the same place */
#define JSON_JOINT_OPENED 2 /* objects and arrays that one opens at most */

struct json_joint {
	/* Up to the first byte of a scalar, or of an object or array that was covered. */
	struct memo_text text;
	uint64_t open;           /* what is open before it, and the state */
	uint64_t open_behind;    /* what is open then */
	uint64_t parent;         /* hash of the key that encloses what is open at `low` */
	uint64_t hash;           /* of the key whose value comes */
	uint32_t categories;     /* of that key; 0 in an array */
	uint32_t opened;         /* categories of keys whose values are opened */
	struct json_joint *next; /* that came behind it last time */
	bool brackets;           /* it opens or closes something, or both */
	uint8_t low;             /* what is open below this depth is not closed */
	uint8_t depth_behind;
	uint8_t state_behind;                /* enum json_state: VALUE or FIRST_VALUE */
	uint64_t parents[JSON_JOINT_OPENED]; /* of what is opened */
};

#define JSON_JOINTS (JSON_JOINT_ROW << JSON_JOINT_BITS)

/* Two places that stay empty. */
#define JSON_JOINT_NONE 0  /* what is not remembered */
#define JSON_JOINT_START 1 /* before a document's first */

struct json_joints {
	struct json_joint places[2 + JSON_JOINTS];
	unsigned turn; /* whose place the next one takes in a full row */
};

void json_joints_forget(struct json_joints *joints);
/* Where this one is remembered from now on. */
struct json_joint *json_joint_keep(struct json_joints *joints, const struct json_joint *joint);

#endif
