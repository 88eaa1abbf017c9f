/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's packet queue. One recvmmsg() fetches a batch, one sendmsg()
 * takes back its verdicts. Each packet of the batch lies in a slot of its own,
 * large enough for what GRO makes; pages of a slot that no packet reached are
 * never touched, and those touched by large ones are given back when it is
 * quiet. The slots belong to the capture; packet data points into them.
 *
 * A flow that is blocked is told to the kernel as "accept" with the mark
 * "block": only an accepted packet reaches the chain that copies the mark to
 * the flow, and that chain then drops it (system/nft_rules.c).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>

#include "base/mark.h"
#include "capture/common.h"
#include "capture/queue_bind.h"
#include "capture/queue_state.h"
#include "capture/queue_verdict.h"
#include "capture/reply.h"

#define BATCH 32
#define SLOT_SIZE (72u * 1024) /* 64 KiB and the attributes around it */
#define COPY_RANGE 0xffff
#define COPIED_MOST 4096  /* of an edited packet: a longer one leaves at once instead */
#define ATTRIBUTES 64     /* more than any library knows */
#define PAGE_KEPT (4096u) /* of each slot: small packets need no more */
#define TRIM_EVERY_S 1
#define OVERRUNS_AT_ONCE 64
#define ETHERNET_ADDRESS 6

struct nfqueue {
	struct capture capture;
	struct nfqueue_config config;
	uint32_t *lan;
	uint32_t generation;
	struct mnl_socket *socket;
	struct reply_sender *replies;
	struct nfqueue_counters counters;

	uint8_t *slots;
	struct mmsghdr messages[BATCH];
	struct iovec rooms[BATCH];
	unsigned received, at;          /* slots filled, slot being read */
	const struct nlmsghdr *message; /* next in that slot */
	int message_left;
	time_us batch_time;
	time_t trimmed;
	bool grown; /* a large packet was received since */

	/* Of the packet that next() gave. */
	uint32_t id, scope;
	uint8_t *payload;
	size_t payload_room;

	struct verdict_batch verdicts;
};

static struct nfqueue *queue_of(struct capture *capture)
{
	return (struct nfqueue *)(void *)capture;
}

static const struct nfqueue *const_queue_of(const struct capture *capture)
{
	return (const struct nfqueue *)(const void *)capture;
}

/* ---- opening ---- */

