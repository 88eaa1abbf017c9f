/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From texts to a set: the order of the steps; see policy.h. */
#include <stdlib.h>

#include "policy/check.h"

static bool is_settings(const struct policy_source *source)
{
	return source->kind != SOURCE_CATALOGUE && source->kind != SOURCE_BYPASS;
}

static void set_defaults(struct policy_settings *settings)
{
	static const char *const lan[] = {"br-lan"};

	settings->mode = MODE_ENFORCE;
	settings->on_failure = FAIL_CLOSED;
	settings->lan = lan;
	settings->lan_count = 1;
	settings->queue = 61400;
	settings->mark = 0x0f000000;
}

/* A keyword of the wrong file is told from a wrong keyword. */
static void read_tree(struct check *check, const struct policy_source *source, struct arena *arena,
		      struct setting **ret_root)
{
	struct setting *root = load_settings(arena, source, check->errors);

	pause_take(check->pause);
	check->file = source->file;
	*ret_root = root;
	if (!root)
		check->incomplete = true;
	else
		check_keywords(check, root,
			       source->kind == SOURCE_MAIN ? PLACE_MAIN : PLACE_POLICIES);
}

/* gatewayd.conf first: rules name its lists and regions. */
static void read_sources(struct check *check, const struct policy_source *sources, size_t count,
			 struct arena *arena)
{
	struct setting **roots = arena_array(arena, count, sizeof(struct setting *));
	const char **files = arena_array(arena, count, sizeof(*files));

	for (size_t i = 0; i < count; i++) {
		if (is_settings(&sources[i]))
			read_tree(check, &sources[i], arena, &roots[i]);
	}
	for (size_t i = 0; i < count; i++) {
		/* Rules tell where they stand for as long as the set lives. */
		files[i] = arena_text(&check->set->arena, sources[i].file, strlen(sources[i].file));
		check->file = files[i];
		check->kind = sources[i].kind;
		if (roots[i] && sources[i].kind == SOURCE_MAIN)
			check_main(check, roots[i]);
	}
	for (size_t i = 0; i < count; i++) {
		check->file = files[i];
		check->kind = sources[i].kind;
		if (roots[i])
			check_policies(check, roots[i]);
		pause_take(check->pause);
	}
	catalogue_read(check, sources, count);
	bypass_read(check, sources, count);
}

static size_t place_of(const struct policy_source *sources, size_t count,
		       const struct policy_error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (strncmp(sources[i].file, error->file, sizeof(error->file) - 1) == 0)
			return i;
	}
	return count;
}

/* In the order of the files and their lines, whichever step found them. */
static void sort_errors(struct policy_errors *errors, size_t from,
			const struct policy_source *sources, size_t count)
{
	for (size_t i = from + 1; i < errors->count; i++) {
		struct policy_error error = errors->errors[i];
		size_t place = place_of(sources, count, &error), at = i;

		while (at > from) {
			const struct policy_error *before = &errors->errors[at - 1];
			size_t other = place_of(sources, count, before);

			if (other < place || (other == place && before->line <= error.line))
				break;
			errors->errors[at] = *before;
			at--;
		}
		errors->errors[at] = error;
	}
}

static bool read_all(struct check *check, const struct policy_source *sources, size_t count,
		     struct arena *trees)
{
	size_t before = check->errors->count + check->errors->omitted;

	set_defaults(&check->set->settings);
	read_sources(check, sources, count, trees);
	pause_take(check->pause);
	compile_set(check);
	pause_take(check->pause);
	if (check->errors->count + check->errors->omitted == before)
		assert_set(check);
	return check->errors->count + check->errors->omitted == before;
}

/*
 * What the arenas need after a jump stands in here, so that no local variable
 * of policy_load() changes between setjmp() and longjmp().
 */
struct loading {
	jmp_buf exhausted;
	struct arena trees;
	struct check check;
	struct policy_set *set;
};

static struct policy_set *finish(struct loading *loading, bool good)
{
	struct policy_set *set = loading->set;

	arena_free(&loading->trees);
	free(loading);
	if (good) {
		set->arena.exhausted = NULL;
		return set;
	}
	policy_free(set);
	return NULL;
}

struct policy_set *policy_load(const struct policy_source *sources, size_t count,
			       struct policy_errors *errors, struct policy_errors *warnings)
{
	return policy_load_with_pauses(sources, count, NULL, errors, warnings);
}

struct policy_set *policy_load_with_pauses(const struct policy_source *sources, size_t count,
					   const struct pause *pause, struct policy_errors *errors,
					   struct policy_errors *warnings)
{
	const size_t first_error = errors->count;
	const size_t first_warning = warnings ? warnings->count : 0;
	struct loading *loading = calloc(1, sizeof(*loading));
	struct policy_set *set = calloc(1, sizeof(*set));
	bool good;

	if (!loading || !set) {
		free(loading);
		free(set);
		policy_errors_add(errors, "", 0, "there is no memory to read the policy");
		return NULL;
	}
	loading->set = loading->check.set = set;
	loading->check.errors = errors;
	loading->check.pause = pause;
	loading->check.warnings = warnings;
	set->arena.exhausted = loading->trees.exhausted = &loading->exhausted;
	if (setjmp(loading->exhausted)) {
		policy_errors_add(errors, "", 0, "there is no memory to read the policy");
		return finish(loading, false);
	}
	good = read_all(&loading->check, sources, count, &loading->trees);
	sort_errors(errors, first_error, sources, count);
	/* What is warned of in a set with errors may come from the errors. */
	if (warnings && !good)
		warnings->count = first_warning;
	else if (warnings)
		sort_errors(warnings, first_warning, sources, count);
	return finish(loading, good);
}

void policy_free(struct policy_set *set)
{
	if (!set)
		return;
	arena_free(&set->arena);
	free(set);
}
