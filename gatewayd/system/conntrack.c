/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctnetlink by hand over libmnl. One socket reads the table, the other changes
 * entries meanwhile. What names an entry in a change is the very attribute
 * that the kernel gave for it, so nothing of it is lost in translation.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "system/conntrack.h"
#include "system/netlink.h"

#define MESSAGE_SIZE 4096

struct conntrack {
	struct mnl_socket *reader, *changer;
	uint32_t sequence;
};

static struct nlmsghdr *begin_message(struct conntrack *conntrack, void *buffer, uint16_t type,
				      uint16_t flags, uint8_t family)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = ++conntrack->sequence;
	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	header->res_id = 0;
	return message;
}

struct conntrack *conntrack_open(char *error, size_t error_size)
{
	struct conntrack *conntrack = calloc(1, sizeof(*conntrack));
	char buffer[MESSAGE_SIZE];
	int problem = -ENOMEM;

	if (conntrack) {
		conntrack->reader = netlink_open(NETLINK_NETFILTER, 0);
		conntrack->changer = conntrack->reader ? netlink_open(NETLINK_NETFILTER, 0) : NULL;
		problem = conntrack->changer ? 0 : -errno;
	}
	/* A question that every kernel with ctnetlink answers. */
	if (problem == 0)
		problem = netlink_ask(conntrack->reader,
				      begin_message(conntrack, buffer, IPCTNL_MSG_CT_GET_STATS,
						    NLM_F_ACK, AF_UNSPEC),
				      NULL, NULL);
	if (problem == 0)
		return conntrack;
	if (problem == -EPERM)
		snprintf(error, error_size, "connection table: needs CAP_NET_ADMIN");
	else if (problem == -EINVAL || problem == -EPROTONOSUPPORT || problem == -EOPNOTSUPP)
		snprintf(error, error_size,
			 "connection table: this kernel has no ctnetlink (CONFIG_NF_CT_NETLINK; "
			 "OpenWrt: kmod-nf-conntrack-netlink); flows that a reload closes end by "
			 "themselves");
	else
		snprintf(error, error_size, "connection table: %s", strerror(-problem));
	conntrack_close(conntrack);
	return NULL;
}

void conntrack_close(struct conntrack *conntrack)
{
	if (!conntrack)
		return;
	netlink_close(conntrack->reader);
	netlink_close(conntrack->changer);
	free(conntrack);
}

/* ---- one entry by its tuple ---- */

static void put_addresses(struct nlmsghdr *message, const struct conntrack_tuple *tuple)
{
	struct nlattr *nest = mnl_attr_nest_start(message, CTA_TUPLE_IP);
	bool v6 = tuple->src.family == ADDRESS_IPV6;

	mnl_attr_put(message, v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, address_len(&tuple->src),
		     tuple->src.bytes);
	mnl_attr_put(message, v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, address_len(&tuple->dst),
		     tuple->dst.bytes);
	mnl_attr_nest_end(message, nest);
}

static void put_protocol(struct nlmsghdr *message, const struct conntrack_tuple *tuple)
{
	struct nlattr *nest = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);

	mnl_attr_put_u8(message, CTA_PROTO_NUM, tuple->ip_protocol);
	switch (tuple->ip_protocol) {
	case IPPROTO_ICMP:
		mnl_attr_put_u16(message, CTA_PROTO_ICMP_ID, htons(tuple->icmp_id));
		mnl_attr_put_u8(message, CTA_PROTO_ICMP_TYPE, tuple->icmp_type);
		mnl_attr_put_u8(message, CTA_PROTO_ICMP_CODE, tuple->icmp_code);
		break;
	case IPPROTO_ICMPV6:
		mnl_attr_put_u16(message, CTA_PROTO_ICMPV6_ID, htons(tuple->icmp_id));
		mnl_attr_put_u8(message, CTA_PROTO_ICMPV6_TYPE, tuple->icmp_type);
		mnl_attr_put_u8(message, CTA_PROTO_ICMPV6_CODE, tuple->icmp_code);
		break;
	default:
		mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, htons(tuple->src_port));
		mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(tuple->dst_port));
		break;
	}
	mnl_attr_nest_end(message, nest);
}

int conntrack_delete(struct conntrack *conntrack, const struct conntrack_tuple *tuple)
{
	char buffer[MESSAGE_SIZE];
	struct nlmsghdr *message;
	struct nlattr *nest;

	if (tuple->src.family != tuple->dst.family || !address_len(&tuple->src))
		return -EINVAL;
	message = begin_message(conntrack, buffer, IPCTNL_MSG_CT_DELETE, NLM_F_ACK,
				tuple->src.family == ADDRESS_IPV6 ? AF_INET6 : AF_INET);
	nest = mnl_attr_nest_start(message, CTA_TUPLE_ORIG);
	put_addresses(message, tuple);
	put_protocol(message, tuple);
	mnl_attr_nest_end(message, nest);
	return netlink_ask(conntrack->changer, message, NULL, NULL);
}

/* ---- all entries ---- */

static bool read_address(const struct nlattr *attribute, uint8_t family,
			 struct address *ret_address)
{
	size_t len = family == AF_INET6 ? 16 : 4;

	if (!attribute || mnl_attr_get_payload_len(attribute) < len)
		return false;
	*ret_address = len == 16 ? address_ipv6(mnl_attr_get_payload(attribute))
				 : address_ipv4(mnl_attr_get_payload(attribute));
	return true;
}

