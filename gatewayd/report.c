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
#include "json_add.h"
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
	time_t seconds = (time_t)time_in(time, SECOND_US);
	struct tm parts;

	if (!gmtime_r(&seconds, &parts) ||
	    strftime(text, REPORT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		text[0] = '\0';
}

static const struct json_field device_fields[] = {
	JSON_FIELD(struct flow_record, device),
	JSON_FIELD(struct flow_record, mac),
	JSON_FIELD(struct flow_record, policy),
};

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
		json_add_text(object, "name_from", source_name(record->name_from));
	}
	if (record->is_dns && record->question_type) {
		char type[12];

		report_question_type(record->question_type, type);
		/* The root is the empty text, and a question all the same. */
		json_add_text(object, "qname", record->question.len ? record->question.text : ".");
		json_add_text(object, "qtype", type);
	}
}

static void add_ends(struct json_object *object, const struct flow_record *record)
{
	bool has_ports = record->transport == TRANSPORT_TCP || record->transport == TRANSPORT_UDP;

	if (record->transport != TRANSPORT_NONE)
		json_add_text(object, "transport", transport_name(record->transport));
	json_add_address(object, "src", &record->src);
	if (has_ports)
		json_add_number(object, "sport", record->src_port);
	json_add_address(object, "dst", &record->dst);
	if (has_ports)
		json_add_number(object, "dport", record->dst_port);
	if (record->protocol != PROTOCOL_UNKNOWN)
		json_add_text(object, "protocol", protocol_name(record->protocol));
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
		json_add_number(categories, policy_data_name((enum policy_data)data), counts[data]);
	}
	if (categories)
		json_object_object_add(object, key, categories);
}

static void add_flow(struct json_object *object, const struct flow_record *record)
{
	static const struct json_field flow_fields[] = {
		JSON_FIELD(struct flow_record, mismatch),
		JSON_FIELD(struct flow_record, tunnel),
		JSON_FIELD(struct flow_record, encrypted_name),
		JSON_FIELD(struct flow_record, waiting),
		JSON_FIELD(struct flow_record, observed),
		JSON_FIELD(struct flow_record, rule),
		JSON_FIELD(struct flow_record, reason),
		JSON_FIELD(struct flow_record, packets),
		JSON_FIELD(struct flow_record, bytes_up),
		JSON_FIELD(struct flow_record, bytes_down),
	};

	json_add_fields(object, JSON_ALL(device_fields), record);
	add_ends(object, record);
	add_names(object, record);
	json_add_country(object, "country", record->country);
	json_add_count(object, "asn", record->asn);
	json_add_text(object, "organisation", record->organisation);
	json_add_country(object, "jurisdiction", record->jurisdiction);
	if (record->purpose != PURPOSE_UNKNOWN)
		json_add_text(object, "purpose", policy_purpose_name(record->purpose));
	json_add_text(object, "action", policy_action_name(record->action));
	json_add_fields(object, JSON_ALL(flow_fields), record);
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
	json_add_time(object, "time", event->time);
	json_add_text(object, "event", report_event_name(event->kind));
	if (event->kind != EVENT_NEW_DEVICE) {
		add_flow(object, &event->record);
		return object;
	}
	json_add_fields(object, JSON_ALL(device_fields), &event->record);
	json_add_address(object, "src", &event->record.src);
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

	json_add_text(object, "class", guess->kind->name);
	json_add_text(object, "profile", guess->kind->profile);
	json_add_text(object, "guess", guess->words);
	for (unsigned i = 0; i < guess->evidence_count; i++)
		json_object_array_add(array, report_string(guess->evidence[i]));
	json_object_object_add(object, "evidence", array);
}

static void add_same(struct json_object *parent, const struct same *same)
{
	struct json_object *object = json_object_new_object();
	struct json_object *array = json_object_new_array();

	json_add_text(object, "device", same->name);
	json_add_flag(object, "named", same->named);
	json_add_mac(object, "mac", &same->mac);
	json_add_time(object, "last_seen", same->last);
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
		json_add_text(object, "dhcp_parameters", text);
}

