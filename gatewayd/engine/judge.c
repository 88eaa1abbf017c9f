/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flow's facts, put to the policy. A flow may have several names: what the
 * client says (SNI, Host), and every name that DNS gave this device for the
 * address. Each is read on its own, with its CNAMEs; a block on any of them
 * blocks. What the client says counts alone only when DNS confirms it.
 */
#include "engine/judge.h"

#include "engine/internal.h"
#include "engine/overhear.h"
#include "engine/record.h"
#include "engine/resolve.h"

#define LATER (FACT_NAMES | FACT_PROTOCOL | FACT_MISMATCH | FACT_ENCRYPTED_NAME)
#define BINDING_GRACE (24 * HOUR_US) /* devices keep using what they resolved */

/* What the readings of one flow came to. */
struct outcome {
	unsigned readings, blocks, waits;
	int best; /* rank of the decision that is in the flow; 0: none yet */
};

void judge_begin(struct engine *engine, struct device *device, struct policy_question *question)
{
	memset(question, 0, sizeof(*question));
	question->policy = device_policy(engine, device);
	question->override_count = device_overrides(engine, device);
	question->overrides = engine->matching;
	question->local_minute = engine->local_minute;
	question->known = FACT_TIME;
}

void judge_names(struct engine *engine, struct policy_question *question,
		 const struct name_list *names)
{
	unsigned count = name_list_get(names, engine->names, POLICY_NAMES_MOST);

	for (unsigned i = 0; i < count; i++)
		policy_describe(engine->set, &engine->names[i], &question->names[i]);
	question->name_count = count;
	question->known |= FACT_NAMES;
	question->pending &= ~(uint32_t)FACT_NAMES;
}

/*
 * A packet can name any sender: one from a server's address must not make that
 * server a neighbour, where the router knows its neighbours.
 */
static bool is_neighbour(const struct engine *engine, const struct address *address)
{
	const struct address_entry *entry = table_find(engine->addresses, address);

	return entry && (entry->neighbour || !engine->knows_neighbours);
}

bool judge_is_lan(struct engine *engine, const struct address *address)
{
	switch (address_scope(address)) {
	case SCOPE_GLOBAL:
		return is_neighbour(engine, address);
	case SCOPE_PRIVATE:
	case SCOPE_LINK_LOCAL:
	case SCOPE_LOOPBACK:
	case SCOPE_MULTICAST:
	case SCOPE_UNSPECIFIED:
		break;
	}
	return true;
}

/*
 * Where a packet to it leaves for: NAT64 (RFC 6052) and 6to4 (RFC 3056) have
 * the true address inside.
 */
static struct address behind(const struct address *address)
{
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};

	if (address->family != ADDRESS_IPV6)
		return *address;
	if (memcmp(address->bytes, nat64, sizeof(nat64)) == 0)
		return address_ipv4(address->bytes + 12);
	if (address->bytes[0] == 0x20 && address->bytes[1] == 0x02)
		return address_ipv4(address->bytes + 2);
	return *address;
}

void judge_address(struct engine *engine, struct policy_question *question,
		   const struct address *address)
{
	const struct engine_geo *geo = &engine->geo;
	struct address place;

	question->address = address_unmapped(address);
	place = behind(&question->address);
	question->address_lists = policy_address_lists(engine->set, &question->address);
	question->lan = judge_is_lan(engine, address);
	question->known |= FACT_ADDRESS;
	if (geo->country && geo->country(geo->context, &place, &question->country))
		question->known |= FACT_COUNTRY;
	if (geo->asn && geo->asn(geo->context, &place, &question->asn)) {
		question->known |= FACT_ASN;
		question->network = policy_entry_of_asn(engine->set, question->asn);
	}
}

static void settle_facts(struct flow *flow, const struct policy_question *question)
{
	const struct policy_entry *entry = NULL;

	for (unsigned i = 0; i < question->name_count && !entry; i++)
		entry = question->names[i].entry;
	flow->country = question->country;
	flow->asn = question->asn;
	flow->purpose = entry ? entry->purpose : PURPOSE_UNKNOWN;
	if (!entry)
		entry = question->network;
	writer_set_text(flow->organisation, sizeof(flow->organisation),
			entry && entry->organisation ? entry->organisation : "");
	flow->jurisdiction = entry ? entry->jurisdiction : COUNTRY_UNKNOWN;
}

