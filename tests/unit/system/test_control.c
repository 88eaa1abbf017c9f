/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Client and server are in one process: each step sends, then lets the loop
 * run for a moment, then looks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/clock.h"
#include "system/control.h"
#include "system/log.h"

static char folder[] = "/tmp/test_control_XXXXXX";
static char path[64];

struct server {
	struct loop *loop;
	struct control *control;
	struct loop_watch *stopper;
	unsigned requests, gone;
	char last[CONTROL_REQUEST_MOST + 1];
	struct control_client *streaming;
	bool was_operator;
};

static void ignore_line(void *context, enum log_level level, const char *line)
{
	(void)context, (void)level, (void)line;
}

static void stop(void *context, unsigned events)
{
	(void)events;
	loop_stop(context);
}

static void turn(struct server *server, uint32_t ms)
{
	loop_set_timer(server->stopper, ms, 0);
	loop_run(server->loop);
}

static void send_big(struct control_client *client, size_t lines)
{
	char line[1001];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	for (size_t i = 0; i < lines; i++)
		control_reply(client, line);
}

static void handle_request(void *context, struct control_client *client, struct bytes line)
{
	struct server *server = context;

	server->requests++;
	assert_true(line.len <= CONTROL_REQUEST_MOST);
	memcpy(server->last, line.data, line.len);
	server->last[line.len] = 0;
	server->was_operator = control_is_operator(client);
	if (strcmp(server->last, "stream") == 0) {
		control_stream(client);
		server->streaming = client;
		return;
	}
	if (strncmp(server->last, "big ", 4) == 0)
		send_big(client, strtoul(server->last + 4, NULL, 10));
	else if (strcmp(server->last, "no") == 0) {
		control_finish(client, CONTROL_NO, "because of \"this\"\n\\");
		return;
	} else
		control_reply(client, "{\"hello\":1}");
	control_finish(client, CONTROL_DONE, NULL);
}

static void handle_gone(void *context, struct control_client *client)
{
	struct server *server = context;

	server->gone++;
	if (server->streaming == client)
		server->streaming = NULL;
}

static struct control *open_control(struct server *server, char *error, size_t error_size)
{
	static const struct control_handlers handlers = {handle_request, handle_gone};

	return control_open(server->loop, path, &handlers, server, error, error_size);
}

static int start(void **state)
{
	static struct server server;
	char error[256] = "";

	memset(&server, 0, sizeof(server));
	log_set_sink(ignore_line, NULL);
	server.loop = loop_new();
	server.stopper = loop_watch_timer(server.loop, UINT32_MAX, 0, stop, server.loop);
	server.control = open_control(&server, error, sizeof(error));
	if (!server.control)
		fprintf(stderr, "%s\n", error);
	*state = &server;
	return server.control ? 0 : -1;
}

static int end(void **state)
{
	struct server *server = *state;

	control_close(server->control);
	loop_free(server->loop);
	return access(path, F_OK) == 0; /* it must be gone */
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/run/control.sock", folder);
	return 0;
}

