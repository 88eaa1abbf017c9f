/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor: runs all checks, whatever each of them finds. */
#include "client/doctor.h"

#include <stdarg.h>
#include <string.h>

#include <json-c/json.h>

#include "client/text.h"
#include "json_add.h"
#include "lists.h"
#include "report.h"

#define RESULT_WIDTH 13
#define NAME_WIDTH 13
#define TEXT_INDENT (RESULT_WIDTH + NAME_WIDTH)
#define LINE_WIDTH 80

static const struct {
	const char *name;
	void (*look)(struct doctor *doctor, struct doctor_finding *finding);
} checks[] = {
	{"rights", doctor_rights},
	{"files", doctor_files},
	{"socket", doctor_socket},
	{"daemon", doctor_daemon},
	{"rules", doctor_rules},
	{"queue", doctor_queue},
	{"connections", doctor_connections},
	{"offloading", doctor_offloading},
	{"marks", doctor_marks},
	{"interfaces", doctor_interfaces},
	{"forwarding", doctor_forwarding},
	{"listeners", doctor_listeners},
	{"resolver", doctor_resolver},
	{"clock", doctor_clock},
	{"countries", doctor_countries},
	{"AS numbers", doctor_networks},
	{"lists", doctor_lists},
	{"makers", doctor_vendors},
	{"state", doctor_state},
};
#define CHECK_COUNT (sizeof(checks) / sizeof(checks[0]))

static const struct {
	const char *word;
	enum text_colour colour;
} results[] = {
	[DOCTOR_OK] = {"ok", COLOUR_GREEN},
	[DOCTOR_WARN] = {"warn", COLOUR_YELLOW},
	[DOCTOR_BAD] = {"bad", COLOUR_RED},
	[DOCTOR_UNKNOWN] = {"cannot tell", COLOUR_YELLOW},
};

/* ---- what checks say ---- */

void doctor_say(struct doctor_finding *finding, enum doctor_result result, const char *format, ...)
{
	va_list arguments;

	finding->result = result;
	finding->cure[0] = '\0';
	va_start(arguments, format);
	vsnprintf(finding->finding, sizeof(finding->finding), format, arguments);
	va_end(arguments);
}

void doctor_cure(struct doctor_finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(finding->cure, sizeof(finding->cure), format, arguments);
	va_end(arguments);
}

bool doctor_has_settings(const struct doctor *doctor, struct doctor_finding *finding)
{
	if (!doctor->set)
		doctor_say(finding, DOCTOR_UNKNOWN, "the files that name it do not load");
	return doctor->set != NULL;
}

bool doctor_may_look(const struct doctor *doctor, struct doctor_finding *finding)
{
	if (!doctor->net_admin)
		doctor_say(finding, DOCTOR_UNKNOWN, "only root may ask the kernel");
	return doctor->net_admin;
}

/* ---- what is printed ---- */

void doctor_wrap(FILE *out, const char *text, size_t indent, size_t width)
{
	size_t column = 0;

	while (*text) {
		size_t blanks = strspn(text, " ");
		size_t length = strcspn(text + blanks, " ");

		if (!length)
			break;
		if (column && column + 1 + length > width - indent) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = 0;
		} else if (column) {
			putc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)length, text + blanks);
		column += length;
		text += blanks + length;
	}
	putc('\n', out);
}

static void print_finding(const struct client *client, const char *name,
			  const struct doctor_finding *finding)
{
	char text[sizeof(finding->finding)];

	printf("%s%-*s%s%-*s", text_colour(client->colour, results[finding->result].colour),
	       RESULT_WIDTH, results[finding->result].word,
	       text_colour(client->colour, COLOUR_NONE), NAME_WIDTH, name);
	text_clean(finding->finding, text, sizeof(text));
	doctor_wrap(stdout, text, TEXT_INDENT, LINE_WIDTH);
	if (!finding->cure[0])
		return;
	printf("%*s%s", TEXT_INDENT, "", text_colour(client->colour, COLOUR_BOLD));
	text_clean(finding->cure, text, sizeof(text));
	doctor_wrap(stdout, text, TEXT_INDENT, LINE_WIDTH);
	fputs(text_colour(client->colour, COLOUR_NONE), stdout);
}

static void print_object(const char *name, const struct doctor_finding *finding)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "check", name);
	json_add_text(object, "result", results[finding->result].word);
	json_add_text(object, "finding", finding->finding);
	json_add_text(object, "cure", finding->cure);
	client_print_json(NULL, object);
	json_object_put(object);
}

static void print_sum(const struct client *client, const unsigned *counts)
{
	if (!counts[DOCTOR_BAD] && !counts[DOCTOR_WARN] && !counts[DOCTOR_UNKNOWN])
		puts("nothing is wrong");
	else
		printf("%s%u bad%s, %u to look after, %u not known\n",
		       text_colour(client->colour, counts[DOCTOR_BAD] ? COLOUR_RED : COLOUR_NONE),
		       counts[DOCTOR_BAD], text_colour(client->colour, COLOUR_NONE),
		       counts[DOCTOR_WARN], counts[DOCTOR_UNKNOWN]);
}

int client_doctor(const struct client *client)
{
	struct doctor doctor = {.client = client};
	unsigned counts[DOCTOR_UNKNOWN + 1] = {0};

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		struct doctor_finding finding = {.result = DOCTOR_UNKNOWN};

		checks[i].look(&doctor, &finding);
		counts[finding.result]++;
		if (client->json)
			print_object(checks[i].name, &finding);
		else
			print_finding(client, checks[i].name, &finding);
		fflush(stdout);
	}
	if (!client->json)
		print_sum(client, counts);
	policy_errors_free(&doctor.errors);
	policy_errors_free(&doctor.warnings);
	policy_free(doctor.set);
	lists_free(doctor.lists);
	json_object_put(doctor.status);
	return counts[DOCTOR_BAD] ? EXIT_NO : EXIT_DONE;
}
