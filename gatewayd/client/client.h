/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of gatewayctl share. One table of commands drives parsing, help
 * and completion; each command is one function that prints and returns the exit
 * code. Private to the client.
 *
 *	../gatewayctl.c main()
 *	commands.c      the tables
 *	arguments.c     the tables against a command line: parse, help, complete
 *	socket.c        one request to the daemon and its answer
 *	json.c          reading that answer
 *	device.c        which device is meant
 *	files.c         the files of the policy and of the databases
 *	text.c          what a terminal may be shown: units, colour
 *	table.c         tables of text
 *	status.c        status
 *	show.c          devices, flows, events
 *	limits.c        what was used of limits
 *	metrics.c       metrics
 *	change.c        reload, allow, block, pause
 *	set.c           set, name
 *	generated.c     policy.d/90-gatewayctl.conf
 *	check.c         check
 *	policies.c      policies
 *	lists.c         lists
 *	update.c        lists update, with fetch.c
 *	doctor.c        doctor, see doctor.h
 *	explain.c       explain, with explain_read.c
 *	replay.c        replay, with replay_run.c and offload.c
 *	rpcd.c          rpcd
 *	import_mud.c    import-mud, with mud.c and mud_entry.c
 */
#ifndef GATEWAYD_CLIENT_CLIENT_H
#define GATEWAYD_CLIENT_CLIENT_H

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
	OPTION_HTTP,
	OPTION_CA,
	OPTION_FORCE,
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

#define CLIENT_TIMEOUT_MS 30000

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
	bool command_given;
	bool for_given;
	int64_t for_seconds; /* --for; 0 ends what is in force */
	const char *lan[CLIENT_LAN_MOST];
	unsigned lan_count;
	const char *policy;  /* --policy */
	const char *write;   /* --write */
	const char *against; /* --diff */
	const char *ca;      /* --ca */
	bool plain;          /* --http */
	bool force;          /* --force */
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

/* ---- arguments.c ---- */

/*
 * Reads a command line against the tables. False: the error says what is
 * wrong and what was perhaps meant.
 */
bool client_parse(int argc, char **argv, struct client *ret_client, char *error, size_t error_size);
/* command NULL: the list of all. */
void client_help(const struct client_command *command, FILE *out);
/* The hidden command: words that may come next, one per line; see contrib/completion. */
int client_complete(int argc, char **argv);

/* ---- socket.c ---- */

typedef void client_each(void *context, struct json_object *object);

/*
 * Sends {"command":name} with the request's other members, which is freed
 * here, and calls back with every object of the answer but the last. Returns
 * the exit code of the answer; a fault was printed.
 */
int client_ask(const struct client *client, const char *name, struct json_object *request,
	       client_each *each, void *context);
/* The same without a word on standard error: for what works without a daemon, too. */
int client_ask_quietly(const struct client *client, const char *name, struct json_object *request,
		       client_each *each, void *context);
/* What a device used of its limits: some lines, or a word or two for a cell. */
void client_print_limits(struct json_object *limits);
#define CLIENT_LIMIT_SIZE 16
void client_limit_text(struct json_object *limits, char text[static CLIENT_LIMIT_SIZE]);
/* For --json: one line on standard output. */
void client_print_json(void *context, struct json_object *object);

/* ---- json.c: reading what the daemon sent; what is absent is "" or 0 ---- */

const char *json_text(struct json_object *object, const char *key);
uint64_t json_number(struct json_object *object, const char *key);
bool json_flag(struct json_object *object, const char *key);
struct json_object *json_member(struct json_object *object, const char *key);
size_t json_length(struct json_object *array);
/*
 * Prints the format with {key} for the object's member of that name, cleaned:
 * "{device}: {guess}\n". A member that is missing is nothing.
 */
void json_put(FILE *out, struct json_object *object, const char *format);

/* ---- show.c ---- */

#define CLIENT_TIME_SIZE 32
/* A time of the daemon's as the clock on the wall shows it: "2026-03-29 14:00" or "14:00:07". */
void client_local_time(const char *utc, bool with_day, char ret_text[static CLIENT_TIME_SIZE]);
/* Of a flow: the name that says most, or the address. */
const char *client_destination(struct json_object *flow);

/* ---- guess.c: what a device may be; each takes an object of `devices` ---- */

bool client_has_proposal(struct json_object *device);
/* Under the table of devices; first: with a word of what comes. */
void client_print_proposal(struct json_object *device, bool first);
/* All of it, for one device. */
void client_print_guess(struct json_object *device);

/* ---- device.c: which device is meant ---- */

struct client_device {
	char name[64];
	char mac[18]; /* the first one; empty: not known */
	char policy[64];
	bool named; /* a file names it */
};

/*
 * By the files, and where these do not tell (an address, a host name), by the
 * daemon if it answers. set may be NULL: only the daemon is asked. False: a
 * message was printed, with the nearest known word.
 */
struct policy_set;
bool client_find_device(const struct client *client, const struct policy_set *set, const char *word,
			struct client_device *ret_device);

/* "gatewayctl: ..." on standard error. */
void client_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For completion: one per line, nothing when it cannot be found out. */
void client_complete_devices(const struct client *client);
void client_complete_policies(const struct client *client);

/* The answer of reload: errors and warnings, and what is in force. */
void client_print_reload(void *context, struct json_object *object);

/* ---- files.c: the files of the policy and of the databases ---- */

struct geo;
struct lists;
struct policy_errors;

/* Prints each as file:line: kind text. */
void client_print_errors(const struct policy_errors *errors, const char *kind);
/* NULL: the errors were printed. */
struct policy_set *client_load(const char *directory);
/* The databases that the files name; what cannot be read is said once. NULL: no memory. */
struct geo *client_open_geo(const char *directory, const struct policy_set *set);
/* The lists that the files name, compiled where they are newer; what cannot be read is said. */
struct lists *client_open_lists(const char *directory, struct policy_set *set);

/* ---- the commands ---- */

int client_status(const struct client *client);
int client_devices(const struct client *client);
int client_flows(const struct client *client);
int client_events(const struct client *client);
int client_metrics(const struct client *client);
int client_lists(const struct client *client);
int client_lists_update(const struct client *client);
int client_explain(const struct client *client);
int client_doctor(const struct client *client);
int client_check(const struct client *client);
int client_policies(const struct client *client);
int client_reload(const struct client *client);
int client_set(const struct client *client);
int client_name(const struct client *client);
int client_allow(const struct client *client);
int client_block(const struct client *client);
int client_pause(const struct client *client);
int client_replay(const struct client *client);
int client_rpcd(const struct client *client);
int client_import_mud(const struct client *client);
int client_print_help(const struct client *client);

extern const struct client_command client_commands[];
extern const size_t client_command_count;
extern const struct client_option_row client_options[OPTION_COUNT];

#endif
