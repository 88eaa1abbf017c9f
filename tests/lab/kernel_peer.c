/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two ends of the flows of 05-kernel.sh: a server that gives back what it
 * gets, and a client that says in one word what became of what it sent.
 *
 *	kernel_peer serve PORT...
 *	kernel_peer ask udp|tcp ADDRESS PORT TEXT [COUNT]   all in one flow
 *	kernel_peer bulk ADDRESS PORT BYTES                 TCP, there and back
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS_MOST 64
#define WAIT_MS 700

static int listen_on(int type, uint16_t port)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0), on = 1, off = 0;

	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("bind");
		exit(1);
	}
	if (type == SOCK_STREAM)
		listen(fd, 16);
	return fd;
}

/* Answers from the address that was asked. */
static void echo_datagram(int fd)
{
	char data[65536];
	union {
		char bytes[256];
		struct cmsghdr align;
	} control;
	struct sockaddr_in6 from;
	struct iovec part = {data, sizeof(data)};
	struct msghdr message = {&from, sizeof(from), &part, 1, &control, sizeof(control), 0};
	ssize_t len = recvmsg(fd, &message, 0);

	if (len < 0)
		return;
	part.iov_len = (size_t)len;
	message.msg_flags = 0;
	sendmsg(fd, &message, 0);
}

static void echo_stream(struct pollfd *socket)
{
	static char data[262144];
	ssize_t len = read(socket->fd, data, sizeof(data));

	if (len < 0 && errno == EAGAIN)
		return;
	for (ssize_t done = 0; len > 0 && done < len;) {
		ssize_t sent = write(socket->fd, data + done, (size_t)(len - done));

		if (sent < 0 && errno == EAGAIN) {
			struct pollfd ready = {socket->fd, POLLOUT, 0};

			poll(&ready, 1, 1000);
			continue;
		}
		if (sent <= 0)
			len = 0;
		else
			done += sent;
	}
	if (len > 0)
		return;
	close(socket->fd);
	socket->fd = -1;
}

static int serve(int count, char **ports)
{
	struct pollfd sockets[SOCKETS_MOST];
	int used = 2 * count, on = 1;

	for (int i = 0; i < count; i++) {
		sockets[2 * i].fd = listen_on(SOCK_DGRAM, (uint16_t)atoi(ports[i]));
		setsockopt(sockets[2 * i].fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
		sockets[2 * i + 1].fd = listen_on(SOCK_STREAM, (uint16_t)atoi(ports[i]));
	}
	for (int i = 0; i < SOCKETS_MOST; i++) {
		sockets[i].events = POLLIN;
		if (i >= used)
			sockets[i].fd = -1;
	}
	printf("ready\n");
	fflush(stdout);
	while (poll(sockets, SOCKETS_MOST, -1) >= 0) {
		for (int i = 0; i < SOCKETS_MOST; i++) {
			if (sockets[i].fd < 0 || !sockets[i].revents)
				continue;
			if (i >= used) {
				echo_stream(&sockets[i]);
			} else if (i % 2 == 0) {
				echo_datagram(sockets[i].fd);
			} else {
				int fd = accept4(sockets[i].fd, NULL, NULL, SOCK_NONBLOCK);

				for (int j = used; fd >= 0 && j < SOCKETS_MOST; j++) {
					if (sockets[j].fd >= 0)
						continue;
					sockets[j].fd = fd;
					sockets[j].revents = 0;
					fd = -1;
				}
				if (fd >= 0)
					close(fd);
			}
		}
	}
	return 1;
}

static const char *word_for(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
		return "reset";
	case EHOSTUNREACH:
	case EACCES:
		return "prohibited";
	default:
		return "nothing";
	}
}

/* A connected socket, or -1 and errno. */
static int reach(int type, const char *address, const char *port)
{
	struct addrinfo hints = {.ai_socktype = type, .ai_flags = AI_NUMERICHOST}, *found;
	struct pollfd ready;
	int fd, error = 0;
	socklen_t len = sizeof(error);

	if (getaddrinfo(address, port, &hints, &found) != 0) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(found->ai_family, type | SOCK_NONBLOCK, 0);
	if (connect(fd, found->ai_addr, found->ai_addrlen) == 0) {
		freeaddrinfo(found);
		return fd;
	}
	freeaddrinfo(found);
	ready = (struct pollfd){fd, POLLOUT, 0};
	if (errno == EINPROGRESS && poll(&ready, 1, WAIT_MS) == 1)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	else
		error = errno == EINPROGRESS ? ETIMEDOUT : errno;
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

static int ask(int argc, char **argv)
{
	int type = strcmp(argv[0], "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM;
	int count = argc > 4 ? atoi(argv[4]) : 1, answers = 0;
	int fd = reach(type, argv[1], argv[2]);
	char data[65536] = "";
	const char *word = fd < 0 ? word_for(errno) : "nothing";

	for (int i = 0; fd >= 0 && i < count; i++) {
		struct pollfd ready = {fd, POLLIN, 0};
		ssize_t len;

		if (send(fd, argv[3], strlen(argv[3]), MSG_NOSIGNAL) < 0) {
			word = word_for(errno);
			continue;
		}
		if (poll(&ready, 1, WAIT_MS) != 1)
			continue;
		len = recv(fd, data, sizeof(data) - 1, 0);
		if (len < 0) {
			word = word_for(errno);
			continue;
		}
		data[len] = 0;
		answers++;
	}
	if (answers == count && count == 1)
		printf("%s\n", data);
	else if (answers)
		printf("%d answers\n", answers);
	else
		printf("%s\n", word);
	return 0;
}

static unsigned char pattern(long long at)
{
	return (unsigned char)('a' + at % 23);
}

static int bulk(const char *address, const char *port, long long total)
{
	static unsigned char out[65536], in[65536];
	long long sent = 0, got = 0;
	int fd = reach(SOCK_STREAM, address, port);

	while (fd >= 0 && got < total) {
		struct pollfd ready = {fd, POLLIN, 0};
		size_t room = total - sent < (long long)sizeof(out) ? (size_t)(total - sent)
								    : sizeof(out);
		ssize_t len;

		if (sent < total)
			ready.events |= POLLOUT;
		if (poll(&ready, 1, 5000) != 1)
			break;
		if (ready.revents & POLLOUT) {
			for (size_t i = 0; i < room; i++)
				out[i] = pattern(sent + (long long)i);
			len = send(fd, out, room, MSG_NOSIGNAL);
			sent += len > 0 ? len : 0;
		}
		if (!(ready.revents & POLLIN))
			continue;
		len = recv(fd, in, sizeof(in), 0);
		if (len <= 0)
			break;
		for (ssize_t i = 0; i < len; i++)
			if (in[i] != pattern(got + i))
				len = -1;
		if (len < 0)
			break;
		got += len;
	}
	printf("%s\n", got == total ? "intact" : "broken");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "serve") == 0)
		return serve(argc - 2, argv + 2);
	if (argc > 5 && strcmp(argv[1], "ask") == 0)
		return ask(argc - 2, argv + 2);
	if (argc > 4 && strcmp(argv[1], "bulk") == 0)
		return bulk(argv[2], argv[3], atoll(argv[4]));
	return 2;
}