void judge_settle(struct engine *engine, struct flow *flow, const struct policy_question *question,
		  const struct policy_decision *decision)
{
	flow->action = decision->action;
	flow->with = decision->rule ? policy_rule_with(decision->rule) : POLICY_REJECT;
	flow->rule_id = decision->rule ? policy_rule_id(decision->rule) : 0;
	flow->limit = decision->action == POLICY_LIMIT ? decision->rule : NULL;
	policy_rule_label(question->policy, decision->rule, flow->rule, sizeof(flow->rule));
	policy_reason(engine->set, question, decision, flow->reason, sizeof(flow->reason));
	settle_facts(flow, question);
	for (unsigned i = 0; i < question->name_count; i++)
		overhear_entry(flow_device(engine, flow), question->names[i].entry);
}

void judge_fixed(struct flow *flow, enum policy_action action, const char *reason)
{
	flow->action = action;
	flow->with = POLICY_DROP;
	flow->rule[0] = 0;
	writer_set_text(flow->reason, sizeof(flow->reason), reason);
	flow->decided = true;
	flow->told = true;
}

static void announce(struct engine *engine, struct flow *flow, enum policy_action before)
{
	bool blocks = flow->action == POLICY_BLOCK;

	if (flow->announced && before == flow->action)
		return;
	/* Without a name it says little; the first payload may bring one. */
	if (!blocks && !flow->told && flow->names.count == 0)
		return;
	if (blocks && !(flow->announced && before == POLICY_BLOCK)) {
		engine->counters.flows_blocked++;
		flow_device(engine, flow)->flows_blocked++;
		engine->counters.observed += flow->observed;
		flow_device(engine, flow)->observed += flow->observed;
	}
	if (!blocks && flow->country != COUNTRY_UNKNOWN)
		country_set_add(&flow_device(engine, flow)->countries, flow->country);
	flow->announced = true;
	record_event(engine, EVENT_DECISION, flow);
}

void judge_opaque(struct engine *engine, struct flow *flow)
{
	flow->with = strip_plan_of(engine, flow)->with;
	flow->action = POLICY_BLOCK;
	writer_set_text(flow->reason, sizeof(flow->reason), "opaque: cannot be read");
	announce(engine, flow, POLICY_STRIP);
}

static void block_spent(struct engine *engine, struct flow *flow)
{
	limit_end(engine, flow);
	flow->action = POLICY_BLOCK;
	limit_reason(engine, flow, flow->reason, sizeof(flow->reason));
}

void judge_spent(struct engine *engine, struct flow *flow)
{
	block_spent(engine, flow);
	announce(engine, flow, POLICY_LIMIT);
}

static int rank(enum policy_action action)
{
	switch (action) {
	case POLICY_ALLOW:
		return 1;
	case POLICY_LIMIT:
		return 2;
	case POLICY_STRIP:
		return 3;
	case POLICY_BLOCK:
		return 4;
	}
	return 0;
}

/* One reading of the rules, with one set of names or none. */
static void read_rules(struct engine *engine, struct flow *flow, struct policy_question *question,
		       const struct name_list *names, struct outcome *outcome)
{
	struct policy_decision decision;

	if (names && names->count)
		judge_names(engine, question, names);
	decision = policy_match(engine->set, question, STAGE_FLOW, NULL, NULL);
	outcome->readings++;
	if (decision.waits) {
		outcome->waits++;
		return;
	}
	outcome->blocks += decision.action == POLICY_BLOCK;
	if (rank(decision.action) > outcome->best) {
		outcome->best = rank(decision.action);
		judge_settle(engine, flow, question, &decision);
	}
}

static bool is_current(const struct engine *engine, const struct binding *binding, unsigned i)
{
	return i == 0 || binding->candidates[i].expires + BINDING_GRACE > engine->now;
}

