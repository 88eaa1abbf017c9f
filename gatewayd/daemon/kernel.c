/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel must know: the rules, the queue, which interfaces are the
 * LAN, and the marks of connections. Rules and marks carry the generation of
 * the engine's policy; when that changes, all of them do.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mark.h"
#include "capture/listen.h"
#include "daemon/daemon.h"
#include "daemon/traffic.h"
#include "system/conntrack.h"
#include "system/interfaces.h"
#include "system/leases.h"
#include "system/log.h"
#include "system/nft.h"
#include "system/notify.h"
#include "uplinks.h"

#define ERROR_SIZE 512
/* Of packets that still wait when we stop. */
#define LAST_TURNS 16
/* Until connections are swept after a change of rules; in between packets are answered. */
#define SWEEP_AFTER_MS 20
#define DAY_MS (24u * 3600 * 1000)
/* Packets of a second that are overheard; the kernel's buffer holds fewer of most. */
#define OVERHEARD_MOST 256

/* ---- rules ---- */

static bool fails_open(const struct policy *policy)
{
	return policy_on_failure(policy) == FAIL_OPEN;
}

static bool asks_gateway(const struct policy *policy)
{
	return policy_dns(policy)->gateway;
}

/* The devices whose policy says otherwise than that of unknown devices. */
static struct mac *list_exceptions(const struct policy_set *set,
				   bool (*says)(const struct policy *), size_t *ret_count)
{
	bool usual = says(policy_settings(set)->unknown_device);
	struct mac *exceptions = NULL;
	size_t count = 0;

	for (size_t i = 0; i < policy_device_count(set); i++) {
		const struct policy_device *device = policy_device_at(set, i);
		size_t mac_count;
		const struct mac *macs = policy_device_macs(device, &mac_count);
		struct mac *grown;

		if (says(policy_device_policy(device)) == usual || mac_count == 0)
			continue;
		grown = realloc(exceptions, (count + mac_count) * sizeof(*grown));
		if (!grown)
			break;
		exceptions = grown;
		memcpy(exceptions + count, macs, mac_count * sizeof(*macs));
		count += mac_count;
	}
	*ret_count = count;
	return exceptions;
}

static void warn_of_missing(const struct daemon *daemon, const struct nft_config *config)
{
	struct nft_features features;

	nft_features(daemon->nft, &features);
	if (config->offload_count && !features.offload)
		log_warn("nft", "network.offload = \"manage\" has no effect: the kernel refuses "
				"a flowtable (CONFIG_NF_FLOW_TABLE_INET, CONFIG_NFT_FLOW_OFFLOAD; "
				"OpenWrt: kmod-nft-offload)");
	if ((config->redirect_all || config->redirect_count) && !features.redirect)
		log_warn("nft", "dns.resolver = \"gateway\" has no effect: this kernel cannot "
				"redirect (CONFIG_NFT_REDIR, CONFIG_NFT_FIB_INET; OpenWrt: "
				"kmod-nft-nat, kmod-nft-fib)");
	if (config->limits && !features.limits)
		log_warn("nft", "this kernel cannot count under limit rules, so all their packets "
				"come to gatewayd (CONFIG_NFT_QUOTA; OpenWrt: kmod-nft-core)");
}

static bool has_limits(const struct policy_set *set)
{
	for (size_t i = 0; i < policy_count(set); i++) {
		const struct policy *policy = policy_at(set, i);

		for (size_t j = 0; j < policy_rule_count(policy); j++)
			if (policy_rule_action(policy_rule_at(policy, j)) == POLICY_LIMIT)
				return true;
	}
	return false;
}

/* What our flowtable takes in: the LAN as far as it is there, and where defaults lead. */
static size_t list_offload(const struct daemon *daemon, const struct uplinks *uplinks,
			   const char **names)
{
	const struct policy_settings *settings = policy_settings(daemon->set);
	size_t count = 0;

	for (size_t i = 0; i < settings->lan_count && count < DAEMON_LAN_MOST; i++)
		if (interfaces_index(daemon->interfaces, settings->lan[i]))
			names[count++] = settings->lan[i];
	for (size_t i = 0; i < uplinks->count; i++)
		names[count++] = uplinks->names[i];
	return count;
}

/* At the start the rules are there before the engine is. */
static uint32_t present_generation(const struct daemon *daemon)
{
	return daemon->engine ? engine_generation(daemon->engine) : ENGINE_FIRST_GENERATION;
}

