/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gatewayd.conf: everything but devices, policies and assertions. */
#include "policy/check.h"

#include "policy/regions.h"

#define INTERFACE_NAME_MOST 15
#define NAME_MOST 63
#define PATH_MOST 4000
#define MARK_BITS_LEAST 4
#define IDENTIFIER_BYTES_LEAST 4

static struct check_region *find_region(struct check *check, const char *name)
{
	for (size_t i = 0; i < check->regions.count; i++) {
		struct check_region *region = check->regions.items[i];

		if (strcmp(region->region.name, name) == 0)
			return region;
	}
	return NULL;
}

static void resolve_region(struct check *check, struct check_region *region);

static void unknown_country(struct check *check, const struct setting *value)
{
	struct nearest nearest = nearest_to(value->text);
	const char *alias = regions_alias(value->text);

	if (alias) {
		nearest.best = alias;
	} else {
		regions_try_names(&nearest);
		for (size_t i = 0; i < check->regions.count; i++) {
			const struct check_region *region = check->regions.items[i];

			nearest_try(&nearest, region->region.name);
		}
	}
	check_error(check, value->line, &nearest,
		    "\"%.40s\": expected a country as two letters, or a region", value->text);
}

/* One value; the word as print writes it, or NULL and an error. */
static const char *add_country(struct check *check, const struct setting *value,
			       bool unknown_allowed, struct country_set *set)
{
	struct check_region *region = find_region(check, value->text);
	struct country_set shipped = {{0}};
	country code = country_from_text(value->text);
	char letters[8];

	if (unknown_allowed && strcmp(value->text, "unknown") == 0) {
		country_set_add(set, COUNTRY_UNKNOWN);
		return "unknown";
	}
	if (region) {
		resolve_region(check, region);
		country_set_join(set, &region->region.countries);
		return region->region.name;
	}
	if (regions_shipped(value->text, &shipped)) {
		country_set_join(set, &shipped);
		return arena_text(&check->set->arena, value->text, strlen(value->text));
	}
	if (!regions_is_country(code)) {
		unknown_country(check, value);
		return NULL;
	}
	country_set_add(set, code);
	country_print(code, letters);
	return arena_text(&check->set->arena, letters, 2);
}

void check_countries(struct check *check, const struct setting *setting, bool unknown_allowed,
		     struct country_set *set, const char **words)
{
	const struct setting *value;
	size_t i = 0;

	for_each_value(value, setting)
	{
		const char *word = add_country(check, value, unknown_allowed, set);

		words[i++] = word ? word : "";
	}
}

/* Depth is bounded by the number of regions, each is entered once. */
static void resolve_region(struct check *check, struct check_region *region)
{
	const char **words;

	if (region->visit == VISIT_UNDER_WAY) {
		check_error(check, region->setting->line, NULL, "region \"%.60s\" contains itself",
			    region->region.name);
		return;
	}
	if (region->visit == VISIT_DONE)
		return;
	region->visit = VISIT_UNDER_WAY;
	region->region.word_count = check_value_count(region->setting);
	words = arena_array(&check->set->arena, region->region.word_count, sizeof(*words));
	region->region.words = words;
	check_countries(check, region->setting, false, &region->region.countries, words);
	region->visit = VISIT_DONE;
}

static bool is_texts(const struct setting *setting)
{
	if (setting->kind == SETTING_TEXT)
		return true;
	if (setting->kind != SETTING_LIST)
		return false;
	for (const struct setting *child = setting->first; child; child = child->next) {
		if (child->kind != SETTING_TEXT)
			return false;
	}
	return true;
}

static void check_regions(struct check *check, const struct setting *setting)
{
	struct arena *arena = &check->set->arena;

	for (const struct setting *child = setting->first; child; child = child->next) {
		struct check_region *region = arena_alloc(arena, sizeof(*region));
		struct country_set shipped;

		if (!is_texts(child)) {
			check_error(check, child->line, NULL, "region \"%.60s\": expected %s",
				    child->name, schema_type_name(TYPE_TEXTS));
			continue;
		}
		if (regions_shipped(child->name, &shipped) ||
		    regions_is_country(country_from_text(child->name)) ||
		    strcmp(child->name, "unknown") == 0) {
			check_error(check, child->line, NULL,
				    "region \"%.60s\": the name has a meaning already",
				    child->name);
			continue;
		}
		region->region.name = arena_text(arena, child->name, strlen(child->name));
		region->setting = child;
		vector_add(&check->regions, arena, region);
	}
	for (size_t i = 0; i < check->regions.count; i++)
		resolve_region(check, check->regions.items[i]);
}

