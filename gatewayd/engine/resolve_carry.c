/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How DNS messages travel: one to a UDP datagram; over TCP with two bytes of
 * length in front (RFC 7766). On TCP both directions are taken strictly in
 * order: what is ahead of a hole is dropped and will be sent again; what comes
 * a second time is read a second time.
 */
#include "engine/resolve.h"

#include <sys/types.h>

#include "engine/internal.h"
#include "engine/refuse.h"
#include "redact/checksum.h"
#include "redact/dns.h"
#include "redact/forge.h"

#define FRAME 2 /* bytes of length before a message on TCP */

/* ---- over UDP ---- */

static void pass_edited_udp(struct engine *engine, struct passage *passage, struct bytes payload)
{
	struct writer writer = writer_on(engine->edited, sizeof(engine->edited));

	forge_udp_payload(passage->packet->data, &passage->headers, payload, &writer);
	if (!writer_ok(&writer)) {
		passage->verdict->action = VERDICT_DROP;
		return;
	}
	passage->verdict->edited = writer_bytes(&writer);
}

static struct bytes write_denial(struct engine *engine, const struct message *message)
{
	struct writer writer = writer_on(engine->message, sizeof(engine->message));

	redact_dns_deny(&message->dns, message->denial, NULL, &writer);
	return writer_ok(&writer) ? writer_bytes(&writer) : bytes_of(NULL, 0);
}

static void deny_udp(struct engine *engine, struct passage *passage, const struct message *message)
{
	struct bytes denial = write_denial(engine, message);
	struct writer writer;

	if (!passage->up) {
		pass_edited_udp(engine, passage, denial);
		return;
	}
	passage->verdict->action = VERDICT_DROP;
	writer = refuse_reply(engine, passage->verdict);
	forge_udp_answer(&passage->headers, denial, &writer);
	refuse_reply_done(passage->verdict, &writer);
}

static bool lets_malformed_pass(struct engine *engine, struct passage *passage)
{
	return policy_mode(device_policy(engine, passage->device)) == MODE_OBSERVE;
}

static void resolve_udp(struct engine *engine, struct passage *passage)
{
	struct message message = {.on_tcp = false};

	switch (resolve_message(engine, passage, passage->headers.payload, &message)) {
	case FATE_PASS:
		return;
	case FATE_EDIT:
		pass_edited_udp(engine, passage, message.edited);
		return;
	case FATE_DENY:
		deny_udp(engine, passage, &message);
		return;
	case FATE_MALFORMED:
		resolve_malformed(engine, passage->flow);
		if (lets_malformed_pass(engine, passage))
			return;
		break;
	case FATE_DROP:
		break;
	}
	passage->verdict->action = VERDICT_DROP;
}

/* ---- over TCP ---- */

/* Refused inside a connection: the device gets its answer and the end. */
static void deny_tcp(struct engine *engine, struct passage *passage, const struct message *message)
{
	struct bytes denial = write_denial(engine, message);
	uint8_t framed[1024];
	struct writer frame = writer_on(framed, sizeof(framed));
	struct writer writer;

	passage->verdict->action = VERDICT_DROP;
	passage->flow->closed = true;
	if (!passage->up) {
		refuse_onward(engine, passage);
		return;
	}
	writer_u16(&frame, (uint16_t)denial.len);
	writer_bytes_put(&frame, denial);
	writer = refuse_reply(engine, passage->verdict);
	forge_tcp_answer(&passage->headers, writer_bytes(&frame), &writer);
	refuse_reply_done(passage->verdict, &writer);
	refuse_onward(engine, passage);
}

static void end_tcp(struct engine *engine, struct passage *passage)
{
	refuse_packet(engine, passage, POLICY_REJECT);
	if (!passage->up)
		refuse_onward(engine, passage);
	passage->flow->closed = true;
}

/* Where this segment's bytes stand; false: it is to be dropped. */
static bool take_segment(struct passage *passage, struct dns_stream *stream)
{
	const struct packet_headers *headers = &passage->headers;
	const struct flow *flow = passage->flow;

	if (!stream->started) {
		bool known = passage->up && flow->first_seq_known;

		stream->next = stream->boundary = known ? flow->first_seq : headers->seq;
		stream->started = true;
	}
	if (headers->seq == stream->next) {
		if (stream->held == 0)
			stream->boundary = headers->seq;
		return true;
	}
	/* Sent again: read again, so that it cannot say something else now. */
	if (headers->seq == stream->boundary) {
		stream->next = stream->boundary;
		stream->held = 0;
		return true;
	}
	return false;
}

