/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows, devices and events, as users see them. */
#include "engine/record.h"

#include "engine/internal.h"

static void record_device(const struct device *device, struct flow_record *record)
{
	device_print_name(device, record->device, sizeof(record->device));
	if (device->policy)
		writer_set_text(record->policy, sizeof(record->policy),
				policy_name(device->policy));
}

void record_flow(const struct engine *engine, const struct flow *flow,
		 struct flow_record *ret_record)
{
	struct flow_record *record = ret_record;

	memset(record, 0, sizeof(*record));
	record->number = flow->number;
	/* A device that was given up in the meantime has lost its name. */
	if (flow->device->serial == flow->device_serial)
		record_device(flow->device, record);
	record->mac = flow->mac;
	record->transport = (enum transport)flow->key.transport;
	record->src = flow->key.device;
	record->dst = flow->key.remote;
	if (record->transport == TRANSPORT_ICMP) {
		record->icmp_type = (uint8_t)flow->key.remote_port;
	} else {
		record->src_port = flow->key.device_port;
		record->dst_port = flow->key.remote_port;
	}
	record->protocol = flow->protocol;
	record->name_count = name_list_get(&flow->names, record->names, POLICY_NAMES_MOST);
	if (record->name_count)
		record->name_from = flow->is_dns ? NAME_FROM_DNS : flow->name_from;
	record->mismatch = flow->mismatch;
	record->tunnel = flow->tunnel;
	record->encrypted_name = flow->encrypted_name;
	record->is_dns = flow->is_dns;
	if (flow->is_dns && record->name_count)
		record->question = record->names[0];
	record->question_type = flow->question_type;
	record->country = flow->country;
	record->asn = flow->asn;
	writer_set_text(record->organisation, sizeof(record->organisation), flow->organisation);
	record->jurisdiction = flow->jurisdiction;
	record->purpose = flow->purpose;
	record->waiting = !flow->decided;
	record->action = flow->action;
	record->observed =
		flow->observed && (flow->action == POLICY_BLOCK || flow->action == POLICY_STRIP);
	writer_set_text(record->rule, sizeof(record->rule), flow->rule);
	writer_set_text(record->reason, sizeof(record->reason), flow->reason);
	memcpy(record->stripped, flow->stripped, sizeof(record->stripped));
	memcpy(record->seen, flow->seen, sizeof(record->seen));
	record->packets = flow->packets;
	record->bytes_up = flow->bytes_up;
	record->bytes_down = flow->bytes_down;
	record->first = flow->first;
	record->last = flow->last;
	(void)engine;
}

static struct event *next_event(struct engine *engine, enum event_kind kind)
{
	struct event *event;

	if (engine->events_count == engine->events_most) {
		engine->events_first = (engine->events_first + 1) % engine->events_most;
		engine->events_count--;
		engine->counters.events_lost++;
	}
	event = &engine->events[(engine->events_first + engine->events_count++) %
				engine->events_most];
	event->kind = kind;
	event->time = engine->now;
	return event;
}

void record_event(struct engine *engine, enum event_kind kind, const struct flow *flow)
{
	record_flow(engine, flow, &next_event(engine, kind)->record);
}

void record_question(struct engine *engine, const struct flow *flow, const struct dns_message *dns,
		     const struct policy_question *question, const struct policy_decision *decision)
{
	struct flow_record *record = &next_event(engine, EVENT_QUESTION)->record;

	record_flow(engine, flow, record);
	record->question = dns->question;
	record->question_type = dns->question_type;
	record->action = decision->action;
	record->observed = flow->observed;
	policy_rule_label(question->policy, decision->rule, record->rule, sizeof(record->rule));
	policy_reason(engine->set, question, decision, record->reason, sizeof(record->reason));
}

void record_secret(struct engine *engine, const struct flow *flow, const struct dns_message *dns)
{
	struct flow_record *record = &next_event(engine, EVENT_SECRET)->record;

	record_flow(engine, flow, record);
	record->question = dns->question;
	record->question_type = dns->question_type;
}

void record_new_device(struct engine *engine, const struct device *device)
{
	struct flow_record *record = &next_event(engine, EVENT_NEW_DEVICE)->record;

	memset(record, 0, sizeof(*record));
	record_device(device, record);
	record->mac = device->key.mac;
	record->src = device->address_count ? device->addresses[0] : device->key.address;
}

bool engine_next_event(struct engine *engine, struct event *ret_event)
{
	if (engine->events_count == 0)
		return false;
	*ret_event = engine->events[engine->events_first];
	engine->events_first = (engine->events_first + 1) % engine->events_most;
	engine->events_count--;
	return true;
}

void engine_each_flow(const struct engine *engine,
		      void (*each)(void *context, const struct flow_record *record), void *context)
{
	const struct flow *flow = table_oldest(engine->flows);
	struct flow_record record;

	for (; flow; flow = table_younger(engine->flows, flow)) {
		record_flow(engine, flow, &record);
		each(context, &record);
	}
}

void engine_each_device(const struct engine *engine,
			void (*each)(void *context, const struct device_record *record),
			void *context)
{
	const struct device *device = table_oldest(engine->devices);
	struct device_record record;

	for (; device; device = table_younger(engine->devices, device)) {
		memset(&record, 0, sizeof(record));
		device_print_name(device, record.name, sizeof(record.name));
		record.named = device->named != NULL;
		memcpy(record.hostname, device->hostname, sizeof(record.hostname));
		record.traits = device->traits;
		memcpy(record.rows, device->rows, sizeof(record.rows));
		record.row_count = device->row_count;
		record.mac = device->key.mac;
		if (device->policy)
			writer_set_text(record.policy, sizeof(record.policy),
					policy_name(device->policy));
		memcpy(record.addresses, device->addresses, sizeof(record.addresses));
		record.address_count = device->address_count;
		record.first = device->first;
		record.last = device->last;
		record.packets = device->packets;
		record.bytes_up = device->bytes_up;
		record.bytes_down = device->bytes_down;
		record.questions = device->questions;
		record.questions_refused = device->questions_refused;
		record.flows = device->flows;
		record.flows_blocked = device->flows_blocked;
		record.flows_stripped = device->flows_stripped;
		record.observed = device->observed;
		record.countries = device->countries;
		each(context, &record);
	}
}

void engine_counters(const struct engine *engine, struct engine_counters *ret_counters)
{
	*ret_counters = engine->counters;
	ret_counters->flows_evicted += table_evicted(engine->flows);
	ret_counters->bindings_evicted = table_evicted(engine->bindings);
	ret_counters->names_evicted = table_evicted(engine->chains);
	ret_counters->flows_now = (uint32_t)table_count(engine->flows);
	ret_counters->devices_now = (uint32_t)table_count(engine->devices);
	ret_counters->bindings_now = (uint32_t)table_count(engine->bindings);
	ret_counters->names_now = (uint32_t)table_count(engine->chains);
	ret_counters->limits_now = (uint32_t)table_count(engine->spent);
}
