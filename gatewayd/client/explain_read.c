/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain's readings: the questions that the engine would ask about a
 * destination, in its order (engine/resolve.c, engine/judge.c), with every
 * rule that was read. The matcher is the same one.
 *
 *	question	the DNS question, when a name is given
 *	answer		an address in the answer to it, when both are given
 *	flow		the flow's first packet, when an address is given
 *	payload		the flow's first bytes, when the one before waits for them
 */
#include "client/explain.h"

#include <string.h>

#include <json-c/json.h>

#include "json_add.h"
#include "report.h"

#define LATER (FACT_NAMES | FACT_PROTOCOL | FACT_MISMATCH | FACT_ENCRYPTED_NAME)
#define FLOW_FACTS \
	(FACT_TRANSPORT | FACT_PORT | FACT_PROTOCOL | FACT_MISMATCH | FACT_ENCRYPTED_NAME)
#define ADDRESS_FACTS (FACT_ADDRESS | FACT_COUNTRY | FACT_ASN)

struct reading {
	const struct explain *explain;
	const struct policy_question *question;
	struct json_object *steps;
};

static void add_place(struct json_object *object, const struct policy_rule *rule)
{
	const char *file = NULL;
	unsigned line = 0;

	policy_rule_place(rule, &file, &line);
	if (!line)
		return;
	json_add_text(object, "file", file);
	json_add_number(object, "line", line);
}

static const char *holds_name(enum policy_holds holds)
{
	switch (holds) {
	case HOLDS_NO:
		return "no";
	case HOLDS_YES:
		return "yes";
	case HOLDS_MAYBE:
		return "maybe";
	}
	return "no";
}

static void add_step(void *context, const struct policy_rule *rule, enum policy_holds holds,
		     enum policy_condition because)
{
	const struct reading *reading = context;
	struct json_object *step = json_object_new_object();
	char text[512];

	policy_rule_label(reading->question->policy, rule, text, sizeof(text));
	json_add_text(step, "rule", text);
	json_add_text(step, "action", policy_action_name(policy_rule_action(rule)));
	policy_rule_text(reading->explain->set, rule, text, sizeof(text));
	json_add_text(step, "text", text);
	add_place(step, rule);
	json_add_text(step, "holds", holds_name(holds));
	text[0] = '\0';
	if (because != CONDITION_NONE)
		policy_condition_text(reading->explain->set, rule, reading->question, because, text,
				      sizeof(text));
	json_add_text(step, "because", text);
	json_object_array_add(reading->steps, step);
}

static struct json_object *read_rules(const struct explain *explain, const char *name,
				      const struct policy_question *question,
				      enum policy_stage stage, struct policy_decision *ret_decision)
{
	struct json_object *object = json_object_new_object();
	struct reading reading = {explain, question, json_object_new_array()};
	struct policy_decision decision;
	char text[512];

	decision = policy_match(explain->set, question, stage, add_step, &reading);
	json_add_text(object, "reading", name);
	json_object_object_add(object, "steps", reading.steps);
	json_add_flag(object, "waits", decision.waits);
	if (!decision.waits) {
		json_add_text(object, "action", policy_action_name(decision.action));
		policy_rule_label(question->policy, decision.rule, text, sizeof(text));
		json_add_text(object, "rule", text);
		if (decision.rule)
			add_place(object, decision.rule);
		policy_reason(explain->set, question, &decision, text, sizeof(text));
		json_add_text(object, "reason", text);
		json_add_true(object, "let_through", decision.let_through);
	}
	*ret_decision = decision;
	return object;
}

/* ---- the questions ---- */

static void begin(const struct explain *explain, struct policy_question *question)
{
	memset(question, 0, sizeof(*question));
	question->policy = explain->policy;
	question->overrides = explain->overrides;
	question->override_count = explain->override_count;
	question->local_minute = explain->local_minute;
	question->known = FACT_TIME;
}

static void add_name(const struct explain *explain, struct policy_question *question)
{
	policy_describe(explain->set, &explain->destination.name, &question->names[0]);
	question->name_count = 1;
	question->known |= FACT_NAMES;
}

static void add_address(const struct explain *explain, struct policy_question *question)
{
	const struct address *address = &question->address;

	question->address = address_unmapped(&explain->destination.address);
	question->address_lists = policy_address_lists(explain->set, address);
	question->lan = address_scope(address) != SCOPE_GLOBAL;
	question->known |= FACT_ADDRESS;
	if (geo_country(explain->geo, address, &question->country))
		question->known |= FACT_COUNTRY;
	if (geo_asn(explain->geo, address, &question->asn)) {
		question->known |= FACT_ASN;
		question->network = policy_entry_of_asn(explain->set, question->asn);
	}
}

