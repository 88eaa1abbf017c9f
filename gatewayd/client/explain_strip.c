/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain: what a strip rule takes out, category by category, key by key. */
#include "client/explain.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/text.h"
#include "json_add.h"
#include "payload_keys.h"
#include "report.h"

#define INDENT 16

static void add_key(void *context, const char *key, const char *category)
{
	struct json_object *words = json_member(context, category);

	if (words)
		json_object_array_add(words, report_string(key));
}

struct json_object *explain_strip(const struct policy_rule *rule)
{
	struct json_object *strip = json_object_new_object();
	struct json_object *data = json_object_new_object();
	struct json_object *own = json_object_new_array();
	size_t count;
	const char *const *keys = policy_rule_keys(rule, &count);

	for (int i = 0; i < DATA_COUNT; i++) {
		if (policy_rule_data(rule) >> i & 1)
			json_object_object_add(data, policy_data_name((enum policy_data)i),
					       json_object_new_array());
	}
	if (!payload_keys_each(add_key, data))
		client_error("the table of keys is missing; the rule's own keys are all it knows");
	for (size_t i = 0; i < count; i++)
		json_object_array_add(own, report_string(keys[i]));
	json_object_object_add(strip, "data", data);
	json_object_object_add(strip, "keys", own);
	json_add_text(strip, "opaque", policy_rule_opaque_block(rule) ? "block" : "allow");
	return strip;
}

/* The words, as many to a line as fit. */
static void put_words(struct json_object *words, size_t width)
{
	size_t at = INDENT;

	for (size_t i = 0; i < json_length(words); i++) {
		const char *word = json_object_get_string(json_object_array_get_idx(words, i));
		size_t len = strlen(word) + 1;

		if (i && width > INDENT && at + len >= width) {
			printf("\n%*s", INDENT, "");
			at = INDENT;
		}
		putchar(' ');
		text_put(stdout, word);
		at += len;
	}
	putchar('\n');
}

void explain_print_strip(struct json_object *strip, size_t width)
{
	struct json_object *own = json_member(strip, "keys");

	if (!strip)
		return;
	puts("\nIt takes out the values of these keys, and known secrets of these kinds:");
	json_object_object_foreach(json_member(strip, "data"), category, words)
	{
		printf("  %-*s", INDENT - 2, category);
		put_words(words, width);
	}
	if (json_length(own)) {
		printf("  %-*s", INDENT - 2, "own keys");
		put_words(own, width);
	}
	puts(!strcmp(json_text(strip, "opaque"), "block") ? "What cannot be read is blocked."
							  : "What cannot be read passes.");
}
