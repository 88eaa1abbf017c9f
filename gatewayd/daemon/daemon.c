/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of the start and the stop, and the reload. A step either succeeds
 * or says in the log why not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "configuration.h"
#include "daemon/bindings.h"
#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "daemon/known.h"
#include "daemon/traffic.h"
#include "identify_table.h"
#include "lists.h"
#include "payload_keys.h"
#include "system/control.h"
#include "system/leases.h"
#include "system/log.h"
#include "system/vendor.h"

#define ERROR_SIZE 512

static void log_one(const struct policy_error *error, bool is_warning)
{
	char place[300];

	if (error->line)
		snprintf(place, sizeof(place), "%s:%u", error->file, error->line);
	else
		snprintf(place, sizeof(place), "%s", error->file);
	if (is_warning)
		log_warn("policy", "%s: %s", place, error->text);
	else
		log_error("policy", "%s: %s", place, error->text);
}

void daemon_log_errors(const struct policy_errors *errors, const struct policy_errors *warnings)
{
	for (size_t i = 0; i < errors->count; i++)
		log_one(&errors->errors[i], false);
	if (errors->omitted)
		log_error("policy", "and %zu more", errors->omitted);
	for (size_t i = 0; i < warnings->count; i++)
		log_one(&warnings->errors[i], true);
}

bool daemon_load_policy(struct daemon *daemon)
{
	struct policy_errors errors = {0}, warnings = {0};

	daemon->set = configuration_load(daemon->options.directory, &errors, &warnings);
	daemon_log_errors(&errors, &warnings);
	policy_errors_free(&errors);
	policy_errors_free(&warnings);
	daemon->loaded = clock_now();
	return daemon->set != NULL;
}

/* ---- control ---- */

static void handle_request(void *context, struct control_client *client, struct bytes line)
{
	struct daemon *daemon = context;

	commands_request(daemon->commands, client, line);
}

static void handle_gone(void *context, struct control_client *client)
{
	struct daemon *daemon = context;

	if (daemon->commands)
		commands_client_gone(daemon->commands, client);
}

/*
 * Before anything of the kernel is touched: whoever has the socket's lock is
 * the one gatewayd of this place. Nobody is answered before the loop runs.
 */
bool daemon_open_control(struct daemon *daemon)
{
	static const struct control_handlers handlers = {handle_request, handle_gone};
	const char *slash = strrchr(daemon->options.socket, '/');
	char error[ERROR_SIZE];

	snprintf(daemon->runtime, sizeof(daemon->runtime), "%.*s",
		 slash ? (int)(slash - daemon->options.socket) : 1,
		 slash ? daemon->options.socket : ".");
	daemon->made_runtime = access(daemon->runtime, F_OK) < 0;
	daemon->loop = loop_new();
	if (!daemon->loop) {
		log_error("start", "no event loop: out of memory or descriptors");
		return false;
	}
	daemon->control = control_open(daemon->loop, daemon->options.socket, &handlers, daemon,
				       error, sizeof(error));
	if (!daemon->control) {
		log_error("control", "%s", error);
		return false;
	}
	return true;
}

/* ---- engine and what it asks ---- */

static bool ask_country(void *context, const struct address *address, country *ret_country)
{
	return geo_country(context, address, ret_country);
}

static bool ask_asn(void *context, const struct address *address, uint32_t *ret_asn)
{
	return geo_asn(context, address, ret_asn);
}

static void open_database(struct daemon *daemon, enum geo_kind kind, const char *written,
			  const char *url)
{
	char path[4096], error[ERROR_SIZE];
	struct geo_info info;
	bool there;

	if (!written) {
		geo_open(daemon->geo, kind, NULL, error, sizeof(error));
		return;
	}
	there = configuration_find(daemon->options.directory, written, path, sizeof(path));
	if (!geo_open(daemon->geo, kind, path, error, sizeof(error))) {
		log_warn("geo", "%s; conditions on the %s do not hold%s", error,
			 kind == GEO_COUNTRY ? "country" : "AS number",
			 url && !there ? "; to fetch it: gatewayctl lists update" : "");
		return;
	}
	geo_info(daemon->geo, kind, &info);
	log_info("geo", "%s: %s", info.path, info.type);
}

