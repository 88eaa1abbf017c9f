/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "daemon/commands_show.h"
#include "json_add.h"
#include "report.h"

#define SECONDS_MOST (INT64_C(100) * 366 * 86400) /* a clock in microseconds has room for it */

struct follower {
	struct control_client *client; /* NULL: free */
	bool all;
	char device[64];
};

/* What the user decided by hand, for status; the engine has the rules. */
struct override {
	char device[64];
	const char *action; /* NULL: free */
	char destination[320];
	time_us until;                  /* 0: for ever */
	const struct policy_rule *rule; /* the engine's; only to name it */
};

struct commands {
	struct daemon *daemon;
	struct history *history;
	struct follower followers[CONTROL_CLIENTS_MOST];
	struct override overrides[ENGINE_OVERRIDES_MOST];
};

enum access {
	ACCESS_READ,    /* who may connect */
	ACCESS_OPERATE, /* who may change things: control_is_operator() */
};

struct call {
	struct commands *commands;
	struct control_client *client;
	struct json_object *request;
};

typedef void run_command(const struct call *call);

struct command {
	const char *name;
	enum access access;
	run_command *run;
};

static const char *member_text(const struct call *call, const char *key)
{
	struct json_object *member = NULL;

	if (!json_object_object_get_ex(call->request, key, &member) ||
	    !json_object_is_type(member, json_type_string))
		return "";
	return json_object_get_string(member);
}

static int64_t member_number(const struct call *call, const char *key)
{
	struct json_object *member = NULL;

	if (!json_object_object_get_ex(call->request, key, &member))
		return 0;
	return json_object_get_int64(member);
}

/*
 * The device that the request names. None: *ret_given is false. False: the
 * client was told.
 */
static bool find_device(const struct call *call, struct commands_device *ret_device,
			bool *ret_given)
{
	const char *word = member_text(call, "device");
	char error[256];

	*ret_given = word[0] != '\0';
	if (!*ret_given ||
	    commands_find_device(call->commands->daemon, word, ret_device, error, sizeof(error)))
		return true;
	control_finish(call->client, CONTROL_NO, error);
	return false;
}

/* ---- looking ---- */

/* The ones that are over make room. */
static struct override *override_at(struct commands *commands, size_t index, time_us now)
{
	struct override *override = &commands->overrides[index];

	if (override->until && override->until <= now)
		override->action = NULL;
	return override;
}

static struct json_object *overrides_json(struct commands *commands)
{
	struct json_object *array = json_object_new_array();
	time_us now = clock_now();

	for (size_t i = 0; i < ENGINE_OVERRIDES_MOST; i++) {
		const struct override *override = override_at(commands, i, now);
		struct json_object *object;

		if (!override->action)
			continue;
		object = json_object_new_object();
		json_add_text(object, "device", override->device);
		json_add_text(object, "action", override->action);
		json_add_text(object, "destination", override->destination);
		if (override->until) {
			json_add_time(object, "until", override->until);
			json_add_number(object, "seconds_left",
					(uint64_t)time_in(override->until - now, SECOND_US));
		}
		json_object_array_add(array, object);
	}
	return array;
}

static void run_status(const struct call *call)
{
	struct commands *commands = call->commands;
	struct json_object *object = commands_status(commands->daemon, commands->history);

	if (object) {
		json_object_object_add(object, "overrides", overrides_json(commands));
		commands_send(call->client, object);
	}
	control_finish(call->client, CONTROL_DONE, NULL);
}

/* The status, and every device after it. */
static void run_metrics(const struct call *call)
{
	struct commands *commands = call->commands;
	struct json_object *object = commands_status(commands->daemon, commands->history);

	if (object)
		commands_send(call->client, object);
	commands_send_devices(commands->daemon, call->client, NULL);
	control_finish(call->client, CONTROL_DONE, NULL);
}

static void run_devices(const struct call *call)
{
	struct commands_device device;
	bool given;

	if (!find_device(call, &device, &given))
		return;
	commands_send_devices(call->commands->daemon, call->client, given ? &device : NULL);
	if (given)
		commands_send_destinations(call->commands->daemon, call->commands->history,
					   call->client, &device);
	control_finish(call->client, CONTROL_DONE, NULL);
}

static void run_flows(const struct call *call)
{
	struct commands_device device;
	bool given;

	if (!find_device(call, &device, &given))
		return;
	commands_send_flows(call->commands->daemon, call->client, given ? &device : NULL);
	control_finish(call->client, CONTROL_DONE, NULL);
}

static bool concerns(const struct follower *follower, const struct event *event)
{
	return follower->all || !strcmp(follower->device, event->record.device);
}

