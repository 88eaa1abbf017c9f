/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all checks share; see check.h. */
#include "policy/check.h"

#include <stdarg.h>
#include <stdio.h>

void check_error(struct check *check, unsigned line, const struct nearest *nearest,
		 const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (nearest && nearest->best)
		policy_errors_add(check->errors, check->file, line,
				  "%.160s; did you mean \"%.60s\"?", text, nearest->best);
	else
		policy_errors_add(check->errors, check->file, line, "%s", text);
}

void check_warning(struct check *check, unsigned line, const char *format, ...)
{
	char text[256];
	va_list arguments;

	if (!check->warnings)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	policy_errors_add(check->warnings, check->file, line, "%s", text);
}

static const char *list_keywords(unsigned place, char *text, size_t size)
{
	size_t count, known_count = 0;
	const struct schema_keyword *keywords = schema_keywords(&count);
	const char *known[32];
	struct words words = {known, 0};

	for (size_t i = 0; i < count && known_count < sizeof(known) / sizeof(known[0]); i++) {
		if (keywords[i].places & place)
			known[known_count++] = keywords[i].name;
	}
	words.count = known_count;
	words_print(&words, text, size);
	return text;
}

/* Where else the keyword may stand, or the nearest one that may stand here. */
static void unknown_keyword(struct check *check, const struct setting *setting, unsigned place)
{
	size_t count;
	const struct schema_keyword *keywords = schema_keywords(&count);
	struct nearest nearest = nearest_to(setting->name);
	char known[150];

	if (place == PLACE_POLICIES && schema_find(PLACE_MAIN, setting->name)) {
		check_error(check, setting->line, NULL, "\"%.60s\" belongs in gatewayd.conf",
			    setting->name);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (keywords[i].places & place)
			nearest_try(&nearest, keywords[i].name);
	}
	if (nearest.best)
		check_error(check, setting->line, &nearest, "unknown keyword \"%.60s\" in %s",
			    setting->name, schema_place_name(place));
	else
		check_error(check, setting->line, NULL,
			    "unknown keyword \"%.60s\" in %s: expected %s", setting->name,
			    schema_place_name(place), list_keywords(place, known, sizeof(known)));
}

static bool is_text(const struct setting *setting)
{
	return setting->kind == SETTING_TEXT;
}

static bool is_text_or_number(const struct setting *setting)
{
	return setting->kind == SETTING_TEXT || setting->kind == SETTING_NUMBER;
}

static bool is_group(const struct setting *setting)
{
	return setting->kind == SETTING_GROUP;
}

static bool is_list_of(const struct setting *setting, bool (*is)(const struct setting *setting))
{
	if (setting->kind != SETTING_LIST)
		return false;
	for (const struct setting *child = setting->first; child; child = child->next) {
		if (!is(child))
			return false;
	}
	return true;
}

static bool has_type(const struct setting *setting, enum schema_type type)
{
	switch (type) {
	case TYPE_TEXT:
		return is_text(setting);
	case TYPE_TEXTS:
		return is_text(setting) || is_list_of(setting, is_text);
	case TYPE_NUMBER:
		return setting->kind == SETTING_NUMBER;
	case TYPE_NUMBERS:
		return is_text_or_number(setting) || is_list_of(setting, is_text_or_number);
	case TYPE_YES_NO:
		return setting->kind == SETTING_YES_NO;
	case TYPE_GROUP:
	case TYPE_NAMED_TEXTS:
		return is_group(setting);
	case TYPE_LIST_OF_GROUPS:
		return is_list_of(setting, is_group);
	}
	return false;
}

void check_keywords(struct check *check, struct setting *group, unsigned place)
{
	for (struct setting *child = group->first; child; child = child->next) {
		const struct schema_keyword *keyword = schema_find(place, child->name);

		if (!keyword) {
			unknown_keyword(check, child, place);
			child->bad = true;
		} else if (!has_type(child, keyword->type)) {
			check_error(check, child->line, NULL, "\"%s\": expected %s", child->name,
				    schema_type_name(keyword->type));
			child->bad = true;
		}
	}
}

struct setting *check_find(const struct setting *group, const char *name)
{
	for (struct setting *child = group->first; child; child = child->next) {
		if (strcmp(child->name, name) == 0)
			return child->bad ? NULL : child;
	}
	return NULL;
}

const struct setting *check_values(const struct setting *setting)
{
	return setting->kind == SETTING_LIST ? setting->first : setting;
}

const struct setting *check_need(struct check *check, const struct setting *group, const char *name,
				 const char *what)
{
	for (const struct setting *child = group->first; child; child = child->next) {
		if (strcmp(child->name, name) == 0)
			return child->bad ? NULL : child;
	}
	check_error(check, group->line, NULL, "%s needs \"%s\"", what, name);
	return NULL;
}

size_t check_value_count(const struct setting *setting)
{
	return setting->kind == SETTING_LIST ? setting->count : 1;
}

int check_word(struct check *check, const struct setting *value, const struct words *words)
{
	int found = words_find(words, value->text, strlen(value->text));
	struct nearest nearest = nearest_to(value->text);
	char known[120];

	if (found >= 0)
		return found;
	nearest_try_all(&nearest, words);
	words_print(words, known, sizeof(known));
	check_error(check, value->line, &nearest, "\"%.40s\": expected %s", value->text, known);
	return -1;
}

int check_word_of(struct check *check, const struct setting *group, const char *name,
		  const struct words *words)
{
	const struct setting *setting = check_find(group, name);

	return setting ? check_word(check, setting, words) : -1;
}

uint64_t check_word_bits(struct check *check, const struct setting *setting,
			 const struct words *words)
{
	const struct setting *value;
	uint64_t bits = 0;
	int word;

	for_each_value(value, setting)
	{
		word = check_word(check, value, words);
		if (word >= 0)
			bits |= (uint64_t)1 << word;
	}
	return bits;
}

const char *check_text(struct check *check, const struct setting *value, size_t most)
{
	size_t len = strlen(value->text);

	if (len == 0 || len > most) {
		check_error(check, value->line, NULL,
			    "%s%s%sexpected a text of 1 to %zu bytes, found %zu",
			    value->name ? "\"" : "", value->name ? value->name : "",
			    value->name ? "\": " : "", most, len);
		return NULL;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value->text[i];

		if (c < ' ' || c == 0x7f) {
			check_error(check, value->line, NULL,
				    "expected a text without control characters");
			return NULL;
		}
	}
	return arena_text(&check->set->arena, value->text, len);
}

const char *const *check_copy_values(struct check *check, const struct setting *setting,
				     size_t *ret_count)
{
	size_t count = check_value_count(setting), i = 0;
	const char **words = arena_array(&check->set->arena, count, sizeof(*words));
	const struct setting *value;

	for_each_value(value, setting) words[i++] =
		arena_text(&check->set->arena, value->text, strlen(value->text));
	*ret_count = count;
	return words;
}
