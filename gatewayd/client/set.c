/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set and name: write policy.d/90-gatewayctl.conf, check everything, and have
 * the daemon read it. When it does not like it, the file is put back.
 */
#define _XOPEN_SOURCE 700 /* realpath */

#include "client/client.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/generated.h"
#include "configuration.h"
#include "json_add.h"
#include "policy/policy.h"

static bool put_back(const struct generated *generated)
{
	char error[1024];

	if (generated_restore(generated, error, sizeof(error)))
		return true;
	client_error("the file could not be put back: %s", error);
	return false;
}

/* Does the daemon that answers read the folder that was written to? */
static void take_directory(void *context, struct json_object *status)
{
	const char *directory = json_text(json_member(status, "policy"), "directory");

	if (directory[0])
		*(char **)context = realpath(directory, NULL);
}

static bool is_other_directory(const struct client *client)
{
	char *theirs = NULL, *ours;
	bool other;

	(void)client_ask_quietly(client, "status", NULL, take_directory, &theirs);
	ours = realpath(client->directory, NULL);
	other = theirs && ours && strcmp(theirs, ours) != 0;
	free(theirs);
	free(ours);
	return other;
}

static void keep_answer(void *context, struct json_object *object)
{
	struct json_object **answer = context;

	if (!*answer)
		*answer = json_object_get(object);
}

/* The daemon's word on it: it may know what the files alone do not tell. */
static int put_in_force(const struct client *client, const struct generated *generated)
{
	struct json_object *answer = NULL;
	int code;

	if (is_other_directory(client)) {
		fputs("written; the gatewayd that runs reads another folder\n", stderr);
		return EXIT_DONE;
	}
	code = client_ask_quietly(client, "reload", NULL, keep_answer, &answer);
	if (code == EXIT_UNREACHABLE) {
		fputs("written; gatewayd is not running, so it counts from its start\n", stderr);
		code = EXIT_DONE;
	} else if (code != EXIT_DONE) {
		if (answer)
			client_print_reload(NULL, answer);
		client_error("gatewayd refused it; nothing was changed");
		put_back(generated);
	}
	json_object_put(answer);
	return code;
}

static void print_result(const struct client *client, const struct generated *generated,
			 const struct client_device *device)
{
	struct json_object *result;

	if (!client->json) {
		printf("%s has policy %s\n", device->name, device->policy);
		return;
	}
	result = json_object_new_object();
	json_add_text(result, "device", device->name);
	json_add_text(result, "mac", device->mac);
	json_add_text(result, "policy", device->policy);
	json_object_object_add(result, "file", json_object_new_string(generated->path));
	client_print_json(NULL, result);
	json_object_put(result);
}

/* A file that comes later in the alphabet may assign another one. */
static bool has_effect(const struct policy_set *set, const struct client_device *device)
{
	const struct policy_device *row = policy_device_by_name(set, device->name);

	if (row && !strcmp(policy_name(policy_device_policy(row)), device->policy))
		return true;
	client_error("a file that is read later assigns another policy to %s", device->name);
	return false;
}

static int commit(const struct client *client, const struct generated *generated,
		  const struct client_device *device)
{
	struct policy_errors errors = {0};
	struct policy_set *set;
	char error[1024];
	bool good;
	int code;

	if (!generated_write(generated, error, sizeof(error))) {
		client_error("%s", error);
		return EXIT_NO;
	}
	set = configuration_load(client->directory, &errors, NULL);
	if (!set)
		client_print_errors(&errors, "");
	policy_errors_free(&errors);
	good = set && has_effect(set, device);
	policy_free(set);
	if (!good) {
		client_error("nothing was changed");
		put_back(generated);
		return EXIT_NO;
	}
	code = put_in_force(client, generated);
	if (code == EXIT_DONE)
		print_result(client, generated, device);
	return code;
}

static bool find_policy(const struct policy_set *set, const char *word)
{
	const char *nearest = policy_nearest_policy(set, word);

	if (policy_by_name(set, word))
		return true;
	if (nearest)
		client_error("no policy \"%s\"; did you mean \"%s\"?", word, nearest);
	else
		client_error("no policy \"%s\"; see gatewayctl policies", word);
	return false;
}

/* What has only an address is named after its policy: no name may be an address. */
static void name_by_policy(const struct policy_set *set, const char *policy,
			   struct client_device *device)
{
	struct mac mac;

	if (!mac_parse(device->name, &mac))
		return;
	snprintf(device->name, sizeof(device->name), "%s", policy);
	for (unsigned i = 2; policy_device_by_name(set, device->name); i++)
		snprintf(device->name, sizeof(device->name), "%.50s-%u", policy, i);
}

/* In its own entry, in an assignment, or, when no file names it, with a new one. */
static bool set_policy(struct generated *generated, const struct policy_set *set,
		       struct client_device *device, const char *policy)
{
	struct generated_device *own = generated_device_by_name(generated, device->name);