/* 0 when it is not there. */
static uint64_t read_number(const struct nlattr *attribute)
{
	uint8_t bytes[8];
	uint64_t number = 0;
	size_t len = attribute ? mnl_attr_get_payload_len(attribute) : 0;

	if (len > sizeof(bytes))
		return 0;
	if (len)
		memcpy(bytes, mnl_attr_get_payload(attribute), len);
	for (size_t i = 0; i < len; i++)
		number = number << 8 | bytes[i];
	return number;
}

static bool read_tuple(const struct nlattr *attribute, uint8_t family,
		       struct conntrack_tuple *tuple)
{
	struct netlink_attributes parts, ip, proto;
	bool v6 = family == AF_INET6;

	netlink_read_nested(attribute, &parts);
	if (!parts.of[CTA_TUPLE_IP] || !parts.of[CTA_TUPLE_PROTO])
		return false;
	netlink_read_nested(parts.of[CTA_TUPLE_IP], &ip);
	netlink_read_nested(parts.of[CTA_TUPLE_PROTO], &proto);
	if (!read_address(ip.of[v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC], family, &tuple->src) ||
	    !read_address(ip.of[v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST], family, &tuple->dst))
		return false;
	tuple->ip_protocol = (uint8_t)read_number(proto.of[CTA_PROTO_NUM]);
	tuple->src_port = (uint16_t)read_number(proto.of[CTA_PROTO_SRC_PORT]);
	tuple->dst_port = (uint16_t)read_number(proto.of[CTA_PROTO_DST_PORT]);
	tuple->icmp_id =
		(uint16_t)read_number(proto.of[v6 ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID]);
	tuple->icmp_type =
		(uint8_t)read_number(proto.of[v6 ? CTA_PROTO_ICMPV6_TYPE : CTA_PROTO_ICMP_TYPE]);
	tuple->icmp_code =
		(uint8_t)read_number(proto.of[v6 ? CTA_PROTO_ICMPV6_CODE : CTA_PROTO_ICMP_CODE]);
	return true;
}

static void read_counters(const struct nlattr *attribute, uint64_t *packets, uint64_t *bytes)
{
	struct netlink_attributes parts;

	if (!attribute)
		return;
	netlink_read_nested(attribute, &parts);
	*packets = read_number(parts.of[CTA_COUNTERS_PACKETS]);
	*bytes = read_number(parts.of[CTA_COUNTERS_BYTES]);
}

struct walk {
	struct conntrack *conntrack;
	uint32_t mark_mask;
	conntrack_ask *ask;
	void *context;
	int changed, problem;
};

/* The attribute that names the entry, as the kernel wrote it. */
static void copy_attribute(struct nlmsghdr *message, const struct nlattr *attribute)
{
	if (attribute)
		mnl_attr_put(message, attribute->nla_type, mnl_attr_get_payload_len(attribute),
			     mnl_attr_get_payload(attribute));
}

static void change_entry(struct walk *walk, const struct netlink_attributes *attributes,
			 uint8_t family, enum conntrack_wish wish)
{
	char buffer[MESSAGE_SIZE];
	struct nlmsghdr *message =
		begin_message(walk->conntrack, buffer,
			      wish == CONNTRACK_DELETE ? IPCTNL_MSG_CT_DELETE : IPCTNL_MSG_CT_NEW,
			      NLM_F_ACK, family);
	int problem;

	copy_attribute(message, attributes->of[CTA_TUPLE_ORIG]);
	copy_attribute(message, attributes->of[CTA_ZONE]);
	if (wish == CONNTRACK_DELETE) {
		/* Not a later flow that happens to have the same tuple. */
		copy_attribute(message, attributes->of[CTA_ID]);
	} else {
		mnl_attr_put_u32(message, CTA_MARK, 0);
		mnl_attr_put_u32(message, CTA_MARK_MASK, htonl(walk->mark_mask));
	}
	problem = netlink_ask(walk->conntrack->changer, message, NULL, NULL);
	if (problem == 0)
		walk->changed++;
	else if (problem != -ENOENT)
		walk->problem = problem;
}

static void read_entry(void *context, const struct nlmsghdr *message)
{
	struct walk *walk = context;
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	struct netlink_attributes attributes;
	struct conntrack_entry entry = {.mark = 0};
	enum conntrack_wish wish;

	netlink_read_attributes(message, sizeof(*header), &attributes);
	entry.mark = (uint32_t)read_number(attributes.of[CTA_MARK]);
	if ((walk->mark_mask && !(entry.mark & walk->mark_mask)) ||
	    !attributes.of[CTA_TUPLE_ORIG] ||
	    !read_tuple(attributes.of[CTA_TUPLE_ORIG], header->nfgen_family, &entry.tuple))
		return;
	read_counters(attributes.of[CTA_COUNTERS_ORIG], &entry.packets_sent, &entry.bytes_sent);
	read_counters(attributes.of[CTA_COUNTERS_REPLY], &entry.packets_answered,
		      &entry.bytes_answered);
	wish = walk->ask(walk->context, &entry);
	if (wish != CONNTRACK_KEEP)
		change_entry(walk, &attributes, header->nfgen_family, wish);
}

int conntrack_walk(struct conntrack *conntrack, uint32_t mark_mask, conntrack_ask *asked,
		   void *context)
{
	struct walk walk = {conntrack, mark_mask, asked, context, 0, 0};
	char buffer[MESSAGE_SIZE];
	int problem = netlink_ask(
		conntrack->reader,
		begin_message(conntrack, buffer, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC),
		read_entry, &walk);

	/* What came meanwhile is of the present generation. */
	if (problem == 0 || problem == -EINTR)
		problem = walk.problem;
	return problem < 0 ? problem : walk.changed;
}
