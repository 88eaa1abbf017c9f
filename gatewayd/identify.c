/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identify.h"

#include <stdio.h>
#include <string.h>

#define WEIGHT_LEAST 3 /* below that nothing is said */

static struct identify_evidence *add(struct identify *identify, const struct identify_kind *kind,
				     unsigned weight, const char *source)
{
	struct identify_evidence *evidence = &identify->evidence[identify->count];

	if (identify->count == IDENTIFY_EVIDENCE_MOST)
		return NULL;
	identify->count++;
	evidence->kind = kind;
	evidence->weight = weight;
	evidence->source = source;
	evidence->brand = "";
	return evidence;
}

/* What the table says of a text; what is the beginning of the sentence. */
static void add_match(struct identify *identify, enum identify_method method, const char *text,
		      const char *vendor, const char *source, const char *what)
{
	const struct identify_row *row = identify_table_find(identify->table, method, text, vendor);
	struct identify_evidence *evidence;

	if (!row)
		return;
	evidence = add(identify, row->kind, row->weight, source);
	if (!evidence)
		return;
	evidence->brand = row->brand;
	snprintf(evidence->text, sizeof(evidence->text), "%s %s", what, text);
}

void identify_vendor(struct identify *identify, const char *vendor)
{
	if (vendor)
		add_match(identify, IDENTIFY_MAKER, vendor, vendor, "OUI", "its maker is");
}

/* "_homeconnect._tcp" says less than "_homeconnect._tcp type=CoffeeMaker" beside it. */
static bool is_told_better(const struct traits *traits, const char *service)
{
	size_t len = strlen(service);

	for (unsigned i = 0; i < traits->service_count; i++)
		if (strncmp(traits->services[i], service, len) == 0 &&
		    traits->services[i][len] == ' ')
			return true;
	return false;
}

static void add_services(struct identify *identify, const struct traits *traits)
{
	for (unsigned i = 0; i < traits->service_count; i++) {
		const char *service = traits->services[i];

		if (is_told_better(traits, service))
			continue;
		if (service[0] == '_')
			add_match(identify, IDENTIFY_MDNS, service, NULL, "mDNS", "it announces");
		else
			add_match(identify, IDENTIFY_SSDP, service, NULL, "SSDP", "it announces");
	}
}

void identify_traits(struct identify *identify, const char *hostname, const struct traits *traits,
		     const char *vendor)
{
	add_match(identify, IDENTIFY_HOSTNAME, hostname[0] ? hostname : traits->hostname, vendor,
		  "host name", "it calls itself");
	add_match(identify, IDENTIFY_VENDOR_CLASS, traits->vendor_class, vendor, "DHCP",
		  "its DHCP client is");
	add_match(identify, IDENTIFY_MODEL, traits->model, vendor, "model", "its model is");
	add_match(identify, IDENTIFY_SERVER, traits->server, vendor, "SSDP", "it runs");
	add_services(identify, traits);
}

/* Names that only the maker's own devices have a use for; apps run on anything. */
static bool tells_kind(const struct policy_entry *entry, bool is_app)
{
	switch (entry->purpose) {
	case PURPOSE_CONTROL:
	case PURPOSE_TELEMETRY:
	case PURPOSE_UPDATE:
	case PURPOSE_TIME:
	case PURPOSE_P2P:
	case PURPOSE_VOICE:
	case PURPOSE_UNKNOWN:
		return !is_app;
	case PURPOSE_ANALYTICS:
	case PURPOSE_ADS:
	case PURPOSE_PAYMENT:
	case PURPOSE_PUSH:
	case PURPOSE_LOGIN:
	case PURPOSE_CDN:
	case PURPOSE_STORAGE:
	case PURPOSE_DNS:
	case PURPOSE_CONNECTIVITY_CHECK:
	case PURPOSE_COUNT:
		break;
	}
	return false;
}

