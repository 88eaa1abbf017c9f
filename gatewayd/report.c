/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _POSIX_C_SOURCE 200809L /* gmtime_r */

#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <json-c/json.h>

#include "decode/dns.h"
#include "identify.h"
#include "same.h"
#include "utf8.h"

/* Codes that JSON lets stand and a terminal obeys: DEL and U+0080 to U+009F. */
static bool is_obeyed(uint32_t code)
{
	return code >= 0x7f && code < 0xa0;
}

/* What is not UTF-8 would make the whole line no JSON. */
struct json_object *report_string(const char *text)
{
	char clean[512];
	size_t at = 0;
	uint32_t code;

	while (*text && at + 5 < sizeof(clean)) {
		size_t len = utf8_read(text, &code);
		bool good = len && !is_obeyed(code);

		if (good)
			memcpy(clean + at, text, len);
		else
			clean[at] = '?';
		at += good ? len : 1;
		text += len ? len : 1;
	}
	return json_object_new_string_len(clean, (int)at);
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	if (text && text[0])
		json_object_object_add(object, key, report_string(text));
}

static void add_number(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

/* Only when there is something to say. */
static void add_count(struct json_object *object, const char *key, uint64_t value)
{
	if (value)
		add_number(object, key, value);
}

static void add_flag(struct json_object *object, const char *key, bool set)
{
	if (set)
		json_object_object_add(object, key, json_object_new_boolean(true));
}

static void add_mac(struct json_object *object, const struct mac *mac)
{
	char text[MAC_TEXT_SIZE];

	if (mac_is_zero(mac))
		return;
	mac_print(mac, text);
	add_text(object, "mac", text);
}

static void add_address(struct json_object *object, const char *key, const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	if (address->family == ADDRESS_NONE)
		return;
	address_print(address, text);
	add_text(object, key, text);
}

static void add_country(struct json_object *object, const char *key, country code)
{
	char text[8];

	if (code == COUNTRY_UNKNOWN)
		return;
	country_print(code, text);
	add_text(object, key, text);
}

static void add_time(struct json_object *object, const char *key, time_us time)
{
	char text[REPORT_TIME_SIZE];

	if (!time)
		return;
	report_time(time, text);
	add_text(object, key, text);
}

const char *report_event_name(enum event_kind kind)
{
	switch (kind) {
	case EVENT_DECISION:
		return "decision";
	case EVENT_QUESTION:
		return "question";
	case EVENT_FLOW_END:
		return "flow-end";
	case EVENT_NEW_DEVICE:
		return "new-device";
	case EVENT_STRIPPED:
		return "stripped";
	case EVENT_SECRET:
		return "secret";
	}
	return "unknown";
}

static const char *source_name(enum name_source source)
{
	switch (source) {
	case NAME_FROM_NONE:
		return NULL;
	case NAME_FROM_DNS:
		return "dns";
	case NAME_FROM_SNI:
		return "sni";
	case NAME_FROM_HOST:
		return "host";
	}
	return NULL;
}

void report_question_type(uint16_t type, char text[static 12])
{
	static const struct {
		uint16_t type;
		const char *name;
	} types[] = {
		{DNS_TYPE_A, "A"},
		{DNS_TYPE_NS, "NS"},
		{DNS_TYPE_CNAME, "CNAME"},
		{DNS_TYPE_SOA, "SOA"},
		{DNS_TYPE_PTR, "PTR"},
		{DNS_TYPE_MX, "MX"},
		{DNS_TYPE_TXT, "TXT"},
		{DNS_TYPE_AAAA, "AAAA"},
		{DNS_TYPE_SRV, "SRV"},
		{DNS_TYPE_SVCB, "SVCB"},
		{13, "HINFO"},
		{35, "NAPTR"},
		{39, "DNAME"},
		{43, "DS"},
		{44, "SSHFP"},
		{46, "RRSIG"},
		{47, "NSEC"},
		{48, "DNSKEY"},
		{50, "NSEC3"},
		{52, "TLSA"},
		{61, "OPENPGPKEY"},
		{99, "SPF"},
		{DNS_TYPE_OPT, "OPT"},
		{DNS_TYPE_HTTPS, "HTTPS"},
		{249, "TKEY"},
		{250, "TSIG"},
		{251, "IXFR"},
		{252, "AXFR"},
		{DNS_TYPE_ANY, "ANY"},
		{256, "URI"},
		{257, "CAA"},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type) {
			snprintf(text, 12, "%s", types[i].name);
			return;
		}
	}
	snprintf(text, 12, "TYPE%u", (unsigned)type);
}