static int write_rules(struct daemon *daemon, bool afresh, char *error, size_t error_size)
{
	const struct policy_settings *settings = policy_settings(daemon->set);
	struct uplinks uplinks = {.count = 0};
	const char *offload[DAEMON_LAN_MOST + UPLINKS_MOST];
	struct nft_config config = {
		/* Of flows that are stripped the server's window is wanted. */
		.inspect_replies = true,
		.lan = settings->lan,
		.lan_count = settings->lan_count,
		.queue = settings->queue,
		.mark_mask = settings->mark,
		.generation = present_generation(daemon),
		.fail_open = fails_open(settings->unknown_device),
		.counters = true,
		.limits = has_limits(daemon->set),
		.afresh = afresh,
		.redirect_all = asks_gateway(settings->unknown_device),
	};
	struct mac *exceptions = list_exceptions(daemon->set, fails_open, &config.exception_count);
	struct mac *redirect = list_exceptions(daemon->set, asks_gateway, &config.redirect_count);
	int result;

	config.exceptions = exceptions;
	config.redirect = redirect;
	if (settings->offload_manage) {
		uplinks_read(&uplinks);
		config.offload_count = list_offload(daemon, &uplinks, offload);
		config.offload = offload;
	}
	result = nft_apply(daemon->nft, &config, error, error_size);
	free(exceptions);
	free(redirect);
	if (result == 0)
		warn_of_missing(daemon, &config);
	return result;
}

/*
 * What becomes of a connection that an older policy marked: it comes back to
 * the queue with its next packet. One that may go on without a packet of the
 * device's (UDP) has to be forgotten for that. Marks that are there at the
 * start are of an earlier daemon, whatever generation they seem to be of.
 */
static enum conntrack_wish ask_connection(void *context, const struct conntrack_entry *entry)
{
	const struct daemon *daemon = context;
	const struct policy_settings *settings = policy_settings(daemon->set);

	if (daemon->engine && mark_is_current(settings->mark, entry->mark, daemon->generation))
		return CONNTRACK_KEEP;
	if (mark_state(settings->mark, entry->mark) == MARK_PASS &&
	    entry->tuple.ip_protocol != IPPROTO_TCP)
		return CONNTRACK_DELETE;
	return CONNTRACK_CLEAR;
}

static void sweep_connections(struct daemon *daemon)
{
	int changed;

	daemon->sweep_wanted = false;
	if (!daemon->conntrack)
		return;
	changed = conntrack_walk(daemon->conntrack, policy_settings(daemon->set)->mark,
				 ask_connection, daemon);
	if (changed < 0)
		log_warn("conntrack", "connections keep the old policy's decisions: %s",
			 strerror(-changed));
	else if (changed)
		log_debug("conntrack", "%d connections are judged again", changed);
}

static void handle_sweep(void *context, unsigned events)
{
	struct daemon *daemon = context;

	(void)events;
	if (daemon->sweep_wanted)
		sweep_connections(daemon);
}

/*
 * The kernel walks its whole table in one call, 5 ms where there is much memory,
 * so not in one go with the new rules. Meanwhile those send every packet of an
 * older mark to the queue; only what flows to a device alone waits for this.
 */
static void sweep_soon(struct daemon *daemon)
{
	daemon->sweep_wanted = true;
	if (daemon->sweep)
		loop_set_timer(daemon->sweep, SWEEP_AFTER_MS, 0);
	else /* the start */
		sweep_connections(daemon);
}

static bool apply_rules(struct daemon *daemon, bool afresh, char *error, size_t error_size)
{
	/* A mark's few bits know few generations apart: none goes by without its sweep. */
	if (daemon->sweep_wanted)
		sweep_connections(daemon);
	if (daemon->engine) {
		daemon_read_traffic(daemon);
		daemon_read_limits(daemon);
	}
	if (write_rules(daemon, afresh, error, error_size) < 0)
		return false;
	if (daemon->engine) {
		traffic_restart(daemon->traffic);
		daemon_restart_limits(daemon);
	}
	daemon->generation = present_generation(daemon);
	daemon->rules_wanted = false;
	nfqueue_set_generation(daemon->capture, daemon->generation);
	sweep_soon(daemon);
	/* That took a millisecond, and old lists go away next. */
	daemon_answer_packets(daemon);
	return true;
}

bool daemon_apply_rules(struct daemon *daemon, char *error, size_t error_size)
{
	return apply_rules(daemon, false, error, error_size);
}

/* ---- bytes ---- */

static void learn_addresses(void *context, const struct device_record *record)
{
	for (unsigned i = 0; i < record->address_count; i++)
		traffic_learn_address(context, &record->addresses[i], &record->mac);
}

static void add_counter(void *context, const struct mac *mac, const struct address *address,
			uint64_t packets, uint64_t bytes)
{
	(void)packets;
	traffic_add(context, mac, address, bytes);
}

void daemon_read_traffic(struct daemon *daemon)
{
	engine_each_device(daemon->engine, learn_addresses, daemon->traffic);
	/* A kernel that does not count is known from nft_features(). */
	(void)nft_read_counters(daemon->nft, add_counter, daemon->traffic);
}

