/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink over libmnl: one socket asks, the other listens. When the kernel
 * had more to tell than the listening socket could hold, all is read again and
 * compared with what was known.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "system/interfaces.h"
#include "system/netlink.h"

#define LISTEN_BUFFER (512 * 1024)
#define NEIGHBOUR_USELESS (NUD_INCOMPLETE | NUD_FAILED | NUD_NOARP)

struct interface {
	char name[INTERFACE_NAME_SIZE];
	uint32_t index;
	bool seen; /* in the dump that is being read */
};

struct interfaces {
	struct interfaces_listener listener;
	struct mnl_socket *question, *news;
	uint32_t sequence;
	struct interface *links;
	size_t count, size;
	bool started; /* from here on changes are told */
};

/* ---- what is known ---- */

static void tell_link(const struct interfaces *interfaces, const struct interface *link,
		      bool present)
{
	if (interfaces->started && interfaces->listener.link)
		interfaces->listener.link(interfaces->listener.context, link->name, link->index,
					  present);
}

static struct interface *find_link(const struct interfaces *interfaces, uint32_t index)
{
	for (size_t i = 0; i < interfaces->count; i++)
		if (interfaces->links[i].index == index)
			return &interfaces->links[i];
	return NULL;
}

static void forget_link(struct interfaces *interfaces, struct interface *link)
{
	struct interface gone = *link;

	*link = interfaces->links[--interfaces->count];
	tell_link(interfaces, &gone, false);
}

static void learn_link(struct interfaces *interfaces, uint32_t index, const char *name)
{
	struct interface *link = find_link(interfaces, index);

	if (link && strcmp(link->name, name) == 0) {
		link->seen = true;
		return;
	}
	if (link)
		forget_link(interfaces, link);
	if (interfaces->count == interfaces->size) {
		size_t size = interfaces->size * 2 + 16;
		struct interface *links = realloc(interfaces->links, size * sizeof(*links));

		if (!links)
			return; /* it will be asked for by name again */
		interfaces->links = links;
		interfaces->size = size;
	}
	link = &interfaces->links[interfaces->count++];
	memset(link, 0, sizeof(*link));
	snprintf(link->name, sizeof(link->name), "%s", name);
	link->index = index;
	link->seen = true;
	tell_link(interfaces, link, true);
}

/* ---- messages ---- */

static void read_link(struct interfaces *interfaces, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct netlink_attributes attributes;
	struct interface *link;

	/* A bridge tells of its ports in messages of its own family. */
	if (message->nlmsg_len < sizeof(*message) + sizeof(*header) ||
	    header->ifi_family != AF_UNSPEC)
		return;
	if (message->nlmsg_type == RTM_DELLINK) {
		link = find_link(interfaces, (uint32_t)header->ifi_index);
		if (link)
			forget_link(interfaces, link);
		return;
	}
	netlink_read_attributes(message, sizeof(*header), &attributes);
	if (attributes.of[IFLA_IFNAME] &&
	    mnl_attr_validate(attributes.of[IFLA_IFNAME], MNL_TYPE_NUL_STRING) >= 0)
		learn_link(interfaces, (uint32_t)header->ifi_index,
			   mnl_attr_get_str(attributes.of[IFLA_IFNAME]));
}

static void read_neighbour(const struct interfaces *interfaces, const struct nlmsghdr *message)
{
	const struct ndmsg *header = mnl_nlmsg_get_payload(message);
	struct netlink_attributes attributes;
	struct address address;
	struct mac mac;
	size_t len;

	if (!interfaces->listener.neighbour ||
	    message->nlmsg_len < sizeof(*message) + sizeof(*header) ||
	    (header->ndm_family != AF_INET && header->ndm_family != AF_INET6) ||
	    header->ndm_state & NEIGHBOUR_USELESS)
		return;
	len = header->ndm_family == AF_INET6 ? 16 : 4;
	netlink_read_attributes(message, sizeof(*header), &attributes);
	if (!attributes.of[NDA_DST] || mnl_attr_get_payload_len(attributes.of[NDA_DST]) != len ||
	    !attributes.of[NDA_LLADDR] ||
	    mnl_attr_get_payload_len(attributes.of[NDA_LLADDR]) != sizeof(mac.bytes))
		return;
	address = len == 16 ? address_ipv6(mnl_attr_get_payload(attributes.of[NDA_DST]))
			    : address_ipv4(mnl_attr_get_payload(attributes.of[NDA_DST]));
	memcpy(mac.bytes, mnl_attr_get_payload(attributes.of[NDA_LLADDR]), sizeof(mac.bytes));
	if (mac_is_zero(&mac))
		return;
	interfaces->listener.neighbour(interfaces->listener.context, (uint32_t)header->ndm_ifindex,
				       &address, &mac);
}