static void check_home(struct check *check, const struct setting *setting)
{
	const char **words;

	check->set->has_home = true;
	check->set->home_count = check_value_count(setting);
	words = arena_array(&check->set->arena, check->set->home_count, sizeof(*words));
	check_countries(check, setting, false, &check->set->home, words);
	check->set->home_words = words;
}

/* A number in a range, for `queue` and `mark`; false: absent or an error. */
static bool find_number(struct check *check, const struct setting *group, const char *name,
			int64_t most, int64_t *ret_number)
{
	const struct setting *setting = check_find(group, name);

	if (!setting)
		return false;
	if (setting->number < 0 || setting->number > most) {
		check_error(check, setting->line, NULL, "\"%s\": expected 0 to %lld, found %lld",
			    name, (long long)most, (long long)setting->number);
		return false;
	}
	*ret_number = setting->number;
	return true;
}

static bool is_interface_name(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > INTERFACE_NAME_MOST || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || text[i] == '/' ||
		    text[i] == ':')
			return false;
	}
	return true;
}

static void check_lan(struct check *check, const struct setting *setting)
{
	struct policy_settings *settings = &check->set->settings;
	const struct setting *value;

	settings->lan = check_copy_values(check, setting, &settings->lan_count);
	if (settings->lan_count == 0)
		check_error(check, setting->line, NULL, "\"lan\": expected at least one interface");
	for_each_value(value, setting)
	{
		if (!is_interface_name(value->text))
			check_error(check, value->line, NULL,
				    "\"%.40s\": expected the name of an interface, as \"br-lan\"",
				    value->text);
	}
}

static bool is_contiguous(uint32_t mark)
{
	unsigned bits = 0;

	while (mark && !(mark & 1))
		mark >>= 1;
	for (; mark & 1; mark >>= 1)
		bits++;
	return mark == 0 && bits >= MARK_BITS_LEAST;
}

static void check_network(struct check *check, struct setting *group)
{
	struct policy_settings *settings = &check->set->settings;
	const struct setting *lan;
	int64_t number;
	int word;

	check_keywords(check, group, PLACE_NETWORK);
	lan = check_find(group, "lan");
	if (lan)
		check_lan(check, lan);
	if (find_number(check, group, "queue", UINT16_MAX, &number))
		settings->queue = (uint16_t)number;
	if (find_number(check, group, "mark", UINT32_MAX, &number)) {
		settings->mark = (uint32_t)number;
		if (!is_contiguous(settings->mark))
			check_error(
				check, check_find(group, "mark")->line, NULL,
				"\"mark\": expected at least %d bits side by side, as 0x0f000000",
				MARK_BITS_LEAST);
	}
	word = check_word_of(check, group, "offload", &words_offload);
	if (word >= 0)
		settings->offload_manage = word == 1;
}

static const char *find_path(struct check *check, const struct setting *group, const char *name)
{
	const struct setting *setting = check_find(group, name);

	return setting ? check_text(check, setting, PATH_MOST) : NULL;
}