static void early_question(const struct explain *explain, bool with_address,
			   struct policy_question *question)
{
	begin(explain, question);
	add_name(explain, question);
	/* What is resolved here will not be direct; one question is no tunnel. */
	question->known |= FACT_DIRECT | FACT_TUNNEL;
	question->pending = FLOW_FACTS;
	if (with_address)
		add_address(explain, question);
	else
		question->pending |= ADDRESS_FACTS;
}

/* What usually speaks there; the real flow is looked at. */
static enum protocol usual_protocol(enum transport transport, uint16_t port)
{
	static const struct {
		enum transport transport;
		uint16_t port;
		enum protocol protocol;
	} rows[] = {
		{TRANSPORT_TCP, 443, PROTOCOL_TLS},   {TRANSPORT_UDP, 443, PROTOCOL_QUIC},
		{TRANSPORT_TCP, 80, PROTOCOL_HTTP},   {TRANSPORT_UDP, 53, PROTOCOL_DNS},
		{TRANSPORT_TCP, 53, PROTOCOL_DNS},    {TRANSPORT_TCP, 853, PROTOCOL_DOT},
		{TRANSPORT_UDP, 853, PROTOCOL_DOQ},   {TRANSPORT_UDP, 123, PROTOCOL_NTP},
		{TRANSPORT_TCP, 1883, PROTOCOL_MQTT}, {TRANSPORT_TCP, 8883, PROTOCOL_TLS},
		{TRANSPORT_UDP, 5683, PROTOCOL_COAP}, {TRANSPORT_TCP, 22, PROTOCOL_SSH},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].transport == transport && rows[i].port == port)
			return rows[i].protocol;
	}
	return PROTOCOL_UNKNOWN;
}

static void flow_question(const struct explain *explain, bool told,
			  struct policy_question *question)
{
	const struct policy_destination *destination = &explain->destination;

	begin(explain, question);
	add_address(explain, question);
	question->transport = destination->transport;
	question->port = destination->port;
	question->known |= FACT_TRANSPORT | FACT_PORT | FACT_DIRECT | FACT_TUNNEL;
	question->pending = told ? 0 : LATER;
	question->direct = destination->name.len == 0;
	if (!question->direct) {
		add_name(explain, question);
		question->pending &= ~(uint32_t)FACT_NAMES;
	}
	if (!told)
		return;
	question->protocol = usual_protocol(destination->transport, destination->port);
	question->known |= FACT_PROTOCOL | FACT_ENCRYPTED_NAME;
	/* The name that the client says is then the one that it resolved. */
	if (!question->direct)
		question->known |= FACT_MISMATCH;
}

/* ---- what is known of the destination ---- */

static struct json_object *database_json(const struct explain *explain, enum geo_kind kind)
{
	const struct address *address = &explain->destination.address;
	struct json_object *object;
	char text[1024];
	struct geo_info info;
	uint32_t asn;
	country code;

	geo_info(explain->geo, kind, &info);
	if (!info.path[0])
		return NULL;
	object = json_object_new_object();
	json_add_text(object, "database", info.path);
	json_add_text(object, "error", info.error);
	if (!info.open)
		return object;
	json_add_text(object, "type", info.type);
	json_add_time(object, "built", (time_us)info.built * SECOND_US);
	if (geo_describe(explain->geo, kind, address, text, sizeof(text)))
		json_add_text(object, "record", text);
	if (kind == GEO_COUNTRY && geo_country(explain->geo, address, &code))
		json_add_country(object, "value", code);
	else if (kind == GEO_ASN && geo_asn(explain->geo, address, &asn))
		json_add_number(object, "value", asn);
	return object;
}

static struct json_object *catalogue_json(const struct explain *explain)
{
	const struct policy_entry *entry = NULL;
	struct json_object *object;
	struct policy_name name;
	uint32_t asn;

	if (explain->destination.name.len) {
		policy_describe(explain->set, &explain->destination.name, &name);
		entry = name.entry;
	}
	if (!entry && explain->destination.address.family &&
	    geo_asn(explain->geo, &explain->destination.address, &asn))
		entry = policy_entry_of_asn(explain->set, asn);
	if (!entry)
		return NULL;
	object = json_object_new_object();
	json_add_text(object, "row", entry->row);
	json_add_text(object, "organisation", entry->organisation);
	json_add_country(object, "jurisdiction", entry->jurisdiction);
	if (entry->purpose != PURPOSE_UNKNOWN)
		json_add_text(object, "purpose", policy_purpose_name(entry->purpose));
	if (entry->essential_known)
		json_add_flag(object, "essential", entry->essential);
	json_add_text(object, "note", entry->note);
	json_add_text(object, "source", entry->source);
	return object;
}

