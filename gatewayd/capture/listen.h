/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What devices say to the whole link, overheard: DHCP, multicast DNS and SSDP
 * on the LAN's interfaces. Copies only; the packets go their way whatever
 * becomes of us, so nothing here can hold up or lose anybody's DHCP. A packet
 * queue could: its kernel drops what a daemon that hangs does not answer. Nor
 * would it see all, for a router that is no member of a group drops what is
 * sent to it before the input hook.
 */
#ifndef GATEWAYD_CAPTURE_LISTEN_H
#define GATEWAYD_CAPTURE_LISTEN_H

#include "base/packet.h"

struct listener;

/* Hears nothing yet. NULL: the error says why. Needs CAP_NET_RAW, the rest does not. */
struct listener *listen_open(char *error, size_t error_size);
void listen_close(struct listener *listener);

/* From now on these interfaces (indexes). 0 or a negative errno: it hears nothing. */
int listen_set_lan(struct listener *listener, const uint32_t *lan, size_t count);

/*
 * The next packet, good until the next call; false: none waits. What comes
 * while the kernel's small buffer is full is lost, which is all right: devices
 * say it again. So a flood costs what the buffer holds for each round of calls.
 */
bool listen_next(struct listener *listener, time_us now, struct packet *ret_packet);

#endif
