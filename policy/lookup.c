/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking a compiled set: what is in it, who is who, what the catalogue and the
 * lists know. Nothing here allocates.
 */
#include "policy/set.h"
#include "policy/words.h"

static const struct policy_entry *find_name(const struct catalogue *catalogue, const char *text)
{
	size_t low = 0, high = catalogue->name_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(text, catalogue->names[middle].text);

		if (order == 0)
			return &catalogue->names[middle].entry;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

void policy_describe(const struct policy_set *set, const struct name *name,
		     struct policy_name *ret_name)
{
	struct policy_name described = {.name = name};

	for (const char *suffix = name->text; suffix && *suffix && !described.entry;
	     suffix = name_parent(suffix))
		described.entry = find_name(&set->catalogue, suffix);
	described.bypass = bypass_of_name(set, name);
	for (size_t i = 0; i < set->list_count; i++) {
		const struct policy_list *list = &set->contents[i];

		if (set->lists_of_names >> i & 1 && list->contains_name(list->context, name))
			described.lists |= (uint64_t)1 << i;
	}
	*ret_name = described;
}

uint64_t policy_address_lists(const struct policy_set *set, const struct address *address)
{
	uint64_t lists = 0;

	for (size_t i = 0; i < set->list_count; i++) {
		const struct policy_list *list = &set->contents[i];

		if (set->lists_of_addresses >> i & 1 &&
		    list->contains_address(list->context, address))
			lists |= (uint64_t)1 << i;
	}
	return lists;
}

const struct policy_entry *policy_entry_of_asn(const struct policy_set *set, uint32_t asn)
{
	size_t low = 0, high = set->catalogue.network_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct catalogue_network *network = &set->catalogue.networks[middle];

		if (network->asn == asn)
			return &network->entry;
		if (network->asn < asn)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

size_t policy_catalogue_count(const struct policy_set *set)
{
	return set->catalogue.name_count + set->catalogue.network_count;
}

void policy_set_list(struct policy_set *set, size_t index, const struct policy_list *list)
{
	uint64_t bit = (uint64_t)1 << index;

	set->lists_loaded &= ~bit;
	set->lists_of_names &= ~bit;
	set->lists_of_addresses &= ~bit;
	if (!list)
		return;
	set->contents[index] = *list;
	set->lists_loaded |= bit;
	if (list->contains_name)
		set->lists_of_names |= bit;
	if (list->contains_address)
		set->lists_of_addresses |= bit;
}

const struct policy_settings *policy_settings(const struct policy_set *set)
{
	return &set->settings;
}

const struct policy_list_source *policy_lists(const struct policy_set *set, size_t *ret_count)
{
	*ret_count = set->list_count;
	return set->lists;
}

const struct policy_identifier *policy_identifiers(const struct policy_set *set, size_t *ret_count)
{
	*ret_count = set->identifier_count;
	return set->identifiers;
}

size_t policy_device_count(const struct policy_set *set)
{
	return set->device_count;
}

const struct policy_device *policy_device_at(const struct policy_set *set, size_t index)
{
	return set->devices[index];
}

const struct policy_device *policy_device_by_mac(const struct policy_set *set,
						 const struct mac *mac)
{
	size_t low = 0, high = set->mac_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(mac->bytes, set->macs[middle].mac.bytes, sizeof(mac->bytes));

		if (order == 0)
			return set->macs[middle].device;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct policy_device *policy_device_by_name(const struct policy_set *set, const char *name)
{
	size_t low = 0, high = set->device_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, set->devices_by_name[middle]->name);

		if (order == 0)
			return set->devices_by_name[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const char *policy_device_name(const struct policy_device *device)
{
	return device->name;
}

void policy_device_place(const struct policy_device *device, const char **ret_file,
			 unsigned *ret_line)
{
	*ret_file = device->file;
	*ret_line = device->line;
}

const struct policy *policy_device_policy(const struct policy_device *device)
{
	return device->policy;
}

const struct mac *policy_device_macs(const struct policy_device *device, size_t *ret_count)
{
	*ret_count = device->mac_count;
	return device->macs;
}

size_t policy_count(const struct policy_set *set)
{
	return set->policy_count;
}

const struct policy *policy_at(const struct policy_set *set, size_t index)
{
	return set->policies[index];
}

struct policy *set_find_policy(const struct policy_set *set, const char *name)
{
	size_t low = 0, high = set->policy_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, set->policies_by_name[middle]->name);

		if (order == 0)
			return set->policies_by_name[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct policy *policy_by_name(const struct policy_set *set, const char *name)
{
	return set_find_policy(set, name);
}

const char *policy_name(const struct policy *policy)
{
	return policy->name;
}

enum policy_mode policy_mode(const struct policy *policy)
{
	return policy->mode;
}

enum policy_failure policy_on_failure(const struct policy *policy)
{
	return policy->on_failure;
}

const struct policy_dns *policy_dns(const struct policy *policy)
{
	return &policy->dns;
}

enum policy_action policy_default(const struct policy *policy)
{
	return policy->action;
}

size_t policy_rule_count(const struct policy *policy)
{
	return policy->rule_count;
}

const struct policy_rule *policy_rule_at(const struct policy *policy, size_t index)
{
	return policy->rules[index];
}

const char *policy_nearest_device(const struct policy_set *set, const char *word)
{
	struct nearest nearest = nearest_to(word);

	for (size_t i = 0; i < set->device_count; i++)
		nearest_try(&nearest, set->devices[i]->name);
	return nearest.best;
}

const char *policy_nearest_policy(const struct policy_set *set, const char *word)
{
	struct nearest nearest = nearest_to(word);

	for (size_t i = 0; i < set->policy_count; i++)
		nearest_try(&nearest, set->policies[i]->name);
	return nearest.best;
}

enum policy_action policy_rule_action(const struct policy_rule *rule)
{
	return rule->action;
}

enum policy_with policy_rule_with(const struct policy_rule *rule)
{
	return rule->with;
}

uint32_t policy_rule_data(const struct policy_rule *rule)
{
	return rule->data;
}

const char *const *policy_rule_keys(const struct policy_rule *rule, size_t *ret_count)
{
	*ret_count = rule->key_count;
	return rule->keys;
}

bool policy_rule_opaque_block(const struct policy_rule *rule)
{
	return rule->opaque_block;
}

const struct policy_limit *policy_rule_limit(const struct policy_rule *rule)
{
	return &rule->limit;
}

uint32_t policy_rule_id(const struct policy_rule *rule)
{
	return rule->id;
}

uint32_t policy_rule_ids(const struct policy_set *set)
{
	return set->rule_ids;
}
