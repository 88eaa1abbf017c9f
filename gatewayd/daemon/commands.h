/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each control command does, and who may call it: one table in
 * commands.c. A request is one line of JSON, {"command":"status",...}; the
 * answer is lines of JSON, the last of which is
 * {"done":true,"exit":N,"error":"..."}. How lines travel and who the peer is
 * is system/control.c's business.
 *
 * It also keeps what the commands tell of the past: the latest events, and
 * what was blocked today.
 */
#ifndef GATEWAYD_DAEMON_COMMANDS_H
#define GATEWAYD_DAEMON_COMMANDS_H

#include "base/bytes.h"

struct commands;
struct control_client;
struct daemon;
struct event;

/* NULL: no memory. The daemon outlives it. */
struct commands *commands_new(struct daemon *daemon);
void commands_free(struct commands *commands);

/* A request line, without its newline. */
void commands_request(struct commands *commands, struct control_client *client, struct bytes line);
/* The client is gone; it is never used again. */
void commands_client_gone(struct commands *commands, struct control_client *client);
/* The engine said so: remember it, and tell whoever follows. */
void commands_event(struct commands *commands, const struct event *event);

#endif
