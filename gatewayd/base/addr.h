/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware addresses, IPv4 and IPv6 addresses, and prefixes: parse, print,
 * compare. All are plain values in network byte order without padding, so
 * they may be compared and hashed as bytes.
 */
#ifndef GATEWAYD_BASE_ADDR_H
#define GATEWAYD_BASE_ADDR_H

#include "base/bytes.h"

#define MAC_TEXT_SIZE 18     /* "a4:cf:12:00:00:01" and the terminator */
#define ADDRESS_TEXT_SIZE 46 /* as INET6_ADDRSTRLEN */
#define PREFIX_TEXT_SIZE 50

struct mac {
	uint8_t bytes[6];
};

enum address_family {
	ADDRESS_NONE = 0,
	ADDRESS_IPV4 = 4,
	ADDRESS_IPV6 = 6,
};

/* An IPv4 address is in bytes[0..3]; the rest is zero. */
struct address {
	uint8_t family; /* enum address_family */
	uint8_t bytes[16];
};

struct prefix {
	struct address address; /* host bits are zero */
	uint8_t length;
};

/* What an address is good for, RFC 6890. Documentation ranges are global. */
enum address_scope {
	SCOPE_GLOBAL,
	SCOPE_PRIVATE, /* RFC 1918, RFC 6598, RFC 4193 */
	SCOPE_LINK_LOCAL,
	SCOPE_LOOPBACK,
	SCOPE_MULTICAST, /* and the IPv4 broadcast address */
	SCOPE_UNSPECIFIED,
};

bool mac_is_zero(const struct mac *mac);
bool mac_equal(const struct mac *a, const struct mac *b);
/* Set by the owner of the device, not by its maker (random MACs have it). */
bool mac_is_local(const struct mac *mac);
/* "a4:cf:12:00:00:01", also with '-'. False: not a MAC. */
bool mac_parse(const char *text, struct mac *ret_mac);
void mac_print(const struct mac *mac, char text[static MAC_TEXT_SIZE]);

struct address address_ipv4(const uint8_t bytes[static 4]);
struct address address_ipv6(const uint8_t bytes[static 16]);
bool address_equal(const struct address *a, const struct address *b);
/* Bytes of the address in use: 0, 4 or 16. */
size_t address_len(const struct address *address);
enum address_scope address_scope(const struct address *address);
/* ::ffff:a.b.c.d becomes a.b.c.d; all else stays. */
struct address address_unmapped(const struct address *address);
bool address_parse(const char *text, struct address *ret_address);
void address_print(const struct address *address, char text[static ADDRESS_TEXT_SIZE]);

/* "192.0.2.0/24"; without "/n" the whole address. Host bits are cleared. */
bool prefix_parse(const char *text, struct prefix *ret_prefix);
bool prefix_contains(const struct prefix *prefix, const struct address *address);
void prefix_print(const struct prefix *prefix, char text[static PREFIX_TEXT_SIZE]);

#endif