void report_time(time_us time, char text[static REPORT_TIME_SIZE])
{
	time_t seconds = (time_t)(time / SECOND_US);
	struct tm parts;

	if (!gmtime_r(&seconds, &parts) ||
	    strftime(text, REPORT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		text[0] = '\0';
}

static void add_names(struct json_object *object, const struct flow_record *record)
{
	struct json_object *names;

	if (record->name_count) {
		names = json_object_new_array();
		for (unsigned i = 0; i < record->name_count; i++)
			json_object_array_add(names,
					      json_object_new_string_len(record->names[i].text,
									 record->names[i].len));
		json_object_object_add(object, "names", names);
		add_text(object, "name_from", source_name(record->name_from));
	}
	if (record->is_dns && record->question_type) {
		char type[12];

		report_question_type(record->question_type, type);
		/* The root is the empty text, and a question all the same. */
		add_text(object, "qname", record->question.len ? record->question.text : ".");
		add_text(object, "qtype", type);
	}
}

static void add_ends(struct json_object *object, const struct flow_record *record)
{
	bool has_ports = record->transport == TRANSPORT_TCP || record->transport == TRANSPORT_UDP;

	if (record->transport != TRANSPORT_NONE)
		add_text(object, "transport", transport_name(record->transport));
	add_address(object, "src", &record->src);
	if (has_ports)
		add_number(object, "sport", record->src_port);
	add_address(object, "dst", &record->dst);
	if (has_ports)
		add_number(object, "dport", record->dst_port);
	if (record->protocol != PROTOCOL_UNKNOWN)
		add_text(object, "protocol", protocol_name(record->protocol));
}

static void add_decision(struct json_object *object, const struct flow_record *record)
{
	add_text(object, "action", policy_action_name(record->action));
	add_flag(object, "mismatch", record->mismatch);
	add_flag(object, "tunnel", record->tunnel);
	add_flag(object, "encrypted_name", record->encrypted_name);
	add_flag(object, "waiting", record->waiting);
	add_flag(object, "observed", record->observed);
	add_text(object, "rule", record->rule);
	add_text(object, "reason", record->reason);
}

/* By category; left out when there are none. */
static void add_categories(struct json_object *object, const char *key, const uint32_t *counts)
{
	struct json_object *categories = NULL;

	for (int data = 0; data < DATA_COUNT; data++) {
		if (!counts[data])
			continue;
		if (!categories)
			categories = json_object_new_object();
		add_number(categories, policy_data_name((enum policy_data)data), counts[data]);
	}
	if (categories)
		json_object_object_add(object, key, categories);
}

static void add_flow(struct json_object *object, const struct flow_record *record)
{
	add_text(object, "device", record->device);
	add_mac(object, &record->mac);
	add_text(object, "policy", record->policy);
	add_ends(object, record);
	add_names(object, record);
	add_country(object, "country", record->country);
	add_count(object, "asn", record->asn);
	add_text(object, "organisation", record->organisation);
	add_country(object, "jurisdiction", record->jurisdiction);
	if (record->purpose != PURPOSE_UNKNOWN)
		add_text(object, "purpose", policy_purpose_name(record->purpose));
	add_decision(object, record);
	add_number(object, "packets", record->packets);
	add_number(object, "bytes_up", record->bytes_up);
	add_number(object, "bytes_down", record->bytes_down);
	add_categories(object, "stripped", record->stripped);
	add_categories(object, "seen", record->seen);
}

struct json_object *report_flow(const struct flow_record *record)
{
	struct json_object *object = json_object_new_object();

	if (object)
		add_flow(object, record);
	return object;
}

struct json_object *report_event(const struct event *event)
{
	struct json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	add_time(object, "time", event->time);
	add_text(object, "event", report_event_name(event->kind));
	if (event->kind != EVENT_NEW_DEVICE) {
		add_flow(object, &event->record);
		return object;
	}
	add_text(object, "device", event->record.device);
	add_mac(object, &event->record.mac);
	add_text(object, "policy", event->record.policy);
	add_address(object, "src", &event->record.src);
	return object;
}

static struct json_object *countries_array(const struct country_set *set)
{
	struct json_object *array = json_object_new_array();
	char text[8];

	for (country code = 1; code <= COUNTRY_MOST; code++) {
		if (!country_set_has(set, code))
			continue;
		country_print(code, text);
		json_object_array_add(array, json_object_new_string(text));
	}
	return array;
}

static void add_guess(struct json_object *object, const struct identify_guess *guess)
{
	struct json_object *array = json_object_new_array();

	add_text(object, "class", guess->kind->name);
	add_text(object, "profile", guess->kind->profile);
	add_text(object, "guess", guess->words);
	for (unsigned i = 0; i < guess->evidence_count; i++)
		json_object_array_add(array, report_string(guess->evidence[i]));
	json_object_object_add(object, "evidence", array);
}

static void add_same(struct json_object *parent, const struct same *same)
{
	struct json_object *object = json_object_new_object();
	struct json_object *array = json_object_new_array();

	add_text(object, "device", same->name);
	json_object_object_add(object, "named", json_object_new_boolean(same->named));
	add_mac(object, &same->mac);
	add_time(object, "last_seen", same->last);
	for (unsigned i = 0; i < same->evidence_count; i++)
		json_object_array_add(array, json_object_new_string(same->evidence[i]));
	json_object_object_add(object, "evidence", array);
	json_object_object_add(parent, "same_as", object);
}

/* "1,3,6,15" */
static void add_parameters(struct json_object *object, const struct traits *traits)
{
	char text[4 * TRAITS_PARAMETERS_MOST + 1];
	size_t at = 0;

	for (unsigned i = 0; i < traits->parameter_count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u", i ? "," : "",
				       (unsigned)traits->parameters[i]);
	if (at)
		add_text(object, "dhcp_parameters", text);
}

/* What it says of itself; left out when it is nothing. */
static void add_traits(struct json_object *parent, const struct traits *traits)
{
	struct json_object *object = json_object_new_object();
	struct json_object *services;

	add_text(object, "hostname", traits->hostname);
	add_text(object, "dhcp_class", traits->vendor_class);
	add_parameters(object, traits);
	add_text(object, "instance", traits->instance);
	add_text(object, "model", traits->model);
	add_text(object, "serial", traits->serial);
	add_text(object, "server", traits->server);
	if (traits->service_count) {
		services = json_object_new_array();
		for (unsigned i = 0; i < traits->service_count; i++)
			json_object_array_add(services, report_string(traits->services[i]));
		json_object_object_add(object, "services", services);
	}
	if (json_object_object_length(object))
		json_object_object_add(parent, "says", object);
	else
		json_object_put(object);
}

struct json_object *report_device(const struct device_record *record, const char *vendor,
				  const struct identify_guess *guess, const struct same *same)
{
	struct json_object *object = json_object_new_object();
	struct json_object *addresses;
	char text[ADDRESS_TEXT_SIZE];

	if (!object)
		return NULL;
	add_text(object, "device", record->name);
	json_object_object_add(object, "named", json_object_new_boolean(record->named));
	add_mac(object, &record->mac);
	add_text(object, "vendor", vendor);
	if (guess)
		add_guess(object, guess);
	if (same)
		add_same(object, same);
	add_traits(object, &record->traits);
	add_text(object, "policy", record->policy);
	addresses = json_object_new_array();
	for (unsigned i = 0; i < record->address_count; i++) {
		address_print(&record->addresses[i], text);
		json_object_array_add(addresses, json_object_new_string(text));
	}
	json_object_object_add(object, "addresses", addresses);
	add_time(object, "first_seen", record->first);
	add_time(object, "last_seen", record->last);
	add_number(object, "packets", record->packets);
	add_number(object, "bytes_up", record->bytes_up);
	add_number(object, "bytes_down", record->bytes_down);
	add_number(object, "questions", record->questions);
	add_number(object, "questions_refused", record->questions_refused);
	add_number(object, "flows", record->flows);
	add_number(object, "flows_blocked", record->flows_blocked);
	add_number(object, "flows_stripped", record->flows_stripped);
	json_object_object_add(object, "countries", countries_array(&record->countries));
	return object;
}

struct json_object *report_counters(const struct engine_counters *counters)
{
	struct json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	add_number(object, "packets", counters->packets);
	add_number(object, "accepted", counters->accepted);
	add_number(object, "dropped", counters->dropped);
	add_number(object, "replies", counters->replies);
	add_number(object, "edited", counters->edited);
	add_number(object, "malformed", counters->malformed);
	add_number(object, "malformed_dns", counters->malformed_dns);
	add_number(object, "fragments_dropped", counters->fragments_dropped);
	add_number(object, "decoys_dropped", counters->decoys_dropped);
	add_number(object, "questions", counters->questions);
	add_number(object, "questions_refused", counters->questions_refused);
	add_number(object, "answers", counters->answers);
	add_number(object, "addresses_pruned", counters->addresses_pruned);
	add_number(object, "flows", counters->flows);
	add_number(object, "flows_blocked", counters->flows_blocked);
	add_number(object, "flows_stripped", counters->flows_stripped);
	add_number(object, "flows_evicted", counters->flows_evicted);
	add_number(object, "bindings_evicted", counters->bindings_evicted);
	add_number(object, "names_evicted", counters->names_evicted);
	add_number(object, "streams_evicted", counters->streams_evicted);
	add_number(object, "packets_held", counters->held);
	add_number(object, "packets_not_held", counters->held_dropped);
	add_number(object, "strips_refused", counters->strips_refused);
	add_number(object, "secrets_seen", counters->secrets_seen);
	add_number(object, "packets_over_limit", counters->limited);
	add_number(object, "events_lost", counters->events_lost);
	return object;
}

char *report_line(struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	size_t len;
	char *line;

	if (!text)
		return NULL;
	len = strlen(text);
	line = malloc(len + 2);
	if (!line)
		return NULL;
	memcpy(line, text, len);
	line[len] = '\n';
	line[len + 1] = '\0';
	return line;
}