void daemon_open_geo(struct daemon *daemon)
{
	const struct policy_settings *settings = policy_settings(daemon->set);

	open_database(daemon, GEO_COUNTRY, settings->geo_country, settings->geo_country_url);
	open_database(daemon, GEO_ASN, settings->geo_asn, settings->geo_asn_url);
}

static const char *bindings_path(const struct daemon *daemon, char *path, size_t size)
{
	snprintf(path, size, "%s/bindings", daemon->runtime);
	return path;
}

/* Their absence makes a start a cold one. */
static bool has_bindings(const struct daemon *daemon, time_us now)
{
	char path[300];
	int count = bindings_load(NULL, bindings_path(daemon, path, sizeof(path)), now);

	if (count < 0 && count != -ENOENT)
		log_warn("start", "%s is not used: %s", path,
			 count == -EINVAL ? "it is damaged" : strerror(-count));
	return count > 0;
}

static void restore_bindings(struct daemon *daemon, time_us now)
{
	char path[300];
	int count = bindings_load(daemon->engine, bindings_path(daemon, path, sizeof(path)), now);

	log_info("start", "%d pairs of name and address were known before", count);
}

void daemon_save_bindings(struct daemon *daemon)
{
	char path[300];
	int error = bindings_save(daemon->engine, bindings_path(daemon, path, sizeof(path)),
				  &daemon->bindings_digest);

	if (error)
		log_warn("bindings", "%s: %s; a restart will be a cold one", path,
			 strerror(-error));
}

static bool is_default_runtime(const struct daemon *daemon)
{
	return strncmp(CONFIGURATION_SOCKET, daemon->runtime, strlen(daemon->runtime)) == 0 &&
	       strlen(daemon->runtime) == strlen(CONFIGURATION_SOCKET) - strlen("/control.sock");
}

const char *daemon_state_path(const struct daemon *daemon, const char *name, char *path,
			      size_t size)
{
	snprintf(path, size, "%s/%s",
		 is_default_runtime(daemon) ? configuration_state_directory() : daemon->runtime,
		 name);
	return path;
}

static void restore_known(struct daemon *daemon, time_us now)
{
	char path[4096];
	int count = known_load(daemon->engine,
			       daemon_state_path(daemon, "devices", path, sizeof(path)), now);

	if (count >= 0)
		log_info("start", "%d devices were known before", count);
	else if (count != -ENOENT)
		log_warn("start", "%s is not used: %s", path,
			 count == -EINVAL ? "it is damaged" : strerror(-count));
}

void daemon_save_known(struct daemon *daemon)
{
	char path[4096];
	int error =
		known_save(daemon->engine, daemon_state_path(daemon, "devices", path, sizeof(path)),
			   &daemon->known_digest);

	if (error)
		log_warn("known", "%s: %s; what was learned since it was written will be lost",
			 path, strerror(-error));
}

/* A large list that changed takes seconds; packets wait in the queue meanwhile. */
static void open_lists(struct daemon *daemon)
{
	struct policy_errors errors = {0}, warnings = {0};

	/* Nobody has looked at the set yet: it is still ours to change. */
	daemon->lists =
		lists_open(daemon->options.directory, (struct policy_set *)(uintptr_t)daemon->set,
			   NULL, LISTS_COMPILE, NULL, &warnings);
	daemon_log_errors(&errors, &warnings);
	policy_errors_free(&warnings);
}

static bool make_hash_key(struct hash_key *ret_key)
{
	return getrandom(ret_key, sizeof(*ret_key), 0) == (ssize_t)sizeof(*ret_key);
}

static void say_identify(const char *error)
{
	log_warn("identify", "%s", error);
}

/* The old table stays where there is no memory for another. */
static void read_identify(struct daemon *daemon)
{
	struct identify_table *table = identify_table_load(daemon->options.directory, say_identify);

	if (!table)
		return;
	identify_table_free(daemon->identify);
	daemon->identify = table;
}

