/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The window that a server offers to a device whose stream is read: made no
 * larger than what strip.c can give again (RFC 9293 section 3.8.6).
 */
#include "engine/window.h"

#include "engine/internal.h"
#include "redact/checksum.h"

/* One packet more than the window, as large as GRO makes them. */
#define WINDOW_SPARED 65536

/* Bytes that the device may have under way. */
static uint32_t window_offered(const struct engine *engine, const struct flow *flow)
{
	uint32_t kept = flow->strip ? engine->strips[flow->strip - 1].kept_size : STRIP_KEPT;

	return kept - WINDOW_SPARED;
}

/* The shift of the window scale option (RFC 7323 section 2), or -1. */
static int window_scale(const struct passage *passage)
{
	struct bytes shift;

	if (!decode_tcp_option(passage->packet->data, &passage->headers, TCP_OPTION_WINDOW_SCALE,
			       &shift) ||
	    shift.len != 1)
		return -1;
	return shift.data[0] & 15;
}

void strip_down(struct engine *engine, struct passage *passage)
{
	const struct packet_headers *headers = &passage->headers;
	const struct packet *packet = passage->packet;
	struct flow *flow = passage->flow;
	uint32_t most;

	if (headers->transport != TRANSPORT_TCP)
		return;
	if (headers->tcp_flags & TCP_SYN) {
		flow->window_scale = (int8_t)window_scale(passage);
		flow->window_scale_known = true;
		return; /* the window of a SYN is not scaled, and is small */
	}
	if (!flow->window_scale_known)
		return;
	most = window_offered(engine, flow) >> (flow->window_scale > 0 ? flow->window_scale : 0);
	if (headers->window <= most || packet->data.len > sizeof(engine->edited))
		return;
	memcpy(engine->edited, packet->data.data, packet->data.len);
	engine->edited[headers->transport_offset + 14] = (uint8_t)(most >> 8);
	engine->edited[headers->transport_offset + 15] = (uint8_t)most;
	checksum_fix(engine->edited, packet->data.len, headers->transport_offset,
		     headers->ip_protocol);
	passage->verdict->edited = bytes_of(engine->edited, packet->data.len);
}
