/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices are known by MAC. The several MACs that a policy gives to one device
 * lead to one entry, under the first of them; addresses come and go.
 */
#include "engine/device.h"

#include "engine/internal.h"
#include "engine/record.h"

static struct device_key key_of_mac(const struct engine *engine, const struct mac *mac)
{
	const struct policy_device *named = policy_device_by_mac(engine->set, mac);
	struct device_key key;
	size_t count;

	memset(&key, 0, sizeof(key));
	key.mac = named ? policy_device_macs(named, &count)[0] : *mac;
	return key;
}

static struct device *find_or_add(struct engine *engine, const struct device_key *key)
{
	struct device *device = table_find(engine->devices, key);

	if (device)
		return device;
	device = table_add(engine->devices, key);
	device->serial = ++engine->next_serial;
	device->first = device->last = engine->now;
	device_policy(engine, device);
	return device;
}

struct device *device_of_mac(struct engine *engine, const struct mac *mac)
{
	struct device_key key = key_of_mac(engine, mac);

	return find_or_add(engine, &key);
}

static bool policy_may_strip(const struct policy *policy)
{
	for (size_t i = 0; policy && i < policy_rule_count(policy); i++) {
		if (policy_rule_action(policy_rule_at(policy, i)) == POLICY_STRIP)
			return true;
	}
	return false;
}

const struct policy *device_policy(struct engine *engine, struct device *device)
{
	if (device->set_serial == engine->set_serial)
		return device->policy;
	device->set_serial = engine->set_serial;
	device->named = policy_device_by_mac(engine->set, &device->key.mac);
	device->policy = device->named ? policy_device_policy(device->named)
				       : policy_settings(engine->set)->unknown_device;
	if (engine->only)
		device->policy = engine->only;
	device->may_strip = policy_may_strip(device->policy);
	return device->policy;
}

static bool is_host_address(const struct address *address)
{
	enum address_scope scope = address_scope(address);

	return scope != SCOPE_MULTICAST && scope != SCOPE_UNSPECIFIED;
}

void device_remember_address(struct device *device, const struct address *address)
{
	unsigned at;

	if (!is_host_address(address))
		return;
	if (device->address_count && address_equal(&device->addresses[0], address))
		return;
	for (at = 0; at < device->address_count; at++) {
		if (address_equal(&device->addresses[at], address))
			break;
	}
	if (at == device->address_count) {
		if (device->address_count < DEVICE_ADDRESSES_MOST)
			device->address_count++;
		else
			at--;
	}
	memmove(device->addresses + 1, device->addresses, at * sizeof(*address));
	device->addresses[0] = *address;
}

void device_tell(struct engine *engine, struct device *device)
{
	if (device->told)
		return;
	device->told = true;
	record_new_device(engine, device);
}

void device_learn_address(struct engine *engine, const struct address *address,
			  const struct mac *mac)
{
	struct address_entry *entry = table_find(engine->addresses, address);

	if (!is_host_address(address))
		return;
	if (entry)
		table_touch(engine->addresses, entry);
	else
		entry = table_add(engine->addresses, address);
	entry->mac = *mac;
}

static struct device *device_of_address(struct engine *engine, const struct address *address)
{
	const struct address_entry *entry = table_find(engine->addresses, address);
	struct device_key key;

	if (entry)
		return device_of_mac(engine, &entry->mac);
	memset(&key, 0, sizeof(key));
	key.address = *address;
	return find_or_add(engine, &key);
}

struct device *device_of_packet(struct engine *engine, const struct packet *packet,
				const struct address *address)
{
	bool from_device = packet->direction == PACKET_FROM_DEVICE;
	struct device *device;

	if (mac_is_zero(&packet->mac)) {
		device = device_of_address(engine, address);
	} else {
		if (from_device)
			device_learn_address(engine, address, &packet->mac);
		device = device_of_mac(engine, &packet->mac);
	}
	table_touch(engine->devices, device);
	device->last = engine->now;
	device_policy(engine, device);
	if (from_device)
		device_remember_address(device, address);
	device_tell(engine, device);
	return device;
}

void engine_restore_device(struct engine *engine, const struct device_record *record)
{
	struct device *device = device_of_mac(engine, &record->mac);
	struct traits traits = record->traits;
	bool is_new = !device->told && !device->packets;

	if (is_new)
		device->last = record->last;
	if (record->first < device->first)
		device->first = record->first;
	if (record->last > device->last)
		device->last = record->last;
	device->told = true;
	if (!device->hostname[0])
		writer_set_text(device->hostname, sizeof(device->hostname), record->hostname);
	/* What it said since goes first. */
	(void)traits_merge(&traits, &device->traits);
	device->traits = traits;
	for (unsigned i = 0; i < record->row_count && device->row_count < DEVICE_ROWS_MOST; i++)
		device_add_row(device, record->rows[i]);
}

