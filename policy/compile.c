/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From declarations to the set: names become pointers, policies get what they
 * inherit, and everything is sorted for the searches of lookup.c and match.c.
 */
#include "policy/check.h"

#include <stdlib.h>

#define EXTENDS_MOST 16

/* A user's policy wins over a shipped one. */
static int rank(const struct policy *policy)
{
	return policy->source == SOURCE_PROFILE ? 0 : 1;
}

static int compare_policies(const void *a, const void *b)
{
	const struct policy *x = *(struct policy *const *)a, *y = *(struct policy *const *)b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if (rank(x) != rank(y))
		return rank(y) - rank(x);
	return x->order < y->order ? -1 : 1;
}

static int compare_devices(const void *a, const void *b)
{
	const struct policy_device *x = *(struct policy_device *const *)a;
	const struct policy_device *y = *(struct policy_device *const *)b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	return x->order < y->order ? -1 : 1;
}

/* The policy that every installation has. */
static void add_built_in(struct check *check)
{
	struct policy *policy;

	for (size_t i = 0; i < check->policies.count; i++) {
		policy = check->policies.items[i];
		if (strcmp(policy->name, "observe") == 0)
			return;
	}
	policy = arena_alloc(&check->set->arena, sizeof(*policy));
	policy->name = "observe";
	policy->file = "";
	policy->built_in = true;
	policy->source = SOURCE_PROFILE;
	policy->own.has_default = policy->own.has_mode = true;
	policy->action = POLICY_ALLOW;
	policy->mode = MODE_OBSERVE;
	vector_add(&check->policies, &check->set->arena, policy);
}

/* Sorts by name, drops those that are replaced, and says what is there twice. */
static void collect_policies(struct check *check)
{
	struct policy_set *set = check->set;
	size_t count = check->policies.count;
	struct policy **sorted = arena_array(&set->arena, count, sizeof(*sorted));
	const struct policy *last = NULL;

	set->policies = arena_array(&set->arena, count, sizeof(*set->policies));
	set->policies_by_name = sorted;
	for (size_t i = 0; i < count; i++) {
		sorted[i] = check->policies.items[i];
		sorted[i]->order = i;
	}
	qsort(sorted, count, sizeof(struct policy *), compare_policies);
	for (size_t i = 0; i < count; i++) {
		if (!last || strcmp(last->name, sorted[i]->name) != 0) {
			last = sorted[i];
			sorted[set->policy_count++] = sorted[i];
			continue;
		}
		sorted[i]->replaced = true;
		if (rank(last) != rank(sorted[i]))
			continue;
		check->file = sorted[i]->file;
		check_error(check, sorted[i]->line, NULL,
			    "there is a policy \"%.60s\" already: %.60s line %u", last->name,
			    last->file, last->line);
	}
	for (size_t i = 0, kept = 0; i < count; i++) {
		struct policy *policy = check->policies.items[i];

		if (!policy->replaced)
			set->policies[kept++] = policy;
	}
}

/* NULL and an error. */
static struct policy *find_policy(struct check *check, const char *file, unsigned line,
				  const char *name)
{
	struct policy *policy = set_find_policy(check->set, name);
	struct nearest nearest = nearest_to(name);

	if (policy || check->incomplete)
		return policy;
	for (size_t i = 0; i < check->set->policy_count; i++)
		nearest_try(&nearest, check->set->policies[i]->name);
	check->file = file;
	check_error(check, line, &nearest, "there is no policy \"%.60s\"", name);
	return NULL;
}

static void inherit(struct policy *policy, const struct policy_set *set)
{
	const struct policy *parent = policy->parent;
	const struct policy_own *own = &policy->own;
	struct policy_dns *dns = &policy->dns;
	/* What holds when no policy says anything. */
	struct policy_dns other = {.prune = true};

	if (parent)
		other = parent->dns;
	if (!own->has_default)
		policy->action = parent ? parent->action : POLICY_BLOCK;
	if (!own->has_mode)
		policy->mode = parent ? parent->mode : set->settings.mode;
	if (!own->has_on_failure)
		policy->on_failure = parent ? parent->on_failure : set->settings.on_failure;
	if (!own->has_deny)
		dns->deny = other.deny;
	if (!own->has_strip) {
		dns->strip_ecs = other.strip_ecs;
		dns->strip_ech = other.strip_ech;
	}
	if (!own->has_answers)
		dns->prune = other.prune;
	if (!own->has_bypass)
		dns->bypass_block = other.bypass_block;
	if (!own->has_resolver)
		dns->gateway = other.gateway;
}