static void read_message(void *context, const struct nlmsghdr *message)
{
	struct interfaces *interfaces = context;

	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		read_link(interfaces, message);
		break;
	case RTM_NEWNEIGH:
		read_neighbour(interfaces, message);
		break;
	default:
		break;
	}
}

/* ---- dumps ---- */

static int dump(struct interfaces *interfaces, uint16_t type, size_t header_size)
{
	char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	int problem;

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = ++interfaces->sequence;
	/* All zero: of any family. */
	mnl_nlmsg_put_extra_header(request, header_size);
	problem = netlink_ask(interfaces->question, request, read_message, interfaces);
	/* What changed while it was read, the listening socket will tell. */
	return problem == -EINTR ? 0 : problem;
}

static int read_links(struct interfaces *interfaces)
{
	int problem;

	for (size_t i = 0; i < interfaces->count; i++)
		interfaces->links[i].seen = false;
	problem = dump(interfaces, RTM_GETLINK, sizeof(struct ifinfomsg));
	for (size_t i = interfaces->count; problem == 0 && i-- > 0;)
		if (!interfaces->links[i].seen)
			forget_link(interfaces, &interfaces->links[i]);
	return problem;
}

int interfaces_read_neighbours(struct interfaces *interfaces)
{
	return dump(interfaces, RTM_GETNEIGH, sizeof(struct ndmsg));
}

/* ---- opening and listening ---- */

static int listen_to(struct mnl_socket *socket)
{
	static const int groups[] = {RTNLGRP_LINK, RTNLGRP_NEIGH};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) <
		    0)
			return -errno;
	}
	return 0;
}

struct interfaces *interfaces_open(const struct interfaces_listener *listener, char *error,
				   size_t error_size)
{
	struct interfaces *interfaces = calloc(1, sizeof(*interfaces));
	int problem = -ENOMEM;

	if (interfaces) {
		interfaces->listener = *listener;
		interfaces->question = netlink_open(NETLINK_ROUTE, 0);
		interfaces->news =
			interfaces->question ? netlink_open(NETLINK_ROUTE, LISTEN_BUFFER) : NULL;
		problem = interfaces->news ? listen_to(interfaces->news) : -errno;
	}
	if (problem == 0)
		problem = read_links(interfaces);
	if (problem == 0) {
		interfaces->started = true;
		return interfaces;
	}
	snprintf(error, error_size, "network interfaces: %s", strerror(-problem));
	interfaces_close(interfaces);
	return NULL;
}

void interfaces_close(struct interfaces *interfaces)
{
	if (!interfaces)
		return;
	netlink_close(interfaces->question);
	netlink_close(interfaces->news);
	free(interfaces->links);
	free(interfaces);
}

uint32_t interfaces_index(const struct interfaces *interfaces, const char *name)
{
	for (size_t i = 0; i < interfaces->count; i++)
		if (strcmp(interfaces->links[i].name, name) == 0)
			return interfaces->links[i].index;
	return 0;
}

const char *interfaces_name(const struct interfaces *interfaces, uint32_t index)
{
	const struct interface *link = find_link(interfaces, index);

	return link ? link->name : NULL;
}

size_t interfaces_indexes(const struct interfaces *interfaces, const char *const *names,
			  size_t count, uint32_t *ret_indexes)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t index = interfaces_index(interfaces, names[i]);
		size_t at = found;

		if (!index)
			continue;
		for (; at > 0 && ret_indexes[at - 1] > index; at--)
			ret_indexes[at] = ret_indexes[at - 1];
		ret_indexes[at] = index;
		found++;
	}
	return found;
}

int interfaces_fd(const struct interfaces *interfaces)
{
	return mnl_socket_get_fd(interfaces->news);
}

int interfaces_read(struct interfaces *interfaces)
{
	int problem = netlink_listen(interfaces->news, read_message, interfaces);

	if (problem != -ENOBUFS)
		return problem;
	problem = read_links(interfaces);
	return problem < 0 ? problem : interfaces_read_neighbours(interfaces);
}
