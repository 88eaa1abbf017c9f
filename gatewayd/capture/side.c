/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes are copied; MACs are kept in a table of fixed size. Looks at
 * addresses and ports only and believes no length.
 */
#include <stdlib.h>

#include "base/protocol.h"
#include "base/table.h"
#include "capture/side.h"

#define MACS_MOST 4096
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

struct mac_seen {
	struct mac mac;
	bool sends_from_lan;
	bool routes;
};

struct sides {
	struct prefix *lan;
	size_t lan_count;
	struct table *macs;
};

struct ends {
	struct address src, dst;
	uint16_t src_port, dst_port; /* 0: none, or not there to read */
};

static const char *const private_ranges[] = {
	"10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
	"169.254.0.0/16", "fc00::/7",      "fe80::/10",
};

#define PRIVATE_COUNT (sizeof(private_ranges) / sizeof(private_ranges[0]))

struct sides *sides_new(const struct prefix *lan, size_t count)
{
	static const struct hash_key key = {0, 0}; /* the same each time */
	struct sides *sides = calloc(1, sizeof(*sides));

	if (!sides)
		return NULL;
	sides->lan_count = count ? count : PRIVATE_COUNT;
	sides->lan = calloc(sides->lan_count, sizeof(*sides->lan));
	sides->macs = table_new(MACS_MOST, sizeof(struct mac), sizeof(struct mac_seen), &key);
	if (!sides->lan || !sides->macs) {
		sides_free(sides);
		return NULL;
	}
	for (size_t i = 0; i < sides->lan_count; i++) {
		if (count)
			sides->lan[i] = lan[i];
		else
			(void)prefix_parse(private_ranges[i], &sides->lan[i]);
	}
	return sides;
}

void sides_free(struct sides *sides)
{
	if (!sides)
		return;
	free(sides->lan);
	table_free(sides->macs);
	free(sides);
}

/* Ports of TCP and UDP right behind the header; good enough to know DNS by. */
static bool read_ends(struct bytes ip, struct ends *ret_ends)
{
	struct cursor cursor = cursor_on(ip);
	struct ends ends = {.src_port = 0};
	uint8_t first = cursor_peek(&cursor), protocol;
	bool fragment = false;
	struct bytes src, dst;

	if (first >> 4 == 6) {
		cursor_skip(&cursor, 6);
		protocol = cursor_u8(&cursor);
		cursor_skip(&cursor, 1);
		src = cursor_take(&cursor, 16);
		dst = cursor_take(&cursor, 16);
	} else {
		cursor_skip(&cursor, 6);
		fragment = (cursor_u16(&cursor) & 0x1fff) != 0;
		cursor_skip(&cursor, 1);
		protocol = cursor_u8(&cursor);
		cursor_skip(&cursor, 2);
		src = cursor_take(&cursor, 4);
		dst = cursor_take(&cursor, 4);
	}
	if (!cursor_ok(&cursor) || (first >> 4 != 4 && first >> 4 != 6))
		return false;
	ends.src = first >> 4 == 6 ? address_ipv6(src.data) : address_ipv4(src.data);
	ends.dst = first >> 4 == 6 ? address_ipv6(dst.data) : address_ipv4(dst.data);
	if (first >> 4 == 4 && (first & 0xf) > 5)
		cursor_skip(&cursor, 4u * (first & 0xfu) - 20);
	if (!fragment && (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP)) {
		ends.src_port = cursor_u16(&cursor);
		ends.dst_port = cursor_u16(&cursor);
	}
	*ret_ends = ends;
	return true;
}

static bool is_lan(const struct sides *sides, const struct address *address)
{
	for (size_t i = 0; i < sides->lan_count; i++)
		if (prefix_contains(&sides->lan[i], address))
			return true;
	return false;
}

/* One that a single host could have and that is worth a route. */
static bool is_routable(const struct address *address)
{
	switch (address_scope(address)) {
	case SCOPE_GLOBAL:
	case SCOPE_PRIVATE:
		return true;
	case SCOPE_LINK_LOCAL:
	case SCOPE_LOOPBACK:
	case SCOPE_MULTICAST:
	case SCOPE_UNSPECIFIED:
		return false;
	}
	return false;
}