/* Puts the segment's message bytes where the edits of this packet are. */
static bool edit_tcp(struct engine *engine, struct passage *passage, size_t offset,
		     struct bytes message)
{
	const struct packet *packet = passage->packet;
	struct verdict *verdict = passage->verdict;

	if (packet->data.len > sizeof(engine->edited))
		return false;
	if (!verdict->edited.data) {
		memcpy(engine->edited, packet->data.data, packet->data.len);
		verdict->edited = bytes_of(engine->edited, packet->data.len);
	}
	memcpy(engine->edited + passage->headers.payload_offset + offset, message.data,
	       message.len);
	checksum_fix(engine->edited, packet->data.len, passage->headers.transport_offset,
		     passage->headers.ip_protocol);
	return true;
}

/* False: the packet's verdict is given, and nothing more is to be read. */
static bool handle_tcp(struct engine *engine, struct passage *passage, struct message *message,
		       struct bytes bytes, size_t offset)
{
	switch (resolve_message(engine, passage, bytes, message)) {
	case FATE_PASS:
		return true;
	case FATE_EDIT:
		if (!message->begun_earlier && edit_tcp(engine, passage, offset, message->edited))
			return true;
		break;
	case FATE_DENY:
		deny_tcp(engine, passage, message);
		return false;
	case FATE_MALFORMED:
		resolve_malformed(engine, passage->flow);
		if (lets_malformed_pass(engine, passage))
			return true;
		break;
	case FATE_DROP:
		break;
	}
	end_tcp(engine, passage);
	return false;
}

/* Bytes of the message that begins in held and goes on in rest; 0: not known yet. */
static size_t message_size(const uint8_t *held, size_t held_len, struct bytes rest)
{
	size_t size = 0;

	for (size_t i = 0; i < FRAME; i++) {
		if (i < held_len)
			size = size << 8 | held[i];
		else if (i - held_len < rest.len)
			size = size << 8 | rest.data[i - held_len];
		else
			return 0;
	}
	return FRAME + size;
}

/* Moves what belongs to the message into held; how many bytes, or -1: no room. */
static ssize_t hold(struct dns_stream *stream, uint8_t *held, size_t room, size_t size,
		    struct bytes rest)
{
	size_t take = size && size - stream->held < rest.len ? size - stream->held : rest.len;

	if (take > room - stream->held)
		return -1;
	memcpy(held + stream->held, rest.data, take);
	stream->held = (uint16_t)(stream->held + take);
	return (ssize_t)take;
}

/*
 * Reads every message that is whole with this segment; the bytes of one that
 * is not are held in a buffer of `room` bytes.
 */
static void read_messages(struct engine *engine, struct passage *passage, struct dns_stream *stream,
			  uint8_t *held, size_t room)
{
	struct cursor cursor = cursor_on(passage->headers.payload);
	struct message message = {.on_tcp = true};

	while (cursor_left(&cursor)) {
		struct bytes rest = bytes_of(cursor.data + cursor.pos, cursor_left(&cursor));
		size_t size = message_size(held, stream->held, rest);
		ssize_t taken;

		message.begun_earlier = stream->held != 0;
		if (!message.begun_earlier && size && size <= rest.len) {
			if (!handle_tcp(engine, passage, &message,
					bytes_of(rest.data + FRAME, size - FRAME),
					cursor.pos + FRAME))
				return;
			cursor_skip(&cursor, size);
			continue;
		}
		taken = hold(stream, held, room, size, rest);
		if (taken < 0) {
			engine->counters.malformed_dns++;
			end_tcp(engine, passage);
			return;
		}
		cursor_skip(&cursor, (size_t)taken);
		if (size == 0 || stream->held < size)
			continue;
		stream->held = 0;
		if (!handle_tcp(engine, passage, &message, bytes_of(held + FRAME, size - FRAME), 0))
			return;
	}
}

