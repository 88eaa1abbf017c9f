/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A question put to the rules. Runs for packets: no allocation, no call out
 * but to mem* and str*. Each condition holds, does not hold, may still hold
 * when a pending fact is known, or is never going to be known, which is
 * neither: then its negation does not hold either. gatewayd.conf(5) has the
 * same in words.
 */
#include "policy/set.h"
#include "policy/words.h"

enum truth {
	TRUTH_NO,
	TRUTH_YES,
	TRUTH_MAYBE, /* a fact is pending */
	TRUTH_NEVER, /* a fact is not known and nothing more can come */
};

/* One fact with one value. */
static enum truth simple(const struct policy_question *question, uint32_t fact, bool matches)
{
	if (question->known & fact && matches)
		return TRUTH_YES;
	if (question->pending & fact)
		return TRUTH_MAYBE;
	return question->known & fact ? TRUTH_NO : TRUTH_NEVER;
}

const struct domain *match_find_domain(const struct domain *sorted, size_t count, const char *text)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(text, sorted[middle].text);

		if (order == 0)
			return &sorted[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool domains_contain(const struct domains *domains, const struct name *name)
{
	if (match_find_domain(domains->exact, domains->exact_count, name->text))
		return true;
	if (domains->suffix_count == 0)
		return false;
	for (const char *suffix = name->text; suffix; suffix = name_parent(suffix)) {
		if (match_find_domain(domains->suffixes, domains->suffix_count, suffix))
			return true;
	}
	return false;
}

/* Known names only count when there is at least one. */
static bool has_names(const struct policy_question *question)
{
	return question->known & FACT_NAMES && question->name_count > 0;
}

static enum truth match_domain(const struct condition *condition,
			       const struct policy_question *question)
{
	for (unsigned i = 0; has_names(question) && i < question->name_count; i++) {
		if (domains_contain(condition->is.domains, question->names[i].name))
			return TRUTH_YES;
	}
	if (question->pending & FACT_NAMES)
		return TRUTH_MAYBE;
	return has_names(question) ? TRUTH_NO : TRUTH_NEVER;
}

static enum truth match_list(const struct policy_set *set, const struct condition *condition,
			     const struct policy_question *question)
{
	uint64_t lists = condition->is.bits & set->lists_loaded;
	bool names = lists & set->lists_of_names, addresses = lists & set->lists_of_addresses;

	for (unsigned i = 0; has_names(question) && i < question->name_count; i++) {
		if (question->names[i].lists & lists)
			return TRUTH_YES;
	}
	if (question->known & FACT_ADDRESS && question->address_lists & lists)
		return TRUTH_YES;
	if ((names && question->pending & FACT_NAMES) ||
	    (addresses && question->pending & FACT_ADDRESS))
		return TRUTH_MAYBE;
	if (condition->is.bits != lists)
		return TRUTH_NEVER;
	if ((names && has_names(question)) || (addresses && question->known & FACT_ADDRESS))
		return TRUTH_NO;
	return TRUTH_NEVER;
}

/* What the catalogue may know: does this row know it, and does it match? */
enum row {
	ROW_SILENT,
	ROW_OTHER,
	ROW_MATCHES,
};

static bool is_one_of(const struct condition *condition, const char *word)
{
	for (size_t i = 0; i < condition->word_count; i++) {
		if (words_fold_equal(condition->words[i], word))
			return true;
	}
	return false;
}

static enum row ask_row(const struct condition *condition, const struct policy_entry *entry)
{
	bool matches;

	if (!entry)
		return ROW_SILENT;
	if (condition->kind == CONDITION_PURPOSE) {
		if (entry->purpose == PURPOSE_UNKNOWN)
			return ROW_SILENT;
		matches = condition->is.bits >> entry->purpose & 1;
	} else if (condition->kind == CONDITION_ORGANISATION) {
		if (!entry->organisation)
			return ROW_SILENT;
		matches = is_one_of(condition, entry->organisation);
	} else if (condition->kind == CONDITION_ESSENTIAL) {
		if (!entry->essential_known)
			return ROW_SILENT;
		matches = entry->essential == condition->is.yes;
	} else {
		if (entry->jurisdiction == COUNTRY_UNKNOWN)
			return ROW_SILENT;
		matches = country_set_has(condition->is.countries, entry->jurisdiction);
	}
	return matches ? ROW_MATCHES : ROW_OTHER;
}

/* Does the condition ask for the unknown itself? */
static bool wants_unknown(const struct condition *condition)
{
	if (condition->kind == CONDITION_PURPOSE)
		return condition->is.bits & 1;
	if (condition->kind == CONDITION_ORGANISATION)
		return is_one_of(condition, "unknown");
	if (condition->kind == CONDITION_ESSENTIAL)
		return false;
	return country_set_has(condition->is.countries, COUNTRY_UNKNOWN);
}

/*
 * The rows of all names; the row of the network speaks when they are silent.
 * A flow with a name does not wait for its network, or every question about a
 * name that the catalogue does not know would be let through.
 */
static enum truth match_catalogue(const struct condition *condition,
				  const struct policy_question *question)
{
	enum row best = ROW_SILENT, row;

	for (unsigned i = 0; has_names(question) && i < question->name_count; i++) {
		row = ask_row(condition, question->names[i].entry);
		if (row > best)
			best = row;
	}
	if (best == ROW_MATCHES)
		return TRUTH_YES;
	if (question->pending & FACT_NAMES)
		return TRUTH_MAYBE;
	if (best == ROW_SILENT && question->known & FACT_ASN)
		best = ask_row(condition, question->network);
	if (best != ROW_SILENT)
		return best == ROW_MATCHES ? TRUTH_YES : TRUTH_NO;
	if (!has_names(question) && question->pending & FACT_ASN)
		return TRUTH_MAYBE;
	return wants_unknown(condition) ? TRUTH_YES : TRUTH_NEVER;
}

static enum truth match_country(const struct condition *condition,
				const struct policy_question *question)
{
	bool matches = country_set_has(condition->is.countries, question->country);
	enum truth truth = simple(question, FACT_COUNTRY, matches);

	if (truth == TRUTH_NO && question->country == COUNTRY_UNKNOWN)
		return TRUTH_NEVER;
	return truth;
}

/* Country and jurisdiction together, as if one fact of two values. */
static enum truth is_foreign(const struct policy_set *set, const struct policy_question *question)
{
	const struct condition home = {.kind = CONDITION_JURISDICTION, .is.countries = &set->home};
	bool known = false, pending = question->pending & FACT_COUNTRY;
	enum row row, best = ROW_SILENT;

	if (!set->has_home)
		return TRUTH_NEVER;
	if (question->known & FACT_COUNTRY && question->country != COUNTRY_UNKNOWN) {
		if (!country_set_has(&set->home, question->country))
			return TRUTH_YES;
		known = true;
	}
	for (unsigned i = 0; has_names(question) && i < question->name_count; i++) {
		row = ask_row(&home, question->names[i].entry);
		if (row == ROW_OTHER)
			return TRUTH_YES;
		if (row > best)
			best = row;
	}
	if (question->pending & FACT_NAMES)
		pending = true;
	else if (best == ROW_SILENT && question->known & FACT_ASN)
		best = ask_row(&home, question->network);
	else if (best == ROW_SILENT && !has_names(question) && question->pending & FACT_ASN)
		pending = true;
	if (best == ROW_OTHER)
		return TRUTH_YES;
	if (pending)
		return TRUTH_MAYBE;
	return known || best == ROW_MATCHES ? TRUTH_NO : TRUTH_NEVER;
}

static enum truth negated(enum truth truth)
{
	if (truth == TRUTH_YES)
		return TRUTH_NO;
	return truth == TRUTH_NO ? TRUTH_YES : truth;
}

static enum truth match_asn(const struct condition *condition,
			    const struct policy_question *question)
{
	size_t low = 0, high = condition->count;
	bool found = false;

	while (low < high && !found) {
		size_t middle = low + (high - low) / 2;

		found = condition->is.asns[middle] == question->asn;
		if (condition->is.asns[middle] < question->asn)
			low = middle + 1;
		else
			high = middle;
	}
	/* The database has no record. */
	if (question->known & FACT_ASN && question->asn == 0)
		return TRUTH_NEVER;
	return simple(question, FACT_ASN, found);
}

static enum truth match_address(const struct condition *condition,
				const struct policy_question *question)
{
	bool found = false;

	for (size_t i = 0; i < condition->count && !found; i++)
		found = prefix_contains(&condition->is.prefixes[i], &question->address);
	return simple(question, FACT_ADDRESS, found);
}

static enum truth match_port(const struct condition *condition,
			     const struct policy_question *question)
{
	bool found = false;

	for (size_t i = 0; i < condition->count && !found; i++)
		found = question->port >= condition->is.ports[i].from &&
			question->port <= condition->is.ports[i].to;
	return simple(question, FACT_PORT, found);
}

static enum truth match_encrypted(const struct condition *condition,
				  const struct policy_question *question)
{
	if (question->known & FACT_PROTOCOL && question->protocol == PROTOCOL_UNKNOWN &&
	    !(question->pending & FACT_PROTOCOL))
		return TRUTH_NEVER;
	return simple(question, FACT_PROTOCOL,
		      protocol_is_encrypted(question->protocol) == condition->is.yes);
}

bool windows_contain(const struct condition *when, int minute)
{
	for (size_t i = 0; i < when->count; i++) {
		if (minute >= when->is.windows[i].from && minute < when->is.windows[i].to)
			return true;
	}
	return false;
}

static enum truth match_not(const struct policy_set *set, const struct condition *condition,
			    const struct policy_question *question);

static enum truth match_condition(const struct policy_set *set, const struct condition *condition,
				  const struct policy_question *question)
{
	switch (condition->kind) {
	case CONDITION_DOMAIN:
		return match_domain(condition, question);
	case CONDITION_LIST:
		return match_list(set, condition, question);
	case CONDITION_PURPOSE:
	case CONDITION_ORGANISATION:
	case CONDITION_JURISDICTION:
	case CONDITION_ESSENTIAL:
		return match_catalogue(condition, question);
	case CONDITION_COUNTRY:
		return match_country(condition, question);
	case CONDITION_ASN:
		return match_asn(condition, question);
	case CONDITION_FOREIGN:
		return condition->is.yes ? is_foreign(set, question)
					 : negated(is_foreign(set, question));
	case CONDITION_DIRECT:
		return simple(question, FACT_DIRECT, question->direct == condition->is.yes);
	case CONDITION_ADDRESS:
		return match_address(condition, question);
	case CONDITION_PORT:
		return match_port(condition, question);
	case CONDITION_TRANSPORT:
		return simple(question, FACT_TRANSPORT,
			      condition->is.bits >> question->transport & 1);
	case CONDITION_PROTOCOL:
		return simple(question, FACT_PROTOCOL,
			      condition->is.bits >> question->protocol & 1);
	case CONDITION_ENCRYPTED:
		return match_encrypted(condition, question);
	case CONDITION_LAN:
		return simple(question, FACT_ADDRESS, question->lan == condition->is.yes);
	case CONDITION_MISMATCH:
		return simple(question, FACT_MISMATCH, question->mismatch == condition->is.yes);
	case CONDITION_TUNNEL:
		return simple(question, FACT_TUNNEL, question->tunnel == condition->is.yes);
	case CONDITION_ENCRYPTED_NAME:
		return simple(question, FACT_ENCRYPTED_NAME,
			      question->encrypted_name == condition->is.yes);
	case CONDITION_WHEN:
		return simple(question, FACT_TIME,
			      windows_contain(condition, question->local_minute));
	case CONDITION_NOT:
		return match_not(set, condition, question);
	case CONDITION_NONE:
	case CONDITION_BYPASS:
	case CONDITION_COUNT:
		break;
	}
	return TRUTH_NEVER;
}

/* One condition that does not hold makes the group false, whatever the rest. */
static enum truth match_not(const struct policy_set *set, const struct condition *condition,
			    const struct policy_question *question)
{
	const struct group *group = condition->is.group;
	enum truth all = TRUTH_YES;

	for (size_t i = 0; i < group->count; i++) {
		enum truth truth = match_condition(set, &group->conditions[i], question);

		if (truth == TRUTH_NO)
			return TRUTH_YES;
		if (truth == TRUTH_MAYBE || (truth == TRUTH_NEVER && all == TRUTH_YES))
			all = truth;
	}
	return negated(all);
}

/* Which condition says most of why a rule holds: the higher, the more. */
static unsigned telling(enum policy_condition kind)
{
	static const uint8_t ranks[CONDITION_COUNT] = {
		[CONDITION_TUNNEL] = 22,       [CONDITION_DOMAIN] = 21,
		[CONDITION_LIST] = 20,         [CONDITION_ADDRESS] = 19,
		[CONDITION_MISMATCH] = 18,     [CONDITION_JURISDICTION] = 17,
		[CONDITION_COUNTRY] = 16,      [CONDITION_PURPOSE] = 15,
		[CONDITION_ORGANISATION] = 14, [CONDITION_ASN] = 13,
		[CONDITION_FOREIGN] = 12,      [CONDITION_DIRECT] = 11,
		[CONDITION_PROTOCOL] = 10,     [CONDITION_ENCRYPTED_NAME] = 9,
		[CONDITION_ESSENTIAL] = 8,     [CONDITION_PORT] = 7,
		[CONDITION_ENCRYPTED] = 6,     [CONDITION_LAN] = 5,
		[CONDITION_TRANSPORT] = 4,     [CONDITION_WHEN] = 3,
		[CONDITION_NOT] = 2,
	};

	return ranks[kind];
}

static enum policy_holds match_rule(const struct policy_set *set, const struct policy_rule *rule,
				    const struct policy_question *question,
				    enum policy_condition *ret_because)
{
	enum policy_condition most = CONDITION_NONE, maybe = CONDITION_NONE;

	for (size_t i = 0; i < rule->group.count; i++) {
		const struct condition *condition = &rule->group.conditions[i];
		enum truth truth = match_condition(set, condition, question);

		if (truth == TRUTH_NO || truth == TRUTH_NEVER) {
			*ret_because = condition->kind;
			return HOLDS_NO;
		}
		if (truth == TRUTH_MAYBE && maybe == CONDITION_NONE)
			maybe = condition->kind;
		if (telling(condition->kind) > telling(most))
			most = condition->kind;
	}
	*ret_because = maybe == CONDITION_NONE ? most : maybe;
	return maybe == CONDITION_NONE ? HOLDS_YES : HOLDS_MAYBE;
}

/*
 * True: the rule settles it, and how is in the decision. A rule that may still
 * block makes a flow wait, but not when the rules behind it block it in the
 * same way: then nothing that is still to come could save it.
 */
static bool settle(const struct policy_rule *rule, enum policy_holds holds,
		   enum policy_condition because, enum policy_stage stage,
		   struct policy_decision *decision)
{
	bool blocks = rule->action == POLICY_BLOCK;

	if (holds == HOLDS_NO)
		return false;
	if (holds == HOLDS_MAYBE && stage != STAGE_FLOW && (blocks || stage == STAGE_RESOLVER))
		return false;
	if (holds == HOLDS_MAYBE && stage == STAGE_FLOW) {
		bool same = !decision->waits || decision->rule->with == rule->with;

		if (!decision->waits)
			decision->because = because;
		decision->waits = true;
		decision->rule = rule;
		return !blocks || !same;
	}
	if (decision->waits && (!blocks || decision->rule->with != rule->with))
		return true;
	decision->because = because;
	decision->waits = false;
	decision->rule = rule;
	decision->action = rule->action;
	decision->let_through = holds == HOLDS_MAYBE;
	return true;
}

struct tracing {
	policy_trace *trace;
	void *context;
};

/* What no rule settled; a waiting decision has no rule. */
static struct policy_decision settle_default(const struct policy *policy, enum policy_stage stage,
					     struct policy_decision decision)
{
	bool same = decision.waits && policy->action == POLICY_BLOCK &&
		    decision.rule->with == POLICY_REJECT;

	if (decision.waits && !same) {
		decision.rule = NULL;
		return decision;
	}
	decision.rule = NULL;
	decision.waits = false;
	decision.because = CONDITION_NONE;
	if (stage != STAGE_RESOLVER)
		decision.action = policy->action;
	return decision;
}

/* Rules from first to last; true: one of them settles it. */
static bool read_rules(const struct policy_set *set, const struct policy_question *question,
		       const struct policy_rule *const *rules, size_t count,
		       const struct tracing *tracing, enum policy_stage stage,
		       struct policy_decision *decision)
{
	for (size_t i = 0; i < count; i++) {
		enum policy_condition because;
		enum policy_holds holds = match_rule(set, rules[i], question, &because);

		if (tracing->trace)
			tracing->trace(tracing->context, rules[i], holds, because);
		if (settle(rules[i], holds, because, stage, decision))
			return true;
	}
	return false;
}

/*
 * dns.bypass, before the policy's own rules. A resolver that was asked in plain
 * is no way around. ret_may: it may still hold.
 */
static bool read_bypass(const struct policy_set *set, const struct policy_question *question,
			const struct tracing *tracing, enum policy_stage stage, bool *ret_may,
			struct policy_decision *decision)
{
	const struct policy_rule *rule = question->policy->bypass;
	enum policy_bypass bypass;
	enum policy_holds holds;

	*ret_may = false;
	if (!rule || stage == STAGE_RESOLVER)
		return false;
	holds = bypass_holds(set, question, &bypass);
	if (tracing->trace)
		tracing->trace(tracing->context, rule, holds, CONDITION_BYPASS);
	*ret_may = holds == HOLDS_MAYBE && stage == STAGE_FLOW;
	/* Behind a rule that may still hold it only makes what that may do sure. */
	if (holds != HOLDS_YES || (decision->waits && decision->rule->with != rule->with))
		return holds == HOLDS_YES;
	decision->waits = false;
	decision->because = CONDITION_BYPASS;
	decision->rule = rule;
	decision->action = POLICY_BLOCK;
	decision->bypass = bypass;
	return true;
}

struct policy_decision policy_match(const struct policy_set *set,
				    const struct policy_question *question, enum policy_stage stage,
				    policy_trace *trace, void *context)
{
	const struct policy *policy = question->policy;
	const struct tracing tracing = {trace, context};
	struct policy_decision decision = {.action = POLICY_ALLOW, .because = CONDITION_NONE};
	bool may_bypass = false;
	bool settled = read_rules(set, question, question->overrides, question->override_count,
				  &tracing, stage, &decision);

	if (!settled)
		settled = read_bypass(set, question, &tracing, stage, &may_bypass, &decision);
	if (!settled)
		settled = read_rules(set, question, policy->rules, policy->rule_count, &tracing,
				     stage, &decision);
	if (!settled)
		decision = settle_default(policy, stage, decision);
	/* What is blocked in any case need not be known to be a way around. */
	if (may_bypass && !decision.waits && decision.action != POLICY_BLOCK) {
		decision = (struct policy_decision){.waits = true, .because = CONDITION_BYPASS};
		return decision;
	}
	if (decision.waits)
		decision.rule = NULL;
	return decision;
}

bool policy_depends_on(const struct policy *policy, uint32_t facts)
{
	return (policy->facts | (policy->bypass ? BYPASS_FACTS : 0)) & facts;
}

int policy_next_edge(const struct policy_set *set, int local_minute)
{
	for (size_t i = 0; i < set->edge_count; i++) {
		if (set->edges[i] > local_minute)
			return set->edges[i];
	}
	return set->edge_count ? set->edges[0] : -1;
}