static void send_past_event(void *context, const struct event *event)
{
	const struct follower *follower = context;

	if (concerns(follower, event))
		commands_send(follower->client, report_event(event));
}

static void run_events(const struct call *call)
{
	struct follower follower = {.client = call->client};
	struct commands_device device;
	bool given;

	if (!find_device(call, &device, &given))
		return;
	follower.all = !given;
	if (given)
		snprintf(follower.device, sizeof(follower.device), "%s", device.name);
	history_each_event(call->commands->history, send_past_event, &follower);
	if (!member_number(call, "follow")) {
		control_finish(call->client, CONTROL_DONE, NULL);
		return;
	}
	for (size_t i = 0; i < CONTROL_CLIENTS_MOST; i++) {
		if (call->commands->followers[i].client)
			continue;
		call->commands->followers[i] = follower;
		control_stream(call->client);
		return;
	}
	control_finish(call->client, CONTROL_NO, "too many follow the events already");
}

void commands_event(struct commands *commands, const struct event *event)
{
	char *line = NULL;

	history_add(commands->history, event);
	if (event->kind == EVENT_FLOW_END)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MOST; i++) {
		const struct follower *follower = &commands->followers[i];

		if (!follower->client || !concerns(follower, event))
			continue;
		if (!line) {
			struct json_object *object = report_event(event);

			line = object ? report_line(object) : NULL;
			json_object_put(object);
			if (!line)
				return;
			line[strlen(line) - 1] = '\0';
		}
		/* It may be dropped here, and commands_client_gone() be called. */
		control_reply(follower->client, line);
	}
	free(line);
}

void commands_client_gone(struct commands *commands, struct control_client *client)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MOST; i++) {
		if (commands->followers[i].client == client)
			commands->followers[i].client = NULL;
	}
}

/* ---- changing ---- */

static void add_errors(struct json_object *object, const char *key,
		       const struct policy_errors *errors)
{
	json_object_object_add(object, key, report_errors(errors));
	json_add_count(object, "omitted", errors->omitted);
}

static void run_reload(const struct call *call)
{
	struct daemon *daemon = call->commands->daemon;
	struct policy_errors errors = {0}, warnings = {0};
	bool done = daemon_reload(daemon, &errors, &warnings);
	struct json_object *object = json_object_new_object();

	json_add_flag(object, "reloaded", done);
	json_add_number(object, "generation", engine_generation(daemon->engine));
	json_add_number(object, "devices", policy_device_count(daemon->set));
	json_add_number(object, "policies", policy_count(daemon->set));
	add_errors(object, "errors", &errors);
	add_errors(object, "warnings", &warnings);
	commands_send(call->client, object);
	policy_errors_free(&errors);
	policy_errors_free(&warnings);
	control_finish(call->client, done ? CONTROL_DONE : CONTROL_NO,
		       done ? NULL : "nothing was changed: the files have errors");
}

/* The one for that destination, which gives way to the new one, or a free one. */
static struct override *find_override(struct commands *commands, const char *device,
				      const char *destination)
{
	time_us now = clock_now();
	struct override *free_one = NULL;

	for (size_t i = 0; i < ENGINE_OVERRIDES_MOST; i++) {
		struct override *override = override_at(commands, i, now);

		if (!override->action && !free_one)
			free_one = override;
		if (override->action && !strcmp(override->device, device) &&
		    !strcmp(override->destination, destination))
			return override;
	}
	return free_one;
}

static void end_override(struct commands *commands, struct override *override)
{
	if (override->action)
		(void)engine_override_end(commands->daemon->engine, override->rule);
	override->action = NULL;
}

/* What the engine knows the device by: the name of a file, else the MAC. */
static void engine_name(const struct daemon *daemon, const struct commands_device *device,
			char *ret_text, size_t size)
{
	char mac[MAC_TEXT_SIZE];

	mac_print(&device->mac, mac);
	if (policy_device_by_name(daemon->set, device->name))
		snprintf(ret_text, size, "%s", device->name);
	else
		snprintf(ret_text, size, "%s", mac);
}

static void send_override(const struct call *call, const struct override *override)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "device", override->device);
	json_add_text(object, "action", override->action ? override->action : "ended");
	json_add_text(object, "destination", override->destination);
	if (override->action)
		json_add_time(object, "until", override->until);
	commands_send(call->client, object);
}

/* False: the engine has no room, and the rule is still ours. */
static bool begin_override(struct commands *commands, const struct commands_device *device,
			   struct override *override, struct policy_rule *rule)
{
	char name[64];

