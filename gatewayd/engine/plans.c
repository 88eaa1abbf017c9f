/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each strip rule of a policy set takes out: its categories, its own keys
 * on top of the shipped ones, and what the household calls secret. Made before
 * a set is swapped in, so that nothing can fail afterwards.
 */
#include "engine/plans.h"

#include <stdlib.h>

#include "engine/internal.h"

/* What a rule falls back on whose plan could not be made: all is opaque. */
static const struct strip_plan blind = {.opaque_block = true};

const struct strip_plan *strip_plan_of(const struct engine *engine, const struct flow *flow)
{
	const struct strip_plans *plans = engine->plans;

	return plans && flow->rule_id < plans->count ? &plans->plans[flow->rule_id] : &blind;
}

void strip_plans_free(struct strip_plans *plans)
{
	if (!plans)
		return;
	for (size_t i = 0; i < plans->count; i++)
		keys_free(plans->plans[i].own);
	secrets_free(plans->secrets);
	secrets_free(plans->in_names);
	free(plans);
}

uint32_t strip_secrets_in(const struct engine *engine, const struct name *name)
{
	const struct strip_plans *plans = engine->plans;

	return plans ? secrets_find(plans->in_names, bytes_of(name->text, name->len)) : 0;
}

/* Own keys are counted under the rule's first category. */
static unsigned own_category(uint32_t categories)
{
	for (unsigned i = 0; i < DATA_COUNT; i++) {
		if (categories >> i & 1)
			return i;
	}
	return DATA_IDENTITY;
}

static bool plan_rule(struct strip_plans *plans, const struct redact_keys *shipped,
		      const struct policy_rule *rule)
{
	struct strip_plan *plan = &plans->plans[policy_rule_id(rule)];
	uint32_t categories = policy_rule_data(rule);
	const char *const *words;
	size_t count;

	plan->opaque_block = policy_rule_opaque_block(rule);
	plan->with = policy_rule_with(rule);
	plan->plan.categories = categories;
	plan->plan.secrets = plans->secrets;
	/* A rule that several policies inherit is planned once. */
	if (plan->own)
		return true;
	plan->own = keys_new(shipped);
	if (!plan->own)
		return false;
	plan->plan.keys = plan->own;
	words = policy_rule_keys(rule, &count);
	if (count)
		plan->plan.categories |= 1u << own_category(categories);
	for (size_t i = 0; i < count; i++) {
		struct bytes key = bytes_of(words[i], strlen(words[i]));

		if (keys_add(plan->own, key, own_category(categories)) == KEYS_NO_MEMORY)
			return false;
	}
	return true;
}

/* Names are compared in lower case. */
static void to_lower(char *text)
{
	for (; *text; text++) {
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text | 0x20);
	}
}

static bool add_identifier(struct redact_secrets *secrets,
			   const struct policy_identifier *identifier, bool lower)
{
	char text[SECRETS_VALUE_MOST + 1];
	size_t len = strlen(identifier->value);

	if (len > SECRETS_VALUE_MOST)
		return true;
	memcpy(text, identifier->value, len + 1);
	if (lower)
		to_lower(text);
	return secrets_add(secrets, bytes_of(text, len), identifier->data) != SECRETS_NO_MEMORY;
}

static bool fill_secrets(const struct engine *engine, struct redact_secrets *secrets,
			 const struct policy_set *set, bool lower)
{
	const struct policy_identifier *identifiers;
	size_t count;

	if (!secrets)
		return false;
	identifiers = policy_identifiers(set, &count);
	for (size_t i = 0; i < count; i++) {
		if (!add_identifier(secrets, &identifiers[i], lower))
			return false;
	}
	for (size_t i = 0; i < engine->network_count; i++) {
		struct policy_identifier network = {.data = DATA_NETWORK_ID,
						    .value = engine->networks[i]};

		if (!add_identifier(secrets, &network, lower))
			return false;
	}
	for (size_t i = 0; i < policy_device_count(set); i++) {
		size_t macs;
		const struct mac *mac = policy_device_macs(policy_device_at(set, i), &macs);

		for (size_t j = 0; j < macs; j++) {
			if (secrets_add_mac(secrets, mac[j].bytes, DATA_DEVICE_ID) ==
			    SECRETS_NO_MEMORY)
				return false;
		}
	}
	return secrets_compile(secrets);
}

static bool plan_secrets(const struct engine *engine, struct strip_plans *plans,
			 const struct policy_set *set)
{
	plans->secrets = secrets_new();
	plans->in_names = secrets_new();
	return fill_secrets(engine, plans->secrets, set, false) &&
	       fill_secrets(engine, plans->in_names, set, true);
}

void engine_know_networks(struct engine *engine, const char (*networks)[33], size_t count)
{
	engine->networks = networks;
	engine->network_count = count;
}

bool engine_prepare(struct engine *engine, const struct policy_set *set)
{
	size_t count = policy_rule_ids(set);
	struct strip_plans *plans = calloc(1, sizeof(*plans) + count * sizeof(plans->plans[0]));

	if (!plans)
		return false;
	plans->set = set;
	plans->count = count;
	if (!plan_secrets(engine, plans, set))
		goto fail;
	for (size_t i = 0; i < policy_count(set); i++) {
		const struct policy *policy = policy_at(set, i);

		for (size_t j = 0; j < policy_rule_count(policy); j++) {
			const struct policy_rule *rule = policy_rule_at(policy, j);

			if (policy_rule_action(rule) == POLICY_STRIP &&
			    !plan_rule(plans, engine->keys, rule))
				goto fail;
		}
	}
	strip_plans_free(engine->next_plans);
	engine->next_plans = plans;
	return true;
fail:
	strip_plans_free(plans);
	return false;
}
