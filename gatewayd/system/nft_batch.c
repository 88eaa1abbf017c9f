/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libnftnl writes a message without asking how much room there is, so each one
 * is given more than the longest possible.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <libnftnl/common.h>

#include "system/netlink.h"
#include "system/nft_batch.h"

#define MESSAGE_MOST 65536u
#define NOTES_FIRST 128u

void nft_batch_open(struct nft_batch *batch, uint32_t first_sequence)
{
	memset(batch, 0, sizeof(*batch));
	batch->first_sequence = first_sequence;
}

void nft_batch_free(struct nft_batch *batch)
{
	free(batch->data);
	free(batch->notes);
	memset(batch, 0, sizeof(*batch));
}

static bool make_room(struct nft_batch *batch)
{
	if (batch->size - batch->len < MESSAGE_MOST) {
		size_t size = batch->size * 2 + 2 * MESSAGE_MOST;
		uint8_t *data = realloc(batch->data, size);

		if (!data)
			return false;
		batch->data = data;
		batch->size = size;
	}
	if (batch->note_count == batch->note_size) {
		size_t count = batch->note_size * 2 + NOTES_FIRST;
		struct nft_note *notes = realloc(batch->notes, count * sizeof(*notes));

		if (!notes)
			return false;
		batch->notes = notes;
		batch->note_size = count;
	}
	return true;
}

static uint32_t take_note(struct nft_batch *batch, const char *what, enum nft_need need)
{
	batch->notes[batch->note_count].what = what;
	batch->notes[batch->note_count].need = need;
	return batch->first_sequence + (uint32_t)batch->note_count++;
}

/* Begin and end of the transaction are messages, too. */
static bool add_frame(struct nft_batch *batch, bool begin)
{
	char *room;
	uint32_t sequence;

	if (batch->failed || !make_room(batch)) {
		batch->failed = true;
		return false;
	}
	room = (char *)batch->data + batch->len;
	sequence = take_note(batch, "the transaction", NFT_NEEDS_CORE);
	if (begin)
		nftnl_batch_begin(room, sequence);
	else
		nftnl_batch_end(room, sequence);
	nft_batch_done(batch, (const struct nlmsghdr *)(void *)room);
	return true;
}

struct nlmsghdr *nft_batch_add(struct nft_batch *batch, uint16_t type, uint16_t flags,
			       const char *what, enum nft_need need)
{
	if (batch->len == 0 && !add_frame(batch, true))
		return NULL;
	if (batch->failed || !make_room(batch)) {
		batch->failed = true;
		return NULL;
	}
	return nftnl_nlmsg_build_hdr((char *)batch->data + batch->len, type, NFPROTO_INET, flags,
				     take_note(batch, what, need));
}

void nft_batch_done(struct nft_batch *batch, const struct nlmsghdr *message)
{
	batch->len += NLMSG_ALIGN(message->nlmsg_len);
}

/* The kernel's own words, when it has any. */
static void read_text(const struct nlmsghdr *message, struct nft_outcome *outcome)
{
	struct netlink_attributes attributes;
	const struct nlattr *text;

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	netlink_read_attributes(message, sizeof(struct nlmsgerr), &attributes);
	text = attributes.of[NLMSGERR_ATTR_MSG];
	if (text && mnl_attr_validate(text, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(outcome->text, sizeof(outcome->text), "%s", mnl_attr_get_str(text));
}

static void read_answer(const struct nft_batch *batch, const struct nlmsghdr *message,
			struct nft_outcome *outcome)
{
	struct nlmsgerr answer;
	uint32_t number = message->nlmsg_seq - batch->first_sequence;

	if (message->nlmsg_type != NLMSG_ERROR ||
	    message->nlmsg_len < sizeof(*message) + sizeof(answer) || number >= batch->note_count)
		return;
	memcpy(&answer, mnl_nlmsg_get_payload(message), sizeof(answer));
	if (answer.error == 0)
		return;
	outcome->needs |= (unsigned)batch->notes[number].need;
	if (outcome->error)
		return;
	outcome->error = answer.error;
	outcome->what = batch->notes[number].what;
	read_text(message, outcome);
}

/* The kernel has answered before sendmsg() returns, if it had to. */
static void read_answers(const struct nft_batch *batch, int fd, struct nft_outcome *outcome)
{
	union {
		struct nlmsghdr align;
		char bytes[8192];
	} buffer;

	for (;;) {
		ssize_t len = recv(fd, &buffer, sizeof(buffer), MSG_DONTWAIT);
		const struct nlmsghdr *message = &buffer.align;
		int left = (int)len;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == ENOBUFS) {
			if (!outcome->error)
				outcome->error = -ENOBUFS;
			continue;
		}
		if (len <= 0)
			return;
		for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
			read_answer(batch, message, outcome);
	}
}

static void send_batch(struct nft_batch *batch, struct mnl_socket *socket, uint32_t *sequence,
		       struct nft_outcome *ret_outcome)
{
	struct nft_outcome outcome = {.what = "the transaction"};
	int fd = mnl_socket_get_fd(socket);
	int size;

	*sequence = batch->first_sequence + (uint32_t)batch->note_count;
	/* All of it must fit into one message of the socket. */
	size = (int)batch->len * 2;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (mnl_socket_sendto(socket, batch->data, batch->len) < 0)
		outcome.error = -errno;
	else
		read_answers(batch, fd, &outcome);
	*ret_outcome = outcome;
}

void nft_batch_commit(struct nft_batch *batch, struct mnl_socket *socket, uint32_t *sequence,
		      struct nft_outcome *ret_outcome)
{
	struct nft_outcome outcome = {.what = "the transaction"};

	if (batch->len == 0 && !batch->failed) {
		*ret_outcome = outcome;
		return;
	}
	if (!add_frame(batch, false)) {
		outcome.error = -ENOMEM;
		*ret_outcome = outcome;
		return;
	}
	send_batch(batch, socket, sequence, ret_outcome);
}

/* A transaction without its end is undone when all of it was read. */
void nft_batch_try(struct nft_batch *batch, struct mnl_socket *socket, uint32_t *sequence,
		   struct nft_outcome *ret_outcome)
{
	struct nft_outcome outcome = {.error = batch->failed ? -ENOMEM : 0,
				      .what = "the transaction"};

	if (batch->len == 0 || batch->failed)
		*ret_outcome = outcome;
	else
		send_batch(batch, socket, sequence, ret_outcome);
}