bool daemon_start_engine(struct daemon *daemon)
{
	time_us now = clock_now();
	struct engine_config config = {
		.limits = engine_default_limits,
		.geo = {.country = ask_country, .asn = ask_asn},
		.start = now,
	};
	char path[4096];
	bool warm;

	open_lists(daemon);
	daemon->geo = geo_new();
	daemon->leases = leases_new(NULL);
	if (!daemon->geo || !daemon->leases || !make_hash_key(&config.hash_key)) {
		log_error("start", "no memory, or no random numbers");
		return false;
	}
	snprintf(path, sizeof(path), "%s/oui.tsv", configuration_data_directory());
	daemon->vendor = vendor_open(path);
	read_identify(daemon);
	daemon_open_geo(daemon);
	config.geo.context = daemon->geo;
	daemon->keys = payload_keys_load(path, sizeof(path));
	if (!daemon->keys)
		log_warn("start", "%s; strip rules know their own keys only", path);
	config.keys = daemon->keys;
	/* While we may still read what is not everybody's. */
	networks_read("", &daemon->networks);
	config.networks = (const char(*)[NETWORK_NAME_SIZE])daemon->networks.names;
	config.network_count = daemon->networks.count;
	warm = has_bindings(daemon, now);
	config.direct_from = warm ? 0 : now + DAEMON_COLD_US;
	daemon->engine = engine_new(&config, daemon->set);
	daemon->commands = commands_new(daemon);
	daemon->traffic = traffic_new(&config.hash_key);
	if (!daemon->engine || !daemon->commands || !daemon->traffic) {
		log_error("start", "no memory for the engine's tables");
		return false;
	}
	daemon->started = now;
	daemon->direct_from = config.direct_from;
	if (warm)
		restore_bindings(daemon, now);
	restore_known(daemon, now);
	daemon->last_minute = clock_local_minute(&daemon->clock, now);
	engine_advance(daemon->engine, now, daemon->last_minute);
	daemon_restore_limits(daemon);
	return true;
}

/* ---- privileges ---- */

bool daemon_drop_privileges(struct daemon *daemon)
{
	char error[ERROR_SIZE];

	if (!privilege_find_user(daemon->options.user, &daemon->user, error, sizeof(error)))
		goto failed;
	/* A folder that was there and that somebody chose with -s stays as it is. */
	if ((daemon->made_runtime || is_default_runtime(daemon)) &&
	    !privilege_give_directory(&daemon->user, daemon->runtime, 0750, error, sizeof(error)))
		goto failed;
	if (is_default_runtime(daemon) &&
	    !privilege_give_directory(&daemon->user, configuration_state_directory(), 0755, error,
				      sizeof(error)))
		goto failed;
	if (!privilege_drop(&daemon->user, error, sizeof(error)))
		goto failed;
	if (daemon->user.name[0])
		log_info("start", "now user %s, with the right to do netfilter and nothing else",
			 daemon->user.name);
	else if (geteuid() != 0) /* a jail, or systemd */
		log_info("start", "user %lu, with the right to do netfilter and nothing else",
			 (unsigned long)daemon->user.uid);
	else
		log_info("start",
			 "no user " PRIVILEGE_USER ": still user %lu, with the right to "
			 "do netfilter and nothing else",
			 (unsigned long)daemon->user.uid);
	return true;
failed:
	log_error("privileges", "%s", error);
	return false;
}

/* ---- reload ---- */

/* What cannot change while the queue's sockets are the ones of the start. */
static bool check_unchanged(const struct policy_settings *old, const struct policy_settings *new,
			    const char *directory, struct policy_errors *errors)
{
	char file[256];

	snprintf(file, sizeof(file), "%.200s/gatewayd.conf", directory);
	if (old->queue != new->queue)
		policy_errors_add(errors, file, 0,
				  "network.queue was %u and is now %u: that needs a restart",
				  (unsigned)old->queue, (unsigned)new->queue);
	if (old->mark != new->mark)
		policy_errors_add(
			errors, file, 0,
			"network.mark was 0x%08lx and is now 0x%08lx: that needs a restart",
			(unsigned long)old->mark, (unsigned long)new->mark);
	return old->queue == new->queue && old->mark == new->mark;
}