static uint32_t facts_of(const struct policy_rule *rule)
{
	uint32_t facts = 0;

	for (size_t i = 0; i < rule->group.count; i++)
		facts |= rule->group.conditions[i].facts;
	return facts;
}

static void join_rules(struct policy *policy, struct arena *arena)
{
	const struct policy *parent = policy->parent;
	size_t own = policy->own.rule_count;

	policy->rule_count = own + (parent ? parent->rule_count : 0);
	policy->rules = arena_array(arena, policy->rule_count, sizeof(*policy->rules));
	for (size_t i = 0; i < own; i++) {
		policy->rules[i] = &policy->own.rules[i];
		policy->facts |= facts_of(policy->rules[i]);
	}
	if (!parent)
		return;
	if (parent->rule_count)
		memcpy(policy->rules + own, parent->rules,
		       parent->rule_count * sizeof(*policy->rules));
	policy->facts |= parent->facts;
}

/* dns.bypass = "block" is a rule of the policy's own before all others. */
static void add_bypass(struct policy *policy, struct policy_set *set)
{
	struct policy_rule *rule;

	if (!policy->dns.bypass_block)
		return;
	rule = arena_alloc(&set->arena, sizeof(*rule));
	memset(rule, 0, sizeof(*rule));
	rule->owner = policy;
	rule->action = POLICY_BLOCK;
	rule->with = POLICY_REJECT;
	rule->file = policy->file;
	rule->line = policy->line;
	policy->bypass = rule;
}

/* A policy that asks for nothing reaches what comes after it never. */
static void warn_of_unreached(struct check *check, const struct policy *policy)
{
	size_t own = policy->own.rule_count, i = 0;

	if (policy->source == SOURCE_PROFILE)
		return;
	while (i < own && policy->own.rules[i].group.count)
		i++;
	check->file = policy->file;
	if (i + 1 < own)
		check_warning(check, policy->own.rules[i + 1].line,
			      "this rule is never reached: rule %s/%u before it has no conditions",
			      policy->name, policy->own.rules[i].number);
	else if (i < own && policy->parent)
		check_warning(check, policy->extends_line,
			      "no rule of \"%.60s\" is ever reached: rule %s/%u has no conditions",
			      policy->own.extends, policy->name, policy->own.rules[i].number);
}

static void refuse_depth(struct check *check, const struct policy *policy)
{
	check->file = policy->file;
	check_error(check, policy->line, NULL, "more than %d policies extend one another",
		    EXTENDS_MOST);
}

static void finish_policy(struct check *check, struct policy *policy)
{
	const struct policy *ancestor = policy;

	policy->depth = policy->parent ? policy->parent->depth + 1 : 1;
	if (policy->depth > EXTENDS_MOST)
		refuse_depth(check, policy);
	inherit(policy, check->set);
	join_rules(policy, &check->set->arena);
	add_bypass(policy, check->set);
	policy->visit = VISIT_DONE;
	warn_of_unreached(check, policy);
	while (ancestor && !ancestor->own.has_default)
		ancestor = ancestor->parent;
	if (!ancestor) {
		check->file = policy->file;
		check_warning(
			check, policy->line,
			"policy \"%.60s\" has no \"default\": what no rule matches is blocked",
			policy->name);
	}
}

/*
 * Up along `extends` to a policy that is finished or extends none, then down
 * again. A loop is found by meeting a policy that is on the way.
 */
