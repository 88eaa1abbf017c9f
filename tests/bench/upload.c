/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One upload, as fast as it goes: upload ADDRESS PORT FILE SECONDS sends the
 * file's first request, then its lines again and again, and prints millions of
 * bytes per second. upload sink ADDRESS PORT reads and throws away.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char buffer[4 << 20];

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct sockaddr_in place(const char *address, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		exit(2);
	return to;
}

static int sink(const char *address, const char *port)
{
	struct sockaddr_in at = place(address, port);
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(listener, 8) < 0) {
		perror("upload");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		while (fd >= 0 && read(fd, buffer, sizeof(buffer)) > 0)
			;
		if (fd >= 0)
			close(fd);
	}
}

static int send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t sent = write(fd, data, len);

		if (sent <= 0)
			return -1;
		data += sent;
		len -= (size_t)sent;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to;
	double begun, end, sent = 0;
	const char *body;
	size_t len;
	FILE *file;
	int fd;

	if (argc == 4 && strcmp(argv[1], "sink") == 0)
		return sink(argv[2], argv[3]);
	if (argc != 5 || !(file = fopen(argv[3], "r")))
		return 2;
	len = fread(buffer, 1, sizeof(buffer) - 1, file);
	fclose(file);
	body = strstr(buffer, "\r\n\r\n");
	to = place(argv[1], argv[2]);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (!body || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("upload");
		return 1;
	}
	body += 4;
	len -= (size_t)(body - buffer);
	begun = seconds_now();
	end = begun + strtod(argv[4], NULL);
	if (send_all(fd, buffer, (size_t)(body - buffer)) < 0)
		return 1;
	for (; seconds_now() < end; sent += (double)len) {
		if (send_all(fd, body, len) < 0) {
			perror("upload");
			return 1;
		}
	}
	printf("%.1f\n", sent / 1e6 / (seconds_now() - begun));
	return 0;
}