/* Another MAC of a device that a file names now: it is one with it. */
static void fold(struct engine *engine, struct device *into, struct device *device)
{
	if (device->first < into->first)
		into->first = device->first;
	if (device->last > into->last)
		into->last = device->last;
	into->packets += device->packets;
	into->bytes_up += device->bytes_up;
	into->bytes_down += device->bytes_down;
	into->questions += device->questions;
	into->questions_refused += device->questions_refused;
	into->flows += device->flows;
	into->flows_blocked += device->flows_blocked;
	into->flows_stripped += device->flows_stripped;
	into->observed += device->observed;
	into->told |= device->told;
	for (country code = 1; code <= COUNTRY_MOST; code++)
		if (country_set_has(&device->countries, code))
			country_set_add(&into->countries, code);
	for (unsigned i = device->address_count; i-- > 0;)
		device_remember_address(into, &device->addresses[i]);
	(void)traits_merge(&into->traits, &device->traits);
	for (unsigned i = 0; i < device->row_count; i++)
		device_add_row(into, device->rows[i]);
	/* So its flows look for their device again. */
	device->serial = 0;
	table_remove(engine->devices, device);
}

void device_fold_all(struct engine *engine)
{
	struct device *device = table_oldest(engine->devices), *next;

	for (; device; device = next) {
		struct device_key key;

		next = table_younger(engine->devices, device);
		if (mac_is_zero(&device->key.mac))
			continue;
		key = key_of_mac(engine, &device->key.mac);
		if (mac_equal(&key.mac, &device->key.mac))
			continue;
		if (!table_find(engine->devices, &key) &&
		    table_count(engine->devices) == table_capacity(engine->devices))
			continue; /* a new one would push out the oldest, perhaps this */
		fold(engine, find_or_add(engine, &key), device);
	}
}

void device_print_name(const struct device *device, char *text, size_t size)
{
	struct writer writer = writer_on(text, size);
	char number[MAC_TEXT_SIZE + ADDRESS_TEXT_SIZE];

	if (device->named) {
		writer_text(&writer, policy_device_name(device->named));
	} else if (device->hostname[0]) {
		writer_text(&writer, device->hostname);
	} else {
		if (mac_is_zero(&device->key.mac))
			address_print(&device->key.address, number);
		else
			mac_print(&device->key.mac, number);
		writer_text(&writer, number);
	}
	writer_terminate(&writer);
}

void engine_learn_address(struct engine *engine, const struct address *address,
			  const struct mac *mac)
{
	struct address_entry *entry;

	device_learn_address(engine, address, mac);
	entry = table_find(engine->addresses, address);
	engine->knows_neighbours = true;
	if (entry)
		entry->neighbour = true;
}

void engine_learn_hostname(struct engine *engine, const struct mac *mac, const char *hostname)
{
	struct device *device = device_of_mac(engine, mac);

	writer_set_text(device->hostname, sizeof(device->hostname), hostname);
}

/* ---- overrides ---- */

static bool override_is_for(const struct override *override, const struct device *device)
{
	char name[64];
	struct mac mac;

	device_print_name(device, name, sizeof(name));
	if (strcmp(override->device, name) == 0)
		return true;
	return mac_parse(override->device, &mac) && mac_equal(&mac, &device->key.mac);
}

unsigned device_overrides(struct engine *engine, const struct device *device)
{
	unsigned count = 0;

	/* The newest first: what the user said last counts. */
	for (unsigned i = engine->override_count; i-- > 0;) {
		if (override_is_for(&engine->overrides[i], device))
			engine->matching[count++] = engine->overrides[i].rule;
	}
	return count;
}

bool engine_override(struct engine *engine, const char *device, struct policy_rule *rule,
		     time_us until)
{
	struct override *override = &engine->overrides[engine->override_count];

	if (engine->override_count == ENGINE_OVERRIDES_MOST)
		return false;
	engine->override_count++;
	writer_set_text(override->device, sizeof(override->device), device);
	override->rule = rule;
	override->until = until;
	engine_judge_again(engine);
	return true;
}

bool engine_override_end(struct engine *engine, const struct policy_rule *rule)
{
	for (unsigned i = 0; i < engine->override_count; i++) {
		if (engine->overrides[i].rule != rule)
			continue;
		policy_override_free(engine->overrides[i].rule);
		engine->override_count--;
		memmove(&engine->overrides[i], &engine->overrides[i + 1],
			(engine->override_count - i) * sizeof(engine->overrides[0]));
		engine_judge_again(engine);
		return true;
	}
	return false;
}
