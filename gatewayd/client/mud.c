/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "client/mud.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/mud_entry.h"
#include "client/text.h"
#include "policy/policy.h"

struct importing {
	struct mud_import *import;
	struct json_object *lists; /* of all access control lists */
	FILE *rules, *skipped;
	char *rules_text;
	size_t rules_len, skipped_len;
	char *error;
	size_t error_size;
};

/* Nothing of the file may end a comment or look like a line of ours. */
static void clean(const char *text, char *ret_text, size_t size)
{
	text_clean(text ? text : "", ret_text, size);
	for (char *at = ret_text; *at; at++) {
		if ((unsigned char)*at < ' ')
			*at = ' ';
	}
}

static bool fail(struct importing *importing, const char *what, const char *which)
{
	char shown[120];

	clean(which, shown, sizeof(shown));
	snprintf(importing->error, importing->error_size, "%s%s%s", what, which ? ": " : "", shown);
	return false;
}

/* ---- the name of the policy ---- */

static bool take_name(const char *from, char name[static MUD_NAME_SIZE])
{
	size_t len = 0;

	for (; from && *from && len + 1 < MUD_NAME_SIZE; from++) {
		char byte = *from;

		if (byte >= 'A' && byte <= 'Z')
			byte = (char)(byte - 'A' + 'a');
		if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'))
			name[len++] = byte;
		else if (len && name[len - 1] != '-')
			name[len++] = '-';
	}
	while (len && name[len - 1] == '-')
		len--;
	name[len] = 0;
	return len > 0;
}

/* By the model, else by the last part of the file's name without its ending. */
static void name_policy(struct importing *importing, struct json_object *mud, const char *path)
{
	char *name = importing->import->name;
	const char *slash = strrchr(path, '/');
	char base[MUD_NAME_SIZE];
	char *dot;

	if (take_name(mud_text(mud_member(mud, "model-name", "ietf-mud:model-name")), name))
		return;
	snprintf(base, sizeof(base), "%s", slash ? slash + 1 : path);
	dot = strrchr(base, '.');
	if (dot)
		*dot = 0;
	if (!take_name(base, name))
		snprintf(name, MUD_NAME_SIZE, "mud");
}

/* ---- lists and entries ---- */

static struct json_object *find_list(struct importing *importing, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(importing->lists); i++) {
		struct json_object *list = json_object_array_get_idx(importing->lists, i);
		const char *is = mud_text(mud_member(list, "name", "acl-name"));

		if (is && strcmp(is, name) == 0)
			return list;
	}
	return NULL;
}

static void skip(struct importing *importing, const char *list, struct json_object *entry,
		 const char *reason)
{
	const char *name = mud_text(mud_member(entry, "name", "rule-name"));
	char shown[2][80];

	clean(list, shown[0], sizeof(shown[0]));
	clean(name ? name : "an entry", shown[1], sizeof(shown[1]));
	fprintf(importing->skipped, "%s/%s: %s\n", shown[0], shown[1], reason);
	importing->import->skipped_count++;
}

/* A file says much twice, for IPv4 and for IPv6. */
static bool is_there(struct importing *importing, const char *rule)
{
	fflush(importing->rules);
	return importing->rules_text && strstr(importing->rules_text, rule);
}

static bool convert_list(struct importing *importing, const char *name)
{
	struct json_object *list = find_list(importing, name), *entries, *held;

	if (!list)
		return fail(importing, "the file has no access control list of this name", name);
	held = mud_member(list, "aces", "access-list-entries");
	entries = mud_member(held, "ace", NULL);
	if (!json_object_is_type(entries, json_type_array))
		return fail(importing, "an access control list without entries", name);
	for (size_t i = 0; i < json_object_array_length(entries); i++) {
		struct json_object *entry = json_object_array_get_idx(entries, i);
		char rule[MUD_RULE_SIZE];
		const char *reason = mud_entry_rule(entry, rule);

		if (reason) {
			skip(importing, name, entry, reason);
			continue;
		}
		if (is_there(importing, rule))
			continue;
		fprintf(importing->rules, "%s      %s", importing->import->rule_count ? ",\n" : "",
			rule);
		importing->import->rule_count++;
	}
	return true;
}

/* What the device may send; that answers come back goes without saying. */
static bool convert_lists(struct importing *importing, struct json_object *mud)
{
	struct json_object *policy = mud_member(mud, "from-device-policy", NULL);
	struct json_object *names =
		mud_member(mud_member(policy, "access-lists", NULL), "access-list", NULL);

	if (!names)
		return true;
	if (!json_object_is_type(names, json_type_array))
		return fail(importing, "from-device-policy has no lists", NULL);
	for (size_t i = 0; i < json_object_array_length(names); i++) {
		const char *name = mud_text(
			mud_member(json_object_array_get_idx(names, i), "name", "acl-name"));

		if (!name)
			return fail(importing, "from-device-policy has a list without a name",
				    NULL);
		if (!convert_list(importing, name))
			return false;
	}
	return true;
}