static struct json_object *lists_json(const struct explain *explain)
{
	struct json_object *array = json_object_new_array();
	const struct policy_list_source *lists;
	struct policy_name name = {.lists = 0};
	uint64_t on = 0;
	size_t count;

	lists = policy_lists(explain->set, &count);
	if (explain->destination.name.len)
		policy_describe(explain->set, &explain->destination.name, &name);
	if (explain->destination.address.family)
		on = policy_address_lists(explain->set, &explain->destination.address);
	on |= name.lists;
	for (size_t i = 0; i < count && i < 64; i++) {
		if (on >> i & 1)
			json_object_array_add(array, report_string(lists[i].name));
	}
	return array;
}

/* What on which list says so; of addresses only the list is known. */
static struct json_object *list_entries_json(const struct explain *explain)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < lists_count(explain->lists); i++) {
		const struct lists_entry *list = lists_at(explain->lists, i);
		struct json_object *row;
		struct list_hit hit;

		if (!list->image || !explain->destination.name.len ||
		    !list_image_find(list->image, &explain->destination.name, &hit))
			continue;
		row = json_object_new_object();
		json_add_text(row, "list", list->name);
		json_add_text(row, "entry", hit.entry);
		json_add_flag(row, "exception",
			      hit.level == LIST_EXCEPT || hit.level == LIST_EXCEPT_IMPORTANT);
		json_object_array_add(array, row);
	}
	return array;
}

static struct json_object *describe(const struct explain *explain)
{
	const struct policy_destination *destination = &explain->destination;
	struct json_object *object = json_object_new_object();

	json_add_text(object, "device", explain->device.name);
	json_add_text(object, "mac", explain->device.mac);
	json_add_flag(object, "named", explain->device.named);
	json_add_text(object, "policy", policy_name(explain->policy));
	json_add_text(object, "mode",
		      policy_mode(explain->policy) == MODE_OBSERVE ? "observe" : "enforce");
	json_add_text(object, "destination", explain->destination_text);
	json_add_text(object, "name", destination->name.text);
	if (destination->address.family) {
		json_add_address(object, "address", &destination->address);
		json_add_number(object, "port", destination->port);
		json_add_text(object, "transport", transport_name(destination->transport));
		if (destination->port == DNS_PORT && policy_dns(explain->policy)->gateway)
			json_add_text(object, "resolver", "gateway");
		json_add_member(object, "country", database_json(explain, GEO_COUNTRY));
		json_add_member(object, "asn", database_json(explain, GEO_ASN));
	}
	json_add_member(object, "catalogue", catalogue_json(explain));
	json_object_object_add(object, "lists", lists_json(explain));
	json_object_object_add(object, "list_entries", list_entries_json(explain));
	return object;
}

/* The first reading that blocks decides, else the last one. */
static void conclude(struct json_object *result, struct json_object *readings)
{
	static const char *const kept[] = {"reading", "action", "rule", "file", "line", "reason"};
	size_t count = json_length(readings), decides = count - 1;

	for (size_t i = count; i-- > 0;) {
		struct json_object *reading = json_object_array_get_idx(readings, i);

		if (!strcmp(json_text(reading, "action"), "block"))
			decides = i;
	}
	json_add_kept(result, json_object_array_get_idx(readings, decides), JSON_ALL(kept));
}

struct json_object *explain_read(const struct explain *explain)
{
	const struct policy_destination *destination = &explain->destination;
	bool named = destination->name.len > 0, placed = destination->address.family != 0;
	struct json_object *readings = json_object_new_array();
	struct json_object *result = describe(explain);
	struct policy_question question;
	struct policy_decision decision = {.waits = false};

	if (named) {
		early_question(explain, false, &question);
		json_object_array_add(readings, read_rules(explain, "question", &question,
							   STAGE_EARLY, &decision));
	}
	if (named && placed && policy_dns(explain->policy)->prune) {
		early_question(explain, true, &question);
		json_object_array_add(
			readings, read_rules(explain, "answer", &question, STAGE_EARLY, &decision));
	}
	if (placed) {
		flow_question(explain, false, &question);
		json_object_array_add(
			readings, read_rules(explain, "flow", &question, STAGE_FLOW, &decision));
	}
	if (placed && decision.waits) {
		flow_question(explain, true, &question);
		json_object_array_add(
			readings, read_rules(explain, "payload", &question, STAGE_FLOW, &decision));
	}
	if (!decision.waits && decision.action == POLICY_STRIP && decision.rule)
		json_object_object_add(result, "strip", explain_strip(decision.rule));
	json_object_object_add(result, "readings", readings);
	conclude(result, readings);
	return result;
}
