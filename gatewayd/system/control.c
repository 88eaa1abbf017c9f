/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients, their lines and their limits. The socket itself, who may connect
 * and the lock beside it are control_socket.c's.
 *
 * A client that is to be dropped is only marked, since its pointer may be in
 * use further up the stack; the next turn of the loop drops it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/clock.h"
#include "system/control.h"
#include "system/control_socket.h"
#include "system/log.h"

#define TICK_MS 250
/* So many requests at once, and so many more with every tick. */
#define CREDITS_MOST 40
#define CREDITS_PER_TICK 10
#define WRITE_MOST 65536
#define ACCEPT_PAUSE_MS 1000

struct control_client {
	struct control *control;
	int fd; /* -1: the slot is free */
	struct loop_watch *watch;
	bool may_change; /* may change things */
	bool busy;       /* a request is being answered */
	bool streams;    /* and that for as long as the client wants */
	bool doomed;     /* dropped with the next turn */
	bool closed;     /* nothing more comes from it */
	bool discards;   /* the rest of a request that was too long */
	unsigned credits;
	char *input;
	size_t input_len, input_size;
	char *output;
	size_t output_len, output_size, output_sent;
	int64_t moved_ms; /* last time that output moved, or began to wait */
	int64_t asked_ms; /* last time that a request came or ended */
};

struct control {
	struct loop *loop;
	struct control_socket socket;
	struct control_handlers handlers;
	void *context;
	struct loop_watch *listener, *tick, *work;
	size_t client_count, output_total;
	struct control_client clients[CONTROL_CLIENTS_MOST];
};

/* ---- what a client is waited for ---- */

static bool has_line(const struct control_client *client)
{
	return client->input_len && memchr(client->input, '\n', client->input_len);
}

static bool has_output(const struct control_client *client)
{
	return client->output_sent < client->output_len;
}

static void update_events(struct control_client *client)
{
	unsigned events = 0;

	/* Also while a request is answered: the end of the connection is news. */
	if (!client->closed && client->input_len <= CONTROL_REQUEST_MOST && client->credits &&
	    !has_line(client))
		events |= LOOP_READ;
	if (has_output(client))
		events |= LOOP_WRITE;
	loop_set_events(client->watch, client->doomed ? 0 : events);
}

/* The next turn of the loop looks at all clients. */
static void work_soon(struct control *control)
{
	loop_set_timer(control->work, 0, 0);
}

static void doom(struct control_client *client)
{
	if (client->doomed)
		return;
	client->doomed = true;
	work_soon(client->control);
}

static void drop_client(struct control_client *client)
{
	struct control *control = client->control;

	loop_unwatch(client->watch);
	close(client->fd);
	control->output_total -= client->output_len - client->output_sent;
	control->client_count--;
	free(client->input);
	free(client->output);
	client->fd = -1;
	control->handlers.gone(control->context, client);
	if (control->client_count == 0)
		loop_set_timer(control->tick, UINT32_MAX, 0);
}

/* ---- output ---- */

static bool make_room(struct control_client *client, size_t more)
{
	size_t waiting = client->output_len - client->output_sent;
	size_t most = client->streams ? CONTROL_STREAM_MOST : CONTROL_ANSWER_MOST;
	size_t size = client->output_size ? client->output_size : 4096;
	char *output;

	if (waiting + more > most || client->control->output_total + more > CONTROL_OUTPUT_MOST)
		return false;
	if (client->output_sent) {
		memmove(client->output, client->output + client->output_sent, waiting);
		client->output_len = waiting;
		client->output_sent = 0;
	}
	while (size - waiting < more)
		size *= 2;
	if (size == client->output_size)
		return true;
	output = realloc(client->output, size);
	if (!output)
		return false;
	client->output = output;
	client->output_size = size;
	return true;
}

static void put_output(struct control_client *client, const char *text, size_t len)
{
	if (client->doomed)
		return;
	if (client->output_size - client->output_len < len && !make_room(client, len)) {
		log_info("control", "a client was dropped: it does not read what it asked for");
		doom(client);
		return;
	}
	if (!has_output(client))
		client->moved_ms = clock_monotonic_ms();
	memcpy(client->output + client->output_len, text, len);
	client->output_len += len;
	client->control->output_total += len;
}

void control_reply(struct control_client *client, const char *line)
{
	size_t len = strlen(line);

	/* A line that came with its newline is the same line. */
	if (len && line[len - 1] == '\n')
		len--;
	put_output(client, line, len);
	put_output(client, "\n", 1);
	update_events(client);
}

