/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conditions of a rule: checked, and put into the form in which match.c
 * reads them. A value that is wrong is an error and left out; the set is not
 * going to be used then.
 */
#include "policy/check.h"

#include <stdlib.h>

#define ORGANISATION_MOST 100

static uint32_t facts_of(enum policy_condition kind)
{
	switch (kind) {
	case CONDITION_DOMAIN:
		return FACT_NAMES;
	case CONDITION_LIST:
		return FACT_NAMES | FACT_ADDRESS;
	case CONDITION_PURPOSE:
	case CONDITION_ORGANISATION:
	case CONDITION_JURISDICTION:
	case CONDITION_ESSENTIAL:
		return FACT_NAMES | FACT_ASN;
	case CONDITION_COUNTRY:
		return FACT_COUNTRY;
	case CONDITION_ASN:
		return FACT_ASN;
	case CONDITION_FOREIGN:
		return FACT_NAMES | FACT_ASN | FACT_COUNTRY;
	case CONDITION_DIRECT:
		return FACT_DIRECT;
	case CONDITION_ADDRESS:
	case CONDITION_LAN:
		return FACT_ADDRESS;
	case CONDITION_PORT:
		return FACT_PORT;
	case CONDITION_TRANSPORT:
		return FACT_TRANSPORT;
	case CONDITION_PROTOCOL:
	case CONDITION_ENCRYPTED:
		return FACT_PROTOCOL;
	case CONDITION_MISMATCH:
		return FACT_MISMATCH;
	case CONDITION_TUNNEL:
		return FACT_TUNNEL;
	case CONDITION_ENCRYPTED_NAME:
		return FACT_ENCRYPTED_NAME;
	case CONDITION_WHEN:
		return FACT_TIME;
	case CONDITION_NONE:
	case CONDITION_NOT:
	case CONDITION_BYPASS:
	case CONDITION_COUNT:
		break;
	}
	return 0;
}

static int compare_domains(const void *a, const void *b)
{
	return strcmp(((const struct domain *)a)->text, ((const struct domain *)b)->text);
}

/* What is wrong with a name, in words; NULL: nothing. */
static const char *domain_fault(const char *text)
{
	if (strstr(text, "://") || strchr(text, '/'))
		return "expected a name, found an address of a page";
	if (text[0] == '*' || text[0] == '.')
		return "write it without * and dot in front: a name stands for those below it, too";
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c >= 0x80)
			return "write names with other letters than a-z as xn--...";
	}
	return "expected a domain name, as \"example.com\" or \"=www.example.com\"";
}

static void read_domains(struct check *check, const struct setting *setting,
			 struct condition *condition)
{
	struct arena *arena = &check->set->arena;
	size_t count = check_value_count(setting), i = 0;
	struct domains *domains = arena_alloc(arena, sizeof(*domains));
	struct domain *suffixes = arena_array(arena, count, sizeof(*suffixes));
	struct domain *exact = arena_array(arena, count, sizeof(*exact));
	const char **words = arena_array(arena, count, sizeof(*words));
	const struct setting *value;

	for_each_value(value, setting)
	{
		const char *text = value->text;
		bool is_exact = text[0] == '=';
		struct name name;
		struct domain domain;
		char *word;

		if (strchr(text, '*') || !name_parse_text(text + is_exact, &name)) {
			check_error(check, value->line, NULL, "\"%.80s\": %s", text,
				    domain_fault(text + is_exact));
			continue;
		}
		word = arena_alloc(arena, (size_t)name.len + 2);
		word[0] = '=';
		memcpy(word + is_exact, name.text, name.len);
		words[i++] = word;
		domain = (struct domain){word + is_exact, name.len};
		if (is_exact)
			exact[domains->exact_count++] = domain;
		else
			suffixes[domains->suffix_count++] = domain;
	}
	qsort(suffixes, domains->suffix_count, sizeof(*suffixes), compare_domains);
	qsort(exact, domains->exact_count, sizeof(*exact), compare_domains);
	domains->suffixes = suffixes;
	domains->exact = exact;
	condition->is.domains = domains;
	condition->words = words;
	condition->word_count = i;
}

