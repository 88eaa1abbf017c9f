/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SSDP (UPnP Device Architecture 2.0, section 1.2): what a device announces.
 *
 *	NOTIFY * HTTP/1.1
 *	NT: urn:schemas-upnp-org:device:MediaRenderer:1
 *	NTS: ssdp:alive
 *	SERVER: Linux/4.9 UPnP/1.0 Product/1.0
 *	USN: uuid:...::urn:schemas-upnp-org:device:MediaRenderer:1
 *
 * A search tells what somebody looks for, not what he is, and is not read. The
 * description that LOCATION points to is never fetched.
 */
#include "decode/lines.h"
#include "decode/traits.h"

#define LINES_MOST 32

static void take_type(struct traits *traits, struct bytes value)
{
	char text[TRAITS_TEXT_SIZE];

	/* Every root device says the former; the latter is in USN, too. */
	if (lines_equal(value, "upnp:rootdevice") || lines_start_with(value, "uuid:"))
		return;
	traits_set_text(text, value);
	traits_add_service(traits, text);
}

/* "uuid:" and what names the device, up to "::". */
static void take_name(struct traits *traits, struct bytes value)
{
	size_t len = 5;

	if (!lines_start_with(value, "uuid:"))
		return;
	while (len < value.len && value.data[len] != ':')
		len++;
	traits_set_text(traits->serial, bytes_of(value.data + 5, len - 5));
}

static void take_header(struct traits *traits, struct bytes name, struct bytes value, bool *alive)
{
	if (lines_equal(name, "NT"))
		take_type(traits, value);
	else if (lines_equal(name, "USN"))
		take_name(traits, value);
	else if (lines_equal(name, "SERVER"))
		traits_set_text(traits->server, value);
	else if (lines_equal(name, "NTS"))
		*alive = lines_equal(value, "ssdp:alive");
}

bool ssdp_read(struct bytes message, struct traits *traits)
{
	struct cursor cursor = cursor_on(message);
	struct bytes line;
	bool alive = false;

	if (!lines_next(&cursor, &line) || !lines_equal(line, "NOTIFY * HTTP/1.1"))
		return false;
	for (unsigned i = 0; i < LINES_MOST && lines_next(&cursor, &line) && line.len; i++) {
		const uint8_t *colon = memchr(line.data, ':', line.len);
		size_t len = colon ? (size_t)(colon - line.data) : 0;

		if (!len)
			continue;
		take_header(traits, bytes_of(line.data, len),
			    lines_trim(bytes_of(colon + 1, line.len - len - 1)), &alive);
	}
	return alive && (traits->service_count || traits->server[0] || traits->serial[0]);
}
