/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a DHCP client says of itself. DHCPv4: RFC 2131 section 2, options of
 * RFC 2132 and RFC 4702; options that go on in the file and server name fields
 * (RFC 2132 section 9.3) are a server's and not read. DHCPv6: RFC 8415 section
 * 8, options 16 (section 21.16) and 39 (RFC 4704).
 */
#include "decode/traits.h"

#define BOOTREQUEST 1
#define ETHERNET 1
#define MAGIC 0x63825363u
#define SNAME_AND_FILE (64 + 128)

enum dhcp_option {
	DHCP_PAD = 0,
	DHCP_HOSTNAME = 12,
	DHCP_PARAMETERS = 55,
	DHCP_VENDOR_CLASS = 60,
	DHCP_FQDN = 81,
	DHCP_END = 255,
};

enum dhcpv6_option {
	DHCPV6_VENDOR_CLASS = 16,
	DHCPV6_FQDN = 39,
};

/* The first label of a name in wire format (RFC 1035 section 3.1) or as text. */
static void read_fqdn(struct bytes name, bool wire, struct traits *traits)
{
	struct cursor cursor = cursor_on(name);
	const uint8_t *dot;

	if (wire) {
		name = cursor_take(&cursor, cursor_u8(&cursor));
	} else {
		dot = name.len ? memchr(name.data, '.', name.len) : NULL;
		if (dot)
			name.len = (size_t)(dot - name.data);
	}
	if (name.len && cursor_ok(&cursor))
		traits_set_hostname(traits->hostname, name);
}

static void read_option(uint8_t code, struct bytes value, struct traits *traits)
{
	struct cursor cursor = cursor_on(value);
	uint8_t flags;

	switch (code) {
	case DHCP_HOSTNAME:
		traits_set_hostname(traits->hostname, value);
		break;
	case DHCP_PARAMETERS:
		if (value.len > TRAITS_PARAMETERS_MOST)
			value.len = TRAITS_PARAMETERS_MOST;
		if (value.len)
			memcpy(traits->parameters, value.data, value.len);
		traits->parameter_count = (uint8_t)value.len;
		break;
	case DHCP_VENDOR_CLASS:
		traits_set_text(traits->vendor_class, value);
		break;
	case DHCP_FQDN:
		/* Flags, and two bytes that nobody uses any more. */
		flags = cursor_u8(&cursor);
		cursor_skip(&cursor, 2);
		if (!traits->hostname[0] && cursor_ok(&cursor))
			read_fqdn(cursor_rest(&cursor), flags & 0x04, traits);
		break;
	default:
		break;
	}
}

static bool has_any(const struct traits *traits)
{
	return traits->hostname[0] || traits->vendor_class[0] || traits->parameter_count;
}

bool dhcp_read(struct bytes message, const struct mac *mac, struct traits *traits)
{
	struct cursor cursor = cursor_on(message);
	uint8_t op = cursor_u8(&cursor), kind = cursor_u8(&cursor), len = cursor_u8(&cursor);
	struct bytes client;

	cursor_skip(&cursor, 25); /* to chaddr */
	client = cursor_take(&cursor, 6);
	cursor_skip(&cursor, 10 + SNAME_AND_FILE);
	if (cursor_u32(&cursor) != MAGIC || op != BOOTREQUEST || kind != ETHERNET || len != 6 ||
	    !cursor_ok(&cursor) || memcmp(client.data, mac->bytes, 6) != 0)
		return false; /* somebody else's, carried by a relay or a repeater */
	while (cursor_left(&cursor)) {
		uint8_t code = cursor_u8(&cursor);
		struct bytes value;

		if (code == DHCP_PAD)
			continue;
		if (code == DHCP_END)
			break;
		value = cursor_take(&cursor, cursor_u8(&cursor));
		if (!cursor_ok(&cursor))
			return false;
		read_option(code, value, traits);
	}
	return cursor_ok(&cursor) && has_any(traits);
}

/* Enterprise number, then texts, each with its length; the first one is taken. */
static void read_vendor_class_v6(struct bytes value, struct traits *traits)
{
	struct cursor cursor = cursor_on(value);
	struct bytes text;

	cursor_skip(&cursor, 4);
	text = cursor_take(&cursor, cursor_u16(&cursor));
	if (cursor_ok(&cursor))
		traits_set_text(traits->vendor_class, text);
}

/* Messages of a client: solicit, request, confirm, renew, rebind, release, decline, inform. */
static bool is_from_client(uint8_t kind)
{
	return kind == 1 || (kind >= 3 && kind <= 6) || kind == 8 || kind == 9 || kind == 11;
}

bool dhcpv6_read(struct bytes message, struct traits *traits)
{
	struct cursor cursor = cursor_on(message);

	if (!is_from_client(cursor_u8(&cursor)))
		return false;
	cursor_skip(&cursor, 3);
	while (cursor_left(&cursor)) {
		uint16_t code = cursor_u16(&cursor);
		struct bytes value = cursor_take(&cursor, cursor_u16(&cursor));

		if (!cursor_ok(&cursor))
			return false;
		if (code == DHCPV6_VENDOR_CLASS)
			read_vendor_class_v6(value, traits);
		else if (code == DHCPV6_FQDN && value.len > 1)
			read_fqdn(bytes_of(value.data + 1, value.len - 1), true, traits);
	}
	return cursor_ok(&cursor) && has_any(traits);
}
