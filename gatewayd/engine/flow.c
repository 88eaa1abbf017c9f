/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections, each from the view of its device: up is what the device sends.
 * A flow between two devices belongs to the one that began it.
 */
#include "engine/flow.h"

#include "engine/internal.h"
#include "engine/judge.h"
#include "engine/refuse.h"

#define TCP_IDLE (24 * HOUR_US) /* the kernel forwards it without us */
#define UDP_IDLE (10 * MINUTE_US)
#define OTHER_IDLE MINUTE_US
#define CLOSED_IDLE MINUTE_US

#define ICMP_ECHO_REQUEST 8

static bool is_echo(const struct packet_headers *headers)
{
	if (headers->src.family == ADDRESS_IPV4)
		return headers->icmp_type == 0 || headers->icmp_type == ICMP_ECHO_REQUEST;
	return headers->icmp_type == 128 || headers->icmp_type == 129;
}

static struct flow_key key_of(const struct packet_headers *headers, bool up)
{
	struct flow_key key;

	memset(&key, 0, sizeof(key));
	key.device = up ? headers->src : headers->dst;
	key.remote = up ? headers->dst : headers->src;
	key.transport = (uint8_t)headers->transport;
	key.ip_protocol = headers->ip_protocol;
	if (headers->transport == TRANSPORT_ICMP) {
		key.device_port = is_echo(headers) ? headers->icmp_id : 0;
		key.remote_port = is_echo(headers) ? ICMP_ECHO_REQUEST : headers->icmp_type;
	} else {
		key.device_port = up ? headers->src_port : headers->dst_port;
		key.remote_port = up ? headers->dst_port : headers->src_port;
	}
	return key;
}

struct device *flow_device(struct engine *engine, struct flow *flow)
{
	struct packet packet = {.direction = PACKET_TO_DEVICE, .mac = flow->mac};

	if (flow->device->serial != flow->device_serial) {
		flow->device = device_of_packet(engine, &packet, &flow->key.device);
		flow->device_serial = flow->device->serial;
		flow->device->flows_now++;
	}
	device_policy(engine, flow->device);
	return flow->device;
}

