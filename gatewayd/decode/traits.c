/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/traits.h"

/* A character of UTF-8 that the end of the room cut is left out whole. */
static size_t whole_characters(const char *text, size_t len)
{
	size_t start = len;

	while (start && ((uint8_t)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (!start || (uint8_t)text[start - 1] < 0xc0)
		return len;
	start--;
	switch ((uint8_t)text[start] >> 4) {
	case 0xf:
		return len - start < 4 ? start : len;
	case 0xe:
		return len - start < 3 ? start : len;
	default:
		return len - start < 2 ? start : len;
	}
}

void traits_set_text(char target[static TRAITS_TEXT_SIZE], struct bytes text)
{
	size_t len = 0;

	memset(target, 0, TRAITS_TEXT_SIZE);
	while (text.len && text.data[text.len - 1] == 0)
		text.len--;
	for (; len < text.len && len < TRAITS_TEXT_SIZE - 1; len++) {
		uint8_t c = text.data[len];

		target[len] = c < ' ' || c == 0x7f ? '?' : (char)c;
	}
	/* Of a character that was cut nothing stays, behind the end neither. */
	if (len < text.len) {
		size_t whole = whole_characters(target, len);

		memset(target + whole, 0, len - whole);
	}
}

static bool is_of_hostname(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

void traits_set_hostname(char target[static TRAITS_TEXT_SIZE], struct bytes text)
{
	size_t len = 0;

	/* A longer one may have been said before. */
	memset(target, 0, TRAITS_TEXT_SIZE);
	for (size_t i = 0; i < text.len && len < TRAITS_TEXT_SIZE - 1; i++)
		if (is_of_hostname(text.data[i]))
			target[len++] = (char)text.data[i];
}

static bool have_service(const struct traits *traits, const char *service)
{
	for (unsigned i = 0; i < traits->service_count; i++)
		if (strcmp(traits->services[i], service) == 0)
			return true;
	return false;
}

void traits_add_service(struct traits *traits, const char *service)
{
	char clean[TRAITS_TEXT_SIZE];

	traits_set_text(clean, bytes_of(service, strlen(service)));
	if (!clean[0] || traits->service_count == TRAITS_SERVICES_MOST ||
	    have_service(traits, clean))
		return;
	memcpy(traits->services[traits->service_count++], clean, sizeof(clean));
}

bool traits_read(uint16_t port, struct bytes payload, const struct mac *mac,
		 struct traits *ret_traits)
{
	struct traits traits;
	bool found = false;

	memset(&traits, 0, sizeof(traits));
	traits.second_hand = port != TRAITS_DHCP;
	switch (port) {
	case TRAITS_DHCP:
		found = dhcp_read(payload, mac, &traits);
		break;
	case TRAITS_DHCPV6:
		found = dhcpv6_read(payload, &traits);
		break;
	case TRAITS_MDNS:
		found = mdns_read(payload, &traits);
		break;
	case TRAITS_SSDP:
		found = ssdp_read(payload, &traits);
		break;
	}
	if (found)
		*ret_traits = traits;
	return found;
}

static bool replace(char target[static TRAITS_TEXT_SIZE], const char *newer, bool only_empty)
{
	if (!*newer || (only_empty && *target) || strcmp(target, newer) == 0)
		return false;
	memcpy(target, newer, TRAITS_TEXT_SIZE);
	return true;
}

bool traits_merge(struct traits *traits, const struct traits *newer)
{
	uint8_t services = traits->service_count;
	bool changed = replace(traits->hostname, newer->hostname, newer->second_hand);

	changed |= replace(traits->vendor_class, newer->vendor_class, newer->second_hand);
	changed |= replace(traits->instance, newer->instance, false);
	changed |= replace(traits->model, newer->model, false);
	changed |= replace(traits->serial, newer->serial, false);
	changed |= replace(traits->server, newer->server, false);
	if (newer->parameter_count &&
	    !bytes_equal(bytes_of(traits->parameters, traits->parameter_count),
			 bytes_of(newer->parameters, newer->parameter_count))) {
		memcpy(traits->parameters, newer->parameters, sizeof(traits->parameters));
		traits->parameter_count = newer->parameter_count;
		changed = true;
	}
	for (unsigned i = 0; i < newer->service_count; i++)
		traits_add_service(traits, newer->services[i]);
	return changed || traits->service_count != services;
}