/* The engine counts what it saw, the kernel what it let through: most of it twice. */
void daemon_count_traffic(const struct daemon *daemon, struct device_record *record)
{
	const struct policy_device *device =
		record->named ? policy_device_by_name(daemon->set, record->name) : NULL;
	size_t count = 1;
	const struct mac *macs = device ? policy_device_macs(device, &count) : &record->mac;
	uint64_t up = 0, down = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t its_up, its_down;

		if (!traffic_find(daemon->traffic, &macs[i], &its_up, &its_down))
			continue;
		up += its_up;
		down += its_down;
	}
	if (up > record->bytes_up)
		record->bytes_up = up;
	if (down > record->bytes_down)
		record->bytes_down = down;
}

/* ---- what others do to the rules ---- */

static void say_flowtable(void *context, const struct nft_flowtable *flowtable)
{
	const struct daemon *daemon = context;

	log_warn("nft",
		 "flowtable %s in table %s %s takes connections away before they can be looked "
		 "at: inspection is bypassed. Turn flow offloading off there%s",
		 flowtable->name, flowtable->family, flowtable->table,
		 policy_settings(daemon->set)->offload_manage
			 ? ""
			 : "; with network.offload = \"manage\" gatewayd offloads decided flows "
			   "itself");
}

static void look_for_flowtables(struct daemon *daemon)
{
	int found = nft_foreign_flowtables(daemon->nft, say_flowtable, daemon);

	if (found < 0) {
		log_warn("nft", "cannot look for flowtables: %s", strerror(-found));
		return;
	}
	if (found == 0 && daemon->bypassed)
		log_info("nft", "no flowtable of others is left: inspection is whole again");
	daemon->bypassed = found > 0;
}

static void restore_rules(struct daemon *daemon)
{
	char error[ERROR_SIZE];

	if (nft_is_present(daemon->nft) == 0)
		log_warn("nft", "somebody deleted table inet " NFT_TABLE "; it is put back");
	else
		log_warn("nft", "somebody changed table inet " NFT_TABLE "; it is put back");
	daemon->rules_restored++;
	if (!daemon_apply_rules(daemon, error, sizeof(error))) {
		log_error("nft", "the rules cannot be put back: %s", error);
		daemon->rules_wanted = true;
	}
}

static void handle_monitor(void *context, unsigned events)
{
	struct daemon *daemon = context;
	struct nft_news news = {0};
	int error = nft_monitor_read(daemon->nft, &news);

	(void)events;
	if (error < 0)
		log_warn("nft", "changes of rules may have been missed: %s", strerror(-error));
	if (news.damaged)
		restore_rules(daemon);
	if (news.flowtable)
		look_for_flowtables(daemon);
}

/* ---- interfaces ---- */

static bool is_lan(const struct daemon *daemon, uint32_t index)
{
	for (size_t i = 0; i < daemon->lan_count; i++)
		if (daemon->lan[i] == index)
			return true;
	return false;
}

static void listen_on_lan(struct daemon *daemon)
{
	int error;

	if (!daemon->listener)
		return;
	error = listen_set_lan(daemon->listener, daemon->lan, daemon->lan_count);
	if (error < 0)
		log_warn("listen", "what devices say of themselves is not heard: %s",
			 strerror(-error));
}

void daemon_overhear(struct daemon *daemon)
{
	time_us now = clock_now();
	struct packet packet;

	for (unsigned i = 0;
	     daemon->listener && i < OVERHEARD_MOST && listen_next(daemon->listener, now, &packet);
	     i++)
		(void)engine_overhear(daemon->engine, &packet);
}

void daemon_update_lan(struct daemon *daemon)
{
	const struct policy_settings *settings = policy_settings(daemon->set);
	size_t count =
		settings->lan_count < DAEMON_LAN_MOST ? settings->lan_count : DAEMON_LAN_MOST;

	daemon->lan_count =
		interfaces_indexes(daemon->interfaces, settings->lan, count, daemon->lan);
	nfqueue_set_lan(daemon->capture, daemon->lan, daemon->lan_count);
	listen_on_lan(daemon);
}

static void handle_link(void *context, const char *name, uint32_t index, bool present)
{
	struct daemon *daemon = context;
	const struct policy_settings *settings = policy_settings(daemon->set);

	(void)index;
	/* A flowtable names its interfaces, so one that came has to be added. */
	if (settings->offload_manage)
		daemon->rules_wanted = true;
	for (size_t i = 0; i < settings->lan_count; i++) {
		if (strcmp(settings->lan[i], name) != 0)
			continue;
		log_info("interfaces", "%s %s", name, present ? "is there" : "is gone");
		daemon_update_lan(daemon);
		return;
	}
}

