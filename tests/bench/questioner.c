/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks one resolver at a steady pace and tells how long each answer took: the
 * longest wait is what a list or a reload costs a person.
 *
 *	questioner SERVER RATE SECONDS NAME...	a line for each question: when it was
 *						sent, in seconds since 1970, and for
 *						how many ms it waited, or "-"
 *	questioner --until SERVER NAME SECONDS	ends when NXDOMAIN is the answer
 *
 * The names take turns. A question is sent at its time whether or not the one
 * before was answered, so a pause of the server counts for every question that
 * falls into it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define QUESTIONS_MOST 65536u
#define NAMES_MOST 8
#define GRACE_MS 2000
#define NXDOMAIN 3

static int64_t sent_ns[QUESTIONS_MOST];
static double waited_ms[QUESTIONS_MOST];

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Type A, recursion desired; the length. */
static size_t make_question(const char *name, uint8_t data[static 300])
{
	size_t len = 12;

	memset(data, 0, len);
	data[2] = 1;
	data[5] = 1;
	while (*name) {
		size_t label = strcspn(name, ".");

		if (label == 0 || label > 63 || len + label > 280)
			exit(2);
		data[len++] = (uint8_t)label;
		memcpy(data + len, name, label);
		len += label;
		name += label + (name[label] == '.');
	}
	memcpy(data + len, "\0\0\1\0\1", 5);
	return len + 5;
}

static int connect_to(const char *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (inet_pton(AF_INET, server, &address.sin_addr) != 1 || fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(server);
		exit(1);
	}
	return fd;
}

static void send_question(int fd, uint8_t *data, size_t len, uint32_t id)
{
	data[0] = (uint8_t)(id >> 8);
	data[1] = (uint8_t)id;
	sent_ns[id] = now_ns();
	(void)!send(fd, data, len, 0);
}

/* The return code of one answer, or -1: there is none. */
static int take_answer(int fd, uint32_t count)
{
	uint8_t data[1500];
	ssize_t len = recv(fd, data, sizeof(data), 0);
	uint32_t id;

	if (len < 12)
		return -1;
	id = (uint32_t)data[0] << 8 | data[1];
	if (id < count && sent_ns[id] && !(waited_ms[id] > 0))
		waited_ms[id] = (double)(now_ns() - sent_ns[id]) / 1e6;
	return data[3] & 15;
}

static void wait_until(int fd, int64_t when, uint32_t count)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};

	for (;;) {
		int64_t left = when - now_ns();
		struct timespec timeout = {.tv_nsec = 0};

		if (left <= 0)
			return;
		timeout.tv_sec = left / 1000000000;
		timeout.tv_nsec = left % 1000000000;
		if (ppoll(&waiting, 1, &timeout, NULL) > 0)
			(void)take_answer(fd, count);
	}
}

static void report(uint32_t count)
{
	struct timespec now;
	int64_t since_1970;

	clock_gettime(CLOCK_REALTIME, &now);
	since_1970 = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - now_ns();
	for (uint32_t i = 0; i < count; i++) {
		printf("%.6f ", (double)(sent_ns[i] + since_1970) / 1e9);
		if (waited_ms[i] > 0)
			printf("%.3f\n", waited_ms[i]);
		else
			puts("-");
	}
}

static int until_refused(int fd, uint8_t *data, size_t len, double seconds)
{
	int64_t end = now_ns() + (int64_t)(seconds * 1e9);

	for (uint32_t id = 0; now_ns() < end; id = (id + 1) % QUESTIONS_MOST) {
		struct pollfd waiting = {.fd = fd, .events = POLLIN};

		send_question(fd, data, len, id);
		/* A closed port answers at once, with an error. */
		if (poll(&waiting, 1, 5) > 0 && take_answer(fd, 0) == NXDOMAIN)
			return 0;
		usleep(1000);
	}
	return 1;
}

/* Of all names in turns. */
static int ask_all(int fd, double rate, double seconds, char **names, uint32_t name_count)
{
	uint32_t count = (uint32_t)(rate * seconds);
	uint8_t data[NAMES_MOST][300];
	size_t lens[NAMES_MOST];
	int64_t start = now_ns();

	if (!(rate > 0) || count == 0 || count > QUESTIONS_MOST || name_count > NAMES_MOST)
		return 2;
	for (uint32_t i = 0; i < name_count; i++)
		lens[i] = make_question(names[i], data[i]);
	for (uint32_t i = 0; i < count; i++) {
		wait_until(fd, start + (int64_t)((double)i * 1e9 / rate), count);
		send_question(fd, data[i % name_count], lens[i % name_count], i);
	}
	wait_until(fd, now_ns() + (int64_t)GRACE_MS * 1000000, count);
	report(count);
	return 0;
}

int main(int argc, char **argv)
{
	bool until = argc == 5 && strcmp(argv[1], "--until") == 0;
	uint8_t data[300];
	int fd;

	if (argc < 5)
		return 2;
	fd = connect_to(argv[until ? 2 : 1]);
	if (until)
		return until_refused(fd, data, make_question(argv[3], data), atof(argv[4]));
	return ask_all(fd, atof(argv[2]), atof(argv[3]), argv + 4, (uint32_t)argc - 4);
}
