/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where packets come from and verdicts go: the kernel's queue and a capture
 * file are two implementations of one small interface. The loop that drives
 * them does not know which it has:
 *
 *	while (ops->next(capture, &packet) > 0) {
 *		engine_packet(engine, &packet, &verdict);
 *		ops->give(capture, &packet, &verdict);
 *		while (engine_next_release(engine, &packet, &verdict))
 *			ops->give(capture, &packet, &verdict);
 *	}
 *	ops->flush(capture);
 */
#ifndef GATEWAYD_CAPTURE_CAPTURE_H
#define GATEWAYD_CAPTURE_CAPTURE_H

#include "base/packet.h"

struct capture;

struct capture_ops {
	/* To wait on; -1: never has to wait. */
	int (*fd)(const struct capture *capture);
	/*
	 * 1: a packet, whose data is good until give(); 0: none now (a queue) or
	 * ever (a file); negative errno: broken, see capture_error().
	 */
	int (*next)(struct capture *capture, struct packet *ret_packet);
	/*
	 * Once for each packet of next(), before the next one; a second time, with
	 * its real verdict, for one that was given VERDICT_HOLD.
	 */
	void (*give)(struct capture *capture, const struct packet *packet,
		     const struct verdict *verdict);
	/* Sends what give() collected. */
	void (*flush)(struct capture *capture);
	void (*close)(struct capture *capture);
};

extern const struct capture_ops nfqueue_ops;
extern const struct capture_ops pcap_ops;

struct nfqueue_config {
	uint16_t queue;
	uint32_t mark_mask;  /* which bits of the packet mark are ours */
	const uint32_t *lan; /* indexes of the LAN interfaces, sorted; may change */
	size_t lan_count;
};

struct nfqueue_counters {
	uint64_t packets;
	uint64_t overruns;  /* the socket buffer was full: packets were lost (ENOBUFS) */
	uint64_t truncated; /* longer than what the kernel copied */
	uint64_t verdicts_failed, replies_failed;
	uint64_t receive_calls, send_calls;
	uint32_t queue_drops, user_drops; /* /proc/net/netfilter/nfnetlink_queue */
};

/*
 * Needs CAP_NET_ADMIN for the queue and CAP_NET_RAW for the replies. NULL: the
 * error buffer says what failed, which feature or capability is missing, and
 * what brings it; a queue that somebody else has is said so.
 */
struct capture *nfqueue_open(const struct nfqueue_config *config, char *error, size_t error_size);
void nfqueue_set_lan(struct capture *capture, const uint32_t *lan, size_t lan_count);
/* Bits that travel in the mark beside enum flow_mark; see system/nft.h. */
void nfqueue_set_generation(struct capture *capture, uint32_t generation);
void nfqueue_counters(const struct capture *capture, struct nfqueue_counters *ret_counters);

struct pcap_config {
	const char *path; /* "-": standard input */
	const struct prefix *lan;
	size_t lan_count;
	const char *write_path; /* NULL: write nothing */
};

struct pcap_progress {
	uint64_t packets;                 /* read so far */
	uint64_t skipped;                 /* frames that hold no IP */
	uint64_t bytes_read, bytes_total; /* of the file; total 0: not known */
};

/* NULL: the error buffer says why. */
struct capture *pcap_capture_open(const struct pcap_config *config, char *error, size_t error_size);
void pcap_capture_progress(const struct capture *capture, struct pcap_progress *ret_progress);
/* What went wrong after next() gave a negative number. */
const char *capture_error(const struct capture *capture);

#endif
