/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the tests of the policy language: a set from text, and questions in few
 * words. Included by one test program each.
 */
#ifndef TESTS_UNIT_POLICY_SUPPORT_H
#define TESTS_UNIT_POLICY_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/policy.h"

#define AT(day, hour, minute) ((day)*1440 + (hour)*60 + (minute))
#define ABROAD country_from_text("CN")

static const char catalogue_text[] =
	"domain_suffix\torganisation\tjurisdiction\tpurpose\tessential\n"
	"vendor.example\tVendor\tCN\tcontrol\tyes\tcamera\tAPI\tits manual\n"
	"logs.vendor.example\tVendor\tCN\ttelemetry\tno\n"
	"time.example\tClock\tUS\ttime\tyes\n"
	"silent.example\t\t\t\t\n"
	"AS64500\tHoster\tRU\tstorage\tno\n";

/* Adds to a text in a buffer of this size; too much fails the test. */
__attribute__((format(printf, 3, 4))) static inline void append(char *text, size_t size,
								const char *format, ...)
{
	size_t len = strlen(text);
	va_list arguments;
	int more;

	va_start(arguments, format);
	more = vsnprintf(text + len, size - len, format, arguments);
	va_end(arguments);
	assert_true(more >= 0 && (size_t)more < size - len);
}

/* NULL when there is an error, which is printed unless `quiet`. */
static inline struct policy_set *load_text(const char *text, bool quiet)
{
	struct policy_source sources[] = {
		{.file = "gatewayd.conf",
		 .text = bytes_of(text, strlen(text)),
		 .kind = SOURCE_MAIN},
		{.file = "catalogue.tsv",
		 .text = bytes_of(catalogue_text, strlen(catalogue_text)),
		 .kind = SOURCE_CATALOGUE},
	};
	struct policy_errors errors = {.count = 0};
	struct policy_set *set = policy_load(sources, 2, &errors, NULL);

	for (size_t i = 0; !quiet && i < errors.count; i++)
		print_message("line %u: %s\n", errors.errors[i].line, errors.errors[i].text);
	policy_errors_free(&errors);
	return set;
}

/* One policy "p" with these rules. */
static inline struct policy_set *load_rules(const char *rules, const char *other)
{
	char text[4096];
	struct policy_set *set;

	snprintf(text, sizeof(text),
		 "home = [ \"US\", \"CA\" ];\n"
		 "lists = ( { name = \"one\"; file = \"1\"; }, { name = \"two\"; file = \"2\"; } "
		 ");\n"
		 "policies = ( { name = \"p\"; %s rules = (\n%s\n); } );\n",
		 other, rules);
	set = load_text(text, false);
	assert_non_null(set);
	return set;
}

/* A name for a question; the storage is the caller's. */
static inline void add_name(const struct policy_set *set, struct policy_question *question,
			    struct name *storage, const char *text)
{
	assert_true(name_parse_text(text, storage));
	policy_describe(set, storage, &question->names[question->name_count++]);
	question->known |= FACT_NAMES;
}

#endif