void identify_entry(struct identify *identify, const struct policy_entry *entry)
{
	const struct identify_kind *kind;
	struct identify_evidence *evidence;
	bool is_app;

	kind = entry && entry->device_class ? identify_kind_by_name(entry->device_class) : NULL;
	if (!kind)
		return;
	is_app = strcmp(kind->name, "phone-app") == 0;
	evidence = add(identify, kind, tells_kind(entry, is_app) ? IDENTIFY_HIGH : IDENTIFY_LOW,
		       "names asked");
	if (!evidence)
		return;
	if (entry->organisation && !is_app)
		evidence->brand = entry->organisation;
	snprintf(evidence->text, sizeof(evidence->text), "it asks for %s%s%s%s", entry->row,
		 entry->organisation ? " (" : "", entry->organisation ? entry->organisation : "",
		 entry->organisation ? ")" : "");
}

void identify_device(struct identify *identify, const struct device_record *record,
		     const char *vendor, const struct policy_set *set)
{
	identify_vendor(identify, vendor);
	identify_traits(identify, record->hostname, &record->traits, vendor);
	for (unsigned i = 0; i < record->row_count; i++) {
		struct policy_name described;
		struct name name;

		if (!name_parse_text(record->rows[i], &name))
			continue;
		policy_describe(set, &name, &described);
		identify_entry(identify, described.entry);
	}
}

/* ---- the guess ---- */

static unsigned weight_of(const struct identify *identify, const struct identify_kind *kind)
{
	unsigned weight = 0;

	for (unsigned i = 0; i < identify->count; i++)
		if (identify->evidence[i].kind == kind)
			weight += identify->evidence[i].weight;
	return weight;
}

static const struct identify_kind *find_best(const struct identify *identify)
{
	const struct identify_kind *best = NULL;
	unsigned most = WEIGHT_LEAST - 1;

	for (unsigned i = 0; i < identify->count; i++) {
		const struct identify_kind *kind = identify->evidence[i].kind;
		unsigned weight = kind ? weight_of(identify, kind) : 0;

		if (weight > most) {
			best = kind;
			most = weight;
		}
	}
	return best;
}

static void add_source(struct identify_guess *guess, const char *source)
{
	for (unsigned i = 0; i < guess->source_count; i++)
		if (strcmp(guess->sources[i], source) == 0)
			return;
	guess->sources[guess->source_count++] = source;
}

/* The heaviest evidence of that kind that names a brand. */
static const char *find_brand(const struct identify *identify, const struct identify_kind *kind)
{
	const char *brand = "";
	unsigned most = 0;

	for (unsigned i = 0; i < identify->count; i++) {
		const struct identify_evidence *evidence = &identify->evidence[i];

		if (evidence->kind != kind || evidence->weight <= most || !evidence->brand[0])
			continue;
		most = evidence->weight;
		brand = evidence->brand;
	}
	return brand;
}

/* The name of an organisation without what stands in brackets behind it. */
static int brand_length(const char *brand)
{
	const char *bracket = strstr(brand, " (");

	return bracket ? (int)(bracket - brand) : (int)strlen(brand);
}

static void write_words(const struct identify *identify, struct identify_guess *guess)
{
	const char *brand = find_brand(identify, guess->kind);
	size_t size = sizeof(guess->words);
	int len = snprintf(guess->words, size, "%.*s%s%s%s", brand_length(brand), brand,
			   brand[0] ? "? " : "", guess->kind->words, brand[0] ? "" : "?");

	for (unsigned i = 0; i < guess->source_count && len > 0 && (size_t)len < size; i++)
		len += snprintf(guess->words + len, size - (size_t)len, "%s%s%s", i ? ", " : " (",
				guess->sources[i], i + 1 == guess->source_count ? ")" : "");
}

bool identify_end(const struct identify *identify, struct identify_guess *ret_guess)
{
	struct identify_guess guess = {.kind = find_best(identify)};

	if (!guess.kind)
		return false;
	for (unsigned i = 0; i < identify->count; i++) {
		const struct identify_evidence *evidence = &identify->evidence[i];

		if (evidence->kind && evidence->kind != guess.kind)
			continue;
		guess.evidence[guess.evidence_count++] = evidence->text;
		add_source(&guess, evidence->source);
	}
	write_words(identify, &guess);
	*ret_guess = guess;
	return true;
}