static void read_lists(struct check *check, const struct setting *setting,
		       struct condition *condition)
{
	const struct policy_set *set = check->set;
	const struct setting *value;

	condition->words = check_copy_values(check, setting, &condition->word_count);
	for_each_value(value, setting)
	{
		struct nearest nearest = nearest_to(value->text);
		size_t i = 0;

		while (i < set->list_count &&
		       (!set->lists[i].name || strcmp(set->lists[i].name, value->text) != 0))
			i++;
		if (i < set->list_count) {
			condition->is.bits |= (uint64_t)1 << i;
			continue;
		}
		for (i = 0; i < set->list_count; i++)
			nearest_try(&nearest, set->lists[i].name ? set->lists[i].name : "");
		if (!check->incomplete)
			check_error(check, value->line, &nearest,
				    "\"%.60s\": there is no list of this name in gatewayd.conf",
				    value->text);
	}
}

static void read_countries(struct check *check, const struct setting *setting,
			   struct condition *condition)
{
	struct arena *arena = &check->set->arena;
	struct country_set *countries = arena_alloc(arena, sizeof(*countries));
	const char **words;

	condition->word_count = check_value_count(setting);
	words = arena_array(arena, condition->word_count, sizeof(*words));
	check_countries(check, setting, true, countries, words);
	condition->words = words;
	condition->is.countries = countries;
}

static void read_organisations(struct check *check, const struct setting *setting,
			       struct condition *condition)
{
	const struct setting *value;

	condition->words = check_copy_values(check, setting, &condition->word_count);
	for_each_value(value, setting) check_text(check, value, ORGANISATION_MOST);
}

/* Digits only, no sign; false: not a number up to `most`. */
static bool parse_number(const char *text, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' ||
		    (number = number * 10 + (uint64_t)(*text - '0')) > most)
			return false;
	}
	*ret_number = number;
	return true;
}

static const char *number_word(struct arena *arena, const char *prefix, uint64_t number)
{
	char text[32];
	struct writer writer = writer_on(text, sizeof(text));

	writer_text(&writer, prefix);
	writer_decimal(&writer, number);
	return arena_text(arena, text, writer.len);
}

