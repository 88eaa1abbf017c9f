/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of gatewayctl share. One table of commands (gatewayctl.c)
 * drives parsing, help and completion; each command is one function that
 * prints and returns the exit code. Private to the client.
 *
 *	gatewayctl.c            the tables and main()
 *	gatewayctl_arguments.c  the tables against a command line: parse, help, complete
 *	gatewayctl_socket.c     one request to the daemon and its answer
 *	gatewayctl_text.c       what a terminal may be shown: tables, units, colour
 *	gatewayctl_show.c       status, devices, flows, events, metrics
 *	gatewayctl_change.c     reload, allow, block, pause, set, name
 *	gatewayctl_generated.c  policy.d/90-gatewayctl.conf
 *	gatewayctl_check.c      check
 *	gatewayctl_explain.c    explain
 *	gatewayctl_replay.c     replay
 */
#ifndef GATEWAYD_GATEWAYCTL_H
#define GATEWAYD_GATEWAYCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

enum client_exit {
	EXIT_DONE = 0,
	EXIT_NO = 1,          /* the answer is no, or it could not be done */
	EXIT_USAGE = 2,       /* the command line is wrong */
	EXIT_UNREACHABLE = 3, /* no daemon */
};

/* Every option of every command; which of them a command takes is in its row. */
enum client_option {
	OPTION_CONFIG,
	OPTION_SOCKET,
	OPTION_JSON,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_FOLLOW,
	OPTION_FOR,
	OPTION_EXIT_CODE,
	OPTION_LAN,
	OPTION_POLICY,
	OPTION_WRITE,
	OPTION_DIFF,
	OPTION_COUNT,
};
#define OPTION_BIT(option) (1u << (option))

/* What an argument or an option's value is: for help and for completion. */
enum client_word {
	WORD_NONE,
	WORD_DEVICE,
	WORD_POLICY,
	WORD_COMMAND,
	WORD_DIRECTORY,
	WORD_FILE,
	WORD_OTHER,
};

#define CLIENT_ARGUMENTS_MOST 3
#define CLIENT_LAN_MOST 16

/* A command line, read. */
struct client {
	const struct client_command *command;
	const char *arguments[CLIENT_ARGUMENTS_MOST];
	unsigned argument_count;
	const char *directory; /* -c */
	const char *socket;    /* -s */
	bool directory_given;
	bool json, follow, exit_code;
	bool version, help;
	int64_t for_seconds; /* --for; 0: not given */
	const char *lan[CLIENT_LAN_MOST];
	unsigned lan_count;
	const char *policy;  /* --policy */
	const char *write;   /* --write */
	const char *against; /* --diff */
	bool colour;         /* for standard output */
};

struct client_command {
	const char *name;
	const char *arguments; /* as the help shows them: "DEVICE [--for TIME]" */
	const char *help;      /* one line */
	int (*run)(const struct client *client);
	unsigned least, most;                          /* arguments */
	enum client_word words[CLIENT_ARGUMENTS_MOST]; /* what each of them is */
	uint32_t options;                              /* OPTION_BIT()s beside the common ones */
	bool hidden;
};

struct client_option_row {
	char letter; /* 0: has none */
	const char *name;
	const char *value; /* as the help shows it; NULL: takes none */
	enum client_word word;
	const char *help;
	bool common; /* every command takes it */
};

extern const struct client_command client_commands[];
extern const size_t client_command_count;
extern const struct client_option_row client_options[OPTION_COUNT];

#endif
