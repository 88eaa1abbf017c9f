/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From trees of settings to declarations, with every error found. What refers
 * to something in another file (a policy, a device) is kept as its name and
 * settled by compile.c when all files are read.
 */
#ifndef GATEWAYD_POLICY_CHECK_H
#define GATEWAYD_POLICY_CHECK_H

#include "policy/schema.h"
#include "policy/set.h"
#include "policy/setting.h"
#include "policy/words.h"

struct check {
	struct policy_set *set; /* under construction; everything lives in its arena */
	struct policy_errors *errors, *warnings;
	const struct pause *pause;
	const char *file;             /* the one that messages are about */
	enum policy_source_kind kind; /* of the file being read */
	struct vector devices, policies, assertions, assignments;
	struct vector regions;      /* struct check_region */
	const char *unknown_device; /* a policy's name */
	const char *unknown_device_file;
	unsigned unknown_device_line;
	bool foreign_used; /* by a rule of the user's */
	const char *foreign_file;
	unsigned foreign_line;
	/* A file could not be read: names that are missing may be in there. */
	bool incomplete;
};

/* A region of the user's while it is being resolved. */
struct check_region {
	struct region region;
	const struct setting *setting;
	enum policy_visit visit;
};

/* "MESSAGE", then `; did you mean "NEAREST"?` where there is one. */
void check_error(struct check *check, unsigned line, const struct nearest *nearest,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
void check_warning(struct check *check, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Every keyword of the group is known in this place and its value has the
 * right type, or is marked bad and an error said so.
 */
void check_keywords(struct check *check, struct setting *group, unsigned place);
/* NULL: not there, or bad. */
struct setting *check_find(const struct setting *group, const char *name);
/* The same, but an error when it is not there: WHAT needs a NAME. */
const struct setting *check_need(struct check *check, const struct setting *group, const char *name,
				 const char *what);
/* The first value of "..." or [ "...", "..." ]. */
const struct setting *check_values(const struct setting *setting);
/* The values of a list, but not the settings that follow a single value. */
#define for_each_value(value, setting)             \
	for (value = check_values(setting); value; \
	     value = (setting)->kind == SETTING_LIST ? value->next : NULL)

size_t check_value_count(const struct setting *setting);

/* One of the words, or -1 and an error. */
int check_word(struct check *check, const struct setting *value, const struct words *words);
/* The same for a keyword that may be absent: -1 without an error. */
int check_word_of(struct check *check, const struct setting *group, const char *name,
		  const struct words *words);
/* Several words as bits 1 << index. */
uint64_t check_word_bits(struct check *check, const struct setting *setting,
			 const struct words *words);
/* Text without control characters and of 1 to `most` bytes; NULL and an error. */
const char *check_text(struct check *check, const struct setting *value, size_t most);
/* A copy of the values as written. */
const char *const *check_copy_values(struct check *check, const struct setting *setting,
				     size_t *ret_count);

/* check_main.c */
void check_main(struct check *check, struct setting *root);
/* Countries and regions into the set; `unknown` may stand for no country. */
void check_countries(struct check *check, const struct setting *setting, bool unknown_allowed,
		     struct country_set *set, const char **words);

/* check_policy.c: devices, policies, assertions. */
void check_policies(struct check *check, struct setting *root);

/* conditions.c: those of a rule or of its `not`. */
struct group conditions_read(struct check *check, struct setting *group, unsigned place);
/* NULL and an error. */
const struct condition *conditions_read_when(struct check *check, const struct setting *setting);

/* when.c: "mon-fri 08:00-18:00"; false: what is expected instead. */
bool when_parse(const char *text, bool minutes[static MINUTES_OF_WEEK], const char **ret_expected);
size_t when_windows(const bool minutes[static MINUTES_OF_WEEK], struct window *windows);

/* limit.c: "2 MB/day". */
bool limit_parse(const char *text, uint64_t *ret_bytes, uint32_t *ret_seconds,
		 const char **ret_expected);

/* catalogue.c: all SOURCE_CATALOGUE sources, a later one wins. */
void catalogue_read(struct check *check, const struct policy_source *sources, size_t count);

/* bypass.c: all SOURCE_BYPASS sources. */
void bypass_read(struct check *check, const struct policy_source *sources, size_t count);

/* compile.c */
void compile_set(struct check *check);
/* assert.c: runs what the user claims about the compiled set. */
void assert_set(struct check *check);

#endif