static void write_output(struct control_client *client)
{
	size_t len = client->output_len - client->output_sent;
	ssize_t n = send(client->fd, client->output + client->output_sent,
			 len < WRITE_MOST ? len : WRITE_MOST, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			doom(client);
		return;
	}
	client->output_sent += (size_t)n;
	client->control->output_total -= (size_t)n;
	client->moved_ms = clock_monotonic_ms();
	if (has_output(client))
		return;
	/* A big answer's memory is not kept for the next small one. */
	free(client->output);
	client->output = NULL;
	client->output_len = client->output_size = client->output_sent = 0;
	if (client->closed && !client->busy && !has_line(client))
		doom(client);
}

/* RFC 8259 section 7; ret_text holds six bytes for each of the text's. */
static void escape_json(const char *text, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c != '"' && c != '\\') {
			*ret_text++ = (char)c;
			continue;
		}
		memcpy(ret_text, "\\u00", 4);
		ret_text[4] = digits[c >> 4];
		ret_text[5] = digits[c & 15];
		ret_text += 6;
	}
	*ret_text = 0;
}

void control_finish(struct control_client *client, enum control_exit exit_code, const char *error)
{
	char line[64];
	char *escaped = NULL;

	snprintf(line, sizeof(line), "{\"done\":true,\"exit\":%d%s", (int)exit_code,
		 error ? ",\"error\":\"" : "}");
	put_output(client, line, strlen(line));
	if (error && (escaped = malloc(6 * strlen(error) + 1))) {
		escape_json(error, escaped);
		put_output(client, escaped, strlen(escaped));
	}
	put_output(client, error ? "\"}\n" : "\n", error ? 3 : 1);
	free(escaped);
	client->busy = client->streams = false;
	client->asked_ms = clock_monotonic_ms();
	if (has_line(client))
		work_soon(client->control);
	update_events(client);
}

void control_stream(struct control_client *client)
{
	client->streams = true;
}

bool control_is_operator(const struct control_client *client)
{
	return client->may_change;
}

size_t control_client_count(const struct control *control)
{
	return control->client_count;
}

/* ---- input ---- */

static bool grow_input(struct control_client *client)
{
	size_t size = client->input_size ? 2 * client->input_size : 1024;
	char *input;

	if (client->input_len < client->input_size)
		return true;
	if (size > CONTROL_REQUEST_MOST + 1)
		size = CONTROL_REQUEST_MOST + 1;
	input = realloc(client->input, size);
	if (!input)
		return false;
	client->input = input;
	client->input_size = size;
	return true;
}

/* Has the other side closed both directions? Half of it is allowed. */
static bool is_hung_up(const struct control_client *client)
{
	struct pollfd fd = {.fd = client->fd};

	return poll(&fd, 1, 0) == 1 && fd.revents & (POLLHUP | POLLERR);
}

/* Up to the newline; the connection then goes on. */
static void discard_input(struct control_client *client)
{
	const char *end = memchr(client->input, '\n', client->input_len);
	size_t gone = end ? (size_t)(end + 1 - client->input) : client->input_len;

	client->input_len -= gone;
	memmove(client->input, client->input + gone, client->input_len);
	client->discards = !end;
}

static void read_input(struct control_client *client)
{
	ssize_t n;

	if (!grow_input(client)) {
		doom(client);
		return;
	}
	n = recv(client->fd, client->input + client->input_len,
		 client->input_size - client->input_len, MSG_DONTWAIT);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			doom(client);
		return;
	}
	if (n == 0) {
		client->closed = true;
		if (is_hung_up(client) ||
		    (!client->busy && !has_line(client) && !has_output(client)))
			doom(client);
		return;
	}
	client->input_len += (size_t)n;
	if (client->discards)
		discard_input(client);
}

static void refuse_long_request(struct control_client *client)
{
	log_info("control", "a request of more than %d bytes was refused", CONTROL_REQUEST_MOST);
	control_finish(client, CONTROL_USAGE, "the request is too long");
	client->input_len = 0;
	client->discards = true;
}

/* One request, if there is a whole one and nothing else is being answered. */
static void answer_request(struct control_client *client)
{
	char *end, *line;
	size_t len;

	if (client->busy || client->doomed || !client->credits || !client->input_len)
		return;
	end = memchr(client->input, '\n', client->input_len);
	if (!end) {
		if (client->input_len > CONTROL_REQUEST_MOST)
			refuse_long_request(client);
		return;
	}
	len = (size_t)(end - client->input);
	/* The handler may lead to more input: it gets the line as its own. */
	line = malloc(len + 1);
	if (!line) {
		doom(client);
		return;
	}
	memcpy(line, client->input, len);
	line[len] = 0;
	client->input_len -= len + 1;
	memmove(client->input, end + 1, client->input_len);
	client->credits--;
	client->busy = true;
	client->asked_ms = clock_monotonic_ms();
	client->control->handlers.request(client->control->context, client, bytes_of(line, len));
	free(line);
}