static void resolve_policy(struct check *check, struct policy *policy)
{
	struct policy *way[EXTENDS_MOST];
	size_t depth = 0;

	while (policy && policy->visit == VISIT_NOT_YET) {
		if (depth == EXTENDS_MOST) {
			refuse_depth(check, policy);
			break;
		}
		policy->visit = VISIT_UNDER_WAY;
		way[depth++] = policy;
		if (!policy->own.extends)
			break;
		policy->parent =
			find_policy(check, policy->file, policy->extends_line, policy->own.extends);
		if (policy->parent && policy->parent->visit == VISIT_UNDER_WAY) {
			check->file = policy->file;
			check_error(check, policy->extends_line, NULL,
				    "policy \"%.60s\" extends itself, by way of \"%.60s\"",
				    policy->parent->name, policy->name);
			policy->parent = NULL;
		}
		policy = policy->parent;
	}
	while (depth)
		finish_policy(check, way[--depth]);
}

static void resolve_policies(struct check *check)
{
	struct policy_set *set = check->set;

	for (size_t i = 0; i < set->policy_count; i++)
		resolve_policy(check, set->policies[i]);
	for (size_t i = 0; i < set->policy_count; i++) {
		for (size_t j = 0; j < set->policies[i]->own.rule_count; j++)
			set->policies[i]->own.rules[j].id = set->rule_ids++;
	}
	set->settings.unknown_device =
		find_policy(check, check->unknown_device_file, check->unknown_device_line,
			    check->unknown_device ? check->unknown_device : "observe");
}

static int compare_macs(const void *a, const void *b)
{
	const struct device_mac *x = a, *y = b;
	int order = memcmp(x->mac.bytes, y->mac.bytes, sizeof(x->mac.bytes));

	if (order)
		return order;
	return x->device->order < y->device->order ? -1 : x->device->order > y->device->order;
}

static void collect_macs(struct check *check)
{
	struct policy_set *set = check->set;
	size_t count = 0;

	for (size_t i = 0; i < set->device_count; i++)
		count += set->devices[i]->mac_count;
	set->macs = arena_array(&set->arena, count, sizeof(*set->macs));
	for (size_t i = 0; i < set->device_count; i++) {
		const struct policy_device *device = set->devices[i];

		for (size_t j = 0; j < device->mac_count; j++)
			set->macs[set->mac_count++] = (struct device_mac){device->macs[j], device};
	}
	qsort(set->macs, count, sizeof(*set->macs), compare_macs);
	for (size_t i = 1; i < count; i++) {
		const struct device_mac *one = &set->macs[i - 1], *two = &set->macs[i];
		char text[MAC_TEXT_SIZE];

		if (!mac_equal(&one->mac, &two->mac))
			continue;
		mac_print(&two->mac, text);
		check->file = two->device->file;
		check_error(check, two->device->line, NULL,
			    "%s belongs to device \"%.60s\" already: %.60s line %u", text,
			    one->device->name, one->device->file, one->device->line);
	}
}

static void collect_devices(struct check *check)
{
	struct policy_set *set = check->set;
	size_t count = check->devices.count;

	set->devices = arena_array(&set->arena, count, sizeof(*set->devices));
	set->devices_by_name = arena_array(&set->arena, count, sizeof(*set->devices_by_name));
	set->device_count = count;
	for (size_t i = 0; i < count; i++) {
		struct policy_device *device = check->devices.items[i];

		device->order = i;
		set->devices[i] = set->devices_by_name[i] = device;
		if (device->policy_name)
			device->policy = find_policy(check, device->file, device->policy_line,
						     device->policy_name);
	}
	qsort(set->devices_by_name, count, sizeof(struct policy_device *), compare_devices);
	for (size_t i = 1; i < count; i++) {
		const struct policy_device *one = set->devices_by_name[i - 1];
		const struct policy_device *two = set->devices_by_name[i];

		if (strcmp(one->name, two->name) != 0)
			continue;
		check->file = two->file;
		check_error(check, two->line, NULL,
			    "there is a device \"%.60s\" already: %.60s line %u", one->name,
			    one->file, one->line);
	}
	collect_macs(check);
}

