/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon: options, and the order in which it starts. gatewayd(8) draws
 * it; each step is a function of daemon/daemon.c, and one that fails ends the start.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "configuration.h"
#include "daemon/daemon.h"
#include "system/log.h"

#define PRINT_MOST (64u << 20)

static void print_usage(FILE *stream)
{
	fputs("usage: gatewayd [-c DIR] [-s SOCKET] [-u USER] [-v]\n"
	      "       gatewayd -n [-v] [-c DIR]\n"
	      "\n"
	      "  -c, --config DIR     read DIR instead of " GATEWAYD_SYSCONFDIR "\n"
	      "  -s, --socket SOCKET  the control socket, " CONFIGURATION_SOCKET "\n"
	      "  -u, --user USER      run as USER, by default " PRIVILEGE_USER " if there is one\n"
	      "  -n, --check          check the files and end; with -v print what was read\n"
	      "  -v, --verbose        say more; names and addresses of devices are logged, too\n"
	      "      --version        print the version\n"
	      "  -h, --help           print this\n"
	      "\n"
	      "Runs in the foreground. SIGHUP reloads, SIGTERM stops, SIGUSR1 logs the status.\n",
	      stream);
}

/* An exit code, or -1: go on. */
static int read_options(int argc, char **argv, struct daemon_options *options)
{
	static const struct option names[] = {
		{"config", required_argument, NULL, 'c'}, {"socket", required_argument, NULL, 's'},
		{"user", required_argument, NULL, 'u'},   {"check", no_argument, NULL, 'n'},
		{"verbose", no_argument, NULL, 'v'},      {"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "c:s:u:nvh", names, NULL)) != -1) {
		switch (letter) {
		case 'c':
			options->directory = optarg;
			break;
		case 's':
			options->socket = optarg;
			break;
		case 'u':
			options->user = optarg;
			break;
		case 'n':
			options->check = true;
			break;
		case 'v':
			options->verbose++;
			break;
		case 'V':
			puts("gatewayd " GATEWAYD_VERSION);
			return 0;
		case 'h':
			print_usage(stdout);
			return 0;
		default: /* getopt_long() has said what is wrong */
			print_usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "gatewayd: unexpected argument: %s\n", argv[optind]);
		print_usage(stderr);
		return 2;
	}
	return -1;
}

static void print_errors(const struct policy_errors *errors, const char *kind)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct policy_error *error = &errors->errors[i];

		if (error->line)
			fprintf(stderr, "%s:%u: %s%s\n", error->file, error->line, kind,
				error->text);
		else
			fprintf(stderr, "%s: %s%s\n", error->file, kind, error->text);
	}
	if (errors->omitted)
		fprintf(stderr, "and %zu more\n", errors->omitted);
}

static bool print_policy(const struct policy_set *set)
{
	for (size_t size = 65536; size <= PRINT_MOST; size *= 2) {
		char *text = malloc(size);
		struct writer writer;

		if (!text)
			return false;
		writer = writer_on(text, size);
		policy_print(set, &writer);
		if (writer_ok(&writer))
			fwrite(text, 1, writer.len, stdout);
		free(text);
		if (writer_ok(&writer))
			return true;
	}
	return false;
}

static int check(const struct daemon_options *options)
{
	struct policy_errors errors = {0}, warnings = {0};
	struct policy_set *set = configuration_load(options->directory, &errors, &warnings);
	bool good = set != NULL;

	print_errors(&errors, "");
	print_errors(&warnings, "warning: ");
	if (set && options->verbose)
		good = print_policy(set);
	else if (set)
		puts("ok");
	policy_free(set);
	policy_errors_free(&errors);
	policy_errors_free(&warnings);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct daemon daemon = {
		.options = {.directory = CONFIGURATION_DIRECTORY, .socket = CONFIGURATION_SOCKET},
	};
	int exit_code = read_options(argc, argv, &daemon.options);

	if (exit_code >= 0)
		return exit_code;
	if (daemon.options.check)
		return check(&daemon.options);
	log_setup(daemon.options.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
		  getenv("JOURNAL_STREAM") != NULL);
	signal(SIGPIPE, SIG_IGN);

	exit_code = 1;
	if (daemon_load_policy(&daemon) &&     /* all errors at once */
	    daemon_open_control(&daemon) &&    /* its lock: we are the only one */
	    daemon_open_kernel(&daemon) &&     /* queue, raw sockets, rules: nothing slips by */
	    daemon_start_engine(&daemon) &&    /* lists, databases, tables, what was known */
	    daemon_drop_privileges(&daemon) && /* all but CAP_NET_ADMIN */
	    daemon_start_loop(&daemon))        /* and the filter of system calls */
		exit_code = daemon_run(&daemon);
	daemon_stop(&daemon);
	return exit_code;
}
