/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, policies with their rules, assertions. */
#include "policy/check.h"

#define NAME_MOST 63
#define KEY_MOST 64

/* Names stand in labels, tables and file names. NULL and an error. */
static const char *check_name(struct check *check, const struct setting *value)
{
	const char *name = check_text(check, value, NAME_MOST);
	struct mac mac;

	if (!name)
		return NULL;
	if (strchr(name, '/') || strchr(name, '"') || strchr(name, '\\') || name[0] == ' ' ||
	    name[strlen(name) - 1] == ' ') {
		check_error(check, value->line, NULL,
			    "\"%.60s\": expected a name without / \\ \" and without a blank at "
			    "either end",
			    name);
		return NULL;
	}
	if (mac_parse(name, &mac)) {
		check_error(check, value->line, NULL,
			    "\"%.60s\": expected a name, found a hardware address", name);
		return NULL;
	}
	return name;
}

static const char *find_name(struct check *check, const struct setting *group, const char *what)
{
	const struct setting *setting = check_need(check, group, "name", what);

	return setting ? check_name(check, setting) : NULL;
}

static bool read_mac(struct check *check, const struct setting *value, struct mac *mac)
{
	if (!mac_parse(value->text, mac)) {
		check_error(check, value->line, NULL,
			    "\"%.40s\": expected a hardware address, as \"a4:cf:12:00:00:01\"",
			    value->text);
		return false;
	}
	if (mac_is_zero(mac) || (mac->bytes[0] & 1)) {
		check_error(check, value->line, NULL,
			    "\"%.40s\": expected the address of one device, not of a group",
			    value->text);
		return false;
	}
	return true;
}

static void read_macs(struct check *check, const struct setting *setting,
		      struct policy_device *device)
{
	struct mac *macs =
		arena_array(&check->set->arena, check_value_count(setting), sizeof(*macs));
	const struct setting *value;

	for_each_value(value, setting)
	{
		if (read_mac(check, value, &macs[device->mac_count]))
			device->mac_count++;
	}
	if (check_value_count(setting) == 0)
		check_error(check, setting->line, NULL, "\"mac\": expected at least one address");
	device->macs = macs;
}

static void check_device(struct check *check, struct setting *group)
{
	struct policy_device *device = arena_alloc(&check->set->arena, sizeof(*device));
	const struct setting *mac, *policy;

	check_keywords(check, group, PLACE_DEVICE);
	device->name = find_name(check, group, "a device");
	device->file = check->file;
	device->line = group->line;
	mac = check_need(check, group, "mac", "a device");
	policy = check_need(check, group, "policy", "a device");
	if (mac)
		read_macs(check, mac, device);
	if (policy) {
		device->policy_name = check_text(check, policy, NAME_MOST);
		device->policy_line = policy->line;
	}
	if (device->name)
		vector_add(&check->devices, &check->set->arena, device);
}

/* A keyword that only another action understands is a mistake. */
static void refuse(struct check *check, const struct setting *group, const char *name,
		   const char *action)
{
	const struct setting *setting = check_find(group, name);

	if (setting)
		check_error(check, setting->line, NULL, "\"%s\" is for rules with action = \"%s\"",
			    name, action);
}

static void read_keys(struct check *check, const struct setting *setting, struct policy_rule *rule)
{
	const struct setting *value;

	rule->keys = check_copy_values(check, setting, &rule->key_count);
	for_each_value(value, setting)
	{
		const char *key = check_text(check, value, KEY_MOST);

		/* Compared without these, see gatewayd.conf(5). */
		if (key && strspn(key, "_-.$* ") == strlen(key))
			check_error(check, value->line, NULL,
				    "\"%.60s\": expected a key with letters or digits", key);
	}
}

static void check_strip(struct check *check, const struct setting *group, struct policy_rule *rule)
{
	const struct setting *data = check_find(group, "data"), *keys = check_find(group, "keys");
	int opaque = check_word_of(check, group, "opaque", &words_opaque);

	if (data)
		rule->data = (uint32_t)check_word_bits(check, data, &words_data);
	if (keys)
		read_keys(check, keys, rule);
	rule->opaque_block = opaque != 0;
	if (!data && !keys)
		check_warning(check, group->line,
			      "a strip rule without \"data\" and \"keys\" takes nothing out");
}

