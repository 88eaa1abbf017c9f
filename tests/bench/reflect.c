/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A resolver that does nothing: sends every question back as its own answer
 * (QR and RA set, no records). Faster than any real one, so what is measured
 * in front of it is the way there and back.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH 64
#define MESSAGE 1500

static uint8_t data[BATCH][MESSAGE];
static struct sockaddr_in peers[BATCH];
static struct iovec vector[BATCH];
static struct mmsghdr messages[BATCH];

static void reset(int count)
{
	for (int i = 0; i < count; i++) {
		vector[i].iov_base = data[i];
		vector[i].iov_len = MESSAGE;
		messages[i].msg_hdr.msg_iov = &vector[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		messages[i].msg_hdr.msg_name = &peers[i];
		messages[i].msg_hdr.msg_namelen = sizeof(peers[i]);
	}
}

static void reflect(int fd, int count)
{
	for (int i = 0; i < count; i++) {
		vector[i].iov_len = messages[i].msg_len;
		if (messages[i].msg_len < 12)
			continue;
		data[i][2] |= 0x80;
		data[i][3] |= 0x80;
	}
	for (int sent = 0; sent < count;) {
		int now = sendmmsg(fd, messages + sent, (unsigned)(count - sent), 0);
		if (now <= 0)
			break;
		sent += now;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 8 << 20;
	if (argc != 2 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1 || fd < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("reflect ADDRESS");
		return 1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	for (;;) {
		reset(BATCH);
		int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
		if (count > 0)
			reflect(fd, count);
	}
}
