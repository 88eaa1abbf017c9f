/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two ends of the pipe: what a capture hands to the engine, and what the
 * engine answers. Both are plain structs; every time is a parameter.
 */
#ifndef GATEWAYD_BASE_PACKET_H
#define GATEWAYD_BASE_PACKET_H

#include "base/addr.h"
#include "base/bytes.h"

enum packet_hook {
	PACKET_FORWARD, /* between a device and somewhere else */
	PACKET_INPUT,   /* from a device to the router itself */
	PACKET_OUTPUT,  /* from the router itself to a device */
};

enum packet_direction {
	PACKET_FROM_DEVICE, /* came in on a LAN interface */
	PACKET_TO_DEVICE,   /* leaves on a LAN interface, did not come from one */
	PACKET_ELSEWHERE,   /* in a capture: neither side is a device */
};

/* 64-bit everywhere: microseconds since 1970-01-01 00:00 UTC. */
typedef int64_t time_us;

#define MILLISECOND_US ((time_us)1000)
#define SECOND_US (1000 * MILLISECOND_US)
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US (60 * MINUTE_US)

/*
 * Whole units that a time has; 0 when it is negative, as after a clock was set
 * back. Dividing without a sign is what needs the least code on 32 bits.
 */
static inline int64_t time_in(time_us time, time_us unit)
{
	return time > 0 ? (int64_t)((uint64_t)time / (uint64_t)unit) : 0;
}

struct packet {
	struct bytes data; /* from the IP header on; the capture owns it */
	time_us time;
	enum packet_hook hook;
	enum packet_direction direction;
	struct mac mac;        /* the device's side; zero where it is not known */
	uint32_t id;           /* the capture's own name for the packet */
	uint32_t mark;         /* other people's bits of the packet's mark */
	bool checksum_pending; /* the kernel has not filled it in yet */
	bool truncated;        /* the capture holds less than was on the wire */
	bool over_limit;       /* the kernel counted its flow to the end of a limit */
	bool returned;         /* it was given to the kernel again, and has come back */
};

enum verdict_action {
	VERDICT_ACCEPT,
	VERDICT_DROP,
	/*
	 * No answer yet: keep the packet. The engine has a copy of its bytes and
	 * gives it back, by its id, through engine_next_release().
	 */
	VERDICT_HOLD,
};

/* What the kernel is told to do with the flow from here on (design.md, 2). */
enum flow_mark {
	MARK_UNDECIDED = 0, /* later packets come to the queue, too */
	MARK_PASS = 1,      /* the rest stays in the kernel */
	MARK_INSPECT = 2,   /* decided, but every packet is still wanted */
	MARK_BLOCK = 3,     /* the kernel drops the rest */
};

#define VERDICT_REPLIES_MOST 2

struct verdict {
	enum verdict_action action;
	bool again; /* accepted, but the kernel counts its flow now, and should count it, too */
	enum flow_mark mark;
	/*
	 * The packet's new bytes from the IP header on; empty: as it was. Owned
	 * by the engine and good until the next call of engine_packet()
	 * or engine_next_release().
	 */
	struct bytes edited;
	/* Whole IP packets to be sent in somebody's name; same life as edited. */
	struct bytes replies[VERDICT_REPLIES_MOST];
	unsigned reply_count;
};

#endif