/* NULL and an error. */
static struct policy_device *find_device(struct check *check, const char *file, unsigned line,
					 const char *name)
{
	struct policy_set *set = check->set;
	struct nearest nearest = nearest_to(name);

	for (size_t i = 0; i < set->device_count; i++) {
		if (strcmp(set->devices[i]->name, name) == 0)
			return set->devices[i];
		nearest_try(&nearest, set->devices[i]->name);
	}
	if (check->incomplete)
		return NULL;
	check->file = file;
	check_error(check, line, &nearest, "there is no device \"%.60s\"", name);
	return NULL;
}

/* In the order of the files, so the last one counts. */
static void apply_assignments(struct check *check)
{
	for (size_t i = 0; i < check->assignments.count; i++) {
		const struct assignment *assignment = check->assignments.items[i];
		struct policy_device *device = find_device(
			check, assignment->file, assignment->line, assignment->device_name);
		struct policy *policy = find_policy(check, assignment->file, assignment->line,
						    assignment->policy_name);

		if (device && policy)
			device->policy = policy;
	}
}

static void add_edges(const struct group *group, bool edges[static MINUTES_OF_WEEK])
{
	for (size_t i = 0; i < group->count; i++) {
		const struct condition *condition = &group->conditions[i];
		size_t last = condition->count;

		if (condition->kind == CONDITION_NOT)
			add_edges(condition->is.group, edges);
		if (condition->kind != CONDITION_WHEN || last == 0)
			continue;
		for (size_t j = 0; j < last; j++) {
			const struct window *window = &condition->is.windows[j];
			/* Sunday's midnight is no edge to what goes on over it. */
			bool over = condition->is.windows[0].from == 0 &&
				    condition->is.windows[last - 1].to == MINUTES_OF_WEEK;

			if (window->from || !over)
				edges[window->from] = true;
			if (window->to < MINUTES_OF_WEEK || !over)
				edges[window->to % MINUTES_OF_WEEK] = true;
		}
	}
}

static void collect_edges(struct check *check)
{
	struct policy_set *set = check->set;
	bool edges[MINUTES_OF_WEEK] = {false};
	size_t count = 0;

	for (size_t i = 0; i < set->policy_count; i++) {
		for (size_t j = 0; j < set->policies[i]->own.rule_count; j++)
			add_edges(&set->policies[i]->own.rules[j].group, edges);
	}
	for (size_t i = 0; i < MINUTES_OF_WEEK; i++)
		count += edges[i];
	set->edges = arena_array(&set->arena, count, sizeof(*set->edges));
	for (size_t i = 0; i < MINUTES_OF_WEEK; i++) {
		if (edges[i])
			set->edges[set->edge_count++] = (uint16_t)i;
	}
}

static void collect_regions(struct check *check)
{
	struct policy_set *set = check->set;
	struct region *regions = arena_array(&set->arena, check->regions.count, sizeof(*regions));

	for (size_t i = 0; i < check->regions.count; i++)
		regions[i] = ((struct check_region *)check->regions.items[i])->region;
	set->regions = regions;
	set->region_count = check->regions.count;
}

static void collect_assertions(struct check *check)
{
	struct policy_set *set = check->set;

	set->assertions =
		arena_array(&set->arena, check->assertions.count, sizeof(*set->assertions));
	for (size_t i = 0; i < check->assertions.count; i++) {
		struct assertion *assertion = check->assertions.items[i];
		struct nearest nearest = nearest_to(assertion->device_name);

		set->assertions[set->assertion_count++] = assertion;
		assertion->device = policy_device_by_name(set, assertion->device_name);
		if (assertion->device || check->incomplete)
			continue;
		for (size_t j = 0; j < set->device_count; j++)
			nearest_try(&nearest, set->devices[j]->name);
		check->file = assertion->file;
		check_error(check, assertion->line, &nearest, "there is no device \"%.60s\"",
			    assertion->device_name);
	}
}

void compile_set(struct check *check)
{
	add_built_in(check);
	collect_regions(check);
	collect_policies(check);
	resolve_policies(check);
	collect_devices(check);
	apply_assignments(check);
	collect_edges(check);
	collect_assertions(check);
	if (check->foreign_used && !check->set->has_home) {
		check->file = check->foreign_file;
		check_warning(check, check->foreign_line,
			      "\"foreign\" never holds, nor its opposite: \"home\" is not set");
	}
}