/* The chain of a candidate that holds the name, or NULL. */
static const struct name_list *chain_with(const struct engine *engine,
					  const struct binding *binding, const struct name *name)
{
	for (unsigned i = 0; binding && i < binding->count; i++) {
		const struct name_list *names = names_of_candidate(engine, &binding->candidates[i]);

		if (names && name_list_has(names, name))
			return names;
	}
	return NULL;
}

static void read_candidates(struct engine *engine, struct flow *flow,
			    const struct policy_question *question, const struct binding *binding,
			    struct outcome *outcome)
{
	for (unsigned i = 0; binding && i < binding->count; i++) {
		const struct name_list *names = names_of_candidate(engine, &binding->candidates[i]);
		struct policy_question copy = *question;

		if (names && is_current(engine, binding, i))
			read_rules(engine, flow, &copy, names, outcome);
	}
}

/* What the client said, each name with the chain that confirms it. */
static void read_hello(struct engine *engine, struct flow *flow,
		       const struct policy_question *question, const struct binding *binding,
		       struct outcome *outcome)
{
	struct name names[FIRST_NAMES_MOST];
	unsigned count = name_list_get(&flow->hello, names, FIRST_NAMES_MOST);
	bool confirmed = true;

	for (unsigned i = 0; i < count; i++) {
		const struct name_list *chain = chain_with(engine, binding, &names[i]);
		struct policy_question copy = *question;
		struct name_list list = {.len = 0};
		struct name other[POLICY_NAMES_MOST];
		unsigned others = chain ? name_list_get(chain, other, POLICY_NAMES_MOST) : 0;

		confirmed &= chain != NULL;
		copy.mismatch = chain == NULL;
		if (question->known & FACT_DIRECT)
			copy.known |= FACT_MISMATCH;
		name_list_add(&list, &names[i]);
		for (unsigned j = 0; j < others; j++)
			name_list_add(&list, &other[j]);
		read_rules(engine, flow, &copy, &list, outcome);
	}
	flow->mismatch = !confirmed && (question->known & FACT_DIRECT);
	if (!confirmed) {
		struct policy_question copy = *question;

		copy.mismatch = true;
		if (question->known & FACT_DIRECT)
			copy.known |= FACT_MISMATCH;
		read_candidates(engine, flow, &copy, binding, outcome);
	}
}

/*
 * Most hellos carry GREASE in the place of ECH (RFC 9849 section 6.2). Real is
 * what a device can only do when DNS gave it a configuration: for a name of
 * this address, or one whose public name this hello shows.
 */
static bool is_real_ech(struct engine *engine, struct flow *flow, const struct binding *binding)
{
	struct device *device = flow_device(engine, flow);
	struct name names[POLICY_NAMES_MOST];
	unsigned count = name_list_get(&flow->hello, names, POLICY_NAMES_MOST);

	if (!flow->encrypted_client_hello)
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (names_has_ech(engine, device, &names[i]))
			return true;
	}
	for (unsigned i = 0; binding && i < binding->count; i++) {
		const struct name_list *chain = names_of_candidate(engine, &binding->candidates[i]);

		count = chain ? name_list_get(chain, names, POLICY_NAMES_MOST) : 0;
		for (unsigned j = 0; j < count; j++) {
			if (names_has_ech(engine, device, &names[j]))
				return true;
		}
	}
	return false;
}

static void flow_facts(struct engine *engine, struct flow *flow, const struct binding *binding,
		       struct policy_question *question)
{
	judge_begin(engine, flow_device(engine, flow), question);
	judge_address(engine, question, &flow->key.remote);
	question->transport = (enum transport)flow->key.transport;
	question->known |= FACT_TRANSPORT | FACT_TUNNEL; /* which only questions are */
	if (question->transport == TRANSPORT_TCP || question->transport == TRANSPORT_UDP) {
		question->port = flow->inbound ? flow->key.device_port : flow->key.remote_port;
		question->known |= FACT_PORT;
	}
	if (engine->now >= engine->direct_from && !flow->mid_stream && !flow->inbound) {
		question->direct = binding == NULL;
		question->known |= FACT_DIRECT;
	}
	if (flow->told) {
		question->protocol = flow->protocol;
		flow->encrypted_name = is_real_ech(engine, flow, binding);
		question->encrypted_name = flow->encrypted_name;
		question->known |= FACT_PROTOCOL | FACT_ENCRYPTED_NAME;
	} else {
		question->pending = LATER;
	}
}

