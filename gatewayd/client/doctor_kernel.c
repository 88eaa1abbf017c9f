/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: what the kernel can do, by trying. The rules are offered to it as
 * the daemon would, in a transaction that is never ended.
 */
#include "client/doctor.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "capture/queue_bind.h"
#include "capture/queue_state.h"
#include "system/conntrack.h"
#include "system/nft.h"
#include "system/nft_marks.h"
#include "uplinks.h"

#define ERROR_SIZE 512
#define DEVICES_MOST 64

/* ---- rules ---- */

void doctor_judge_refusal(const char *error, struct doctor_finding *finding)
{
	static const char prefix[] = "kernel rules: ", needs[] = ": the kernel needs ";
	const char *text = strncmp(error, prefix, strlen(prefix)) ? error : error + strlen(prefix);
	const char *cure = strstr(text, needs);

	if (!cure) {
		doctor_say(finding, DOCTOR_BAD, "%s", text);
		doctor_cure(finding, "start gatewayd -v: its log says more");
		return;
	}
	doctor_say(finding, DOCTOR_BAD, "the kernel refuses %.*s", (int)(cure - text), text);
	doctor_cure(finding,
		    "it needs %.180s. Debian's own kernels have it; in a container the "
		    "host's has to",
		    cure + strlen(needs));
}

static size_t list_offload(const struct policy_settings *settings, const struct uplinks *uplinks,
			   const char **names)
{
	size_t count = 0;

	for (size_t i = 0; i < settings->lan_count && count < DEVICES_MOST; i++)
		if (if_nametoindex(settings->lan[i]))
			names[count++] = settings->lan[i];
	for (size_t i = 0; i < uplinks->count; i++)
		names[count++] = uplinks->names[i];
	return count;
}

static void judge_features(const struct nft_config *config, const struct nft_features *features,
			   struct doctor_finding *finding)
{
	if (config->offload_count && !features->offload) {
		doctor_say(finding, DOCTOR_WARN,
			   "network.offload = \"manage\" has no effect: no flowtable");
		doctor_cure(finding, "OpenWrt: kmod-nft-offload; elsewhere a kernel with "
				     "CONFIG_NF_FLOW_TABLE_INET and CONFIG_NFT_FLOW_OFFLOAD");
	} else if (config->redirect_all && !features->redirect) {
		doctor_say(finding, DOCTOR_WARN,
			   "dns.resolver = \"gateway\" has no effect: no redirection");
		doctor_cure(finding, "OpenWrt: kmod-nft-nat and kmod-nft-fib; elsewhere a kernel "
				     "with CONFIG_NFT_REDIR and CONFIG_NFT_FIB_INET");
	} else if (!features->reject) {
		doctor_say(finding, DOCTOR_WARN,
			   "cannot reject: what is refused again and again is dropped");
		doctor_cure(finding, "OpenWrt: kmod-nft-core; elsewhere a kernel with "
				     "CONFIG_NFT_REJECT_INET");
	} else if (!features->counters) {
		doctor_say(finding, DOCTOR_WARN, "cannot count the bytes of each device");
		doctor_cure(finding,
			    "gatewayctl devices shows what gatewayd itself saw; a newer kernel "
			    "counts all");
	} else {
		doctor_say(finding, DOCTOR_OK, "the kernel takes them, through the %s",
			   features->native_queue ? "nft queue" : "xt NFQUEUE target");
	}
}

void doctor_rules(struct doctor *doctor, struct doctor_finding *finding)
{
	const char *offload[DEVICES_MOST + UPLINKS_MOST];
	struct nft_config config = {.generation = 1, .inspect_replies = true, .counters = true};
	const struct policy_settings *settings;
	struct nft_features features;
	char error[ERROR_SIZE];
	struct nft *nft;

	if (!doctor_has_settings(doctor, finding) || !doctor_may_look(doctor, finding))
		return;
	settings = policy_settings(doctor->set);
	config.lan = settings->lan;
	config.lan_count = settings->lan_count;
	config.queue = settings->queue;
	config.mark_mask = settings->mark;
	config.redirect_all = doctor_wants_resolver(doctor->set);
	if (settings->offload_manage) {
		struct uplinks uplinks;

		uplinks_read(&uplinks);
		config.offload_count = list_offload(settings, &uplinks, offload);
		config.offload = offload;
	}
	nft = nft_open(error, sizeof(error));
	if (!nft || nft_try(nft, &config, error, sizeof(error)) < 0) {
		doctor_judge_refusal(error, finding);
	} else {
		nft_features(nft, &features);
		judge_features(&config, &features, finding);
	}
	nft_close(nft);
}

/* ---- queue ---- */

bool doctor_daemon_has_queue(const struct doctor *doctor)
{
	struct json_object *queue = json_member(doctor->status, "queue");

	return queue && !json_flag(queue, "lost") &&
	       json_number(queue, "number") == policy_settings(doctor->set)->queue;
}

void doctor_judge_queue(unsigned number, const char *owner, bool answers,
			struct doctor_finding *finding)
{
	if (answers && owner[0]) {
		doctor_say(finding, DOCTOR_OK, "number %u is gatewayd's", number);
	} else if (answers) {
		doctor_say(finding, DOCTOR_UNKNOWN, "gatewayd has number %u, but not here", number);
		doctor_cure(finding, "run this in the network namespace that gatewayd runs in");
	} else if (!owner[0]) {
		doctor_say(finding, DOCTOR_OK, "number %u is free", number);
	} else if (strstr(owner, "(gatewayd)")) {
		doctor_say(finding, DOCTOR_WARN, "number %u is taken by %s, which does not answer",
			   number, owner);
		doctor_cure(finding, "end that process, then start gatewayd");
	} else {
		doctor_say(finding, DOCTOR_BAD, "number %u is taken by %s", number, owner);
		doctor_cure(finding, "stop that program, or set network.queue in gatewayd.conf to "
				     "a number that nobody has");
	}
}

