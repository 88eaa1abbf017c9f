/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * (device, address) -> the names that DNS answers gave to this device for this
 * address. Answers share their chain of names: eight addresses of one name
 * cost one chain. A chain that was given up leaves bindings behind whose names
 * are lost; such an address still counts as resolved.
 */
#include "engine/names.h"

#include "engine/internal.h"

void name_list_add(struct name_list *list, const struct name *name)
{
	size_t room = sizeof(list->text) - list->len;

	if (name->len == 0 || name_list_has(list, name))
		return;
	if (list->count == POLICY_NAMES_MOST || room < (size_t)name->len + 1) {
		/* The last name of a chain is where the traffic goes. */
		list->cut = true;
		while (list->count > 1 &&
		       (list->count == POLICY_NAMES_MOST ||
			sizeof(list->text) - list->len < (size_t)name->len + 1)) {
			list->len--;
			while (list->len && list->text[list->len - 1])
				list->len--;
			list->count--;
		}
		if (sizeof(list->text) - list->len < (size_t)name->len + 1)
			return;
	}
	memcpy(list->text + list->len, name->text, (size_t)name->len + 1);
	list->len = (uint16_t)(list->len + name->len + 1);
	list->count++;
}

bool name_list_has(const struct name_list *list, const struct name *name)
{
	for (size_t at = 0; at < list->len; at += strlen(list->text + at) + 1) {
		if (strcmp(list->text + at, name->text) == 0)
			return true;
	}
	return false;
}

unsigned name_list_get(const struct name_list *list, struct name *ret_names, unsigned most)
{
	unsigned count = 0;

	for (size_t at = 0; at < list->len && count < most; count++) {
		struct name *name = &ret_names[count];

		name->len = (uint8_t)strlen(list->text + at);
		memcpy(name->text, list->text + at, (size_t)name->len + 1);
		at += (size_t)name->len + 1;
	}
	return count;
}

static struct chain *chain_of(struct engine *engine, const struct name_list *names)
{
	uint64_t hash = hash_bytes(&engine->hash_key, names->text, names->len);
	struct chain *chain = table_find(engine->chains, &hash);

	if (chain && chain->names.len == names->len &&
	    memcmp(chain->names.text, names->text, names->len) == 0) {
		table_touch(engine->chains, chain);
		return chain;
	}
	if (chain)
		table_remove(engine->chains, chain);
	chain = table_add(engine->chains, &hash);
	chain->serial = ++engine->next_serial;
	chain->names.len = names->len;
	chain->names.count = names->count;
	chain->names.cut = names->cut;
	memcpy(chain->names.text, names->text, names->len);
	return chain;
}

static const struct chain *chain_at(const struct engine *engine, const struct candidate *candidate)
{
	const struct chain *chain = table_at(engine->chains, candidate->chain);

	return chain->serial == candidate->chain_serial ? chain : NULL;
}

const struct name_list *names_of_candidate(const struct engine *engine,
					   const struct candidate *candidate)
{
	const struct chain *chain = chain_at(engine, candidate);

	return chain ? &chain->names : NULL;
}

static struct binding_key binding_key(const struct device *device, const struct address *address)
{
	struct binding_key key;

	memset(&key, 0, sizeof(key));
	key.device = device->key;
	key.address = *address;
	return key;
}

struct binding *names_find(struct engine *engine, const struct device *device,
			   const struct address *address)
{
	struct binding_key key = binding_key(device, address);

	return table_find(engine->bindings, &key);
}

void names_bind(struct engine *engine, const struct device *device, const struct address *address,
		const struct name_list *names, time_us expires)
{
	struct binding_key key = binding_key(device, address);
	struct binding *binding = table_find(engine->bindings, &key);
	struct chain *chain = chain_of(engine, names);
	uint32_t index = table_index(engine->chains, chain);
	unsigned at;

	if (binding)
		table_touch(engine->bindings, binding);
	else {
		binding = table_add(engine->bindings, &key);
		hammer_forget(engine, device, address);
	}
	for (at = 0; at < binding->count; at++) {
		if (binding->candidates[at].chain == index &&
		    binding->candidates[at].chain_serial == chain->serial)
			break;
	}
	if (at == binding->count) {
		if (binding->count < CANDIDATES_MOST)
			binding->count++;
		else
			at--;
	}
	if (at)
		hammer_forget(engine, device, address);
	memmove(binding->candidates + 1, binding->candidates, at * sizeof(binding->candidates[0]));
	binding->candidates[0].chain = index;
	binding->candidates[0].chain_serial = chain->serial;
	binding->candidates[0].expires = expires;
}

/* ---- encrypted client hello ---- */

static struct ech_key ech_key(const struct engine *engine, const struct device *device,
			      const struct name *name)
{
	struct ech_key key;

	memset(&key, 0, sizeof(key));
	key.device = device->key;
	key.name = hash_bytes(&engine->hash_key, name->text, name->len);
	return key;
}

void names_give_ech(struct engine *engine, const struct device *device, const struct name *name)
{
	struct ech_key key = ech_key(engine, device, name);
	void *entry = table_find(engine->ech, &key);

	if (entry)
		table_touch(engine->ech, entry);
	else
		table_add(engine->ech, &key);
}

bool names_has_ech(struct engine *engine, const struct device *device, const struct name *name)
{
	struct ech_key key = ech_key(engine, device, name);

	return table_find(engine->ech, &key) != NULL;
}

/* ---- kept over a restart ---- */

void engine_each_binding(const struct engine *engine,
			 void (*each)(void *context, const struct engine_binding *binding),
			 void *context)
{
	const struct binding *binding = table_oldest(engine->bindings);
	struct engine_binding out;

	for (; binding; binding = table_younger(engine->bindings, binding)) {
		memset(&out, 0, sizeof(out));
		out.mac = binding->key.device.mac;
		out.device_address = binding->key.device.address;
		out.address = binding->key.address;
		for (unsigned i = binding->count; i-- > 0;) {
			const struct candidate *candidate = &binding->candidates[i];
			const struct name_list *names = names_of_candidate(engine, candidate);

			if (!names)
				continue;
			out.name_count = name_list_get(names, out.names, POLICY_NAMES_MOST);
			out.expires = candidate->expires;
			each(context, &out);
		}
	}
}

void engine_restore_binding(struct engine *engine, const struct engine_binding *binding)
{
	struct name_list names = {.len = 0};
	struct device device;

	memset(&device.key, 0, sizeof(device.key));
	device.key.mac = binding->mac;
	device.key.address = binding->device_address;
	for (unsigned i = 0; i < binding->name_count && i < POLICY_NAMES_MOST; i++)
		name_list_add(&names, &binding->names[i]);
	if (names.count)
		names_bind(engine, &device, &binding->address, &names, binding->expires);
}