static int remove_folder(void **state)
{
	char name[128];

	(void)state;
	snprintf(name, sizeof(name), "%s.lock", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s/run", folder);
	rmdir(name);
	return rmdir(folder);
}

static int connect_client(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* What is there to read; NULL: the other side has closed. */
static const char *hear(int fd)
{
	static char text[65536];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		return NULL;
	text[n > 0 ? n : 0] = 0;
	return text;
}

static void test_question_and_answer(void **state)
{
	struct server *server = *state;
	int fd = connect_client();

	say(fd, "first\n");
	turn(server, 20);
	assert_string_equal(hear(fd), "{\"hello\":1}\n{\"done\":true,\"exit\":0}\n");
	assert_string_equal(server->last, "first");
	assert_true(server->was_operator);
	say(fd, "no\n");
	turn(server, 20);
	assert_string_equal(hear(fd), "{\"done\":true,\"exit\":1,\"error\":\"because of "
				      "\\u0022this\\u0022\\u000a\\u005c\"}\n");
	assert_int_equal(control_client_count(server->control), 1);
	close(fd);
	turn(server, 50);
	assert_int_equal(server->gone, 1);
	assert_int_equal(control_client_count(server->control), 0);
}

static void test_pieces_and_many_at_once(void **state)
{
	struct server *server = *state;
	int fd = connect_client();
	const char *text;
	unsigned answers = 0;

	say(fd, "fi");
	turn(server, 10);
	assert_int_equal(server->requests, 0);
	say(fd, "rst\nsecond\nthird\n\nfif");
	turn(server, 30);
	assert_int_equal(server->requests, 4);
	for (text = hear(fd); (text = strstr(text, "done")); text++)
		answers++;
	assert_int_equal(answers, 4);
	close(fd);
	turn(server, 30);
	assert_int_equal(server->requests, 4); /* "fif" was never ended */
}

/* "echo request | socat": half of the connection is closed before the answer. */
static void test_half_closed(void **state)
{
	struct server *server = *state;
	int fd = connect_client();

	say(fd, "first\nsecond\n");
	shutdown(fd, SHUT_WR);
	turn(server, 50);
	assert_int_equal(server->requests, 2);
	assert_string_equal(hear(fd), "{\"hello\":1}\n{\"done\":true,\"exit\":0}\n"
				      "{\"hello\":1}\n{\"done\":true,\"exit\":0}\n");
	assert_null(hear(fd));
	assert_int_equal(server->gone, 1);
	close(fd);
}

static void test_long_request(void **state)
{
	struct server *server = *state;
	char *text = malloc(CONTROL_REQUEST_MOST + 2);
	int fd = connect_client();
	size_t sent = 0;

	memset(text, 'a', CONTROL_REQUEST_MOST + 1);
	text[CONTROL_REQUEST_MOST] = '\n';
	text[CONTROL_REQUEST_MOST + 1] = 0;
	while (sent < CONTROL_REQUEST_MOST + 1) {
		ssize_t n = send(fd, text + sent, CONTROL_REQUEST_MOST + 1 - sent, 0);

		if (n > 0)
			sent += (size_t)n;
		turn(server, 2);
	}
	turn(server, 20);
	assert_int_equal(server->requests, 1);
	assert_int_equal(strlen(server->last), CONTROL_REQUEST_MOST);
	(void)hear(fd);
	/* One byte more is too much; the connection goes on behind it. */
	sent = 0;
	text[CONTROL_REQUEST_MOST] = 'a';
	while (sent < CONTROL_REQUEST_MOST + 1) {
		ssize_t n = send(fd, text + sent, CONTROL_REQUEST_MOST + 1 - sent, 0);

		if (n > 0)
			sent += (size_t)n;
		turn(server, 2);
	}
	free(text);
	turn(server, 20);
	assert_int_equal(server->requests, 1);
	assert_string_equal(hear(fd), "{\"done\":true,\"exit\":2,"
				      "\"error\":\"the request is too long\"}\n");
	say(fd, "rest of it\nnext\n");
	turn(server, 20);
	assert_int_equal(server->requests, 2);
	assert_string_equal(server->last, "next");
	close(fd);
}

static void test_stream(void **state)
{
	struct server *server = *state;
	int fd = connect_client();

	say(fd, "stream\n");
	turn(server, 20);
	assert_non_null(server->streaming);
	control_reply(server->streaming, "{\"event\":1}");
	turn(server, 20);
	assert_string_equal(hear(fd), "{\"event\":1}\n");
	/* Its next request waits until the stream ends. */
	say(fd, "first\n");
	turn(server, 20);
	assert_int_equal(server->requests, 1);
	control_finish(server->streaming, CONTROL_DONE, NULL);
	turn(server, 20);
	assert_int_equal(server->requests, 2);
	say(fd, "stream\n");
	turn(server, 20);
	close(fd);
	turn(server, 20);
	assert_null(server->streaming);
}

/* Half closed and then gone for good: noticed without a line to send. */
static void test_stream_of_a_client_that_goes_in_halves(void **state)
{
	struct server *server = *state;
	int fd = connect_client();

	say(fd, "stream\n");
	shutdown(fd, SHUT_WR);
	turn(server, 20);
	assert_non_null(server->streaming);
	control_reply(server->streaming, "{}");
	turn(server, 20);
	assert_string_equal(hear(fd), "{}\n");
	close(fd);
	turn(server, 600);
	assert_null(server->streaming);
}

/* A stream that nobody reads is cut at its bound, and costs the others nothing. */
static void test_stream_that_is_not_read(void **state)
{
	struct server *server = *state;
	int fd = connect_client(), other = connect_client();
	unsigned sent = 0;

	say(fd, "stream\n");
	turn(server, 20);
	while (server->streaming && sent++ < 10000) {
		send_big(server->streaming, 10);
		turn(server, 1);
	}
	assert_null(server->streaming);
	assert_true(sent > CONTROL_STREAM_MOST / 10010 && sent < 300);
	say(other, "first\n");
	turn(server, 20);
	assert_string_equal(hear(other), "{\"hello\":1}\n{\"done\":true,\"exit\":0}\n");
	close(fd);
	close(other);
}

static void test_big_answer(void **state)
{
	struct server *server = *state;
	int fd = connect_client();
	size_t total = 0;
	const char *text;

	say(fd, "big 3000\n");
	for (unsigned i = 0; i < 2000 && total < 3000 * 1001 + 23; i++) {
		turn(server, 1);
		while ((text = hear(fd)) && *text)
			total += strlen(text);
	}
	assert_int_equal(total, 3000 * 1001 + strlen("{\"done\":true,\"exit\":0}\n"));
	assert_int_equal(server->gone, 0);
	say(fd, "big 5000\n"); /* more than an answer may hold */
	turn(server, 50);
	assert_int_equal(server->gone, 1);
	close(fd);
}

/* All clients together have a bound, too. */
static void test_output_of_all(void **state)
{
	struct server *server = *state;
	int fds[4];

	for (unsigned i = 0; i < 4; i++) {
		fds[i] = connect_client();
		say(fds[i], "big 3500\n");
	}
	/* As many turns as a busy machine needs, and then some for the others. */
	for (unsigned i = 0; i < 100 && server->gone == 0; i++)
		turn(server, 50);
	turn(server, 100);
	assert_in_range(server->gone, 1, 2);
	for (unsigned i = 0; i < 4; i++)
		close(fds[i]);
}

static void test_too_many_clients(void **state)
{
	struct server *server = *state;
	int fds[CONTROL_CLIENTS_MOST], more;

	for (unsigned i = 0; i < CONTROL_CLIENTS_MOST; i++) {
		fds[i] = connect_client();
		say(fds[i], "stream\n");
		turn(server, 5);
	}
	assert_int_equal(server->requests, CONTROL_CLIENTS_MOST);
	more = connect_client();
	turn(server, 20);
	assert_string_equal(hear(more),
			    "{\"done\":true,\"exit\":3,\"error\":\"too many clients\"}\n");
	assert_null(hear(more));
	close(more);
	/* One that only sits there gives its place to one that asks. */
	close(fds[0]);
	turn(server, 20);
	fds[0] = connect_client();
	turn(server, 20);
	more = connect_client();
	say(more, "first\n");
	turn(server, 20);
	assert_string_equal(hear(more), "{\"hello\":1}\n{\"done\":true,\"exit\":0}\n");
	assert_null(hear(fds[0]));
	close(more);
	for (unsigned i = 0; i < CONTROL_CLIENTS_MOST; i++)
		close(fds[i]);
	turn(server, 20);
	assert_int_equal(control_client_count(server->control), 0);
}

/* A flood is answered at its pace, and nobody else waits for it. */
static void test_flood(void **state)
{
	struct server *server = *state;
	int fd = connect_client(), other = connect_client();
	unsigned before;

	/* As much as the kernel takes. */
	while (send(fd, "flood\n", 6, MSG_NOSIGNAL) == 6)
		;
	turn(server, 100);
	assert_true(server->requests >= 40 && server->requests <= 60);
	say(other, "first\n");
	turn(server, 20);
	assert_string_equal(hear(other), "{\"hello\":1}\n{\"done\":true,\"exit\":0}\n");
	before = server->requests;
	turn(server, 1000);
	assert_true(server->requests > before && server->requests - before <= 60);
	close(fd);
	close(other);
}

static void test_second_daemon(void **state)
{
	struct server *server = *state;
	char error[256] = "", expected[64];
	int fd;

	assert_null(open_control(server, error, sizeof(error)));
	snprintf(expected, sizeof(expected), "another gatewayd is running, process %ld",
		 (long)getpid());
	assert_non_null(strstr(error, expected));
	fd = connect_client();
	say(fd, "first\n");
	turn(server, 20);
	assert_non_null(strstr(hear(fd), "hello"));
	close(fd);
}

static void test_rights(void **state)
{
	struct stat status;
	char name[64];

	(void)state;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0660);
	snprintf(name, sizeof(name), "%s/run", folder);
	assert_int_equal(stat(name, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0750);
}

/* What a killed daemon leaves behind does not keep the next one from starting. */
static void test_leftover(void **state)
{
	struct server *server = *state;
	char error[256] = "";
	pid_t child;
	int result;

	control_close(server->control);
	child = fork();
	if (child == 0) {
		struct server its = {.loop = loop_new()};

		_exit(open_control(&its, error, sizeof(error)) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &result, 0), child);
	assert_int_equal(result, 0);
	assert_int_equal(access(path, F_OK), 0);
	server->control = open_control(server, error, sizeof(error));
	if (!server->control)
		fail_msg("%s", error);
}

/* Needs root, to become somebody else. */
static void test_stranger(void **state)
{
	struct server *server = *state;
	char answer[256] = "";
	int ends[2], result;
	pid_t child;

	if (geteuid() != 0) {
		print_message("skipped: only root can become somebody else\n");
		skip();
	}
	/* Even somebody who got past the rights of the file. */
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(answer, sizeof(answer), "%s/run", folder);
	assert_int_equal(chmod(answer, 0755), 0);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		char text[256];
		ssize_t n;

		snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
		if (setgid(65534) < 0 || setuid(65534) < 0 ||
		    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
			_exit(1);
		n = recv(fd, text, sizeof(text), 0);
		_exit(n > 0 && write(ends[1], text, (size_t)n) == n ? 0 : 2);
	}
	turn(server, 500);
	assert_int_equal(waitpid(child, &result, 0), child);
	assert_int_equal(result, 0);
	memset(answer, 0, sizeof(answer));
	assert_true(read(ends[0], answer, sizeof(answer) - 1) > 0);
	assert_non_null(strstr(answer, "only root and the group"));
	assert_int_equal(server->requests, 0);
	close(ends[0]);
	close(ends[1]);
	snprintf(answer, sizeof(answer), "%s/run", folder);
	assert_int_equal(chmod(answer, 0750), 0);
}

static void test_bad_paths(void **state)
{
	static const struct control_handlers handlers = {handle_request, handle_gone};
	struct server *server = *state;
	char error[256] = "", name[200];

	memset(name, 'a', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = 0;
	assert_null(control_open(server->loop, name, &handlers, server, error, sizeof(error)));
	assert_non_null(strstr(error, "longer than"));
	assert_null(control_open(server->loop, "/nowhere/at/all", &handlers, server, error,
				 sizeof(error)));
	assert_non_null(strstr(error, "/nowhere"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_question_and_answer),
		TEST(test_pieces_and_many_at_once),
		TEST(test_half_closed),
		TEST(test_long_request),
		TEST(test_stream),
		TEST(test_stream_of_a_client_that_goes_in_halves),
		TEST(test_stream_that_is_not_read),
		TEST(test_big_answer),
		TEST(test_output_of_all),
		TEST(test_too_many_clients),
		TEST(test_flood),
		TEST(test_second_daemon),
		TEST(test_rights),
		TEST(test_leftover),
		TEST(test_stranger),
		TEST(test_bad_paths),
	};

	return cmocka_run_group_tests_name("system/control", tests, make_folder, remove_folder);
}
