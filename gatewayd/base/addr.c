/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inet_pton() and inet_ntop() do no I/O; the purity lint knows them. */
#include "base/addr.h"

#include <arpa/inet.h>

#include "base/writer.h"

bool mac_is_zero(const struct mac *mac)
{
	static const struct mac zero;

	return mac_equal(mac, &zero);
}

bool mac_equal(const struct mac *a, const struct mac *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool mac_is_local(const struct mac *mac)
{
	return mac->bytes[0] & 0x02;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool mac_parse(const char *text, struct mac *ret_mac)
{
	struct mac mac;

	for (unsigned i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return false;
		if (i < 5 ? text[2] != ':' && text[2] != '-' : text[2] != 0)
			return false;
		mac.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret_mac = mac;
	return true;
}

void mac_print(const struct mac *mac, char text[static MAC_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < 6; i++) {
		text[3 * i] = digits[mac->bytes[i] >> 4];
		text[3 * i + 1] = digits[mac->bytes[i] & 15];
		text[3 * i + 2] = i < 5 ? ':' : 0;
	}
}

struct address address_ipv4(const uint8_t bytes[static 4])
{
	struct address address = {.family = ADDRESS_IPV4};

	memcpy(address.bytes, bytes, 4);
	return address;
}

struct address address_ipv6(const uint8_t bytes[static 16])
{
	struct address address = {.family = ADDRESS_IPV6};

	memcpy(address.bytes, bytes, 16);
	return address;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

size_t address_len(const struct address *address)
{
	switch (address->family) {
	case ADDRESS_IPV4:
		return 4;
	case ADDRESS_IPV6:
		return 16;
	}
	return 0;
}

static enum address_scope scope_ipv4(const uint8_t *b)
{
	if (b[0] == 127)
		return SCOPE_LOOPBACK;
	if (b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
	    (b[0] == 100 && (b[1] & 0xc0) == 64))
		return SCOPE_PRIVATE;
	if (b[0] == 169 && b[1] == 254)
		return SCOPE_LINK_LOCAL;
	if ((b[0] & 0xf0) == 0xe0 || memcmp(b, "\xff\xff\xff\xff", 4) == 0)
		return SCOPE_MULTICAST;
	if (b[0] == 0)
		return SCOPE_UNSPECIFIED;
	return SCOPE_GLOBAL;
}

static enum address_scope scope_ipv6(const uint8_t *b)
{
	static const uint8_t zero[15];

	if (memcmp(b, zero, 15) == 0 && b[15] <= 1)
		return b[15] ? SCOPE_LOOPBACK : SCOPE_UNSPECIFIED;
	if (b[0] == 0xff)
		return SCOPE_MULTICAST;
	if (b[0] == 0xfe && (b[1] & 0xc0) == 0x80)
		return SCOPE_LINK_LOCAL;
	if ((b[0] & 0xfe) == 0xfc)
		return SCOPE_PRIVATE;
	return SCOPE_GLOBAL;
}

enum address_scope address_scope(const struct address *address)
{
	struct address plain = address_unmapped(address);

	switch (plain.family) {
	case ADDRESS_IPV4:
		return scope_ipv4(plain.bytes);
	case ADDRESS_IPV6:
		return scope_ipv6(plain.bytes);
	}
	return SCOPE_UNSPECIFIED;
}

struct address address_unmapped(const struct address *address)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (address->family == ADDRESS_IPV6 && memcmp(address->bytes, mapped, 12) == 0)
		return address_ipv4(address->bytes + 12);
	return *address;
}

bool address_parse(const char *text, struct address *ret_address)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		*ret_address = address_ipv4(bytes);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		*ret_address = address_ipv6(bytes);
	else
		return false;
	return true;
}

void address_print(const struct address *address, char text[static ADDRESS_TEXT_SIZE])
{
	int family = address->family == ADDRESS_IPV4 ? AF_INET : AF_INET6;

	if (address->family == ADDRESS_NONE ||
	    !inet_ntop(family, address->bytes, text, ADDRESS_TEXT_SIZE))
		memcpy(text, "-", 2);
}

static void clear_host_bits(struct prefix *prefix)
{
	for (size_t i = 0; i < address_len(&prefix->address); i++) {
		int keep = prefix->length - (int)(8 * i);

		if (keep <= 0)
			prefix->address.bytes[i] = 0;
		else if (keep < 8)
			prefix->address.bytes[i] &= (uint8_t)(0xff << (8 - keep));
	}
}

bool prefix_parse(const char *text, struct prefix *ret_prefix)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char copy[ADDRESS_TEXT_SIZE];
	struct prefix prefix;
	unsigned length = 0;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = 0;
	if (!address_parse(copy, &prefix.address))
		return false;
	unsigned most = (unsigned)(8 * address_len(&prefix.address));
	if (slash) {
		const char *digit = slash + 1;

		if (*digit == 0)
			return false;
		for (; *digit; digit++) {
			if (*digit < '0' || *digit > '9' || length > most)
				return false;
			length = 10 * length + (unsigned)(*digit - '0');
		}
		if (length > most)
			return false;
	} else {
		length = most;
	}
	prefix.length = (uint8_t)length;
	clear_host_bits(&prefix);
	*ret_prefix = prefix;
	return true;
}

bool prefix_contains(const struct prefix *prefix, const struct address *address)
{
	struct prefix same = {*address, prefix->length};

	if (prefix->address.family != address->family)
		return false;
	clear_host_bits(&same);
	return address_equal(&same.address, &prefix->address);
}

void prefix_print(const struct prefix *prefix, char text[static PREFIX_TEXT_SIZE])
{
	struct writer writer;

	address_print(&prefix->address, text);
	writer = writer_on(text, PREFIX_TEXT_SIZE);
	writer.len = strlen(text);
	writer_u8(&writer, '/');
	writer_decimal(&writer, prefix->length);
	writer_terminate(&writer);
}
