/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request to the daemon and its answer: a line of JSON there, lines of
 * JSON back, {"done":true} at the end (system/control.h). A daemon that says
 * nothing for CLIENT_TIMEOUT_MS is given up, but for streams.
 */
#define _POSIX_C_SOURCE 200809L

#include "client/client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/text.h"
#include "report.h"

#define ANSWER_LINE_MOST (8u << 20)

struct exchange {
	const struct client *client;
	bool quiet;
	int fd;
	char *buffer;
	size_t len, capacity;
	client_each *each;
	void *context;
	bool done;
	int code;
};

void client_error(const char *format, ...)
{
	static const char who[] = "gatewayctl: ";
	char text[1024], clean[sizeof(who) + sizeof(text)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* Words of the command line and of files are repeated in messages. */
	memcpy(clean, who, sizeof(who));
	text_clean(text, clean + strlen(who), sizeof(text));
	fflush(stdout);
	text_put_wrapped(stderr, clean, text_terminal_width(stderr));
	putc('\n', stderr);
}

void client_print_json(void *context, struct json_object *object)
{
	char *line = report_line(object);

	(void)context;
	if (line)
		fputs(line, stdout);
	free(line);
}

static int unreachable(const struct exchange *exchange, const char *what)
{
	const char *path = exchange->client->socket;

	if (exchange->quiet)
		return EXIT_UNREACHABLE;
	if (errno == ENOENT || errno == ECONNREFUSED)
		client_error("gatewayd is not running: %s: %s; start it, or name its socket with "
			     "-s",
			     path, strerror(errno));
	else if (errno == EACCES || errno == EPERM)
		client_error("%s: %s; be root, or in the group gatewayd", path, strerror(errno));
	else
		client_error("%s: cannot %s: %s", path, what, strerror(errno));
	return EXIT_UNREACHABLE;
}

static bool connect_socket(struct exchange *exchange)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(exchange->client->socket);

	if (len >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(address.sun_path, exchange->client->socket, len + 1);
	exchange->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (exchange->fd < 0)
		return false;
	return connect(exchange->fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

static bool send_line(struct exchange *exchange, const char *line)
{
	size_t len = strlen(line);

	while (len) {
		ssize_t n = send(exchange->fd, line, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		line += n;
		len -= (size_t)n;
	}
	return true;
}

/* The last line: the exit code, and the fault as a sentence. */
static void take_end(struct exchange *exchange, struct json_object *object)
{
	const char *error = json_text(object, "error");

	exchange->done = true;
	exchange->code = (int)json_number(object, "exit");
	if (error[0] && !exchange->quiet)
		client_error("%s", error);
}

static void take_line(struct exchange *exchange, const char *line)
{
	struct json_object *object = json_tokener_parse(line);

	if (!object)
		return;
	if (json_flag(object, "done"))
		take_end(exchange, object);
	else
		exchange->each(exchange->context, object);
	json_object_put(object);
}

static void take_lines(struct exchange *exchange)
{
	char *line = exchange->buffer, *end;
	size_t left = exchange->len;

	while (!exchange->done && (end = memchr(line, '\n', left))) {
		*end = '\0';
		take_line(exchange, line);
		left -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	memmove(exchange->buffer, line, left);
	exchange->len = left;
}

static bool make_room(struct exchange *exchange)
{
	size_t capacity = exchange->capacity ? 2 * exchange->capacity : 65536;
	char *buffer;

	if (exchange->len + 1 < exchange->capacity)
		return true;
	if (capacity > ANSWER_LINE_MOST) {
		errno = EMSGSIZE;
		return false;
	}
	buffer = realloc(exchange->buffer, capacity);
	if (!buffer)
		return false;
	exchange->buffer = buffer;
	exchange->capacity = capacity;
	return true;
}

static bool read_answer(struct exchange *exchange)
{
	int timeout = exchange->client->follow ? -1 : CLIENT_TIMEOUT_MS;

	while (!exchange->done) {
		struct pollfd wait = {.fd = exchange->fd, .events = POLLIN};
		ssize_t n;

		/* Who follows wants to see what is there before more is waited for. */
		fflush(stdout);
		if (!make_room(exchange))
			return false;
		n = poll(&wait, 1, timeout);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : ETIMEDOUT;
			return false;
		}
		n = recv(exchange->fd, exchange->buffer + exchange->len,
			 exchange->capacity - exchange->len - 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : ECONNRESET;
			return false;
		}
		exchange->len += (size_t)n;
		take_lines(exchange);
	}
	return true;
}

static int ask(struct exchange *exchange, const char *name, struct json_object *request)
{
	struct json_object *whole = request ? request : json_object_new_object();
	char *line;
	int code;

	json_object_object_add(whole, "command", json_object_new_string(name));
	line = report_line(whole);
	json_object_put(whole);
	if (!line)
		return EXIT_NO;
	exchange->fd = -1;
	if (!connect_socket(exchange))
		code = unreachable(exchange, "connect");
	else if (!send_line(exchange, line))
		code = unreachable(exchange, "send the request");
	else if (!read_answer(exchange))
		code = unreachable(exchange, "read the answer");
	else
		code = exchange->code;
	if (exchange->fd >= 0)
		close(exchange->fd);
	free(exchange->buffer);
	free(line);
	return code;
}

int client_ask(const struct client *client, const char *name, struct json_object *request,
	       client_each *each, void *context)
{
	struct exchange exchange = {.client = client, .each = each, .context = context};

	return ask(&exchange, name, request);
}

int client_ask_quietly(const struct client *client, const char *name, struct json_object *request,
		       client_each *each, void *context)
{
	struct exchange exchange = {
		.client = client, .each = each, .context = context, .quiet = true};

	return ask(&exchange, name, request);
}
