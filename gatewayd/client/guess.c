/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a device perhaps is, why, and the command that makes use of it. */
#include "client/client.h"

#include <string.h>

#include <json-c/json.h>

#include "client/text.h"

#define LINE_MOST 78

/* What to call it in a command: names of devices may be anybody's, addresses are its own. */
static const char *handle(struct json_object *device)
{
	const char *mac = json_text(device, "mac");

	return json_flag(device, "named") || !mac[0] ? json_text(device, "device") : mac;
}

static bool has_profile(struct json_object *device)
{
	return strcmp(json_text(device, "policy"), json_text(device, "profile")) == 0;
}

bool client_has_proposal(struct json_object *device)
{
	bool undecided =
		!json_flag(device, "named") || strcmp(json_text(device, "policy"), "observe") == 0;

	if (json_member(device, "same_as"))
		return true;
	return json_text(device, "guess")[0] && undecided && !has_profile(device);
}

/* "phone-anna? same as e2:... (host name, DHCP options)" */
static void same_text(struct json_object *same, char *ret_text, size_t size)
{
	struct json_object *evidence = json_member(same, "evidence");
	int at = snprintf(ret_text, size, "%s? same as %s", json_text(same, "device"),
			  json_text(same, "mac"));

	for (size_t i = 0; i < json_length(evidence) && at > 0 && (size_t)at < size; i++)
		at += snprintf(ret_text + at, size - (size_t)at, "%s%s%s", i ? ", " : " (",
			       json_object_get_string(json_object_array_get_idx(evidence, i)),
			       i + 1 == json_length(evidence) ? ")" : "");
}

/* One that no file names yet gets its name first. */
static void print_name_command(struct json_object *device, struct json_object *same)
{
	bool named = json_flag(same, "named");

	if (!named)
		json_put(stdout, same, "  gatewayctl name {mac} NAME, and then\n");
	json_put(stdout, device, "  gatewayctl name {mac} ");
	json_put(stdout, same, named ? "{device}\n" : "NAME\n");
}

static void put_proposal(const char *name, const char *guess)
{
	bool fits = text_width(name) + 2 + text_width(guess) <= LINE_MOST;

	text_put(stdout, name);
	fputs(fits ? ": " : ":\n  ", stdout);
	text_put(stdout, guess);
	putchar('\n');
}

void client_print_proposal(struct json_object *device, bool first)
{
	struct json_object *same = json_member(device, "same_as");
	const char *name = json_text(device, "device");
	char text[256];

	if (first)
		puts("\nWithout a policy of their own yet, and perhaps:");
	if (same) {
		same_text(same, text, sizeof(text));
		put_proposal(json_text(device, "mac"), text);
		print_name_command(device, same);
		return;
	}
	put_proposal(name, json_text(device, "guess"));
	fputs("  gatewayctl set ", stdout);
	text_put(stdout, handle(device));
	json_put(stdout, device, " {profile}\n");
}

static void put_line(const char *what, const char *text)
{
	if (!text[0])
		return;
	printf("  %s ", what);
	text_put(stdout, text);
	putchar('\n');
}

/* What it says of itself beyond what is evidence already. */
static void print_says(struct json_object *says)
{
	static const struct {
		const char *key, *text;
	} rows[] = {{"hostname", "host name"},
		    {"dhcp_class", "DHCP client"},
		    {"dhcp_parameters", "DHCP options wanted"},
		    {"instance", "name"},
		    {"model", "model"},
		    {"serial", "serial number"},
		    {"server", "software"}};
	struct json_object *services = json_member(says, "services");

	if (!says)
		return;
	puts("it says of itself:");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		put_line(rows[i].text, json_text(says, rows[i].key));
	for (size_t i = 0; i < json_length(services); i++)
		put_line("service", json_object_get_string(json_object_array_get_idx(services, i)));
}

void client_print_guess(struct json_object *device)
{
	struct json_object *evidence = json_member(device, "evidence");

	print_says(json_member(device, "says"));
	if (json_member(device, "same_as")) {
		char text[256];

		same_text(json_member(device, "same_as"), text, sizeof(text));
		fputs("perhaps ", stdout);
		text_put(stdout, text);
		puts("; if it is:");
		print_name_command(device, json_member(device, "same_as"));
	}
	if (!json_text(device, "guess")[0])
		return;
	json_put(stdout, device, "perhaps {guess}:\n");
	for (size_t i = 0; i < json_length(evidence); i++)
		put_line("-", json_object_get_string(json_object_array_get_idx(evidence, i)));
	if (has_profile(device))
		return;
	fputs("if it is: gatewayctl set ", stdout);
	text_put(stdout, handle(device));
	json_put(stdout, device, " {profile}\n");
}
