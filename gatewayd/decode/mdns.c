/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device announces of its services by multicast DNS (RFC 6762) in the
 * way of DNS-SD (RFC 6763):
 *
 *	_ipp._tcp.local PTR Office._ipp._tcp.local
 *	Office._ipp._tcp.local SRV 0 0 631 printer.local
 *	Office._ipp._tcp.local TXT "ty=LaserJet 400"
 *
 * Only responses are read: a query carries the records of others, too (RFC
 * 6762 section 7.1). Instance names are what people write, in UTF-8, so labels
 * are looked at as they are and not in the canonical form of decode/dns.c,
 * which has four characters for each byte that is not ASCII.
 */
#include "decode/dns.h"
#include "decode/lines.h"
#include "decode/traits.h"

#define RESPONSE 0x8000u
#define OPCODE 0x7800u
#define RECORDS_MOST 64
#define LABELS_MOST 5 /* sub-types have more and are passed over */
#define POINTERS_MOST 127

struct labels {
	struct bytes label[LABELS_MOST];
	unsigned count; /* may be more than there is room for */
};

/* A name at the cursor. Each pointer must go to before what led to it. */
static bool read_labels(struct cursor *cursor, struct labels *ret_labels)
{
	struct cursor here = *cursor;
	size_t start = here.pos;
	unsigned pointers = 0;

	ret_labels->count = 0;
	for (;;) {
		uint8_t len = cursor_u8(&here);

		if (len >= 0xc0) {
			size_t target = (size_t)(len & 0x3f) << 8 | cursor_u8(&here);

			if (!cursor_ok(&here) || target >= start || ++pointers > POINTERS_MOST)
				return false;
			if (pointers == 1)
				cursor->pos = here.pos;
			start = here.pos = target;
			continue;
		}
		if (len > 63 || !cursor_ok(&here))
			return false;
		if (len == 0)
			break;
		if (ret_labels->count < LABELS_MOST)
			ret_labels->label[ret_labels->count] = bytes_of(here.data + here.pos, len);
		cursor_skip(&here, len);
		if (++ret_labels->count > POINTERS_MOST || !cursor_ok(&here))
			return false;
	}
	if (pointers == 0)
		cursor->pos = here.pos;
	return true;
}

static bool is_service(struct bytes label)
{
	return label.len > 1 && label.data[0] == '_' && lines_printable(label);
}

/*
 * "_hap._tcp" of a name that ends in it and ".local"; *ret_place: the number of
 * its labels before that. False: it is no service's.
 */
static bool read_service(const struct labels *labels, unsigned *ret_place,
			 char text[static TRAITS_TEXT_SIZE])
{
	unsigned at = labels->count - 3;
	const struct bytes *type;
	size_t len;

	if (labels->count < 3 || labels->count > 4 ||
	    !lines_equal(labels->label[labels->count - 1], "local"))
		return false;
	type = &labels->label[at];
	if (!is_service(type[0]) ||
	    (!lines_equal(type[1], "_tcp") && !lines_equal(type[1], "_udp")) ||
	    type[0].len + type[1].len + 2 > TRAITS_TEXT_SIZE)
		return false;
	len = type[0].len;
	memcpy(text, type[0].data, len);
	text[len++] = '.';
	memcpy(text + len, type[1].data, type[1].len);
	text[len + type[1].len] = 0;
	*ret_place = at;
	return true;
}

/* The service that something answers to; not the list of all services (section 9). */
static void take_service(struct traits *traits, const char *service)
{
	if (strcmp(service, "_services._dns-sd._udp") != 0)
		traits_add_service(traits, service);
}

static struct bytes value_of(struct bytes pair, const char *key)
{
	size_t len = strlen(key);

	if (pair.len <= len || pair.data[len] != '=' || !lines_start_with(pair, key))
		return bytes_of(NULL, 0);
	return bytes_of(pair.data + len + 1, pair.len - len - 1);
}

