/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New TCP connections per second, each with one request and one answer:
 *	connections serve ADDRESS PORT
 *	connections count ADDRESS PORT SECONDS	prints how many a second
 * The client closes with a reset, or ports would run out in TIME_WAIT.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 256
#define AT_ONCE 64

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void watch(int poll, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};
	epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

static void accept_all(int poll, int listener)
{
	int fd;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
		watch(poll, fd, EPOLLIN);
}

static int serve(const struct sockaddr_in *address)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    listen(listener, 4096) < 0) {
		perror("connections");
		return 1;
	}
	int poll = epoll_create1(0);
	watch(poll, listener, EPOLLIN);
	for (;;) {
		struct epoll_event events[EVENTS];
		int count = epoll_wait(poll, events, EVENTS, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			char text[256];
			if (fd == listener)
				accept_all(poll, listener);
			else if (read(fd, text, sizeof(text)) <= 0 || write(fd, "yes\n", 4) != 4)
				close(fd);
		}
	}
}

static int start_one(int poll, const struct sockaddr_in *address)
{
	static const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
	    errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	watch(poll, fd, EPOLLOUT);
	return fd;
}

/* True when the connection is through: asked, answered, closed. */
static bool advance(int poll, const struct epoll_event *event, bool *ret_failed)
{
	char text[16];
	int fd = event->data.fd;
	if (event->events & EPOLLOUT) {
		struct epoll_event next = {.events = EPOLLIN, .data.fd = fd};
		if (write(fd, "are you there?\n", 15) == 15) {
			epoll_ctl(poll, EPOLL_CTL_MOD, fd, &next);
			return false;
		}
		*ret_failed = true;
	} else if (read(fd, text, sizeof(text)) <= 0) {
		*ret_failed = true;
	}
	close(fd);
	return true;
}

static int count_connections(const struct sockaddr_in *address, double seconds)
{
	int poll = epoll_create1(0);
	unsigned long done = 0, failed = 0;
	double start = now(), end = start + seconds;
	for (int i = 0; i < AT_ONCE; i++)
		start_one(poll, address);
	while (now() < end) {
		struct epoll_event events[EVENTS];
		int count = epoll_wait(poll, events, EVENTS, 100);
		for (int i = 0; i < count; i++) {
			bool bad = false;
			if (!advance(poll, &events[i], &bad))
				continue;
			if (bad)
				failed++;
			else
				done++;
			start_one(poll, address);
		}
	}
	printf("%.0f\n", (double)done / (now() - start));
	if (failed)
		fprintf(stderr, "%lu connections failed\n", failed);
	return failed > done / 100;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	if (argc < 4 || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1) {
		fprintf(stderr, "usage: %s serve|count ADDRESS PORT [SECONDS]\n", argv[0]);
		return 2;
	}
	address.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
	if (!strcmp(argv[1], "serve"))
		return serve(&address);
	return count_connections(&address, argc > 4 ? strtod(argv[4], NULL) : 2);
}
