/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What devices say of themselves, and what the names that they ask for tell.
 * It is kept for people to look at and decides nothing.
 */
#include "engine/overhear.h"

#include "engine/internal.h"

static bool is_app(const struct policy_entry *entry)
{
	return strcmp(entry->device_class, "phone-app") == 0;
}

void device_add_row(struct device *device, const char *row)
{
	for (unsigned i = 0; i < device->row_count; i++) {
		if (strcmp(device->rows[i], row) == 0)
			return;
	}
	if (device->row_count < DEVICE_ROWS_MOST)
		writer_set_text(device->rows[device->row_count++], DEVICE_ROW_SIZE, row);
}

/*
 * The first few are kept: a device asks for its maker's names before all
 * others. Apps run on anything, so their rows never fill the last places.
 */
void overhear_entry(struct device *device, const struct policy_entry *entry)
{
	if (!entry || !entry->device_class || strcmp(entry->device_class, "generic") == 0 ||
	    strlen(entry->row) >= DEVICE_ROW_SIZE ||
	    (is_app(entry) && device->row_count >= DEVICE_ROWS_MOST / 2))
		return;
	device_add_row(device, entry->row);
}

/*
 * Addresses are noted as the device's, but nothing else is learned from them:
 * anybody on the link can send a datagram like this with any source.
 */
bool engine_overhear(struct engine *engine, const struct packet *packet)
{
	struct packet_headers headers;
	struct traits traits;
	struct device *device;

	if (packet->direction == PACKET_TO_DEVICE || mac_is_zero(&packet->mac) ||
	    decode_packet(packet->data, packet->truncated, &headers) != DECODE_OK ||
	    headers.transport != TRANSPORT_UDP || headers.fragment ||
	    !traits_read(headers.dst_port, headers.payload, &packet->mac, &traits))
		return false;
	if (packet->time > engine->now)
		engine->now = packet->time;
	device = device_of_mac(engine, &packet->mac);
	table_touch(engine->devices, device);
	device->last = engine->now;
	device_policy(engine, device);
	device_remember_address(device, &headers.src);
	/* One that asks for its address has none yet to be told of. */
	if (device->address_count)
		device_tell(engine, device);
	return traits_merge(&device->traits, &traits);
}