/* What it says of itself; left out when it is nothing. */
static void add_traits(struct json_object *parent, const struct traits *traits)
{
	static const struct json_field fields[] = {
		JSON_FIELD(struct traits, instance),
		JSON_FIELD(struct traits, model),
		JSON_FIELD(struct traits, serial),
		JSON_FIELD(struct traits, server),
	};
	struct json_object *object = json_object_new_object();
	struct json_object *services;

	json_add_text(object, "hostname", traits->hostname);
	json_add_text(object, "dhcp_class", traits->vendor_class);
	add_parameters(object, traits);
	json_add_fields(object, JSON_ALL(fields), traits);
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
	static const struct json_field fields[] = {
		JSON_FIELD_AS(struct device_record, first, "first_seen"),
		JSON_FIELD_AS(struct device_record, last, "last_seen"),
		JSON_FIELD(struct device_record, packets),
		JSON_FIELD(struct device_record, bytes_up),
		JSON_FIELD(struct device_record, bytes_down),
		JSON_FIELD(struct device_record, questions),
		JSON_FIELD(struct device_record, questions_refused),
		JSON_FIELD(struct device_record, flows),
		JSON_FIELD(struct device_record, flows_blocked),
		JSON_FIELD(struct device_record, flows_stripped),
		JSON_FIELD(struct device_record, observed),
	};
	struct json_object *object = json_object_new_object();
	struct json_object *addresses;
	char text[ADDRESS_TEXT_SIZE];

	if (!object)
		return NULL;
	json_add_text(object, "device", record->name);
	json_add_flag(object, "named", record->named);
	json_add_mac(object, "mac", &record->mac);
	json_add_text(object, "vendor", vendor);
	if (guess)
		add_guess(object, guess);
	if (same)
		add_same(object, same);
	add_traits(object, &record->traits);
	json_add_text(object, "policy", record->policy);
	addresses = json_object_new_array();
	for (unsigned i = 0; i < record->address_count; i++) {
		address_print(&record->addresses[i], text);
		json_object_array_add(addresses, json_object_new_string(text));
	}
	json_object_object_add(object, "addresses", addresses);
	json_add_fields(object, JSON_ALL(fields), record);
	json_object_object_add(object, "countries", countries_array(&record->countries));
	return object;
}

struct json_object *report_counters(const struct engine_counters *counters)
{
	static const struct json_field fields[] = {
		JSON_FIELD(struct engine_counters, packets),
		JSON_FIELD(struct engine_counters, accepted),
		JSON_FIELD(struct engine_counters, dropped),
		JSON_FIELD(struct engine_counters, replies),
		JSON_FIELD(struct engine_counters, edited),
		JSON_FIELD(struct engine_counters, malformed),
		JSON_FIELD(struct engine_counters, malformed_dns),
		JSON_FIELD(struct engine_counters, fragments_dropped),
		JSON_FIELD(struct engine_counters, decoys_dropped),
		JSON_FIELD(struct engine_counters, questions),
		JSON_FIELD(struct engine_counters, questions_refused),
		JSON_FIELD(struct engine_counters, answers),
		JSON_FIELD(struct engine_counters, addresses_pruned),
		JSON_FIELD(struct engine_counters, flows),
		JSON_FIELD(struct engine_counters, flows_blocked),
		JSON_FIELD(struct engine_counters, flows_stripped),
		JSON_FIELD(struct engine_counters, observed),
		JSON_FIELD(struct engine_counters, flows_evicted),
		JSON_FIELD(struct engine_counters, bindings_evicted),
		JSON_FIELD(struct engine_counters, names_evicted),
		JSON_FIELD(struct engine_counters, streams_evicted),
		JSON_FIELD_AS(struct engine_counters, held, "packets_held"),
		JSON_FIELD_AS(struct engine_counters, held_dropped, "packets_not_held"),
		JSON_FIELD(struct engine_counters, strips_refused),
		JSON_FIELD(struct engine_counters, secrets_seen),
		JSON_FIELD_AS(struct engine_counters, limited, "packets_over_limit"),
		JSON_FIELD(struct engine_counters, events_lost),
	};
	struct json_object *object = json_object_new_object();

	if (object)
		json_add_fields(object, JSON_ALL(fields), counters);
	return object;
}

struct json_object *report_errors(const struct policy_errors *errors)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < errors->count; i++) {
		struct json_object *row = json_object_new_object();

		json_add_text(row, "file", errors->errors[i].file);
		json_add_count(row, "line", errors->errors[i].line);
		json_add_text(row, "text", errors->errors[i].text);
		json_object_array_add(array, row);
	}
	return array;
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
