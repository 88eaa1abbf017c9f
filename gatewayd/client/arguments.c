/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of commands.c against a command line: parsing, help and
 * completion. Options may stand anywhere; "--" ends them.
 */
#include "client/client.h"

#include <stdlib.h>
#include <string.h>

#include "client/text.h"
#include "configuration.h"

static const char *const no_command = "status";

static const struct client_command *find_command(const char *name)
{
	for (size_t i = 0; i < client_command_count; i++) {
		if (!strcmp(client_commands[i].name, name))
			return &client_commands[i];
	}
	return NULL;
}

static bool fail_command(const char *word, char *error, size_t size)
{
	const char *names[32];
	const char *nearest;

	for (size_t i = 0; i < client_command_count; i++)
		names[i] = client_commands[i].name;
	nearest = text_nearest(word, names, client_command_count);
	if (nearest)
		snprintf(error, size, "no command \"%s\"; did you mean \"%s\"?", word, nearest);
	else
		snprintf(error, size, "no command \"%s\"; see gatewayctl help", word);
	return false;
}

static bool fail_option(const char *word, char *error, size_t size)
{
	const char *names[OPTION_COUNT];
	const char *nearest;

	for (size_t i = 0; i < OPTION_COUNT; i++)
		names[i] = client_options[i].name;
	nearest = word[0] == '-' && word[1] == '-' ? text_nearest(word + 2, names, OPTION_COUNT)
						   : NULL;
	if (nearest)
		snprintf(error, size, "no option \"%s\"; did you mean \"--%s\"?", word, nearest);
	else
		snprintf(error, size, "no option \"%s\"; see gatewayctl --help", word);
	return false;
}

/* An option's row, and what follows its '=' or letter; NULL: no such option. */
static const struct client_option_row *find_option(const char *word, const char **ret_value)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct client_option_row *row = &client_options[i];
		size_t len = strlen(row->name);

		*ret_value = NULL;
		if (row->letter && word[1] == row->letter) {
			if (!word[2])
				return row;
			*ret_value = word + 2;
			return row->value ? row : NULL;
		}
		if (word[1] != '-' || strncmp(word + 2, row->name, len) != 0)
			continue;
		if (!word[2 + len])
			return row;
		if (word[2 + len] == '=' && row->value) {
			*ret_value = word + 3 + len;
			return row;
		}
	}
	return NULL;
}

static bool set_time(struct client *client, const char *value, char *error, size_t size)
{
	client->for_given = true;
	if (!strcmp(value, "0") || text_parse_duration(value, &client->for_seconds))
		return true;
	snprintf(error, size, "\"%s\" is no time; write 90s, 10m, 1h, 2d or 1h30m, or 0 to end it",
		 value);
	return false;
}

static bool set_lan(struct client *client, const char *value, char *error, size_t size)
{
	if (client->lan_count == CLIENT_LAN_MOST) {
		snprintf(error, size, "--lan may be given %d times at most", CLIENT_LAN_MOST);
		return false;
	}
	client->lan[client->lan_count++] = value;
	return true;
}

static bool set_option(struct client *client, enum client_option option, const char *value,
		       char *error, size_t size)
{
	switch (option) {
	case OPTION_CONFIG:
		client->directory = value;
		client->directory_given = true;
		return true;
	case OPTION_SOCKET:
		client->socket = value;
		return true;
	case OPTION_JSON:
		client->json = true;
		return true;
	case OPTION_VERSION:
		client->version = true;
		return true;
	case OPTION_HELP:
		client->help = true;
		return true;
	case OPTION_FOLLOW:
		client->follow = true;
		return true;
	case OPTION_FOR:
		return set_time(client, value, error, size);
	case OPTION_EXIT_CODE:
		client->exit_code = true;
		return true;
	case OPTION_LAN:
		return set_lan(client, value, error, size);
	case OPTION_POLICY:
		client->policy = value;
		return true;
	case OPTION_WRITE:
		client->write = value;
		return true;
	case OPTION_DIFF:
		client->against = value;
		return true;
	case OPTION_HTTP:
		client->plain = true;
		return true;
	case OPTION_CA:
		client->ca = value;
		return true;
	case OPTION_FORCE:
		client->force = true;
		return true;
	case OPTION_COUNT:
		break;
	}
	return false;
}

/* Does the command know every option that was given? */
static bool check_options(const struct client *client, uint32_t given, char *error, size_t size)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (!(given & OPTION_BIT(i)) || client_options[i].common ||
		    client->command->options & OPTION_BIT(i))
			continue;
		snprintf(error, size, "%s takes no option --%s; see gatewayctl %s --help",
			 client->command->name, client_options[i].name, client->command->name);
		return false;
	}
	return true;
}

static bool check_count(const struct client *client, char *error, size_t size)
{
	const struct client_command *command = client->command;

	if (client->help || client->version ||
	    (client->argument_count >= command->least && client->argument_count <= command->most))
		return true;
	snprintf(error, size, "%s: expected gatewayctl %s%s%s",
		 client->argument_count < command->least ? "something is missing"
							 : "too many arguments",
		 command->name, command->arguments[0] ? " " : "", command->arguments);
	return false;
}

static bool add_word(struct client *client, const char *word, char *error, size_t size)
{
	if (!client->command_given) {
		client->command = find_command(word);
		client->command_given = client->command != NULL;
		return client->command_given || fail_command(word, error, size);
	}
	/* One more than any command takes is enough to see that it is too many. */
	if (client->argument_count < CLIENT_ARGUMENTS_MOST)
		client->arguments[client->argument_count++] = word;
	return true;
}

