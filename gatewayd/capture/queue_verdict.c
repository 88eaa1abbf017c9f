/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See queue_verdict.h. */
#include "capture/queue_verdict.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter/nfnetlink_queue.h>
#include <libnetfilter_queue/libnetfilter_queue.h>

#define SEND_MOST (128u * 1024) /* bytes of verdicts in one message */

static const char zeros[4];

/* One by one, when all at once was refused: a large one must not hold up the rest. */
static void send_singly(struct verdict_batch *batch)
{
	for (unsigned i = 0; i < batch->count; i++) {
		uint16_t first = batch->first_part[i];
		uint16_t end = i + 1 < batch->count ? batch->first_part[i + 1] : batch->part_count;
		struct msghdr message = {0};

		message.msg_iov = &batch->parts[first];
		message.msg_iovlen = (uint16_t)(end - first);
		batch->calls++;
		if (sendmsg(batch->fd, &message, 0) < 0)
			batch->failed++;
	}
}

void verdict_batch_send(struct verdict_batch *batch)
{
	struct msghdr message = {0};
	ssize_t sent;

	if (!batch->count)
		return;
	message.msg_iov = batch->parts;
	message.msg_iovlen = batch->part_count;
	do {
		batch->calls++;
		sent = sendmsg(batch->fd, &message, 0);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		send_singly(batch);
	batch->count = 0;
	batch->part_count = 0;
	batch->bytes = 0;
}

static void add_part(struct verdict_batch *batch, const void *data, size_t len)
{
	union {
		const void *in;
		void *out;
	} pointer = {data};

	batch->parts[batch->part_count].iov_base = pointer.out;
	batch->parts[batch->part_count].iov_len = len;
	batch->part_count++;
	batch->bytes += len;
}

void verdict_batch_add(struct verdict_batch *batch, uint32_t id, uint32_t decision, uint32_t mark,
		       struct bytes edited)
{
	struct nlmsghdr *header;
	size_t padded = (edited.len + 3) & ~(size_t)3;

	if (batch->count == VERDICT_BATCH || batch->bytes + padded > SEND_MOST)
		verdict_batch_send(batch);
	header = nfq_nlmsg_put(batch->heads[batch->count].bytes, NFQNL_MSG_VERDICT, batch->queue);
	nfq_nlmsg_verdict_put(header, (int)id, (int)decision);
	nfq_nlmsg_verdict_put_mark(header, mark);
	if (edited.len) {
		struct nlattr attribute = {(uint16_t)(sizeof(attribute) + edited.len),
					   NFQA_PAYLOAD};

		memcpy((char *)header + header->nlmsg_len, &attribute, sizeof(attribute));
		header->nlmsg_len += (uint32_t)sizeof(attribute);
	}
	batch->first_part[batch->count++] = batch->part_count;
	add_part(batch, header, header->nlmsg_len);
	header->nlmsg_len += (uint32_t)padded;
	if (edited.len)
		add_part(batch, edited.data, edited.len);
	if (padded > edited.len)
		add_part(batch, zeros, padded - edited.len);
}