static int allocate_slots(struct nfqueue *queue)
{
	void *slots = mmap(NULL, (size_t)BATCH * SLOT_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (slots == MAP_FAILED)
		return -ENOMEM;
	/* A huge page for each slot would be more than the whole daemon. */
	(void)madvise(slots, (size_t)BATCH * SLOT_SIZE, MADV_NOHUGEPAGE);
	queue->slots = slots;
	for (unsigned i = 0; i < BATCH; i++) {
		queue->rooms[i].iov_base = queue->slots + (size_t)i * SLOT_SIZE;
		queue->rooms[i].iov_len = SLOT_SIZE;
		queue->messages[i].msg_hdr.msg_iov = &queue->rooms[i];
		queue->messages[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

static void queue_flush(struct capture *capture);

static void queue_close(struct capture *capture)
{
	struct nfqueue *queue = queue_of(capture);

	if (!queue)
		return;
	if (queue->socket && queue->replies)
		queue_flush(capture);
	if (queue->socket)
		mnl_socket_close(queue->socket);
	reply_close(queue->replies);
	if (queue->slots)
		munmap(queue->slots, (size_t)BATCH * SLOT_SIZE);
	free(queue->lan);
	free(queue);
}

static int set_lan(struct nfqueue *queue, const uint32_t *lan, size_t count)
{
	uint32_t *copy = malloc((count ? count : 1) * sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	if (count)
		memcpy(copy, lan, count * sizeof(*copy));
	free(queue->lan);
	queue->lan = copy;
	queue->config.lan = copy;
	queue->config.lan_count = count;
	return 0;
}

struct capture *nfqueue_open(const struct nfqueue_config *config, char *error, size_t error_size)
{
	struct nfqueue *queue;

	if (!mark_mask_is_valid(config->mark_mask)) {
		snprintf(error, error_size, "network.mark must be at least four bits in a row");
		return NULL;
	}
	queue = calloc(1, sizeof(*queue));
	if (!queue) {
		snprintf(error, error_size, "no memory for the queue");
		return NULL;
	}
	queue->config = *config;
	if (allocate_slots(queue) < 0 || set_lan(queue, config->lan, config->lan_count) < 0) {
		snprintf(error, error_size, "no memory for the queue");
		goto failed;
	}
	queue->replies = reply_open(error, error_size);
	if (!queue->replies)
		goto failed;
	nfqueue_set_generation(&queue->capture, 0);
	queue->socket = queue_bind(config->queue, error, error_size);
	if (!queue->socket)
		goto failed;
	queue->verdicts.fd = mnl_socket_get_fd(queue->socket);
	queue->verdicts.queue = config->queue;
	return &queue->capture;
failed:
	queue_close(&queue->capture);
	return NULL;
}

void nfqueue_set_lan(struct capture *capture, const uint32_t *lan, size_t lan_count)
{
	/* Without memory the old list stays, which is the best that can be had. */
	(void)set_lan(queue_of(capture), lan, lan_count);
}

void nfqueue_set_generation(struct capture *capture, uint32_t generation)
{
	struct nfqueue *queue = queue_of(capture);

	queue->generation = generation;
	(void)reply_set_mark(queue->replies,
			     mark_value(queue->config.mark_mask, MARK_PASS, generation));
}

void nfqueue_counters(const struct capture *capture, struct nfqueue_counters *ret_counters)
{
	const struct nfqueue *queue = const_queue_of(capture);
	struct reply_counters replies;
	struct queue_state state;

	*ret_counters = queue->counters;
	reply_counters(queue->replies, &replies);
	ret_counters->replies_failed += replies.failed;
	ret_counters->send_calls = queue->verdicts.calls + replies.send_calls;
	ret_counters->verdicts_failed += queue->verdicts.failed;
	if (queue_state_read(queue->config.queue, &state)) {
		ret_counters->queue_drops = state.queue_drops;
		ret_counters->user_drops = state.user_drops;
	}
}

/* ---- verdicts ---- */

/* For bytes that will be written over: they leave at once, with all that wait. */
static void give_now(struct nfqueue *queue, uint32_t id, uint32_t decision, uint32_t mark,
		     struct bytes edited)
{
	verdict_batch_add(&queue->verdicts, id, decision, mark, edited);
	verdict_batch_send(&queue->verdicts);
}

static void give_edited(struct nfqueue *queue, uint32_t id, uint32_t mark, struct bytes edited)
{
	if (edited.len > queue->payload_room) {
		/* It must not leave as it was. */
		verdict_batch_add(&queue->verdicts, id, NF_DROP, mark, bytes_of(NULL, 0));
		queue->counters.verdicts_failed++;
	} else if (edited.len > COPIED_MOST) {
		give_now(queue, id, NF_ACCEPT, mark, edited);
	} else {
		memcpy(queue->payload, edited.data, edited.len);
		verdict_batch_add(&queue->verdicts, id, NF_ACCEPT, mark,
				  bytes_of(queue->payload, edited.len));
	}
}

/* What is blocked goes on to the rule that marks its flow, and ends there. */
static uint32_t decision_on(const struct verdict *verdict)
{
	/* Again: from the beginning of our chain on. */
	if (verdict->action == VERDICT_ACCEPT)
		return verdict->again ? NF_REPEAT : NF_ACCEPT;
	return verdict->mark == MARK_BLOCK ? NF_ACCEPT : NF_DROP;
}

static void queue_give(struct capture *capture, const struct packet *packet,
		       const struct verdict *verdict)
{
	struct nfqueue *queue = queue_of(capture);
	uint32_t mark = packet->mark |
			mark_value(queue->config.mark_mask, verdict->mark, queue->generation);
	uint32_t decision = decision_on(verdict);
	struct bytes edited =
		verdict->action == VERDICT_ACCEPT ? verdict->edited : bytes_of(NULL, 0);

	if (verdict->action == VERDICT_HOLD)
		return;
	/* One that was held: its slot has been read over. */
	if (packet->id != queue->id) {
		give_now(queue, packet->id, decision, mark, edited);
		return;
	}
	if (edited.len)
		give_edited(queue, packet->id, mark, edited);
	else
		verdict_batch_add(&queue->verdicts, packet->id, decision, mark, edited);
	for (unsigned i = 0; i < verdict->reply_count && i < VERDICT_REPLIES_MOST; i++)
		reply_add(queue->replies, verdict->replies[i], queue->scope);
}

static void queue_flush(struct capture *capture)
{
	struct nfqueue *queue = queue_of(capture);

	verdict_batch_send(&queue->verdicts);
	reply_flush(queue->replies);
}

/* ---- packets ---- */

static bool is_lan(const struct nfqueue *queue, uint32_t index)
{
	/* A home has a handful of them. */
	for (size_t i = 0; i < queue->config.lan_count; i++)
		if (queue->config.lan[i] == index)
			return true;
	return false;
}

static uint32_t attribute_number(struct nlattr *const *attributes, unsigned type)
{
	uint32_t number = 0;

	if (attributes[type] && mnl_attr_get_payload_len(attributes[type]) >= sizeof(number))
		memcpy(&number, mnl_attr_get_payload(attributes[type]), sizeof(number));
	return ntohl(number);
}

static void read_interfaces(struct nfqueue *queue, struct nlattr *const *attributes,
			    struct packet *packet)
{
	uint32_t in = attribute_number(attributes, NFQA_IFINDEX_INDEV);
	uint32_t out = attribute_number(attributes, NFQA_IFINDEX_OUTDEV);
	struct nfqnl_msg_packet_hw hardware;

	packet->direction = PACKET_ELSEWHERE;
	queue->scope = in;
	if (in && is_lan(queue, in)) {
		packet->direction = PACKET_FROM_DEVICE;
	} else if (out && is_lan(queue, out)) {
		packet->direction = PACKET_TO_DEVICE;
		queue->scope = out;
	}
	/* The kernel gives the sender's address: the device's only when it sent. */
	if (packet->direction != PACKET_FROM_DEVICE || !attributes[NFQA_HWADDR] ||
	    mnl_attr_get_payload_len(attributes[NFQA_HWADDR]) < sizeof(hardware))
		return;
	memcpy(&hardware, mnl_attr_get_payload(attributes[NFQA_HWADDR]), sizeof(hardware));
	if (ntohs(hardware.hw_addrlen) == ETHERNET_ADDRESS)
		memcpy(packet->mac.bytes, hardware.hw_addr, sizeof(packet->mac.bytes));
}

static enum packet_hook hook_of(uint8_t number)
{
	if (number == NF_INET_LOCAL_IN)
		return PACKET_INPUT;
	return number == NF_INET_LOCAL_OUT ? PACKET_OUTPUT : PACKET_FORWARD;
}

/* Where the packet's bytes are, and how long an edit of it may be. */
static bool read_payload(struct nfqueue *queue, struct nlattr *const *attributes,
			 struct packet *packet)
{
	const struct nlattr *payload = attributes[NFQA_PAYLOAD];
	uint8_t *slot = queue->slots + (size_t)queue->at * SLOT_SIZE;
	size_t offset;

	if (!payload)
		return false;
	packet->data = bytes_of(mnl_attr_get_payload(payload), mnl_attr_get_payload_len(payload));
	offset = (size_t)(packet->data.data - slot);
	queue->payload = slot + offset;
	queue->payload_room = SLOT_SIZE - offset;
	if (queue->payload_room > COPY_RANGE - sizeof(struct nlattr))
		queue->payload_room = COPY_RANGE - sizeof(struct nlattr);
	/* Only there when the kernel could not copy all. */
	return !attributes[NFQA_CAP_LEN] ||
	       attribute_number(attributes, NFQA_CAP_LEN) <= packet->data.len;
}

/* False: the message was not a packet that anyone can decide; it is answered. */
static bool read_packet(struct nfqueue *queue, const struct nlmsghdr *message,
			struct packet *ret_packet)
{
	struct nlattr *attributes[ATTRIBUTES] = {NULL};
	struct nfqnl_msg_packet_hdr header;
	struct packet packet = {0};
	uint32_t mark;

	/* What was parsed before the fault is still good for the packet's number. */
	int parsed = nfq_nlmsg_parse(message, attributes);

	if (!attributes[NFQA_PACKET_HDR] ||
	    mnl_attr_get_payload_len(attributes[NFQA_PACKET_HDR]) < sizeof(header)) {
		queue->counters.truncated++;
		return false;
	}
	memcpy(&header, mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]), sizeof(header));
	packet.id = ntohl(header.packet_id);
	mark = attribute_number(attributes, NFQA_MARK);
	packet.mark = mark & ~queue->config.mark_mask;
	/* Blocked flows end in the kernel, but for ports that look like DNS. */
	packet.over_limit = mark_state(queue->config.mark_mask, mark) == MARK_BLOCK;
	packet.returned = mark_state(queue->config.mark_mask, mark) == MARK_INSPECT;
	queue->id = packet.id;
	queue->counters.packets++;
	if (parsed < 0 || !read_payload(queue, attributes, &packet)) {
		queue->counters.truncated++;
		verdict_batch_add(&queue->verdicts, packet.id, NF_DROP, mark, bytes_of(NULL, 0));
		return false;
	}
	packet.time = queue->batch_time;
	packet.hook = hook_of(header.hook);
	read_interfaces(queue, attributes, &packet);
	packet.checksum_pending =
		attribute_number(attributes, NFQA_SKB_INFO) & NFQA_SKB_CSUMNOTREADY;
	*ret_packet = packet;
	return true;
}

/* The kernel's answer to a verdict that it did not like. */
static void count_error(struct nfqueue *queue, const struct nlmsghdr *message)
{
	int error = 0;

	if (message->nlmsg_len >= sizeof(*message) + sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
	if (error)
		queue->counters.verdicts_failed++;
}

/*
 * Gives back what large packets have touched. Not at each pause: the pages
 * would have to be taken anew for the next large one.
 */
static void trim_slots(struct nfqueue *queue)
{
	struct timespec now;

	if (!queue->grown)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - queue->trimmed < TRIM_EVERY_S)
		return;
	queue->trimmed = now.tv_sec;
	queue->grown = false;
	for (unsigned i = 0; i < BATCH; i++)
		(void)madvise(queue->slots + (size_t)i * SLOT_SIZE + PAGE_KEPT,
			      SLOT_SIZE - PAGE_KEPT, MADV_DONTNEED);
}

/* 1: there is a new batch, 0: nothing waits, or a negative errno. */
static int receive_batch(struct nfqueue *queue)
{
	int fd = mnl_socket_get_fd(queue->socket);
	struct timespec now;
	int received;

	for (unsigned overruns = 0;;) {
		queue->counters.receive_calls++;
		received = recvmmsg(fd, queue->messages, BATCH, MSG_DONTWAIT, NULL);
		if (received > 0)
			break;
		if (received == 0 || errno == EAGAIN) {
			trim_slots(queue);
			return 0;
		}
		if (errno == EINTR)
			continue;
		if (errno != ENOBUFS) {
			int problem = -errno;

			snprintf(queue->capture.error, sizeof(queue->capture.error),
				 "reading from queue %u: %s", (unsigned)queue->config.queue,
				 strerror(-problem));
			return problem;
		}
		queue->counters.overruns++;
		if (++overruns == OVERRUNS_AT_ONCE)
			return 0;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	queue->batch_time = (time_us)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
	queue->received = (unsigned)received;
	queue->at = 0;
	queue->message = NULL;
	for (unsigned i = 0; i < queue->received; i++)
		queue->grown |= queue->messages[i].msg_len > PAGE_KEPT;
	return 1;
}

/* It says that it is longer than what is there. */
static void refuse_cut_message(struct nfqueue *queue)
{
	uint32_t id;

	queue->counters.truncated++;
	if (queue_read_number(queue->message, (size_t)queue->message_left, &id))
		verdict_batch_add(&queue->verdicts, id, NF_DROP, 0, bytes_of(NULL, 0));
}

/* The next message of the batch; NULL: all are read. */
static const struct nlmsghdr *next_message(struct nfqueue *queue)
{
	const struct nlmsghdr *message;

	for (; queue->at < queue->received; queue->at++, queue->message = NULL) {
		if (!queue->message) {
			queue->message = queue->rooms[queue->at].iov_base;
			queue->message_left = (int)queue->messages[queue->at].msg_len;
		}
		message = queue->message;
		if (!mnl_nlmsg_ok(message, queue->message_left)) {
			if (queue->message_left > 0)
				refuse_cut_message(queue);
			continue;
		}
		queue->message = mnl_nlmsg_next(message, &queue->message_left);
		return message;
	}
	return NULL;
}

static int queue_next(struct capture *capture, struct packet *ret_packet)
{
	struct nfqueue *queue = queue_of(capture);
	int problem;

	for (;;) {
		const struct nlmsghdr *message;

		while ((message = next_message(queue))) {
			if (message->nlmsg_type == NLMSG_ERROR)
				count_error(queue, message);
			else if (message->nlmsg_type ==
					 (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET) &&
				 read_packet(queue, message, ret_packet))
				return 1;
		}
		/* Edited packets lie in the slots that are about to be filled again. */
		queue_flush(capture);
		problem = receive_batch(queue);
		if (problem <= 0)
			return problem;
	}
}

static int queue_fd(const struct capture *capture)
{
	return mnl_socket_get_fd(const_queue_of(capture)->socket);
}

const struct capture_ops nfqueue_ops = {
	.fd = queue_fd,
	.next = queue_next,
	.give = queue_give,
	.flush = queue_flush,
	.close = queue_close,
};