void doctor_queue(struct doctor *doctor, struct doctor_finding *finding)
{
	struct queue_state state;
	char owner[128] = "";
	uint16_t number;
	int problem;

	if (!doctor_has_settings(doctor, finding) || !doctor_may_look(doctor, finding))
		return;
	problem = queue_try();
	if (problem < 0) {
		doctor_say(finding, DOCTOR_BAD, "the kernel has no packet queue: %s",
			   strerror(-problem));
		doctor_cure(finding, "OpenWrt: kmod-nfnetlink-queue and kmod-nft-queue; elsewhere "
				     "a kernel with CONFIG_NETFILTER_NETLINK_QUEUE");
		return;
	}
	if (access("/proc/net/netfilter/nfnetlink_queue", R_OK) < 0) {
		doctor_say(finding, DOCTOR_UNKNOWN, "/proc/net/netfilter/nfnetlink_queue: %s",
			   strerror(errno));
		return;
	}
	number = policy_settings(doctor->set)->queue;
	if (queue_state_read(number, &state))
		queue_state_print_owner(state.port_id, owner, sizeof(owner));
	doctor_judge_queue(number, owner, doctor_daemon_has_queue(doctor), finding);
}

/* ---- connections ---- */

static enum conntrack_wish count_entry(void *context, const struct conntrack_entry *entry)
{
	size_t *count = context;

	(void)entry;
	(*count)++;
	return CONNTRACK_KEEP;
}

void doctor_connections(struct doctor *doctor, struct doctor_finding *finding)
{
	struct conntrack *conntrack;
	char error[ERROR_SIZE];
	size_t count = 0;
	int walked;

	if (!doctor_may_look(doctor, finding))
		return;
	conntrack = conntrack_open(error, sizeof(error));
	walked = conntrack ? conntrack_walk(conntrack, 0, count_entry, &count) : 0;
	/* The cure comes below. */
	if (!conntrack)
		doctor_say(finding, DOCTOR_WARN, "%.*s", (int)strcspn(error, "(;"), error);
	else if (walked < 0)
		doctor_say(finding, DOCTOR_WARN, "the table of connections cannot be read: %s",
			   strerror(-walked));
	else
		doctor_say(finding, DOCTOR_OK, "%zu in the kernel's table", count);
	if (finding->result == DOCTOR_WARN)
		doctor_cure(finding, "after a reload open flows keep the old decision. OpenWrt: "
				     "kmod-nf-conntrack-netlink; elsewhere a kernel with "
				     "CONFIG_NF_CT_NETLINK");
	if (conntrack)
		conntrack_close(conntrack);
}

/* ---- what others have in the kernel ---- */

static void keep_first(void *context, const struct nft_flowtable *flowtable)
{
	struct nft_flowtable *first = context;

	if (!first->name[0])
		*first = *flowtable;
}

void doctor_offloading(struct doctor *doctor, struct doctor_finding *finding)
{
	struct nft_flowtable first = {.name = ""};
	char error[ERROR_SIZE];
	struct nft *nft;
	int found;

	if (!doctor_may_look(doctor, finding))
		return;
	nft = nft_open(error, sizeof(error));
	found = nft ? nft_foreign_flowtables(nft, keep_first, &first) : -EPROTONOSUPPORT;
	nft_close(nft);
	if (found == 0) {
		doctor_say(finding, DOCTOR_OK, "nobody takes flows away from gatewayd");
	} else if (found < 0) {
		doctor_say(finding, DOCTOR_UNKNOWN, "flowtables cannot be listed: %s",
			   strerror(-found));
	} else {
		doctor_say(finding, DOCTOR_BAD,
			   "INSPECTION IS BYPASSED by %d flowtable%s: %s in table %s %s", found,
			   found == 1 ? "" : "s", first.name, first.family, first.table);
		doctor_cure(finding,
			    "OpenWrt: uci set firewall.@defaults[0].flow_offloading=0; uci commit "
			    "firewall; service firewall reload. Debian: nft delete table %s %s, "
			    "and take it out of /etc/nftables.conf. network.offload = \"manage\" "
			    "offloads decided flows instead",
			    first.family, first.table);
	}
}

static void keep_table(void *context, const char *family, const char *table)
{
	char *first = context;

	if (!first[0])
		snprintf(first, NFT_MARKS_TABLE_SIZE, "%s %s", family, table);
}

void doctor_marks(struct doctor *doctor, struct doctor_finding *finding)
{
	char first[NFT_MARKS_TABLE_SIZE] = "";
	uint32_t mask;
	int found;

	if (!doctor_has_settings(doctor, finding) || !doctor_may_look(doctor, finding))
		return;
	mask = policy_settings(doctor->set)->mark;
	found = nft_foreign_marks(mask, keep_table, first);
	if (found < 0) {
		doctor_say(finding, DOCTOR_UNKNOWN, "the rules of others cannot be read: %s",
			   strerror(-found));
	} else if (found == 0) {
		doctor_say(finding, DOCTOR_OK, "no rule of others sets the bits 0x%08x",
			   (unsigned)mask);
	} else {
		doctor_say(finding, DOCTOR_WARN,
			   "%d rule%s of others set%s ct mark without keeping 0x%08x: table %s",
			   found, found == 1 ? "" : "s", found == 1 ? "s" : "", (unsigned)mask,
			   first);
		doctor_cure(finding, "give that table other bits and let it keep the rest (ct "
				     "mark set ct mark & ... | ...), or set network.mark to bits "
				     "that it leaves alone");
	}
}