static void handle_client(void *context, unsigned events)
{
	struct control_client *client = context;

	if (client->doomed)
		return;
	if (events & LOOP_WRITE)
		write_output(client);
	if (events & LOOP_READ && !client->doomed)
		read_input(client);
	answer_request(client);
	if (has_line(client) && client->credits && !client->busy)
		work_soon(client->control);
	update_events(client);
}

/* ---- all clients ---- */

static void handle_work(void *context, unsigned events)
{
	struct control *control = context;

	(void)events;
	for (size_t i = 0; i < CONTROL_CLIENTS_MOST; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd < 0)
			continue;
		if (client->doomed) {
			drop_client(client);
			continue;
		}
		handle_client(client, 0);
		if (client->closed && !client->busy && !has_line(client) && !has_output(client))
			doom(client);
	}
}

static void check_client(struct control_client *client, int64_t now_ms)
{
	if (client->credits < CREDITS_MOST) {
		client->credits += CREDITS_PER_TICK;
		handle_client(client, 0);
	}
	if (has_output(client) && now_ms - client->moved_ms > CONTROL_STALL_MS) {
		log_info("control", "a client was dropped: it stopped reading");
		doom(client);
	} else if (!client->busy && !has_output(client) &&
		   now_ms - client->asked_ms > CONTROL_IDLE_MS) {
		doom(client);
	} else if (is_hung_up(client)) {
		doom(client);
	}
}

static void handle_tick(void *context, unsigned events)
{
	struct control *control = context;
	int64_t now_ms = clock_monotonic_ms();

	(void)events;
	for (size_t i = 0; i < CONTROL_CLIENTS_MOST; i++)
		if (control->clients[i].fd >= 0 && !control->clients[i].doomed)
			check_client(&control->clients[i], now_ms);
	loop_set_events(control->listener, LOOP_READ);
	if (control->client_count == 0)
		loop_set_timer(control->tick, UINT32_MAX, 0);
}

/* A free slot, or that of the client that has said nothing for longest. */
static struct control_client *find_slot(struct control *control)
{
	struct control_client *idle = NULL;

	for (size_t i = 0; i < CONTROL_CLIENTS_MOST; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd < 0)
			return client;
		if (!client->busy && !has_output(client) &&
		    (!idle || client->asked_ms < idle->asked_ms))
			idle = client;
	}
	if (idle)
		drop_client(idle);
	return idle;
}

static void add_client(struct control *control, int fd, bool may_change)
{
	struct control_client *client = find_slot(control);

	if (!client) {
		control_socket_refuse(fd, CONTROL_UNREACHABLE, "too many clients");
		return;
	}
	memset(client, 0, sizeof(*client));
	client->control = control;
	client->fd = fd;
	client->may_change = may_change;
	client->credits = CREDITS_MOST;
	client->asked_ms = clock_monotonic_ms();
	client->watch = loop_watch_fd(control->loop, fd, LOOP_READ, handle_client, client);
	if (!client->watch) {
		close(fd);
		client->fd = -1;
		return;
	}
	if (control->client_count++ == 0)
		loop_set_timer(control->tick, TICK_MS, TICK_MS);
}

static void handle_listener(void *context, unsigned events)
{
	struct control *control = context;
	bool may_change;
	int fd = control_socket_accept(&control->socket, &may_change);

	(void)events;
	if (fd >= 0) {
		add_client(control, fd, may_change);
	} else if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM) {
		/* It would be readable for ever; the tick looks again. */
		log_warn("control", "no client can be accepted: %s", strerror(-fd));
		loop_set_events(control->listener, 0);
		loop_set_timer(control->tick, ACCEPT_PAUSE_MS, TICK_MS);
	}
}

struct control *control_open(struct loop *loop, const char *path,
			     const struct control_handlers *handlers, void *context, char *error,
			     size_t error_size)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control) {
		snprintf(error, error_size, "no memory");
		return NULL;
	}
	if (!control_socket_open(&control->socket, path, error, error_size)) {
		free(control);
		return NULL;
	}
	control->loop = loop;
	control->handlers = *handlers;
	control->context = context;
	for (size_t i = 0; i < CONTROL_CLIENTS_MOST; i++)
		control->clients[i].fd = -1;
	control->listener =
		loop_watch_fd(loop, control->socket.fd, LOOP_READ, handle_listener, control);
	control->tick = loop_watch_timer(loop, UINT32_MAX, 0, handle_tick, control);
	control->work = loop_watch_timer(loop, UINT32_MAX, 0, handle_work, control);
	if (!control->listener || !control->tick || !control->work) {
		snprintf(error, error_size, "no memory");
		control_close(control);
		return NULL;
	}
	return control;
}

void control_close(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MOST; i++)
		if (control->clients[i].fd >= 0)
			drop_client(&control->clients[i]);
	loop_unwatch(control->listener);
	loop_unwatch(control->tick);
	loop_unwatch(control->work);
	control_socket_close(&control->socket);
	free(control);
}
