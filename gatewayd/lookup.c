/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lookup.h"

#include <stdio.h>
#include <string.h>

void lookup_start(struct lookup *lookup, const char *word)
{
	memset(lookup, 0, sizeof(*lookup));
	lookup->word = word;
	lookup->is_mac = mac_parse(word, &lookup->mac);
	lookup->is_address = address_parse(word, &lookup->address);
}

static bool is_exactly(const struct lookup *lookup, const struct lookup_device *device)
{
	if (!strcmp(device->name, lookup->word))
		return true;
	for (size_t i = 0; lookup->is_mac && i < device->mac_count; i++) {
		if (mac_equal(&device->macs[i], &lookup->mac))
			return true;
	}
	for (size_t i = 0; lookup->is_address && i < device->address_count; i++) {
		if (address_equal(&device->addresses[i], &lookup->address))
			return true;
	}
	return false;
}

void lookup_offer(struct lookup *lookup, const struct lookup_device *device)
{
	size_t len = strlen(lookup->word);

	lookup->offered++;
	if (!lookup->exact && is_exactly(lookup, device))
		lookup->exact = lookup->offered;
	if (!len || strncmp(device->name, lookup->word, len) != 0)
		return;
	if (!lookup->prefix) {
		lookup->prefix = lookup->offered;
		snprintf(lookup->prefix_name, sizeof(lookup->prefix_name), "%s", device->name);
	} else if (!lookup->ambiguous && strcmp(lookup->prefix_name, device->name) != 0) {
		lookup->ambiguous = true;
		snprintf(lookup->other_name, sizeof(lookup->other_name), "%s", device->name);
	}
}

enum lookup_result lookup_end(const struct lookup *lookup, size_t *ret_index)
{
	if (lookup->exact) {
		*ret_index = lookup->exact - 1;
		return LOOKUP_FOUND;
	}
	if (lookup->ambiguous)
		return LOOKUP_AMBIGUOUS;
	if (!lookup->prefix)
		return LOOKUP_NONE;
	*ret_index = lookup->prefix - 1;
	return LOOKUP_FOUND;
}