/* ---- the whole ---- */

static void put_comment(FILE *out, const char *before, struct json_object *object)
{
	char shown[200];

	if (!mud_text(object))
		return;
	clean(mud_text(object), shown, sizeof(shown));
	fprintf(out, "// %s%s\n", before, shown);
}

static void put_skipped(FILE *out, const char *skipped)
{
	if (!*skipped)
		return;
	fputs("//\n// Without a rule:\n", out);
	while (*skipped) {
		size_t len = strcspn(skipped, "\n");

		fprintf(out, "//   %.*s\n", (int)len, skipped);
		skipped += len + (skipped[len] != 0);
	}
}

static void put_policy(struct importing *importing, struct json_object *mud, FILE *out)
{
	fputs("// Made by gatewayctl import-mud from the maker's description (RFC 8520).\n", out);
	put_comment(out, "", mud_member(mud, "systeminfo", NULL));
	put_comment(out, "maker: ", mud_member(mud, "mfg-name", "ietf-mud:mfg-name"));
	put_comment(out, "from: ", mud_member(mud, "mud-url", NULL));
	put_comment(out, "of: ", mud_member(mud, "last-update", NULL));
	put_skipped(out, importing->import->skipped);
	fprintf(out,
		"\npolicies = (\n  { name = \"%s\";\n    default = \"block\";\n    rules = (\n%s\n"
		"    );\n  }\n);\n",
		importing->import->name, importing->rules_text);
}

/* What was made has to be what the daemon would take. */
static bool is_good(struct importing *importing)
{
	const char *text = importing->import->text;
	struct policy_source source = {
		"import", {(const uint8_t *)text, strlen(text)}, SOURCE_USER};
	struct policy_errors errors = {0};
	struct policy_set *set = policy_load(&source, 1, &errors, NULL);
	bool good = set != NULL;

	if (!good)
		(void)fail(importing, "the policy made of it is not good",
			   errors.count ? errors.errors[0].text : NULL);
	policy_errors_free(&errors);
	policy_free(set);
	return good;
}

static bool convert(struct importing *importing, struct json_object *root, const char *path)
{
	struct json_object *mud = mud_member(root, "ietf-mud:mud", "mud");
	struct json_object *version = mud_member(mud, "mud-version", NULL);
	size_t text_len;
	FILE *out;

	if (!json_object_is_type(mud, json_type_object))
		return fail(importing, "not a MUD file: it has no \"ietf-mud:mud\"", NULL);
	if (version && json_object_get_int64(version) != 1)
		return fail(importing, "only version 1 of MUD is known", NULL);
	importing->lists = mud_member(mud_member(root, "ietf-access-control-list:acls",
						 "ietf-access-control-list:access-lists"),
				      "acl", NULL);
	if (!json_object_is_type(importing->lists, json_type_array))
		return fail(importing, "the file has no access control lists", NULL);
	name_policy(importing, mud, path);
	if (!convert_lists(importing, mud))
		return false;
	fflush(importing->rules);
	fflush(importing->skipped);
	out = open_memstream(&importing->import->text, &text_len);
	if (!out)
		return fail(importing, "no memory", NULL);
	put_policy(importing, mud, out);
	if (fclose(out))
		return fail(importing, "no memory", NULL);
	return is_good(importing);
}

static struct json_object *parse(const char *json, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *root = NULL;

	if (!tokener)
		return NULL;
	root = json_tokener_parse_ex(tokener, json, (int)len);
	/* Blanks may follow, and nothing else. */
	for (size_t i = json_tokener_get_parse_end(tokener); root && i < len; i++) {
		if (!strchr(" \t\r\n", json[i]) || !json[i]) {
			json_object_put(root);
			root = NULL;
		}
	}
	json_tokener_free(tokener);
	return root;
}

bool mud_import(const char *path, const char *json, size_t len, struct mud_import *ret_import,
		char *error, size_t error_size)
{
	struct mud_import import = {.text = NULL};
	struct importing importing = {.import = &import, .error = error, .error_size = error_size};
	struct json_object *root = len <= MUD_FILE_MOST ? parse(json, len) : NULL;
	bool done;

	if (!root)
		return fail(&importing, "not a MUD file: it is not JSON", NULL);
	importing.rules = open_memstream(&importing.rules_text, &importing.rules_len);
	importing.skipped = open_memstream(&import.skipped, &importing.skipped_len);
	done = importing.rules && importing.skipped ? convert(&importing, root, path)
						    : fail(&importing, "no memory", NULL);
	if (importing.rules)
		fclose(importing.rules);
	if (importing.skipped)
		fclose(importing.skipped);
	free(importing.rules_text);
	json_object_put(root);
	if (done)
		*ret_import = import;
	else
		mud_import_free(&import);
	return done;
}

void mud_import_free(struct mud_import *import)
{
	free(import->text);
	free(import->skipped);
	*import = (struct mud_import){.text = NULL};
}
