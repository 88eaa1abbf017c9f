/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_at POINTER: prints the value there (RFC 6901) in the JSON on standard
 * input; status_of in daemon.sh.
 */
#include <json-c/json.h>
#include <json-c/json_pointer.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	json_object *root, *value;

	if (argc != 2) {
		fputs("usage: json_at POINTER\n", stderr);
		return 2;
	}
	root = json_object_from_fd(STDIN_FILENO);
	if (!root || json_pointer_get(root, argv[1], &value) < 0) {
		fprintf(stderr, "json_at: nothing at %s\n", argv[1]);
		json_object_put(root);
		return 1;
	}
	puts(value ? json_object_get_string(value) : "null");
	json_object_put(root);
	return 0;
}