static const char *read_amount(struct check *check, const struct setting *group, const char *name,
			       uint64_t *bytes, uint32_t *seconds)
{
	const struct setting *setting = check_find(group, name);
	const char *expected;

	if (!setting)
		return NULL;
	if (!limit_parse(setting->text, bytes, seconds, &expected)) {
		check_error(check, setting->line, NULL, "\"%.40s\": %s", setting->text, expected);
		return NULL;
	}
	return arena_text(&check->set->arena, setting->text, strlen(setting->text));
}

static void check_limit(struct check *check, const struct setting *group, struct policy_rule *rule)
{
	struct policy_limit *limit = &rule->limit;

	rule->upload =
		read_amount(check, group, "upload", &limit->upload_bytes, &limit->upload_seconds);
	rule->download = read_amount(check, group, "download", &limit->download_bytes,
				     &limit->download_seconds);
	for (const struct setting *child = group->first; child; child = child->next) {
		if (strcmp(child->name, "upload") == 0 || strcmp(child->name, "download") == 0)
			return;
	}
	check_error(check, group->line, NULL,
		    "a limit rule needs \"upload\" or \"download\", as \"2 MB/day\"");
}

static void check_action(struct check *check, const struct setting *group, struct policy_rule *rule)
{
	const struct setting *setting = check_need(check, group, "action", "a rule");
	int word;

	if (!setting)
		return;
	word = check_word(check, setting, &words_action);
	if (word < 0)
		return;
	rule->action = (enum policy_action)word;
	if (rule->action == POLICY_BLOCK) {
		word = check_word_of(check, group, "with", &words_with);
		rule->with = word == POLICY_DROP ? POLICY_DROP : POLICY_REJECT;
	} else {
		refuse(check, group, "with", "block");
	}
	if (rule->action == POLICY_STRIP) {
		check_strip(check, group, rule);
	} else {
		refuse(check, group, "data", "strip");
		refuse(check, group, "keys", "strip");
		refuse(check, group, "opaque", "strip");
	}
	if (rule->action == POLICY_LIMIT) {
		check_limit(check, group, rule);
	} else {
		refuse(check, group, "upload", "limit");
		refuse(check, group, "download", "limit");
	}
}

static void note_foreign(struct check *check, const struct policy_rule *rule)
{
	if (check->kind == SOURCE_PROFILE || check->foreign_used)
		return;
	for (size_t i = 0; i < rule->group.count; i++) {
		if (rule->group.conditions[i].kind == CONDITION_FOREIGN) {
			check->foreign_used = true;
			check->foreign_file = rule->file;
			check->foreign_line = rule->line;
		}
	}
}

static void check_rules(struct check *check, const struct setting *setting, struct policy *policy)
{
	struct policy_own *own = &policy->own;
	struct setting *child = setting->first;

	own->rules = arena_array(&check->set->arena, setting->count, sizeof(*own->rules));
	for (; child; child = child->next) {
		struct policy_rule *rule = &own->rules[own->rule_count++];

		rule->owner = policy;
		rule->number = (unsigned)own->rule_count;
		rule->file = check->file;
		rule->line = child->line;
		check_keywords(check, child, PLACE_RULE);
		check_action(check, child, rule);
		rule->group = conditions_read(check, child, PLACE_RULE);
		note_foreign(check, rule);
	}
}

static void check_dns(struct check *check, struct setting *group, struct policy *policy)
{
	struct policy_dns *dns = &policy->dns;
	struct policy_own *own = &policy->own;
	const struct setting *strip;
	uint64_t bits;
	int word;

	check_keywords(check, group, PLACE_DNS);
	word = check_word_of(check, group, "deny", &words_deny);
	own->has_deny = word >= 0;
	if (own->has_deny)
		dns->deny = (enum policy_deny)word;
	strip = check_find(group, "strip");
	own->has_strip = strip != NULL;
	bits = strip ? check_word_bits(check, strip, &words_strip) : 0;
	dns->strip_ecs = bits & 1;
	dns->strip_ech = bits & 2;
	word = check_word_of(check, group, "answers", &words_answers);
	own->has_answers = word >= 0;
	dns->prune = word == 1;
	word = check_word_of(check, group, "bypass", &words_bypass);
	own->has_bypass = word >= 0;
	dns->bypass_block = word == 1;
	word = check_word_of(check, group, "resolver", &words_resolver);
	own->has_resolver = word >= 0;
	dns->gateway = word == 1;
}

