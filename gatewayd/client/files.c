/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the policy and of the databases, and what is wrong with them. */
#include "client/client.h"

#include <json-c/json.h>

#include "client/text.h"
#include "configuration.h"
#include "json_add.h"
#include "lists.h"
#include "report.h"
#include "system/geo.h"

void client_print_errors(const struct policy_errors *errors, const char *kind)
{
	bool colour = text_wants_colour(stderr);

	fflush(stdout);
	for (size_t i = 0; i < errors->count; i++) {
		const struct policy_error *error = &errors->errors[i];

		fputs(text_colour(colour, COLOUR_BOLD), stderr);
		text_put(stderr, error->file);
		if (error->line)
			fprintf(stderr, ":%u", error->line);
		fprintf(stderr, ":%s %s", text_colour(colour, COLOUR_NONE), kind);
		text_put(stderr, error->text);
		putc('\n', stderr);
	}
	if (errors->omitted)
		fprintf(stderr, "and %zu more\n", errors->omitted);
}

struct policy_set *client_load(const char *directory)
{
	struct policy_errors errors = {0};
	struct policy_set *set = configuration_load(directory, &errors, NULL);

	if (!set)
		client_print_errors(&errors, "");
	policy_errors_free(&errors);
	return set;
}

static void open_one(struct geo *geo, enum geo_kind kind, const char *directory, const char *path,
		     const char *url)
{
	char found[512], error[256];
	bool there;

	if (!path)
		return;
	there = configuration_find(directory, path, found, sizeof(found));
	if (geo_open(geo, kind, found, error, sizeof(error)))
		return;
	if (url && !there)
		client_error("%s was never fetched: gatewayctl lists update", found);
	else
		client_error("%s", error);
}

struct geo *client_open_geo(const char *directory, const struct policy_set *set)
{
	const struct policy_settings *settings = policy_settings(set);
	struct geo *geo = geo_new();

	if (!geo)
		return NULL;
	open_one(geo, GEO_COUNTRY, directory, settings->geo_country, settings->geo_country_url);
	open_one(geo, GEO_ASN, directory, settings->geo_asn, settings->geo_asn_url);
	return geo;
}

struct lists *client_open_lists(const char *directory, struct policy_set *set)
{
	struct policy_errors warnings = {0};
	struct lists *lists = lists_open(directory, set, NULL, LISTS_COMPILE, NULL, &warnings);

	client_print_errors(&warnings, "warning: ");
	policy_errors_free(&warnings);
	return lists;
}