static const char *find_url(struct check *check, const struct setting *group, const char *name)
{
	const char *url = find_path(check, group, name);

	if (url && strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
		check_error(check, check_find(group, name)->line, NULL,
			    "\"%.60s\": expected an address that begins with https:// or http://",
			    url);
	return url;
}

/* What is fetched from `name`_url is kept in the file that `name` says. */
static void check_database(struct check *check, const struct setting *group, const char *name,
			   const char *url_name, const char **ret_file, const char **ret_url)
{
	*ret_file = find_path(check, group, name);
	*ret_url = find_url(check, group, url_name);
	if (*ret_url && !*ret_file)
		check_error(check, check_find(group, url_name)->line, NULL,
			    "\"%s\" needs \"%s\", the file that is kept", url_name, name);
}

static void check_geo(struct check *check, struct setting *group)
{
	struct policy_settings *settings = &check->set->settings;

	check_keywords(check, group, PLACE_GEO);
	check_database(check, group, "country", "country_url", &settings->geo_country,
		       &settings->geo_country_url);
	check_database(check, group, "asn", "asn_url", &settings->geo_asn, &settings->geo_asn_url);
}

static void check_list(struct check *check, struct setting *group, struct policy_list_source *list)
{
	const struct setting *name;
	unsigned sources = 0;

	check_keywords(check, group, PLACE_LIST);
	name = check_need(check, group, "name", "a list");
	if (name)
		list->name = check_text(check, name, NAME_MOST);
	for (const struct setting *child = group->first; child; child = child->next)
		sources += strcmp(child->name, "url") == 0 || strcmp(child->name, "file") == 0;
	if (sources != 1)
		check_error(check, group->line, NULL, "a list needs one of \"url\" and \"file\"");
	list->url = find_url(check, group, "url");
	list->file = find_path(check, group, "file");
}

static void check_lists(struct check *check, const struct setting *setting)
{
	struct policy_set *set = check->set;
	struct setting *child = setting->first;

	if (setting->count > POLICY_LISTS_MOST) {
		check_error(check, setting->line, NULL, "expected at most %d lists, found %zu",
			    POLICY_LISTS_MOST, setting->count);
		return;
	}
	set->lists = arena_array(&set->arena, setting->count, sizeof(*set->lists));
	for (; child; child = child->next) {
		struct policy_list_source *list = &set->lists[set->list_count];

		check_list(check, child, list);
		for (size_t i = 0; list->name && i < set->list_count; i++) {
			if (set->lists[i].name && strcmp(set->lists[i].name, list->name) == 0)
				check_error(check, child->line, NULL,
					    "there is a list \"%.60s\" already", list->name);
		}
		set->list_count++;
	}
}

static void check_identifiers(struct check *check, const struct setting *setting)
{
	struct policy_set *set = check->set;

	set->identifiers = arena_array(&set->arena, setting->count, sizeof(*set->identifiers));
	for (struct setting *child = setting->first; child; child = child->next) {
		struct policy_identifier *identifier = &set->identifiers[set->identifier_count];
		const struct setting *value, *data;
		int word = -1;

		check_keywords(check, child, PLACE_IDENTIFIER);
		value = check_need(check, child, "value", "an identifier");
		data = check_need(check, child, "data", "an identifier");
		if (data)
			word = check_word(check, data, &words_data);
		if (!value || word < 0)
			continue;
		identifier->data = (enum policy_data)word;
		identifier->value = check_text(check, value, 255);
		if (identifier->value && strlen(identifier->value) < IDENTIFIER_BYTES_LEAST)
			check_warning(check, value->line,
				      "so short a value is found in traffic that has nothing to do "
				      "with it");
		set->identifier_count++;
	}
}

void check_main(struct check *check, struct setting *root)
{
	struct policy_settings *settings = &check->set->settings;
	struct setting *setting;
	int word;

	setting = check_find(root, "regions");
	if (setting)
		check_regions(check, setting);
	setting = check_find(root, "home");
	if (setting)
		check_home(check, setting);
	word = check_word_of(check, root, "mode", &words_mode);
	if (word >= 0)
		settings->mode = (enum policy_mode)word;
	word = check_word_of(check, root, "on_failure", &words_failure);
	if (word >= 0)
		settings->on_failure = (enum policy_failure)word;
	setting = check_find(root, "unknown_device");
	if (setting) {
		check->unknown_device = check_text(check, setting, NAME_MOST);
		check->unknown_device_file = check->file;
		check->unknown_device_line = setting->line;
	}
	setting = check_find(root, "network");
	if (setting)
		check_network(check, setting);
	setting = check_find(root, "geo");
	if (setting)
		check_geo(check, setting);
	setting = check_find(root, "lists");
	if (setting)
		check_lists(check, setting);
	setting = check_find(root, "identifiers");
	if (setting)
		check_identifiers(check, setting);
}