	snprintf(device->policy, sizeof(device->policy), "%s", policy);
	if (own) {
		snprintf(own->policy, sizeof(own->policy), "%s", policy);
		return true;
	}
	if (policy_device_by_name(set, device->name))
		return generated_assign(generated, device->name, policy);
	if (!device->mac[0])
		return false;
	name_by_policy(set, policy, device);
	return generated_add_device(generated, device->name, device->mac, policy);
}

/*
 * What has this name in our file gets the address, too: another card of it, or
 * the next of its random ones. It is taken from where it was.
 */
static bool add_address(struct generated *generated, struct client_device *device, const char *name)
{
	struct generated_device *before = generated_device_by_mac(generated, device->mac);
	struct generated_device *named;

	if (before && strcmp(before->name, name) != 0)
		generated_remove_mac(generated, before, device->mac);
	else if (before)
		return true;
	named = generated_device_by_name(generated, name);
	snprintf(device->policy, sizeof(device->policy), "%s", named->policy);
	return generated_add_mac(named, device->mac);
}

static bool set_name(struct generated *generated, struct client_device *device, const char *name)
{
	struct generated_device *own = generated_device_by_mac(generated, device->mac);

	if (generated_device_by_name(generated, name))
		return add_address(generated, device, name);
	if (!own)
		return generated_add_device(generated, name, device->mac, device->policy);
	snprintf(own->name, sizeof(own->name), "%s", name);
	return true;
}

static int change(const struct client *client, const struct policy_set *set,
		  struct client_device *device, const char *name, const char *policy)
{
	struct generated *generated;
	char error[1024];
	bool done;
	int code;

	generated = generated_read(client->directory, error, sizeof(error));
	if (!generated) {
		client_error("%s", error);
		return EXIT_NO;
	}
	done = policy ? set_policy(generated, set, device, policy)
		      : set_name(generated, device, name);
	if (!policy)
		snprintf(device->name, sizeof(device->name), "%s", name);
	code = EXIT_NO;
	if (done)
		code = commit(client, generated, device);
	else
		client_error("%s: no room for another device or address", generated->path);
	generated_free(generated);
	return code;
}

int client_set(const struct client *client)
{
	struct policy_set *set = client_load(client->directory);
	struct client_device device;
	int code = EXIT_NO;

	if (!set)
		return EXIT_NO;
	if (client_find_device(client, set, client->arguments[0], &device) &&
	    find_policy(set, client->arguments[1]))
		code = change(client, set, &device, NULL, client->arguments[1]);
	policy_free(set);
	return code;
}

/* In a file that is a person's, which is then the place to change it; NULL: it is in ours. */
static const char *place_elsewhere(const struct client *client, const struct policy_device *row,
				   unsigned *ret_line)
{
	const char *file = NULL;
	char ours[512];

	policy_device_place(row, &file, ret_line);
	snprintf(ours, sizeof(ours), "%s/" GENERATED_FILE, client->directory);
	return strcmp(file, ours) != 0 ? file : NULL;
}

/* False: it was said where to change it. */
static bool may_name(const struct client *client, const struct policy_set *set,
		     const struct client_device *device, const char *name)
{
	const struct policy_device *row = policy_device_by_name(set, name);
	unsigned line = 0;
	const char *file = row ? place_elsewhere(client, row, &line) : NULL;
	struct mac mac;

	if (file) {
		client_error("\"%s\" stands in %s:%u, which is yours to edit: make it mac = [ ..., "
			     "\"%s\" ]; there, then gatewayctl reload",
			     name, file, line, device->mac);
		return false;
	}
	row = mac_parse(device->mac, &mac) ? policy_device_by_mac(set, &mac) : NULL;
	file = row ? place_elsewhere(client, row, &line) : NULL;
	if (file)
		client_error("%s is \"%s\" already, in %s:%u: change the name there, then "
			     "gatewayctl reload",
			     device->mac, policy_device_name(row), file, line);
	return file == NULL;
}

/* An address that was typed is meant, whichever of the device's it is. */
static void take_typed_mac(const char *word, struct client_device *device)
{
	struct mac mac;

	if (mac_parse(word, &mac))
		mac_print(&mac, device->mac);
}

int client_name(const struct client *client)
{
	struct policy_set *set = client_load(client->directory);
	const char *word = client->arguments[0], *name = client->arguments[1];
	struct client_device device;
	int code = EXIT_NO;

	if (!set)
		return EXIT_NO;
	if (strlen(name) >= sizeof(device.name)) {
		client_error("a name has %zu letters at most", sizeof(device.name) - 1);
	} else if (client_find_device(client, set, word, &device)) {
		take_typed_mac(word, &device);
		if (may_name(client, set, &device, name))
			code = change(client, set, &device, name, NULL);
	}
	policy_free(set);
	return code;
}
