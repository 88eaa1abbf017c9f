/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to become of a DNS message between a device and whatever resolver it
 * asks. A question is decided by name before it leaves; an answer is read, and
 * where the policy says so edited, before the device gets it, so that the
 * first packet to an address finds its name known.
 */
#include "engine/resolve.h"

#include "decode/ech.h"
#include "engine/internal.h"
#include "engine/judge.h"
#include "engine/overhear.h"
#include "engine/record.h"
#include "engine/tunnel.h"
#include "redact/dns.h"

#define CNAMES_MOST 16
#define RECORDS_MOST 512
#define FLOW_FACTS_TO_COME \
	(FACT_TRANSPORT | FACT_PORT | FACT_PROTOCOL | FACT_MISMATCH | FACT_ENCRYPTED_NAME)
#define ADDRESS_FACTS (FACT_ADDRESS | FACT_COUNTRY | FACT_ASN)

/* ---- the rules ---- */

static void begin_early(struct engine *engine, struct passage *passage,
			const struct name_list *names, struct policy_question *question)
{
	judge_begin(engine, passage->device, question);
	judge_names(engine, question, names);
	question->direct = false; /* what is resolved here will not be direct */
	question->tunnel = names->len && tunnel_is_at(engine, passage->device, &engine->names[0]);
	question->known |= FACT_DIRECT | FACT_TUNNEL;
	question->pending = FLOW_FACTS_TO_COME | ADDRESS_FACTS;
}

static struct policy_decision decide_names(struct engine *engine, struct passage *passage,
					   const struct name_list *names,
					   struct policy_question *question)
{
	begin_early(engine, passage, names, question);
	return policy_match(engine->set, question, STAGE_EARLY, NULL, NULL);
}

static struct policy_decision decide_resolver(struct engine *engine, struct passage *passage,
					      struct policy_question *question)
{
	const struct flow *flow = passage->flow;
	const struct binding *binding = names_find(engine, passage->device, &flow->key.remote);
	const struct name_list *names =
		binding ? names_of_candidate(engine, &binding->candidates[0]) : NULL;

	judge_begin(engine, passage->device, question);
	judge_address(engine, question, &flow->key.remote);
	if (names)
		judge_names(engine, question, names);
	question->transport = (enum transport)flow->key.transport;
	question->port = DNS_PORT;
	question->protocol = PROTOCOL_DNS;
	question->direct = binding == NULL;
	question->known |= FACT_TRANSPORT | FACT_PORT | FACT_PROTOCOL;
	if (engine->now >= engine->direct_from)
		question->known |= FACT_DIRECT;
	return policy_match(engine->set, question, STAGE_RESOLVER, NULL, NULL);
}

static enum dns_denial denial_of(const struct policy *policy)
{
	switch (policy_dns(policy)->deny) {
	case DENY_NODATA:
		return DNS_DENY_NODATA;
	case DENY_NXDOMAIN:
		return DNS_DENY_NXDOMAIN;
	case DENY_ZERO:
		return DNS_DENY_ZERO;
	case DENY_REFUSED:
		return DNS_DENY_REFUSED;
	}
	return DNS_DENY_NODATA;
}

/* Names that say which DNS to use are answered as their standards want. */
static enum dns_denial denial_for(const struct policy *policy,
				  const struct policy_decision *decision)
{
	if (decision->bypass == BYPASS_CANARY)
		return DNS_DENY_NXDOMAIN;
	if (decision->bypass == BYPASS_DDR)
		return DNS_DENY_NODATA;
	return denial_of(policy);
}

/* A DNS flow is shown with its first decision, or its first refusal. */
static void settle(struct engine *engine, struct flow *flow, const struct policy_question *question,
		   const struct policy_decision *decision)
{
	bool blocks = decision->action == POLICY_BLOCK;
	bool observed = policy_mode(question->policy) == MODE_OBSERVE;
	struct policy_question where;

	if (!flow->decided || (blocks && flow->action != POLICY_BLOCK)) {
		judge_settle(engine, flow, question, decision);
		judge_begin(engine, flow_device(engine, flow), &where);
		judge_address(engine, &where, &flow->key.remote);
		flow->country = where.country;
		flow->asn = where.asn;
		/* A question that is let through is allowed, whatever comes later. */
		if (!blocks)
			flow->action = POLICY_ALLOW;
		if (blocks) {
			engine->counters.flows_blocked++;
			engine->counters.observed += observed;
		}
	}
	flow->decided = flow->told = flow->announced = true;
	flow->generation = engine->generation;
	flow->observed = observed;
}