bool client_parse(int argc, char **argv, struct client *ret_client, char *error, size_t error_size)
{
	struct client client = {.directory = CONFIGURATION_DIRECTORY,
				.socket = CONFIGURATION_SOCKET};
	bool words_only = false;
	uint32_t given = 0;

	*ret_client = client;
	for (int i = 1; i < argc; i++) {
		const struct client_option_row *row;
		const char *value;

		if (words_only || argv[i][0] != '-' || !argv[i][1]) {
			if (!add_word(&client, argv[i], error, error_size))
				return false;
			continue;
		}
		if (!strcmp(argv[i], "--")) {
			words_only = true;
			continue;
		}
		row = find_option(argv[i], &value);
		if (!row)
			return fail_option(argv[i], error, error_size);
		if (row->value && !value && i + 1 < argc)
			value = argv[++i];
		if (row->value && (!value || !value[0])) {
			snprintf(error, error_size, "--%s needs a value: %s", row->name,
				 row->value);
			return false;
		}
		given |= OPTION_BIT((unsigned)(row - client_options));
		if (!set_option(&client, (enum client_option)(row - client_options), value, error,
				error_size))
			return false;
	}
	if (!client.command)
		client.command = find_command(no_command);
	client.colour = !client.json && text_wants_colour(stdout);
	*ret_client = client;
	return check_options(&client, given, error, error_size) &&
	       check_count(&client, error, error_size);
}

/* ---- help ---- */

static void print_option(const struct client_option_row *row, FILE *out)
{
	char left[40];

	snprintf(left, sizeof(left), "%c%c%s--%s%s%s", row->letter ? '-' : ' ',
		 row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
		 row->value ? " " : "", row->value ? row->value : "");
	fprintf(out, "  %-22s %s\n", left, row->help);
}

void client_help(const struct client_command *command, FILE *out)
{
	if (!command) {
		fputs("usage: gatewayctl [COMMAND] [ARGUMENTS] [OPTIONS]\n\ncommands:\n", out);
		for (size_t i = 0; i < client_command_count; i++) {
			if (!client_commands[i].hidden)
				fprintf(out, "  %-9s %s\n", client_commands[i].name,
					client_commands[i].help);
		}
		fputs("\nWithout a command: status. DEVICE is a name or the start of one, a MAC "
		      "or an\naddress; DESTINATION is a name, an address or name@address, with "
		      ":port or\n:port/udp if wanted. `gatewayctl help COMMAND` tells more; "
		      "gatewayctl(8) all.\n",
		      out);
	} else {
		fprintf(out, "usage: gatewayctl %s%s%s\n%s\n", command->name,
			command->arguments[0] ? " " : "", command->arguments, command->help);
	}
	fputs("\noptions:\n", out);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (client_options[i].common || (command && command->options & OPTION_BIT(i)))
			print_option(&client_options[i], out);
	}
}

int client_print_help(const struct client *client)
{
	struct client other;
	char *words[3] = {NULL, NULL, NULL};
	char error[256], name[64];

	if (!client->argument_count) {
		client_help(NULL, stdout);
		return EXIT_DONE;
	}
	snprintf(name, sizeof(name), "%s", client->arguments[0]);
	words[1] = name;
	/* Its arguments are missing, so only whether there is such a command counts. */
	(void)client_parse(2, words, &other, error, sizeof(error));
	if (!other.command) {
		client_error("%s", error);
		return EXIT_USAGE;
	}
	client_help(other.command, stdout);
	return EXIT_DONE;
}

/* ---- completion ---- */

static void complete_options(const struct client_command *command)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (!client_options[i].common && !(command && command->options & OPTION_BIT(i)))
			continue;
		printf("--%s\n", client_options[i].name);
		if (client_options[i].letter)
			printf("-%c\n", client_options[i].letter);
	}
}

/* Words of that kind; ":file" and ":directory" leave it to the shell. */
static void complete_word(const struct client *client, enum client_word word)
{
	switch (word) {
	case WORD_DEVICE:
		client_complete_devices(client);
		return;
	case WORD_POLICY:
		client_complete_policies(client);
		return;
	case WORD_COMMAND:
		for (size_t i = 0; i < client_command_count; i++) {
			if (!client_commands[i].hidden)
				puts(client_commands[i].name);
		}
		return;
	case WORD_DIRECTORY:
		puts(":directory");
		return;
	case WORD_FILE:
		puts(":file");
		return;
	case WORD_NONE:
	case WORD_OTHER:
		return;
	}
}

/*
 * gatewayctl complete WORD...: the words typed so far, the last of which is
 * the one to be completed (perhaps empty). The shell filters by its start.
 */
int client_complete(int argc, char **argv)
{
	struct client client = {.directory = CONFIGURATION_DIRECTORY,
				.socket = CONFIGURATION_SOCKET};
	const struct client_option_row *before = NULL;
	const char *last = argc > 0 ? argv[argc - 1] : "";
	const char *value, *ignored = NULL;
	char error[8];

	for (int i = 0; i < argc - 1; i++) {
		if (before) {
			(void)set_option(&client, (enum client_option)(before - client_options),
					 argv[i], error, sizeof(error));
			before = NULL;
		} else if (argv[i][0] == '-' && argv[i][1]) {
			before = find_option(argv[i], &value);
			if (before && (!before->value || value))
				before = NULL;
		} else if (!client.command) {
			client.command = find_command(argv[i]);
			ignored = client.command ? NULL : argv[i];
		} else {
			client.argument_count++;
		}
	}
	if (before)
		complete_word(&client, before->word);
	else if (last[0] == '-')
		complete_options(client.command);
	else if (!client.command && !ignored)
		complete_word(&client, WORD_COMMAND);
	else if (client.command && client.argument_count < client.command->most)
		complete_word(&client, client.command->words[client.argument_count]);
	return EXIT_DONE;
}
