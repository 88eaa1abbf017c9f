/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Link layers of captures: where the IP packet lies in a frame and whose MACs
 * the frame names, and a frame made anew around another IP packet. Ethernet
 * (IEEE 802.3) with VLAN tags (802.1Q, 802.1ad) and PPPoE sessions (RFC 2516)
 * inside, Linux cooked (LINKTYPE_LINUX_SLL, SLL2), BSD loopback, raw IP.
 * Slices point into the frame; nothing is allocated.
 */
#ifndef GATEWAYD_CAPTURE_LINK_H
#define GATEWAYD_CAPTURE_LINK_H

#include "base/addr.h"
#include "base/writer.h"

enum link_kind {
	LINK_ETHERNET,
	LINK_SLL,
	LINK_SLL2,
	LINK_LOOPBACK, /* four bytes of address family, in either byte order */
	LINK_RAW,
};

struct link_frame {
	struct bytes header;    /* all before the IP packet */
	struct bytes ip;        /* without what pads the frame */
	bool truncated;         /* the packet says it is longer than what is there */
	struct mac src, dst;    /* zero: the link layer does not name it */
	size_t pppoe_length_at; /* in the header; 0: there is none */
};

#define LINK_HEADER_MOST 256 /* with all tags; a longer header is not IP to us */

/* False: the frame holds no IP packet. wire_len: what it was on the wire. */
bool link_read(enum link_kind kind, struct bytes frame, size_t wire_len,
	       struct link_frame *ret_frame);

/*
 * Writes a frame like the one read, around this packet of the same family.
 * turned: it goes back to the one who sent the frame.
 */
void link_write(enum link_kind kind, const struct link_frame *frame, struct bytes ip, bool turned,
		struct writer *writer);

#endif