	engine_name(commands->daemon, device, name, sizeof(name));
	policy_override_set_number(rule, (unsigned)(override - commands->overrides) + 1);
	override->rule = rule;
	return engine_override(commands->daemon->engine, name, rule, override->until);
}

static void put_override(const struct call *call, enum policy_action action,
			 const char *destination)
{
	int64_t seconds = member_number(call, "seconds");
	struct commands_device device;
	struct override *override;
	struct policy_rule *rule;
	char error[256];
	bool given;

	if (!find_device(call, &device, &given))
		return;
	if (seconds > SECONDS_MOST) {
		control_finish(call->client, CONTROL_USAGE, "that is too long a time");
		return;
	}
	rule = given ? policy_override_new(action, destination, error, sizeof(error)) : NULL;
	if (!rule) {
		control_finish(call->client, CONTROL_USAGE, given ? error : "which device?");
		return;
	}
	override = find_override(call->commands, device.name, destination);
	if (override)
		end_override(call->commands, override);
	if (!override) {
		policy_override_free(rule);
		control_finish(call->client, CONTROL_NO, "there are too many overrides already");
		return;
	}
	snprintf(override->device, sizeof(override->device), "%s", device.name);
	snprintf(override->destination, sizeof(override->destination), "%s", destination);
	override->until = seconds > 0 ? clock_now() + seconds * SECOND_US : 0;
	if (member_number(call, "end")) {
		policy_override_free(rule);
	} else if (!begin_override(call->commands, &device, override, rule)) {
		policy_override_free(rule);
		control_finish(call->client, CONTROL_NO, "there are too many overrides already");
		return;
	} else {
		override->action = action == POLICY_BLOCK ? "block" : "allow";
	}
	send_override(call, override);
	control_finish(call->client, CONTROL_DONE, NULL);
}

static void run_allow(const struct call *call)
{
	put_override(call, POLICY_ALLOW, member_text(call, "destination"));
}

static void run_block(const struct call *call)
{
	put_override(call, POLICY_BLOCK, member_text(call, "destination"));
}

/* What goes to the router itself is never blocked, so nobody locks himself out. */
static void run_pause(const struct call *call)
{
	if (member_number(call, "seconds") <= 0 && !member_number(call, "end"))
		control_finish(call->client, CONTROL_USAGE, "for how long?");
	else
		put_override(call, POLICY_BLOCK, "*");
}

/* ---- the table ---- */

static const struct command commands_table[] = {
	{"status", ACCESS_READ, run_status},   {"metrics", ACCESS_READ, run_metrics},
	{"devices", ACCESS_READ, run_devices}, {"flows", ACCESS_READ, run_flows},
	{"events", ACCESS_READ, run_events},   {"reload", ACCESS_OPERATE, run_reload},
	{"allow", ACCESS_OPERATE, run_allow},  {"block", ACCESS_OPERATE, run_block},
	{"pause", ACCESS_OPERATE, run_pause},
};

static void run(const struct call *call)
{
	const char *name = member_text(call, "command");
	char error[128];

	for (size_t i = 0; i < sizeof(commands_table) / sizeof(commands_table[0]); i++) {
		const struct command *command = &commands_table[i];

		if (strcmp(command->name, name) != 0)
			continue;
		if (command->access == ACCESS_OPERATE && !control_is_operator(call->client))
			control_finish(call->client, CONTROL_NO, "only root may do that");
		else
			command->run(call);
		return;
	}
	snprintf(error, sizeof(error), "gatewayd " GATEWAYD_VERSION " has no command \"%.40s\"",
		 name);
	control_finish(call->client, CONTROL_USAGE, error);
}

void commands_request(struct commands *commands, struct control_client *client, struct bytes line)
{
	/* Depth 4 is more than any request needs. */
	struct json_tokener *tokener = json_tokener_new_ex(4);
	struct call call = {.commands = commands, .client = client};

	if (tokener && line.len <= CONTROL_REQUEST_MOST)
		call.request =
			json_tokener_parse_ex(tokener, (const char *)line.data, (int)line.len);
	if (tokener)
		json_tokener_free(tokener);
	if (json_object_is_type(call.request, json_type_object))
		run(&call);
	else
		control_finish(client, CONTROL_USAGE, "the request is no JSON object");
	json_object_put(call.request);
}

struct commands *commands_new(struct daemon *daemon)
{
	struct commands *commands = calloc(1, sizeof(*commands));

	if (!commands)
		return NULL;
	commands->daemon = daemon;
	commands->history = history_new();
	if (!commands->history) {
		free(commands);
		return NULL;
	}
	return commands;
}

void commands_free(struct commands *commands)
{
	if (!commands)
		return;
	history_free(commands->history);
	free(commands);
}
