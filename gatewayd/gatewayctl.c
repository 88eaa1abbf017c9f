/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command-line client: main(). The tables are in client/commands.c;
 * what each command does is in the other gatewayctl_*.c files.
 */
#include "client/client.h"

#include <signal.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct client client;
	char error[256];
	int code;

	/* A reader who had enough (head, less) is no fault of ours. */
	signal(SIGPIPE, SIG_DFL);
	if (argc > 1 && !strcmp(argv[1], "complete"))
		return client_complete(argc - 2, argv + 2);
	if (!client_parse(argc, argv, &client, error, sizeof(error))) {
		client_error("%s", error);
		return EXIT_USAGE;
	}
	if (client.version) {
		puts("gatewayctl " GATEWAYD_VERSION);
		return EXIT_DONE;
	}
	if (client.help) {
		client_help(client.command_given ? client.command : NULL, stdout);
		return EXIT_DONE;
	}
	code = client.command->run(&client);
	/* What did not reach the disk was not done. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		client_error("cannot write to standard output");
		return EXIT_NO;
	}
	return code;
}