static void handle_neighbour(void *context, uint32_t index, const struct address *address,
			     const struct mac *mac)
{
	struct daemon *daemon = context;

	if (!is_lan(daemon, index) || mac_is_zero(mac))
		return;
	engine_learn_address(daemon->engine, address, mac);
	leases_learn_neighbour(daemon->leases, address, mac);
	traffic_learn_address(daemon->traffic, address, mac);
}

static void handle_interfaces(void *context, unsigned events)
{
	struct daemon *daemon = context;
	int error = interfaces_read(daemon->interfaces);

	(void)events;
	if (error < 0)
		log_warn("interfaces", "changes may have been missed: %s", strerror(-error));
}

static bool open_interfaces(struct daemon *daemon)
{
	struct interfaces_listener listener = {
		.context = daemon, .link = handle_link, .neighbour = handle_neighbour};
	const struct policy_settings *settings = policy_settings(daemon->set);
	char error[ERROR_SIZE];

	daemon->interfaces = interfaces_open(&listener, error, sizeof(error));
	if (!daemon->interfaces) {
		log_error("interfaces", "%s", error);
		return false;
	}
	for (size_t i = 0; i < settings->lan_count; i++)
		if (!interfaces_index(daemon->interfaces, settings->lan[i]))
			log_warn("interfaces", "%s (network.lan) is not there yet",
				 settings->lan[i]);
	return true;
}

/* ---- opening and closing ---- */

static void tell_ready(void)
{
	int error = notify_ready();

	if (error)
		log_warn("start", "the service manager does not hear that the rules stand: %s",
			 strerror(-error));
}

/*
 * The queue comes before the rules: it can be had only once, so a second
 * daemon ends here and has changed nothing. Then the rules are there, and the
 * rest (lists, databases, the engine) may take its time: packets wait in the
 * queue, and who orders the start of the machine may bring up the network.
 */
bool daemon_open_kernel(struct daemon *daemon)
{
	const struct policy_settings *settings = policy_settings(daemon->set);
	struct nfqueue_config queue = {.queue = settings->queue, .mark_mask = settings->mark};
	char error[ERROR_SIZE];

	if (!open_interfaces(daemon))
		return false;
	daemon->nft = nft_open(error, sizeof(error));
	if (!daemon->nft) {
		log_error("nft", "%s", error);
		return false;
	}
	daemon->capture = nfqueue_open(&queue, error, sizeof(error));
	if (!daemon->capture) {
		log_error("queue", "%s", error);
		return false;
	}
	daemon->listener = listen_open(error, sizeof(error));
	if (!daemon->listener)
		log_warn("listen", "what devices say of themselves is not heard: %s", error);
	daemon_update_lan(daemon);
	daemon->conntrack = conntrack_open(error, sizeof(error));
	if (!daemon->conntrack)
		log_warn("conntrack", "%s", error);
	if (!apply_rules(daemon, daemon_find_limits(daemon), error, sizeof(error))) {
		log_error("nft", "%s", error);
		return false;
	}
	look_for_flowtables(daemon);
	tell_ready();
	return true;
}

bool daemon_watch_kernel(struct daemon *daemon)
{
	interfaces_read_neighbours(daemon->interfaces);
	daemon->sweep = loop_watch_timer(daemon->loop, DAY_MS, 0, handle_sweep, daemon);
	return daemon->sweep &&
	       loop_watch_fd(daemon->loop, nft_monitor_fd(daemon->nft), LOOP_READ, handle_monitor,
			     daemon) &&
	       loop_watch_fd(daemon->loop, interfaces_fd(daemon->interfaces), LOOP_READ,
			     handle_interfaces, daemon) &&
	       loop_watch_fd(daemon->loop, nfqueue_ops.fd(daemon->capture), LOOP_READ,
			     daemon_handle_packets, daemon);
}

/*
 * A stop that was asked for takes the rules away first and then answers what
 * still waits. One that was not leaves them: they hold what on_failure says.
 */
void daemon_close_kernel(struct daemon *daemon)
{
	int error;

	if (daemon->nft && daemon->started_loop && daemon->exit_code == 0) {
		error = nft_remove(daemon->nft);
		if (error < 0)
			log_error("nft", "the rules cannot be removed: %s", strerror(-error));
		for (unsigned turn = 0; turn < LAST_TURNS; turn++)
			daemon_handle_packets(daemon, 0);
	}
	if (daemon->capture)
		nfqueue_ops.close(daemon->capture);
	listen_close(daemon->listener);
	if (daemon->conntrack)
		conntrack_close(daemon->conntrack);
	if (daemon->nft)
		nft_close(daemon->nft);
	if (daemon->interfaces)
		interfaces_close(daemon->interfaces);
}
