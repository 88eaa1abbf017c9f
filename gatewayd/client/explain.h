/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain in two halves: the readings as JSON, and that JSON as text. Private
 * to gatewayctl.
 */
#ifndef GATEWAYD_CLIENT_EXPLAIN_H
#define GATEWAYD_CLIENT_EXPLAIN_H

#include "client/client.h"
#include "lists.h"
#include "policy/policy.h"
#include "system/geo.h"

#define EXPLAIN_OVERRIDES_MOST 64

struct explain {
	const struct policy_set *set;
	const struct geo *geo;
	const struct lists *lists;
	struct client_device device;
	const struct policy *policy;
	struct policy_destination destination;
	const char *destination_text;
	int local_minute;
	/* What the user decided by hand; see policy_question. */
	struct policy_rule *own[EXPLAIN_OVERRIDES_MOST];
	const struct policy_rule *overrides[EXPLAIN_OVERRIDES_MOST]; /* the same ones */
	unsigned override_count;
};

/* gatewayctl(8), EXPLAIN, has the fields. NULL: no memory. */
struct json_object *explain_read(const struct explain *explain);
/* What a strip rule takes out; gatewayctl(8) has the fields. */
struct json_object *explain_strip(const struct policy_rule *rule);
void explain_print_strip(struct json_object *strip, size_t width);
/* What the limit rule of that label allows, and what was used when the daemon knows. */
struct json_object *explain_limits(const struct client *client, const struct explain *explain,
				   const char *rule);

#endif