static enum fate fate_of(const struct policy *policy, const struct policy_decision *decision)
{
	if (decision->action != POLICY_BLOCK || policy_mode(policy) == MODE_OBSERVE)
		return FATE_PASS;
	if (decision->rule && policy_rule_with(decision->rule) == POLICY_DROP)
		return FATE_DROP;
	return FATE_DENY;
}

void resolve_malformed(struct engine *engine, struct flow *flow)
{
	engine->counters.malformed_dns++;
	if (!flow->decided)
		engine->counters.flows_blocked++;
	judge_fixed(flow, POLICY_BLOCK, "malformed DNS");
}

/* ---- questions ---- */

static void remember_refusal(struct flow *flow, uint16_t id)
{
	flow->refused_ids[flow->refused_count++ % REFUSED_IDS_MOST] = id;
}

static bool was_refused(const struct flow *flow, uint16_t id)
{
	for (unsigned i = 0; i < flow->refused_count && i < REFUSED_IDS_MOST; i++) {
		if (flow->refused_ids[i] == id)
			return true;
	}
	return false;
}

static enum fate strip_question(struct engine *engine, struct message *message)
{
	struct redact_dns_edits edits = {
		.strip_client_subnet = true,
		.keep_length = message->on_tcp,
	};
	struct writer writer = writer_on(engine->message, sizeof(engine->message));
	struct redact_dns_result result;

	/* What cannot be cleaned must not leave. */
	if (!redact_dns_edit(&message->dns, &edits, &writer, &result))
		return FATE_DROP;
	message->edited = writer_bytes(&writer);
	return result.changed ? FATE_EDIT : FATE_PASS;
}

/* Does the question reach the resolver that it names, and is that not ours? */
static bool asks_resolver(struct engine *engine, const struct passage *passage)
{
	return passage->packet->hook == PACKET_FORWARD &&
	       !policy_dns(device_policy(engine, passage->device))->gateway &&
	       !judge_is_lan(engine, &passage->flow->key.remote);
}

static void count_each(uint32_t *counts, uint32_t categories)
{
	for (unsigned i = 0; i < DATA_COUNT; i++)
		counts[i] += categories >> i & 1;
}

/*
 * A known secret in the name asked. A name cannot be changed and mean the same:
 * where a rule strips that category, the question is refused.
 */
static void look_for_secrets(struct engine *engine, struct passage *passage,
			     const struct message *message, struct policy_decision *decision)
{
	uint32_t found = strip_secrets_in(engine, &message->dns.question);
	bool strips = decision->action == POLICY_STRIP && decision->rule;
	uint32_t taken = strips ? found & policy_rule_data(decision->rule) : 0;
	struct flow *flow = passage->flow;

	if (!found || decision->action == POLICY_BLOCK)
		return;
	if (taken && policy_mode(device_policy(engine, passage->device)) == MODE_ENFORCE) {
		count_each(flow->stripped, taken);
		decision->action = POLICY_BLOCK;
		return;
	}
	count_each(flow->seen, found);
	engine->counters.secrets_seen++;
	record_secret(engine, flow, &message->dns);
}

static enum fate ask(struct engine *engine, struct passage *passage, struct message *message)
{
	struct flow *flow = passage->flow;
	struct policy_question question;
	struct policy_decision decision;
	enum fate fate;

	engine->counters.questions++;
	passage->device->questions++;
	name_list_add(&message->names, &message->dns.question);
	tunnel_note(engine, passage->device, &message->dns.question, message->dns.question_type);
	flow->tunnel |= tunnel_is_at(engine, passage->device, &message->dns.question);
	if (flow->names.count == 0)
		flow->question_type = message->dns.question_type;
	name_list_add(&flow->names, &message->dns.question);
	decision.action = POLICY_ALLOW;
	if (asks_resolver(engine, passage))
		decision = decide_resolver(engine, passage, &question);
	if (decision.action != POLICY_BLOCK) {
		decision = decide_names(engine, passage, &message->names, &question);
		overhear_entry(passage->device, question.names[0].entry);
	}
	look_for_secrets(engine, passage, message, &decision);
	settle(engine, flow, &question, &decision);
	message->denial = denial_for(question.policy, &decision);
	fate = fate_of(question.policy, &decision);
	if (decision.action == POLICY_BLOCK) {
		engine->counters.questions_refused++;
		passage->device->questions_refused++;
		engine->counters.observed += flow->observed;
		passage->device->observed += flow->observed;
		record_question(engine, flow, &message->dns, &question, &decision);
	}
	if (fate != FATE_PASS)
		remember_refusal(flow, message->dns.id);
	else if (message->dns.client_subnet && policy_dns(question.policy)->strip_ecs &&
		 policy_mode(question.policy) == MODE_ENFORCE)
		fate = strip_question(engine, message);
	return fate;
}

