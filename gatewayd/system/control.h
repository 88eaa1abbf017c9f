/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: who may connect, lines in, lines out. It knows nothing
 * of JSON or of commands, but for the last line of an answer.
 *
 * A request is one line of at most CONTROL_REQUEST_MOST bytes. The answer is
 * any number of lines and then {"done":true,"exit":N}, with "error" when N is
 * not 0. A client may ask again on the same connection; its next request is
 * handed over when the one before is finished.
 *
 * A client that does not read is dropped when too much waits for it or when
 * nothing moved for a while; one that floods is answered slowly. Nothing here
 * ever waits.
 */
#ifndef GATEWAYD_SYSTEM_CONTROL_H
#define GATEWAYD_SYSTEM_CONTROL_H

#include "base/bytes.h"
#include "system/loop.h"

#define CONTROL_GROUP "gatewayd"
#define CONTROL_CLIENTS_MOST 16
#define CONTROL_REQUEST_MOST 65536
/* What may wait for one client: within an answer, and within a stream. */
#define CONTROL_ANSWER_MOST (4u << 20)
#define CONTROL_STREAM_MOST (256u << 10)
/* What may wait for all clients together. */
#define CONTROL_OUTPUT_MOST (8u << 20)
#define CONTROL_STALL_MS 10000
#define CONTROL_IDLE_MS 120000

struct control;
struct control_client;

/* Exit codes of an answer; gatewayctl(8) exits with them. */
enum control_exit {
	CONTROL_DONE = 0,
	CONTROL_NO = 1,
	CONTROL_USAGE = 2,
	CONTROL_UNREACHABLE = 3,
};

struct control_handlers {
	/*
	 * One request without its newline. It must lead to one control_finish(),
	 * now or later; the client's pointer is good until `gone`.
	 */
	void (*request)(void *context, struct control_client *client, struct bytes line);
	/* The client went or was dropped; called once for every client. */
	void (*gone)(void *context, struct control_client *client);
};

/*
 * Makes the socket's folder (0750) if it is not there, takes a lock beside
 * the socket, binds it (0660, for root and the group CONTROL_GROUP if there is
 * one) and listens; requests are handed over from the next turn of the loop.
 * NULL: the error buffer says why; the socket of a running daemon is untouched.
 */
struct control *control_open(struct loop *loop, const char *path,
			     const struct control_handlers *handlers, void *context, char *error,
			     size_t error_size);
/* Drops every client and removes the socket. */
void control_close(struct control *control);
size_t control_client_count(const struct control *control);

/* Is the peer root (or whoever started the daemon), so allowed to change things? */
bool control_is_operator(const struct control_client *client);

/* One line of the answer, without the newline. */
void control_reply(struct control_client *client, const char *line);
/* The last line; error may be NULL. */
void control_finish(struct control_client *client, enum control_exit exit_code, const char *error);

/*
 * The answer is a stream that lasts (events -f): control_reply() comes at any
 * time until control_finish() or `gone`. It may hold less than an answer: who
 * cannot follow is dropped.
 */
void control_stream(struct control_client *client);

#endif