static void free_set(const struct policy_set *set)
{
	/* The engine has it as const; it is ours. */
	policy_free((struct policy_set *)(uintptr_t)set);
}

/*
 * The rules are the last step that can fail; when they do, the engine gets its
 * old policy back before the next packet is looked at.
 */
static bool put_in_force(struct daemon *daemon, const struct policy_set *set, struct lists *lists,
			 struct policy_errors *errors)
{
	const struct policy_set *old;
	char error[ERROR_SIZE];

	if (!engine_prepare(daemon->engine, set)) {
		policy_errors_add(errors, daemon->options.directory, 0, "no memory");
		free_set(set);
		lists_free(lists);
		return false;
	}
	old = engine_swap_policy(daemon->engine, set);
	daemon->set = set;
	if (daemon_apply_rules(daemon, error, sizeof(error))) {
		free_set(old);
		lists_free(daemon->lists);
		daemon->lists = lists;
		return true;
	}
	policy_errors_add(errors, daemon->options.directory, 0, "the kernel refused the rules: %s",
			  error);
	daemon->set = old;
	(void)engine_prepare(daemon->engine, old);
	free_set(engine_swap_policy(daemon->engine, old));
	lists_free(lists);
	if (!daemon_apply_rules(daemon, error, sizeof(error))) {
		log_error("nft", "the rules are not up to date: %s", error);
		daemon->rules_wanted = true;
	}
	return false;
}

bool daemon_reload(struct daemon *daemon, struct policy_errors *errors,
		   struct policy_errors *warnings)
{
	const struct pause pause = {.take = daemon_answer_packets, .context = daemon};
	struct policy_set *set;
	struct lists *lists;

	clock_read_zone(&daemon->clock);
	set = configuration_load_with_pauses(daemon->options.directory, &pause, errors, warnings);
	if (!set)
		goto refused;
	if (!check_unchanged(policy_settings(daemon->set), policy_settings(set),
			     daemon->options.directory, errors)) {
		free_set(set);
		goto refused;
	}
	lists = lists_open(daemon->options.directory, set, daemon->lists, LISTS_QUICKLY, &pause,
			   warnings);
	networks_read("", &daemon->networks);
	engine_know_networks(daemon->engine,
			     (const char(*)[NETWORK_NAME_SIZE])daemon->networks.names,
			     daemon->networks.count);
	if (!put_in_force(daemon, set, lists, errors))
		goto refused;
	daemon_open_geo(daemon);
	read_identify(daemon);
	daemon_update_lan(daemon);
	daemon->loaded = clock_now();
	daemon->reloads++;
	log_info("reload", "%zu devices, %zu policies, generation %lu",
		 policy_device_count(daemon->set), policy_count(daemon->set),
		 (unsigned long)engine_generation(daemon->engine));
	return true;
refused:
	daemon->reloads_refused++;
	return false;
}

/* ---- the end ---- */

void daemon_stop(struct daemon *daemon)
{
	if (daemon->engine && daemon->started_loop) {
		daemon_save_bindings(daemon);
		daemon_save_known(daemon);
		daemon_read_limits(daemon);
		daemon_save_limits(daemon);
	}
	free(daemon->limits_left.readings);
	daemon_close_kernel(daemon);
	control_close(daemon->control);
	commands_free(daemon->commands);
	engine_free(daemon->engine);
	keys_free(daemon->keys);
	traffic_free(daemon->traffic);
	vendor_close(daemon->vendor);
	identify_table_free(daemon->identify);
	leases_free(daemon->leases);
	geo_free(daemon->geo);
	if (daemon->set)
		free_set(daemon->set);
	lists_free(daemon->lists);
	loop_free(daemon->loop);
}