/* ---- answers ---- */

/* The name asked, and what its CNAMEs lead to, in order. */
static void follow_cnames(const struct dns_message *dns, struct name_list *names)
{
	struct name at = dns->question;
	struct dns_record record;
	struct dns_walk walk;
	bool moved = true;

	name_list_add(names, &at);
	for (unsigned hops = 0; moved && hops < CNAMES_MOST; hops++) {
		moved = false;
		dns_walk_start(&walk, dns);
		while (dns_next_record(&walk, &record) && record.section == DNS_ANSWER) {
			if (record.type != DNS_TYPE_CNAME || !name_equal(&record.name, &at))
				continue;
			moved = !name_list_has(names, &record.target);
			at = record.target;
			name_list_add(names, &at);
			break;
		}
	}
}

struct answer {
	struct engine *engine;
	struct passage *passage;
	const struct message *message;
	bool bind; /* remember the addresses that stay */
	time_us expires;
	unsigned pruned;
	bool ech;
	struct name ech_public; /* len 0: none could be read */
};

/* Would the policy block a flow to this address under these names? */
static bool is_unwanted(struct answer *answer, const struct address *address)
{
	struct policy_question question;
	struct policy_decision decision;

	begin_early(answer->engine, answer->passage, &answer->message->names, &question);
	question.pending = FLOW_FACTS_TO_COME;
	judge_address(answer->engine, &question, address);
	decision = policy_match(answer->engine->set, &question, STAGE_EARLY, NULL, NULL);
	return decision.action == POLICY_BLOCK;
}

static bool prune(void *context, const struct address *address)
{
	return is_unwanted(context, address);
}

/* No device fills the table with what its own resolver makes up. */
static bool may_bind(struct engine *engine, struct device *device, const struct address *address)
{
	if (names_find(engine, device, address))
		return true;
	if (engine->now - device->binds_since > MINUTE_US) {
		device->binds_since = engine->now;
		device->binds = 0;
	}
	return device->binds++ < table_capacity(engine->bindings) / 16;
}

static void see_address(struct answer *answer, const struct address *address, bool judge)
{
	if (judge && is_unwanted(answer, address)) {
		answer->pruned++;
		return;
	}
	if (answer->bind && may_bind(answer->engine, answer->passage->device, address))
		names_bind(answer->engine, answer->passage->device, address,
			   &answer->message->names, answer->expires);
}

static void see_hints(struct answer *answer, const struct dns_record *record, bool judge)
{
	struct dns_hints hints;
	struct dns_hint hint;

	if (!dns_hints_start(&hints, &answer->message->dns, record))
		return;
	while (dns_next_hint(&hints, &hint)) {
		size_t size = hint.key == DNS_SVCB_IPV4HINT ? 4 : 16;

		if (hint.key == DNS_SVCB_ECH) {
			answer->ech = true;
			(void)decode_ech_public_name(hint.value, &answer->ech_public);
		}
		if (hint.key != DNS_SVCB_IPV4HINT && hint.key != DNS_SVCB_IPV6HINT)
			continue;
		for (size_t at = 0; at + size <= hint.value.len; at += size) {
			const uint8_t *bytes = hint.value.data + at;
			struct address address =
				size == 4 ? address_ipv4(bytes) : address_ipv6(bytes);

			see_address(answer, &address, judge);
		}
	}
}

/* Looks at every address of the answer; binds what stays. */
static void see_addresses(struct answer *answer, bool judge)
{
	struct dns_record record;
	struct dns_walk walk;

	dns_walk_start(&walk, &answer->message->dns);
	while (dns_next_record(&walk, &record)) {
		answer->expires = answer->engine->now + (time_us)record.ttl * SECOND_US;
		if (record.address.family)
			see_address(answer, &record.address, judge);
		else if (record.type == DNS_TYPE_HTTPS || record.type == DNS_TYPE_SVCB)
			see_hints(answer, &record, judge);
	}
}

