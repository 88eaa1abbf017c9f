/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policies: which there are, what each is for, and how many devices have it. */
#include "client/client.h"

#include <json-c/json.h>
#include <string.h>

#include "client/text.h"
#include "configuration.h"
#include "json_add.h"
#include "policy/policy.h"
#include "report.h"

#define LINE_SIZE 512

/* A profile says in a comment what it is for: "// NAME: so and so." Empty: it does not. */
static void read_purpose(const char *name, char text[static LINE_SIZE])
{
	char path[512], start[128];
	size_t length = (size_t)snprintf(start, sizeof(start), "// %s: ", name);
	FILE *file;

	text[0] = 0;
	snprintf(path, sizeof(path), "%s/policy/%s.conf", configuration_data_directory(), name);
	if (strchr(name, '/') || length >= sizeof(start))
		return;
	file = fopen(path, "re");
	while (file && !text[0] && fgets(text, LINE_SIZE, file)) {
		text[strcspn(text, "\n")] = 0;
		if (strncmp(text, start, length) == 0)
			memmove(text, text + length, strlen(text + length) + 1);
		else
			text[0] = 0;
	}
	if (file)
		fclose(file);
}

static size_t count_devices(const struct policy_set *set, const struct policy *policy)
{
	size_t count = 0;

	for (size_t i = 0; i < policy_device_count(set); i++)
		count += policy_device_policy(policy_device_at(set, i)) == policy;
	return count;
}

static void print_object(const struct policy_set *set, const struct policy *policy,
			 const char *purpose)
{
	struct json_object *row = json_object_new_object();

	json_add_text(row, "policy", policy_name(policy));
	json_add_text(row, "default", policy_default(policy) == POLICY_BLOCK ? "block" : "allow");
	json_add_number(row, "devices", count_devices(set, policy));
	json_add_text(row, "for", purpose);
	client_print_json(NULL, row);
	json_object_put(row);
}

static void add_row(struct text_table *table, const struct policy_set *set,
		    const struct policy *policy, const char *purpose)
{
	size_t devices = count_devices(set, policy);
	char count[24] = "";

	if (devices)
		snprintf(count, sizeof(count), "%zu", devices);
	text_table_cell(table, policy_name(policy), COLOUR_BOLD);
	text_table_cell(table, count, COLOUR_NONE);
	text_table_cell(table, purpose, COLOUR_NONE);
}

int client_policies(const struct client *client)
{
	static const struct text_column columns[] = {
		{.title = "POLICY"},
		{.title = "USED", .right = true},
		{.title = "FOR", .narrow = 20},
	};
	struct policy_set *set = client_load(client->directory);
	struct text_table *table;

	if (!set)
		return EXIT_NO;
	table = text_table_new(columns, sizeof(columns) / sizeof(columns[0]));
	if (!table) {
		policy_free(set);
		return EXIT_NO;
	}
	for (size_t i = 0; i < policy_count(set); i++) {
		char purpose[LINE_SIZE];

		read_purpose(policy_name(policy_at(set, i)), purpose);
		if (client->json)
			print_object(set, policy_at(set, i), purpose);
		else
			add_row(table, set, policy_at(set, i), purpose);
	}
	if (!client->json) {
		text_table_print(table, stdout, text_terminal_width(stdout), client->colour);
		puts("\ngatewayctl set DEVICE POLICY gives a device one of them, for good.");
	}
	text_table_free(table);
	policy_free(set);
	return EXIT_DONE;
}