static struct mac_seen *note_mac(const struct sides *sides, const struct mac *mac)
{
	struct mac_seen *seen;

	if (mac_is_zero(mac) || mac->bytes[0] & 1)
		return NULL;
	seen = table_find(sides->macs, mac);
	return seen ? seen : table_add(sides->macs, mac);
}

/*
 * Does traffic between these two go through a router? Two hosts of one link
 * may have IPv6 addresses of several kinds, so there only the global ones that
 * the user called the LAN's prove it.
 */
static bool needs_router(const struct address *inside, const struct address *outside)
{
	if (!is_routable(inside) || !is_routable(outside))
		return false;
	return inside->family == ADDRESS_IPV4 || address_scope(inside) == SCOPE_GLOBAL;
}

void sides_learn(struct sides *sides, const struct link_frame *frame)
{
	struct mac_seen *seen;
	struct ends ends;
	bool src_lan, dst_lan;

	if (!read_ends(frame->ip, &ends))
		return;
	src_lan = is_lan(sides, &ends.src);
	dst_lan = is_lan(sides, &ends.dst);
	seen = src_lan ? note_mac(sides, &frame->src) : NULL;
	if (seen)
		seen->sends_from_lan = true;
	seen = NULL;
	if (src_lan && !dst_lan && needs_router(&ends.src, &ends.dst))
		seen = note_mac(sides, &frame->dst);
	else if (dst_lan && !src_lan && needs_router(&ends.dst, &ends.src))
		seen = note_mac(sides, &frame->src);
	if (seen)
		seen->routes = true;
}

static bool is_router(const struct sides *sides, const struct mac *mac)
{
	const struct mac_seen *seen = table_find(sides->macs, mac);

	return seen && seen->routes;
}

static bool is_device(const struct sides *sides, const struct mac *mac)
{
	const struct mac_seen *seen = table_find(sides->macs, mac);

	return seen && seen->sends_from_lan && !seen->routes;
}

/* Both ends are in the LAN: one of them may be the gateway itself. */
static void judge_inside(const struct sides *sides, const struct link_frame *frame,
			 const struct ends *ends, struct packet *packet)
{
	bool to_router = is_router(sides, &frame->dst);
	bool from_router = is_router(sides, &frame->src) && !to_router;

	/* Where it is not known: whoever answers questions stands for it. */
	if (!to_router && !from_router && ends->src_port != ends->dst_port) {
		from_router = ends->src_port == DNS_PORT;
		to_router = ends->dst_port == DNS_PORT;
	}
	packet->direction = from_router ? PACKET_TO_DEVICE : PACKET_FROM_DEVICE;
	packet->mac = from_router ? frame->dst : frame->src;
	if (from_router)
		packet->hook = PACKET_OUTPUT;
	else
		packet->hook = to_router ? PACKET_INPUT : PACKET_FORWARD;
}

static bool may_send(const struct address *address)
{
	return is_routable(address) || address_scope(address) == SCOPE_LINK_LOCAL;
}

void sides_judge(const struct sides *sides, const struct link_frame *frame, struct packet *packet)
{
	struct ends ends;
	bool from, to;

	packet->hook = PACKET_FORWARD;
	packet->direction = PACKET_ELSEWHERE;
	memset(&packet->mac, 0, sizeof(packet->mac));
	if (!read_ends(frame->ip, &ends))
		return;
	/* Whoever asks for his first address: no side, but who it is is known. */
	if (address_scope(&ends.src) == SCOPE_UNSPECIFIED && !is_router(sides, &frame->src))
		packet->mac = frame->src;
	if (!may_send(&ends.src))
		return;
	from = is_lan(sides, &ends.src) || is_device(sides, &frame->src);
	to = is_lan(sides, &ends.dst) || (may_send(&ends.dst) && is_device(sides, &frame->dst));
	if (from && to) {
		judge_inside(sides, frame, &ends, packet);
	} else if (from) {
		packet->direction = PACKET_FROM_DEVICE;
		packet->mac = frame->src;
	} else if (to) {
		packet->direction = PACKET_TO_DEVICE;
		packet->mac = frame->dst;
	}
}
