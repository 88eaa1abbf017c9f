/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "same.h"

#include <string.h>
#include <strings.h>

/* One that may only be silent for a while is not gone. */
#define QUIET MINUTE_US
/* A shorter serial number is a counter or a model. */
#define SERIAL_LEAST 8

void same_start(struct same *same, const struct device_record *device,
		const struct identify_table *table, time_us now)
{
	memset(same, 0, sizeof(*same));
	same->device = device;
	same->table = table;
	same->now = now;
}

static const char *hostname_of(const struct device_record *record)
{
	return record->hostname[0] ? record->hostname : record->traits.hostname;
}

/* What all things of a kind say is nobody's own name: a pattern without a wild card, or of many
 * kinds. */
static bool is_own_name(const struct same *same, const char *hostname)
{
	const struct identify_row *row =
		identify_table_find(same->table, IDENTIFY_HOSTNAME, hostname, NULL);

	return hostname[0] && !(row && (!row->kind || !strpbrk(row->pattern, "*#")));
}

static bool is_same_text(const char *a, const char *b)
{
	return a[0] && strcasecmp(a, b) == 0;
}

static bool has_same_options(const struct traits *a, const struct traits *b)
{
	return a->parameter_count && a->parameter_count == b->parameter_count &&
	       memcmp(a->parameters, b->parameters, a->parameter_count) == 0;
}

static bool asked_the_same(const struct device_record *a, const struct device_record *b)
{
	unsigned common = 0;

	for (unsigned i = 0; i < a->row_count; i++)
		for (unsigned j = 0; j < b->row_count; j++)
			common += strcmp(a->rows[i], b->rows[j]) == 0;
	return common >= 2;
}

/* Was another one of that name here at the same time? */
static bool is_alone(struct same *same, const struct device_record *record)
{
	for (unsigned i = 0; i < same->span_count; i++)
		if (record->first <= same->spans[i].last && same->spans[i].first <= record->last)
			return false;
	if (same->span_count == SAME_SPANS_MOST)
		return false;
	same->spans[same->span_count++] = (struct same_span){record->first, record->last};
	return true;
}

static void take(struct same *same, const struct device_record *record, bool by_name,
		 bool by_serial)
{
	const struct traits *its = &record->traits, *ours = &same->device->traits;
	unsigned count = 0;

	memcpy(same->name, record->name, sizeof(same->name));
	same->named = record->named;
	same->mac = record->mac;
	same->last = record->last;
	if (by_name)
		same->evidence[count++] = "host name";
	if (by_serial)
		same->evidence[count++] = "serial number";
	if (has_same_options(its, ours))
		same->evidence[count++] = "DHCP options";
	if (is_same_text(its->vendor_class, ours->vendor_class))
		same->evidence[count++] = "DHCP client";
	if (is_same_text(its->instance, ours->instance))
		same->evidence[count++] = "mDNS name";
	if (asked_the_same(record, same->device))
		same->evidence[count++] = "names asked";
	same->evidence_count = count;
}

/* A name alone is not enough, and two DHCP clients that want other things are two. */
static bool is_confirmed(const struct same *same, const struct device_record *record)
{
	const struct traits *its = &record->traits, *ours = &same->device->traits;

	if (its->parameter_count && ours->parameter_count)
		return has_same_options(its, ours);
	return is_same_text(its->vendor_class, ours->vendor_class) ||
	       is_same_text(its->instance, ours->instance) || asked_the_same(record, same->device);
}

static bool is_better(const struct same *same, const struct device_record *record)
{
	if (!same->name[0])
		return true;
	if (same->named != record->named)
		return record->named;
	return record->last > same->last;
}

void same_offer(void *context, const struct device_record *record)
{
	struct same *same = context;
	const struct device_record *device = same->device;
	const char *hostname = hostname_of(device);
	bool by_serial, by_name;

	if (mac_is_zero(&record->mac) || mac_equal(&record->mac, &device->mac))
		return;
	by_serial = strlen(device->traits.serial) >= SERIAL_LEAST &&
		    is_same_text(device->traits.serial, record->traits.serial);
	by_name = is_own_name(same, hostname) && is_same_text(hostname, hostname_of(record));
	if (!by_serial && !by_name)
		return;
	/* Both were here at a time, so they are two. */
	if (record->last >= device->first || (by_name && !is_alone(same, record))) {
		same->ambiguous = true;
		return;
	}
	if (same->now - record->last < QUIET || !(by_serial || is_confirmed(same, record)))
		return;
	if (is_better(same, record))
		take(same, record, by_name, by_serial);
}

bool same_end(const struct same *same)
{
	return same->name[0] && !same->ambiguous && !same->device->named &&
	       mac_is_local(&same->device->mac);
}