static int compare_asns(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void read_asns(struct check *check, const struct setting *setting,
		      struct condition *condition)
{
	struct arena *arena = &check->set->arena;
	size_t count = check_value_count(setting);
	uint32_t *asns = arena_array(arena, count, sizeof(*asns));
	const char **words = arena_array(arena, count, sizeof(*words));
	const struct setting *value;

	for_each_value(value, setting)
	{
		uint64_t number = value->number > 0 ? (uint64_t)value->number : 0;
		const char *text = value->text;

		if (value->kind == SETTING_TEXT) {
			if ((text[0] | 0x20) == 'a' && (text[1] | 0x20) == 's')
				text += 2;
			if (!parse_number(text, UINT32_MAX, &number))
				number = 0;
		}
		if (number == 0 || number > UINT32_MAX) {
			check_error(check, value->line, NULL,
				    "\"asn\": expected a number from 1 to 4294967295, as 64500 or "
				    "\"AS64500\"");
			continue;
		}
		words[condition->count] = number_word(arena, "AS", number);
		asns[condition->count++] = (uint32_t)number;
	}
	condition->words = words;
	condition->word_count = condition->count;
	qsort(asns, condition->count, sizeof(*asns), compare_asns);
	condition->is.asns = asns;
}

static void read_prefixes(struct check *check, const struct setting *setting,
			  struct condition *condition)
{
	struct arena *arena = &check->set->arena;
	size_t count = check_value_count(setting);
	struct prefix *prefixes = arena_array(arena, count, sizeof(*prefixes));
	const char **words = arena_array(arena, count, sizeof(*words));
	const struct setting *value;
	char text[PREFIX_TEXT_SIZE];

	for_each_value(value, setting)
	{
		struct prefix *prefix = &prefixes[condition->count];

		if (!prefix_parse(value->text, prefix)) {
			check_error(check, value->line, NULL,
				    "\"%.60s\": expected an address or a prefix, as "
				    "\"192.0.2.0/24\" or \"2001:db8::/32\"",
				    value->text);
			continue;
		}
		prefix_print(prefix, text);
		words[condition->count++] = arena_text(arena, text, strlen(text));
	}
	condition->words = words;
	condition->word_count = condition->count;
	condition->is.prefixes = prefixes;
}

static bool parse_ports(const struct setting *value, struct port_range *range)
{
	char text[6] = "";
	const char *dash;
	uint64_t from, to;

	if (value->kind == SETTING_NUMBER) {
		if (value->number < 0 || value->number > UINT16_MAX)
			return false;
		range->from = range->to = (uint16_t)value->number;
		return true;
	}
	dash = strchr(value->text, '-');
	if (dash && (size_t)(dash - value->text) < sizeof(text))
		memcpy(text, value->text, (size_t)(dash - value->text));
	if (!parse_number(dash ? text : value->text, UINT16_MAX, &from) ||
	    !parse_number(dash ? dash + 1 : value->text, UINT16_MAX, &to) || from > to)
		return false;
	range->from = (uint16_t)from;
	range->to = (uint16_t)to;
	return true;
}

static void read_ports(struct check *check, const struct setting *setting,
		       struct condition *condition)
{
	struct arena *arena = &check->set->arena;
	size_t count = check_value_count(setting);
	struct port_range *ports = arena_array(arena, count, sizeof(*ports));
	const char **words = arena_array(arena, count, sizeof(*words));
	const struct setting *value;

	for_each_value(value, setting)
	{
		struct port_range *range = &ports[condition->count];
		char text[16];
		struct writer writer = writer_on(text, sizeof(text));

		if (!parse_ports(value, range)) {
			check_error(check, value->line, NULL,
				    "\"port\": expected a number from 0 to 65535, or two as "
				    "\"8000-8099\"");
			continue;
		}
		writer_decimal(&writer, range->from);
		if (range->to > range->from) {
			writer_text(&writer, "-");
			writer_decimal(&writer, range->to);
		}
		words[condition->count++] = arena_text(arena, text, writer.len);
	}
	condition->words = words;
	condition->word_count = condition->count;
	condition->is.ports = ports;
}

static void read_transports(struct check *check, const struct setting *setting,
			    struct condition *condition)
{
	static const char *const known[] = {"none", "tcp", "udp", "icmp", "other"};
	static const struct words words = {known + 1, 4};

	condition->words = check_copy_values(check, setting, &condition->word_count);
	condition->is.bits = check_word_bits(check, setting, &words) << TRANSPORT_TCP;
}

static void read_protocols(struct check *check, const struct setting *setting,
			   struct condition *condition)
{
	const char *known[PROTOCOL_COUNT];
	struct words words = {known, PROTOCOL_COUNT};

	for (int i = 0; i < PROTOCOL_COUNT; i++)
		known[i] = protocol_name((enum protocol)i);
	condition->words = check_copy_values(check, setting, &condition->word_count);
	condition->is.bits = check_word_bits(check, setting, &words);
}

static bool read_when(struct check *check, const struct setting *setting,
		      struct condition *condition)
{
	bool minutes[MINUTES_OF_WEEK] = {false};
	const struct setting *value;
	const char *expected;
	struct window *windows;
	bool good = true;

	condition->words = check_copy_values(check, setting, &condition->word_count);
	for_each_value(value, setting)
	{
		if (when_parse(value->text, minutes, &expected))
			continue;
		check_error(check, value->line, NULL, "\"%.60s\": %s", value->text, expected);
		good = false;
	}
	condition->count = when_windows(minutes, NULL);
	windows = arena_array(&check->set->arena, condition->count, sizeof(*windows));
	when_windows(minutes, windows);
	condition->is.windows = windows;
	return good;
}

static void read_not(struct check *check, struct setting *setting, struct condition *condition)
{
	struct group *group = arena_alloc(&check->set->arena, sizeof(*group));

	check_keywords(check, setting, PLACE_NOT);
	*group = conditions_read(check, setting, PLACE_NOT);
	if (setting->count == 0)
		check_error(check, setting->line, NULL, "\"not\": expected at least one condition");
	for (size_t i = 0; i < group->count; i++)
		condition->facts |= group->conditions[i].facts;
	condition->is.group = group;
}

static void read_condition(struct check *check, struct setting *setting,
			   struct condition *condition)
{
	switch (condition->kind) {
	case CONDITION_DOMAIN:
		read_domains(check, setting, condition);
		break;
	case CONDITION_LIST:
		read_lists(check, setting, condition);
		break;
	case CONDITION_PURPOSE:
		condition->words = check_copy_values(check, setting, &condition->word_count);
		condition->is.bits = check_word_bits(check, setting, &words_purpose);
		break;
	case CONDITION_ORGANISATION:
		read_organisations(check, setting, condition);
		break;
	case CONDITION_JURISDICTION:
	case CONDITION_COUNTRY:
		read_countries(check, setting, condition);
		break;
	case CONDITION_ASN:
		read_asns(check, setting, condition);
		break;
	case CONDITION_ADDRESS:
		read_prefixes(check, setting, condition);
		break;
	case CONDITION_PORT:
		read_ports(check, setting, condition);
		break;
	case CONDITION_TRANSPORT:
		read_transports(check, setting, condition);
		break;
	case CONDITION_PROTOCOL:
		read_protocols(check, setting, condition);
		break;
	case CONDITION_WHEN:
		read_when(check, setting, condition);
		break;
	case CONDITION_NOT:
		read_not(check, setting, condition);
		break;
	case CONDITION_FOREIGN:
	case CONDITION_DIRECT:
	case CONDITION_ESSENTIAL:
	case CONDITION_ENCRYPTED:
	case CONDITION_LAN:
	case CONDITION_MISMATCH:
	case CONDITION_TUNNEL:
	case CONDITION_ENCRYPTED_NAME:
		condition->is.yes = setting->yes;
		break;
	case CONDITION_NONE:
	case CONDITION_BYPASS:
	case CONDITION_COUNT:
		break;
	}
}

static bool is_empty_list(const struct setting *setting)
{
	return setting->kind == SETTING_LIST && setting->count == 0;
}

struct group conditions_read(struct check *check, struct setting *setting, unsigned place)
{
	struct condition *conditions;
	struct group group = {NULL, 0};
	size_t count;
	const struct schema_keyword *keywords = schema_keywords(&count);

	conditions = arena_array(&check->set->arena, setting->count, sizeof(*conditions));
	for (size_t i = 0; i < count; i++) {
		struct condition *condition = &conditions[group.count];
		struct setting *child;

		if (!keywords[i].condition || !(keywords[i].places & place))
			continue;
		child = check_find(setting, keywords[i].name);
		if (!child)
			continue;
		if (is_empty_list(child)) {
			check_error(check, child->line, NULL, "\"%s\": expected at least one value",
				    keywords[i].name);
			continue;
		}
		condition->kind = (enum policy_condition)keywords[i].condition;
		condition->facts = facts_of(condition->kind);
		read_condition(check, child, condition);
		group.count++;
	}
	group.conditions = conditions;
	return group;
}

const struct condition *conditions_read_when(struct check *check, const struct setting *setting)
{
	struct condition *condition = arena_alloc(&check->set->arena, sizeof(*condition));

	condition->kind = CONDITION_WHEN;
	condition->facts = FACT_TIME;
	if (is_empty_list(setting)) {
		check_error(check, setting->line, NULL, "\"when\": expected at least one value");
		return NULL;
	}
	return read_when(check, setting, condition) ? condition : NULL;
}
