/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which device is meant, and which policies there are: by the files, and by
 * the daemon where these do not tell.
 */
#include "client/client.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/text.h"
#include "configuration.h"
#include "lookup.h"

static void fill_from_set(const struct policy_device *device, struct client_device *ret_device)
{
	size_t count;
	const struct mac *macs = policy_device_macs(device, &count);

	memset(ret_device, 0, sizeof(*ret_device));
	snprintf(ret_device->name, sizeof(ret_device->name), "%s", policy_device_name(device));
	snprintf(ret_device->policy, sizeof(ret_device->policy), "%s",
		 policy_name(policy_device_policy(device)));
	if (count)
		mac_print(&macs[0], ret_device->mac);
	ret_device->named = true;
}

static enum lookup_result find_in_set(const struct policy_set *set, struct lookup *lookup,
				      const char *word, struct client_device *ret_device)
{
	enum lookup_result result;
	size_t index = 0;

	lookup_start(lookup, word);
	for (size_t i = 0; i < policy_device_count(set); i++) {
		const struct policy_device *row = policy_device_at(set, i);
		struct lookup_device device = {.name = policy_device_name(row)};

		device.macs = policy_device_macs(row, &device.mac_count);
		lookup_offer(lookup, &device);
	}
	result = lookup_end(lookup, &index);
	if (result == LOOKUP_FOUND)
		fill_from_set(policy_device_at(set, index), ret_device);
	return result;
}

static void take_device(void *context, struct json_object *object)
{
	struct client_device *device = context;

	if (device->name[0] || !json_text(object, "device")[0])
		return;
	snprintf(device->name, sizeof(device->name), "%s", json_text(object, "device"));
	snprintf(device->mac, sizeof(device->mac), "%s", json_text(object, "mac"));
	snprintf(device->policy, sizeof(device->policy), "%s", json_text(object, "policy"));
	device->named = json_flag(object, "named");
}

static bool ask_daemon(const struct client *client, const char *word,
		       struct client_device *ret_device)
{
	struct json_object *request = json_object_new_object();
	struct client_device device = {0};

	json_object_object_add(request, "device", json_object_new_string(word));
	if (client_ask_quietly(client, "devices", request, take_device, &device) != EXIT_DONE ||
	    !device.name[0])
		return false;
	*ret_device = device;
	return true;
}

static void say_none(const struct policy_set *set, const char *word)
{
	const char *nearest = set ? policy_nearest_device(set, word) : NULL;

	if (nearest)
		client_error("no device \"%s\"; did you mean \"%s\"?", word, nearest);
	else
		client_error("no device \"%s\"; gatewayctl devices lists what was seen, and the "
			     "files of policy.d name others",
			     word);
}

bool client_find_device(const struct client *client, const struct policy_set *set, const char *word,
			struct client_device *ret_device)
{
	enum lookup_result result = LOOKUP_NONE;
	struct lookup lookup;
	struct mac mac;

	if (set)
		result = find_in_set(set, &lookup, word, ret_device);
	if (result == LOOKUP_FOUND)
		return true;
	if (result == LOOKUP_AMBIGUOUS) {
		client_error("\"%s\" may be \"%s\" or \"%s\"", word, lookup.prefix_name,
			     lookup.other_name);
		return false;
	}
	if (ask_daemon(client, word, ret_device))
		return true;
	if (!mac_parse(word, &mac)) {
		say_none(set, word);
		return false;
	}
	memset(ret_device, 0, sizeof(*ret_device));
	mac_print(&mac, ret_device->mac);
	snprintf(ret_device->name, sizeof(ret_device->name), "%s", ret_device->mac);
	if (set)
		snprintf(ret_device->policy, sizeof(ret_device->policy), "%s",
			 policy_name(policy_settings(set)->unknown_device));
	return true;
}

/* ---- completion ---- */

static struct policy_set *load_silently(const struct client *client)
{
	struct policy_errors errors = {0};
	struct policy_set *set = configuration_load(client->directory, &errors, NULL);

	policy_errors_free(&errors);
	return set;
}

static void print_name(void *context, struct json_object *object)
{
	(void)context;
	if (!json_flag(object, "named"))
		json_put(stdout, object, "{device}\n");
}

void client_complete_devices(const struct client *client)
{
	struct policy_set *set = load_silently(client);

	for (size_t i = 0; set && i < policy_device_count(set); i++)
		puts(policy_device_name(policy_device_at(set, i)));
	policy_free(set);
	(void)client_ask_quietly(client, "devices", NULL, print_name, NULL);
}

void client_complete_policies(const struct client *client)
{
	struct policy_set *set = load_silently(client);

	for (size_t i = 0; set && i < policy_count(set); i++)
		puts(policy_name(policy_at(set, i)));
	policy_free(set);
}
