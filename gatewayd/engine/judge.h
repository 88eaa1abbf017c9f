/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A flow's facts and its policy's decision. */
#ifndef GATEWAYD_ENGINE_JUDGE_H
#define GATEWAYD_ENGINE_JUDGE_H

#include "engine/flow.h"

/* Would it be blocked whatever its payload said? */
bool judge_is_certain(struct engine *engine, struct flow *flow);

/* Decides as far as is known; true when the flow is decided. */
bool judge_flow(struct engine *engine, struct flow *flow);
bool judge_is_lan(struct engine *engine, const struct address *address);
/* A question with the policy, its overrides and the time filled in. */
void judge_begin(struct engine *engine, struct device *device, struct policy_question *question);
/* Adds names to a question; they live in the engine's scratch. */
void judge_names(struct engine *engine, struct policy_question *question,
		 const struct name_list *names);
void judge_address(struct engine *engine, struct policy_question *question,
		   const struct address *address);
/* Writes a decision and the facts behind it into the flow. */
void judge_settle(struct engine *engine, struct flow *flow, const struct policy_question *question,
		  const struct policy_decision *decision);
/* Its limit is spent: it is blocked as long as the flow is not judged again. */
void judge_spent(struct engine *engine, struct flow *flow);
/* The strip rule cannot read it, and blocks what it cannot read. */
void judge_opaque(struct engine *engine, struct flow *flow);
/* Decides without asking the policy; reason says why. */
void judge_fixed(struct flow *flow, enum policy_action action, const char *reason);

#endif
