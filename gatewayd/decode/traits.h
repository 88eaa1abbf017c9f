/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device tells everybody on its link about itself: in DHCP requests
 * (RFC 2131, RFC 8415), in multicast DNS (RFC 6762, RFC 6763) and in SSDP
 * (UPnP Device Architecture 2.0, section 1). It may all be made up; it is for
 * guesses that people look at. Texts hold no control characters, and what is
 * too long is cut.
 */
#ifndef GATEWAYD_DECODE_TRAITS_H
#define GATEWAYD_DECODE_TRAITS_H

#include "base/addr.h"

#define TRAITS_TEXT_SIZE 64
#define TRAITS_PARAMETERS_MOST 48
#define TRAITS_SERVICES_MOST 8

/* Start with zeroes; an empty text is not known. */
struct traits {
	char hostname[TRAITS_TEXT_SIZE];     /* letters, digits, '.', '_', '-' */
	char vendor_class[TRAITS_TEXT_SIZE]; /* DHCP options 60, DHCPv6 16 */
	/* What it wants to be told, in its order: differs from one DHCP client to another. */
	uint8_t parameters[TRAITS_PARAMETERS_MOST];
	uint8_t parameter_count;
	char instance[TRAITS_TEXT_SIZE]; /* what it calls its services */
	char model[TRAITS_TEXT_SIZE];
	char serial[TRAITS_TEXT_SIZE]; /* one device has it and no other */
	char server[TRAITS_TEXT_SIZE]; /* SSDP: system and product */
	/* "_hap._tcp", "_hap._tcp ci=9", "urn:schemas-upnp-org:device:MediaRenderer:1" */
	char services[TRAITS_SERVICES_MOST][TRAITS_TEXT_SIZE];
	uint8_t service_count;
	/* From elsewhere than DHCPv4, which says it best: taken where nothing is known. */
	bool second_hand;
};

/* The ports that devices tell it to: what traits_read() reads. */
enum traits_port {
	TRAITS_DHCP = 67,
	TRAITS_DHCPV6 = 547,
	TRAITS_SSDP = 1900,
	TRAITS_MDNS = 5353,
};

/* A datagram to that port, from that device. False: nothing of the kind in it. */
bool traits_read(uint16_t port, struct bytes payload, const struct mac *mac,
		 struct traits *ret_traits);

/* Newer ones take the place of older ones. True: something is new. */
bool traits_merge(struct traits *traits, const struct traits *newer);

/* ---- for the decoders ---- */

/* Copies what may be shown; '?' for a control character. */
void traits_set_text(char target[static TRAITS_TEXT_SIZE], struct bytes text);
/* As a host name: other characters are left out. */
void traits_set_hostname(char target[static TRAITS_TEXT_SIZE], struct bytes text);
/* Once, and no more than there is room for. */
void traits_add_service(struct traits *traits, const char *service);

bool dhcp_read(struct bytes message, const struct mac *mac, struct traits *traits);
bool dhcpv6_read(struct bytes message, struct traits *traits);
bool mdns_read(struct bytes message, struct traits *traits);
bool ssdp_read(struct bytes message, struct traits *traits);

#endif