enum again {
	AGAIN_NOT,    /* new, or to be read once more as a whole */
	AGAIN_PART,   /* the same as the part of a message that has passed */
	AGAIN_DIFFERS /* says something else now, or leaves us in doubt */
};

/* A segment that comes again while the message that it began is not whole. */
static enum again compare_again(const struct passage *passage, const struct dns_stream *stream,
				const uint8_t *held)
{
	struct bytes payload = passage->headers.payload;
	size_t before = stream->next - stream->held - stream->boundary;
	size_t common;

	if (!passage->up || !stream->started || !stream->held ||
	    passage->headers.seq != stream->boundary || stream->next == stream->boundary)
		return AGAIN_NOT;
	if (payload.len <= before)
		return AGAIN_DIFFERS;
	common = payload.len - before < stream->held ? payload.len - before : stream->held;
	if (memcmp(payload.data + before, held, common) != 0)
		return AGAIN_DIFFERS;
	if (common == stream->held)
		return AGAIN_NOT;
	return before ? AGAIN_DIFFERS : AGAIN_PART;
}

static void resolve_tcp(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	struct dns_stream *stream = passage->up ? &flow->up : &flow->down;
	struct stream *buffer = stream_of(engine, flow);
	enum again again;

	if (flow->bytes_lost) {
		end_tcp(engine, passage);
		return;
	}
	again = compare_again(passage, stream, buffer->dns.up);
	if (again == AGAIN_PART)
		return;
	if (again == AGAIN_DIFFERS || !take_segment(passage, stream)) {
		passage->verdict->action = VERDICT_DROP;
		return;
	}
	if (passage->up)
		read_messages(engine, passage, stream, buffer->dns.up, sizeof(buffer->dns.up));
	else
		read_messages(engine, passage, stream, buffer->dns.down, sizeof(buffer->dns.down));
	/* The first part of a question leaves before the rest is there. */
	if (passage->up && stream->held && resolve_refuses(engine, passage))
		end_tcp(engine, passage);
	if (passage->verdict->action == VERDICT_ACCEPT)
		stream->next += (uint32_t)passage->headers.payload.len;
	if (flow->up.held == 0 && flow->down.held == 0)
		stream_release(engine, flow);
}

/* The beginning of a length-prefixed DNS message. */
static bool looks_like_dns_on_tcp(struct bytes payload)
{
	struct bytes message = bytes_of(payload.data + 2, payload.len < 2 ? 0 : payload.len - 2);
	size_t length = payload.len < 2 ? 0 : (size_t)(payload.data[0] << 8 | payload.data[1]);

	if (payload.len < 2 + DNS_HEADER_SIZE)
		return payload.len < 2 || length >= DNS_HEADER_SIZE;
	if (length < DNS_HEADER_SIZE)
		return false;
	if (message.len > length)
		message.len = length;
	return message.len < length || decode_dns_looks_right(message);
}

static bool is_dns_payload(const struct flow *flow, struct bytes payload)
{
	if (flow->is_dns)
		return true;
	if (flow->key.transport == TRANSPORT_UDP)
		return decode_dns_looks_right(payload);
	return !flow->told && looks_like_dns_on_tcp(payload);
}

bool resolve_packet(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	bool on_tcp = flow->key.transport == TRANSPORT_TCP;

	if (flow->key.remote_port != DNS_PORT || flow->inbound ||
	    !(on_tcp || flow->key.transport == TRANSPORT_UDP))
		return false;
	if (passage->headers.payload.len == 0) {
		/* The handshake: what it is for, the first payload tells. */
		if (!on_tcp || (flow->told && !flow->is_dns))
			return false;
	} else if (!is_dns_payload(flow, passage->headers.payload)) {
		return false;
	} else {
		flow->is_dns = true;
		flow->protocol = PROTOCOL_DNS;
	}
	if (flow->closed && flow->decided && flow->action == POLICY_BLOCK && !flow->observed) {
		if (!(passage->headers.tcp_flags & TCP_RST))
			refuse_packet(engine, passage, flow->with);
		return true;
	}
	if (passage->headers.payload.len == 0)
		return true;
	if (on_tcp)
		resolve_tcp(engine, passage);
	else
		resolve_udp(engine, passage);
	return true;
}