static void take_pair(struct traits *traits, const char *service, struct bytes pair)
{
	/* Cast, HomeKit, AirPrint; AirPlay; others' words for the same. */
	static const char *const models[] = {"md", "ty", "model", "am", "mdl", "product_name"};
	static const char *const serials[] = {"deviceid", "serialNumber", "uuid", "mac", "id"};
	/* HomeKit's and Home Connect's kind of device. */
	static const char *const kinds[] = {"ci", "type"};
	char text[2 * TRAITS_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]) && !traits->model[0]; i++)
		traits_set_text(traits->model, value_of(pair, models[i]));
	for (size_t i = 0; i < sizeof(serials) / sizeof(serials[0]) && !traits->serial[0]; i++)
		traits_set_text(traits->serial, value_of(pair, serials[i]));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(service);

		if (value_of(pair, kinds[i]).len == 0 || pair.len + len + 2 > sizeof(text))
			continue;
		memcpy(text, service, len);
		text[len] = ' ';
		memcpy(text + len + 1, pair.data, pair.len);
		text[len + 1 + pair.len] = 0;
		traits_add_service(traits, text);
	}
}

static void take_text(struct traits *traits, const char *service, struct bytes data)
{
	struct cursor cursor = cursor_on(data);

	while (cursor_left(&cursor)) {
		struct bytes pair = cursor_take(&cursor, cursor_u8(&cursor));

		if (!cursor_ok(&cursor))
			return;
		take_pair(traits, service, pair);
	}
}

/* The name of a service or of one of its instances. */
static void take_of_service(struct traits *traits, const char *service, unsigned place,
			    const struct labels *owner, uint16_t type, struct bytes data)
{
	if (place == 1 && (type == DNS_TYPE_SRV || type == DNS_TYPE_TXT)) {
		take_service(traits, service);
		if (!traits->instance[0])
			traits_set_text(traits->instance, owner->label[0]);
	}
	if (place == 1 && type == DNS_TYPE_TXT)
		take_text(traits, service, data);
}

/* What a PTR record points to: an instance, or in the list of services one of them. */
static bool take_target(struct traits *traits, struct cursor *cursor)
{
	char service[TRAITS_TEXT_SIZE];
	struct labels target;
	unsigned place;

	if (!read_labels(cursor, &target))
		return false;
	if (read_service(&target, &place, service)) {
		take_service(traits, service);
		if (place == 1 && !traits->instance[0])
			traits_set_text(traits->instance, target.label[0]);
	}
	return true;
}

static bool read_record(struct cursor *cursor, struct traits *traits)
{
	char service[TRAITS_TEXT_SIZE];
	struct cursor target;
	struct labels owner;
	struct bytes data;
	uint16_t type;
	unsigned place;

	if (!read_labels(cursor, &owner))
		return false;
	type = cursor_u16(cursor);
	cursor_skip(cursor, 2); /* class, with a bit of its own (section 10.2) */
	if (cursor_u32(cursor) == 0 && cursor_ok(cursor)) {
		/* Goodbye (section 10.1). */
		cursor_skip(cursor, cursor_u16(cursor));
		return cursor_ok(cursor);
	}
	data = cursor_take(cursor, cursor_u16(cursor));
	if (!cursor_ok(cursor))
		return false;
	target = *cursor;
	target.len = cursor->pos;
	target.pos = cursor->pos - data.len;
	if (read_service(&owner, &place, service)) {
		take_of_service(traits, service, place, &owner, type, data);
		if (type == DNS_TYPE_PTR && !take_target(traits, &target))
			return false;
	} else if ((type == DNS_TYPE_A || type == DNS_TYPE_AAAA) && owner.count == 2 &&
		   lines_equal(owner.label[1], "local") && !traits->hostname[0]) {
		traits_set_hostname(traits->hostname, owner.label[0]);
	}
	return true;
}

bool mdns_read(struct bytes message, struct traits *traits)
{
	struct cursor cursor = cursor_on(message);
	uint16_t flags;
	unsigned questions, records;
	struct labels name;

	cursor_skip(&cursor, 2);
	flags = cursor_u16(&cursor);
	questions = cursor_u16(&cursor);
	records = cursor_u16(&cursor);
	records += cursor_u16(&cursor);
	records += cursor_u16(&cursor);
	if (!cursor_ok(&cursor) || (flags & (RESPONSE | OPCODE)) != RESPONSE ||
	    questions > RECORDS_MOST)
		return false;
	for (unsigned i = 0; i < questions; i++) {
		if (!read_labels(&cursor, &name))
			return false;
		cursor_skip(&cursor, 4);
	}
	/* What was read before something broken counts: nothing is decided by it. */
	for (unsigned i = 0; i < records && i < RECORDS_MOST && cursor_left(&cursor); i++)
		if (!read_record(&cursor, traits))
			break;
	return traits->service_count || traits->hostname[0] || traits->model[0];
}