/* For reports: what the client said, else what DNS said last. */
static void note_names(struct engine *engine, struct flow *flow, const struct binding *binding)
{
	struct name names[POLICY_NAMES_MOST];
	const struct name_list *chain = NULL;
	unsigned count;

	if (flow->is_dns)
		return;
	memset(&flow->names, 0, offsetof(struct name_list, text));
	count = name_list_get(&flow->hello, names, POLICY_NAMES_MOST);
	for (unsigned i = 0; i < count; i++)
		name_list_add(&flow->names, &names[i]);
	if (count)
		chain = chain_with(engine, binding, &names[0]);
	else if (binding && binding->count)
		chain = names_of_candidate(engine, &binding->candidates[0]);
	if (!chain)
		return;
	if (!count)
		flow->name_from = NAME_FROM_DNS;
	count = name_list_get(chain, names, POLICY_NAMES_MOST);
	for (unsigned i = 0; i < count; i++)
		name_list_add(&flow->names, &names[i]);
}

static bool must_wait(const struct flow *flow, const struct policy_question *question,
		      const struct outcome *outcome)
{
	if (flow->told)
		return false;
	if (outcome->readings && outcome->blocks == outcome->readings)
		return false;
	/* Some name blocks, or may: what the client says will tell which it is. */
	if (outcome->waits || outcome->blocks)
		return true;
	return policy_depends_on(question->policy, LATER);
}

bool judge_is_certain(struct engine *engine, struct flow *flow)
{
	const struct binding *binding =
		names_find(engine, flow_device(engine, flow), &flow->key.remote);
	struct flow copy = *flow;
	struct policy_question question;
	struct outcome outcome = {0};

	copy.told = false;
	memset(&copy.hello, 0, sizeof(copy.hello));
	flow_facts(engine, &copy, binding, &question);
	read_candidates(engine, &copy, &question, binding, &outcome);
	if (outcome.readings == 0)
		read_rules(engine, &copy, &question, NULL, &outcome);
	return outcome.readings && outcome.blocks == outcome.readings;
}

bool judge_flow(struct engine *engine, struct flow *flow)
{
	const struct binding *binding =
		names_find(engine, flow_device(engine, flow), &flow->key.remote);
	enum policy_action before = flow->action;
	struct policy_question question;
	struct outcome outcome = {0};

	flow_facts(engine, flow, binding, &question);
	if (flow->hello.count)
		read_hello(engine, flow, &question, binding, &outcome);
	else
		read_candidates(engine, flow, &question, binding, &outcome);
	if (outcome.readings == 0)
		read_rules(engine, flow, &question, NULL, &outcome);
	if (flow->unnamed && outcome.best < rank(POLICY_BLOCK) &&
	    policy_depends_on(question.policy, FACT_NAMES)) {
		flow->action = POLICY_BLOCK;
		flow->with = POLICY_REJECT;
		flow->rule[0] = 0;
		writer_set_text(flow->reason, sizeof(flow->reason),
				"its first message hides the name");
	}
	note_names(engine, flow, binding);
	flow->observed = policy_mode(question.policy) == MODE_OBSERVE;
	flow->generation = engine->generation;
	flow->decided = !must_wait(flow, &question, &outcome);
	if (!flow->decided) {
		settle_facts(flow, &question);
		flow->action = POLICY_ALLOW;
		flow->rule[0] = 0;
		flow->reason[0] = 0;
		return false;
	}
	if (flow->action == POLICY_LIMIT && !flow->observed && limit_is_spent(engine, flow))
		block_spent(engine, flow);
	announce(engine, flow, before);
	return true;
}