static bool is_first_syn(const struct packet_headers *headers)
{
	return headers->transport == TRANSPORT_TCP &&
	       (headers->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* A new connection between the same ports, not the one that we know. */
static bool is_successor(const struct flow *flow, const struct packet_headers *headers)
{
	if (!is_first_syn(headers))
		return false;
	return flow->closed || (flow->first_seq_known && flow->first_seq != headers->seq + 1);
}

/* Who began it, and whether we saw that. */
static void set_beginning(struct flow *flow, const struct packet_headers *headers, bool up)
{
	uint8_t flags = headers->tcp_flags & (TCP_SYN | TCP_ACK);

	switch (headers->transport) {
	case TRANSPORT_TCP:
		flow->inbound = flags == (up ? TCP_SYN | TCP_ACK : TCP_SYN);
		flow->mid_stream = flags != TCP_SYN && !flow->inbound;
		return;
	case TRANSPORT_UDP:
		/* An answer from a well-known port: the question was not seen. */
		flow->mid_stream = !up && headers->src_port < 1024 && headers->dst_port >= 1024;
		flow->inbound = !up && !flow->mid_stream;
		return;
	case TRANSPORT_NONE:
	case TRANSPORT_ICMP:
	case TRANSPORT_OTHER:
		flow->inbound = !up;
		return;
	}
}

/*
 * In a full table the oldest goes, whosever it is; but who has a quarter of all
 * flows gives up his own, so that no device can push out those of the others.
 */
static void make_room(struct engine *engine, const struct device *device)
{
	struct flow *flow = table_oldest(engine->flows);

	if (table_count(engine->flows) < table_capacity(engine->flows) ||
	    device->flows_now < table_capacity(engine->flows) / 4)
		return;
	while (flow && (flow->device != device || flow->device_serial != device->serial))
		flow = table_younger(engine->flows, flow);
	if (flow) {
		engine->counters.flows_evicted++;
		table_remove(engine->flows, flow);
	}
}

static struct flow *add_flow(struct engine *engine, const struct passage *passage,
			     const struct flow_key *key)
{
	const struct packet *packet = passage->packet;
	struct flow *flow;

	make_room(engine, passage->device);
	flow = table_add(engine->flows, key);
	passage->device->flows_now++;
	flow->number = ++engine->next_flow;
	flow->device = passage->device;
	flow->device_serial = passage->device->serial;
	flow->mac = passage->device->key.mac;
	flow->first = flow->last = packet->time;
	flow->multicast = address_scope(&key->remote) == SCOPE_MULTICAST;
	flow->local = packet->hook != PACKET_FORWARD;
	set_beginning(flow, &passage->headers, passage->up);
	engine->counters.flows++;
	passage->device->flows++;
	return flow;
}

static struct flow *find_up(struct engine *engine, struct passage *passage, struct flow_key *key)
{
	struct flow *flow;

	*key = key_of(&passage->headers, true);
	flow = table_find(engine->flows, key);
	passage->up = true;
	if (!flow) {
		/* The other device's side of a flow between two devices? */
		struct flow_key other = key_of(&passage->headers, false);

		flow = table_find(engine->flows, &other);
		if (flow) {
			passage->up = false;
			passage->device = flow_device(engine, flow);
			return flow;
		}
	}
	passage->device = device_of_packet(engine, passage->packet, &passage->headers.src);
	if (flow && flow_device(engine, flow) != passage->device) {
		/* Somebody else sends from this device's address. */
		table_remove(engine->flows, flow);
		flow = NULL;
	}
	return flow;
}

/*
 * A SYN of another number while the server still waits for the first message:
 * what is sent under the new number would tell us one thing, and what goes on
 * under the old one the server another. So the server is told to forget it.
 */
static void end_predecessor(struct engine *engine, struct passage *passage, const struct flow *flow)
{
	struct passage old = *passage;
	size_t ready = flow->stream && !flow->is_dns && !flow->held
			       ? engine->streams[flow->stream - 1].ready
			       : 0;

	if (!passage->up || flow->closed || flow->told || flow->observed || !flow->acknowledged)
		return;
	old.headers.tcp_flags = TCP_ACK;
	old.headers.seq = flow->first_seq + (uint32_t)ready;
	old.headers.payload.len = 0;
	refuse_onward(engine, &old);
}

void flow_of_packet(struct engine *engine, struct passage *passage)
{
	struct flow_key key;
	struct flow *flow;

	if (passage->packet->direction == PACKET_FROM_DEVICE) {
		flow = find_up(engine, passage, &key);
	} else {
		key = key_of(&passage->headers, false);
		flow = table_find(engine->flows, &key);
		passage->up = false;
		passage->device = flow ? flow_device(engine, flow)
				       : device_of_packet(engine, passage->packet, &key.device);
	}
	if (flow && is_successor(flow, &passage->headers)) {
		end_predecessor(engine, passage, flow);
		key = flow->key;
		table_remove(engine->flows, flow);
		flow = NULL;
	}
	if (flow)
		table_touch(engine->flows, flow);
	else
		flow = add_flow(engine, passage, &key);
	passage->flow = flow;
}

static void note_tcp(struct flow *flow, const struct packet_headers *headers, bool up)
{
	bool client = up != flow->inbound;

	if (client && is_first_syn(headers) && !flow->first_seq_known) {
		flow->first_seq = headers->seq + 1;
		flow->first_seq_known = true;
	}
	flow->acknowledged |= up && headers->tcp_flags & TCP_ACK;
	if (headers->tcp_flags & TCP_FIN) {
		flow->fin_up |= up;
		flow->fin_down |= !up;
	}
	if ((headers->tcp_flags & TCP_RST) || (flow->fin_up && flow->fin_down))
		flow->closed = true;
}

void flow_count(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	size_t len = passage->packet->data.len;

	(void)engine;
	flow->packets++;
	flow->last = passage->packet->time;
	passage->device->packets++;
	if (passage->up) {
		flow->bytes_up += len;
		passage->device->bytes_up += len;
		if (flow->hop_limit == 0)
			flow->hop_limit = passage->headers.hop_limit;
	} else {
		flow->bytes_down += len;
		passage->device->bytes_down += len;
	}
	if (passage->headers.transport == TRANSPORT_TCP)
		note_tcp(flow, &passage->headers, passage->up);
}

static time_us idle_limit(const struct flow *flow)
{
	if (flow->closed)
		return CLOSED_IDLE;
	switch ((enum transport)flow->key.transport) {
	case TRANSPORT_TCP:
		return TCP_IDLE;
	case TRANSPORT_UDP:
		return UDP_IDLE;
	case TRANSPORT_NONE:
	case TRANSPORT_ICMP:
	case TRANSPORT_OTHER:
		break;
	}
	return OTHER_IDLE;
}

/* A handshake with port 53 that came to nothing asked no question. */
void flow_settle(struct engine *engine, struct flow *flow)
{
	if (flow->decided || flow->is_dns || flow->key.remote_port == DNS_PORT)
		return;
	flow->told = true;
	judge_flow(engine, flow);
}

void engine_settle(struct engine *engine)
{
	struct flow *flow = table_oldest(engine->flows);

	for (; flow; flow = table_younger(engine->flows, flow))
		flow_settle(engine, flow);
}

void flow_sweep(struct engine *engine)
{
	struct flow *flow = table_oldest(engine->flows);

	/* Each end is an event; what finds no room waits for the next sweep. */
	while (flow && engine->events_count < engine->events_most / 2) {
		struct flow *next = table_younger(engine->flows, flow);

		if (engine->now - flow->last > idle_limit(flow))
			table_remove(engine->flows, flow);
		flow = next;
	}
}

struct flow *flow_of_error(struct engine *engine, const struct passage *passage)
{
	bool from_device = passage->packet->direction == PACKET_FROM_DEVICE;
	struct packet_headers about;
	struct flow_key key;

	/* The error quotes the packet that went the other way. */
	if (decode_packet(passage->headers.payload, true, &about) != DECODE_OK)
		return NULL;
	/* It goes back to where that came from, and nowhere else. */
	if (from_device && !address_equal(&about.src, &passage->headers.dst))
		return NULL;
	key = key_of(&about, !from_device);
	return table_find(engine->flows, &key);
}
