/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor: is there a LAN, does this machine forward, who hears it, who answers DNS? */
#define _DEFAULT_SOURCE /* struct ifreq */

#include "client/doctor.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/if_ether.h>

#include "capture/queue_state.h"

/* NULL: it is there and up. */
static const char *what_ails(int fd, const char *name)
{
	struct ifreq request = {.ifr_flags = 0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return "is not there";
	return request.ifr_flags & IFF_UP ? NULL : "is down";
}

static void judge_interfaces(int fd, const struct policy_settings *settings,
			     struct doctor_finding *finding)
{
	size_t good = 0;

	for (size_t i = 0; i < settings->lan_count; i++) {
		const char *name = settings->lan[i], *ails = what_ails(fd, name);

		if (!ails) {
			good++;
		} else {
			doctor_say(finding, DOCTOR_WARN, "%s %s", name, ails);
			doctor_cure(finding,
				    "ip link lists what there is. If %s is right, it joins when "
				    "it comes up; else set network.lan in gatewayd.conf (OpenWrt: "
				    "list network in /etc/config/gatewayd)",
				    name);
		}
	}
	if (!good && finding->result == DOCTOR_WARN)
		finding->result = DOCTOR_BAD;
	else if (good == settings->lan_count)
		doctor_say(finding, DOCTOR_OK, "%s%s", settings->lan[0],
			   good > 1 ? " and the others are up" : " is up");
}

void doctor_interfaces(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct policy_settings *settings;
	int fd;

	if (!doctor_has_settings(doctor, finding))
		return;
	settings = policy_settings(doctor->set);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (!settings->lan_count) {
		doctor_say(finding, DOCTOR_BAD, "network.lan names none: no device is managed");
		doctor_cure(finding, "lan = [ \"br-lan\" ]; in gatewayd.conf, with the name of "
				     "your LAN's interface; ip link lists them");
	} else if (fd < 0) {
		doctor_say(finding, DOCTOR_UNKNOWN, "no socket to ask the kernel with");
	} else {
		judge_interfaces(fd, settings, finding);
	}
	if (fd >= 0)
		close(fd);
}

/* ---- forwarding ---- */

static int read_switch(const char *path)
{
	FILE *file = fopen(path, "re");
	int value = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

void doctor_judge_forwarding(int ipv4, int ipv6, struct doctor_finding *finding)
{
	if (ipv4 < 0) {
		doctor_say(finding, DOCTOR_UNKNOWN, "/proc/sys/net/ipv4/ip_forward cannot be read");
	} else if (ipv4 == 0) {
		doctor_say(finding, DOCTOR_BAD, "net.ipv4.ip_forward is 0: nothing is routed");
		doctor_cure(finding, "sysctl -w net.ipv4.ip_forward=1, and the same line in "
				     "/etc/sysctl.d/ (OpenWrt: service sysctl restart)");
	} else if (ipv6 == 0) {
		doctor_say(finding, DOCTOR_OK, "IPv4 is on; IPv6 is off");
	} else {
		doctor_say(finding, DOCTOR_OK, "%s",
			   ipv6 > 0 ? "IPv4 and IPv6 are on" : "IPv4 is on; there is no IPv6");
	}
}

void doctor_forwarding(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	doctor_judge_forwarding(read_switch("/proc/sys/net/ipv4/ip_forward"),
				read_switch("/proc/sys/net/ipv6/conf/all/forwarding"), finding);
}

/* ---- listeners: see capture/listen.c, which was one ---- */

bool doctor_hears_late(const char *release)
{
	unsigned major = 0, minor = 0;

	return sscanf(release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 16));
}

bool doctor_hears_ip(const char *line, unsigned *ret_interface, unsigned long *ret_inode)
{
	unsigned protocol, interface;
	unsigned long inode;

	/* "SK REFERENCES TYPE PROTOCOL INTERFACE RUNNING MEMORY USER INODE" */
	if (sscanf(line, "%*s %*u %*u %x %u %*u %*u %*u %lu", &protocol, &interface, &inode) != 3 ||
	    (protocol != ETH_P_IP && protocol != ETH_P_IPV6))
		return false;
	*ret_interface = interface;
	*ret_inode = inode;
	return true;
}

/*
 * What it hears of the LAN, behind the IP stack, which then works on a copy: one
 * interface on any kernel, all of them where those listeners come last, too.
 */
static const char *heard_lan(const struct policy_settings *settings, unsigned interface, bool late)
{
	if (!interface)
		return late && settings->lan_count ? "every interface" : NULL;
	for (size_t i = 0; i < settings->lan_count; i++)
		if (if_nametoindex(settings->lan[i]) == interface)
			return settings->lan[i];
	return NULL;
}

static void judge_listeners(const struct policy_settings *settings, bool late, FILE *file,
			    struct doctor_finding *finding)
{
	char line[256], owner[128];
	unsigned interface;
	unsigned long inode;

	doctor_say(finding, DOCTOR_OK, "nobody listens between the bridge and the queue");
	while (fgets(line, sizeof(line), file)) {
		const char *lan;

		if (!doctor_hears_ip(line, &interface, &inode))
			continue;
		lan = heard_lan(settings, interface, late);
		if (!lan)
			continue;
		if (!queue_state_print_process(inode, owner, sizeof(owner)))
			snprintf(owner, sizeof(owner), "somebody");
		doctor_say(finding, DOCTOR_BAD,
			   "%s has a packet socket for IP on %s, and the bridge goes through "
			   "netfilter: the kernel drops what should be queued",
			   owner, lan);
		doctor_cure(finding, "stop that program; or, if nothing here filters between ports "
				     "of a bridge, sysctl -w net.bridge.bridge-nf-call-iptables=0 "
				     "net.bridge.bridge-nf-call-ip6tables=0");
	}
}

void doctor_listeners(struct doctor *doctor, struct doctor_finding *finding)
{
	struct utsname kernel;
	FILE *file;

	if (!doctor_has_settings(doctor, finding))
		return;
	if (read_switch("/proc/sys/net/bridge/bridge-nf-call-iptables") <= 0 &&
	    read_switch("/proc/sys/net/bridge/bridge-nf-call-ip6tables") <= 0) {
		doctor_say(finding, DOCTOR_OK, "none can be in the queue's way here");
		return;
	}
	file = fopen("/proc/net/packet", "re");
	if (!file) {
		doctor_say(finding, DOCTOR_UNKNOWN, "/proc/net/packet cannot be read");
		return;
	}
	judge_listeners(policy_settings(doctor->set),
			uname(&kernel) == 0 && doctor_hears_late(kernel.release), file, finding);
	fclose(file);
}

/* ---- the resolver ---- */

/* The policies of devices: a profile that nobody has needs no resolver. */
bool doctor_wants_resolver(const struct policy_set *set)
{
	if (policy_dns(policy_settings(set)->unknown_device)->gateway)
		return true;
	for (size_t i = 0; i < policy_device_count(set); i++)
		if (policy_dns(policy_device_policy(policy_device_at(set, i)))->gateway)
			return true;
	return false;
}

/* "SL: ADDRESS:PORT REMOTE:PORT ...": words of the machine's, in hexadecimal. */
bool doctor_listens(const char *line, unsigned port)
{
	static const uint8_t loopback6[16] = {[15] = 1};
	char address[33];
	unsigned found;
	uint32_t words[4];
	size_t length;

	if (sscanf(line, " %*u: %32[0-9A-F]:%4x", address, &found) != 2 || found != port)
		return false;
	length = strlen(address);
	if (length != 8 && length != 32)
		return false;
	for (size_t i = 0; i < length / 8; i++) {
		char word[9];

		snprintf(word, sizeof(word), "%.8s", address + 8 * i);
		words[i] = (uint32_t)strtoul(word, NULL, 16);
	}
	if (length == 8)
		return ((const uint8_t *)words)[0] != 127;
	return memcmp(words, loopback6, sizeof(loopback6)) != 0;
}

static bool has_listener(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = doctor_listens(line, DNS_PORT);
	if (file)
		fclose(file);
	return found;
}

void doctor_resolver(struct doctor *doctor, struct doctor_finding *finding)
{
	if (!doctor_has_settings(doctor, finding))
		return;
	if (!doctor_wants_resolver(doctor->set)) {
		doctor_say(finding, DOCTOR_OK, "no device's policy has dns.resolver = \"gateway\"");
	} else if (has_listener("/proc/net/udp") || has_listener("/proc/net/udp6")) {
		doctor_say(finding, DOCTOR_OK, "port 53 of this machine is answered");
	} else {
		doctor_say(finding, DOCTOR_BAD,
			   "dns.resolver = \"gateway\", but nobody answers port 53 here");
		doctor_cure(finding, "OpenWrt: service dnsmasq start. Debian: install dnsmasq or "
				     "unbound, and let it listen on the LAN. Or take "
				     "dns.resolver out of the policy");
	}
}
