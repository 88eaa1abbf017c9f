/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text to a tree of settings, by libconfig 1.5 to 1.8. No other file includes
 * its header. Reads from memory only: scan.c has refused @include before.
 */
#include "policy/setting.h"

#include <libconfig.h>

static bool convert_children(struct arena *arena, const config_setting_t *from, struct setting *to);

static bool convert_text(struct arena *arena, const char *text, const char **ret_text)
{
	size_t len = strlen(text);
	char *copy = arena_try(arena, len + 1);

	if (!copy)
		return false;
	memcpy(copy, text, len);
	*ret_text = copy;
	return true;
}

static bool convert(struct arena *arena, const config_setting_t *from, struct setting *to)
{
	const char *name = config_setting_name(from);

	to->line = config_setting_source_line(from);
	if (name && !convert_text(arena, name, &to->name))
		return false;
	switch (config_setting_type(from)) {
	case CONFIG_TYPE_INT:
		to->kind = SETTING_NUMBER;
		to->number = config_setting_get_int(from);
		/* 0xf0000000 means that, whatever the width of an int is. */
		if (config_setting_get_format(from) == CONFIG_FORMAT_HEX)
			to->number = (uint32_t)to->number;
		return true;
	case CONFIG_TYPE_INT64:
		to->kind = SETTING_NUMBER;
		to->number = config_setting_get_int64(from);
		return true;
	case CONFIG_TYPE_FLOAT:
		to->kind = SETTING_FRACTION;
		return true;
	case CONFIG_TYPE_BOOL:
		to->kind = SETTING_YES_NO;
		to->yes = config_setting_get_bool(from) != 0;
		return true;
	case CONFIG_TYPE_STRING:
		to->kind = SETTING_TEXT;
		/* An empty text may be a NULL inside libconfig. */
		name = config_setting_get_string(from);
		return convert_text(arena, name ? name : "", &to->text);
	case CONFIG_TYPE_GROUP:
		to->kind = SETTING_GROUP;
		return convert_children(arena, from, to);
	default:
		to->kind = SETTING_LIST;
		return convert_children(arena, from, to);
	}
}

/* Goes no deeper than SETTING_DEPTH_MOST, which scan.c has checked. */
static bool convert_children(struct arena *arena, const config_setting_t *from, struct setting *to)
{
	struct setting **end = &to->first;
	int count = config_setting_length(from);

	for (int i = 0; i < count; i++) {
		struct setting *child = arena_try(arena, sizeof(*child));

		if (!child || !convert(arena, config_setting_get_elem(from, (unsigned)i), child))
			return false;
		/* Elements of a list have no line of their own in some versions. */
		if (child->line == 0)
			child->line = to->line;
		*end = child;
		end = &child->next;
		to->count++;
	}
	return true;
}

static struct setting *parse(struct arena *arena, const char *text, const char *file,
			     struct policy_errors *errors)
{
	struct setting *root = arena_alloc(arena, sizeof(*root));
	config_t config;
	bool done = true;

	config_init(&config);
	if (config_read_string(&config, text) == CONFIG_TRUE) {
		done = convert(arena, config_root_setting(&config), root);
	} else {
		const char *what = config_error_text(&config);
		const char *hint = "";

		if (strcmp(what, "syntax error") == 0)
			hint = ": expected keyword = value;";
		else if (strcmp(what, "mismatched element type in array") == 0)
			hint = ": write ( ) in place of [ ] around numbers and texts together";
		policy_errors_add(errors, file, (unsigned)config_error_line(&config), "%s%s", what,
				  hint);
		root = NULL;
	}
	config_destroy(&config);
	if (!done)
		arena_give_up(arena);
	return root;
}

struct setting *load_settings(struct arena *arena, const struct policy_source *source,
			      struct policy_errors *errors)
{
	char *text;

	if (source->text.len > SETTING_TEXT_MOST) {
		policy_errors_add(errors, source->file, 0,
				  "the file is too large: %zu bytes, at most %zu are read",
				  source->text.len, SETTING_TEXT_MOST);
		return NULL;
	}
	text = arena_alloc(arena, source->text.len + 1);
	if (source->text.len)
		memcpy(text, source->text.data, source->text.len);
	if (!scan_text(text, source->text.len, source->file, errors))
		return NULL;
	return parse(arena, text, source->file, errors);
}
