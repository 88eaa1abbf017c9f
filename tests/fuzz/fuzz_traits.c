/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What devices say of themselves. The first byte tells on which port; a DHCP
 * request is always of the device that sends it.
 */
#include <stdlib.h>

#include "decode/traits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(condition)         \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define CLIENT_AT 28

static void ensure_text(const char text[static TRAITS_TEXT_SIZE])
{
	const char *end = memchr(text, 0, TRAITS_TEXT_SIZE);
	size_t len = end ? (size_t)(end - text) : TRAITS_TEXT_SIZE;

	ENSURE(end);
	for (size_t i = 0; i < len; i++)
		ENSURE((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
	/* What is written to a file has nothing else behind it. */
	for (size_t i = len; i < TRAITS_TEXT_SIZE; i++)
		ENSURE(text[i] == 0);
}

static void ensure_traits(const struct traits *traits)
{
	ensure_text(traits->hostname);
	ensure_text(traits->vendor_class);
	ensure_text(traits->instance);
	ensure_text(traits->model);
	ensure_text(traits->serial);
	ensure_text(traits->server);
	ENSURE(traits->parameter_count <= TRAITS_PARAMETERS_MOST);
	ENSURE(traits->service_count <= TRAITS_SERVICES_MOST);
	for (unsigned i = 0; i < traits->service_count; i++) {
		ensure_text(traits->services[i]);
		ENSURE(traits->services[i][0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t ports[] = {TRAITS_DHCP, TRAITS_DHCPV6, TRAITS_SSDP, TRAITS_MDNS};
	struct traits traits, all;
	struct mac mac = {{0}};

	if (size == 0)
		return 0;
	if (size > 1 + CLIENT_AT + sizeof(mac.bytes))
		memcpy(mac.bytes, data + 1 + CLIENT_AT, sizeof(mac.bytes));
	if (!traits_read(ports[data[0] % 4], bytes_of(data + 1, size - 1), &mac, &traits))
		return 0;
	ensure_traits(&traits);
	memset(&all, 0, sizeof(all));
	ENSURE(traits_merge(&all, &traits));
	ensure_traits(&all);
	/* The same again is nothing new. */
	ENSURE(!traits_merge(&all, &traits));
	return 0;
}
