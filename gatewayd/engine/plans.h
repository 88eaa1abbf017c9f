/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the strip rules take out. */
#ifndef GATEWAYD_ENGINE_PLANS_H
#define GATEWAYD_ENGINE_PLANS_H

#include "engine/engine.h"
#include "redact/editor.h"

struct flow;

/* What one strip rule takes out; index: policy_rule_id(). */
struct strip_plan {
	struct redact_plan plan;
	struct redact_keys *own; /* the rule's, on top of the shipped ones */
	bool opaque_block;
	enum policy_with with;
};

struct strip_plans {
	const struct policy_set *set;
	struct redact_secrets *secrets;
	struct redact_secrets *in_names; /* the same in lower case, as DNS names are */
	size_t count;
	struct strip_plan plans[];
};

const struct strip_plan *strip_plan_of(const struct engine *engine, const struct flow *flow);
void strip_plans_free(struct strip_plans *plans);
/* The categories of the known secrets in a name; 0: none. */
uint32_t strip_secrets_in(const struct engine *engine, const struct name *name);

#endif
