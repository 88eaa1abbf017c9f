/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket as a file: its folder, the lock beside it, its rights,
 * and who is at the other end. Private to control.c.
 */
#ifndef GATEWAYD_SYSTEM_CONTROL_SOCKET_H
#define GATEWAYD_SYSTEM_CONTROL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct control_socket {
	char path[108]; /* as sockaddr_un has it */
	int fd, lock;
	uid_t owner; /* who started the daemon */
	gid_t group; /* of CONTROL_GROUP */
	bool has_group;
};

/* False: the error buffer says why; somebody else's socket is untouched. */
bool control_socket_open(struct control_socket *control_socket, const char *path, char *error,
			 size_t error_size);
/* Removes it, too. */
void control_socket_close(struct control_socket *control_socket);
/*
 * A connection of somebody who may have one, or a negative errno; who may not
 * is told so and hung up on, -EACCES.
 */
int control_socket_accept(const struct control_socket *control_socket, bool *ret_operator);
/* The last line of an answer, and the end of the connection. */
void control_socket_refuse(int fd, int exit_code, const char *error);

#endif
