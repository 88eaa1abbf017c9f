/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows, devices and events as users see them. */
#ifndef GATEWAYD_ENGINE_RECORD_H
#define GATEWAYD_ENGINE_RECORD_H

#include "decode/dns.h"
#include "engine/engine.h"

struct device;
struct flow;

void record_flow(const struct engine *engine, const struct flow *flow,
		 struct flow_record *ret_record);
void record_event(struct engine *engine, enum event_kind kind, const struct flow *flow);
/* EVENT_QUESTION: what was refused and why, which need not be the flow's first question. */
void record_question(struct engine *engine, const struct flow *flow, const struct dns_message *dns,
		     const struct policy_question *question,
		     const struct policy_decision *decision);
/* EVENT_SECRET: in the name that this question asks. */
void record_secret(struct engine *engine, const struct flow *flow, const struct dns_message *dns);
void record_new_device(struct engine *engine, const struct device *device);

#endif