/* The device may hide names from here on: those asked for, behind the public one. */
static void remember_ech(struct answer *answer)
{
	struct name names[POLICY_NAMES_MOST];
	unsigned count = name_list_get(&answer->message->names, names, POLICY_NAMES_MOST);

	for (unsigned i = 0; i < count; i++)
		names_give_ech(answer->engine, answer->passage->device, &names[i]);
	if (answer->ech_public.len)
		names_give_ech(answer->engine, answer->passage->device, &answer->ech_public);
}

static enum fate edit_answer(struct answer *answer, struct message *message,
			     const struct policy_dns *dns, bool enforce)
{
	struct engine *engine = answer->engine;
	struct redact_dns_edits edits = {
		.prune = dns->prune ? prune : NULL,
		.context = answer,
		.strip_ech = dns->strip_ech,
		.keep_length = message->on_tcp,
	};
	struct writer writer = writer_on(engine->message, sizeof(engine->message));
	struct redact_dns_result result;

	if (!enforce || (!(answer->pruned && dns->prune) && !(answer->ech && dns->strip_ech)))
		return FATE_PASS;
	/* Part of it is with the device already: its flows will be judged. */
	if (message->begun_earlier)
		return FATE_PASS;
	if (!redact_dns_edit(&message->dns, &edits, &writer, &result))
		return FATE_DENY;
	engine->counters.addresses_pruned += result.addresses_pruned;
	if (result.addresses_pruned && result.addresses_left == 0 && !message->on_tcp)
		return FATE_DENY;
	message->edited = writer_bytes(&writer);
	return result.changed ? FATE_EDIT : FATE_PASS;
}

static enum fate answer(struct engine *engine, struct passage *passage, struct message *message)
{
	struct answer answer = {.engine = engine, .passage = passage, .message = message};
	const struct policy *policy = device_policy(engine, passage->device);
	bool enforce = policy_mode(policy) == MODE_ENFORCE;
	const struct policy_dns *dns = policy_dns(policy);
	struct policy_question question;
	struct policy_decision decision;
	enum fate fate;

	engine->counters.answers++;
	/* The true answer to a question that we answered ourselves. */
	if (was_refused(passage->flow, message->dns.id))
		return FATE_DROP;
	follow_cnames(&message->dns, &message->names);
	decision = decide_names(engine, passage, &message->names, &question);
	if (decision.action == POLICY_BLOCK) {
		settle(engine, passage->flow, &question, &decision);
		record_question(engine, passage->flow, &message->dns, &question, &decision);
	}
	message->denial = denial_for(policy, &decision);
	fate = fate_of(policy, &decision);
	if (fate != FATE_PASS)
		return fate;
	answer.bind = !(enforce && dns->prune);
	see_addresses(&answer, enforce && dns->prune);
	fate = edit_answer(&answer, message, dns, enforce);
	if (answer.ech && fate != FATE_DENY && !(enforce && dns->strip_ech && !message->on_tcp))
		remember_ech(&answer);
	if (!answer.bind && fate != FATE_DENY) {
		answer.bind = true;
		see_addresses(&answer, !message->begun_earlier);
	}
	return fate;
}

/* ---- one message ---- */

static unsigned records_of(const struct dns_message *dns)
{
	return (unsigned)dns->record_count[DNS_ANSWER] + dns->record_count[DNS_AUTHORITY] +
	       dns->record_count[DNS_ADDITIONAL];
}

bool resolve_refuses(struct engine *engine, struct passage *passage)
{
	struct policy_question question;
	struct policy_decision decision;

	if (passage->flow->decided || !asks_resolver(engine, passage))
		return false;
	decision = decide_resolver(engine, passage, &question);
	if (fate_of(question.policy, &decision) == FATE_PASS)
		return false;
	settle(engine, passage->flow, &question, &decision);
	return true;
}

enum fate resolve_message(struct engine *engine, struct passage *passage, struct bytes bytes,
			  struct message *message)
{
	message->names.len = 0;
	message->names.count = 0;
	/* Each record costs some time, and no device asks for so many. */
	if (decode_dns(bytes, &message->dns) != DECODE_OK || message->dns.response == passage->up ||
	    message->dns.question_count > 1 || records_of(&message->dns) > RECORDS_MOST)
		return FATE_MALFORMED;
	/* Nothing that could be judged may carry anything out. */
	if (message->dns.question_count == 0)
		return passage->up ? FATE_MALFORMED : FATE_PASS;
	return passage->up ? ask(engine, passage, message) : answer(engine, passage, message);
}