/* The words that a policy has in common with nothing else. */
static void check_policy_words(struct check *check, const struct setting *group,
			       struct policy *policy)
{
	struct policy_own *own = &policy->own;
	int word = check_word_of(check, group, "default", &words_bypass);

	own->has_default = word >= 0;
	policy->action = word == POLICY_ALLOW ? POLICY_ALLOW : POLICY_BLOCK;

	word = check_word_of(check, group, "mode", &words_mode);
	own->has_mode = word >= 0;
	policy->mode = word == MODE_OBSERVE ? MODE_OBSERVE : MODE_ENFORCE;
	word = check_word_of(check, group, "on_failure", &words_failure);
	own->has_on_failure = word >= 0;
	policy->on_failure = word == FAIL_OPEN ? FAIL_OPEN : FAIL_CLOSED;
}

static void check_policy(struct check *check, struct setting *group)
{
	struct policy *policy = arena_alloc(&check->set->arena, sizeof(*policy));
	struct setting *setting;

	check_keywords(check, group, PLACE_POLICY);
	policy->name = find_name(check, group, "a policy");
	policy->file = check->file;
	policy->line = group->line;
	policy->source = check->kind;
	if (policy->name && strcmp(policy->name, "override") == 0) {
		check_error(check, group->line, NULL,
			    "\"override\" is what rules made on the command line are called");
		policy->name = NULL;
	}
	setting = check_find(group, "extends");
	if (setting) {
		policy->own.extends = check_text(check, setting, NAME_MOST);
		policy->extends_line = setting->line;
	}
	check_policy_words(check, group, policy);
	setting = check_find(group, "dns");
	if (setting)
		check_dns(check, setting, policy);
	setting = check_find(group, "rules");
	if (setting)
		check_rules(check, setting, policy);
	if (policy->name)
		vector_add(&check->policies, &check->set->arena, policy);
}

static void check_assertion(struct check *check, struct setting *group)
{
	struct assertion *assertion = arena_alloc(&check->set->arena, sizeof(*assertion));
	const struct setting *device, *destination, *expect, *when;
	char reason[128];
	int word = -1;

	check_keywords(check, group, PLACE_ASSERTION);
	device = check_need(check, group, "device", "an assertion");
	destination = check_need(check, group, "destination", "an assertion");
	expect = check_need(check, group, "expect", "an assertion");
	when = check_find(group, "when");
	assertion->file = check->file;
	assertion->line = group->line;
	if (!device || !destination || !expect)
		return;
	assertion->device_name = check_text(check, device, NAME_MOST);
	assertion->destination = check_text(check, destination, 300);
	word = check_word(check, expect, &words_action);
	if (when)
		assertion->when = conditions_read_when(check, when);
	if (assertion->destination &&
	    !policy_destination_parse(assertion->destination, &assertion->parsed, reason,
				      sizeof(reason)))
		check_error(check, destination->line, NULL, "\"%.60s\": %s", assertion->destination,
			    reason);
	else if (assertion->device_name && assertion->destination && word >= 0) {
		assertion->expect = (enum policy_action)word;
		vector_add(&check->assertions, &check->set->arena, assertion);
	}
}

static void check_assignment(struct check *check, struct setting *group)
{
	struct assignment *assignment = arena_alloc(&check->set->arena, sizeof(*assignment));
	const struct setting *device, *policy;

	check_keywords(check, group, PLACE_ASSIGNMENT);
	device = check_need(check, group, "device", "an assignment");
	policy = check_need(check, group, "policy", "an assignment");
	if (!device || !policy)
		return;
	assignment->file = check->file;
	assignment->line = group->line;
	assignment->device_name = check_text(check, device, NAME_MOST);
	assignment->policy_name = check_text(check, policy, NAME_MOST);
	if (assignment->device_name && assignment->policy_name)
		vector_add(&check->assignments, &check->set->arena, assignment);
}

void check_policies(struct check *check, struct setting *root)
{
	const struct setting *setting = check_find(root, "policies");

	for (struct setting *child = setting ? setting->first : NULL; child; child = child->next)
		check_policy(check, child);
	setting = check_find(root, "devices");
	for (struct setting *child = setting ? setting->first : NULL; child; child = child->next)
		check_device(check, child);
	setting = check_find(root, "assign");
	for (struct setting *child = setting ? setting->first : NULL; child; child = child->next)
		check_assignment(check, child);
	setting = check_find(root, "assertions");
	for (struct setting *child = setting ? setting->first : NULL; child; child = child->next)
		check_assertion(check, child);
}
